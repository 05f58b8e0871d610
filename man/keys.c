/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists in the manual pages: the keys of one form, which `reroll lint
 * --document` prints, and the values of templates. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "config/cfg.h"
#include "report/report.h"

static int print_values(void)
{
	const char *last = "";

	puts(".Bl -tag -width Ds");
	for (const struct reply_value *v = reply_values; v->names; v++) {
		if (g_strcmp0(v->outcome, last) != 0)
			printf(".It %s\n",
			       v->outcome ? v->outcome : "In every template");
		printf("%s.Ic %s :\n%s.\n",
		       g_strcmp0(v->outcome, last) != 0 ? "" : ".Pp\n",
		       v->names, v->doc);
		last = v->outcome;
	}
	return puts(".El") < 0;
}

int main(int argc, char **argv)
{
	g_autofree char *text = NULL;

	if (argc == 2 && strcmp(argv[1], "template") == 0)
		return print_values();
	text = argc == 2 ? form_document(argv[1]) : NULL;
	return text && fputs(text, stdout) >= 0 ? 0 : 1;
}
