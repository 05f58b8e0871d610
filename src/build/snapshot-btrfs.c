// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kept folder is a subvolume. To delete one needs rights that a user mostly
 * has not (the mount option user_subvol_rm_allowed), but one that is empty
 * anybody may remove like a folder.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/base.h"
#include "build/snapshot-ways.h"

#define SUBVOLUME_INODE 256 /* of its top folder */

/* The folder that holds `path`, open; *name is its own name. */
static int open_holder(const char *path, char **name)
{
	g_autofree char *holder = g_path_get_dirname(path);

	*name = g_path_get_basename(path);
	return open(holder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* One of the calls that take a name; false with errno. */
static bool name_ioctl(const char *path, unsigned long request)
{
	g_autofree char *name = NULL;
	struct btrfs_ioctl_vol_args args = {0};
	int fd = open_holder(path, &name), cause;
	bool ok;

	g_strlcpy(args.name, name, sizeof(args.name));
	ok = fd >= 0 && ioctl(fd, request, &args) == 0;
	cause = errno;
	if (fd >= 0)
		close(fd);
	errno = cause;
	return ok;
}

static bool btrfs_folder_make(const char *path, GError **error)
{
	return name_ioctl(path, BTRFS_IOC_SUBVOL_CREATE) ||
	       snapshot_fail(error, REROLL_ERROR_TEMP,
			     "the subvolume %s cannot be made", path);
}

static bool btrfs_folder_remove(const char *path)
{
	return name_ioctl(path, BTRFS_IOC_SNAP_DESTROY) ||
	       tempdir_remove_tree(path);
}

static bool take_snapshot(int from, const char *path)
{
	g_autofree char *name = NULL;
	struct btrfs_ioctl_vol_args_v2 args = {.fd = from};
	int fd = open_holder(path, &name), cause;
	bool ok;

	g_strlcpy(args.name, name, sizeof(args.name));
	ok = fd >= 0 && ioctl(fd, BTRFS_IOC_SNAP_CREATE_V2, &args) == 0;
	cause = errno;
	if (fd >= 0)
		close(fd);
	errno = cause;
	return ok;
}

/* Open, when it is the top folder of a subvolume; else -1. */
static int open_subvolume(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_ino == SUBVOLUME_INODE)
		return fd;
	close(fd);
	return -1;
}

/* The subvolume of the view: the whole of what is kept. */
static char *whole_of(const struct snapshot *snapshot)
{
	return g_build_filename(snapshot->dir, "top", NULL);
}

/*
 * Of a folder that is in one which is kept, the snapshot is that of the whole.
 * One that was kept in another way is copied.
 */
static bool btrfs_make(struct snapshot *snapshot, const char *from,
		       GCancellable *cancellable, GError **error)
{
	g_autofree char *whole = whole_of(snapshot);
	g_autofree char *above = g_path_get_dirname(from);
	g_autofree char *name = g_path_get_basename(from);
	int fd = open_subvolume(from), cause;
	bool inside = fd < 0, ok;

	if (inside && g_file_test(from, G_FILE_TEST_IS_DIR))
		fd = open_subvolume(above);
	snapshot->top = inside && fd >= 0 ? g_build_filename(whole, name, NULL)
					  : g_strdup(whole);
	snapshot->layers.top = snapshot->top;
	if (fd < 0)
		return snapshot_copy_tree(from, whole, true, cancellable,
					  error);
	ok = take_snapshot(fd, whole);
	cause = errno;
	close(fd);
	errno = cause;
	return ok || snapshot_fail(error, REROLL_ERROR_TEMP,
				   "no snapshot of %s can be made", from);
}

static void btrfs_drop(struct snapshot *snapshot)
{
	g_autofree char *whole = whole_of(snapshot);

	btrfs_folder_remove(whole);
}

static bool btrfs_works(const char *dir, GError **error)
{
	g_autofree char *probe = NULL;
	g_autofree char *from = NULL;
	g_autofree char *to = NULL;
	struct statfs fs;
	bool ok = false;

	if (statfs(dir, &fs) < 0 || fs.f_type != BTRFS_SUPER_MAGIC) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the file system of %s is not btrfs", dir);
		return false;
	}
	probe = snapshot_probe_folder(dir, error);
	if (!probe)
		return false;
	from = g_build_filename(probe, "from", NULL);
	to = g_build_filename(probe, "to", NULL);
	if (btrfs_folder_make(from, error)) {
		g_autoptr(snapshot_t) snapshot = snapshot_new(
			&snapshot_btrfs, from, to, NULL, error);

		ok = snapshot != NULL;
		btrfs_folder_remove(from);
	}
	if (!ok && error && *error)
		(*error)->code = REROLL_ERROR_CONFIG;
	tempdir_remove_tree(probe);
	return ok;
}

const struct snapshot_ops snapshot_btrfs = {
	.name = "btrfs",
	.doc = "a subvolume, snapshot by the file system",
	.works = btrfs_works,
	.folder_make = btrfs_folder_make,
	.folder_remove = btrfs_folder_remove,
	.make = btrfs_make,
	.drop = btrfs_drop,
};
