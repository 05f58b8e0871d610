/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders of one tree, each read when a path first leads through it and
 * then kept: the next patch of the series finds it in memory. Changes stand
 * beside a folder's entries until dirs_write() merges both into a new tree
 * object. A folder that loses its last file is gone at once, as in git's index.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/tree-internal.h"

/* An entry of the tree object as read, sorted as git sorts them. */
struct entry {
	const char *name;
	gsize len;
	guint32 mode;
	const guint8 *id;
};

struct dir {
	GBytes *raw;	      /* the tree object; NULL when new */
	GArray *entries;      /* of struct entry, into raw */
	GHashTable *changes;  /* name to struct dirs_entry over entries */
	GHashTable *children; /* name to struct dir, those that were read */
	gsize live;	      /* entries there are, changes applied */
	bool dirty;
};

struct dirs {
	struct objects *objects;
	git_oid top_id;
	struct dir *top; /* NULL until first needed */
};

static void dir_free(gpointer data)
{
	struct dir *dir = data;

	if (!dir)
		return;
	g_clear_pointer(&dir->raw, g_bytes_unref);
	g_array_unref(dir->entries);
	g_hash_table_unref(dir->changes);
	g_hash_table_unref(dir->children);
	g_free(dir);
}

static struct dir *dir_new(void)
{
	struct dir *dir = g_new0(struct dir, 1);

	dir->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	dir->changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     g_free);
	dir->children = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      dir_free);
	return dir;
}

/* One "MODE NAME NUL ID"; the bytes it takes, 0 when it is broken. */
static gsize entry_parse(struct entry *entry, const char *at, const char *end)
{
	const char *start = at, *nul;

	entry->mode = 0;
	while (at < end && *at >= '0' && *at <= '7' && at - start < 7)
		entry->mode = entry->mode << 3 | (guint32)(*at++ - '0');
	if (at == start || at == end || *at++ != ' ')
		return 0;
	nul = at < end ? memchr(at, '\0', end - at) : NULL;
	if (!nul || end - nul < 1 + GIT_OID_RAWSZ)
		return 0;
	entry->name = at;
	entry->len = nul - at;
	entry->id = (const guint8 *)nul + 1;
	return nul + 1 + GIT_OID_RAWSZ - start;
}

static bool dir_take_raw(struct dir *dir, GBytes *raw)
{
	gsize len;
	const char *at = tree_bytes(raw, &len), *end = at + len;

	if (dir->raw)
		g_bytes_unref(dir->raw);
	dir->raw = g_bytes_ref(raw);
	g_array_set_size(dir->entries, 0);
	while (at < end) {
		struct entry entry;
		gsize size = entry_parse(&entry, at, end);

		if (size == 0)
			return false;
		at += size;
		g_array_append_val(dir->entries, entry);
	}
	dir->live = dir->entries->len;
	return true;
}

static struct dir *dir_read(struct objects *objects, const git_oid *id,
			    GError **error)
{
	g_autoptr(GBytes)
		raw = objects_read(objects, GIT_OBJECT_TREE, id, error);
	struct dir *dir;

	if (!raw)
		return NULL;
	dir = dir_new();
	if (dir_take_raw(dir, raw))
		return dir;
	dir_free(dir);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the tree %s is damaged", git_oid_tostr_s(id));
	return NULL;
}

struct dirs *dirs_new(struct objects *objects, const git_oid *tree)
{
	struct dirs *dirs = g_new0(struct dirs, 1);

	dirs->objects = objects;
	if (tree)
		dirs->top_id = *tree;
	else
		dirs->top = dir_new();
	return dirs;
}

void dirs_free(struct dirs *dirs)
{
	if (!dirs)
		return;
	dir_free(dirs->top);
	g_free(dirs);
}

static bool dirs_read_top(struct dirs *dirs, GError **error)
{
	if (!dirs->top)
		dirs->top = dir_read(dirs->objects, &dirs->top_id, error);
	return dirs->top != NULL;
}

