/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of tests, read from whatever wrote them into one shape, compared with
 * the base's, and written for others.
 *
 * What is read is a stranger's: text is made printable, names are limited to
 * 200 bytes, a file to RESULTS_BYTES and RESULTS_CASES.
 *
 * Of LAVA's own suite "lava" only the job and the suites that failed are cases;
 * a suite that stopped on its way has one named end-of-suite, marked missing,
 * as has what a plan promised and did not come. Of TAP's subtests the outermost
 * is the suite, those in it are the set; a result line for a group of them is
 * no case, unless the group failed though none in it did.
 * Errors: INPUT names file and line and what was expected; LIMIT.
 */
#ifndef LAB_RESULTS_H
#define LAB_RESULTS_H

#include "lab/job.h"

#define RESULTS_BYTES (64 << 20)
#define RESULTS_CASES 100000

enum results_format {
	RESULTS_GUESS,
	RESULTS_LAVA_YAML, /* jobs/ID/yaml/ */
	RESULTS_LAVA_CSV,
	RESULTS_CONSOLE, /* a console with signals: of LAVA's helpers, ours */
	RESULTS_TAP,	 /* TAP 12 to 14, KTAP with its subtests */
	RESULTS_JUNIT,
};

/* "lava-yaml", ...; ended by NULL, in the order of the enum without GUESS. */
extern const char *const results_formats[];

/* Of struct test_case. `suite` where the text does not name one. */
GPtrArray *results_read(const char *text, gsize len, enum results_format format,
			const char *suite, const char *file, GError **error);

/* A file of patterns, one a line: SUITE/CASE, with * and ?; # starts a comment.
 */
struct known_failures;
struct known_failures *known_failures_load(const char *path, GError **error);
void known_failures_free(struct known_failures *known);
typedef struct known_failures known_failures_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(known_failures_t, known_failures_free)

/*
 * Mark what is not the series' doing: `baseline` is the base's boot on the same
 * board, `known` the list, either may be NULL. Expected cases that are not
 * there are added as missing. What the base fails is only excused in a suite
 * that it passes some case of: any other, and the submitter's own, is about
 * what the series adds.
 */
void results_compare(struct job_result *result,
		     const struct job_result *baseline,
		     const struct known_failures *known,
		     const GPtrArray *suites);

/* A failure that counts: neither the base's nor known nor flaky. */
bool test_case_counts_failed(const struct test_case *test);

/*
 * What "You have passed 7 tests on 7" counts: passed, and passed + failed. A
 * case that was skipped shows nothing; an excused one is the base's failure, a
 * known or a flaky one.
 */
struct results_count {
	guint passed, failed, skipped, excused;
};

void results_count(const GPtrArray *cases, struct results_count *count);

/* Complete, and nothing failed that counts. */
bool job_result_is_clean(const struct job_result *result);

/* After a second boot of the same: what passes there is flaky. */
void results_retried(struct job_result *result, const struct job_result *again);

/* For a spreadsheet and for a CI server. */
char *results_to_csv(const GPtrArray *cases);
char *results_to_junit(const GPtrArray *cases, const char *name);

/* The object of `reroll results`. New reference. */
json_t *results_to_json(const GPtrArray *cases);

#endif
