// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Same tree, same verdict. A result is kept as a folder "results" under the
 * digest of what was built: the base's tree, what the series changes of it that
 * the build may read, and the spec. So a series sent again costs nothing, nor
 * one that differs in a commit's message or in documentation alone.
 *
 * Kept artifacts are hard links to files that are named by their digest, each
 * stored once; a file of that folder that has one name left belongs to nobody.
 * What others get is a copy: whatever they do to it, the kept one stays. Only
 * where a build's folder is private its files are those of the keep.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/toolchain.h"
#include "tree/tree.h"

#define RESULT_NAME "result.json"
#define DATES_NAME "dates" /* of its artifacts, in order */

/*
 * Raised by hand with a change that makes other code build the same spec in
 * another way, or say another thing about it: nothing older is taken then.
 */
#define OWN_FORMAT "1"

void digest_text(GChecksum *sum, const char *text)
{
	if (text)
		g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_update(sum, (const guchar *)"", 1);
}

static void digest_texts(GChecksum *sum, const GPtrArray *texts)
{
	for (guint i = 0; i < texts->len; i++)
		digest_text(sum, texts->pdata[i]);
	digest_text(sum, "");
}

static void digest_number(GChecksum *sum, guint64 number)
{
	g_checksum_update(sum, (const guchar *)&number, sizeof(number));
}

char *build_spec_digest(const struct build_spec *spec, const GPtrArray *inputs,
			GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *tools = toolchain_digest(spec, error);

	if (!tools)
		return NULL;
	digest_text(sum, PACKAGE_VERSION);
	digest_text(sum, OWN_FORMAT);
	digest_text(sum, tools);
	digest_text(sum, spec->command);
	digest_text(sum, spec->defconfig);
	digest_text(sum, spec->toolchain);
	digest_texts(sum, spec->make_args);
	digest_texts(sum, spec->fragments);
	digest_texts(sum, spec->targets);
	inputs_digest(inputs, sum);
	return g_strdup(g_checksum_get_string(sum));
}

/* Of the trees that the patches of the series leave. */
static char *patches_digest(const struct build_job *job)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i < job->n_patches; i++)
		digest_text(sum, job->patches[i].tree);
	return g_strdup(g_checksum_get_string(sum));
}

/* What a result can come of, beside what is built and how. */
static void digest_limits(GChecksum *sum, const struct build_spec *spec)
{
	digest_number(sum, spec->memory_bytes);
	digest_number(sum, spec->processes);
	digest_number(sum, spec->output_bytes);
	digest_number(sum, spec->log_bytes);
	digest_texts(sum, spec->fragment_names);
}

char *cache_key(const struct build_run *run, GError **error)
{
	const struct build_recipe *recipe = build_recipe_of(run->spec);
	const struct build_job *job = run->job;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *spec = build_spec_digest(run->spec, run->inputs,
						  error);
	g_autofree char *patches = patches_digest(job);

	if (!spec)
		return NULL;
	digest_text(sum, spec);
	digest_text(sum, run->spec->each_patch ? patches : "end");
	digest_limits(sum, run->spec);
	digest_text(sum, job->no_sandbox ? "open" : "sandbox");
	digest_texts(sum, run->spec->artifacts);
	digest_text(sum, run->spec->headers ? "headers" : "");
	digest_text(sum, run->spec->headers_image ? "headers-image" : "");
	digest_text(sum, run->spec->modules_image ? "modules-image" : "");
	digest_text(sum, run->spec->warnings == WARNINGS_NEW   ? "new"
			 : run->spec->warnings == WARNINGS_ALL ? "all"
							       : "ignore");
	digest_text(sum, job->base_tree ? job->base_tree : run->tree);
	for (guint i = 0; run->changes && i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];

		if (recipe->reads && !recipe->reads(run->spec, change->path))
			continue;
		digest_text(sum, change->path);
		digest_text(sum, change->id);
		g_checksum_update(sum, (const guchar *)&change->mode,
				  sizeof(change->mode));
	}
	return g_strdup(g_checksum_get_string(sum));
}

