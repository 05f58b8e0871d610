/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One build on one board with one root: booted, booted again when something
 * fails, and compared with the boot of its base when it fails again. Private to
 * the pipeline.
 */
#ifndef PIPELINE_BOOT_H
#define PIPELINE_BOOT_H

#include "pipeline/pipeline-internal.h"

struct boot {
	struct run *run;
	const struct built *built;
	const struct board *board;
	const struct rootfs_config *rootfs; /* NULL: the built-in one */
	const GPtrArray *suites;	    /* of struct test_suite */
	const struct known_failures *known; /* or NULL */
	struct job_row row;
	char *name;  /* of the row: "qemu-x86_64/classic" */
	char *title; /* for people: "x86_64/.../gcc on qemu-x86_64" */
	struct job_result *result;   /* NULL: it was not run; */
	GError *trouble;	     /* then why */
	struct job_result *baseline; /* of the base; NULL: it was not needed */
	bool reused;

	/* While it is under way. */
	enum boot_turn { BOOT_FIRST, BOOT_AGAIN, BOOT_BASE } turn;
	struct lab_job job;
	char *job_name, *key, *out_dir;
	GPtrArray *base_suites; /* of struct test_suite, borrowed */
	struct build_job base_job;
	struct build_result *base_built;
	char *base_dir, *first_dir;
	void (*ended)(struct boot *boot); /* called once */

	/* Of its end, while that is written down. */
	const char *status;
	char *text; /* JSON */
	guint left; /* that have not ended, as the store counts */
};

struct boot *boot_new(struct run *run, const struct built *built,
		      const struct board *board,
		      const struct rootfs_config *rootfs);
void boot_free(gpointer boot);

/* `ended` is called on the main loop, not before this returns. */
void boot_start(struct boot *boot, void (*ended)(struct boot *boot));

#endif
