// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlayfs keeps its marks as root where root mounted it, and as the user
 * where that one did so in a user namespace.
 */
#include "base/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tempdir.h"

/* What top has at a path. */
enum entry { ENTRY_NONE, ENTRY_FOLDER, ENTRY_COVERS, ENTRY_WHITEOUT };

static const char *opaque_name(void)
{
	return geteuid() == 0 ? "trusted.overlay.opaque"
			      : "user.overlay.opaque";
}

/* By path, as no attribute of a descriptor that is only a place can be read. */
static bool is_opaque(int fd)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	char value;

	return getxattr(path, opaque_name(), &value, 1) == 1 && value == 'y';
}

static bool is_whiteout(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(0, 0);
}

static enum entry look_at(int top, const char *path)
{
	int fd = file_open_beneath(top, path, O_PATH);
	enum entry entry = ENTRY_COVERS;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? ENTRY_NONE : ENTRY_COVERS;
	if (is_whiteout(fd))
		entry = ENTRY_WHITEOUT;
	else if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && !is_opaque(fd))
		entry = ENTRY_FOLDER;
	close(fd);
	return entry;
}

bool overlay_shows_lower(int top, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_autoptr(GString) way = g_string_new(NULL);
	enum entry entry = ENTRY_FOLDER;

	for (char **part = parts; *part; part++) {
		if (!**part)
			continue;
		g_string_append_printf(way, "%s%s", way->len ? "/" : "", *part);
		entry = look_at(top, way->str);
		if (entry != ENTRY_FOLDER)
			break;
	}
	return entry == ENTRY_FOLDER || entry == ENTRY_NONE;
}

int overlay_open(int top, int lower, const char *path)
{
	int fd = file_open_beneath(top, path, O_PATH);

	if (fd >= 0 && is_whiteout(fd)) {
		close(fd);
		errno = ENOENT;
		return -1;
	}
	if (fd >= 0 || errno != ENOENT || lower < 0 ||
	    !overlay_shows_lower(top, path))
		return fd;
	return file_open_beneath(lower, path, O_PATH);
}

/* The owner of the folder that it was made in, whoever we are. */
static void be_of_parent(int fd, int parent)
{
	struct stat st;

	if (geteuid() == 0 && fstat(parent, &st) == 0)
		(void)fchown(fd, st.st_uid, st.st_gid);
	(void)fchmod(fd, 0755);
}

/* Owner, mode and dates of the lower folder, as far as we may give them. */
static void be_like(int fd, int lower, const char *path)
{
	int from = lower < 0 ? -1 : file_open_beneath(lower, path, O_PATH);
	struct stat st;

	if (from < 0)
		return;
	if (fstat(from, &st) == 0 && S_ISDIR(st.st_mode))
		(void)file_be_like(fd, &st);
	close(from);
}

/* A folder in the open one, where it may stand already; `path` is its way. */
static int make_one(int top, int lower, int parent, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	bool removed = look_at(top, path) == ENTRY_WHITEOUT;
	bool made;
	int fd;

	if (removed && unlinkat(parent, name, 0) < 0)
		return -1;
	made = mkdirat(parent, name, 0755) == 0;
	fd = file_open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || !made)
		return fd;
	be_of_parent(fd, parent);
	if (!removed) {
		be_like(fd, lower, path);
	} else if (fsetxattr(fd, opaque_name(), "y", 1, 0) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int overlay_make_folder(int top, int lower, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_autoptr(GString) way = g_string_new(NULL);
	int fd = file_open_beneath(top, "", O_RDONLY | O_DIRECTORY);

	for (char **part = parts; *part && fd >= 0; part++) {
		int parent = fd;

		if (!**part)
			continue;
		g_string_append_printf(way, "%s%s", way->len ? "/" : "", *part);
		fd = make_one(top, lower, parent, way->str);
		close(parent);
	}
	return fd;
}

static bool lower_has(int lower, const char *path)
{
	int fd = lower < 0 ? -1 : file_open_beneath(lower, path, O_PATH);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* A path to an entry below: no part of it leads up or nowhere. */
static bool is_entry(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (char **part = parts; *part; part++) {
		if (!**part || strcmp(*part, ".") == 0 ||
		    strcmp(*part, "..") == 0)
			return false;
	}
	return *parts != NULL;
}

bool overlay_remove(int top, int lower, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	g_autofree char *parent_path = slash ? g_strndup(path, slash - path)
					     : g_strdup("");
	g_autofree char *full = NULL;
	bool white, ok;
	int parent;

	if (!is_entry(path)) {
		errno = EINVAL;
		return false;
	}
	white = lower_has(lower, path) && overlay_shows_lower(top, parent_path);
	parent = white ? overlay_make_folder(top, lower, parent_path)
		       : file_open_beneath(top, parent_path,
					   O_RDONLY | O_DIRECTORY);
	if (parent < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
	full = g_strdup_printf("/proc/self/fd/%d/%s", parent, name);
	ok = tempdir_remove_tree(full) &&
	     (!white || mknodat(parent, name, S_IFCHR, makedev(0, 0)) == 0);
	close(parent);
	return ok;
}
