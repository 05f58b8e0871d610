/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last rung, git am's -3. From the blobs that the patch's index lines name
 * comes the piece of the tree it was made on; the patch fits there, and what it
 * changes is merged, path by path, with what the base has made of the same
 * files since. A file that either side has renamed is merged under its new
 * name; renames.c finds them, merge-entry.c
 * merges what both have changed. By the rules of git's recursive merge.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/merge-internal.h"

bool merge_refuse(struct merge *merge, enum apply_reason reason,
		  const char *path, const char *text)
{
	failure_free(merge->attempt->failure);
	merge->attempt->failure = failure_new(reason, path, g_strdup(text));
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

/* The mode git stores for one that a patch claims; 0: for none. */
static guint32 stored_mode(guint32 mode)
{
	if (mode == 0)
		return GIT_FILEMODE_BLOB;
	if ((mode & MODE_TYPE) == GIT_FILEMODE_LINK)
		return GIT_FILEMODE_LINK;
	if ((mode & MODE_TYPE) == 0100000)
		return mode & 0100 ? GIT_FILEMODE_BLOB_EXECUTABLE
				   : GIT_FILEMODE_BLOB;
	return 0;
}

/* The blob the patch was made on, for a section that has one. */
static bool find_old(struct merge *merge, const struct patch_file *file,
		     struct dirs_entry *entry)
{
	if (!find_file(merge, merge->attempt->dirs, file->old_path, entry))
		return false;
	if (!objects_find_blob(merge->attempt->objects, file->old_id,
			       &entry->id) &&
	    (entry->mode == 0 || file->added + file->deleted > 0))
		return merge_refuse(merge, APPLY_CONTEXT, file->old_path,
				    "the version of the file that the patch "
				    "was made on is not known here");
	entry->mode = stored_mode(file->old_mode);
	if (entry->mode == 0)
		return merge_refuse(merge, APPLY_MODE, file->old_path,
				    "the patch claims a mode that no file has");
	return true;
}

/* Both trees of the patch's own world, with its files alone. */
static bool make_trees(struct merge *merge)
{
	struct attempt inner = *merge->attempt;

	for (guint i = 0; i < merge->patch->files->len; i++) {
		const struct patch_file *file = merge->patch->files->pdata[i];
		struct dirs_entry entry;

		if (file->is_new || !file->old_path)
			continue;
		if (!find_old(merge, file, &entry))
			return false;
		if (!dirs_set(merge->old, file->old_path, &entry, NULL) ||
		    !dirs_set(merge->new, file->old_path, &entry, NULL))
			return merge_refuse(merge, APPLY_CONTEXT,
					    file->old_path,
					    "the patch contradicts itself");
	}
	inner.dirs = merge->new;
	if (!attempt_apply(&inner, merge->patch, merge->error))
		return false;
	merge->attempt->failure = inner.failure;
	return inner.failure == NULL;
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_paths(struct merge *merge)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < merge->patch->files->len; i++) {
		const struct patch_file *file = merge->patch->files->pdata[i];
		char *names[] = {file->old_path, file->new_path};

		for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
			if (names[k] && g_hash_table_add(seen, names[k]))
				g_ptr_array_add(merge->paths, names[k]);
		}
	}
	g_ptr_array_sort(merge->paths, compare_paths);
}

static void add_end(GPtrArray *ends, const char *path,
		    const struct dirs_entry *entry)
{
	struct rename_end *end = g_new0(struct rename_end, 1);

	end->path = g_strdup(path);
	end->entry = *entry;
	g_ptr_array_add(ends, end);
}

static bool find_sides(struct merge *merge, const char *path,
		       struct sides *sides)
{
	return find_file(merge, merge->old, path, &sides->old) &&
	       find_file(merge, merge->attempt->dirs, path, &sides->ours) &&
	       find_file(merge, merge->new, path, &sides->theirs);
}

/* What may have been renamed, and what the patch may have renamed it to. */
static bool collect_ends(struct merge *merge)
{
	for (guint i = 0; i < merge->paths->len; i++) {
		const char *path = merge->paths->pdata[i];
		struct sides sides;

		if (!find_sides(merge, path, &sides))
			return false;
		if (sides.old.mode != 0 && sides.ours.mode == 0)
			add_end(merge->our_sources, path, &sides.old);
		if (sides.old.mode != 0 && sides.theirs.mode == 0)
			add_end(merge->their_sources, path, &sides.old);
		if (sides.old.mode == 0 && sides.theirs.mode != 0)
			add_end(merge->their_targets, path, &sides.theirs);
	}
	return true;
}

/* Every file of the base that the patch does not start from. */
static void visit_target(gpointer data, const char *path,
			 const struct dirs_entry *entry)
{
	struct merge *merge = data;
	struct dirs_entry known;

	if (dirs_find(merge->old, path, &known, NULL) &&
	    (known.mode == 0 || known.mode == GIT_FILEMODE_TREE))
		add_end(merge->our_targets, path, entry);
}

