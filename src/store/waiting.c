/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs as the daemon leads them. */
#include "store/store-internal.h"

#include "base/base.h"

bool store_run_queue(struct store *store, const struct queued_run *run,
		     const char *stage, GError **error)
{
	const struct cell *cells = CELLS(
		TEXT(run->id), NUMBER(run->revision), TEXT(stage),
		TEXT(run->base), NUMBER(run->approved), NUMBER(run->priority),
		NUMBER(run->round), NUMBER(clock_now_at()));

	return query_run(store, QUERY_RUN_ADD, cells, error);
}

static bool change_run(struct store *store, enum query query,
		       const struct cell *cells, GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, query, cells, &row, error))
		return false;
	if (row) {
		sqlite3_reset(row);
		return true;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
		    "the run %s has ended", (const char *)cells[0].data);
	return false;
}

static bool read_verdict(struct store *store, enum query query,
			 const struct cell *cells, char **verdict,
			 GError **error)
{
	sqlite3_stmt *row;

	*verdict = NULL;
	if (!query_row(store, query, cells, &row, error))
		return false;
	if (row) {
		*verdict = column_text(row, 0);
		sqlite3_reset(row);
	}
	return true;
}

bool store_run_verdict(struct store *store, const char *run, const char *stage,
		       char **verdict, GError **error)
{
	return read_verdict(store, QUERY_STAGE_VERDICT,
			    CELLS(TEXT(run), TEXT(stage)), verdict, error);
}

static bool run_forget(struct store *store, const struct cell *run,
		       GError **error)
{
	return query_run(store, QUERY_RUN_FORGET_JOBS, run, error) &&
	       query_run(store, QUERY_RUN_FORGET_BUILDS, run, error) &&
	       query_run(store, QUERY_RUN_FORGET_STAGES, run, error);
}

static bool run_restart(struct store *store, const struct cell *cells,
			const struct cell *keeps, char **kept, GError **error)
{
	return change_run(store, QUERY_RUN_RESTART, cells, error) &&
	       read_verdict(store, QUERY_RUN_KEPT, keeps, kept, error) &&
	       run_forget(store, CELLS(cells[0]), error);
}

bool store_run_restart(struct store *store, const char *run, const char *stage,
		       const char *keeps, char **kept, GError **error)
{
	const struct cell *cells = CELLS(TEXT(run), TEXT(stage),
					 NUMBER(clock_now_at()));

	return transaction_begin(store, error) &&
	       transaction_end(store,
			       run_restart(store, cells,
					   CELLS(TEXT(run), TEXT(keeps)), kept,
					   error),
			       error);
}

bool store_run_put_off(struct store *store, const char *run, gint64 next_at,
		       const char *trouble, GError **error)
{
	return change_run(store, QUERY_RUN_PUT_OFF,
			  CELLS(TEXT(run), NUMBER(next_at), TEXT(trouble)),
			  error);
}

bool store_run_hold(struct store *store, const char *run, const char *why,
		    GError **error)
{
	return change_run(store, QUERY_RUN_HOLD, CELLS(TEXT(run), TEXT(why)),
			  error);
}

bool store_run_release(struct store *store, const char *run, GError **error)
{
	return change_run(store, QUERY_RUN_RELEASE, CELLS(TEXT(run)), error);
}

bool store_run_approve(struct store *store, const char *run, GError **error)
{
	return query_run(store, QUERY_RUN_APPROVE, CELLS(TEXT(run)), error);
}

bool store_run_stop(struct store *store, const char *run, const char *why,
		    GError **error)
{
	return change_run(store, QUERY_RUN_STOP,
			  CELLS(TEXT(run), TEXT(why), NUMBER(clock_now_at())),
			  error);
}

bool store_revision_runs(struct store *store, gint64 revision, GPtrArray **runs,
			 GError **error)
{
	return query_texts(store, QUERY_REVISION_RUNS, CELLS(NUMBER(revision)),
			   runs, error);
}

