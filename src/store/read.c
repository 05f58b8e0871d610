/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a store to read it, beside the one who writes. */
#include "store/store-internal.h"

#include <errno.h>
#include <unistd.h>

#include "base/base.h"

static bool refuse(const struct store *store, enum reroll_error code,
		   const char *why, GError **error)
{
	g_autofree char *name = text_quote(store->name, -1);

	g_set_error(error, REROLL_ERROR, (int)code, "%s %s", name, why);
	return false;
}

static int newest_version(void)
{
	int newest = 0;

	for (const struct migration *step = migrations; step->sql; step++)
		newest = step->version;
	return newest;
}

static bool read_number(struct store *store, const char *sql, int *number,
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

/* Nothing is changed here: not even an older schema is brought up. */
static bool check(struct store *store, GError **error)
{
	int application, version;

	if (!read_number(store, "PRAGMA application_id", &application, error) ||
	    !read_number(store, "PRAGMA user_version", &version, error))
		return false;
	if (application != STORE_APPLICATION_ID)
		return refuse(store, REROLL_ERROR_CONFIG,
			      "is no store of reroll", error);
	if (version > newest_version())
		return refuse(store, REROLL_ERROR_CONFIG,
			      "was written by a newer reroll: run that version",
			      error);
	if (version < newest_version())
		return refuse(store, REROLL_ERROR_CONFIG,
			      "was written by an older reroll: start \"reroll "
			      "serve\" of this version, which brings it up",
			      error);
	return true;
}

/* SQLite would not say why. */
static bool check_file(const struct store *store, GError **error)
{
	g_autofree char *why = NULL;

	if (access(store->name, R_OK) == 0)
		return g_file_test(store->name, G_FILE_TEST_IS_REGULAR) ||
		       refuse(store, REROLL_ERROR_CONFIG, "is no file", error);
	if (errno == ENOENT || errno == ENOTDIR)
		return refuse(store, REROLL_ERROR_NOT_FOUND,
			      "is not there: no daemon has run with this "
			      "state folder",
			      error);
	why = g_strdup_printf("cannot be read: %s; try it with sudo",
			      g_strerror(errno));
	return refuse(store, REROLL_ERROR_CONFIG, why, error);
}

struct store *store_open_read(const char *path, GError **error)
{
	g_autoptr(store_t) store = g_new0(struct store, 1);

	store->name = g_canonicalize_filename(path, NULL);
	if (!check_file(store, error))
		return NULL;
	if (sqlite3_open_v2(store->name, &store->db, SQLITE_OPEN_READONLY,
			    NULL) != SQLITE_OK) {
		store_fail(store, error);
		return NULL;
	}
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	return check(store, error) ? g_steal_pointer(&store) : NULL;
}
