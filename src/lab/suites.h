/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test suites of a run: the project's reference definitions, and the one
 * that the submitter's description names. Made once for all jobs of the run,
 * before any machine is used.
 *
 * Where reference definitions come from nobody of the series can write: beside
 * the project file, the project file itself, a git repository, a URL with its
 * checksum, or the base tree. The submitter's own comes from the tree of the
 * series, with the files of its folder.
 *
 * Blocking: for worker threads. Errors: CONFIG a reference definition is not
 * there or has a problem; INPUT the submitter's has: each problem with its
 * place, a line each; LIMIT a folder of tests is too large; TEMP, CANCELLED.
 */
#ifndef LAB_SUITES_H
#define LAB_SUITES_H

#include <gio/gio.h>

#include "lab/job.h"
#include "tree/tree.h"

#define SUITE_FILES 2000
#define SUITE_BYTES (64 << 20)

/* All is borrowed. */
struct suite_sources {
	const struct project *project;
	const struct site *site;
	const char *repo;	 /* that the series was applied in */
	const char *objects_dir; /* its objects; NULL: they are in the repo */
	const char *base_tree;	 /* id of a commit or tree; NULL: not known */
	const char *tree;	 /* what the series makes of it */
	const struct description *description; /* NULL: none came */
	const char *dir; /* exists: folders of tests are made here, and must
			  * stay until the last job has ended */
};

/* Of struct test_suite, each with a name of its own; empty: only a boot. */
GPtrArray *suites_new(const struct suite_sources *sources,
		      GCancellable *cancellable, GError **error);

#endif
