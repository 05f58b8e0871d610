// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reroll results: the test cases of a file, whatever wrote it, in one shape.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "lab/lab.h"

#define READ_BYTES (256 << 10)

struct options {
	char *job, *format, *suite, *baseline, *known;
	char **expect;
	gboolean csv, junit;
};

static void options_clear(struct options *options)
{
	g_free(options->job);
	g_free(options->format);
	g_free(options->suite);
	g_free(options->baseline);
	g_free(options->known);
	g_strfreev(options->expect);
}

static bool fail(GError **error, enum reroll_error code, const char *text)
{
	g_set_error_literal(error, REROLL_ERROR, (int)code, text);
	return false;
}

static bool check_options(const struct options *options, GError **error)
{
	if (!options->job)
		return fail(error, REROLL_ERROR_CONFIG,
			    "--job FILE is expected");
	if (options->csv && options->junit)
		return fail(error, REROLL_ERROR_CONFIG,
			    "--csv and --junit do not go together");
	if (options->format &&
	    !g_strv_contains(results_formats, options->format)) {
		g_autofree char *known = g_strjoinv(
			", ", (char **)(gsize)results_formats);
		g_autofree char *quoted = text_quote(options->format, -1);

		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "there is no format %s, expected one of %s", quoted,
			    known);
		return false;
	}
	return true;
}

static bool read_options(struct options *options, int argc, char **argv,
			 GError **error)
{
	char **rest = NULL;
	const GOptionEntry entries[] = {
		{"job", 'j', 0, G_OPTION_ARG_FILENAME, &options->job,
		 "what wrote down the results; - is stdin", "FILE"},
		{"format", 'f', 0, G_OPTION_ARG_STRING, &options->format,
		 "lava-yaml, lava-csv, console, tap or junit", "FORMAT"},
		{"suite", 0, 0, G_OPTION_ARG_STRING, &options->suite,
		 "the suite of cases whose file names none", "NAME"},
		{"expect", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->expect,
		 "a case that must report", "SUITE/CASE"},
		{"baseline", 0, 0, G_OPTION_ARG_FILENAME, &options->baseline,
		 "the results of the base: what fails there does not count",
		 "FILE"},
		{"known", 0, 0, G_OPTION_ARG_FILENAME, &options->known,
		 "known failures, SUITE/CASE a line", "FILE"},
		{"csv", 0, 0, G_OPTION_ARG_NONE, &options->csv,
		 "print CSV instead of JSON", NULL},
		{"junit", 0, 0, G_OPTION_ARG_NONE, &options->junit,
		 "print JUnit's XML instead of JSON", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest,
		 NULL, "[FILE...]"},
		{NULL},
	};
	bool ok = cmd_parse_options(
		&argc, &argv, entries,
		"print the test cases of a results file as JSON",
		"The format shows in the text unless it is given.\n\n"
		"Exit status: 0 all that counts has passed, 1 a case failed, "
		"2 wrong use or a\nfile that is none, 3 trouble.",
		error);

	if (ok && rest)
		ok = fail(error, REROLL_ERROR_CONFIG,
			  "a file is given as --job FILE");
	g_strfreev(rest);
	return ok && check_options(options, error);
}

static GString *read_all(int fd, const char *shown, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *buffer = g_malloc(READ_BYTES);
	ssize_t n;

	while ((n = read(fd, buffer, READ_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
				    "%s cannot be read: %s", shown,
				    g_strerror(errno));
			return NULL;
		}
		g_string_append_len(text, buffer, n);
		/* The reader refuses it, whatever else comes. */
		if (text->len > RESULTS_BYTES)
			break;
	}
	return g_steal_pointer(&text);
}