/* A second name for the file, or a copy where file systems end. */
bool cache_link(const char *from, const char *to)
{
	g_autofree char *folder = g_path_get_dirname(to);
	g_autoptr(GFile) source = g_file_new_for_path(from);
	g_autoptr(GFile) target = g_file_new_for_path(to);

	if (g_mkdir_with_parents(folder, 0755) < 0)
		return false;
	if (link(from, to) == 0)
		return true;
	return errno == EXDEV &&
	       g_file_copy(source, target, G_FILE_COPY_NOFOLLOW_SYMLINKS, NULL,
			   NULL, NULL, NULL);
}

bool cache_copy(const char *from, const char *to)
{
	g_autofree char *folder = g_path_get_dirname(to);
	g_autoptr(GFile) source = g_file_new_for_path(from);
	g_autoptr(GFile) target = g_file_new_for_path(to);

	return g_mkdir_with_parents(folder, 0755) == 0 &&
	       g_file_copy(source, target,
			   G_FILE_COPY_NOFOLLOW_SYMLINKS |
				   G_FILE_COPY_TARGET_DEFAULT_PERMS,
			   NULL, NULL, NULL, NULL);
}

/*
 * The artifacts of a result, from one folder into another: as copies, but where
 * nobody else gets to them.
 */
static bool pass_artifacts(const struct build_run *run,
			   const struct build_result *result, const char *from,
			   const char *to)
{
	bool (*pass)(const char *, const char *) = run->job->private_out
							   ? cache_link
							   : cache_copy;

	for (guint i = 0; i < result->artifacts->len; i++) {
		const struct artifact *artifact = result->artifacts->pdata[i];
		g_autofree char *source = g_build_filename(from, artifact->path,
							   NULL);
		g_autofree char *target = g_build_filename(to, artifact->path,
							   NULL);

		if (!pass(source, target))
			return false;
	}
	return true;
}

/* Its date to the nanosecond; -1 when it is no file of that size. */
static gint64 date_of(const char *dir, const struct artifact *artifact)
{
	g_autofree char *path = g_build_filename(dir, artifact->path, NULL);
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (guint64)st.st_size != artifact->size)
		return -1;
	return st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) +
	       st.st_mtim.tv_nsec;
}

/* Whether each artifact is as it was when it was kept. */
static bool is_whole(const struct build_result *result, const json_t *json,
		     const char *dir)
{
	const json_t *dates = json_object_get(json, DATES_NAME);

	for (guint i = 0; i < result->artifacts->len; i++) {
		const json_t *date = json_array_get(dates, i);

		if (!json_is_integer(date) ||
		    json_integer_value(date) !=
			    date_of(dir, result->artifacts->pdata[i]))
			return false;
	}
	return true;
}

/* The same end by other patches: it is not known which is at fault. */
static void forget_patches(struct build_result *result)
{
	g_clear_pointer(&result->culprit, culprit_free);
	for (guint i = 0; i < result->findings->len; i++) {
		struct finding *finding = result->findings->pdata[i];

		finding->patch = 0;
	}
}

/* The subject may be another one, whatever the patch does. */
static void take_patches(struct build_result *result,
			 const struct build_job *job, const char *digest)
{
	g_autofree char *ours = patches_digest(job);
	struct culprit *culprit = result->culprit;

	if (g_strcmp0(ours, digest) != 0) {
		forget_patches(result);
	} else if (culprit && culprit->patch - 1 < job->n_patches) {
		g_free(culprit->subject);
		culprit->subject = g_strdup(
			job->patches[culprit->patch - 1].subject);
	}
}

struct build_result *cache_read(const struct build_job *job, const char *dir)
{
	g_autofree char *path = g_build_filename(dir, RESULT_NAME, NULL);
	g_autoptr(json_t) json = json_load_file(path, 0, NULL);
	g_autoptr(build_result_t) result = json ? build_result_from_json(json)
						: NULL;

	if (!result || !is_whole(result, json, dir))
		return NULL;
	if (job)
		take_patches(
			result, job,
			json_string_value(json_object_get(json, "patches")));
	return g_steal_pointer(&result);
}

