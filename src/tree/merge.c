/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last rung, git am's -3. From the blobs that the patch's index lines name
 * comes the piece of the tree it was made on; the patch fits there, and what it
 * changes is merged, file by file, with what the base has made of the same
 * files since. A file the base has renamed is looked for by its content.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/tree-internal.h"

#define RENAME_CANDIDATES 2000 /* files compared for one that is missing */

/* The three versions of a file, and where it is in the base. */
struct sides {
	struct dirs_entry old, ours, theirs;
	char *our_path;	  /* old_path unless the base renamed it */
	const char *path; /* of the result */
};

struct merge {
	struct attempt *attempt;
	const git_oid *tree;
	struct dirs *old; /* the patch's files before it ... */
	struct dirs *new; /* ... and after it */
	GError **error;
};

static bool merge_refuse(struct merge *merge, enum apply_reason reason,
			 const struct patch_file *file, const char *text)
{
	merge->attempt->failure = failure_new(reason, patch_file_path(file),
					      g_strdup(text));
	return false;
}

/* What file there is at the path; folders are none. */
static bool find_file(struct merge *merge, struct dirs *dirs, const char *path,
		      struct dirs_entry *entry)
{
	if (!dirs_find(dirs, path, entry, merge->error))
		return false;
	if (entry->mode == GIT_FILEMODE_TREE)
		*entry = (struct dirs_entry){0};
	return true;
}

/* Modes that a patch may claim for a file before it. */
static bool is_old_mode(guint32 mode)
{
	return mode == 0 || mode == GIT_FILEMODE_BLOB ||
	       mode == GIT_FILEMODE_BLOB_EXECUTABLE ||
	       mode == GIT_FILEMODE_LINK || mode == GIT_FILEMODE_COMMIT;
}

/* The blob the patch was made on, for a section that has one. */
static bool find_old(struct merge *merge, const struct patch_file *file,
		     struct dirs_entry *entry)
{
	struct dirs_entry now;

	if (!find_file(merge, merge->attempt->dirs, file->old_path, &now))
		return false;
	if (!is_old_mode(file->old_mode))
		return merge_refuse(merge, APPLY_MODE, file,
				    "the patch claims a mode that no file has");
	*entry = now;
	if (file->old_mode != 0)
		entry->mode = file->old_mode;
	if (objects_find_blob(merge->attempt->objects, file->old_id,
			      &entry->id))
		return true;
	if (file->added + file->deleted == 0 && now.mode != 0)
		return true;
	return merge_refuse(merge, APPLY_CONTEXT, file,
			    "the version of the file that the patch was made "
			    "on is not known here");
}

/* Both trees of the patch's own world, with its files alone. */
static bool make_trees(struct merge *merge, const struct patch *patch)
{
	struct attempt inner = *merge->attempt;

	for (guint i = 0; i < patch->files->len; i++) {
		const struct patch_file *file = patch->files->pdata[i];
		struct dirs_entry entry;

		if (file->is_new || !file->old_path || file->maybe_new)
			continue;
		if (!find_old(merge, file, &entry))
			return false;
		if (entry.mode == 0)
			entry.mode = GIT_FILEMODE_BLOB;
		if (!dirs_set(merge->old, file->old_path, &entry, NULL) ||
		    !dirs_set(merge->new, file->old_path, &entry, NULL))
			return merge_refuse(merge, APPLY_CONTEXT, file,
					    "the patch contradicts itself");
	}
	inner.dirs = merge->new;
	if (!attempt_apply(&inner, patch, merge->error))
		return false;
	merge->attempt->failure = inner.failure;
	return inner.failure == NULL;
}

/* A search for the file that a missing one may have become. */
struct search {
	struct merge *merge;
	const char *path;
	const char *name; /* its last part */
	GBytes *content;
	git_oid id;
	char *found;
	struct dirs_entry entry;
	double best; /* likeness of what was found */
	guint compared;
};

/* The lines of a content, each with the bytes it takes in all. */
static GHashTable *count_lines(GBytes *content)
{
	GHashTable *lines = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
						  (GDestroyNotify)g_bytes_unref,
						  NULL);
	gsize len;
	const char *at = tree_bytes(content, &len), *end = at + len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);
		gsize size = (eol ? eol + 1 : end) - at;
		GBytes *line = g_bytes_new_from_bytes(
			content,
			at - (const char *)g_bytes_get_data(content, NULL),
			size);
		gsize sum = GPOINTER_TO_SIZE(g_hash_table_lookup(lines, line));

		g_hash_table_replace(lines, line, GSIZE_TO_POINTER(sum + size));
		at += size;
	}
	return lines;
}

