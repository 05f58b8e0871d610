// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies, with blocks of their own or shared ones. The folder may be a build's,
 * and is copied by descriptors all the way.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/snapshot-ways.h"

#define DEPTH_MOST 200
#define CHUNK_BYTES (16 << 20)

struct copy {
	bool shared, is_root;
	GCancellable *cancellable;
};

static bool copy_folder(const struct copy *copy, int from, int to, guint depth);

static int open_at(int dir, const char *name, int flags)
{
	return openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static bool copy_bytes(const struct copy *copy, int from, int to)
{
	ssize_t n = 1;

	if (copy->shared)
		return ioctl(to, FICLONE, from) == 0;
	while (n > 0 && !g_cancellable_is_cancelled(copy->cancellable))
		n = sendfile(to, from, NULL, CHUNK_BYTES);
	return n == 0;
}

static bool copy_file(const struct copy *copy, int from, int to)
{
	struct stat st;

	return fstat(from, &st) == 0 && copy_bytes(copy, from, to) &&
	       file_be_like(to, &st);
}

static bool copy_link(const struct copy *copy, int from, int to,
		      const char *name, const struct stat *st)
{
	const struct timespec times[] = {st->st_atim, st->st_mtim};
	char target[PATH_MAX];
	ssize_t len = readlinkat(from, name, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = '\0';
	return symlinkat(target, to, name) == 0 &&
	       (!copy->is_root || fchownat(to, name, st->st_uid, st->st_gid,
					   AT_SYMLINK_NOFOLLOW) == 0) &&
	       utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Two that were opened, or not, and are closed; `depth` 0: files. */
static bool copy_opened(const struct copy *copy, int from, int to, guint depth)
{
	bool ok = from >= 0 && to >= 0 &&
		  (depth ? copy_folder(copy, from, to, depth)
			 : copy_file(copy, from, to));
	int cause = errno;

	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	errno = cause;
	return ok;
}

static bool copy_subfolder(const struct copy *copy, int from, int to,
			   const char *name, guint depth)
{
	if (depth == 0) {
		errno = ENAMETOOLONG;
		return false;
	}
	return mkdirat(to, name, 0700) == 0 &&
	       copy_opened(copy, open_at(from, name, O_RDONLY | O_DIRECTORY),
			   open_at(to, name, O_RDONLY | O_DIRECTORY), depth);
}

static bool copy_entry(const struct copy *copy, int from, int to,
		       const char *name, guint depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_subfolder(copy, from, to, name, depth - 1);
	case S_IFREG:
		return copy_opened(
			copy, open_at(from, name, O_RDONLY),
			open_at(to, name, O_WRONLY | O_CREAT | O_EXCL), 0);
	case S_IFLNK:
		return copy_link(copy, from, to, name, &st);
	default:
		return true;
	}
}

static bool copy_entries(const struct copy *copy, DIR *dir, int to, guint depth)
{
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (g_cancellable_is_cancelled(copy->cancellable) ||
		    !copy_entry(copy, dirfd(dir), to, entry->d_name, depth))
			return false;
	}
	return true;
}

/* What is in it, and then what it is itself. */
static bool copy_folder(const struct copy *copy, int from, int to, guint depth)
{
	int again = open_at(from, ".", O_RDONLY | O_DIRECTORY);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	struct stat st;
	bool ok;
	int cause;

	if (!dir)
		return false;
	ok = copy_entries(copy, dir, to, depth) && fstat(from, &st) == 0 &&
	     file_be_like(to, &st);
	cause = errno;
	closedir(dir);
	errno = cause;
	return ok;
}

bool snapshot_copy_tree(const char *from, const char *to, bool shared,
			GCancellable *cancellable, GError **error)
{
	const struct copy copy = {.shared = shared,
				  .is_root = geteuid() == 0,
				  .cancellable = cancellable};

	if (mkdir(to, 0700) == 0 &&
	    copy_opened(&copy, open_at(AT_FDCWD, from, O_RDONLY | O_DIRECTORY),
			open_at(AT_FDCWD, to, O_RDONLY | O_DIRECTORY),
			DEPTH_MOST))
		return true;
	if (!g_cancellable_is_cancelled(cancellable))
		return snapshot_fail(error, REROLL_ERROR_TEMP,
				     "the folder %s cannot be copied", from);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
		    "the copy was cancelled");
	return false;
}

static bool copy_to(struct snapshot *snapshot, const char *from, bool shared,
		    GCancellable *cancellable, GError **error)
{
	snapshot->top = g_build_filename(snapshot->dir, "top", NULL);
	snapshot->layers.top = snapshot->top;
	return snapshot_copy_tree(from, snapshot->top, shared, cancellable,
				  error);
}

static bool reflink_make(struct snapshot *snapshot, const char *from,
			 GCancellable *cancellable, GError **error)
{
	return copy_to(snapshot, from, true, cancellable, error);
}

static bool copy_make(struct snapshot *snapshot, const char *from,
		      GCancellable *cancellable, GError **error)
{
	return copy_to(snapshot, from, false, cancellable, error);
}

/* With content, as some file systems share nothing for none. */
static bool try_copy(const char *dir, bool shared, GError **error)
{
	g_autofree char *probe = snapshot_probe_folder(dir, error);
	g_autofree char *from = NULL;
	g_autofree char *file = NULL;
	g_autofree char *to = NULL;
	bool ok;

	if (!probe)
		return false;
	from = g_build_filename(probe, "from", NULL);
	file = g_build_filename(from, "file", NULL);
	to = g_build_filename(probe, "to", NULL);
	ok = snapshot_folder_make(from, error) &&
	     g_file_set_contents(file, "content", -1, error) &&
	     snapshot_copy_tree(from, to, shared, NULL, error);
	tempdir_remove_tree(probe);
	return ok;
}

static bool reflink_works(const char *dir, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (try_copy(dir, true, &local))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "files cannot share blocks on the file system of %s: %s",
		    dir, local->message);
	return false;
}

static bool copy_works(const char *dir, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (try_copy(dir, false, &local))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "nothing can be copied in %s: %s", dir, local->message);
	return false;
}

const struct snapshot_ops snapshot_reflink = {
	.name = "reflink",
	.doc = "a copy whose files share their blocks",
	.works = reflink_works,
	.folder_make = snapshot_folder_make,
	.folder_remove = tempdir_remove_tree,
	.make = reflink_make,
};

const struct snapshot_ops snapshot_copy = {
	.name = "copy",
	.doc = "a copy",
	.works = copy_works,
	.folder_make = snapshot_folder_make,
	.folder_remove = tempdir_remove_tree,
	.make = copy_make,
};
