/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who sent this, and did they sign it: From and the last Signed-off-by against
 * the roster. Called by the identify gate and `reroll parse --roster`.
 *
 * The rules are stated in full in identity.c, in the order they are tried. A
 * name alone never identifies anybody; names are opaque Unicode.
 */
#ifndef MAIL_IDENTITY_H
#define MAIL_IDENTITY_H

#include "config/cfg.h"
#include "mail/message.h"

struct identity_rules {
	const GPtrArray *roster; /* of struct person; NULL: open project */
	const GPtrArray *munging_lists; /* of struct munging_list; NULL: none */
	const GPtrArray *trusted_relays; /* of char *, shell patterns; NULL */
};

enum identity_decision { IDENTITY_MATCH, IDENTITY_REVIEW, IDENTITY_NO_MATCH };

struct identity {
	enum identity_decision decision;
	const char *reason; /* "exact", "from-unlisted", ...: a static word */
	const struct person *who; /* borrowed from the roster; NULL: nobody */
	char *name, *email; /* whom to answer: the roster's; of a stranger and
			       in an open project the posted ones, there with
			       the name of the sign-off of that address */
	char *posted_from;  /* the address it came from, rewriting undone */
	char *posted_name;  /* the name beside it */
};

struct identity *identity_decide(const struct message *message,
				 const struct identity_rules *rules);
void identity_free(struct identity *identity);
typedef struct identity identity_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(identity_t, identity_free)

/* "match", "review", "no-match". */
const char *identity_decision_name(enum identity_decision decision);

/* The Signed-off-by trailers of the log, of struct mailbox or NULL entries
 * for malformed ones, in order. */
GPtrArray *message_signoffs(const struct message *message);

#endif
