/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a diff: what comes out keeps to the header's promises, so that
 * nobody who works on it can read outside the text.
 */
#include <config.h>
#include <glib.h>
#include <string.h>

#include "mail/patch.h"
#include "tests/fuzz/fuzz.h"

static void check_hunk(const struct patch_hunk *hunk, const char *start,
		       const char *end)
{
	g_assert(hunk->body >= start && hunk->body + hunk->body_len <= end);
	g_assert(hunk->body_len > 0);
	g_assert(hunk->body[hunk->body_len - 1] == '\n' ||
		 memmem(hunk->body, hunk->body_len, "\n\\ ", 3));
	g_assert(hunk->leading + hunk->trailing <=
		 2 * (guint64)hunk->old_count);
}

static void check_binary(const struct patch_binary *binary, const char *start,
			 const char *end)
{
	if (binary->method == BINARY_NONE)
		return;
	g_assert(binary->data >= start &&
		 binary->data + binary->data_len <= end);
}

static void check_file(const struct patch_file *file, const char *start,
		       const char *end)
{
	g_assert(file->old_path || file->new_path);
	g_assert(*patch_file_path(file) != '\0');
	g_assert(!file->is_new || !file->old_path);
	g_assert(!file->is_delete || !file->new_path);
	g_assert(strlen(file->old_id) <= 64 && strlen(file->new_id) <= 64);
	for (guint i = 0; i < file->hunks->len; i++)
		check_hunk(&g_array_index(file->hunks, struct patch_hunk, i),
			   start, end);
	check_binary(&file->forward, start, end);
	check_binary(&file->reverse, start, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GBytes) text = g_bytes_new(data, len);
	g_autoptr(GError) error = NULL;
	g_autoptr(patch_t) patch = patch_parse(text, &error);
	const char *start = g_bytes_get_data(text, NULL);

	g_assert((patch == NULL) == (error != NULL));
	for (guint i = 0; patch && i < patch->files->len; i++)
		check_file(patch->files->pdata[i], start, start + len);
	return 0;
}
