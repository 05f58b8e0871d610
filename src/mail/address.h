/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A person's mailbox, as From, Cc and trailers write it.
 *
 * Shapes: name and email are valid UTF-8 without line breaks; name may be "".
 * Source: RFC 5322 section 3.4, parsed by libetpan before any decoding of
 * encoded words, so that an encoded comma or angle bracket cannot forge one.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <glib.h>
#include <stdbool.h>

struct mailbox {
	char *name;
	char *email;
};

struct mailbox *mailbox_new(const char *name, const char *email);
void mailbox_free(struct mailbox *mailbox);
typedef struct mailbox mailbox_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mailbox_t, mailbox_free)

/*
 * The mailboxes of a raw header value (From, To, Cc), groups opened, RFC 2047
 * decoded; empty when it cannot be parsed. Of struct mailbox, owned.
 */
GPtrArray *mailbox_parse_list(const char *header, gsize len);

/*
 * "Name <address>" of a trailer; a "# remark" may follow. NULL when it is not
 * of that form.
 */
struct mailbox *mailbox_parse_trailer(const char *text);

/*
 * Equal: domains without case (IDNA), local parts but for case. The empty
 * address equals nothing, not even itself.
 */
bool email_equal(const char *a, const char *b);

/* The form in which equal addresses are the same bytes, for hash tables. */
char *email_key(const char *email);

#endif
