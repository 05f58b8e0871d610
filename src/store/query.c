/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few ways to run a statement of queries.c: prepared on first use and kept.
 */
#include "store/store-internal.h"

#include <sys/statvfs.h>

#include "base/base.h"

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

/* SQLite does not say so of a file that it could not make. */
static bool is_full(const char *path)
{
	struct statvfs at;

	return statvfs(path, &at) == 0 &&
	       (at.f_bavail == 0 || (at.f_files && at.f_favail == 0));
}

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
	if ((extended & 0xff) == SQLITE_CANTOPEN && is_full(store->name))
		code = REROLL_ERROR_TEMP;
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

bool query_next(struct store *store, sqlite3_stmt **row, GError **error)
{
	int status = sqlite3_step(*row);

	if (status == SQLITE_ROW)
		return true;
	if (status != SQLITE_DONE)
		store_fail(store, error);
	sqlite3_reset(*row);
	*row = NULL;
	return status == SQLITE_DONE;
}

bool query_texts(struct store *store, enum query query,
		 const struct cell *cells, GPtrArray **texts, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	sqlite3_stmt *row;

	if (!query_row(store, query, cells, &row, error))
		return false;
	while (row) {
		g_ptr_array_add(found, column_text(row, 0));
		if (!query_next(store, &row, error))
			return false;
	}
	*texts = g_steal_pointer(&found);
	return true;
}

bool query_number(struct store *store, enum query query,
		  const struct cell *cells, gint64 *number, GError **error)
{
	sqlite3_stmt *row;

	*number = 0;
	if (!query_row(store, query, cells, &row, error))
		return false;
	if (row) {
		*number = sqlite3_column_int64(row, 0);
		sqlite3_reset(row);
	}
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
