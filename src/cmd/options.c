/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/base.h"
#include "build/build.h"
#include "cmd/cmd.h"

static const GOptionEntry *remaining(const GOptionEntry *entries)
{
	while (entries->long_name && *entries->long_name)
		entries++;
	return entries->long_name ? entries : NULL;
}

bool cmd_parse_options(int *argc, char ***argv, const GOptionEntry *entries,
		       const char *summary, const char *more, GError **error)
{
	const GOptionEntry *files = remaining(entries);
	const char *wanted = files ? files->arg_description : NULL;
	/* In brackets, as a usage line has it: may be left out. */
	bool optional = wanted && *wanted == '[';
	g_autofree char *program = g_strdup_printf("reroll %s", (*argv)[0]);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) local = NULL;

	g_set_prgname(program);
	g_option_context_set_summary(context, summary);
	g_option_context_set_description(context, more);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, &local)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s; \"%s --help\" lists the options",
			    local->message, program);
		return false;
	}
	if (files && !optional && !*(char ***)files->arg_data) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s is missing; \"%s --help\" tells more", wanted,
			    program);
		return false;
	}
	return true;
}

void cmd_print_error(const char *command, const GError *error)
{
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (**line)
			fprintf(stderr, "reroll %s: %s\n", command, *line);
	}
}

bool cmd_print_end(GError **error)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the answer cannot be written to stdout%s%s",
		    errno ? ": " : "", errno ? g_strerror(errno) : "");
	return false;
}

const char *cmd_find_site(void)
{
	static const char *const places[] = {"reroll.yaml", REROLL_SITE_FILE};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		if (g_file_test(places[i], G_FILE_TEST_IS_REGULAR))
			return places[i];
	}
	return NULL;
}

struct keep *cmd_keep_new(const struct site *site)
{
	const struct site none = {0};
	g_autofree char *dir = place_find(site->file ? site : &none, "builds");

	return keep_new(dir, site->workers.keep_bytes, site_snapshots(site));
}

guint cmd_count_slots(const struct site *site, int wanted)
{
	if (wanted > 0)
		return (guint)wanted;
	if (site->workers.slots)
		return (guint)site->workers.slots;
	return MAX(1, g_get_num_processors() / 2);
}

char *cmd_age_text(gint64 at)
{
	static const struct {
		gint64 seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
	gint64 age_s = clock_now_at() - at;

	if (at == 0)
		return g_strdup("never");
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		if (age_s >= units[i].seconds)
			return g_strdup_printf("%" G_GINT64_FORMAT "%c",
					       age_s / units[i].seconds,
					       units[i].unit);
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "s", MAX(age_s, 0));
}
