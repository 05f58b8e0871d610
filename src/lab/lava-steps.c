// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LAVA believes any line of the console that looks like its signals, so a
 * program under test could print results. The first step of each suite puts
 * helpers of the same names before LAVA's in PATH, which end every name in this
 * run's mark; what is reported without it is dropped. The mark is in the guest,
 * as the helpers are: a program that looks for it finds it, as it could just
 * as well call the helpers. It keeps out what only prints.
 */
#include "lab/lava-internal.h"

/*
 * LAVA puts a backslash before each $1 of a step that has --shell in it; ${1}
 * it leaves alone.
 */
static const char helper_text[] =
	"{ set +x; } 2>/dev/null\n"
	"reroll_mark=%s\n"
	"reroll_real=$(command -v lava-test-case)\n"
	"reroll_real=${reroll_real%%/*}\n"
	"reroll_own=$reroll_real/$reroll_mark\n"
	"mkdir -p \"$reroll_own\"\n"
	"cat >\"$reroll_own/helper\" <<REROLL\n"
	"#!/bin/sh\n"
	"name=\\${0##*/} mark=$reroll_mark\n"
	"real=$reroll_real/\\$name\n"
	"REROLL\n"
	"cat >>\"$reroll_own/helper\" <<\\REROLL\n"
	"[ -n \"${1}\" ] || exec \"$real\" \"$@\"\n"
	"case=${1}\n"
	"shift\n"
	"case $name in\n"
	"lava-test-set)\n"
	"	[ \"$case\" != start ] || set -- \"${1}.$mark\"\n"
	"	set -- \"$case\" \"$@\" ;;\n"
	"lava-test-raise) set -- \"$case${1+ }$*.$mark\" ;;\n"
	"*)\n"
	"	if [ \"${1}\" = --shell ]; then\n"
	"		shift\n"
	"		set -- --shell '(TEST_CASE_ID=${TEST_CASE_ID%%.*};' "
	"\"$@\" '\n)'\n"
	"	fi\n"
	"	set -- \"$case.$mark\" \"$@\" ;;\n"
	"esac\n"
	"exec \"$real\" \"$@\"\n"
	"REROLL\n"
	"chmod 755 \"$reroll_own/helper\"\n"
	"for reroll_name in case set raise reference; do\n"
	"	cp \"$reroll_own/helper\" "
	"\"$reroll_own/lava-test-$reroll_name\"\n"
	"done\n"
	"export PATH=\"$reroll_own:$PATH\"\n"
	"unset reroll_mark reroll_real reroll_own reroll_name\n"
	"%s"
	"set -x";

GPtrArray *lava_steps(const struct test_suite *suite, const char *mark)
{
	const struct test_definition *definition = suite->definition;
	GPtrArray *steps = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) params = g_string_new(NULL);

	for (guint i = 0; i < definition->params->len; i++) {
		const struct test_param *param = definition->params->pdata[i];
		g_autofree char *value = g_shell_quote(param->value);

		g_string_append_printf(params, "%s=%s\n", param->name, value);
	}
	g_ptr_array_add(steps, g_strdup_printf(helper_text, mark, params->str));
	for (guint i = 0; i < definition->steps->len; i++)
		g_ptr_array_add(steps, g_strdup(definition->steps->pdata[i]));
	g_ptr_array_add(steps, g_strdup("{ set +x; } 2>/dev/null\n"
					"lava-test-case " LAVA_ENDED
					" --result pass"));
	return steps;
}
