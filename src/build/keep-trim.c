// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is kept: the list of it, what goes when it is too much, pins, and what
 * processes have left that were killed.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/keep-internal.h"
#include "build/safe-file.h"

#define PIN_SUFFIX ".pin"
#define PROBE_PREFIX "probe-" /* of snapshot_probe_folder() */
#define PROBE_S 600	      /* none takes so long */

/* A file that has one name left is nobody's. The bytes that are gone. */
static guint64 sweep_files(struct keep *keep)
{
	g_autofree char *folder = g_build_filename(keep->dir, KEEP_FILES_NAME,
						   NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	guint64 bytes = 0;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat st;

		if (lstat(path, &st) == 0 && st.st_nlink == 1 &&
		    unlink(path) == 0)
			bytes += (guint64)st.st_blocks * 512;
	}
	return bytes;
}

static void keep_entry_free(gpointer data)
{
	struct keep_entry *entry = data;

	g_free(entry->kind);
	g_free(entry->key);
	g_free(entry);
}

static struct keep_entry *read_entry(const struct keep *keep, const char *kind,
				     const char *key)
{
	g_autofree char *path = keep_path(keep, kind, key, "");
	g_autofree char *lock = keep_path(keep, kind, key, KEEP_LOCK_SUFFIX);
	g_autofree char *pin = keep_path(keep, kind, key, PIN_SUFFIX);
	g_autofree char *size = NULL;
	struct keep_entry *entry;
	char *own;
	struct stat st;
	int fd;

	if (!keep_is_folder(path) || stat(lock, &st) < 0)
		return NULL;
	entry = g_new0(struct keep_entry, 1);
	entry->kind = g_strdup(kind);
	entry->key = g_strdup(key);
	entry->used_at = st.st_mtime;
	entry->pinned = g_file_test(pin, G_FILE_TEST_EXISTS);
	if (g_file_get_contents(lock, &size, NULL, NULL)) {
		entry->bytes = g_ascii_strtoull(size, &own, 10);
		entry->own_bytes = g_ascii_strtoull(own, NULL, 10);
	}
	fd = keep_try_lock(lock, LOCK_EX);
	entry->held = fd < 0;
	if (fd >= 0)
		close(fd);
	return entry;
}

static gint by_use(gconstpointer a, gconstpointer b)
{
	const struct keep_entry *left = *(struct keep_entry *const *)a;
	const struct keep_entry *right = *(struct keep_entry *const *)b;

	if (left->used_at != right->used_at)
		return left->used_at < right->used_at ? -1 : 1;
	return strcmp(left->key, right->key);
}

static void list_kind(struct keep *keep, const char *kind, GPtrArray *entries)
{
	g_autofree char *folder = g_build_filename(keep->dir, kind, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *key = NULL;
		struct keep_entry *entry;

		if (!g_str_has_suffix(name, KEEP_LOCK_SUFFIX))
			continue;
		key = g_strndup(name, strlen(name) - strlen(KEEP_LOCK_SUFFIX));
		entry = read_entry(keep, kind, key);
		if (entry)
			g_ptr_array_add(entries, entry);
	}
}

GPtrArray *keep_list(struct keep *keep)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(keep_entry_free);
	g_autoptr(GDir) dir = g_dir_open(keep->dir, 0, NULL);
	const char *kind;

	while (dir && (kind = g_dir_read_name(dir)))
		list_kind(keep, kind, entries);
	g_ptr_array_sort(entries, by_use);
	return entries;
}

/* Renamed before it is removed, so that half of it is never under its name. */
static bool remove_entry(struct keep *keep, const struct keep_entry *entry)
{
	g_autofree char *path = keep_path(keep, entry->kind, entry->key, "");
	g_autofree char *lock = keep_path(keep, entry->kind, entry->key,
					  KEEP_LOCK_SUFFIX);
	g_autofree char *new = g_strconcat(path, KEEP_NEW_SUFFIX, NULL);
	const struct snapshot_ops *ops = keep_snapshots(keep, NULL);
	int fd = ops ? keep_try_lock(lock, LOCK_EX) : -1;
	bool removed = false;

	if (fd < 0)
		return false;
	if (keep_is_folder(new))
		ops->folder_remove(new);
	if (rename(path, new) == 0) {
		removed = ops->folder_remove(new);
		unlink(lock);
	}
	close(fd);
	return removed;
}

/*
 * Half a folder that nobody is making, and a lock that is nobody's: of KIND/KEY
 * where only these are left.
 */
