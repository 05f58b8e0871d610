/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Revisions, runs, stages and builds. Each public function is one transaction
 * around a static one of nearly the same name.
 */
#include "store/store-internal.h"

#include "base/base.h"

static bool not_found(const char *what, const char *name, GError **error)
{
	g_autofree char *quoted = text_quote(name, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    "there is no %s %s in the store", what, quoted);
	return false;
}

/* The first column of the row the statement stands on, if it does. */
static bool take_number(sqlite3_stmt *row, gint64 *number)
{
	if (!row)
		return false;
	*number = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return true;
}

static bool revision_put(struct store *store, const struct revision_row *row,
			 gint64 *revision, GError **error)
{
	const struct cell *cells = CELLS(
		TEXT(row->submitter), TEXT(row->name),
		TEXT(row->first_message_id), NUMBER(row->version),
		NUMBER(row->n_patches), NUMBER(clock_now_at()));
	const struct cell *key = CELLS(cells[0], cells[1], cells[2]);
	const struct cell *owner = CELLS(cells[0], cells[1]);
	sqlite3_stmt *found;

	if (!query_row(store, QUERY_REVISION_FIND, key, &found, error))
		return false;
	if (take_number(found, revision))
		return true;
	if (!query_run(store, QUERY_SERIES_PUT, owner, error) ||
	    !query_row(store, QUERY_REVISION_ADD, cells, &found, error))
		return false;
	return take_number(found, revision);
}

bool store_revision_put(struct store *store, const struct revision_row *row,
			gint64 *revision, GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store, revision_put(store, row, revision, error),
			       error);
}

bool run_get(struct store *store, const char *run, char **stage, guint *refs,
	     GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_RUN_GET, CELLS(TEXT(run)), &row, error))
		return false;
	if (!row)
		return not_found("run", run, error);
	if (stage)
		*stage = g_strdup((const char *)sqlite3_column_text(row, 0));
	if (refs)
		*refs = (guint)sqlite3_column_int64(row, 1);
	sqlite3_reset(row);
	return true;
}

static bool run_advance(struct store *store, const char *run,
			const struct stage_row *row, const char *next,
			GError **error)
{
	gint64 now = clock_now_at();
	g_autofree char *stage = NULL;

	if (!run_get(store, run, &stage, NULL, error))
		return false;
	if (g_strcmp0(stage, row->stage) != 0) {
		g_autofree char *quoted = text_quote(run, -1);
		g_autofree char *at = text_quote(stage, -1);
		g_autofree char *not_at = text_quote(row->stage, -1);

		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
			    "the run %s %s%s, not at stage %s", quoted,
			    stage ? "is at stage " : "has ended",
			    stage ? at : "", not_at);
		return false;
	}
	return query_run(store, QUERY_STAGE_ADD,
			 CELLS(TEXT(run), TEXT(row->stage), TEXT(row->result),
			       TEXT(row->verdict), NUMBER(row->elapsed_ms),
			       NUMBER(now)),
			 error) &&
	       query_run(store, QUERY_RUN_MOVE,
			 CELLS(TEXT(run), TEXT(next), NUMBER(now)), error);
}

bool store_run_advance(struct store *store, const char *run,
		       const struct stage_row *row, const char *next,
		       GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store, run_advance(store, run, row, next, error),
			       error);
}

static bool run_end(struct store *store, const char *run,
		    const struct run_end *end, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (!run_advance(store, run, &end->stage, NULL, error) ||
	    !query_run(store, QUERY_RUN_END,
		       CELLS(TEXT(run), TEXT(end->outcome), TEXT(end->summary)),
		       error))
		return false;
	if (!end->mail ||
	    store_outbox_put(store, end->revision, end->mail, &local) ||
	    g_error_matches(local, REROLL_ERROR, REROLL_ERROR_CONFLICT))
		return true;
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

bool store_run_end(struct store *store, const char *run,
		   const struct run_end *end, GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store, run_end(store, run, end, error), error);
}

bool store_run_stage(struct store *store, const char *run, char **stage,
		     GError **error)
{
	return run_get(store, run, stage, NULL, error);
}

bool store_run_references(struct store *store, const char *run, guint *count,
			  GError **error)
{
	return run_get(store, run, NULL, count, error);
}

static bool builds_start(struct store *store, const char *run,
			 const char *const *builds, GError **error)
{
	gint64 now = clock_now_at(), n = 0;

	for (; builds[n]; n++) {
		const struct cell *cells = CELLS(TEXT(run), TEXT(builds[n]),
						 NUMBER(now));

		if (!query_run(store, QUERY_BUILD_ADD, cells, error))
			return false;
	}
	return query_run(store, QUERY_RUN_TAKE, CELLS(TEXT(run), NUMBER(n)),
			 error);
}

bool store_builds_start(struct store *store, const char *run,
			const char *const *builds, GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store, builds_start(store, run, builds, error),
			       error);
}

struct completion {
	const char *run, *build, *status, *result;
};

static bool build_is_open(struct store *store, const struct completion *done,
			  bool *open, GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_BUILD_FIND,
		       CELLS(TEXT(done->run), TEXT(done->build)), &row, error))
		return false;
	if (!row)
		return not_found("build", done->build, error);
	*open = sqlite3_column_type(row, 0) == SQLITE_NULL;
	sqlite3_reset(row);
	return true;
}

static bool build_complete(struct store *store, const struct completion *done,
			   guint *left, bool *counted, GError **error)
{
	const struct cell *cells = CELLS(TEXT(done->run), TEXT(done->build),
					 TEXT(done->status), TEXT(done->result),
					 NUMBER(clock_now_at()));

	if (!build_is_open(store, done, counted, error))
		return false;
	if (*counted &&
	    (!query_run(store, QUERY_BUILD_END, cells, error) ||
	     !query_run(store, QUERY_RUN_GIVE, CELLS(cells[0]), error)))
		return false;
	return run_get(store, done->run, NULL, left, error);
}

bool store_build_complete(struct store *store, const char *run,
			  const char *build, const char *status,
			  const char *result_json, guint *left, bool *counted,
			  GError **error)
{
	const struct completion done = {run, build, status, result_json};

	return transaction_begin(store, error) &&
	       transaction_end(
		       store,
		       build_complete(store, &done, left, counted, error),
		       error);
}
