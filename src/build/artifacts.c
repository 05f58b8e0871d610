// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a build leaves is copied out of its private folder by way of an open
 * file that cannot lie outside it, and hashed on the way.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/safe-file.h"

#define COPY_BYTES (256 << 10)

/* Read to the end; to < 0 only hashes. False with errno. */
static bool copy(int from, int to, GChecksum *sum, guint64 *size)
{
	g_autofree guint8 *data = g_malloc(COPY_BYTES);

	for (;;) {
		ssize_t n = read(from, data, COPY_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		g_checksum_update(sum, data, n);
		*size += (guint64)n;
		if (to >= 0 && !file_write_all(to, data, (gsize)n))
			return false;
	}
}

static void list(struct build_run *run, const char *role, const char *name,
		 guint64 size, const char *sha256)
{
	struct artifact *artifact = g_new0(struct artifact, 1);

	artifact->role = g_strdup(role);
	artifact->path = g_strdup(name);
	artifact->size = size;
	artifact->sha256 = g_strdup(sha256);
	g_ptr_array_add(run->result->artifacts, artifact);
}

static bool is_listed(const struct build_run *run, const char *name)
{
	for (guint i = 0; i < run->result->artifacts->len; i++) {
		const struct artifact *artifact = run->result->artifacts
							  ->pdata[i];

		if (strcmp(artifact->path, name) == 0)
			return true;
	}
	return false;
}

static bool say_failed(const char *name, GError **error)
{
	g_autofree char *quoted = text_quote(name, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the artifact %s cannot be kept: %s", quoted,
		    g_strerror(errno));
	return false;
}

static int make_file(const struct build_run *run, const char *name)
{
	g_autofree char *path = g_build_filename(run->artifact_dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	if (g_mkdir_with_parents(folder, 0755) < 0)
		return -1;
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0644);
}

bool artifact_collect(struct build_run *run, const struct layers *layers,
		      const struct artifact_want *want, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	int from = layers_open(layers, want->path), to;
	guint64 size = 0;
	bool ok;

	if (from < 0)
		return true;
	if (is_listed(run, want->name)) {
		close(from);
		return true;
	}
	to = make_file(run, want->name);
	ok = to >= 0 && copy(from, to, sum, &size);
	close(from);
	if (to >= 0 && close(to) < 0)
		ok = false;
	if (!ok)
		return say_failed(want->name, error);
	list(run, want->role, want->name, size, g_checksum_get_string(sum));
	return true;
}

bool artifact_list(struct build_run *run, const char *role, const char *name,
		   GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	int fd = safe_file_open(run->artifact_dir, name);
	guint64 size = 0;
	bool ok;

	if (fd < 0)
		return say_failed(name, error);
	ok = copy(fd, -1, sum, &size);
	close(fd);
	if (!ok)
		return say_failed(name, error);
	list(run, role, name, size, g_checksum_get_string(sum));
	return true;
}

bool artifact_write(struct build_run *run, const char *role, const char *name,
		    GBytes *content, GError **error)
{
	g_autofree char *sha256 = g_compute_checksum_for_bytes(
		G_CHECKSUM_SHA256, content);
	gsize len;
	const guint8 *data = g_bytes_get_data(content, &len);
	int fd = make_file(run, name);
	bool ok = fd >= 0 && (!len || file_write_all(fd, data, len));

	if (fd >= 0 && close(fd) < 0)
		ok = false;
	if (!ok)
		return say_failed(name, error);
	if (role)
		list(run, role, name, len, sha256);
	return true;
}

/* The path without "./" and "../", so that it stays in the artifact folder. */
static char *inside_name(const char *path)
{
	g_autofree char *whole = g_canonicalize_filename(path, "/");

	return g_strdup(whole + 1);
}

bool artifact_collect_listed(struct build_run *run,
			     const struct layers *const *from, GError **error)
{
	for (guint i = 0; i < run->spec->artifacts->len; i++) {
		const char *path = run->spec->artifacts->pdata[i];
		g_autofree char *name = inside_name(path);
		const struct artifact_want want = {name, "file", name};
		g_autofree char *text = NULL;

		for (const struct layers *const *one = from; *one; one++) {
			if (!artifact_collect(run, *one, &want, error))
				return false;
		}
		if (is_listed(run, name))
			continue;
		text = g_strdup_printf("the build did not make %s", name);
		g_ptr_array_add(run->result->findings,
				finding_new(SEVERITY_WARNING, NULL, 0,
					    "artifact", text));
	}
	return true;
}
