/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run: one revision led through the stages, asynchronously, over a store.
 * `reroll check` and the daemon use the same engine.
 *
 * The stages are rows of a table (stages.c); the state machine (run.c) moves a
 * run from row to row, each move one transaction in the store's thread. The
 * build stage (builds.c) starts every build of the matrix at once under the
 * run's references; slots, shared by all runs, limit how many run at a time.
 *
 * Ownership: the options and all they borrow must live until the callback.
 * Errors: what the run could not judge: trouble and configuration. A refusal
 * is an outcome.
 * Async: the callback comes once, on the context that started the run, and
 * nothing of the run is under way any more. Cancelling stops builds and ends
 * with CANCELLED.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "build/build.h"
#include "gate/gate.h"
#include "lab/lab.h"
#include "store/store.h"

struct run;

struct stage {
	const char *name; /* "style" */
	const char *doc;  /* passes when ..., one line */
	gate_check check; /* a gate; or NULL */
	/* It goes on by itself, and ends with run_stage_judged() or _failed().
	 */
	void (*start)(struct run *run);
	bool slow;  /* it is worth telling that it has begun */
	bool heavy; /* it takes the machine: see may_build */
};

/* The table, in order, ended by a row without a name. */
extern const struct stage stages[];

/* The stage whose verdict is worth keeping when a run begins again: the others
 * before the builds cost less than to read what they found out. */
extern const struct stage *const stage_kept;

enum run_event {
	RUN_STAGE_STARTED,
	RUN_STAGE_ENDED, /* detail: "passed", "refused", ... */
	RUN_WORK_STARTED,
	RUN_WORK_LINE, /* detail: what the build does now */
	RUN_WORK_ENDED,
};

/* Told of everything that happens, on the main loop; for progress. */
typedef void (*run_observer)(enum run_event event, const char *subject,
			     const char *detail, gpointer data);

/*
 * Anybody can sign off as somebody of the roster: series from addresses that
 * nobody listed count by themselves, so that they use up nobody's day, and
 * there are so many a day for one name at the most. As such they are of the
 * owner with this before the key.
 */
#define RUN_UNLISTED "unlisted "
#define RUN_UNLISTED_PER_DAY 5

struct run_options {
	struct writer *writer;
	const char *run_id; /* of a row that waits; NULL: a new one is made */
	gint64 revision;    /* of the same */
	guint round;	    /* how often it was asked for again */
	bool approved;	    /* staff has looked who sent it */
	/* Whether the project has its series checked now; the run ends as
	 * parked if not. NULL: always. `data` is observer_data. */
	bool (*may_begin)(const struct project *project, gpointer data);
	/* Whether there is a place; without one the run ends as parked, at that
	 * stage. NULL: always. `data` is observer_data. */
	bool (*may_build)(const struct project *project, gpointer data);
	/* Whether such trouble is the last that is tried: then the submitter is
	 * told, once, that the series waits. NULL: never. */
	bool (*give_up)(const GError *trouble, gpointer data);
	const struct executor_ops *executor;
	const struct series *series;
	const GPtrArray *projects; /* of struct project; the first match */
	const struct site *site;
	const char *repo;	 /* base repository; overrides the site's */
	const char *base;	 /* revision; overrides the project's */
	const GPtrArray *roster; /* overrides the project's; or NULL */
	struct keep *keep;	 /* of what was built before */
	const char *work_dir;	 /* private; made, if need be, and left there */
	const char *out_dir;	 /* artifacts and logs are kept here */
	bool private_out;	 /* it is gone with work_dir */
	const char *served_dir;	 /* labs fetch what is below it; or NULL */
	const GPtrArray *boards; /* of struct board */
	struct lab_pool *labs;	 /* of all runs; NULL: nothing is booted */
	const char *boards_dir;	 /* where last boots are noted */
	const struct series_lookup *lookup; /* of other series; or NULL */
	bool keep_ref; /* write what applied to a ref of its repository */
	bool no_sandbox;
	bool verify; /* build everything from nothing too, and compare */
	bool fresh;  /* build everything from nothing alone */
	struct slots *slots;   /* of all runs of this process */
	run_observer observer; /* or NULL */
	gpointer observer_data;
};

/* Of a run that is parked there is the id alone; of one that is given up no
 * verdict. */
struct run_report {
	char *id;
	bool parked;
	GError *trouble; /* NULL: none */
	const struct outcome *outcome;
	struct verdict *verdict;
	struct reply *reply;
	json_t *json; /* the whole run */
};

void run_report_free(struct run_report *report);
typedef struct run_report run_report_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(run_report_t, run_report_free)

void run_async(const struct run_options *options, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer user_data);
struct run_report *run_finish(GAsyncResult *res, GError **error);

/* What an outbox knows it by: "accepted", asked for again "accepted/1". */
char *run_outcome_key(const struct outcome *outcome, guint round);

#endif
