// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A folder appears under its name by a rename once it is whole, so a process
 * that dies leaves at most a KEY.new. Whoever uses one holds its lock shared,
 * whoever makes or removes it alone. A lock's file goes with its folder, so
 * after a lock is got its file must still be the one of that name.
 */
#include <config.h>

#include "build/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/safe-file.h"

#define WAIT_US 20000
#define LOCK_SUFFIX ".lock"
#define PIN_SUFFIX ".pin"
#define NEW_SUFFIX ".new"
#define FILES_NAME "files"
#define PROBE_PREFIX "probe-" /* of snapshot_probe_folder() */
#define PROBE_S 600	      /* none takes so long */

struct keep {
	char *dir, *wanted;
	guint64 limit_bytes;
	GMutex mutex;
	const struct snapshot_ops *ops; /* once one was needed */
};

static bool fail(GError **error, const char *path, const char *what)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be %s: %s", path, what, g_strerror(errno));
	return false;
}

struct keep *keep_new(const char *dir, guint64 limit_bytes, const char *wanted)
{
	struct keep *keep = g_new0(struct keep, 1);

	g_mutex_init(&keep->mutex);
	keep->dir = g_strdup(dir);
	keep->wanted = g_strdup(wanted);
	keep->limit_bytes = limit_bytes;
	return keep;
}

void keep_free(struct keep *keep)
{
	if (!keep)
		return;
	g_mutex_clear(&keep->mutex);
	g_free(keep->dir);
	g_free(keep->wanted);
	g_free(keep);
}

const char *keep_dir(const struct keep *keep)
{
	return keep->dir;
}

guint64 keep_limit(const struct keep *keep)
{
	return keep->limit_bytes;
}

const struct snapshot_ops *keep_snapshots(struct keep *keep, GError **error)
{
	g_autoptr(GMutexLocker)
		locker G_GNUC_UNUSED = g_mutex_locker_new(&keep->mutex);

	if (!keep->ops && g_mkdir_with_parents(keep->dir, 0755) < 0)
		fail(error, keep->dir, "made");
	else if (!keep->ops)
		keep->ops = snapshot_choose(keep->dir, keep->wanted, error);
	return keep->ops;
}

static char *path_of(const struct keep *keep, const char *kind, const char *key,
		     const char *suffix)
{
	return g_strdup_printf("%s/%s/%s%s", keep->dir, kind, key, suffix);
}

/* Whether the open lock is still the file of that name. */
static bool is_current(int fd, const char *path)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && stat(path, &named) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* The lock at once, or -1 with EWOULDBLOCK when somebody else has it. */
static int try_lock(const char *path, int how)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0)
			return -1;
		if (flock(fd, how | LOCK_NB) < 0) {
			int cause = errno;

			close(fd);
			errno = cause;
			return -1;
		}
		if (is_current(fd, path))
			return fd;
		close(fd);
	}
}

/* After a lock was not got: a while later another try makes sense. */
static bool wait_turn(const char *path, GCancellable *cancellable,
		      GError **error)
{
	if (errno != EWOULDBLOCK && errno != EINTR)
		return fail(error, path, "locked");
	if (g_cancellable_is_cancelled(cancellable)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
			    "the wait for a kept build was cancelled");
		return false;
	}
	g_usleep(WAIT_US);
	return true;
}

