/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reply as the bytes of an RFC 5322 mail, made by libetpan. Called by report.
 *
 * Shapes: all text UTF-8; the result is 7-bit headers (RFC 2047 where needed),
 * text/plain UTF-8 body in 7bit or quoted-printable, lines under 998 bytes, LF
 * line ends. Line breaks in a subject or name can never start a header.
 * Limits: a subject is cut at MAIL_SUBJECT_BYTES, of the references the first
 * and the last 20 are kept; ids that are no Message-IDs are left out.
 * Errors: INPUT when an address (it has a blank, a control or no @) or our own
 * Message-ID cannot be written; nothing else can fail.
 */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include <glib.h>

#include "mail/address.h"

#define MAIL_LOOP_HEADER "X-Reroll"
#define MAIL_SUBJECT_BYTES 400

struct outgoing_mail {
	const struct mailbox *from;
	const struct mailbox *to;
	const GPtrArray *cc; /* of struct mailbox; NULL: none */
	const char *subject;
	const char *message_id;	     /* with brackets */
	const char *in_reply_to;     /* with brackets; NULL: starts a thread */
	const GPtrArray *references; /* of char *, oldest first; NULL: none */
	gint64 date_at;
	const char *loop_value; /* of our loop header: run and outcome */
	const char *body;
};

GBytes *mail_compose(const struct outgoing_mail *mail, GError **error);

#endif
