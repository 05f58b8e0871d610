/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of a build's artifacts, from the folder that has them: ours has a
 * manifest.json; of another one the files are taken, and what is called as some
 * architecture's image is a kernel.
 */
#include <sys/stat.h>

#include "base/base.h"
#include "lab/match-internal.h"

#define FILES_MOST 200000

static bool is_image(const char *name)
{
	for (const struct arch *arch = arches; arch->name; arch++) {
		if (strcmp(base_of(arch->image), name) == 0)
			return true;
	}
	return false;
}

static void add_file(GPtrArray *artifacts, const char *path, guint64 size)
{
	struct artifact *artifact = g_new0(struct artifact, 1);

	artifact->role = g_strdup(is_image(base_of(path)) ? "kernel" : "file");
	artifact->path = g_strdup(path);
	artifact->size = size;
	g_ptr_array_add(artifacts, artifact);
}

/* One folder below `top`; those in it are put at the end of `folders`. */
static bool walk_folder(const char *top, const char *folder, GQueue *folders,
			GPtrArray *artifacts)
{
	g_autofree char *full = g_build_filename(top, folder, NULL);
	g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = *folder ? g_build_filename(folder, name,
								   NULL)
						: g_strdup(name);
		g_autofree char *at = g_build_filename(full, name, NULL);
		struct stat st;

		if (lstat(at, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			g_queue_push_tail(folders, g_steal_pointer(&path));
		else if (S_ISREG(st.st_mode))
			add_file(artifacts, path, (guint64)st.st_size);
		if (artifacts->len + folders->length > FILES_MOST)
			return false;
	}
	return true;
}

static bool walk(const char *top, GPtrArray *artifacts, GError **error)
{
	g_autoptr(GQueue) folders = g_queue_new();
	bool fits = true;

	g_queue_push_tail(folders, g_strdup(""));
	while (fits && !g_queue_is_empty(folders)) {
		g_autofree char *folder = g_queue_pop_head(folders);

		fits = walk_folder(top, folder, folders, artifacts);
	}
	if (!fits)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "the folder of artifacts has more than %d files",
			    FILES_MOST);
	g_queue_clear_full(folders, g_free);
	return fits;
}

static GPtrArray *read_manifest(const char *path, GError **error)
{
	json_error_t where;
	g_autoptr(json_t) json = json_load_file(path, 0, &where);
	g_autoptr(build_result_t) result = json ? build_result_from_json(json)
						: NULL;
	g_autofree char *shown = text_printable(path, -1);
	GPtrArray *artifacts;

	if (!result) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "%s is no manifest of a build%s%s", shown,
			    json ? "" : ": ", json ? "" : where.text);
		return NULL;
	}
	artifacts = g_ptr_array_ref(result->artifacts);
	for (guint i = artifacts->len; i-- > 0;) {
		const struct artifact *artifact = artifacts->pdata[i];

		if (!artifact->path)
			g_ptr_array_remove_index(artifacts, i);
	}
	return artifacts;
}

GPtrArray *artifacts_load(const char *dir, GError **error)
{
	g_autofree char *manifest = g_build_filename(dir, "manifest.json",
						     NULL);
	g_autofree char *quoted = text_quote(dir, -1);
	g_autoptr(build_result_t) result = NULL;

	if (!g_file_test(dir, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no folder of artifacts %s", quoted);
		return NULL;
	}
	if (g_file_test(manifest, G_FILE_TEST_EXISTS))
		return read_manifest(manifest, error);
	result = build_result_new();
	if (!walk(dir, result->artifacts, error))
		return NULL;
	return g_ptr_array_ref(result->artifacts);
}
