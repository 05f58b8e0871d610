/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job: one boot of one build on one board with one root, and the tests run
 * there; and what came of it, in one shape whatever the lab.
 *
 * Ownership: whoever makes a job keeps all it points to until the job's
 * callback. A result owns all.
 */
#ifndef LAB_JOB_H
#define LAB_JOB_H

#include <jansson.h>

#include "build/build.h"

/* Tests of one definition. */
struct test_suite {
	char *name; /* unique within the job: letters, digits, . _ - */
	struct test_definition *definition;
	char *files; /* folder that its steps start in; NULL: an empty one */
	GPtrArray *expect; /* of char *: cases that must report; never NULL */
	bool student;
};

void test_suite_free(struct test_suite *suite);
typedef struct test_suite test_suite_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(test_suite_t, test_suite_free)

struct lab_job {
	/*
	 * Unique for ever, as it is how a job is found again after a crash:
	 * letters, digits, . _ -; at most 200.
	 */
	const char *name;
	const struct board *board;
	const char *arch;	/* of the build, a name of arch_find() */
	const char *build_dir;	/* its artifacts, absolute */
	const char *build_path; /* below the folder that is served: "RUN/ID" */
	const GPtrArray *artifacts;	    /* of struct artifact */
	const struct rootfs_config *rootfs; /* NULL: the built-in one */
	const GPtrArray *suites; /* of struct test_suite; empty: only a boot */
	guint64 boot_s, test_s;	 /* at most, each */
	guint64 log_bytes;	 /* of console that is kept */
	const char *out_dir; /* exists: console.log and lab.log are put there */
	const char *work_dir; /* private folders are made here */
	bool may_be_sent;     /* before a crash: look for it before sending */
	/* It is in the lab under this id now. On the main loop; or NULL. */
	void (*sent)(const char *lab_job, gpointer data);
	void (*progress)(const char *line, gpointer data); /* or NULL */
	gpointer data;
};

enum test_verdict { TEST_PASS, TEST_FAIL, TEST_SKIP, TEST_UNKNOWN };

struct test_case {
	char *suite, *set; /* set: NULL for none */
	char *name;
	enum test_verdict verdict;
	char *measurement, *unit;  /* as they were printed; or NULL */
	char *reference;	   /* URL of lava-test-reference; or NULL */
	guint log_first, log_last; /* lines of the console, from 1; 0: none */
	/* Set when results are compared. */
	bool baseline_fails; /* the base fails it too */
	bool known;	     /* listed as a known failure */
	bool flaky;	     /* passed at the second try */
	bool missing;	     /* it was to report and did not */
};

enum job_end {
	JOB_COMPLETE, /* every suite ran to its end, or stopped itself */
	JOB_PANIC,
	JOB_OOPS,      /* and then nothing, or not what was to come */
	JOB_NO_OUTPUT, /* the kernel said not a word */
	JOB_HANG,      /* no output for long, before the tests were through */
	JOB_REBOOTS,   /* again and again */
	JOB_BOOT_TIMEOUT,
	JOB_TEST_TIMEOUT,
	JOB_RAISED,   /* by lava-test-raise */
	JOB_ENDED,    /* the machine went off before the tests were through */
	JOB_CANCELED, /* by a person in the lab */
};

struct job_result {
	enum job_end end;
	char *summary;	  /* one sentence: "Kernel panic: ..." */
	GPtrArray *cases; /* of struct test_case, in order */
	GPtrArray *ended; /* of char *: suites that ran to their end */
	char *console;	  /* path of the whole text; NULL: there is none */
	char *tail;	  /* its last 40 lines, printable */
	char *lab, *lab_job, *url; /* url: for people; or NULL */
	gint64 boot_ms;		   /* to the first test; 0: never came */
	gint64 elapsed_ms;
};

void test_case_free(struct test_case *test);
struct job_result *job_result_new(void);
void job_result_free(struct job_result *result);
typedef struct job_result job_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(job_result_t, job_result_free)

const char *test_verdict_name(enum test_verdict verdict); /* "pass", ... */
const char *job_end_name(enum job_end end);		  /* "complete", ... */
json_t *job_result_to_json(const struct job_result *result);
struct job_result *job_result_from_json(json_t *json);

#endif
