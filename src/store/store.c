/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a store: whether the file is one, and bringing its schema up. */
#include "store/store-internal.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/base.h"

static bool store_exec(struct store *store, const char *sql, GError **error)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       store_fail(store, error);
}

bool store_number(struct store *store, const char *sql, int *number,
		  GError **error)
{
	sqlite3_stmt *statement = NULL;
	bool ok = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) ==
			  SQLITE_OK &&
		  sqlite3_step(statement) == SQLITE_ROW;

	if (ok)
		*number = sqlite3_column_int(statement, 0);
	else
		store_fail(store, error);
	sqlite3_finalize(statement);
	return ok;
}

bool store_refuse(const struct store *store, enum reroll_error code,
		  const char *why, GError **error)
{
	g_autofree char *name = text_quote(store->name, -1);

	g_set_error(error, REROLL_ERROR, (int)code, "%s %s", name, why);
	return false;
}

int store_newest_version(void)
{
	int newest = 0;

	for (const struct migration *step = migrations; step->sql; step++)
		newest = step->version;
	return newest;
}

/* Another program's database is left alone, however empty its schema. */
static bool store_check(struct store *store, int *version, GError **error)
{
	int application, tables;

	if (!store_number(store, "PRAGMA application_id", &application,
			  error) ||
	    !store_number(store, "PRAGMA user_version", version, error) ||
	    !store_number(store, "SELECT count(*) FROM sqlite_schema", &tables,
			  error))
		return false;
	if (application == STORE_APPLICATION_ID)
		return true;
	if (application != 0 || tables != 0)
		return store_refuse(store, REROLL_ERROR_CONFIG,
				    "is a database of another program", error);
	return true;
}

static bool migrate_from(struct store *store, int version, GError **error)
{
	g_autofree char *marks = NULL;
	int newest = store_newest_version();

	for (const struct migration *step = migrations; step->sql; step++) {
		if (step->version > version &&
		    !store_exec(store, step->sql, error))
			return false;
	}
	if (version > newest)
		return store_refuse(store, REROLL_ERROR_CONFIG,
				    "was written by a newer reroll: its schema "
				    "is not known here, run that version",
				    error);
	marks = g_strdup_printf("PRAGMA application_id = %d;"
				"PRAGMA user_version = %d",
				STORE_APPLICATION_ID, newest);
	return version == newest || store_exec(store, marks, error);
}

static bool store_migrate(struct store *store, GError **error)
{
	int version;

	if (!transaction_begin(store, error))
		return false;
	return transaction_end(store,
			       store_check(store, &version, error) &&
				       migrate_from(store, version, error),
			       error);
}

static bool store_set_up(struct store *store, const char *path, GError **error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	/* Mails are in it. Not open(): closing a second descriptor would drop
	 * the locks of another handle of this process. */
	if (path && mknod(path, S_IFREG | 0600, 0) != 0 && errno != EEXIST)
		return store_refuse(store, error_of_errno(errno),
				    g_strerror(errno), error);
	if (sqlite3_open_v2(path ? path : ":memory:", &store->db, flags,
			    NULL) != SQLITE_OK)
		return store_fail(store, error);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	return store_exec(store, "PRAGMA foreign_keys = ON", error) &&
	       store_migrate(store, error) &&
	       store_exec(store,
			  "PRAGMA journal_mode = WAL;"
			  "PRAGMA synchronous = FULL",
			  error);
}

struct store *store_open(const char *path, GError **error)
{
	g_autoptr(store_t) store = g_new0(struct store, 1);

	/* Absolute, so that no name means something special to SQLite. */
	store->name = path ? g_canonicalize_filename(path, NULL)
			   : g_strdup("in memory");
	if (!store_set_up(store, path ? store->name : NULL, error))
		return NULL;
	return g_steal_pointer(&store);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < QUERY_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	g_free(store->name);
	g_free(store);
}
