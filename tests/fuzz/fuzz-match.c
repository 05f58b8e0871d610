/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a .config, against boards with a test of every kind: both ways
 * to match must agree, and the reasons must be fit to print.
 */
#include <string.h>

#include "fuzz.h"
#include "lab/lab.h"

static const char boards_text[] =
	"- {name: on, arch: x86_64, requires: [CONFIG_A, [CONFIG_B=m, "
	"'CONFIG_C=\"x\"']]}\n"
	"- {name: off, arch: arm64, requires: [CONFIG_A=n], refuses: "
	"[CONFIG_B]}\n"
	"- {name: numbers, arch: x86_64, requires: ['CONFIG_A>=-1', "
	"'CONFIG_B!=0x10'], wants: ['CONFIG_C<5']}\n"
	"- {name: any, arch: mips}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) boards = boards_parse(
		boards_text, strlen(boards_text), "b.yaml", problems);
	g_autoptr(matcher_t) matcher = matcher_new(boards);
	g_autofree char *text = g_memdup2(data, len);
	const struct match_build build = {text, len, NULL};
	g_autoptr(GArray) found = matcher_run(matcher, &build);
	g_autoptr(GPtrArray) matches = matcher_explain(matcher, &build);
	json_t *json = matches_to_json(matches);
	guint next = 0;

	g_assert(json);
	json_decref(json);
	for (guint i = 0; i < matches->len; i++) {
		const struct board_match *match = matches->pdata[i];
		g_autofree char *line = board_match_text(match);
		bool listed = next < found->len &&
			      g_array_index(found, guint, next) == i;

		g_assert(listed == match->matches);
		g_assert(g_utf8_validate(line, -1, NULL));
		next += listed;
	}
	return 0;
}
