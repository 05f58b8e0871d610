/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store-internal.h"

#include "base/base.h"

bool store_trouble_note(struct store *store, const char *kind,
			const char *about, const char *text, GError **error)
{
	return query_run(store, QUERY_TROUBLE_NOTE,
			 CELLS(TEXT(kind), TEXT(about), TEXT(text),
			       NUMBER(clock_now_at())),
			 error);
}

bool store_trouble_end(struct store *store, const char *kind, const char *about,
		       GError **error)
{
	return query_run(store, QUERY_TROUBLE_END,
			 CELLS(TEXT(kind), TEXT(about), NUMBER(clock_now_at())),
			 error);
}

void trouble_row_free(struct trouble_row *row)
{
	g_free(row->kind);
	g_free(row->about);
	g_free(row->text);
	g_free(row);
}

static struct trouble_row *trouble_read(sqlite3_stmt *at)
{
	struct trouble_row *row = g_new0(struct trouble_row, 1);

	row->id = sqlite3_column_int64(at, 0);
	row->kind = column_text(at, 1);
	row->about = column_text(at, 2);
	row->text = column_text(at, 3);
	row->count = (guint)sqlite3_column_int64(at, 4);
	row->first_at = sqlite3_column_int64(at, 5);
	row->last_at = sqlite3_column_int64(at, 6);
	row->ended_at = sqlite3_column_int64(at, 7);
	return row;
}

static bool troubles_read(struct store *store, enum query query,
			  GPtrArray **rows, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(
		(GDestroyNotify)trouble_row_free);
	sqlite3_stmt *at;

	if (!query_row(store, query, NULL, &at, error))
		return false;
	while (at) {
		g_ptr_array_add(found, trouble_read(at));
		if (!query_next(store, &at, error))
			return false;
	}
	*rows = g_steal_pointer(&found);
	return true;
}

bool store_troubles_untold(struct store *store, GPtrArray **rows,
			   GError **error)
{
	return troubles_read(store, QUERY_TROUBLES_UNTOLD, rows, error);
}

bool store_troubles_begin(struct store *store, GPtrArray **open, GError **error)
{
	return query_run(store, QUERY_TROUBLES_BEGIN,
			 CELLS(NUMBER(clock_now_at())), error) &&
	       troubles_read(store, QUERY_TROUBLES_OPEN, open, error);
}

bool store_trouble_end_of_run(struct store *store, const char *run,
			      GError **error)
{
	return query_run(store, QUERY_TROUBLES_OF_RUN_END,
			 CELLS(TEXT(run), NUMBER(clock_now_at())), error);
}

bool store_trouble_told(struct store *store, gint64 id, GError **error)
{
	return query_run(store, QUERY_TROUBLE_TOLD,
			 CELLS(NUMBER(id), NUMBER(clock_now_at())), error);
}

bool store_pause(struct store *store, const char *what, GError **error)
{
	return query_run(store, QUERY_PAUSE,
			 CELLS(TEXT(what), NUMBER(clock_now_at())), error);
}

bool store_resume(struct store *store, const char *what, GError **error)
{
	return query_run(store, QUERY_RESUME, CELLS(TEXT(what)), error);
}

bool store_paused(struct store *store, GPtrArray **what, GError **error)
{
	return query_texts(store, QUERY_PAUSED, NULL, what, error);
}

/* What nothing refers to any more, from the leaves to the root. */
static bool purge_rest(struct store *store, const struct purge *purge,
		       GError **error)
{
	static const enum query leftovers[] = {
		QUERY_PURGE_LETTERS,   QUERY_PURGE_ORIGINS,
		QUERY_PURGE_REVISIONS, QUERY_PURGE_EVENTS,
		QUERY_PURGE_TROUBLES,  QUERY_PURGE_MAIL};
	const struct cell *before = CELLS(NUMBER(purge->runs_before));

	for (gsize i = 0; i < G_N_ELEMENTS(leftovers); i++) {
		if (!query_run(store, leftovers[i], before, error))
			return false;
	}
	return query_run(store, QUERY_PURGE_POSTS, NULL, error) &&
	       query_run(store, QUERY_PURGE_SERIES, NULL, error);
}

static bool purge_run(struct store *store, const char *run, GError **error)
{
	static const enum query leaves[] = {
		QUERY_RUN_FORGET_JOBS, QUERY_RUN_FORGET_BUILDS,
		QUERY_RUN_FORGET_STAGES, QUERY_PURGE_OUTBOX, QUERY_PURGE_RUN};

	for (gsize i = 0; i < G_N_ELEMENTS(leaves); i++) {
		if (!query_run(store, leaves[i], CELLS(TEXT(run)), error))
			return false;
	}
	return true;
}

static bool purge_step(struct store *store, struct purge *purge, bool *more,
		       GError **error)
{
	if (!query_texts(store, QUERY_PURGE_RUNS,
			 CELLS(NUMBER(purge->runs_before), NUMBER(purge->most)),
			 &purge->runs, error))
		return false;
	for (guint i = 0; i < purge->runs->len; i++) {
		if (!purge_run(store, purge->runs->pdata[i], error))
			return false;
	}
	*more = purge->runs->len == purge->most;
	return *more || purge_rest(store, purge, error);
}

bool store_purge(struct store *store, struct purge *purge, bool *more,
		 GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store, purge_step(store, purge, more, error),
			       error);
}
