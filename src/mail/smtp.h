/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mail to an SMTP server, by libcurl. Called by the outbox.
 *
 * Shapes: the URL is smtp://HOST[:PORT] (STARTTLS where the server has it; with
 * a password it must have it) or smtps://HOST[:PORT]; the mail has LF line ends
 * and goes out with CR LF, dots doubled.
 * Limits: `timeout_s` from the connection to the server's last answer; a server
 * that accepts and then says nothing is a TIMEOUT.
 * Errors, by what is to be done: TEMP try again later (no connection, 4xx, cut
 * off), TIMEOUT the same, but it may have been accepted; INPUT the server
 * refuses this mail or a recipient for good (5xx); CONFIG it refuses us: the
 * password, the sender, the certificate; CANCELLED. The message has the
 * server's own words.
 * Async: blocking in a thread of its own; the mail and all texts must live
 * until the callback.
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
bool smtp_send_finish(GAsyncResult *res, GError **error);

#endif
