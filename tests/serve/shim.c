/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into reroll by the crash tests; what it does the environment says.
 *
 * SHIM_DISK=DIR: DIR is the disk as it would be found after a loss of power. At
 * each fsync() of a file its bytes go to DIR/inode.N, at each of a folder its
 * names to DIR/folder.N, a line "INODE NAME" each. Nothing else gets there: so
 * what was only written, named or removed is lost, and renames are unordered.
 *
 * SHIM_CLOCK=FILE: once FILE is there the wall clock is an hour back.
 *
 * SHIM_AHEAD=FILE: every clock is ahead by as many seconds as the number in
 * FILE says, 8 bytes in the machine's order, which may change at any time. Who
 * sleeps finds that out when something else has woken it.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define HOUR_S 3600

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Whole or not at all: the tests may look meanwhile. */
static int open_kept(const char *kind, ino_t inode, char *path, size_t size)
{
	snprintf(path, size, "%s/%s.%llu", getenv("SHIM_DISK"), kind,
		 (unsigned long long)inode);
	strncat(path, ".new", size - strlen(path) - 1);
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void close_kept(int to, char *path)
{
	char name[4096];

	close(to);
	snprintf(name, sizeof(name), "%.*s", (int)strlen(path) - 4, path);
	rename(path, name);
}

static void keep_file(int fd, const struct stat *st)
{
	char path[4096], buffer[65536];
	int to = open_kept("inode", st->st_ino, path, sizeof(path));
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, buffer, sizeof(buffer), at)) > 0) {
		if (write(to, buffer, (size_t)n) != n)
			abort();
		at += n;
	}
	close_kept(to, path);
}

static void keep_folder(int fd, const struct stat *st)
{
	char path[4096], self[64];
	int to = open_kept("folder", st->st_ino, path, sizeof(path));
	struct dirent *entry;
	DIR *dir;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	dir = opendir(self);
	while (dir && (entry = readdir(dir)))
		dprintf(to, "%llu %s\n", (unsigned long long)entry->d_ino,
			entry->d_name);
	if (dir)
		closedir(dir);
	close_kept(to, path);
}

static void keep(int fd)
{
	struct stat st;

	if (!getenv("SHIM_DISK") || fstat(fd, &st) != 0)
		return;
	if (S_ISREG(st.st_mode))
		keep_file(fd, &st);
	else if (S_ISDIR(st.st_mode))
		keep_folder(fd, &st);
}

int fsync(int fd)
{
	keep(fd);
	return 0;
}

int fdatasync(int fd)
{
	keep(fd);
	return 0;
}

static time_t back(void)
{
	const char *file = getenv("SHIM_CLOCK");

	return file && access(file, F_OK) == 0 ? HOUR_S : 0;
}

static const volatile long long *ahead;

__attribute__((constructor)) static void map_ahead(void)
{
	const char *file = getenv("SHIM_AHEAD");
	int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*ahead), PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		ahead = map;
	close(fd);
}

static bool is_of_the_world(clockid_t clock)
{
	return clock != CLOCK_PROCESS_CPUTIME_ID &&
	       clock != CLOCK_THREAD_CPUTIME_ID;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
	static int (*next)(clockid_t, struct timespec *);
	int result;

	if (!next)
		next = (int (*)(clockid_t, struct timespec *))real(
			"clock_gettime");
	result = next(clock, at);
	if (clock == CLOCK_REALTIME)
		at->tv_sec -= back();
	if (ahead && is_of_the_world(clock))
		at->tv_sec += (time_t)*ahead;
	return result;
}

time_t time(time_t *to)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	if (to)
		*to = at.tv_sec;
	return at.tv_sec;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	struct timespec at;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &at);
	to->tv_sec = at.tv_sec;
	to->tv_usec = at.tv_nsec / 1000;
	return 0;
}
