// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * With two layers the way to a file is walked part by part, since a symlink of
 * one may lead to a file of the other.
 */
#include <config.h>

#include "build/layers.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/safe-file.h"

#define STEPS_MOST 1000 /* parts of a path, and of the links on its way */

struct open_layers {
	int top, lower;
};

/* The parts of `path` on the stack, the first one uppermost. */
static void push_parts(GPtrArray *stack, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (guint i = g_strv_length(parts); i > 0; i--)
		g_ptr_array_add(stack, g_steal_pointer(&parts[i - 1]));
}

static void go_up(GString *way)
{
	const char *slash = strrchr(way->str, '/');

	g_string_truncate(way, slash ? (gsize)(slash - way->str) : 0);
}

/* What a link that stays in the folder points to; false for any other. */
static bool push_link(GPtrArray *stack, int fd)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(fd, "", target, sizeof(target) - 1);

	if (len <= 0)
		return false;
	target[len] = '\0';
	push_parts(stack, target);
	return *target != '/';
}

/*
 * One part further: what it is in `way`, where a link is replaced by what it
 * points to. False when there is nothing, or it leaves the folder.
 */
static bool take_part(const struct open_layers *layers, GString *way,
		      GPtrArray *stack)
{
	g_autofree char *part = g_ptr_array_steal_index(stack, stack->len - 1);
	bool ok = true;
	struct stat st;
	int fd;

	if (!*part || strcmp(part, ".") == 0)
		return true;
	if (strcmp(part, "..") == 0) {
		ok = way->len > 0;
		go_up(way);
		return ok;
	}
	g_string_append_printf(way, "%s%s", way->len ? "/" : "", part);
	fd = overlay_open(layers->top, layers->lower, way->str);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
		go_up(way);
		ok = push_link(stack, fd);
	}
	close(fd);
	return ok;
}

static int open_regular(const struct open_layers *layers, const char *path)
{
	int place = overlay_open(layers->top, layers->lower, path), fd = -1;
	g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", place);
	struct stat st;

	if (place < 0)
		return -1;
	if (fstat(place, &st) == 0 && S_ISREG(st.st_mode))
		fd = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	close(place);
	return fd;
}

static int open_both(const struct open_layers *layers, const char *path)
{
	g_autoptr(GPtrArray) stack = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) way = g_string_new(NULL);

	push_parts(stack, path);
	for (guint steps = 0; stack->len; steps++) {
		if (steps > STEPS_MOST || !take_part(layers, way, stack))
			return -1;
	}
	return open_regular(layers, way->str);
}

int layers_open(const struct layers *layers, const char *path)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	struct open_layers open_layers;
	int fd = -1;

	if (!layers->lower)
		return safe_file_open(layers->top, path);
	open_layers.top = open(layers->top, flags);
	open_layers.lower = open(layers->lower, flags);
	if (open_layers.top >= 0 && open_layers.lower >= 0)
		fd = open_both(&open_layers, path);
	if (open_layers.top >= 0)
		close(open_layers.top);
	if (open_layers.lower >= 0)
		close(open_layers.lower);
	return fd;
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
