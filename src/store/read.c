/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a store to read it, beside the one who writes. */
#include "store/store-internal.h"

#include <errno.h>
#include <unistd.h>

#include "base/base.h"

/* Nothing is changed here: not even an older schema is brought up. */
static bool check(struct store *store, GError **error)
{
	int application, version;

	if (!store_number(store, "PRAGMA application_id", &application,
			  error) ||
	    !store_number(store, "PRAGMA user_version", &version, error))
		return false;
	if (application != STORE_APPLICATION_ID)
		return store_refuse(store, REROLL_ERROR_CONFIG,
				    "is no store of reroll", error);
	if (version > store_newest_version())
		return store_refuse(
			store, REROLL_ERROR_CONFIG,
			"was written by a newer reroll: run that version",
			error);
	if (version < store_newest_version())
		return store_refuse(
			store, REROLL_ERROR_CONFIG,
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
		       store_refuse(store, REROLL_ERROR_CONFIG, "is no file",
				    error);
	if (errno == ENOENT || errno == ENOTDIR)
		return store_refuse(store, REROLL_ERROR_NOT_FOUND,
				    "is not there: no daemon has run with this "
				    "state folder",
				    error);
	why = g_strdup_printf("cannot be read: %s; try it with sudo",
			      g_strerror(errno));
	return store_refuse(store, REROLL_ERROR_CONFIG, why, error);
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
