/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOS newlines: the ways a patch may be read when mail programs have put
 * carriage returns in or taken them out.
 */
#include <config.h>
#include <string.h>

#include "tree/tree-internal.h"

GBytes *reading_without_cr(GBytes *text)
{
	gsize len;
	const char *at = tree_bytes(text, &len), *end = at + len;
	GString *folded;

	if (!memmem(at, len, "\r\n", 2))
		return NULL;
	folded = g_string_sized_new(len);
	while (at < end) {
		const char *cr = memmem(at, end - at, "\r\n", 2);

		g_string_append_len(folded, at, (cr ? cr : end) - at);
		at = cr ? cr + 1 : end;
	}
	return g_string_free_to_bytes(folded);
}

/* Whether every line of the content ends in CR LF, and there is one. */
static bool is_dos(GBytes *content)
{
	gsize len;
	const char *start = tree_bytes(content, &len), *at = start;
	const char *end = start + len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);

		if (!eol || eol == start || eol[-1] != '\r')
			return false;
		at = eol + 1;
	}
	return len > 0;
}

static bool file_is_dos(struct objects *objects, struct dirs *dirs,
			const struct patch_file *file)
{
	g_autoptr(GBytes) content = NULL;
	struct dirs_entry entry;

	if (!file->old_path || file->hunks->len == 0 ||
	    !dirs_find(dirs, file->old_path, &entry, NULL) ||
	    (entry.mode & MODE_TYPE) != 0100000)
		return false;
	content = objects_read(objects, GIT_OBJECT_BLOB, &entry.id, NULL);
	return content && is_dos(content);
}

/* The lines of a hunk with CR LF; a line without newline keeps none. */
static void append_dos(GString *to, const struct patch_hunk *hunk)
{
	const char *at = hunk->body, *end = at + hunk->body_len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);
		const char *next = eol ? eol + 1 : end;
		bool open = *at == '\\' || (next < end && *next == '\\');

		if (*at == '\n')
			g_string_append_c(to, ' ');
		g_string_append_len(to, at, (eol ? eol : end) - at);
		g_string_append(to, open ? "\n" : "\r\n");
		at = next;
	}
}

GBytes *reading_for_dos_files(GBytes *text, struct objects *objects,
			      struct dirs *dirs)
{
	g_autoptr(patch_t) patch = patch_parse(text, NULL);
	gsize len;
	const char *at = tree_bytes(text, &len), *end = at + len;
	GString *dos;

	if (!patch || memmem(at, len, "\r\n", 2))
		return NULL;
	dos = g_string_sized_new(len + len / 16);
	for (guint i = 0; i < patch->files->len; i++) {
		const struct patch_file *file = patch->files->pdata[i];

		if (!file_is_dos(objects, dirs, file))
			continue;
		for (guint k = 0; k < file->hunks->len; k++) {
			const struct patch_hunk *hunk = &g_array_index(
				file->hunks, struct patch_hunk, k);

			g_string_append_len(dos, at, hunk->body - at);
			append_dos(dos, hunk);
			at = hunk->body + hunk->body_len;
		}
	}
	g_string_append_len(dos, at, end - at);
	return g_string_free_to_bytes(dos);
}
