/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of `reroll check` share: check.c reads what is asked for,
 * check-run.c does it. */
#ifndef CMD_CHECK_INTERNAL_H
#define CMD_CHECK_INTERNAL_H

#include "base/base.h"
#include "cmd/progress.h"
#include "pipeline/pipeline.h"

struct check {
	/* From the command line. */
	char *site_path, *projects_path, *repo, *base, *roster_path;
	char *templates, *maildir, *artifacts;
	gboolean json, quiet, verbose, no_sandbox, keep_ref, fresh, verify;
	int slots; /* 0: the site's */
	char **files;
	/* Made of them. */
	struct site *site;
	GPtrArray *projects; /* of struct project */
	GPtrArray *roster;   /* of struct person; NULL: the project's own */
	GPtrArray *boards;   /* of struct board */
	char *boards_dir;    /* where last boots are noted */
	struct series_set *set;
	struct series_lookup *lookup; /* over the set */
	struct tempdir *dir;
	struct keep *keep;
	struct slots *places;
	struct lab_pool *labs;
	struct store *store;
	struct writer *writer; /* of the store */
	json_t *runs;	       /* what --json prints of each */
	/* Of the run under way. */
	GMainLoop *loop;
	GCancellable *cancellable;
	struct progress *progress;
	struct run_report *report;
	GError *error;
};

/*
 * Check every series that no newer version replaces. Trouble of one is printed
 * and does not keep the others from being checked; the worst status wins. An
 * error is what concerns none of them.
 */
enum exit_status check_all(struct check *check, GError **error);

#endif
