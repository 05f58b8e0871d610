/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The jobs of a run's builds. What is about to be sent to a lab is recorded
 * before it is, so that after a crash a job is looked for, never sent twice.
 */
#include "store/store-internal.h"

#include "base/base.h"

static bool jobs_start(struct store *store, const char *run,
		       const struct job_row *jobs, guint count, GError **error)
{
	for (guint i = 0; i < count; i++) {
		const struct cell *cells = CELLS(TEXT(run), TEXT(jobs[i].build),
						 TEXT(jobs[i].name),
						 NUMBER(clock_now_at()));

		if (!query_run(store, QUERY_JOB_ADD, cells, error))
			return false;
	}
	return query_run(store, QUERY_RUN_TAKE,
			 CELLS(TEXT(run), NUMBER((gint64)count)), error);
}

bool store_jobs_start(struct store *store, const char *run,
		      const struct job_row *jobs, guint count, GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store,
			       jobs_start(store, run, jobs, count, error),
			       error);
}

bool store_job_sent(struct store *store, const char *run,
		    const struct job_row *job, const char *lab,
		    const char *lab_job, GError **error)
{
	const struct cell *cells = CELLS(TEXT(run), TEXT(job->build),
					 TEXT(job->name), TEXT(lab),
					 TEXT(lab_job));

	return transaction_begin(store, error) &&
	       transaction_end(store,
			       query_run(store, QUERY_JOB_SENT, cells, error),
			       error);
}

struct ended_job {
	const char *run;
	const struct job_row *job;
	const char *status, *result;
};

static bool job_is_open(struct store *store, const struct ended_job *ended,
			bool *open, GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_JOB_FIND,
		       CELLS(TEXT(ended->run), TEXT(ended->job->build),
			     TEXT(ended->job->name)),
		       &row, error))
		return false;
	if (!row) {
		g_autofree char *quoted = text_quote(ended->job->name, -1);

		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no job %s in the store", quoted);
		return false;
	}
	*open = sqlite3_column_type(row, 0) == SQLITE_NULL;
	sqlite3_reset(row);
	return true;
}

static bool job_complete(struct store *store, const struct ended_job *ended,
			 guint *left, bool *counted, GError **error)
{
	const struct cell *cells = CELLS(
		TEXT(ended->run), TEXT(ended->job->build),
		TEXT(ended->job->name), TEXT(ended->status),
		TEXT(ended->result), NUMBER(clock_now_at()));

	if (!job_is_open(store, ended, counted, error))
		return false;
	if (*counted &&
	    (!query_run(store, QUERY_JOB_END, cells, error) ||
	     !query_run(store, QUERY_RUN_GIVE, CELLS(cells[0]), error)))
		return false;
	return run_get(store, ended->run, NULL, left, error);
}

bool store_job_complete(struct store *store, const char *run,
			const struct job_row *job, const char *status,
			const char *result_json, guint *left, bool *counted,
			GError **error)
{
	const struct ended_job ended = {run, job, status, result_json};

	return transaction_begin(store, error) &&
	       transaction_end(
		       store, job_complete(store, &ended, left, counted, error),
		       error);
}
