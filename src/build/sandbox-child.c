// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * User 1000 inside is the user outside who runs bubblewrap. Root would be the
 * owner of the nodes of /dev and the files of /proc/sys without any capability,
 * so root becomes a user of no other use first. Since the way to the folders
 * may be closed to that one, they are mounted on STAGE before, in a mount
 * namespace of their own. So are folders of two layers whoever we are:
 * bubblewrap cannot mount these.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build/sandbox-internal.h"

#define NICENESS 10
/* Addresses of 32 bits that an emulator keeps free, and its own. */
#define EMULATOR_BYTES (G_GUINT64_CONSTANT(5) << 30)
#define BINFMT "/proc/sys/fs/binfmt_misc"

static void limit(int resource, guint64 value)
{
	const struct rlimit both = {.rlim_cur = value, .rlim_max = value};

	setrlimit(resource, &both);
}

/*
 * Behind all else, for the processor and the disk. None of it can fail but
 * where the system has no such thing, and a build is no worse for that.
 */
static void be_nice(void)
{
	const struct sched_param none = {0};

	if (getpriority(PRIO_PROCESS, 0) < NICENESS)
		setpriority(PRIO_PROCESS, 0, NICENESS);
	sched_setscheduler(0, SCHED_BATCH, &none);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, IOPRIO_NR_LEVELS - 1));
}

/* Say what failed where the build's output goes, and end. */
static _Noreturn void refuse(const char *what)
{
	const char *why = strerrordesc_np(errno);
	const char *const parts[] = {what, why ? why : "unknown error", "\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
			break;
	}
	_exit(EXIT_FAILURE);
}

/*
 * No key of our session is the command's. Where we may not ask for another
 * keyring the command cannot look into this one.
 */
static void forget_keys(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
	    errno != ENOSYS && errno != EPERM)
		refuse("no keyring can be made: ");
}

