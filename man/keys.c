/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key list of one form, for the manual pages: what `reroll lint --document`
 * prints, without the rooms above that make the whole program. */
#include <glib.h>
#include <stdio.h>

#include "config/cfg.h"

int main(int argc, char **argv)
{
	g_autofree char *text = argc == 2 ? form_document(argv[1]) : NULL;

	return text && fputs(text, stdout) >= 0 ? 0 : 1;
}