static bool mode_is_tree(guint32 mode)
{
	return mode == GIT_FILEMODE_TREE;
}

/* Git sorts a folder as if its name ended in a slash. */
static int name_compare(const char *a, gsize a_len, bool a_tree, const char *b,
			gsize b_len, bool b_tree)
{
	gsize least = MIN(a_len, b_len);
	int order = memcmp(a, b, least);
	int a_next = a_len > least ? (guchar)a[least] : a_tree ? '/' : 0;
	int b_next = b_len > least ? (guchar)b[least] : b_tree ? '/' : 0;

	return order != 0 ? order : a_next - b_next;
}

/* The entry of this name that is (or is not) a folder. */
static const struct entry *dir_search(const struct dir *dir, const char *name,
				      bool tree)
{
	gsize low = 0, high = dir->entries->len, len = strlen(name);

	while (low < high) {
		gsize middle = low + (high - low) / 2;
		const struct entry *entry = &g_array_index(
			dir->entries, struct entry, middle);
		int order = name_compare(name, len, tree, entry->name,
					 entry->len, mode_is_tree(entry->mode));

		if (order == 0)
			return entry;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Old repositories have modes like 100664; git's index knows two. */
static guint32 mode_canonical(guint32 mode)
{
	if ((mode & MODE_TYPE) != 0100000)
		return mode;
	return mode & 0100 ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
}

static struct dirs_entry dir_lookup(const struct dir *dir, const char *name)
{
	struct dirs_entry found = {0};
	const struct dirs_entry *change = g_hash_table_lookup(dir->changes,
							      name);
	const struct entry *entry;

	if (change)
		return *change;
	entry = dir_search(dir, name, false);
	if (!entry)
		entry = dir_search(dir, name, true);
	if (entry) {
		found.mode = mode_canonical(entry->mode);
		memcpy(found.id.id, entry->id, GIT_OID_RAWSZ);
	}
	return found;
}

static void dir_change(struct dir *dir, const char *name,
		       const struct dirs_entry *entry)
{
	bool was = dir_lookup(dir, name).mode != 0;

	dir->live = dir->live - was + (entry->mode != 0);
	dir->dirty = true;
	if (!mode_is_tree(entry->mode))
		g_hash_table_remove(dir->children, name);
	g_hash_table_replace(dir->changes, g_strdup(name),
			     g_memdup2(entry, sizeof(*entry)));
}

/* The folder `name` of `dir`; NULL without an error when it is none. */
static struct dir *dirs_child(struct dirs *dirs, struct dir *dir,
			      const char *name, GError **error)
{
	struct dir *child = g_hash_table_lookup(dir->children, name);
	struct dirs_entry entry;

	if (child)
		return child;
	entry = dir_lookup(dir, name);
	if (!mode_is_tree(entry.mode))
		return NULL;
	child = dir_read(dirs->objects, &entry.id, error);
	if (child)
		g_hash_table_insert(dir->children, g_strdup(name), child);
	return child;
}

bool dirs_find(struct dirs *dirs, const char *path, struct dirs_entry *entry,
	       GError **error)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	struct dir *dir;

	*entry = (struct dirs_entry){0};
	if (!dirs_read_top(dirs, error))
		return false;
	dir = dirs->top;
	for (char **name = names; *name && dir; name++) {
		GError *cause = NULL;

		if (!name[1]) {
			*entry = dir_lookup(dir, *name);
			return true;
		}
		dir = dirs_child(dirs, dir, *name, &cause);
		if (cause) {
			g_propagate_error(error, cause);
			return false;
		}
	}
	return true;
}

static bool set_conflict(GError **error, const char *text)
{
	g_set_error_literal(error, REROLL_ERROR, REROLL_ERROR_CONFLICT, text);
	return false;
}

/* The folder `name` of `dir`, made when it is wanted and nothing is there. */
static struct dir *dirs_enter(struct dirs *dirs, struct dir *dir,
			      const char *name, bool make, GError **error)
{
	static const struct dirs_entry folder = {.mode = GIT_FILEMODE_TREE};
	GError *cause = NULL;
	struct dir *child = dirs_child(dirs, dir, name, &cause);

	if (child || cause) {
		if (cause)
			g_propagate_error(error, cause);
		return child;
	}
	if (!make || dir_lookup(dir, name).mode != 0) {
		set_conflict(error, "a file stands where a folder is needed");
		return NULL;
	}
	dir_change(dir, name, &folder);
	child = dir_new();
	g_hash_table_insert(dir->children, g_strdup(name), child);
	return child;
}

/* Take folders that became empty out of those that hold them. */
static void drop_empty(GPtrArray *way, char **names)
{
	static const struct dirs_entry nothing;

	for (guint depth = way->len - 1; depth > 0; depth--) {
		if (((struct dir *)way->pdata[depth])->live > 0)
			return;
		dir_change(way->pdata[depth - 1], names[depth - 1], &nothing);
	}
}

bool dirs_set(struct dirs *dirs, const char *path,
	      const struct dirs_entry *entry, GError **error)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	g_autoptr(GPtrArray) way = g_ptr_array_new();
	guint count = g_strv_length(names);
	struct dir *dir;
	guint32 old_mode;

	if (!dirs_read_top(dirs, error))
		return false;
	dir = dirs->top;
	g_ptr_array_add(way, dir);
	for (guint i = 0; i + 1 < count; i++) {
		dir = dirs_enter(dirs, dir, names[i], entry->mode != 0, error);
		if (!dir)
			return false;
		g_ptr_array_add(way, dir);
	}
	old_mode = dir_lookup(dir, names[count - 1]).mode;
	if (mode_is_tree(old_mode))
		return set_conflict(error, "a folder stands where a file is "
					   "wanted");
	if (entry->mode == 0 && old_mode == 0)
		return set_conflict(error, "there is no such file");
	for (guint i = 0; i < way->len; i++)
		((struct dir *)way->pdata[i])->dirty = true;
	dir_change(dir, names[count - 1], entry);
	drop_empty(way, names);
	return true;
}