static GPtrArray *read_cases(const struct options *options, const char *path,
			     GError **error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	g_autofree char *shown = text_one_line(is_stdin ? "<stdin>" : path, -1,
					       1000);
	enum results_format format = RESULTS_GUESS;
	g_autoptr(GString) text = NULL;
	int fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "%s cannot be opened: %s", shown,
			    g_strerror(errno));
		return NULL;
	}
	text = read_all(fd, shown, error);
	if (!is_stdin)
		close(fd);
	for (int i = 0; options->format && results_formats[i]; i++) {
		if (strcmp(results_formats[i], options->format) == 0)
			format = (enum results_format)(i + 1);
	}
	return text ? results_read(text->str, text->len, format, options->suite,
				   shown, error)
		    : NULL;
}

/* A result that has nothing but cases. */
static struct job_result *read_result(const struct options *options,
				      const char *path, GError **error)
{
	GPtrArray *cases = read_cases(options, path, error);
	struct job_result *result;

	if (!cases)
		return NULL;
	result = job_result_new();
	g_ptr_array_unref(result->cases);
	result->cases = cases;
	return result;
}

static struct test_suite *suite_new(const char *name, const char *expected)
{
	struct test_suite *suite = g_new0(struct test_suite, 1);

	suite->name = g_strdup(name);
	suite->expect = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(suite->expect, g_strdup(expected));
	return suite;
}

/* What must report: a suite with one case for each. */
static GPtrArray *list_expected(char **expect, GError **error)
{
	g_autoptr(GPtrArray) suites = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_suite_free);

	for (; expect && *expect; expect++) {
		const char *slash = strchr(*expect, '/');
		g_autofree char *name = NULL;
		g_autofree char *quoted = text_quote(*expect, -1);

		if (!slash || slash == *expect || !slash[1]) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
				    "--expect takes SUITE/CASE, not %s",
				    quoted);
			return NULL;
		}
		name = g_strndup(*expect, (gsize)(slash - *expect));
		g_ptr_array_add(suites, suite_new(name, slash + 1));
	}
	return g_steal_pointer(&suites);
}

static bool compare(const struct options *options, struct job_result *result,
		    GError **error)
{
	g_autoptr(GPtrArray) suites = list_expected(options->expect, error);
	g_autoptr(known_failures_t) known = NULL;
	g_autoptr(job_result_t) baseline = NULL;

	if (!suites)
		return false;
	if (options->known) {
		known = known_failures_load(options->known, error);
		if (!known)
			return false;
	}
	if (options->baseline) {
		baseline = read_result(options, options->baseline, error);
		if (!baseline)
			return false;
	}
	results_compare(result, baseline, known, suites);
	return true;
}

static void print(const struct options *options, const GPtrArray *cases)
{
	g_autoptr(json_t) json = NULL;
	g_autofree char *text = NULL, *name = NULL;

	if (options->csv) {
		text = results_to_csv(cases);
	} else if (options->junit) {
		name = g_path_get_basename(options->job);
		text = results_to_junit(cases, name);
	} else {
		json = results_to_json(cases);
		json_write(json, stdout, 0);
		return;
	}
	fputs(text, stdout);
}

static bool run(const struct options *options, guint *failed, GError **error)
{
	g_autoptr(job_result_t)
		result = read_result(options, options->job, error);
	struct results_count count;

	if (!result || !compare(options, result, error))
		return false;
	print(options, result->cases);
	results_count(result->cases, &count);
	*failed = count.failed;
	return cmd_print_end(error);
}

static int status_of(const GError *error)
{
	enum exit_status status = error_exit_status(error);

	return status == EXIT_STATUS_REFUSED ? EXIT_STATUS_USAGE : (int)status;
}

int cmd_results(int argc, char **argv)
{
	struct options options = {NULL};
	g_autoptr(GError) error = NULL;
	guint failed = 0;

	if (!read_options(&options, argc, argv, &error) ||
	    !run(&options, &failed, &error))
		cmd_print_error("results", error);
	options_clear(&options);
	if (error)
		return status_of(error);
	return failed ? EXIT_STATUS_REFUSED : EXIT_STATUS_PASS;
}
