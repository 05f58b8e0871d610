/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands, one file each: options, then one call into the rooms below.
 * The table of commands in main.c and each command's option table are what
 * `--help` prints.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <glib.h>
#include <stdbool.h>

#include "config/cfg.h"

/* argv[0] is the subcommand's name; the value is the exit status. */
int cmd_apply(int argc, char **argv);
int cmd_approve(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_builds(int argc, char **argv);
int cmd_cancel(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_deliver(int argc, char **argv);
int cmd_jobs(int argc, char **argv);
int cmd_lint(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_match(int argc, char **argv);
int cmd_parse(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_render(int argc, char **argv);
int cmd_reply(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_results(int argc, char **argv);
int cmd_retry(int argc, char **argv);
int cmd_rootfs(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_submit(int argc, char **argv);
int cmd_toolchains(int argc, char **argv);
int cmd_trees(int argc, char **argv);

/*
 * Read the options of one subcommand; FILE... goes to the G_OPTION_REMAINING
 * entry, and none at all is an error unless its description is "[FILE...]".
 * --help prints `summary`, the options and
 * `more`, and ends the program. CONFIG (exit 2) when the line is wrong.
 */
bool cmd_parse_options(int *argc, char ***argv, const GOptionEntry *entries,
		       const char *summary, const char *more, GError **error);

/* The site file when none is given; NULL: there is none. */
const char *cmd_find_site(void);

/*
 * Where finished builds stay: with a site its state folder, else, or where that
 * cannot be written to, the user's cache. Its limit is the site's.
 */
struct keep;
struct keep *cmd_keep_new(const struct site *site);

/* Builds at once; `wanted` 0: the site's, or half the CPUs. */
guint cmd_count_slots(const struct site *site, int wanted);

/* "never", "12s", "5m", "3h", "2d" */
char *cmd_age_text(gint64 at);

/* "reroll COMMAND: message" on stderr, a line for each line of the message. */
void cmd_print_error(const char *command, const GError *error);

/* The end of what goes to stdout; TEMP when not all of it could be written. */
bool cmd_print_end(GError **error);

#endif
