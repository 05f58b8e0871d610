/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands by mail: in a reply to the bot, lines such as
 *   reroll: retest
 *   reroll: base mainline/v6.1
 * Read when a reply comes in; whether its sender may command is the caller's
 * to ask (policy, mail/auth-results.h).
 *
 * Shapes: a line of the text that the sender typed, blanks and case free up to
 * the ref: never one that is quoted, below a signature, in an attachment, or
 * in the mail that is answered. "On ... wrote:" ends the text only when what
 * follows is not quoted, since below quotes people answer. Of HTML nothing is
 * read: what is quoted in it cannot be told.
 * Limits: MAIL_COMMANDS_MOST commands and as many problems of a mail; refs
 * under MAIL_COMMAND_REF_BYTES; linear time. Errors: none; what is wrong is a
 * sentence for the sender in `problems`.
 */
#ifndef MAIL_COMMANDS_H
#define MAIL_COMMANDS_H

#include "mail/message.h"

#define MAIL_COMMANDS_MOST 5
#define MAIL_COMMAND_REF_BYTES 200

enum mail_command_kind {
	MAIL_COMMAND_RETEST, /* run the revision again */
	MAIL_COMMAND_CANCEL,
	MAIL_COMMAND_BASE, /* ... on another base */
	MAIL_COMMAND_STATUS,
};

struct mail_command {
	enum mail_command_kind kind;
	char *ref; /* of BASE: a tree, tree/ref or id, safe as a git name */
};

struct mail_commands {
	GPtrArray *commands; /* of struct mail_command, as they stand in the
				mail */
	GPtrArray *problems; /* of char * */
};

/*
 * Both lists are empty when the mail has no such line, is no reply, or was not
 * written by a person.
 */
struct mail_commands *mail_commands_read(const struct message *message);
void mail_commands_free(struct mail_commands *list);
typedef struct mail_commands mail_commands_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mail_commands_t, mail_commands_free)

/* "retest", "base". */
const char *mail_command_name(enum mail_command_kind kind);

#endif