static int open_folder(const char *path)
{
	return path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static char *put_fd(char *at, const char *key, int fd)
{
	char digits[12], *first = digits + sizeof(digits) - 1;

	for (*first = '\0'; fd > 9; fd /= 10)
		*--first = (char)('0' + fd % 10);
	*--first = (char)('0' + fd);
	return stpcpy(stpcpy(stpcpy(at, key), "/proc/self/fd/"), first);
}

/* One of the build's folders, its layers open (-1: none). */
struct stage {
	const char *at;
	bool writable;
	int top, lower, work;
};

/* They are opened in the mount namespace that they are mounted in. */
static bool stage_open(struct stage *stage, const struct layers *layers)
{
	const char *work = stage->writable ? layers->work : NULL;

	stage->top = open_folder(layers->top);
	stage->lower = open_folder(layers->lower);
	stage->work = open_folder(work);
	return (stage->top >= 0 || !layers->top) &&
	       (stage->lower >= 0 || !layers->lower) &&
	       (stage->work >= 0 || !work);
}

/*
 * By descriptor, as a path may hold what divides options. What a crash of the
 * machine would cost is of no use then: no sync (volatile). Folders of the
 * lower one are not renamed but copied: what top says is all there is to know.
 */
static bool mount_overlay(const struct stage *stage, bool is_root)
{
	char options[256], *at = options;

	if (stage->writable) {
		at = put_fd(at, "lowerdir=", stage->lower);
		at = put_fd(at, ",upperdir=", stage->top);
		at = put_fd(at, ",workdir=", stage->work);
		at = stpcpy(at, ",volatile");
	} else {
		at = put_fd(at, "lowerdir=", stage->top);
		at = put_fd(at, ":", stage->lower);
	}
	at = stpcpy(at, ",redirect_dir=nofollow,index=off,metacopy=off");
	if (!is_root)
		stpcpy(at, ",userxattr");
	return mount("overlay", stage->at, "overlay", MS_NOSUID | MS_NODEV,
		     options) == 0;
}

static bool mount_folder(const struct stage *stage)
{
	return fchdir(stage->top) == 0 &&
	       mount(".", stage->at, NULL, MS_BIND, NULL) == 0;
}

static void mount_stage(const struct stage *stage, bool is_root)
{
	if (stage->top < 0)
		return;
	if (mkdir(stage->at, 0755) < 0)
		refuse("a folder to mount on cannot be made: ");
	if (stage->lower >= 0 && !mount_overlay(stage, is_root))
		refuse("overlayfs cannot be mounted: ");
	if (stage->lower < 0 && !mount_folder(stage))
		refuse("a folder cannot be mounted: ");
}

/*
 * The folders where any user gets to them. They are opened before STAGE covers
 * what may be the way to them.
 */
static void stage_folders(const struct command *command)
{
	const struct sandbox_spec *spec = command->spec;
	struct stage src = {.at = STAGE_SRC, .writable = spec->src_writable};
	struct stage out = {.at = STAGE_OUT, .writable = true};
	struct stage root = {.at = STAGE_ROOT};
	const struct layers system = {.top = spec->root};
	struct stage inputs = {.at = STAGE_INPUTS};
	const struct layers inputs_layers = {.top = spec->inputs};

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		refuse("mounts cannot be made private: ");
	if (!stage_open(&src, &spec->src) || !stage_open(&out, &spec->out) ||
	    !stage_open(&root, &system) || !stage_open(&inputs, &inputs_layers))
		refuse("a folder of the build cannot be opened: ");
	if (mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") <
	    0)
		refuse("no tmpfs can be mounted on " STAGE ": ");
	mount_stage(&src, command->is_root);
	mount_stage(&out, command->is_root);
	mount_stage(&root, command->is_root);
	mount_stage(&inputs, command->is_root);
	if (chdir("/") < 0)
		refuse("/ cannot be entered: ");
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 &&
		  write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/*
 * Who is not root may mount in a user namespace, where they stay who they are.
 * The maps were written down before the fork.
 */
static void enter_namespaces(const struct command *command)
{
	if (unshare(command->is_root ? CLONE_NEWNS
				     : CLONE_NEWUSER | CLONE_NEWNS) < 0)
		refuse("no namespace can be made to mount in: ");
	if (!command->is_root &&
	    (!write_text("/proc/self/setgroups", "deny") ||
	     !write_text("/proc/self/uid_map", command->uid_map) ||
	     !write_text("/proc/self/gid_map", command->gid_map)))
		refuse("the user cannot be kept in a namespace: ");
}

/*
 * Be somebody else. By system call: the library's way would ask all threads of
 * a process that here has one.
 */
static void drop_root(const struct command *command)
{
	if (syscall(SYS_setgroups, command->n_device_gids,
		    command->device_gids) < 0 ||
	    syscall(SYS_setresgid, SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) < 0 ||
	    syscall(SYS_setresuid, SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) < 0)
		refuse("root cannot become another user: ");
}

/*
 * A namespace with programs of its own: what binfmt_misc is told there, the
 * rest of the machine never sees. Only its root may tell, and bubblewrap takes
 * that right away again. The files of /proc/self are not ours after drop_root()
 * until we may be traced.
 */
static void register_emulator(const struct command *command)
{
	if (prctl(PR_SET_DUMPABLE, 1) < 0 ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
	    !write_text("/proc/self/setgroups", "deny") ||
	    !write_text("/proc/self/uid_map", command->root_uid_map) ||
	    !write_text("/proc/self/gid_map", command->root_gid_map))
		refuse("no namespace can be made for an emulator: ");
	if (mount("binfmt_misc", BINFMT, "binfmt_misc",
		  MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		refuse("binfmt_misc cannot be mounted for an emulator, Linux "
		       "6.7 and later can: ");
	if (!write_text(BINFMT "/register", command->spec->emulator))
		refuse("the emulator cannot be registered: ");
}

void sandbox_child_setup(gpointer data)
{
	const struct command *command = data;
	const struct sandbox_spec *spec = command->spec;

	if (spec->nice)
		be_nice();
	limit(RLIMIT_CORE, 0);
	if (spec->output_bytes)
		limit(RLIMIT_FSIZE, spec->output_bytes);
	if (spec->memory_bytes && !cgroup_binds_memory(command->group))
		limit(RLIMIT_AS, spec->memory_bytes +
					 (spec->emulator ? EMULATOR_BYTES : 0));
	if (command->group)
		cgroup_enter(command->group);
	if (!spec->none)
		forget_keys();
	if (command->staged) {
		enter_namespaces(command);
		stage_folders(command);
	}
	if (command->is_root)
		drop_root(command);
	if (spec->emulator)
		register_emulator(command);
	if (!command->staged && !spec->emulator)
		return;
	/* It may be lost with the old user. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		refuse("the sandbox would outlive its parent: ");
}
