// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blame only the series: what its base says too is not its fault. The base is
 * built with the same spec, going on after errors so that all of them are
 * known, and what it said is kept in work_dir as a list of fingerprints under
 * the digest of (tree, spec), for the other builds of the run.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"

#define SOURCE_BYTES (4 << 20)
#define NAME_BYTES 128

/* What the base said. */
struct base {
	enum build_status status;
	char *summary;
	GHashTable *fingerprints; /* a set */
};

static void base_clear(struct base *base)
{
	g_free(base->summary);
	g_hash_table_unref(base->fingerprints);
}

static char *fingerprint_of(const struct diagnostic *diagnostic)
{
	return diagnostic_fingerprint(diagnostic->finding,
				      diagnostic->function);
}

/*
 * The name a line begins a function with: not indented, no statement, no
 * label, and a bracket after a name.
 */
static char *function_in(const char *line, gsize len)
{
	const char *open = memchr(line, '(', len);
	const char *from;

	if (!open || open == line ||
	    !(g_ascii_isalpha(line[0]) || line[0] == '_') ||
	    line[len - 1] == ';')
		return NULL;
	for (from = open; from > line; from--) {
		if (!g_ascii_isalnum(from[-1]) && from[-1] != '_')
			break;
	}
	if (from == open)
		return NULL;
	return g_strndup(from, MIN((gsize)(open - from), NAME_BYTES));
}

/* The last function that begins before line `at`. */
static char *enclosing_function(const char *text, guint at)
{
	char *found = NULL;

	for (guint line = 1; line <= at && *text; line++) {
		gsize len = strcspn(text, "\n");
		char *name = len ? function_in(text, len) : NULL;

		if (name) {
			g_free(found);
			found = name;
		}
		text += len + (text[len] == '\n');
	}
	return found;
}

void blame_find_functions(GPtrArray *found, const struct layers *src)
{
	g_autofree char *text = NULL;
	const char *file = NULL;

	for (guint i = 0; i < found->len; i++) {
		struct diagnostic *diagnostic = found->pdata[i];
		const struct finding *finding = diagnostic->finding;

		if (diagnostic->function || !finding->file || !finding->line ||
		    finding->file[0] == '/')
			continue;
		if (!file || strcmp(file, finding->file) != 0) {
			g_free(text);
			file = finding->file;
			text = layers_read(src, file, SOURCE_BYTES);
		}
		if (text)
			diagnostic->function = enclosing_function(
				text, finding->line);
	}
}

static void digest_text(GChecksum *sum, const char *text)
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

/* Where what the base says is kept: one file for a tree and spec. */
static char *memory_path(const struct build_run *run)
{
	const struct build_spec *spec = run->spec;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	digest_text(sum, run->job->base_tree);
	digest_text(sum, spec->command);
	digest_text(sum, spec->defconfig);
	digest_text(sum, spec->toolchain);
	digest_texts(sum, spec->make_args);
	digest_texts(sum, spec->fragments);
	digest_texts(sum, spec->targets);
	return g_strdup_printf("%s/base-%s.json", run->job->work_dir,
			       g_checksum_get_string(sum));
}

static bool base_load(struct base *base, const char *path)
{
	g_autoptr(json_t) root = json_load_file(path, 0, NULL);
	const char *summary, *text;
	json_t *list, *item;
	gsize i;
	int status;

	if (!root ||
	    json_unpack(root, "{s:i, s:s, s:o}", "status", &status, "summary",
			&summary, "fingerprints", &list) != 0)
		return false;
	base->status = (enum build_status)status;
	base->summary = g_strdup(summary);
	json_array_foreach (list, i, item) {
		text = json_string_value(item);
		if (text)
			g_hash_table_add(base->fingerprints, g_strdup(text));
	}
	return true;
}

/* A list that cannot be kept is made again: no harm. */
static void base_save(const struct base *base, const char *path)
{
	g_autoptr(json_t) list = json_array();
	g_autoptr(json_t) root = NULL;
	g_autofree char *text = NULL;
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, base->fingerprints);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		json_array_append_new(list, json_text(key));
	root = json_pack("{s:i, s:o, s:O}", "status", (int)base->status,
			 "summary", json_text(base->summary), "fingerprints",
			 list);
	text = json_dumps(root, JSON_COMPACT);
	if (text)
		g_file_set_contents(path, text, -1, NULL);
}

static bool base_build(struct base *base, const struct build_run *series,
		       GError **error)
{
	struct build_run run = {.job = series->job,
				.spec = series->spec,
				.tree = series->job->base_tree,
				.base = true,
				.cancellable = series->cancellable,
				.progress = series->progress,
				.artifact_dir = series->artifact_dir};
	bool ok = build_run_tree(&run, error);

	if (ok) {
		base->status = run.result->status;
		base->summary = g_strdup(
			run.result->summary ? run.result->summary : "");
		for (guint i = 0; i < run.found->len; i++)
			g_hash_table_add(base->fingerprints,
					 fingerprint_of(run.found->pdata[i]));
	}
	build_run_clear(&run);
	return ok;
}

static bool base_get(struct base *base, const struct build_run *run,
		     GError **error)
{
	g_autofree char *path = memory_path(run);

	base->fingerprints = g_hash_table_new_full(g_str_hash, g_str_equal,
						   g_free, NULL);
	if (base_load(base, path))
		return true;
	if (!base_build(base, run, error))
		return false;
	base_save(base, path);
	return true;
}

static void drop_known(GPtrArray *found, const struct base *base)
{
	for (guint i = found->len; i > 0; i--) {
		g_autofree char *print = fingerprint_of(found->pdata[i - 1]);

		if (g_hash_table_contains(base->fingerprints, print))
			g_ptr_array_remove_index(found, i - 1);
	}
}

static bool has_error(const GPtrArray *found)
{
	for (guint i = 0; i < found->len; i++) {
		const struct diagnostic *diagnostic = found->pdata[i];

		if (diagnostic->finding->severity == SEVERITY_ERROR)
			return true;
	}
	return false;
}

/* A base that fails has not said all its warnings: none can be called new. */
static void demote_warnings(GPtrArray *found)
{
	for (guint i = 0; i < found->len; i++) {
		struct diagnostic *diagnostic = found->pdata[i];

		if (diagnostic->finding->severity == SEVERITY_WARNING)
			diagnostic->finding->severity = SEVERITY_NOTE;
	}
}

/* Whether the way the series failed is the base's, too. */
static bool same_failure(const struct build_run *run, const struct base *base)
{
	if (base->status == BUILD_PASSED)
		return false;
	return run->result->status != BUILD_FAILED || !has_error(run->found);
}

bool blame_series(struct build_run *run, GError **error)
{
	const char *base_tree = run->job->base_tree;
	bool failed = run->result->status != BUILD_PASSED;
	bool compare = run->spec->warnings == WARNINGS_NEW && run->found->len;
	struct base base = {BUILD_PASSED, NULL, NULL};
	bool ok;

	if (!base_tree || strcmp(base_tree, run->tree) == 0 ||
	    (!failed && !compare))
		return true;
	ok = base_get(&base, run, error);
	if (ok) {
		/* What fails on the base is judged by what the base lacks. */
		if (compare || base.status != BUILD_PASSED)
			drop_known(run->found, &base);
		if (base.status != BUILD_PASSED)
			demote_warnings(run->found);
		if (failed && same_failure(run, &base)) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    "the base itself does not build: %s",
				    base.summary);
			ok = false;
		}
	}
	base_clear(&base);
	return ok;
}
