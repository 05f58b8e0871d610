/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a store as it is at one moment, while others write to it. See
 * store.h for threads.
 *
 * The copy is made beside `path`, mode 600, checked by SQLite from its first
 * page to its last, synced, and only then given its name.
 * Errors: CONFLICT `path` exists and `replace` is not set; TEMP the disk, or
 * the copy is damaged; CONFIG it cannot be made there.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <glib.h>
#include <stdbool.h>

struct store;

bool store_backup(struct store *store, const char *path, bool replace,
		  GError **error);

#endif
