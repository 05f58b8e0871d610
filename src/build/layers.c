// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way to a file is walked in top part by part, as overlayfs looks it up:
 * what top has decides; where it has nothing, or a folder that is not opaque,
 * lower is asked for the whole path.
 */
#include <config.h>

#include "build/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "build/safe-file.h"

enum found { NOTHING, COVERED, HERE };

/* overlayfs marks a folder as root, or as the owner of a user namespace. */
static bool is_opaque(int fd)
{
	static const char *const names[] = {"trusted.overlay.opaque",
					    "user.overlay.opaque"};
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		char value[2];

		if (getxattr(path, names[i], value, sizeof(value)) == 1 &&
		    value[0] == 'y')
			return true;
	}
	return false;
}

/* What top says of the entry `path`, which is no symlink's end. */
static enum found look_at(int top, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, top, path, &how, sizeof(how));
	enum found found = HERE;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? NOTHING : COVERED;
	if (fstat(fd, &st) < 0)
		found = COVERED;
	else if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		found = COVERED;
	else if (S_ISDIR(st.st_mode))
		found = is_opaque(fd) ? COVERED : NOTHING;
	close(fd);
	return found;
}

/* Whether top leaves `path` to lower. */
static bool shows_lower(const struct layers *layers, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_autoptr(GString) way = g_string_new(NULL);
	int top = open(layers->top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum found found = top < 0 ? COVERED : NOTHING;

	for (char **part = parts; *part && found == NOTHING; part++) {
		if (!**part)
			continue;
		g_string_append_printf(way, "%s%s", way->len ? "/" : "", *part);
		found = look_at(top, way->str);
	}
	if (top >= 0)
		close(top);
	return found == NOTHING;
}

int layers_open(const struct layers *layers, const char *path)
{
	int fd = safe_file_open(layers->top, path);

	if (fd >= 0 || !layers->lower || !shows_lower(layers, path))
		return fd;
	return safe_file_open(layers->lower, path);
}

char *layers_read(const struct layers *layers, const char *path,
		  gsize limit_bytes)
{
	int fd = layers_open(layers, path);

	return fd < 0 ? NULL : safe_file_take(fd, limit_bytes);
}

bool layers_has(const struct layers *layers, const char *path)
{
	int fd = layers_open(layers, path);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}
