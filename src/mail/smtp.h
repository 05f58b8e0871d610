/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mail to an SMTP server, by libcurl. Called by the outbox.
 *
 * Shapes: the URL is smtp://HOST[:PORT] (STARTTLS where the server has it; with
 * a password or certificates to check it by it must have it) or
 * smtps://HOST[:PORT]; the mail has LF line ends and goes out with CR LF, dots
 * doubled, any other CR left out. Certificates are checked wherever there must
 * be TLS; where there may be none an unknown one is better than that.
 * Limits: `timeout_s` from the connection to the server's last answer; a server
 * that accepts and then says nothing is a TIMEOUT. It has half a second for its
 * farewell.
 * Errors, by what is to be done: TEMP try again later (no connection, 4xx, cut
 * off), TIMEOUT the same, but it may have been accepted; INPUT the server
 * refuses this mail or a recipient for good (5xx), or an address cannot be
 * written in it; CONFIG it refuses us: the password, the sender, the
 * certificate; CANCELLED. The message has the server's own words. An acceptance
 * that was seen is none of these, whatever comes after it.
 * Async: blocking in a thread of its own; the mail and all texts must live
 * until the callback. Cancelling takes up to a second.
 * Source: RFC 5321, 3207, 4954.
 */
#ifndef MAIL_SMTP_H
#define MAIL_SMTP_H

#include <gio/gio.h>
#include <stdbool.h>

struct smtp_server {
	const char *url;
	const char *user, *password; /* NULL: none is needed */
	const char *ca;		     /* NULL: those that this machine trusts */
	guint timeout_s;
};

struct smtp_mail {
	const char *envelope_from;
	const char *const *recipients; /* NULL-terminated addresses */
	GBytes *mail;
};

void smtp_send_async(const struct smtp_server *server,
		     const struct smtp_mail *mail, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer user_data);

/*
 * `of_all`, if not NULL, tells of an error whether any other mail would have
 * met it, too: the server cannot be reached, has no time or refuses us.
 */
bool smtp_send_finish(GAsyncResult *res, bool *of_all, GError **error);

#endif
