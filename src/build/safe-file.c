// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/safe-file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

#define INODE_BYTES 256

int safe_file_open(const char *dir, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int fd;

	if (top < 0)
		return -1;
	fd = file_open_how(top, path, &how);
	close(top);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -1;
}

char *safe_file_take(int fd, gsize limit_bytes)
{
	g_autofree char *data = NULL;
	struct stat st;
	gsize len = 0;

	if (fstat(fd, &st) < 0 || st.st_size < 0 ||
	    (guint64)st.st_size > limit_bytes) {
		close(fd);
		return NULL;
	}
	data = g_malloc((gsize)st.st_size + 1);
	while (len < (gsize)st.st_size) {
		ssize_t n = read(fd, data + len, (gsize)st.st_size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (gsize)n;
	}
	close(fd);
	data[len] = '\0';
	return g_steal_pointer(&data);
}

/* Of one file or folder: what it takes on disk, and something for its inode. */
static guint64 entry_size(const FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return entry->fts_errno == ENOENT ? 0 : G_MAXUINT32;
	case FTS_DP:
		return 0;
	default:
		return INODE_BYTES + (guint64)entry->fts_statp->st_blocks * 512;
	}
}

/* Several things may be one file: it is no thing's own. */
static bool is_shared(const FTSENT *entry)
{
	return entry->fts_info == FTS_F && entry->fts_statp->st_nlink > 1 &&
	       (entry->fts_statp->st_mode & 0222) == 0;
}

guint64 folder_size_own(const char *dir)
{
	g_autofree char *path = g_strdup(dir);
	char *paths[] = {path, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	guint64 size = 0;
	FTSENT *entry;

	while (fts && (entry = fts_read(fts)))
		size += is_shared(entry) ? 0 : entry_size(entry);
	if (fts)
		fts_close(fts);
	return size;
}

guint64 folder_size(const char *dir, guint64 enough)
{
	g_autofree char *path = g_strdup(dir);
	char *paths[] = {path, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	guint64 size = 0;
	FTSENT *entry;

	if (!fts)
		return 0;
	while (size < enough && (entry = fts_read(fts)))
		size += entry_size(entry);
	fts_close(fts);
	return size;
}

bool folder_give(const char *dir, uid_t uid)
{
	g_autofree char *path = g_strdup(dir);
	char *paths[] = {path, NULL};
	struct stat st;
	FTSENT *entry;
	bool ok = true;
	FTS *fts;

	if (stat(dir, &st) < 0)
		return false;
	if (st.st_uid == uid)
		return true;
	fts = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	if (!fts)
		return false;
	while (ok && (entry = fts_read(fts)))
		ok = entry->fts_info == FTS_D ||
		     lchown(entry->fts_path, uid, (gid_t)uid) == 0;
	fts_close(fts);
	return ok;
}
