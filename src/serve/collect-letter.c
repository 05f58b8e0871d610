/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch or cover letter, whatever brought it, is known by who sent it and its
 * Message-ID; the same one again must have the same patch.
 */
#include <string.h>

#include "serve/collect-internal.h"

/*
 * Where the last hunk ends; what follows is of the mail: a signature, the blank
 * line before the next mail of an mbox. All of it, when no hunk is last.
 */
static gsize diff_end(GBytes *text)
{
	g_autoptr(patch_t) patch = patch_parse(text, NULL);
	const struct patch_file *file;
	const struct patch_hunk *hunk;
	gsize len;
	const char *start = g_bytes_get_data(text, &len);

	if (!patch || patch->files->len == 0)
		return len;
	file = patch->files->pdata[patch->files->len - 1];
	if (file->hunks->len == 0)
		return len;
	hunk = &g_array_index(file->hunks, struct patch_hunk,
			      file->hunks->len - 1);
	return (gsize)(hunk->body + hunk->body_len - start);
}

/* The same for what Patchwork makes of a mail: it serves DOS newlines. */
static char *diff_of(const struct message *message)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize end = message->patch ? diff_end(message->patch) : 0;
	const char *at = end ? g_bytes_get_data(message->patch, NULL) : NULL;
	const char *last = at + end;

	if (!end)
		return g_strdup("");
	while (at < last) {
		const char *newline = memchr(at, '\n', (gsize)(last - at));
		const char *stop = newline ? newline : last;
		gsize len = (gsize)(stop - at);

		while (len && at[len - 1] == '\r')
			len--;
		g_checksum_update(sum, (const guchar *)at, (gssize)len);
		g_checksum_update(sum, (const guchar *)"\n", 1);
		at = newline ? newline + 1 : last;
	}
	return g_strdup(g_checksum_get_string(sum));
}

const char *collect_thread(const struct message *message)
{
	if (message->references && message->references->len)
		return message->references->pdata[0];
	return message->in_reply_to ? message->in_reply_to
				    : message->message_id;
}

bool collect_is_letter(const struct message *message)
{
	return message->message_id && !message->automatic && !message->ours &&
	       (message->kind == MESSAGE_PATCH ||
		message->kind == MESSAGE_COVER);
}

bool collect_put_letter(struct store *store, gint64 event,
			const struct message *message, struct letter *letter,
			GError **error)
{
	g_autofree char *sender = message_submitter(message);
	g_autofree char *diff = diff_of(message);
	char patch_id[OBJECT_ID_HEX + 1] = "";
	const struct letter_row row = {
		.event = event,
		.sender = sender,
		.message_id = message->message_id,
		.thread = collect_thread(message),
		.diff = diff,
		.patch_id = message->patch && history_patch_id(message->patch,
							       patch_id)
				    ? patch_id
				    : NULL,
		.change_id = message->change_id,
	};

	return store_letter_put(store, &row, letter, error);
}

static bool hold_all(struct store *store, gint64 revision, const char *why,
		     GError **error)
{
	g_autoptr(GPtrArray) runs = NULL;

	if (!store_revision_runs(store, revision, &runs, error))
		return false;
	for (guint i = 0; i < runs->len; i++) {
		if (!store_run_hold(store, runs->pdata[i], why, error))
			return false;
		fault_point(FAULT_DIFFERENCE_HELD);
	}
	return true;
}

/* Somebody has changed a mail on its way, here or there. */
bool collect_note_difference(struct collect *collect, struct store *store,
			     const struct message *message, gint64 revision,
			     GError **error)
{
	g_autofree char *id = text_quote(message->message_id, -1);
	g_autofree char *text = g_strdup_printf(
		"the mail %s has come twice, with two different patches: "
		"compare them before it goes on",
		id);
	g_autoptr(GPtrArray) runs = NULL;

	collect_tell(collect, "difference", message->message_id, text);
	if (!revision)
		return true;
	if (!store_revision_runs(store, revision, &runs, error))
		return false;
	for (guint i = 0; i < runs->len; i++)
		g_ptr_array_add(collect->stopped, g_strdup(runs->pdata[i]));
	return hold_all(store, revision, text, error);
}
