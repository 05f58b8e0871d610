/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the pipeline share: the run while it is under way. */
#ifndef PIPELINE_PIPELINE_INTERNAL_H
#define PIPELINE_PIPELINE_INTERNAL_H

#include "base/base.h"
#include "pipeline/pipeline.h"

/* How one stage went, kept for the report. */
struct stage_record {
	const struct stage *stage;
	const char *result; /* "passed", "refused", "trouble" */
	gint64 elapsed_ms;
	struct verdict *verdict;
};

/* A build that came to a result. */
struct built {
	const struct build_job *job; /* of the build stage */
	struct build_result *result;
	char *dir;  /* of its artifacts */
	char *path; /* the same below what labs fetch from; or NULL */
};

/* What is being written down; its texts live until it is. */
struct run_step {
	writer_work work; /* of the run */
	void (*then)(struct run *run);
	GPtrArray *passed; /* of struct passed_stage, not yet written */
	char *verdict;	   /* JSON, of the end */
	struct run_end end;
	struct outbox_row mail;
	char *outcome, *copies;
	const char *const *names; /* of builds */
	const struct job_row *jobs;
	guint n_jobs;
	guint today; /* other series of the submitter */
};

struct run {
	GTask *task; /* owned until it returns */
	const struct run_options *options;
	GCancellable *cancellable; /* borrowed from the task */
	char *id;
	gint64 revision;
	struct gate_subject subject;
	char *objects_dir;
	const struct stage *stage;
	gint64 stage_started_ms;
	GPtrArray *records; /* of struct stage_record */
	struct build_stage *builds;
	json_t *builds_json; /* array, filled as builds end */
	GPtrArray *built;    /* of struct built, the same */
	struct test_stage *tests;
	struct run_step step;
	char *kept; /* verdict of stage_kept, as JSON; NULL: none */
	struct run_report *report;
};

void run_observe(struct run *run, enum run_event event, const char *subject,
		 const char *detail);

/*
 * What the store said, handed on: that it has such a row already is trouble of
 * ours, never the fault of the series that a CONFLICT would blame.
 */
bool run_kept(bool kept, GError **error);

/*
 * Steps that are written down; `then` is called when they are kept. When one
 * cannot be, the run ends with that as its trouble.
 */
void run_step_begin(struct run *run, void (*then)(struct run *run));
/* The run has passed its stage. What was quick is written with the next step:
 * to do it again costs less than to wait for a disk. */
void run_step_pass(struct run *run, const struct verdict *verdict);
/* Write what was passed. */
void run_step_advance(struct run *run, void (*then)(struct run *run));
/* Write what was passed, and whose the run is before its submitter is known. */
void run_step_project(struct run *run, void (*then)(struct run *run));
void run_step_end(struct run *run, const struct run_report *report,
		  void (*then)(struct run *run));
/* `names` and `jobs` must live until then. */
void run_step_builds(struct run *run, const char *const *names,
		     void (*then)(struct run *run));
void run_step_jobs(struct run *run, const struct job_row *jobs, guint count,
		   void (*then)(struct run *run));
void run_step_clear(struct run_step *step);
void run_step_free(struct run_step *step);

/* The run has a verdict on its stage: record it, go on or end. */
void run_stage_judged(struct run *run, struct verdict *verdict);

/* The stage could not be judged: the run ends with `error`. */
void run_stage_failed(struct run *run, GError *error);

/* The limit stage: no more series of one submitter a day than the project
 * takes.
 */
void limit_start(struct run *run);

/*
 * The build stage: every build of the matrix at once, at most `slots` running.
 * Calls one of the two above when the last reference is gone.
 */
void builds_start(struct run *run);
void build_stage_free(struct build_stage *builds);

/*
 * The test stage: every build that is to boot on every board that takes it.
 * Ends as builds_start() does.
 */
void tests_start(struct run *run);
void test_stage_free(struct test_stage *tests);

/* The end: outcome, reply and JSON from the records. */
struct run_report *run_report_new(struct run *run, GError **error);

/* That the series waits for staff; NULL when even that cannot be said. */
struct run_report *run_report_trouble(struct run *run, const GError *trouble);

#endif
