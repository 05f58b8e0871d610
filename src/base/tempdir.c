/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/tempdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define PREFIX "reroll-"
#define DEPTH_MOST 200 /* open folders at once; deeper ones are lifted up */

static GMutex live_lock;
static GPtrArray *live; /* of struct tempdir, borrowed */

static void remove_live(void)
{
	/* At exit no other thread of ours makes or frees one any more. */
	for (guint i = 0; live && i < live->len; i++) {
		const struct tempdir *dir = live->pdata[i];

		tempdir_remove_tree(dir->path);
	}
}

static void live_add(struct tempdir *dir)
{
	g_mutex_lock(&live_lock);
	if (!live) {
		live = g_ptr_array_new();
		atexit(remove_live);
	}
	g_ptr_array_add(live, dir);
	g_mutex_unlock(&live_lock);
}

struct tempdir *tempdir_new(GError **error)
{
	struct tempdir *dir = g_new0(struct tempdir, 1);

	dir->path = g_strdup_printf("%s/" PREFIX "%d-XXXXXX", g_get_tmp_dir(),
				    (int)getpid());
	if (!mkdtemp(dir->path)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "no private directory can be made in %s: %s",
			    g_get_tmp_dir(), g_strerror(errno));
		g_free(dir->path);
		g_free(dir);
		return NULL;
	}
	dir->lock_fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->lock_fd >= 0)
		flock(dir->lock_fd, LOCK_EX | LOCK_NB);
	live_add(dir);
	return dir;
}

void tempdir_free(struct tempdir *dir)
{
	if (!dir)
		return;
	g_mutex_lock(&live_lock);
	g_ptr_array_remove_fast(live, dir);
	g_mutex_unlock(&live_lock);
	tempdir_remove_tree(dir->path);
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	g_free(dir->path);
	g_free(dir);
}

/* Whether it is ours and nobody holds its lock any more. */
static bool is_orphan(int parent_fd, const char *name)
{
	struct stat st;
	int fd = openat(parent_fd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool orphan;

	if (fd < 0)
		return false;
	orphan = fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
		 flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return orphan;
}

void tempdir_sweep(void)
{
	DIR *tmp = opendir(g_get_tmp_dir());
	struct dirent *entry;

	if (!tmp)
		return;
	while ((entry = readdir(tmp))) {
		g_autofree char *path = NULL;
		char *end;
		long pid;

		if (!g_str_has_prefix(entry->d_name, PREFIX))
			continue;
		pid = strtol(entry->d_name + strlen(PREFIX), &end, 10);
		if (pid <= 0 || *end != '-' || kill((pid_t)pid, 0) == 0 ||
		    !is_orphan(dirfd(tmp), entry->d_name))
			continue;
		path = g_build_filename(g_get_tmp_dir(), entry->d_name, NULL);
		tempdir_remove_tree(path);
	}
	closedir(tmp);
}

/* Where a removal works: its root, to which too deep folders are lifted. */
struct removal {
	int root_fd;
	guint lifted;
};

static bool remove_entries(struct removal *removal, int dir_fd, guint depth);

/* Take a folder out of the depths; it is removed in the root's next round. */
static bool lift(struct removal *removal, int dir_fd, const char *name)
{
	g_autofree char *up = g_strdup_printf(".lifted-%u", removal->lifted++);

	return renameat(dir_fd, name, removal->root_fd, up) == 0;
}

static bool remove_entry(struct removal *removal, int dir_fd, const char *name,
			 guint depth)
{
	struct statx st;
	bool empty;
	int fd;

	if (unlinkat(dir_fd, name, 0) == 0)
		return true;
	if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) != 0)
		return errno == ENOENT;
	/* A subvolume has a device of its own, but is no mount. */
	if (!S_ISDIR(st.stx_mode) ||
	    (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
		return false;
	if (depth == 0)
		return lift(removal, dir_fd, name);
	fchmodat(dir_fd, name, 0700, 0); /* a build may have shut us out */
	fd = openat(dir_fd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	empty = remove_entries(removal, fd, depth - 1);
	return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 && empty;
}

/* Empty the open folder, and close it. */
static bool remove_entries(struct removal *removal, int dir_fd, guint depth)
{
	DIR *dir = fdopendir(dir_fd);
	struct dirent *entry;
	bool all = true;

	if (!dir) {
		close(dir_fd);
		return false;
	}
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (!remove_entry(removal, dirfd(dir), entry->d_name, depth))
			all = false;
	}
	closedir(dir);
	return all;
}

bool tempdir_remove_tree(const char *path)
{
	struct removal removal = {.root_fd = -1};
	struct stat st;
	guint before;
	bool all;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	if (!S_ISDIR(st.st_mode))
		return unlink(path) == 0;
	chmod(path, 0700);
	removal.root_fd = open(path,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (removal.root_fd < 0)
		return false;
	do {
		before = removal.lifted;
		all = remove_entries(&removal,
				     openat(removal.root_fd, ".",
					    O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				     DEPTH_MOST);
	} while (removal.lifted != before);
	close(removal.root_fd);
	return rmdir(path) == 0 && all;
}
