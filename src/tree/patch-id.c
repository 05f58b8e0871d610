/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a patch is known by, wherever it is applied: a digest of each file's
 * header and hunks, blanks and line numbers left out, added up so that the
 * order of the files does not count. With the context lines and modes it is
 * the id that git format-patch writes; without them it is the change alone,
 * that stays the same when the lines around it do not.
 */
#include <config.h>
#include <string.h>

#include "tree/history.h"
#include "tree/tree-internal.h"

#define DIGEST_BYTES 20

/* Text without its blanks. */
static void add_text(GChecksum *sum, const char *at, gsize len)
{
	const char *end = at + len;

	while (at < end) {
		const char *start = at;

		while (at < end && !g_ascii_isspace(*at))
			at++;
		g_checksum_update(sum, (const guchar *)start, at - start);
		while (at < end && g_ascii_isspace(*at))
			at++;
	}
}

static void add_word(GChecksum *sum, const char *word, const char *path)
{
	add_text(sum, word, strlen(word));
	add_text(sum, path, strlen(path));
}

static void add_mode(GChecksum *sum, const char *word, guint32 mode)
{
	g_autofree char *text = g_strdup_printf("%s%06o", word, mode);

	add_text(sum, text, strlen(text));
}

static void add_modes(GChecksum *sum, const struct patch_file *file)
{
	if (file->is_new) {
		add_mode(sum, "newfilemode", file->new_mode);
	} else if (file->is_delete) {
		add_mode(sum, "deletedfilemode", file->old_mode);
	} else if (file->new_mode && file->old_mode != file->new_mode) {
		add_mode(sum, "oldmode", file->old_mode);
		add_mode(sum, "newmode", file->new_mode);
	}
}

static void add_header(GChecksum *sum, const struct patch_file *file,
		       enum patch_id_kind kind)
{
	const char *old_path = file->old_path ? file->old_path : file->new_path;

	add_word(sum, "diff--gita/", old_path);
	add_word(sum, "b/", patch_file_path(file));
	if (kind == PATCH_ID_GIT)
		add_modes(sum, file);
	if (file->is_binary) {
		add_word(sum, file->old_id, file->new_id);
		return;
	}
	add_word(sum, file->is_new ? "---/dev/null" : "---a/",
		 file->is_new ? "" : old_path);
	add_word(sum, file->is_delete ? "+++/dev/null" : "+++b/",
		 file->is_delete ? "" : file->new_path);
}

static void add_hunk(GChecksum *sum, const struct patch_hunk *hunk,
		     enum patch_id_kind kind)
{
	const char *at = hunk->body, *end = at + hunk->body_len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);
		gsize len = (eol ? eol : end) - at;

		if (len > 0 && *at != '\\' &&
		    (*at != ' ' || kind == PATCH_ID_GIT))
			add_text(sum, at, len);
		at = eol ? eol + 1 : end;
	}
}

/* The digest of one file, its bytes added to those of the others. */
static void add_file(guint8 total[DIGEST_BYTES], const struct patch_file *file,
		     enum patch_id_kind kind)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[DIGEST_BYTES];
	gsize len = sizeof(digest);
	guint carry = 0;

	add_header(sum, file, kind);
	for (guint i = 0; i < file->hunks->len; i++)
		add_hunk(sum, &g_array_index(file->hunks, struct patch_hunk, i),
			 kind);
	g_checksum_get_digest(sum, digest, &len);
	for (gsize i = 0; i < len; i++) {
		carry += total[i] + digest[i];
		total[i] = (guint8)carry;
		carry >>= 8;
	}
}

void patch_id(const struct patch *patch, enum patch_id_kind kind,
	      char id[OBJECT_ID_HEX + 1])
{
	guint8 total[DIGEST_BYTES] = {0};

	for (guint i = 0; i < patch->files->len; i++)
		add_file(total, patch->files->pdata[i], kind);
	for (gsize i = 0; i < sizeof(total); i++)
		g_snprintf(id + 2 * i, 3, "%02x", total[i]);
}

bool history_patch_id(GBytes *diff, char id[OBJECT_ID_HEX + 1])
{
	g_autoptr(patch_t) patch = patch_parse(diff, NULL);

	if (!patch)
		return false;
	patch_id(patch, PATCH_ID_GIT, id);
	return true;
}
