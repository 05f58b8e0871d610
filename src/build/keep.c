// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Getting one, making it, sharing its files: keep-trim.c has what is there and
 * what goes. A folder appears under its name by a rename once it is whole, so a
 * process that dies leaves at most a KEY.new. Whoever uses one holds its lock
 * shared, whoever makes or removes it alone. A lock's file goes with its
 * folder, so after a lock is got its file must still be the one of that name.
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
#include "build/keep-internal.h"
#include "build/safe-file.h"

#define WAIT_US 20000

bool keep_fail(GError **error, const char *path, const char *what)
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

void keep_set_limit(struct keep *keep, guint64 limit_bytes)
{
	keep->limit_bytes = limit_bytes;
}

const struct snapshot_ops *keep_snapshots(struct keep *keep, GError **error)
{
	g_autoptr(GMutexLocker)
		locker G_GNUC_UNUSED = g_mutex_locker_new(&keep->mutex);

	if (!keep->ops && g_mkdir_with_parents(keep->dir, 0755) < 0)
		keep_fail(error, keep->dir, "made");
	else if (!keep->ops)
		keep->ops = snapshot_choose(keep->dir, keep->wanted, error);
	return keep->ops;
}

char *keep_path(const struct keep *keep, const char *kind, const char *key,
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

int keep_try_lock(const char *path, int how)
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
		return keep_fail(error, path, "locked");
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

	while ((fd = keep_try_lock(path, LOCK_SH)) < 0) {
		if (!wait_turn(path, cancellable, error))
			return -1;
	}
	return fd;
}

bool keep_is_folder(const char *path)
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
		keep_fail(error, path, "written to the disk");
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool make_folder(struct keep *keep, const char *path, keep_maker make,
			gpointer data, GError **error)
{
	const struct snapshot_ops *ops = keep_snapshots(keep, error);
	g_autofree char *new = g_strconcat(path, KEEP_NEW_SUFFIX, NULL);

	if (!ops)
		return false;
	if (keep_is_folder(new))
		ops->folder_remove(new);
	if (!ops->folder_make(new, error))
		return false;
	if (make(new, data, error) && sync_folder(new, error)) {
		if (rename(new, path) == 0)
			return true;
		keep_fail(error, path, "made");
	}
	ops->folder_remove(new);
	return false;
}

/* With the lock of `path` held alone. */
static bool make_if_absent(struct keep *keep, struct kept *kept,
			   keep_maker make, gpointer data, GError **error)
{
	bool made = !keep_is_folder(kept->path);

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
	if (kept->lock_fd < 0 || !keep_is_folder(path))
		return NULL;
	record_use(kept->lock_fd, path, false);
	return g_steal_pointer(&kept);
}

struct kept *keep_get(struct keep *keep, const char *kind, const char *key,
		      keep_maker make, gpointer data, GCancellable *cancellable,
		      GError **error)
{
	g_autofree char *path = keep_path(keep, kind, key, "");
	g_autofree char *lock = keep_path(keep, kind, key, KEEP_LOCK_SUFFIX);
	g_autofree char *folder = g_build_filename(keep->dir, kind, NULL);
	g_autoptr(GError) local = NULL;

	if (!make && !keep_is_folder(path))
		return NULL;
	if (g_mkdir_with_parents(folder, 0755) < 0) {
		keep_fail(error, folder, "made");
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
		alone->lock_fd = keep_try_lock(lock, LOCK_EX);
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
		    is_current(alone->lock_fd, lock) && keep_is_folder(path)) {
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
	g_autofree char *new = g_strconcat(path, KEEP_NEW_SUFFIX, NULL);

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
	g_autofree char *folder = g_build_filename(keep->dir, KEEP_FILES_NAME,
						   NULL);
	g_autofree char *file = g_build_filename(folder, digest, NULL);

	if (g_mkdir_with_parents(folder, 0755) < 0)
		return keep_fail(error, folder, "made");
	(void)chmod(path, 0444);
	if (link(path, file) == 0)
		return true;
	if (errno == EEXIST && join_files(file, path))
		return true;
	/* Elsewhere, gone again or at work on it: it is stored twice. */
	if (errno == EXDEV || errno == ENOENT || errno == EEXIST)
		return true;
	return keep_fail(error, file, "made");
}
