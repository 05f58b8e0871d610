/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mail of any bytes: read three ways, its fields held to what message.h
 * promises, then once more as what an mbox reader makes of it.
 */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "mail/mail.h"

static void check_line(const char *text)
{
	if (!text)
		return;
	g_assert(g_utf8_validate(text, -1, NULL));
	g_assert(!strpbrk(text, "\r\n"));
}

static void parse(const char *data, size_t len,
		  const struct message_options *options)
{
	g_autoptr(message_t)
		message = message_parse(data, len, "fuzz", options);
	g_autoptr(GPtrArray) names = damage_names(message->damage);

	g_assert((message->kind == MESSAGE_ERROR) == (message->error != NULL));
	g_assert(message->log && message->patch);
	g_assert((names->len > 0) == (message->damage != 0));
	check_line(message->subject);
	check_line(message->commit_subject);
	check_line(message->date);
	check_line(message->message_id);
	check_line(message->in_reply_to);
	check_line(message->reply_to);
	check_line(message->author);
	check_line(message->email);
	check_line(message->from_raw);
	check_line(message->inbody_from);
	check_line(message->change_id);
	g_assert(message->index <= G_MAXINT && message->version > 0);
}

static void read_mbox(const char *data, size_t len)
{
	const char *const paths[] = {"-", NULL};
	g_autoptr(mail_reader_t) reader = NULL;
	struct raw_mail mail;
	int ends[2];

	if (len > 60000 || pipe(ends) != 0)
		return;
	g_assert(write(ends[1], data, len) == (ssize_t)len);
	close(ends[1]);
	g_assert(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	close(ends[0]);
	reader = mail_reader_new(paths, 1 << 16);
	while (mail_reader_next(reader, &mail, NULL))
		g_assert(mail.len > 0 && mail.number > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct message_options all = {true, false, true};
	static const struct message_options plain = {false, true, false};

	parse((const char *)data, len, NULL);
	parse((const char *)data, len, &all);
	parse((const char *)data, len, &plain);
	read_mbox((const char *)data, len);
	return 0;
}