struct change {
	const char *name;
	const struct dirs_entry *entry;
};

static int change_compare(gconstpointer a, gconstpointer b)
{
	const struct change *x = a, *y = b;

	return name_compare(x->name, strlen(x->name),
			    mode_is_tree(x->entry->mode), y->name,
			    strlen(y->name), mode_is_tree(y->entry->mode));
}

static void append_entry(GByteArray *raw, const struct entry *entry)
{
	char mode[16];
	int len = g_snprintf(mode, sizeof(mode), "%o ", entry->mode);

	g_byte_array_append(raw, (const guint8 *)mode, (guint)len);
	g_byte_array_append(raw, (const guint8 *)entry->name,
			    (guint)entry->len);
	g_byte_array_append(raw, (const guint8 *)"", 1);
	g_byte_array_append(raw, entry->id, GIT_OID_RAWSZ);
}

/* The changes that put something there, in git's order. */
static GArray *sorted_changes(const struct dir *dir)
{
	GArray *sorted = g_array_new(FALSE, FALSE, sizeof(struct change));
	GHashTableIter iter;
	gpointer name, entry;

	g_hash_table_iter_init(&iter, dir->changes);
	while (g_hash_table_iter_next(&iter, &name, &entry)) {
		struct change change = {name, entry};
		if (change.entry->mode != 0)
			g_array_append_val(sorted, change);
	}
	g_array_sort(sorted, change_compare);
	return sorted;
}

/* Changes that sort before `limit` (all for NULL), from the `next` one on. */
static void append_changes(GByteArray *raw, const GArray *changes, guint *next,
			   const struct entry *limit)
{
	while (*next < changes->len) {
		const struct change *change = &g_array_index(
			changes, struct change, *next);
		struct entry entry = {change->name, strlen(change->name),
				      change->entry->mode,
				      change->entry->id.id};

		if (limit &&
		    name_compare(entry.name, entry.len,
				 mode_is_tree(entry.mode), limit->name,
				 limit->len, mode_is_tree(limit->mode)) > 0)
			return;
		append_entry(raw, &entry);
		(*next)++;
	}
}

