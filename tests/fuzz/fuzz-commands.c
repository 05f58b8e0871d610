/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a mail, and as the text of a reply to the bot. */
#include <glib.h>
#include <string.h>

#include "fuzz.h"
#include "mail/mail.h"

static void read_mail(const char *mail, size_t len)
{
	g_autoptr(message_t) message = message_parse(mail, len, "fuzz", NULL);
	g_autoptr(mail_commands_t) said = mail_commands_read(message);

	g_assert(said->commands->len <= MAIL_COMMANDS_MOST);
	g_assert(said->problems->len <= MAIL_COMMANDS_MOST);
	for (guint i = 0; i < said->commands->len; i++) {
		const struct mail_command *command = said->commands->pdata[i];

		g_assert((command->kind == MAIL_COMMAND_BASE) ==
			 (command->ref != NULL));
		g_assert(!command->ref ||
			 (*command->ref && *command->ref != '-' &&
			  strlen(command->ref) < MAIL_COMMAND_REF_BYTES &&
			  !strpbrk(command->ref, " \t\r\n~^:")));
	}
	for (guint i = 0; i < said->problems->len; i++)
		g_assert(g_utf8_validate(said->problems->pdata[i], -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GString) mail = g_string_new("Subject: Re: [PATCH] x\n\n");

	read_mail((const char *)data, len);
	g_string_append_len(mail, (const char *)data, (gssize)len);
	read_mail(mail->str, mail->len);
	return 0;
}
