/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "cmd/cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *doc;
} commands[] = {
	{"approve", cmd_approve, "let a run go on that waits for staff"},
	{"backup", cmd_backup, "copy the store, whoever writes to it"},
	{"cancel", cmd_cancel, "end a run without a reply"},
	{"check", cmd_check, "check a patch series, print the reply"},
	{"parse", cmd_parse, "mails and the series they make, as JSON"},
	{"apply", cmd_apply, "the tree a series gives, or why not, as JSON"},
	{"deliver", cmd_deliver, "take one mail from an MTA"},
	{"serve", cmd_serve, "the daemon: take series, answer them by mail"},
	{"lint", cmd_lint, "every problem of configuration files"},
	{"log", cmd_log, "what a build or a boot of a run has said"},
	{"match", cmd_match, "the boards a kernel can boot on, as JSON"},
	{"pause", cmd_pause, "start nothing more: of all, a project, a lab"},
	{"render", cmd_render, "a template on JSON data"},
	{"reply", cmd_reply, "show a reply on example data"},
	{"jobs", cmd_jobs, "the jobs that a lab would be sent, as JSON"},
	{"results", cmd_results, "test cases of a results file, as JSON"},
	{"builds", cmd_builds, "the kept builds: list, make ahead, anoint"},
	{"rootfs", cmd_rootfs, "the roots that tests run in: list, make"},
	{"resume", cmd_resume, "go on with what was paused"},
	{"retry", cmd_retry, "do a run again from where it failed"},
	{"show", cmd_show, "one run in full"},
	{"status", cmd_status, "what is under way; what this machine can do"},
	{"submit", cmd_submit, "hand patch series to the daemon"},
	{"toolchains", cmd_toolchains,
	 "the compilers of each arch: list, prove, install"},
	{"trees", cmd_trees, "the site's trees: list, fetch, prune"},
	{NULL, NULL, NULL},
};

static void print_help(FILE *to)
{
	fputs("usage: reroll COMMAND [OPTION...] [FILE...]\n\n", to);
	for (gsize i = 0; commands[i].name; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].doc);
	fputs("\n\"reroll COMMAND --help\" tells the options of a command.\n",
	      to);
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return EXIT_STATUS_PASS;
	}
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return EXIT_STATUS_PASS;
	}
	for (gsize i = 0; argc > 1 && commands[i].name; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (argc > 1)
		fprintf(stderr, "reroll: there is no command \"%s\"\n",
			argv[1]);
	print_help(stderr);
	return EXIT_STATUS_USAGE;
}
