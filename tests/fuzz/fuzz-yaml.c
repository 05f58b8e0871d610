/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every form on the same bytes. What one accepts must print as text that loads
 * again and prints the same.
 */
#include <string.h>

#include "config/cfg.h"
#include "fuzz.h"

static void fuzz_project(const char *text, gsize len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t)
		project = project_parse(text, len, "/nowhere/f.yaml", problems);
	g_autoptr(project_t) again = NULL;
	g_autofree char *printed = NULL, *twice = NULL;

	g_assert(!project == (problems_count(problems) > 0));
	if (!project)
		return;
	printed = project_print(project);
	again = project_parse(printed, strlen(printed), "/nowhere/f.yaml",
			      problems);
	g_assert(again);
	twice = project_print(again);
	g_assert_cmpstr(printed, ==, twice);
}

static void fuzz_site(const char *text, gsize len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(site_t)
		site = site_parse(text, len, "/nowhere/f.yaml", problems);
	g_autoptr(site_t) again = NULL;
	g_autofree char *printed = NULL, *twice = NULL;

	g_assert(!site == (problems_count(problems) > 0));
	if (!site)
		return;
	printed = site_print(site);
	again = site_parse(printed, strlen(printed), "/nowhere/f.yaml",
			   problems);
	g_assert(again);
	twice = site_print(again);
	g_assert_cmpstr(printed, ==, twice);
}

static void fuzz_roster(const char *text, gsize len, const char *file)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) people = roster_parse(text, len, file, problems);

	g_assert(!people == (problems_count(problems) > 0));
}

static void fuzz_description(const char *text, gsize len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(description_t)
		description = description_parse(text, len, "f.yaml", problems);

	g_assert(!description == (problems_count(problems) > 0));
}

static void fuzz_boards(const char *text, gsize len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray)
		boards = boards_parse(text, len, "f.yaml", problems);
	g_autoptr(GPtrArray) again = NULL;
	g_autofree char *printed = NULL, *twice = NULL;

	g_assert(!boards == (problems_count(problems) > 0));
	if (!boards)
		return;
	printed = boards_print(boards);
	again = boards_parse(printed, strlen(printed), "f.yaml", problems);
	g_assert(again);
	twice = boards_print(again);
	g_assert_cmpstr(printed, ==, twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;

	fuzz_project(text, len);
	fuzz_site(text, len);
	fuzz_description(text, len);
	fuzz_roster(text, len, "f.yaml");
	fuzz_roster(text, len, "f.csv");
	fuzz_boards(text, len);
	return 0;
}
