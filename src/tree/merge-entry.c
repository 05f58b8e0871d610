// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One file that the patch and the base may both have changed: its mode and,
 * line by line, its contents; of one that cannot be merged, why and where.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/merge-internal.h"

#define BINARY_BYTES 8000 /* looked at for a NUL */

static bool is_type(const struct dirs_entry *entry, guint32 type)
{
	return (entry->mode & MODE_TYPE) == type;
}

/* The section of the patch that a person knows the path by. */
static const struct patch_file *section_of(const struct merge *merge,
					   const char *path)
{
	for (guint i = 0; i < merge->patch->files->len; i++) {
		const struct patch_file *file = merge->patch->files->pdata[i];

		if (g_strcmp0(file->new_path, path) == 0 ||
		    g_strcmp0(file->old_path, path) == 0)
			return file;
	}
	return NULL;
}

static bool is_binary(GBytes *content)
{
	gsize len;
	const char *data = tree_bytes(content, &len);

	return memchr(data, '\0', MIN(len, BINARY_BYTES)) != NULL;
}

/* Contents that cannot be merged: say where. Always false. */
static bool refuse_contents(struct merge *merge, const char *path,
			    const GPtrArray *contents)
{
	struct conflict conflict = {contents->pdata[0], contents->pdata[1],
				    contents->pdata[2],
				    section_of(merge, path)};

	for (guint i = 0; i < contents->len; i++) {
		if (is_binary(contents->pdata[i]))
			return merge_refuse(merge, APPLY_BINARY, path,
					    "the patch and the base have both "
					    "changed a binary file");
	}
	merge_refuse(merge, APPLY_CONTEXT, path,
		     "the patch and the base have changed the same lines");
	conflict_describe(&conflict, merge->attempt->failure);
	return false;
}

/* Line by line; NULL when both have changed a line, or there are no lines. */
static GBytes *merge_lines(const GPtrArray *contents)
{
	git_merge_file_input inputs[3];
	git_merge_file_result result = {0};
	GBytes *merged = NULL;

	for (guint i = 0; i < contents->len; i++) {
		GBytes *content = contents->pdata[i];

		if (is_binary(content))
			return NULL;
		git_merge_file_input_init(&inputs[i],
					  GIT_MERGE_FILE_INPUT_VERSION);
		inputs[i].ptr = tree_bytes(content, &inputs[i].size);
	}
	if (git_merge_file(&result, &inputs[0], &inputs[1], &inputs[2], NULL) ==
		    0 &&
	    result.automergeable)
		merged = g_bytes_new(result.ptr, result.len);
	git_merge_file_result_free(&result);
	return merged;
}

/* A side that is no plain file counts as empty; NULL is trouble. */
static GBytes *read_side(struct merge *merge, const struct dirs_entry *entry)
{
	if (!is_type(entry, 0100000))
		return g_bytes_new_static("", 0);
	return objects_read(merge->attempt->objects, GIT_OBJECT_BLOB,
			    &entry->id, merge->error);
}

/* FALSE without a failure is trouble. */
static bool merge_contents(struct merge *merge, const char *path,
			   const struct sides *sides, git_oid *id)
{
	const struct dirs_entry *entries[] = {&sides->old, &sides->ours,
					      &sides->theirs};
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_bytes_unref);
	g_autoptr(GBytes) merged = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
		GBytes *content = read_side(merge, entries[i]);

		if (!content)
			return false;
		g_ptr_array_add(contents, content);
	}
	merged = merge_lines(contents);
	if (!merged)
		return refuse_contents(merge, path, contents);
	return objects_add(merge->attempt->objects, GIT_OBJECT_BLOB, merged, id,
			   merge->error);
}

bool merge_entry(struct merge *merge, const char *path,
		 const struct sides *sides, struct dirs_entry *merged)
{
	const struct dirs_entry *old = &sides->old, *ours = &sides->ours;
	const struct dirs_entry *theirs = &sides->theirs;

	if (!is_type(ours, theirs->mode & MODE_TYPE))
		return merge_refuse(merge, APPLY_MODE, path,
				    "the patch and the base have made files "
				    "of different types of it");
	merged->mode = ours->mode == old->mode ? theirs->mode : ours->mode;
	merged->id = theirs->id;
	if (!git_oid_equal(&ours->id, &theirs->id) &&
	    !git_oid_equal(&ours->id, &old->id)) {
		merged->id = ours->id;
		if (git_oid_equal(&theirs->id, &old->id))
			return true;
		if (is_type(ours, 0100000))
			return merge_contents(merge, path, sides, &merged->id);
		return merge_refuse(merge, APPLY_MODE, path,
				    "the patch and the base have both changed "
				    "what is no plain file");
	}
	if (ours->mode == theirs->mode || ours->mode == old->mode ||
	    theirs->mode == old->mode)
		return true;
	return merge_refuse(merge, APPLY_MODE, path,
			    "the patch and the base give the file different "
			    "modes");
}
