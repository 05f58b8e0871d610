/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the keep share. */
#ifndef BUILD_KEEP_INTERNAL_H
#define BUILD_KEEP_INTERNAL_H

#include "build/keep.h"

#define KEEP_LOCK_SUFFIX ".lock"
#define KEEP_NEW_SUFFIX ".new" /* of what is being made */
#define KEEP_FILES_NAME "files"

struct keep {
	char *dir, *wanted;
	_Atomic guint64 limit_bytes;
	GMutex mutex;
	const struct snapshot_ops *ops; /* once one was needed */
};

/* False, with TEMP: "PATH cannot be WHAT: why", of errno. */
bool keep_fail(GError **error, const char *path, const char *what);

/* To be freed. */
char *keep_path(const struct keep *keep, const char *kind, const char *key,
		const char *suffix);

/*
 * The lock at once (LOCK_SH or LOCK_EX), or -1 with EWOULDBLOCK when somebody
 * else has it.
 */
int keep_try_lock(const char *path, int how);

bool keep_is_folder(const char *path);

#endif