bool store_revision_outcome(struct store *store, gint64 revision,
			    char **outcome, char **summary, GError **error)
{
	sqlite3_stmt *row;

	*outcome = *summary = NULL;
	if (!query_row(store, QUERY_REVISION_OUTCOME, CELLS(NUMBER(revision)),
		       &row, error))
		return false;
	if (row) {
		*outcome = column_text(row, 0);
		*summary = column_text(row, 1);
		sqlite3_reset(row);
	}
	return true;
}

bool store_run_own(struct store *store, const char *run,
		   const struct run_owner *owner, guint *today, GError **error)
{
	const struct cell *cells = CELLS(TEXT(run), TEXT(owner->project),
					 TEXT(owner->submitter),
					 NUMBER(owner->since));

	gint64 count = 0;
	bool ok = transaction_begin(store, error) &&
		  transaction_end(store,
				  query_run(store, QUERY_RUN_OWN,
					    CELLS(cells[0], cells[1], cells[2]),
					    error) &&
					  query_number(store, QUERY_RUN_TODAY,
						       cells, &count, error),
				  error);

	*today = (guint)count;
	return ok;
}

void waiting_run_free(struct waiting_run *run)
{
	if (!run)
		return;
	g_free(run->id);
	g_free(run->submitter);
	g_free(run->project);
	g_free(run->stage);
	g_free(run->held);
	g_free(run->base);
	g_free(run->outcome);
	g_free(run->identity);
	g_free(run);
}

static struct waiting_run *waiting_read(sqlite3_stmt *row)
{
	struct waiting_run *run = g_new0(struct waiting_run, 1);

	run->id = column_text(row, 0);
	run->submitter = column_text(row, 1);
	run->project = column_text(row, 2);
	run->stage = column_text(row, 3);
	run->held = column_text(row, 4);
	run->revision = sqlite3_column_int64(row, 5);
	run->queued_at = sqlite3_column_int64(row, 6);
	run->next_at = sqlite3_column_int64(row, 7);
	run->priority = sqlite3_column_int(row, 8);
	run->attempts = (guint)sqlite3_column_int(row, 9);
	run->round = (guint)sqlite3_column_int(row, 10);
	run->base = column_text(row, 11);
	run->approved = sqlite3_column_int(row, 12) != 0;
	run->outcome = column_text(row, 13);
	run->identity = column_text(row, 14);
	return run;
}

bool store_runs_waiting(struct store *store, GPtrArray **runs, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(
		(GDestroyNotify)waiting_run_free);
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_RUNS_WAITING, NULL, &row, error))
		return false;
	while (row) {
		g_ptr_array_add(found, waiting_read(row));
		if (!query_next(store, &row, error))
			return false;
	}
	*runs = g_steal_pointer(&found);
	return true;
}

static bool run_read(struct store *store, enum query query,
		     const struct cell *key, struct waiting_run **run,
		     GError **error)
{
	sqlite3_stmt *row;

	*run = NULL;
	if (!query_row(store, query, key, &row, error))
		return false;
	if (row) {
		*run = waiting_read(row);
		sqlite3_reset(row);
	}
	return true;
}

bool store_run_get(struct store *store, const char *id,
		   struct waiting_run **run, GError **error)
{
	g_autofree char *quoted = NULL;

	if (!run_read(store, QUERY_RUN_ROW, CELLS(TEXT(id)), run, error))
		return false;
	if (*run)
		return true;
	quoted = text_quote(id, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    "there is no run %s in the store", quoted);
	return false;
}

bool store_revision_last_run(struct store *store, gint64 revision,
			     struct waiting_run **run, GError **error)
{
	if (!run_read(store, QUERY_REVISION_LAST_RUN, CELLS(NUMBER(revision)),
		      run, error))
		return false;
	if (*run)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    "there is no run of the revision %" G_GINT64_FORMAT,
		    revision);
	return false;
}
