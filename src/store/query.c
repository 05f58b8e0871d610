/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every statement of the house as a table, prepared on first use and kept, and
 * the few ways to run one.
 */
#include "store/store-internal.h"

#include "base/base.h"

static const char *const queries[QUERY_COUNT] = {
	/* At once the writer: a transaction that reads first and then writes
	 * could otherwise fail in the middle when somebody else has written. */
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_ROLLBACK] = "ROLLBACK",

	[QUERY_SAVEPOINT] = "SAVEPOINT step",
	[QUERY_RELEASE] = "RELEASE step",
	[QUERY_UNDO] = "ROLLBACK TO step",
	[QUERY_KEPT] = "PRAGMA synchronous = NORMAL",
	[QUERY_SYNCED] = "PRAGMA synchronous = FULL",

	[QUERY_SERIES_PUT] = "INSERT INTO series (submitter, name)"
			     " VALUES (?1, ?2) ON CONFLICT DO NOTHING",
	[QUERY_REVISION_FIND] =
		"SELECT revision.id FROM revision"
		" JOIN series ON series.id = revision.series"
		" WHERE series.submitter = ?1 AND series.name = ?2"
		" AND first_message_id = ?3",
	[QUERY_REVISION_ADD] =
		"INSERT INTO revision"
		" (series, first_message_id, version, n_patches, created_at)"
		" SELECT id, ?3, ?4, ?5, ?6 FROM series"
		" WHERE submitter = ?1 AND name = ?2 RETURNING id",

	[QUERY_RUN_ADD] = "INSERT INTO run (id, revision, stage, started_at)"
			  " VALUES (?1, ?2, ?3, ?4)",
	[QUERY_RUN_GET] = "SELECT stage, refs FROM run WHERE id = ?1",
	[QUERY_RUN_MOVE] = "UPDATE run SET stage = ?2, attempts = 0,"
			   " next_at = NULL,"
			   " ended_at = CASE WHEN ?2 IS NULL THEN ?3 END"
			   " WHERE id = ?1",
	[QUERY_RUN_TAKE] = "UPDATE run SET refs = refs + ?2 WHERE id = ?1",
	[QUERY_RUN_GIVE] = "UPDATE run SET refs = refs - 1 WHERE id = ?1",
	[QUERY_STAGE_ADD] =
		"INSERT INTO stage"
		" (run, stage, result, verdict, elapsed_ms, ended_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",

	[QUERY_BUILD_ADD] = "INSERT INTO build (run, name, started_at)"
			    " VALUES (?1, ?2, ?3)",
	[QUERY_BUILD_FIND] = "SELECT ended_at FROM build"
			     " WHERE run = ?1 AND name = ?2",
	[QUERY_BUILD_END] = "UPDATE build"
			    " SET status = ?3, result = ?4, ended_at = ?5"
			    " WHERE run = ?1 AND name = ?2",

	[QUERY_JOB_ADD] = "INSERT INTO job (run, build, name, lab, started_at)"
			  " VALUES (?1, ?2, ?3, '', ?4)",
	[QUERY_JOB_SENT] = "UPDATE job SET lab = ?4, lab_job = ?5"
			   " WHERE run = ?1 AND build = ?2 AND name = ?3",
	[QUERY_JOB_FIND] = "SELECT ended_at FROM job"
			   " WHERE run = ?1 AND build = ?2 AND name = ?3",
	[QUERY_JOB_END] = "UPDATE job"
			  " SET status = ?4, result = ?5, ended_at = ?6"
			  " WHERE run = ?1 AND build = ?2 AND name = ?3",

	[QUERY_OUTBOX_ADD] =
		"INSERT INTO outbox (revision, run, outcome, message_id,"
		" recipient, copies, mail, next_at, created_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
	[QUERY_OUTBOX_GET] = "SELECT mail FROM outbox WHERE run = ?1"
			     " ORDER BY id DESC LIMIT 1",
	[QUERY_OUTBOX_DUE] =
		"SELECT id, run, outcome, message_id, recipient, copies, mail,"
		" attempts, last_error, created_at, next_at FROM outbox"
		" WHERE sent_at IS NULL AND failed_at IS NULL"
		" ORDER BY next_at, id LIMIT 1",
	[QUERY_OUTBOX_SENT] =
		"UPDATE outbox SET sent_at = ?2, last_error = NULL"
		" WHERE id = ?1",
	[QUERY_OUTBOX_PUT_OFF] = "UPDATE outbox SET attempts = attempts + 1,"
				 " next_at = ?2, last_error = ?3 WHERE id = ?1",
	[QUERY_OUTBOX_FAILED] =
		"UPDATE outbox SET attempts = attempts + 1,"
		" failed_at = ?2, last_error = ?3 WHERE id = ?1",
	[QUERY_OUTBOX_RETRY] =
		"UPDATE outbox SET attempts = 0, next_at = ?2,"
		" failed_at = NULL"
		" WHERE id = ?1 AND sent_at IS NULL RETURNING id",
	[QUERY_OUTBOX_COUNT] = "SELECT count(*) FROM outbox WHERE sent_at > ?1",
	[QUERY_OUTBOX_FIND] = "SELECT run FROM outbox WHERE message_id = ?1",

	[QUERY_EVENT_ADD] =
		"INSERT INTO event (source, key, kind, bad, mail, url, series,"
		" version, total, patches, state, taken_at, handled_at) VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
		" ON CONFLICT (source, key) DO NOTHING RETURNING id",
	[QUERY_EVENT_KNOWN] = "SELECT 1 FROM event"
			      " WHERE source = ?1 AND key = ?2",
	[QUERY_EVENT_NEXT] =
		"SELECT id, source, key, kind, bad, mail, url, series, version,"
		" total, patches, state, taken_at FROM event"
		" WHERE handled_at IS NULL AND id > ?1 ORDER BY id LIMIT 1",
	[QUERY_EVENT_HANDLED] = "UPDATE event SET handled_at = ?2"
				" WHERE id = ?1 AND handled_at IS NULL",
	[QUERY_CURSOR_GET] = "SELECT position FROM cursor WHERE source = ?1",
	[QUERY_CURSOR_PUT] =
		"INSERT INTO cursor (source, position, moved_at)"
		" VALUES (?1, ?2, ?3) ON CONFLICT (source) DO UPDATE"
		" SET position = excluded.position,"
		" moved_at = excluded.moved_at",
};

