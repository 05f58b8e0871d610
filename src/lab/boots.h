/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What boots have shown, kept: the same kernel on the same board with the same
 * tests need not be booted twice, and staff want to know when a board last
 * came up.
 *
 * Shape: KEEP/boots/KEY/boot.json is a result (job_result_to_json()), under the
 * digest of all that went into it. STATE/boards/NAME.json is the last boot that
 * came to the tests.
 * Errors: TEMP. A boot that cannot be kept is done again: no harm.
 */
#ifndef LAB_BOOTS_H
#define LAB_BOOTS_H

#include "lab/job.h"

/*
 * Of the artifacts, the board as its record has it, the root and the suites;
 * to be freed. NULL when the files of a suite cannot be read.
 */
char *boot_key(const struct lab_job *job);

/* NULL: it is not known. */
struct job_result *boot_take(struct keep *keep, const char *key);
void boot_put(struct keep *keep, const char *key,
	      const struct job_result *result);

/* The last boot of a board that came to its tests. */
struct last_boot {
	char *board, *arch, *defconfig, *toolchain, *lab;
	gint64 at, boot_ms;
};

void last_boot_free(struct last_boot *last);
typedef struct last_boot last_boot_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(last_boot_t, last_boot_free)

/* `dir` is made; a failure is logged, as nothing else depends on it. */
void last_boot_note(const char *dir, const struct lab_job *job,
		    const struct build_spec *spec,
		    const struct job_result *result);

/* NULL: never. */
struct last_boot *last_boot_read(const char *dir, const char *board);

#endif