/* The share of bytes, of the larger one, that stand in lines of both. */
static double likeness(GBytes *a, GBytes *b)
{
	gsize most = MAX(g_bytes_get_size(a), g_bytes_get_size(b));
	gsize least = MIN(g_bytes_get_size(a), g_bytes_get_size(b)), same = 0;
	g_autoptr(GHashTable) lines_a = NULL, lines_b = NULL;
	GHashTableIter iter;
	gpointer line, size;

	if (most == 0 || least < most / 2)
		return 0;
	lines_a = count_lines(a);
	lines_b = count_lines(b);
	g_hash_table_iter_init(&iter, lines_a);
	while (g_hash_table_iter_next(&iter, &line, &size))
		same += MIN(
			GPOINTER_TO_SIZE(size),
			GPOINTER_TO_SIZE(g_hash_table_lookup(lines_b, line)));
	return (double)same / (double)most;
}

/* Same name elsewhere, or another name in the same folder. */
static bool is_candidate(const struct search *search, const char *path)
{
	const char *slash = strrchr(path, '/');
	gsize folder = search->name - search->path;

	if (strcmp(slash ? slash + 1 : path, search->name) == 0)
		return true;
	return strncmp(path, search->path, folder) == 0 &&
	       !strchr(path + folder, '/');
}

static void visit_candidate(gpointer data, const char *path,
			    const struct dirs_entry *entry)
{
	struct search *search = data;
	g_autoptr(GBytes) content = NULL;
	struct dirs_entry known;
	double like = 1;

	if (entry->mode == GIT_FILEMODE_COMMIT || search->best >= 1 ||
	    !dirs_find(search->merge->old, path, &known, NULL) ||
	    known.mode != 0)
		return;
	if (!git_oid_equal(&entry->id, &search->id)) {
		if (!is_candidate(search, path) ||
		    search->compared++ >= RENAME_CANDIDATES)
			return;
		content = objects_read(search->merge->attempt->objects,
				       GIT_OBJECT_BLOB, &entry->id, NULL);
		like = content ? likeness(search->content, content) : 0;
		like = MIN(like, 0.99);
	}
	if (like < 0.5 || like <= search->best)
		return;
	search->best = like;
	search->entry = *entry;
	g_free(search->found);
	search->found = g_strdup(path);
}

/* Where the base has a file that is gone from `path`. */
static bool find_renamed(struct merge *merge, const char *path,
			 struct sides *sides)
{
	const char *slash = strrchr(path, '/');
	struct search search = {.merge = merge,
				.path = path,
				.name = slash ? slash + 1 : path,
				.id = sides->old.id};
	struct dirs_visitor visitor = {visit_candidate, &search};
	g_autoptr(GBytes)
		content = objects_read(merge->attempt->objects, GIT_OBJECT_BLOB,
				       &sides->old.id, merge->error);

	search.content = content;
	if (!content || !dirs_walk(merge->attempt->objects, merge->tree,
				   &visitor, merge->error))
		return false;
	if (search.found) {
		g_free(sides->our_path);
		sides->our_path = search.found;
		sides->ours = search.entry;
	}
	return true;
}

static bool entry_same(const struct dirs_entry *a, const struct dirs_entry *b)
{
	return a->mode == b->mode &&
	       (a->mode == 0 || git_oid_equal(&a->id, &b->id));
}

/* Text merged line by line; FALSE without a failure is trouble. */
static bool merge_contents(struct merge *merge, const struct patch_file *file,
			   const struct sides *sides, git_oid *id)
{
	const struct dirs_entry *entries[] = {&sides->old, &sides->ours,
					      &sides->theirs};
	git_merge_file_input inputs[3];
	git_merge_file_result result = {0};
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_bytes_unref);
	g_autoptr(GBytes) merged = NULL;
	bool clean;

	for (int i = 0; i < 3; i++) {
		GBytes *content = objects_read(merge->attempt->objects,
					       GIT_OBJECT_BLOB, &entries[i]->id,
					       merge->error);
		if (!content)
			return false;
		g_ptr_array_add(contents, content);
		git_merge_file_input_init(&inputs[i],
					  GIT_MERGE_FILE_INPUT_VERSION);
		inputs[i].ptr = g_bytes_get_data(content, &inputs[i].size);
	}
	clean = git_merge_file(&result, &inputs[0], &inputs[1], &inputs[2],
			       NULL) == 0 &&
		result.automergeable;
	if (clean)
		merged = g_bytes_new(result.ptr, result.len);
	git_merge_file_result_free(&result);
	if (!clean)
		return merge_refuse(merge, APPLY_CONTEXT, file,
				    "the patch and the base have changed the "
				    "same lines");
	return objects_add(merge->attempt->objects, GIT_OBJECT_BLOB, merged, id,
			   merge->error);
}

