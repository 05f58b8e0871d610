// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/meta.h"

#include <errno.h>

#include "base/base.h"
#include "build/build-internal.h"

#define META_NAME "meta.json"

bool meta_write(const struct build_run *run, const char *dir,
		const char *base_status, GError **error)
{
	const struct build_spec *spec = run->spec;
	const struct build_job *job = run->job;
	g_autofree char *path = g_build_filename(dir, META_NAME, NULL);
	g_autofree char *key = job->base_tree ? warm_base_key(run, NULL) : NULL;
	g_autofree char *text = NULL;
	g_autoptr(json_t) meta = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
		json_text(spec->id), "arch", json_text(spec->arch), "defconfig",
		json_text(spec->defconfig), "toolchain",
		json_text(spec->toolchain), "project", json_text(job->project),
		"tree", json_text(run->tree), "base_tree",
		json_text(job->base_tree), "base_name",
		json_text(job->base_name), "base_key", json_text(key),
		"base_status", json_text(base_status));

	text = json_dumps(meta, JSON_COMPACT);
	if (text && g_file_set_contents(path, text, -1, NULL))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be written: %s", path, g_strerror(errno));
	return false;
}

json_t *meta_read(struct keep *keep, const char *kind, const char *key)
{
	g_autofree char *path = g_build_filename(keep_dir(keep), kind, key,
						 META_NAME, NULL);
	json_t *meta = json_load_file(path, 0, NULL);

	if (json_is_object(meta))
		return meta;
	json_decref(meta);
	return json_object();
}

const char *meta_text(const json_t *meta, const char *name)
{
	return json_string_value(json_object_get(meta, name));
}
