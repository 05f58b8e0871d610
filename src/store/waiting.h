/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs as the daemon leads them: queued, begun (again), put off after trouble,
 * held for staff, stopped, ended. See store.h for shapes, threads, errors.
 *
 * A run that has not ended is at a stage. Whatever it was doing when the
 * program ended is done again from its first stage: each step is one that can
 * be, and what costs (builds, boots) is kept elsewhere by what it was made of.
 */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include <glib.h>
#include <stdbool.h>

struct store;

struct queued_run {
	const char *id;
	gint64 revision;
	const char *base; /* revision to apply on; NULL: the project's */
	bool approved;	  /* staff has looked who sent it */
	int priority;	  /* the highest first */
	guint round;	  /* how often it was asked for again */
};

/* A new run, at `stage`. CONFLICT when the id is taken. */
bool store_run_queue(struct store *store, const struct queued_run *run,
		     const char *stage, GError **error);

/*
 * It begins, or begins again, at `stage`: what it held is given back, builds
 * and jobs it had started are forgotten. `kept` is the verdict that its stage
 * `keeps` had passed with, as JSON; NULL: none. CONFLICT when it has ended or
 * is held.
 */
bool store_run_restart(struct store *store, const char *run, const char *stage,
		       const char *keeps, char **kept, GError **error);

/* What a stage last said of the run, as JSON; NULL: nothing. To be freed. */
bool store_run_verdict(struct store *store, const char *run, const char *stage,
		       char **verdict, GError **error);

/* Not now: it counts as an attempt. `stage` is the one that had trouble. */
bool store_run_put_off(struct store *store, const char *run, gint64 next_at,
		       const char *trouble, GError **error);

/* It waits for staff; CONFLICT when it has ended. */
bool store_run_hold(struct store *store, const char *run, const char *why,
		    GError **error);

/* It goes on as if there had been no trouble. CONFLICT when it has ended. */
bool store_run_release(struct store *store, const char *run, GError **error);

/* Staff has looked at it: nothing of it is held any more. */
bool store_run_approve(struct store *store, const char *run, GError **error);

/* It ends here, without a reply; unsent replies of its revision stay. */
bool store_run_stop(struct store *store, const char *run, const char *why,
		    GError **error);

/* Every run of the revision that has not ended. Of char *. */
bool store_revision_runs(struct store *store, gint64 revision, GPtrArray **runs,
			 GError **error);

/* What came of the revision last; NULL: nothing has yet. Both to be freed. */
bool store_revision_outcome(struct store *store, gint64 revision,
			    char **outcome, char **summary, GError **error);

/*
 * Whose run it is, as far as is known now. `today`: how many other revisions of
 * that submitter the project has had since then.
 */
struct run_owner {
	const char *project, *submitter;
	gint64 since;
};
bool store_run_own(struct store *store, const char *run,
		   const struct run_owner *owner, guint *today, GError **error);

struct waiting_run {
	char *id;
	char *submitter; /* who sent the series, as a key */
	char *project;	 /* NULL: not known yet */
	char *identity;	 /* whom it was found to be of, as a key; NULL */
	char *stage;	 /* NULL: it has ended, with this: */
	char *outcome;	 /* NULL: it has not */
	char *held;	 /* NULL: it is not */
	char *base;	 /* NULL: the project's */
	bool approved;
	gint64 revision, queued_at, next_at;
	int priority;
	guint attempts, round;
};
void waiting_run_free(struct waiting_run *run);
typedef struct waiting_run waiting_run_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(waiting_run_t, waiting_run_free)

/* Every run that has not ended, the oldest first. Of struct waiting_run. */
bool store_runs_waiting(struct store *store, GPtrArray **runs, GError **error);

/* One run, ended or not. NOT_FOUND. */
bool store_run_get(struct store *store, const char *id,
		   struct waiting_run **run, GError **error);

/* Of a revision the run that was asked for last, ended or not. NOT_FOUND. */
bool store_revision_last_run(struct store *store, gint64 revision,
			     struct waiting_run **run, GError **error);

#endif