static bool is_file(const struct dirs_entry *entry)
{
	return entry->mode == GIT_FILEMODE_BLOB ||
	       entry->mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

/* What becomes of a file; mode 0: it goes. */
static bool merge_entry(struct merge *merge, const struct patch_file *file,
			const struct sides *sides, struct dirs_entry *merged)
{
	const struct dirs_entry *old = &sides->old, *ours = &sides->ours;
	const struct dirs_entry *theirs = &sides->theirs;

	*merged = entry_same(old, ours) ? *theirs : *ours;
	if (entry_same(old, ours) || entry_same(old, theirs) ||
	    entry_same(ours, theirs))
		return true;
	if (old->mode == 0)
		return merge_refuse(merge, APPLY_EXISTS, file,
				    "the patch makes a file that exists "
				    "already with other content");
	if (ours->mode == 0)
		return merge_refuse(merge, APPLY_MISSING, file,
				    "the patch changes a file that the base "
				    "has deleted");
	if (theirs->mode == 0)
		return merge_refuse(merge, APPLY_CONTEXT, file,
				    "the patch deletes a file that the base "
				    "has changed");
	if (!is_file(old) || !is_file(ours) || !is_file(theirs))
		return merge_refuse(merge, APPLY_MODE, file,
				    "the patch and the base have both changed "
				    "what is no plain file");
	merged->mode = old->mode == ours->mode ? theirs->mode : ours->mode;
	if (git_oid_equal(&old->id, &ours->id))
		merged->id = theirs->id;
	else if (!git_oid_equal(&old->id, &theirs->id) &&
		 !git_oid_equal(&ours->id, &theirs->id) &&
		 !merge_contents(merge, file, sides, &merged->id))
		return false;
	return true;
}

static bool read_sides(struct merge *merge, const struct patch_file *file,
		       struct sides *sides)
{
	const char *old_path = file->is_copy ? file->new_path : file->old_path;
	const char *new_path = patch_file_path(file);

	if (!old_path)
		old_path = new_path;
	sides->our_path = g_strdup(old_path);
	sides->path = new_path;
	if (!find_file(merge, merge->old, old_path, &sides->old) ||
	    !find_file(merge, merge->new, new_path, &sides->theirs) ||
	    !find_file(merge, merge->attempt->dirs, old_path, &sides->ours))
		return false;
	if (sides->old.mode == 0 || sides->ours.mode != 0)
		return true;
	if (!find_renamed(merge, old_path, sides))
		return false;
	if (!file->is_rename && strcmp(sides->our_path, old_path) != 0)
		sides->path = sides->our_path;
	return true;
}

static bool set_merged(struct merge *merge, const struct patch_file *file,
		       const struct sides *sides,
		       const struct dirs_entry *merged)
{
	static const struct dirs_entry nothing;
	struct dirs *dirs = merge->attempt->dirs;
	struct dirs_entry there;
	bool moves = strcmp(sides->our_path, sides->path) != 0;
	const char *fault = path_fault(sides->path, merged->mode);

	if (fault)
		return merge_refuse(merge, APPLY_PATH, file, fault);
	if (!find_file(merge, dirs, sides->path, &there))
		return false;
	if (moves && there.mode != 0 && merged->mode != 0)
		return merge_refuse(merge, APPLY_EXISTS, file,
				    "the patch renames a file to one that "
				    "exists already");
	if ((moves || merged->mode == 0) && sides->ours.mode != 0 &&
	    !dirs_set(dirs, sides->our_path, &nothing, NULL))
		return merge_refuse(merge, APPLY_MISSING, file,
				    "the file was renamed or deleted earlier "
				    "in the same patch");
	if (merged->mode == 0 || entry_same(&there, merged))
		return true;
	if (dirs_set(dirs, sides->path, merged, NULL))
		return true;
	return merge_refuse(merge, APPLY_EXISTS, file,
			    "a file stands where a folder is needed, or the "
			    "other way round");
}

static bool merge_file(struct merge *merge, const struct patch_file *file)
{
	struct sides sides = {0};
	struct dirs_entry merged;
	bool ok = read_sides(merge, file, &sides) &&
		  merge_entry(merge, file, &sides, &merged) &&
		  set_merged(merge, file, &sides, &merged);

	g_free(sides.our_path);
	return ok;
}

bool merge_apply(struct attempt *attempt, const struct patch *patch,
		 const git_oid *tree, GError **error)
{
	g_autoptr(dirs_t) old_dirs = dirs_new(attempt->objects, NULL);
	g_autoptr(dirs_t) new_dirs = dirs_new(attempt->objects, NULL);
	struct merge merge = {attempt, tree, old_dirs, new_dirs, error};
	bool ok = make_trees(&merge, patch);

	for (guint i = 0; ok && i < patch->files->len; i++)
		ok = merge_file(&merge, patch->files->pdata[i]);
	return ok || attempt->failure != NULL;
}
