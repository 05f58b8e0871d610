/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of one LAVA job share: lava-run.c leads it from step to step,
 * lava-send.c brings it into the lab, lava-follow.c stays with it there and
 * reads what came of it. Each step makes one request; its callback says which
 * step is next, by one of the functions here, as its last act.
 */
#ifndef LAB_LAVA_RUN_H
#define LAB_LAVA_RUN_H

#include "lab/lava-internal.h"

#define LAVA_POLL_MOST 15 /* times the first pause */
#define LAVA_TRIES 5	  /* of a step before the job is sent, and of sending */

enum step {
	STEP_PROVE,
	STEP_FIND, /* the try with the number; further ones while there are */
	STEP_FILES,
	STEP_VALIDATE,
	STEP_SEND,
	STEP_FOLLOW,
	STEP_SUITES,
	STEP_TESTS,
	STEP_LOG,
	STEP_CANCEL,
};

struct lava_run {
	struct lab *lab;
	const struct lab_job *job;
	GTask *task;
	GCancellable *cancellable; /* ours, so that it outlives a cancel */
	GSource *cancel_source, *timer;
	enum step step;
	guint tries;  /* of this step */
	guint sends;  /* of this try of the job */
	guint looks;  /* for it after its sending was not answered */
	guint number; /* of the try of the job */
	struct lava_try *attempt;
	struct lava_files *files;
	char *text;
	gint64 id;    /* in the lab; 0: none */
	bool looking; /* it may be there without our knowing the id */
	bool cancelling;
	gint64 started_ms, deadline_ms, poll_ms;
	char *state;   /* as last seen */
	json_t *whole; /* what the lab says of it when it is over */
	GHashTable *suites;
	GPtrArray *rows;
	struct lava_console *console;
	guint log_line, log_lines;
	GError *why; /* of a run that is being cancelled for it */
};

/* On to another step; or this one now, or after a pause. */
void lava_run_go(struct lava_run *run, enum step step);
void lava_run_step(struct lava_run *run);
void lava_run_wait(struct lava_run *run, gint64 ms);
gint64 lava_run_pause_ms(const struct lava_run *run, guint tries);

/* A request failed: again, or over. Takes the error. */
void lava_run_failed(struct lava_run *run, GError *error);

/*
 * Whether the answer is a refusal that the token may be the reason of: it is
 * proven again, and the step done again.
 */
bool lava_run_refused(struct lava_run *run, const struct lava_answer *answer);

/* Over here, and cancelled in the lab. Takes the error. */
void lava_run_cancel(struct lava_run *run, GError *why);
GError *lava_run_cancelled(void);

/* Over, with one of the two, which it takes. Frees the run. */
void lava_run_end(struct lava_run *run, struct job_result *result,
		  GError *error);

/* It may have come further: ask now how it is, and soon again. */
void lava_run_hint(struct lava_run *run);

/* Progress, for people. */
void lava_run_say(const struct lava_run *run, const char *line);
void lava_run_ask(struct lava_run *run, const struct lava_ask *ask,
		  GAsyncReadyCallback callback);

/* The steps. */
void lava_step_find(struct lava_run *run);
void lava_step_files(struct lava_run *run);
void lava_step_validate(struct lava_run *run);
void lava_step_send(struct lava_run *run);
void lava_step_follow(struct lava_run *run);
void lava_step_suites(struct lava_run *run);
void lava_step_tests(struct lava_run *run);
void lava_step_log(struct lava_run *run);

#endif
