// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * User 1000 inside is the user outside who runs bubblewrap. Root would be the
 * owner of the nodes of /dev and the files of /proc/sys without any capability,
 * so root becomes a user of no other use first. Since the way to the folders
 * may be closed to that one, they are mounted on STAGE before, in a mount
 * namespace of their own.
 */
#include <config.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build/sandbox-internal.h"

static void limit(int resource, guint64 value)
{
	const struct rlimit both = {.rlim_cur = value, .rlim_max = value};

	setrlimit(resource, &both);
}

/* Mount the folder of an open descriptor (-1: none) on a new one. */
static bool stage_folder(int fd, const char *at)
{
	return fd < 0 || (mkdir(at, 0755) == 0 && fchdir(fd) == 0 &&
			  mount(".", at, NULL, MS_BIND, NULL) == 0);
}

static int open_folder(const char *path)
{
	return path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

/*
 * The folders where any user gets to them. They are opened before STAGE covers
 * what may be the way to them.
 */
static bool stage_folders(const struct sandbox_spec *spec)
{
	int src, out;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	src = open_folder(spec->src.top);
	out = open_folder(spec->out.top);
	return (src >= 0 || !spec->src.top) && (out >= 0 || !spec->out.top) &&
	       mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV,
		     "mode=755") == 0 &&
	       stage_folder(src, STAGE_SRC) && stage_folder(out, STAGE_OUT) &&
	       chdir("/") == 0;
}

/*
 * Be somebody else. By system call: the library's way
 * would ask all threads of a process that here has one.
 */
static bool drop_root(void)
{
	if (syscall(SYS_setgroups, 0, NULL) < 0 ||
	    syscall(SYS_setresgid, SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) < 0 ||
	    syscall(SYS_setresuid, SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) < 0)
		return false;
	/* It was lost with the old user. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}
void sandbox_child_setup(gpointer data)
{
	static const char refused[] =
		"mounts for a build as another user are refused\n";
	const struct command *command = data;
	const struct sandbox_spec *spec = command->spec;

	limit(RLIMIT_CORE, 0);
	if (spec->output_bytes)
		limit(RLIMIT_FSIZE, spec->output_bytes);
	if (spec->memory_bytes && !cgroup_binds_memory(command->group))
		limit(RLIMIT_AS, spec->memory_bytes);
	if (command->group)
		cgroup_enter(command->group);
	if (command->is_root && (!stage_folders(spec) || !drop_root())) {
		if (write(STDERR_FILENO, refused, sizeof(refused) - 1) < 0)
			_exit(EXIT_FAILURE + 1);
		_exit(EXIT_FAILURE);
	}
}
