/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints what message_parse() says of each mail named on the command line, one
 * JSON object a line, for tests/corpus/mail to compare. Options before the
 * names: --scissors, --no-inbody, --strip-cr.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "mail/mail.h"

static json_t *digest(GBytes *bytes)
{
	g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256,
							    bytes);

	return json_string(sum);
}

static json_t *fields(const struct message *message)
{
	g_autoptr(GPtrArray) damage = damage_names(message->damage);
	json_t *row = json_object();

	json_object_set_new(row, "file", json_text(message->file));
	json_object_set_new(row, "kind",
			    json_text(message_kind_name(message->kind)));
	json_object_set_new(row, "error", json_text(message->error));
	json_object_set_new(row, "author", json_text(message->author));
	json_object_set_new(row, "email", json_text(message->email));
	json_object_set_new(row, "subject", json_text(message->commit_subject));
	json_object_set_new(row, "date", json_text(message->date));
	json_object_set_new(row, "message_id", json_text(message->message_id));
	json_object_set_new(row, "msg_sha256", digest(message->log));
	json_object_set_new(row, "patch_sha256", digest(message->patch));
	json_object_set_new(
		row, "patch_bytes",
		json_integer((json_int_t)g_bytes_get_size(message->patch)));
	json_object_set_new(row, "damage", json_text_array(damage));
	return row;
}

static bool take_option(struct message_options *options, const char *word)
{
	if (strcmp(word, "--scissors") == 0)
		options->scissors = true;
	else if (strcmp(word, "--no-inbody") == 0)
		options->no_inbody = true;
	else if (strcmp(word, "--strip-cr") == 0)
		options->strip_quoted_cr = true;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct message_options options = {0};
	int i = 1;

	while (i < argc && take_option(&options, argv[i]))
		i++;
	for (; i < argc; i++) {
		g_autoptr(message_t) message = NULL;
		g_autoptr(json_t) row = NULL;
		g_autofree char *data = NULL;
		gsize len;

		if (!g_file_get_contents(argv[i], &data, &len, NULL))
			return 3;
		message = message_parse(data, len, argv[i], &options);
		row = fields(message);
		json_write(row, stdout, false);
	}
	return 0;
}
