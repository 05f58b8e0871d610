// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* EAGAIN is also that somebody has a lease of the file, and keeps it. */
#define ASKED_MOST 1000

bool file_write_all(int fd, const void *data, gsize len)
{
	const char *rest = data;

	while (len > 0) {
		ssize_t done = write(fd, rest, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		rest += done;
		len -= (gsize)done;
	}
	return true;
}

int file_open_how(int top, const char *path, const struct open_how *how)
{
	int fd = -1;

	for (guint i = 0; i < ASKED_MOST && fd < 0; i++) {
		fd = (int)syscall(SYS_openat2, top, path, how, sizeof(*how));
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	return fd;
}

int file_open_beneath(int top, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (guint64)flags | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_SYMLINKS,
	};

	return file_open_how(top, *path ? path : ".", &how);
}

bool file_be_like(int fd, const struct stat *like)
{
	const struct timespec times[] = {like->st_atim, like->st_mtim};

	return (geteuid() != 0 ||
		fchown(fd, like->st_uid, like->st_gid) == 0) &&
	       fchmod(fd, like->st_mode & 07777) == 0 &&
	       futimens(fd, times) == 0;
}
