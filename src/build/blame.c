// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blame only the series: what its base says too is not its fault. The base was
 * or is built with the same spec, going on after errors so that all of them are
 * known (warm.c), and what it said is kept as a set of fingerprints.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"

#define SOURCE_BYTES (4 << 20)
#define NAME_BYTES 128
#define CONTEXT_BYTES 200
#define SHOWN_MOST 50

/* Not indented, no statement, no label, and a bracket after a name. */
char *blame_function_in(const char *line, gsize len)
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
		char *name = len ? blame_function_in(text, len) : NULL;

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

/* The line of the sources, and a caret where the column is known. */
static char *source_line(const char *text, const struct finding *finding)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *line = NULL;
	gsize len;

	for (guint at = 1; at < finding->line && *text; at++) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	len = strcspn(text, "\n");
	if (len == 0)
		return NULL;
	line = text_printable(text, (gssize)MIN(len, CONTEXT_BYTES));
	g_string_printf(out, "%5u | %s", finding->line, line);
	if (finding->column && finding->column <= strlen(line)) {
		g_string_append(out, "\n      | ");
		for (guint i = 0; i + 1 < finding->column; i++)
			g_string_append_c(out, line[i] == '\t' ? '\t' : ' ');
		g_string_append_c(out, '^');
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

void blame_show_sources(const struct build_run *run)
{
	for (guint i = 0; i < run->found->len && i < SHOWN_MOST; i++) {
		const struct diagnostic *one = run->found->pdata[i];
		struct finding *finding = one->finding;
		g_autofree char *text = NULL;

		if (finding->context || !finding->file || !finding->line ||
		    finding->file[0] == '/')
			continue;
		text = layers_read(&run->src->layers, finding->file,
				   SOURCE_BYTES);
		if (text)
			finding->context = source_line(text, finding);
	}
}

static void drop_known(GPtrArray *found, const struct base_said *base)
{
	for (guint i = found->len; i > 0; i--) {
		const struct diagnostic *diagnostic = found->pdata[i - 1];
		g_autofree char *print = diagnostic_fingerprint(
			diagnostic->finding, diagnostic->function);

		if (g_hash_table_contains(base->fingerprints, print))
			g_ptr_array_remove_index(found, i - 1);
	}
}

/* What a header brings to many functions is told once. */
static void drop_repeats(GPtrArray *found)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < found->len;) {
		const struct diagnostic *one = found->pdata[i];

		if (g_hash_table_add(
			    seen, g_strdup_printf("%s:%u:%u:%s",
						  one->finding->file
							  ? one->finding->file
							  : "",
						  one->finding->line,
						  one->finding->column,
						  one->finding->text)))
			i++;
		else
			g_ptr_array_remove_index(found, i);
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
static bool same_failure(const struct build_run *run,
			 const struct base_said *base)
{
	if (base->status == BUILD_PASSED)
		return false;
	return run->result->status != BUILD_FAILED || !has_error(run->found);
}

/* What fails on the base is judged by what the base lacks. */
static void compare(struct build_run *run, const struct base_said *base)
{
	bool all = run->spec->warnings != WARNINGS_NEW;

	if (!all || run->trial || base->status != BUILD_PASSED) {
		drop_known(run->found, base);
		moved_drop(run, base);
	}
	drop_repeats(run->found);
	if (base->status != BUILD_PASSED)
		demote_warnings(run->found);
}

/* Without a base all that is said is the series' own. */
static bool has_base(const struct build_run *run)
{
	return run->job->base_tree &&
	       strcmp(run->job->base_tree, run->tree) != 0;
}

bool blame_series(struct build_run *run, GError **error)
{
	bool failed = run->result->status != BUILD_PASSED;
	bool news = run->spec->warnings == WARNINGS_NEW && run->found->len;
	struct base_said *base;
	bool ok;

	if (run->job->base_tree && !has_base(run) && news && !failed)
		g_ptr_array_set_size(run->found, 0); /* nothing is new */
	if (!has_base(run) || (!failed && !news))
		return true;
	base = warm_base_said(run, error);
	if (!base)
		return false;
	compare(run, base);
	ok = !failed || !same_failure(run, base);
	if (!ok)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the base itself does not build: %s",
			    base->summary);
	base_said_free(base);
	return ok;
}

static bool has_warning(const GPtrArray *found)
{
	for (guint i = 0; i < found->len; i++) {
		const struct diagnostic *diagnostic = found->pdata[i];

		if (diagnostic->finding->severity == SEVERITY_WARNING)
			return true;
	}
	return false;
}

bool blame_trial(struct build_run *run, bool *at_fault, GError **error)
{
	bool failed = run->result->status != BUILD_PASSED;
	struct base_said *base = NULL;

	if (has_base(run) && run->found->len + failed > 0) {
		base = warm_base_said(run, error);
		if (!base)
			return false;
		compare(run, base);
	}
	*at_fault = (failed && !(base && same_failure(run, base))) ||
		    (run->spec->warnings != WARNINGS_IGNORE &&
		     has_warning(run->found));
	base_said_free(base);
	return true;
}