/* It is built again, and kept then. */
static void drop_damaged(const struct build_run *run, const char *key)
{
	g_autoptr(GError) error = NULL;

	log_event(LOG_LEVEL_WARNING, run->job->run_id,
		  "the kept result %s is damaged and built again", key);
	if (!keep_remove(run->job->keep, "results", key, &error))
		log_event(LOG_LEVEL_WARNING, run->job->run_id, "%s",
			  error->message);
}

struct build_result *cache_take(struct build_run *run, GError **error)
{
	g_autofree char *key = cache_key(run, error);
	g_autoptr(kept_t) kept = NULL;
	g_autoptr(build_result_t) result = NULL;

	if (!key || run->job->fresh)
		return NULL;
	kept = keep_get(run->job->keep, "results", key, NULL, NULL,
			run->cancellable, error);
	if (!kept)
		return NULL;
	result = cache_read(run->job, kept->path);
	if (!result) {
		g_clear_pointer(&kept, kept_free);
		drop_damaged(run, key);
		return NULL;
	}
	if (!pass_artifacts(run, result, kept->path, run->artifact_dir)) {
		tempdir_remove_tree(run->artifact_dir);
		build_make_folder(run->artifact_dir, error);
		return NULL;
	}
	result->reused = true;
	result->elapsed_ms = result->config_ms = 0;
	g_free(result->log_path);
	result->log_path = g_build_filename(run->artifact_dir, BUILD_LOG_NAME,
					    NULL);
	return g_steal_pointer(&result);
}

/* Of the same content there is one file in the keep, whatever its names. */
static bool share_artifacts(const struct build_run *run, const char *dir,
			    GError **error)
{
	for (guint i = 0; i < run->result->artifacts->len; i++) {
		const struct artifact *one = run->result->artifacts->pdata[i];
		g_autofree char *path = g_build_filename(dir, one->path, NULL);

		if (!keep_share(run->job->keep, one->sha256, path, error))
			return false;
	}
	return true;
}

static bool say_unkept(const char *dir, GError **error)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the result cannot be kept in %s: %s", dir,
		    g_strerror(errno));
	return false;
}

/* Last, as its dates are those of the files that are shared. */
static bool write_result(const struct build_run *run, const char *dir,
			 GError **error)
{
	g_autofree char *path = g_build_filename(dir, RESULT_NAME, NULL);
	g_autoptr(json_t) json = build_result_to_json(run->result);
	g_autofree char *patches = patches_digest(run->job), *text = NULL;
	const GPtrArray *artifacts = run->result->artifacts;
	json_t *dates = json_array();

	for (guint i = 0; i < artifacts->len; i++)
		json_array_append_new(
			dates, json_integer(date_of(dir, artifacts->pdata[i])));
	json_object_set_new(json, "patches", json_string(patches));
	json_object_set_new(json, DATES_NAME, dates);
	text = json_dumps(json, JSON_COMPACT);
	return (text && g_file_set_contents(path, text, -1, NULL)) ||
	       say_unkept(dir, error);
}

static bool make_result(const char *dir, gpointer data, GError **error)
{
	const struct build_run *run = data;

	if (!pass_artifacts(run, run->result, run->artifact_dir, dir))
		return say_unkept(dir, error);
	return share_artifacts(run, dir, error) &&
	       write_result(run, dir, error) &&
	       meta_write(run, dir, warm_base_status(run), error);
}

/* Time and space may do at the next try. */
static bool is_final(const struct build_result *result)
{
	return !result->transient && (result->status == BUILD_PASSED ||
				      result->status == BUILD_WARNED ||
				      result->status == BUILD_FAILED);
}

/* A result that cannot be kept is made again: no harm. */
void cache_put(struct build_run *run)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *key = NULL;

	if (run->job->fresh || !is_final(run->result))
		return;
	key = cache_key(run, &error);
	if (key)
		kept_free(keep_get(run->job->keep, "results", key, make_result,
				   run, run->cancellable, &error));
	if (error)
		log_event(LOG_LEVEL_WARNING, NULL, "%s", error->message);
}