static void sweep_key(struct keep *keep, const char *kind, const char *key)
{
	g_autofree char *path = keep_path(keep, kind, key, "");
	g_autofree char *new = keep_path(keep, kind, key, KEEP_NEW_SUFFIX);
	g_autofree char *lock = keep_path(keep, kind, key, KEEP_LOCK_SUFFIX);
	const struct snapshot_ops *ops = keep_snapshots(keep, NULL);
	int fd;

	if (!ops || (keep_is_folder(path) && !keep_is_folder(new)))
		return;
	fd = keep_try_lock(lock, LOCK_EX);
	if (fd < 0)
		return;
	if (keep_is_folder(new))
		ops->folder_remove(new);
	if (!keep_is_folder(path))
		unlink(lock);
	close(fd);
}

static void sweep_kind(struct keep *keep, const char *kind)
{
	static const char *const suffixes[] = {KEEP_NEW_SUFFIX,
					       KEEP_LOCK_SUFFIX};
	g_autofree char *folder = g_build_filename(keep->dir, kind, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
			g_autofree char *key = NULL;

			if (!g_str_has_suffix(name, suffixes[i]))
				continue;
			key = g_strndup(name,
					strlen(name) - strlen(suffixes[i]));
			sweep_key(keep, kind, key);
		}
	}
}

static void sweep_probe(const struct keep *keep, const char *name)
{
	g_autofree char *path = g_build_filename(keep->dir, name, NULL);
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_mtime + PROBE_S < clock_now_at())
		tempdir_remove_tree(path);
}

/* What processes left that were killed. */
static void sweep_dead(struct keep *keep)
{
	g_autoptr(GDir) dir = g_dir_open(keep->dir, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		if (g_str_has_prefix(name, PROBE_PREFIX))
			sweep_probe(keep, name);
		else if (strcmp(name, KEEP_FILES_NAME) != 0)
			sweep_kind(keep, name);
	}
}

/* A file of several counts once. */
static guint64 size_of_all(const struct keep *keep, const GPtrArray *entries)
{
	g_autofree char *files = g_build_filename(keep->dir, KEEP_FILES_NAME,
						  NULL);
	guint64 total = folder_size(files, G_MAXUINT64);

	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		total += entry->own_bytes;
	}
	return total;
}

void keep_trim(struct keep *keep)
{
	g_autoptr(GPtrArray) entries = NULL;
	guint64 limit = keep_limit(keep), total;

	sweep_dead(keep);
	if (!limit)
		return;
	entries = keep_list(keep);
	total = size_of_all(keep, entries);
	for (guint i = 0; i < entries->len && total > limit; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		if (entry->held || entry->pinned || !remove_entry(keep, entry))
			continue;
		total -= MIN(total, entry->own_bytes + sweep_files(keep));
	}
}

static bool refuse_remove(const struct keep_entry *entry, const char *why,
			  GError **error)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
		    "%s/%s cannot be dropped: %s", entry->kind, entry->key,
		    why);
	return false;
}

bool keep_remove(struct keep *keep, const char *kind, const char *key,
		 GError **error)
{
	struct keep_entry *entry = read_entry(keep, kind, key);
	bool removed = false;

	if (!entry)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "nothing is kept as %s/%s", kind, key);
	else if (entry->pinned)
		refuse_remove(entry, "it is pinned", error);
	else if (entry->held || !remove_entry(keep, entry))
		refuse_remove(entry, "a build uses it", error);
	else
		removed = true;
	if (entry)
		keep_entry_free(entry);
	if (removed)
		sweep_files(keep);
	return removed;
}

/* Whether the line stands in the file already. */
static bool has_line(const char *text, const char *line)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	return g_strv_contains((const char *const *)lines, line);
}

bool keep_pin(struct keep *keep, const char *kind, const char *key,
	      const char *text, GError **error)
{
	g_autofree char *path = keep_path(keep, kind, key, "");
	g_autofree char *pin = keep_path(keep, kind, key, PIN_SUFFIX);
	g_autofree char *line = text_one_line(text, -1, 500);
	g_autofree char *old = NULL, *all = NULL;
	g_autoptr(GError) local = NULL;

	if (!keep_is_folder(path)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "nothing is kept as %s/%s", kind, key);
		return false;
	}
	g_file_get_contents(pin, &old, NULL, NULL);
	if (has_line(old, line))
		return true;
	all = g_strdup_printf("%s%s\n", old ? old : "", line);
	if (g_file_set_contents(pin, all, -1, &local))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be written: %s", pin, local->message);
	return false;
}

bool keep_unpin(struct keep *keep, const char *kind, const char *key,
		GError **error)
{
	g_autofree char *pin = keep_path(keep, kind, key, PIN_SUFFIX);

	if (unlink(pin) == 0 || errno == ENOENT)
		return true;
	return keep_fail(error, pin, "removed");
}