static GBytes *dir_merge(const struct dir *dir)
{
	g_autoptr(GArray) changes = sorted_changes(dir);
	GByteArray *raw = g_byte_array_new();
	guint next = 0;

	for (guint i = 0; i < dir->entries->len; i++) {
		const struct entry *entry = &g_array_index(dir->entries,
							   struct entry, i);
		g_autofree char *name = g_strndup(entry->name, entry->len);

		append_changes(raw, changes, &next, entry);
		if (!g_hash_table_contains(dir->changes, name))
			append_entry(raw, entry);
	}
	append_changes(raw, changes, &next, NULL);
	return g_byte_array_free_to_bytes(raw);
}

/* The depth is that of the paths set, which paths.c bounds. */
static bool dir_write(struct dirs *dirs, struct dir *dir, git_oid *id,
		      GError **error)
{
	g_autoptr(GBytes) raw = NULL;
	GHashTableIter iter;
	gpointer name, child;

	g_hash_table_iter_init(&iter, dir->children);
	while (g_hash_table_iter_next(&iter, &name, &child)) {
		struct dirs_entry entry = {.mode = GIT_FILEMODE_TREE};

		if (!((struct dir *)child)->dirty)
			continue;
		if (!dir_write(dirs, child, &entry.id, error))
			return false;
		dir_change(dir, name, &entry);
	}
	raw = dir_merge(dir);
	if (!objects_add(dirs->objects, GIT_OBJECT_TREE, raw, id, error))
		return false;
	g_hash_table_remove_all(dir->changes);
	dir->dirty = false;
	return dir_take_raw(dir, raw);
}

bool dirs_write(struct dirs *dirs, git_oid *tree, GError **error)
{
	if (dirs->top && dirs->top->dirty &&
	    !dir_write(dirs, dirs->top, &dirs->top_id, error))
		return false;
	*tree = dirs->top_id;
	return true;
}

struct walk {
	char *prefix;
	git_oid id;
};

static void walk_clear(gpointer data)
{
	g_free(((struct walk *)data)->prefix);
}

/* Tell of the entries of one folder, and put its folders on the list. */
static bool walk_folder(struct objects *objects, const struct walk *walk,
			GArray *left, const struct dirs_visitor *visitor,
			GError **error)
{
	struct dir *dir = dir_read(objects, &walk->id, error);

	if (!dir)
		return false;
	for (guint i = 0; i < dir->entries->len; i++) {
		const struct entry *entry = &g_array_index(dir->entries,
							   struct entry, i);
		struct dirs_entry found = {.mode = mode_canonical(entry->mode)};
		g_autofree char *path = g_strdup_printf(
			"%s%.*s", walk->prefix, (int)entry->len, entry->name);

		memcpy(found.id.id, entry->id, GIT_OID_RAWSZ);
		if (mode_is_tree(found.mode)) {
			struct walk next = {g_strconcat(path, "/", NULL),
					    found.id};
			g_array_append_val(left, next);
		} else {
			visitor->visit(visitor->data, path, &found);
		}
	}
	dir_free(dir);
	return true;
}

bool dirs_walk(struct objects *objects, const git_oid *tree,
	       const struct dirs_visitor *visitor, GError **error)
{
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(struct walk));
	struct walk walk = {g_strdup(""), *tree};
	bool ok = true;

	g_array_append_val(left, walk);
	while (ok && left->len > 0) {
		walk = g_array_index(left, struct walk, left->len - 1);
		g_array_set_size(left, left->len - 1);
		ok = walk_folder(objects, &walk, left, visitor, error);
		walk_clear(&walk);
	}
	g_array_set_clear_func(left, walk_clear);
	return ok;
}
