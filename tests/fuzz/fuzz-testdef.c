/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A definition is read, or has a problem; one made of a description's steps can
 * be read again and has the same.
 */
#include <string.h>

#include "config/cfg.h"
#include "fuzz.h"

static void fuzz_definition(const char *text, gsize len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(test_definition_t) definition = test_definition_parse(
		text, len, "f.yaml", problems);

	g_assert(!definition == (problems_count(problems) > 0));
	g_assert(!definition || definition->steps->len > 0);
}

static void fuzz_description(const char *text, gsize len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(description_t)
		description = description_parse(text, len, "f.yaml", problems);
	g_autoptr(test_definition_t) definition = NULL, again = NULL;

	if (!description || description->path)
		return;
	definition = test_definition_from_description(description);
	if (strlen(definition->text) > TEST_DEFINITION_BYTES)
		return;
	again = test_definition_parse(
		definition->text, strlen(definition->text), "f.yaml", problems);
	g_assert(again && again->steps->len == description->steps->len);
	for (guint i = 0; i < again->steps->len; i++)
		g_assert_cmpstr(again->steps->pdata[i], ==,
				description->steps->pdata[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_definition((const char *)data, len);
	fuzz_description((const char *)data, len);
	return 0;
}
