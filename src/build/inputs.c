// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anointed builds as the input of another. They are held from before the key
 * of the build is made until it ends, so that what is digested is what it sees.
 * It sees them as a folder of its own, each file another name of the one kept.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "build/anoint.h"
#include "build/build-internal.h"

#define FOLDER_NAME "inputs"

struct build_input_held {
	const struct build_input *input;
	char *key;
	struct kept *kept;
	GPtrArray *files; /* of struct artifact, borrowed of the result */
	struct build_result *result;
};

static void held_free(gpointer data)
{
	struct build_input_held *held = data;

	g_free(held->key);
	kept_free(held->kept);
	g_ptr_array_unref(held->files);
	build_result_free(held->result);
	g_free(held);
}

static bool fail(const struct build_run *run, const struct build_input *input,
		 const char *why, GError **error)
{
	const struct build_spec *spec = run->spec;

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "%s: the input %s of the build %s is missing: %s; `reroll "
		    "builds` lists what is anointed",
		    spec->origin ? spec->origin : "project", input->name,
		    spec->id, why);
	return false;
}

/* All artifacts, or the one of that role or path. */
static void choose_files(struct build_input_held *held)
{
	const char *path = held->input->path;

	for (guint i = 0; i < held->result->artifacts->len; i++) {
		const struct artifact *one = held->result->artifacts->pdata[i];

		if (!path || strcmp(one->path, path) == 0 ||
		    strcmp(one->role, path) == 0)
			g_ptr_array_add(held->files, (gpointer)(gsize)one);
	}
}

static bool open_result(const struct build_run *run,
			struct build_input_held *held, GError **error)
{
	const struct build_input *input = held->input;
	g_autofree char *why = NULL;

	held->kept = keep_get(run->job->keep, "results", held->key, NULL, NULL,
			      run->cancellable, NULL);
	held->result = held->kept ? cache_read(NULL, held->kept->path) : NULL;
	if (!held->result) {
		why = g_strdup_printf("what is anointed as %s is gone",
				      input->build);
		return fail(run, input, why, error);
	}
	choose_files(held);
	if (held->files->len > 0)
		return true;
	why = g_strdup_printf("the build anointed as %s has no %s",
			      input->build, input->path ? input->path : "file");
	return fail(run, input, why, error);
}

static bool open_input(const struct build_run *run,
		       struct build_input_held *held, GError **error)
{
	const struct build_input *input = held->input;
	g_autoptr(GError) local = NULL;
	g_autoptr(anointed_t)
		anointed = anointed_find(run->job->keep, input->build, &local);
	g_autofree char *why = NULL;

	if (!anointed)
		return fail(run, input, local->message, error);
	if (!anointed->key) {
		why = g_strdup_printf("the build anointed as %s was revoked",
				      input->build);
		return fail(run, input, why, error);
	}
	held->key = g_strdup(anointed->key);
	return open_result(run, held, error);
}

bool inputs_open(struct build_run *run, GError **error)
{
	const GPtrArray *wanted = run->spec->inputs;
	g_autoptr(GPtrArray) inputs = NULL;

	if (!wanted || wanted->len == 0)
		return true;
	inputs = g_ptr_array_new_with_free_func(held_free);
	for (guint i = 0; i < wanted->len; i++) {
		struct build_input_held *held = g_new0(struct build_input_held,
						       1);

		held->input = wanted->pdata[i];
		held->files = g_ptr_array_new();
		g_ptr_array_add(inputs, held);
		if (!open_input(run, held, error))
			return false;
	}
	run->inputs = g_steal_pointer(&inputs);
	return true;
}

void inputs_digest(const GPtrArray *inputs, GChecksum *sum)
{
	for (guint i = 0; inputs && i < inputs->len; i++) {
		const struct build_input_held *held = inputs->pdata[i];

		g_checksum_update(sum, (const guchar *)held->input->name, -1);
		for (guint j = 0; j < held->files->len; j++) {
			const struct artifact *one = held->files->pdata[j];
			g_autofree char *line = g_strdup_printf(
				"\n%s %s\n", one->sha256, one->path);

			g_checksum_update(sum, (const guchar *)line, -1);
		}
	}
}

static bool lay_input(const struct build_input_held *held, const char *dir,
		      GError **error)
{
	for (guint i = 0; i < held->files->len; i++) {
		const struct artifact *one = held->files->pdata[i];
		g_autofree char *from = g_build_filename(held->kept->path,
							 one->path, NULL);
		g_autofree char *to = g_build_filename(dir, held->input->name,
						       one->path, NULL);

		if (cache_link(from, to))
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the input %s cannot be laid out: %s",
			    held->input->name, one->path);
		return false;
	}
	return true;
}

bool inputs_lay(struct build_run *run, GError **error)
{
	if (!run->inputs)
		return true;
	run->inputs_dir = g_build_filename(run->dir, FOLDER_NAME, NULL);
	for (guint i = 0; i < run->inputs->len; i++) {
		if (!lay_input(run->inputs->pdata[i], run->inputs_dir, error))
			return false;
	}
	return true;
}

/* What cannot be noted would be missed when the input is revoked. */
bool inputs_note(const struct build_run *run, GError **error)
{
	const struct build_job *job = run->job;

	for (guint i = 0; run->inputs && i < run->inputs->len; i++) {
		const struct build_input_held *held = run->inputs->pdata[i];
		const struct anointed_use use = {
			.project = (char *)(gsize)job->project,
			.build = run->spec->id,
			.run = (char *)(gsize)job->run_id,
			.key = held->key,
		};

		if (!anoint_use(job->keep, held->input->build, &use, error))
			return false;
	}
	return true;
}
