/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `reroll serve`: the daemon. */
#include "cmd/cmd.h"
#include "serve/serve.h"

#include "base/base.h"

int cmd_serve(int argc, char **argv)
{
	g_autofree char *site = NULL, *projects = NULL, *maildir = NULL;
	gboolean no_sandbox = FALSE, verbose = FALSE, quiet = FALSE;
	gboolean until_idle = FALSE;
	const GOptionEntry entries[] = {
		{"site", 's', 0, G_OPTION_ARG_FILENAME, &site,
		 "site file (default: ./reroll.yaml or " REROLL_SITE_FILE ")",
		 "FILE"},
		{"project", 'p', 0, G_OPTION_ARG_FILENAME, &projects,
		 "a project's file, or a folder of them, instead of the site's",
		 "FILE"},
		{"dry-run", 'n', 0, G_OPTION_ARG_FILENAME, &maildir,
		 "put all mail into this Maildir and send none", "DIR"},
		{"until-idle", 0, 0, G_OPTION_ARG_NONE, &until_idle,
		 "end when everything that has come is done", NULL},
		{"no-sandbox", 0, 0, G_OPTION_ARG_NONE, &no_sandbox,
		 "build unprotected: what a patch says runs as this user",
		 NULL},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose,
		 "log every step", NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "log trouble only",
		 NULL},
		{NULL},
	};
	g_autoptr(GError) error = NULL;
	struct serve_options options;

	if (!cmd_parse_options(
		    &argc, &argv, entries, "take series, answer them by mail",
		    "The daemon reads the sources of the site file, checks "
		    "each series that comes\nand mails the replies. SIGTERM "
		    "ends it, SIGHUP reads the configuration again.\nIt can be "
		    "killed at any time: the next one goes on where it was.",
		    &error)) {
		cmd_print_error("serve", error);
		return EXIT_STATUS_USAGE;
	}
	log_set_level(quiet	? LOG_LEVEL_WARNING
		      : verbose ? LOG_LEVEL_DEBUG
				: LOG_LEVEL_INFO);
	options = (struct serve_options){
		.site_path = site ? site : cmd_find_site(),
		.projects_path = projects,
		.dry_maildir = maildir,
		.no_sandbox = no_sandbox,
		.until_idle = until_idle,
	};
	if (serve_run(&options, &error))
		return EXIT_STATUS_PASS;
	cmd_print_error("serve", error);
	return (int)error_exit_status(error);
}