static int wait_shared(const char *path, GCancellable *cancellable,
		       GError **error)
{
	int fd;

	while ((fd = try_lock(path, LOCK_SH)) < 0) {
		if (!wait_turn(path, cancellable, error))
			return -1;
	}
	return fd;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Its size stands in the lock; the lock's date is that of this use. */
static void record_use(int fd, const char *path, bool made)
{
	if (made) {
		g_autofree char *size = g_strdup_printf(
			"%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
			folder_size(path, G_MAXUINT64), folder_size_own(path));

		if (ftruncate(fd, 0) < 0 ||
		    pwrite(fd, size, strlen(size), 0) < 0)
			log_event(LOG_LEVEL_WARNING, NULL,
				  "the size of %s cannot be kept: %s", path,
				  g_strerror(errno));
	}
	futimens(fd, NULL);
}

/*
 * Its name must not be on the disk before what is in it: after a crash of the
 * machine it would have empty files.
 */
static bool sync_folder(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && syncfs(fd) == 0;

	if (!ok)
		fail(error, path, "written to the disk");
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool make_folder(struct keep *keep, const char *path, keep_maker make,
			gpointer data, GError **error)
{
	const struct snapshot_ops *ops = keep_snapshots(keep, error);
	g_autofree char *new = g_strconcat(path, NEW_SUFFIX, NULL);

	if (!ops)
		return false;
	if (is_folder(new))
		ops->folder_remove(new);
	if (!ops->folder_make(new, error))
		return false;
	if (make(new, data, error) && sync_folder(new, error)) {
		if (rename(new, path) == 0)
			return true;
		fail(error, path, "made");
	}
	ops->folder_remove(new);
	return false;
}

/* With the lock of `path` held alone. */
static bool make_if_absent(struct keep *keep, struct kept *kept,
			   keep_maker make, gpointer data, GError **error)
{
	bool made = !is_folder(kept->path);

	if (made && !make_folder(keep, kept->path, make, data, error))
		return false;
	record_use(kept->lock_fd, kept->path, made);
	return true;
}

/* The folder with a shared lock; NULL without an error: it is not there. */
static struct kept *hold(const char *path, const char *lock,
			 GCancellable *cancellable, GError **error)
{
	g_autoptr(kept_t) kept = g_new0(struct kept, 1);

	kept->path = g_strdup(path);
	kept->lock_fd = wait_shared(lock, cancellable, error);
	if (kept->lock_fd < 0 || !is_folder(path))
		return NULL;
	record_use(kept->lock_fd, path, false);
	return g_steal_pointer(&kept);
}

struct kept *keep_get(struct keep *keep, const char *kind, const char *key,
		      keep_maker make, gpointer data, GCancellable *cancellable,
		      GError **error)
{
	g_autofree char *path = path_of(keep, kind, key, "");
	g_autofree char *lock = path_of(keep, kind, key, LOCK_SUFFIX);
	g_autofree char *folder = g_build_filename(keep->dir, kind, NULL);
	g_autoptr(GError) local = NULL;

	if (!make && !is_folder(path))
		return NULL;
	if (g_mkdir_with_parents(folder, 0755) < 0) {
		fail(error, folder, "made");
		return NULL;
	}
	for (;;) {
		g_autoptr(kept_t) alone = NULL;
		struct kept *kept = hold(path, lock, cancellable, &local);

		if (kept || local || !make) {
			if (local)
				g_propagate_error(error,
						  g_steal_pointer(&local));
			return kept;
		}
		alone = g_new0(struct kept, 1);
		alone->path = g_strdup(path);
		/* Others may hold what one of them has made by now. */
		alone->lock_fd = try_lock(lock, LOCK_EX);
		if (alone->lock_fd < 0) {
			if (!wait_turn(lock, cancellable, error))
				return NULL;
			continue;
		}
		if (!make_if_absent(keep, alone, make, data, error))
			return NULL;
		/* Should another remove it on the way, and perhaps a third
		 * make it: once more. */
		if (flock(alone->lock_fd, LOCK_SH) == 0 &&
		    is_current(alone->lock_fd, lock) && is_folder(path)) {
			keep_trim(keep);
			return g_steal_pointer(&alone);
		}
	}
}

void kept_free(struct kept *kept)
{
	if (!kept)
		return;
	if (kept->lock_fd >= 0)
		close(kept->lock_fd);
	g_free(kept->path);
	g_free(kept);
}

/* Put another name of `file` in the place of `path`, at once. */
static bool replace_by_link(const char *file, const char *path)
{
	g_autofree char *new = g_strconcat(path, NEW_SUFFIX, NULL);

	unlink(new);
	if (link(file, new) == 0 && rename(new, path) == 0)
		/* Two names of one file: rename leaves both. */
		return unlink(new) == 0 || errno == ENOENT;
	return false;
}

static bool same_size(const char *left, const char *right)
{
	struct stat a, b;

	return lstat(left, &a) == 0 && lstat(right, &b) == 0 &&
	       a.st_size == b.st_size;
}

/* The one that was there stays, but for one that was cut short. */
static bool join_files(const char *file, const char *path)
{
	return same_size(file, path) ? replace_by_link(file, path)
				     : replace_by_link(path, file);
}

bool keep_share(struct keep *keep, const char *digest, const char *path,
		GError **error)
{
	g_autofree char *folder = g_build_filename(keep->dir, FILES_NAME, NULL);
	g_autofree char *file = g_build_filename(folder, digest, NULL);

	if (g_mkdir_with_parents(folder, 0755) < 0)
		return fail(error, folder, "made");
	(void)chmod(path, 0444);
	if (link(path, file) == 0)
		return true;
	if (errno == EEXIST && join_files(file, path))
		return true;
	/* Elsewhere, gone again or at work on it: it is stored twice. */
	if (errno == EXDEV || errno == ENOENT || errno == EEXIST)
		return true;
	return fail(error, file, "made");
}

/* A file that has one name left is nobody's. The bytes that are gone. */
static guint64 sweep_files(struct keep *keep)
{
	g_autofree char *folder = g_build_filename(keep->dir, FILES_NAME, NULL);
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
	g_autofree char *path = path_of(keep, kind, key, "");
	g_autofree char *lock = path_of(keep, kind, key, LOCK_SUFFIX);
	g_autofree char *pin = path_of(keep, kind, key, PIN_SUFFIX);
	g_autofree char *size = NULL;
	struct keep_entry *entry;
	char *own;
	struct stat st;
	int fd;

	if (!is_folder(path) || stat(lock, &st) < 0)
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
	fd = try_lock(lock, LOCK_EX);
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

		if (!g_str_has_suffix(name, LOCK_SUFFIX))
			continue;
		key = g_strndup(name, strlen(name) - strlen(LOCK_SUFFIX));
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
	g_autofree char *path = path_of(keep, entry->kind, entry->key, "");
	g_autofree char *lock = path_of(keep, entry->kind, entry->key,
					LOCK_SUFFIX);
	g_autofree char *new = g_strconcat(path, NEW_SUFFIX, NULL);
	const struct snapshot_ops *ops = keep_snapshots(keep, NULL);
	int fd = ops ? try_lock(lock, LOCK_EX) : -1;
	bool removed = false;

	if (fd < 0)
		return false;
	if (is_folder(new))
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
	g_autofree char *path = path_of(keep, kind, key, "");
	g_autofree char *new = path_of(keep, kind, key, NEW_SUFFIX);
	g_autofree char *lock = path_of(keep, kind, key, LOCK_SUFFIX);
	const struct snapshot_ops *ops = keep_snapshots(keep, NULL);
	int fd;

	if (!ops || (is_folder(path) && !is_folder(new)))
		return;
	fd = try_lock(lock, LOCK_EX);
	if (fd < 0)
		return;
	if (is_folder(new))
		ops->folder_remove(new);
	if (!is_folder(path))
		unlink(lock);
	close(fd);
}

static void sweep_kind(struct keep *keep, const char *kind)
{
	static const char *const suffixes[] = {NEW_SUFFIX, LOCK_SUFFIX};
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
		else if (strcmp(name, FILES_NAME) != 0)
			sweep_kind(keep, name);
	}
}

/* A file of several counts once. */
static guint64 size_of_all(const struct keep *keep, const GPtrArray *entries)
{
	g_autofree char *files = g_build_filename(keep->dir, FILES_NAME, NULL);
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
	guint64 total;

	sweep_dead(keep);
	if (!keep->limit_bytes)
		return;
	entries = keep_list(keep);
	total = size_of_all(keep, entries);
	for (guint i = 0; i < entries->len && total > keep->limit_bytes; i++) {
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
	g_autofree char *path = path_of(keep, kind, key, "");
	g_autofree char *pin = path_of(keep, kind, key, PIN_SUFFIX);
	g_autofree char *line = text_one_line(text, -1, 500);
	g_autofree char *old = NULL, *all = NULL;
	g_autoptr(GError) local = NULL;

	if (!is_folder(path)) {
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
	g_autofree char *pin = path_of(keep, kind, key, PIN_SUFFIX);

	if (unlink(pin) == 0 || errno == ENOENT)
		return true;
	return fail(error, pin, "removed");
}