static int compare_ends(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct rename_end *const *)a)->path,
		      (*(struct rename_end *const *)b)->path);
}

/* Both ends of what was renamed, by their paths. */
static void index_renames(GHashTable *renames, const GPtrArray *sources)
{
	for (guint i = 0; i < sources->len; i++) {
		struct rename_end *source = sources->pdata[i];

		if (!source->other)
			continue;
		g_hash_table_insert(renames, source->path, source);
		g_hash_table_insert(renames, source->other->path,
				    source->other);
	}
}

static bool find_renames(struct merge *merge)
{
	struct objects *objects = merge->attempt->objects;
	struct dirs_visitor visitor = {visit_target, merge};

	if (!collect_ends(merge))
		return false;
	if (merge->our_sources->len > 0 &&
	    !dirs_walk(objects, merge->tree, &visitor, merge->error))
		return false;
	g_ptr_array_sort(merge->our_targets, compare_ends);
	if (!renames_find(objects, merge->our_sources, merge->our_targets,
			  merge->error) ||
	    !renames_find(objects, merge->their_sources, merge->their_targets,
			  merge->error))
		return false;
	index_renames(merge->our_renames, merge->our_sources);
	index_renames(merge->their_renames, merge->their_sources);
	return true;
}

static bool entry_same(const struct dirs_entry *a, const struct dirs_entry *b)
{
	return a->mode == b->mode &&
	       (a->mode == 0 || git_oid_equal(&a->id, &b->id));
}

static void set_result(struct merge *merge, const char *path,
		       const struct dirs_entry *entry)
{
	g_hash_table_replace(merge->results, g_strdup(path),
			     g_memdup2(entry, sizeof(*entry)));
}

static void set_gone(struct merge *merge, const char *path)
{
	static const struct dirs_entry nothing;

	set_result(merge, path, &nothing);
}

/* Both have renamed it. */
static bool merge_renamed_twice(struct merge *merge,
				const struct rename_end *ours,
				const struct rename_end *theirs)
{
	struct sides sides = {ours->entry, ours->other->entry,
			      theirs->other->entry};
	const char *path = ours->other->path;
	struct dirs_entry merged;

	if (strcmp(path, theirs->other->path) != 0)
		return merge_refuse(merge, APPLY_EXISTS, theirs->other->path,
				    "the patch and the base rename the file "
				    "to different names");
	if (!merge_entry(merge, path, &sides, &merged))
		return false;
	set_gone(merge, ours->path);
	set_result(merge, path, &merged);
	return true;
}

/* What the side that did not rename has at both names. */
struct other {
	struct dirs_entry source, target;
	bool renamed; /* another file to the same name */
};

static bool find_other(struct merge *merge, const struct rename_end *source,
		       bool by_base, struct other *other)
{
	struct dirs *dirs = by_base ? merge->new : merge->attempt->dirs;
	GHashTable *renames = by_base ? merge->their_renames
				      : merge->our_renames;

	other->renamed = g_hash_table_contains(renames, source->other->path);
	return find_file(merge, dirs, source->path, &other->source) &&
	       find_file(merge, dirs, source->other->path, &other->target);
}

/* The sides in their order, whichever the first is. */
static struct sides sides_of(const struct dirs_entry *old,
			     const struct dirs_entry *first,
			     const struct dirs_entry *second, bool by_base)
{
	return (struct sides){*old, by_base ? *first : *second,
			      by_base ? *second : *first};
}

/* One of them has renamed it. */
static bool merge_renamed(struct merge *merge, const struct rename_end *source,
			  bool by_base)
{
	static const struct dirs_entry nothing;
	const char *path = source->other->path;
	struct dirs_entry merged;
	struct sides sides;
	struct other other;

	if (!find_other(merge, source, by_base, &other))
		return false;
	if (other.renamed)
		return merge_refuse(merge, APPLY_EXISTS, path,
				    "the patch and the base rename different "
				    "files to the same name");
	if (other.source.mode == 0)
		return merge_refuse(merge, APPLY_MISSING, source->path,
				    by_base ? "the patch deletes a file that "
					      "the base has renamed"
					    : "the patch renames a file that "
					      "the base has deleted");
	set_gone(merge, source->path);
	set_result(merge, path, &other.target);
	if (entry_same(&other.target, &source->other->entry))
		return true;
	sides = sides_of(&source->entry, &source->other->entry, &other.source,
			 by_base);
	if (!merge_entry(merge, path, &sides, &merged))
		return false;
	if (other.target.mode != 0) {
		sides = sides_of(&nothing, &merged, &other.target, by_base);
		if (!merge_entry(merge, path, &sides, &merged))
			return false;
	}
	set_result(merge, path, &merged);
	return true;
}

