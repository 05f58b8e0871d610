// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JUnit's XML by GMarkup, which knows no entities but those of XML itself, so
 * that there is nothing to blow up. The testsuite is the suite; the classname
 * of a case, where it says more, its set.
 */
#include <string.h>

#include "base/base.h"
#include "lab/results-lava.h"

#define DEPTH_MOST 100

struct junit {
	struct reading *reading;
	guint depth;
	char *suite;		/* of the innermost testsuite that has a name */
	bool lava;		/* LAVA wrote it: its own suite comes first */
	struct test_case *test; /* that is open; borrowed of the reading */
};

static const char *attribute(const char **names, const char **values,
			     const char *name)
{
	for (; *names; names++, values++) {
		if (strcmp(*names, name) == 0)
			return *values;
	}
	return NULL;
}

/* "suite" and "suite.set" name the suite already. */
static char *set_of(const char *suite, const char *class)
{
	gsize len = suite ? strlen(suite) : 0;

	if (!class || !suite || strcmp(class, suite) == 0)
		return NULL;
	if (strncmp(class, suite, len) == 0 && class[len] == '.')
		class += len + 1;
	return results_text(class);
}

static void open_case(struct junit *junit, const char **names,
		      const char **values, GError **error)
{
	const char *name = attribute(names, values, "name");
	const char *class = attribute(names, values, "classname");
	const char *status = attribute(names, values, "status");
	bool idle = g_strcmp0(status, "notrun") == 0;

	if (!name) {
		reading_refuse(junit->reading, junit->reading->line, error,
			       "found a testcase without a name, expected "
			       "JUnit");
		return;
	}
	junit->test = reading_add(junit->reading,
				  junit->suite ? junit->suite : class, name,
				  idle ? TEST_SKIP : TEST_PASS, error);
	if (junit->test)
		junit->test->set = set_of(junit->suite, class);
}

/* What stands in a testcase and is its result. */
static const struct {
	const char *element;
	enum test_verdict verdict;
} endings[] = {
	{"failure", TEST_FAIL},
	{"error", TEST_FAIL},
	{"skipped", TEST_SKIP},
};

/* Of the tag that has just ended: its line end may be read already. */
static guint tag_line(GMarkupParseContext *context)
{
	int line, character;

	g_markup_parse_context_get_position(context, &line, &character);
	return (guint)(character <= 1 ? line - 1 : line);
}

/*
 * When the element of a case ends its result is known: of LAVA's own steps only
 * those that failed are cases.
 */
static bool close_case(struct junit *junit, GError **error)
{
	struct test_case *test = g_steal_pointer(&junit->test);
	GPtrArray *cases = junit->reading->cases;
	struct lava_row row = {.line = junit->reading->line};
	bool ok;

	if (!test || !junit->lava)
		return true;
	row.texts[LAVA_SUITE] = g_strdup(junit->suite ? junit->suite : "");
	row.texts[LAVA_NAME] = g_strdup(test->name);
	row.texts[LAVA_RESULT] = g_strdup(test_verdict_name(test->verdict));
	g_ptr_array_remove_index(cases, cases->len - 1);
	ok = lava_row_take(junit->reading, &row, error);
	lava_row_clear(&row);
	return ok;
}

static void start(GMarkupParseContext *context, const char *element,
		  const char **names, const char **values, gpointer data,
		  GError **error)
{
	struct junit *junit = data;
	bool suite = strcmp(element, "testsuite") == 0;
	guint line = tag_line(context);

	junit->reading->line = line;
	if (junit->depth++ == 0 && !suite &&
	    strcmp(element, "testsuites") != 0) {
		g_autofree char *quoted = text_quote(element, -1);

		reading_refuse(junit->reading, line, error,
			       "found the element %s, expected testsuites",
			       quoted);
	} else if (junit->depth > DEPTH_MOST) {
		reading_refuse(junit->reading, line, error,
			       "found more than %d levels, expected JUnit",
			       DEPTH_MOST);
	} else if (suite && attribute(names, values, "name")) {
		g_free(junit->suite);
		junit->suite = g_strdup(attribute(names, values, "name"));
		junit->lava |= strcmp(junit->suite, "lava") == 0;
	} else if (strcmp(element, "testcase") == 0) {
		open_case(junit, names, values, error);
	}
	for (gsize i = 0; junit->test && i < G_N_ELEMENTS(endings); i++) {
		if (strcmp(element, endings[i].element) == 0)
			junit->test->verdict = endings[i].verdict;
	}
}

static void end(GMarkupParseContext *context, const char *element,
		gpointer data, GError **error)
{
	struct junit *junit = data;

	(void)context;
	junit->depth--;
	if (strcmp(element, "testcase") == 0)
		close_case(junit, error);
	else if (strcmp(element, "testsuite") == 0)
		g_clear_pointer(&junit->suite, g_free);
}

/* GMarkup's message without the line that some of them tell. */
static const char *without_place(const char *message)
{
	static const char sign[] = "Error on line ";
	const char *colon = strchr(message, ':');

	return g_str_has_prefix(message, sign) && colon && colon[1] == ' '
		       ? colon + 2
		       : message;
}

static bool parse(struct junit *junit, GMarkupParseContext *context,
		  GError **error)
{
	const struct reading *reading = junit->reading;
	g_autoptr(GError) problem = NULL;
	g_autofree char *said = NULL;
	int line;

	if (g_markup_parse_context_parse(context, reading->text,
					 (gssize)reading->len, &problem) &&
	    g_markup_parse_context_end_parse(context, &problem))
		return true;
	if (problem->domain == REROLL_ERROR) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	g_markup_parse_context_get_position(context, &line, NULL);
	said = text_one_line(without_place(problem->message), -1, 300);
	return reading_refuse(reading, (guint)line, error,
			      "found what is not XML: %s", said);
}

bool results_read_junit(struct reading *reading, GError **error)
{
	static const GMarkupParser parser = {.start_element = start,
					     .end_element = end};
	struct junit junit = {.reading = reading};
	GMarkupParseContext *context = g_markup_parse_context_new(
		&parser, (GMarkupParseFlags)0, &junit, NULL);
	bool ok = parse(&junit, context, error);

	g_markup_parse_context_free(context);
	g_free(junit.suite);
	return ok;
}