/* What each kind of SQLite error asks of the caller; TEMP is not listed. */
static const struct {
	int code;
	enum reroll_error error;
} meanings[] = {
	{SQLITE_CONSTRAINT_FOREIGNKEY, REROLL_ERROR_NOT_FOUND},
	{SQLITE_CONSTRAINT, REROLL_ERROR_CONFLICT},
	{SQLITE_CANTOPEN, REROLL_ERROR_CONFIG},
	{SQLITE_READONLY, REROLL_ERROR_CONFIG},
	{SQLITE_PERM, REROLL_ERROR_CONFIG},
	{SQLITE_NOTADB, REROLL_ERROR_CONFIG},
};

bool store_fail(struct store *store, GError **error)
{
	int extended = sqlite3_extended_errcode(store->db);
	enum reroll_error code = REROLL_ERROR_TEMP;
	g_autofree char *name = text_quote(store->name, -1);

	for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++) {
		if (meanings[i].code == extended ||
		    meanings[i].code == (extended & 0xff)) {
			code = meanings[i].error;
			break;
		}
	}
	g_set_error(error, REROLL_ERROR, (int)code, "the store %s says: %s",
		    name, sqlite3_errmsg(store->db));
	return false;
}

static int bind_cell(sqlite3_stmt *statement, int place,
		     const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_NUMBER:
		return sqlite3_bind_int64(statement, place, cell->number);
	case CELL_TEXT:
		return sqlite3_bind_text(statement, place, cell->data, -1,
					 SQLITE_STATIC);
	case CELL_BLOB:
		return sqlite3_bind_blob64(statement, place,
					   cell->data ? cell->data : "",
					   cell->len, SQLITE_STATIC);
	case CELL_END:
		break;
	}
	return SQLITE_MISUSE;
}

static sqlite3_stmt *query_prepare(struct store *store, enum query query,
				   const struct cell *cells, GError **error)
{
	sqlite3_stmt **statement = &store->statements[query];

	if (!*statement && sqlite3_prepare_v3(store->db, queries[query], -1,
					      SQLITE_PREPARE_PERSISTENT,
					      statement, NULL) != SQLITE_OK) {
		store_fail(store, error);
		return NULL;
	}
	for (int i = 0; cells && cells[i].kind != CELL_END; i++) {
		if (bind_cell(*statement, i + 1, &cells[i]) != SQLITE_OK) {
			store_fail(store, error);
			return NULL;
		}
	}
	return *statement;
}

bool query_row(struct store *store, enum query query, const struct cell *cells,
	       sqlite3_stmt **row, GError **error)
{
	sqlite3_stmt *statement = query_prepare(store, query, cells, error);
	int status = statement ? sqlite3_step(statement) : SQLITE_ERROR;

	*row = NULL;
	if (!statement)
		return false;
	if (status == SQLITE_ROW) {
		*row = statement;
		return true;
	}
	if (status != SQLITE_DONE)
		store_fail(store, error);
	sqlite3_reset(statement);
	return status == SQLITE_DONE;
}

bool query_run(struct store *store, enum query query, const struct cell *cells,
	       GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, query, cells, &row, error))
		return false;
	if (row)
		sqlite3_reset(row);
	return true;
}

char *column_text(sqlite3_stmt *row, int column)
{
	return g_strdup((const char *)sqlite3_column_text(row, column));
}

GBytes *column_bytes(sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		return NULL;
	return g_bytes_new(sqlite3_column_blob(row, column),
			   (gsize)sqlite3_column_bytes(row, column));
}

bool store_set_durability(struct store *store, enum durability durability,
			  GError **error)
{
	return query_run(store,
			 durability == WRITE_SYNCED ? QUERY_SYNCED : QUERY_KEPT,
			 NULL, error);
}

bool transaction_begin(struct store *store, GError **error)
{
	if (store->depth && sqlite3_get_autocommit(store->db)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the store has undone what it was doing");
		return false;
	}
	if (!query_run(store, store->depth ? QUERY_SAVEPOINT : QUERY_BEGIN,
		       NULL, error))
		return false;
	store->depth++;
	return true;
}

/*
 * A full disk or an I/O error may have rolled the transaction back already;
 * then there is nothing left to roll back.
 */
bool transaction_end(struct store *store, bool ok, GError **error)
{
	bool outer = --store->depth == 0;

	if (ok &&
	    query_run(store, outer ? QUERY_COMMIT : QUERY_RELEASE, NULL, error))
		return true;
	if (sqlite3_get_autocommit(store->db))
		return false;
	query_run(store, outer ? QUERY_ROLLBACK : QUERY_UNDO, NULL, NULL);
	if (!outer)
		query_run(store, QUERY_RELEASE, NULL, NULL);
	return false;
}