static bool merge_renames(struct merge *merge)
{
	for (guint i = 0; i < merge->their_sources->len; i++) {
		const struct rename_end *theirs = merge->their_sources
							  ->pdata[i];
		const struct rename_end *ours;

		if (!theirs->other)
			continue;
		ours = g_hash_table_lookup(merge->our_renames, theirs->path);
		if (!(ours ? merge_renamed_twice(merge, ours, theirs)
			   : merge_renamed(merge, theirs, false)))
			return false;
	}
	for (guint i = 0; i < merge->our_sources->len; i++) {
		const struct rename_end *ours = merge->our_sources->pdata[i];

		if (ours->other &&
		    !g_hash_table_contains(merge->results, ours->path) &&
		    !merge_renamed(merge, ours, true))
			return false;
	}
	return true;
}

/* A path that nobody has renamed. */
static bool merge_path(struct merge *merge, const char *path)
{
	struct sides sides;
	struct dirs_entry merged;

	if (!find_sides(merge, path, &sides))
		return false;
	merged = entry_same(&sides.old, &sides.ours) ? sides.theirs
						     : sides.ours;
	if (!entry_same(&sides.old, &sides.ours) &&
	    !entry_same(&sides.old, &sides.theirs) &&
	    !entry_same(&sides.ours, &sides.theirs)) {
		if (sides.ours.mode == 0)
			return merge_refuse(merge, APPLY_MISSING, path,
					    "the patch changes a file that "
					    "the base has deleted");
		if (sides.theirs.mode == 0)
			return merge_refuse(merge, APPLY_CONTEXT, path,
					    "the patch deletes a file that "
					    "the base has changed");
		if (!merge_entry(merge, path, &sides, &merged))
			return false;
	}
	set_result(merge, path, &merged);
	return true;
}

static bool merge_paths(struct merge *merge)
{
	for (guint i = 0; i < merge->paths->len; i++) {
		const char *path = merge->paths->pdata[i];

		if (!g_hash_table_contains(merge->results, path) &&
		    !merge_path(merge, path))
			return false;
	}
	return true;
}

/* Make one path of the base what came out. */
static bool write_path(struct merge *merge, const char *path,
		       const struct dirs_entry *merged)
{
	struct dirs *dirs = merge->attempt->dirs;
	const char *fault = path_fault(path, merged->mode);
	struct dirs_entry there;

	if (!find_file(merge, dirs, path, &there))
		return false;
	if (entry_same(&there, merged))
		return true;
	if (fault)
		return merge_refuse(merge, APPLY_PATH, path, fault);
	return dirs_set(dirs, path, merged, NULL) ||
	       merge_refuse(merge, APPLY_EXISTS, path,
			    "a file stands where a folder is needed, or the "
			    "other way round");
}

/* All that goes before all that comes: a folder may take a file's place. */
static bool write_results(struct merge *merge)
{
	GHashTableIter iter;
	gpointer path, entry;

	for (int comes = 0; comes < 2; comes++) {
		g_hash_table_iter_init(&iter, merge->results);
		while (g_hash_table_iter_next(&iter, &path, &entry)) {
			const struct dirs_entry *merged = entry;

			if ((merged->mode != 0) == comes &&
			    !write_path(merge, path, merged))
				return false;
		}
	}
	return true;
}

bool merge_apply(struct attempt *attempt, const struct patch *patch,
		 const git_oid *tree, GError **error)
{
	g_autoptr(dirs_t) old_dirs = dirs_new(attempt->objects, NULL);
	g_autoptr(dirs_t) new_dirs = dirs_new(attempt->objects, NULL);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GHashTable) results = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GPtrArray)
		our_sources = g_ptr_array_new_with_free_func(rename_end_free);
	g_autoptr(GPtrArray)
		their_sources = g_ptr_array_new_with_free_func(rename_end_free);
	g_autoptr(GPtrArray)
		our_targets = g_ptr_array_new_with_free_func(rename_end_free);
	g_autoptr(GPtrArray)
		their_targets = g_ptr_array_new_with_free_func(rename_end_free);
	g_autoptr(GHashTable)
		our_renames = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable)
		their_renames = g_hash_table_new(g_str_hash, g_str_equal);
	struct merge merge = {
		.attempt = attempt,
		.patch = patch,
		.tree = tree,
		.old = old_dirs,
		.new = new_dirs,
		.paths = paths,
		.results = results,
		.our_sources = our_sources,
		.their_sources = their_sources,
		.our_targets = our_targets,
		.their_targets = their_targets,
		.our_renames = our_renames,
		.their_renames = their_renames,
		.error = error,
	};

	collect_paths(&merge);
	return (make_trees(&merge) && find_renames(&merge) &&
		merge_renames(&merge) && merge_paths(&merge) &&
		write_results(&merge)) ||
	       attempt->failure != NULL;
}
