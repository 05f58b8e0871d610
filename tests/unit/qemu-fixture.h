/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job for the QEMU lab on a board of its own, with a busybox for a root. The
 * kernel is the one of $REROLL_TEST_KERNEL, or of contrib/test-kernel.
 */
#ifndef TESTS_UNIT_QEMU_FIXTURE_H
#define TESTS_UNIT_QEMU_FIXTURE_H

#include "base/base.h"
#include "config/cfg.h"
#include "lab/job.h"
#include "lab/lab-ops.h"

struct qemu_fixture {
	struct tempdir *dir;
	struct site *site;
	struct board board;
	struct lab_job job;
	GPtrArray *artifacts, *suites;
	char *build_dir, *out_dir, *work_dir;
	struct lab *lab;
	GString *progress;
	GCancellable *cancellable;
};

/* NULL, with the reason on stderr, where there is no kernel. */
struct qemu_fixture *qemu_fixture_new(void);
void qemu_fixture_free(struct qemu_fixture *fixture);

/* An artifact: a link to `path`, which may be NULL, or a text. */
void qemu_fixture_artifact(struct qemu_fixture *fixture, const char *role,
			   const char *name, const char *path,
			   const char *text);

/* A suite of steps, one a line; each gets a number for a name: "s0", ... */
struct test_suite *qemu_fixture_suite(struct qemu_fixture *fixture,
				      const char *steps);

/* Until it is through. */
struct job_result *qemu_fixture_run(struct qemu_fixture *fixture,
				    GError **error);

/* "s0/a=pass s0/b=fail", in order. */
char *qemu_fixture_cases(const struct job_result *result);

/* Where test kernels are. */
char *qemu_fixture_kernel(const char *name);

#endif
