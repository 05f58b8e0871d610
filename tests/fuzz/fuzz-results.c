/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte is the format, the rest the text. What was read is written as
 * JUnit and JSON that are well-formed, and as CSV that begins no formula.
 */
#include <string.h>

#include "base/base.h"
#include "fuzz.h"
#include "lab/lab.h"

static void check_csv(const GPtrArray *cases)
{
	g_autofree char *csv = results_to_csv(cases);

	for (const char *p = strstr(csv, ",\""); p; p = strstr(p + 2, ",\""))
		g_assert(p[2] != '=' && p[2] != '@');
}

static void check_junit(const GPtrArray *cases)
{
	g_autofree char *xml = results_to_junit(cases, "fuzz");
	g_autoptr(GPtrArray) again = NULL;

	g_assert(g_utf8_validate(xml, -1, NULL));
	again = results_read(xml, strlen(xml), RESULTS_JUNIT, "s", "f", NULL);
	g_assert(again && again->len == cases->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) cases = NULL;
	g_autoptr(json_t) json = NULL;
	enum results_format format;

	if (len == 0)
		return 0;
	format = (enum results_format)(data[0] % (RESULTS_JUNIT + 1));
	cases = results_read((const char *)data + 1, len - 1, format, "s", "f",
			     &error);
	g_assert(!cases == (error != NULL));
	if (!cases)
		return 0;
	json = results_to_json(cases);
	g_assert(json);
	check_csv(cases);
	check_junit(cases);
	return 0;
}
