/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VACUUM INTO reads in one transaction, so the copy is of one moment and no
 * writer waits for it; and it leaves out what was deleted.
 */
#include "store/store-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

static bool fail_at(const char *path, const char *what, GError **error)
{
	g_autofree char *quoted = text_quote(path, -1);
	int code = errno == ENOSPC || errno == EIO || errno == EDQUOT
			   ? REROLL_ERROR_TEMP
			   : REROLL_ERROR_CONFIG;

	g_set_error(error, REROLL_ERROR, code, "the backup %s %s: %s", quoted,
		    what, g_strerror(errno));
	return false;
}

static bool copy(struct store *store, const char *to, GError **error)
{
	sqlite3_stmt *statement = NULL;
	bool ok = sqlite3_prepare_v2(store->db, "VACUUM main INTO ?1", -1,
				     &statement, NULL) == SQLITE_OK &&
		  sqlite3_bind_text(statement, 1, to, -1, SQLITE_STATIC) ==
			  SQLITE_OK &&
		  sqlite3_step(statement) == SQLITE_DONE;

	if (!ok)
		store_fail(store, error);
	sqlite3_finalize(statement);
	return ok;
}

/* The one row of a good copy says "ok". */
static bool check(const char *path, GError **error)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	const char *said = NULL;
	bool ok;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ==
		    SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement,
			       NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		said = (const char *)sqlite3_column_text(statement, 0);
	ok = said && strcmp(said, "ok") == 0;
	if (!ok)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the copy is damaged, and not kept: %s",
			    said ? said : sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return ok;
}

/* The name, and then the folder that has it, must outlive a loss of power. */
static bool publish(int fd, const char *made, const char *path, bool replace,
		    GError **error)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = folder >= 0 && fsync(fd) == 0 &&
		  renameat2(AT_FDCWD, made, AT_FDCWD, path,
			    replace ? 0 : RENAME_NOREPLACE) == 0 &&
		  fsync(folder) == 0;

	if (!ok)
		fail_at(path, "cannot be kept", error);
	if (folder >= 0)
		close(folder);
	return ok;
}

static bool refuse_existing(const char *path, GError **error)
{
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
		    "%s is there already: choose another name, or --force",
		    quoted);
	return false;
}

static bool refuse_store(const char *path, GError **error)
{
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
		    "%s is the store itself: choose another name", quoted);
	return false;
}

/* By whatever name. */
static bool is_store(const struct store *store, const char *path)
{
	struct stat one, other;

	return stat(store->name, &one) == 0 && stat(path, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool store_backup(struct store *store, const char *path, bool replace,
		  GError **error)
{
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);
	g_autofree char *made = g_strconcat(absolute, ".XXXXXX", NULL);
	bool ok;
	int fd;

	if (is_store(store, absolute))
		return refuse_store(path, error);
	if (!replace && g_file_test(absolute, G_FILE_TEST_EXISTS))
		return refuse_existing(path, error);
	fd = g_mkstemp_full(made, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_at(path, "cannot be made", error);
	ok = copy(store, made, error) && check(made, error) &&
	     publish(fd, made, absolute, replace, error);
	if (!ok)
		unlink(made);
	close(fd);
	return ok;
}
