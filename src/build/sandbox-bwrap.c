// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a sandboxed command sees: the system's programs and libraries, of /etc
 * what these ask for, its folders, and a /tmp, /dev and /proc of its own. All
 * but its folders and /tmp is read-only.
 */
#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "build/build-internal.h"
#include "build/sandbox-internal.h"

#define TMP_BYTES (G_GUINT64_CONSTANT(1) << 30)

static const char path_env[] = "PATH=" BUILD_PATH;

const char *const sandbox_env[] = {
	path_env,
	"HOME=/tmp",
	"LC_ALL=C",
	"TZ=UTC",
	"USER=reroll",
	"KBUILD_BUILD_TIMESTAMP=1970-01-01 00:00:00 UTC",
	"KBUILD_BUILD_USER=reroll",
	"KBUILD_BUILD_HOST=reroll",
	"KBUILD_BUILD_VERSION=1", /* else make counts on from the base's */
	NULL,
};

/* Of /etc only what compilers, linkers and interpreters ask for. */
static const char *const etc_files[] = {
	"/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf",
	"/etc/ld.so.conf.d", "/etc/perl",	 "/etc/python3",
	"/etc/localtime",
};

/* A folder of the system, or the symlink that stands for it. */
static const char *const system_folders[] = {
	"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
};

static const struct {
	const char *path, *content;
} made_files[] = {
	{"/etc/passwd", "reroll:x:1000:1000:reroll:/tmp:/bin/sh\n"},
	{"/etc/group", "reroll:x:1000:\n"},
};
static void add(struct command *command, const char *first,
		...) G_GNUC_NULL_TERMINATED;

static void add(struct command *command, const char *first, ...)
{
	va_list words;

	va_start(words, first);
	for (const char *word = first; word; word = va_arg(words, const char *))
		g_ptr_array_add(command->argv, g_strdup(word));
	va_end(words);
}

static void add_fd(struct command *command, int fd)
{
	g_array_insert_val(command->fds, command->fds->len - 1, fd);
}

/* Where bubblewrap finds a path of the system, and where we do. */
static char *system_path(const struct command *command, const char *path)
{
	const char *root = command->spec->root;

	return g_strconcat(!root	     ? ""
			   : command->staged ? STAGE_ROOT
					     : root,
			   path, NULL);
}

static void add_system_path(struct command *command, const char *option,
			    const char *path)
{
	g_autofree char *from = system_path(command, path);

	add(command, option, from, path, NULL);
}

static void add_system(struct command *command)
{
	const char *root = command->spec->root;

	add_system_path(command, "--ro-bind", "/usr");
	for (gsize i = 0; i < G_N_ELEMENTS(system_folders); i++) {
		const char *folder = system_folders[i];
		g_autofree char *path = g_strconcat(root ? root : "", folder,
						    NULL);
		g_autofree char *target = g_file_read_link(path, NULL);

		if (target)
			add(command, "--symlink", target, folder, NULL);
		else
			add_system_path(command, "--ro-bind-try", folder);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(etc_files); i++)
		add_system_path(command, "--ro-bind-try", etc_files[i]);
	for (const char *const *path = command->spec->read_only; path && *path;
	     path++)
		add(command, "--ro-bind", *path, *path, NULL);
}

/* A file that the sandbox alone has; without it nothing worse than no name. */
static void add_made_file(struct command *command, const char *path,
			  const char *content)
{
	g_autofree char *number = NULL;
	int fd = memfd_create("reroll", MFD_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, content, strlen(content)) != (ssize_t)strlen(content) ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return;
	}
	number = g_strdup_printf("%d", fd);
	add(command, "--ro-bind-data", number, path, NULL);
	add_fd(command, fd);
}

static void add_private(struct command *command)
{
	guint64 memory = command->spec->memory_bytes;
	g_autofree char *size = g_strdup_printf(
		"%" G_GUINT64_FORMAT,
		memory ? MIN(memory / 2, TMP_BYTES) : TMP_BYTES);

	add(command, "--proc", "/proc", "--remount-ro", "/proc", "--dev",
	    "/dev", "--size", size, "--tmpfs", "/dev/shm", NULL);
	for (const char *const *path = command->spec->devices; path && *path;
	     path++)
		add(command, "--dev-bind-try", *path, *path, NULL);
	add(command, "--remount-ro", "/dev", "--perms", "1777", "--size", size,
	    "--tmpfs", "/tmp", NULL);
}

static void add_folders(struct command *command)
{
	const struct sandbox_spec *spec = command->spec;

	if (spec->src.top)
		add(command, spec->src_writable ? "--bind" : "--ro-bind",
		    command->staged ? STAGE_SRC : spec->src.top, SANDBOX_SRC,
		    NULL);
	if (spec->out.top)
		add(command, "--bind",
		    command->staged ? STAGE_OUT : spec->out.top, SANDBOX_OUT,
		    NULL);
	if (spec->inputs)
		add(command, "--ro-bind",
		    command->staged ? STAGE_INPUTS : spec->inputs,
		    SANDBOX_INPUTS, NULL);
	add(command, "--remount-ro", "/", NULL);
	if (spec->cwd)
		add(command, "--chdir", spec->cwd, NULL);
}

static void add_env(struct command *command, const char *const *env)
{
	for (; env && *env; env++) {
		const char *equals = strchr(*env, '=');
		g_autofree char *name = equals ? g_strndup(
							 *env,
							 (gsize)(equals - *env))
					       : NULL;

		if (name)
			add(command, "--setenv", name, equals + 1, NULL);
	}
}

static void add_bwrap(struct command *command)
{
	g_autofree char *status = g_strdup_printf("%d", command->status_fds[1]);

	add(command, "--unshare-all", "--unshare-user", "--disable-userns",
	    "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname",
	    "reroll", "--die-with-parent", "--new-session", "--json-status-fd",
	    status, "--clearenv", NULL);
	add_fd(command, command->status_fds[1]);
	add_env(command, sandbox_env);
	add_env(command, command->spec->env);
	add_system(command);
	for (gsize i = 0; i < G_N_ELEMENTS(made_files); i++)
		add_made_file(command, made_files[i].path,
			      made_files[i].content);
	add_private(command);
	add_folders(command);
	add(command, "--", NULL);
}

static void add_command(struct command *command)
{
	const struct sandbox_spec *spec = command->spec;

	if (spec->processes && !cgroup_binds_processes(command->group)) {
		g_autofree char *limit = g_strdup_printf(
			"--nproc=%" G_GUINT64_FORMAT, spec->processes);

		add(command, "prlimit", limit, "--", NULL);
	}
	for (const char *const *word = spec->argv; *word; word++)
		add(command, *word, NULL);
	g_ptr_array_add(command->argv, NULL);
}
static bool find_bwrap(struct command *command, GError **error)
{
	char *path = g_find_program_in_path("bwrap");

	if (path) {
		g_ptr_array_add(command->argv, path);
		return true;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "bubblewrap is not installed: apt-get install bubblewrap");
	return false;
}
bool sandbox_write_argv(struct command *command, GError **error)
{
	if (!command->spec->none) {
		if (!find_bwrap(command, error))
			return false;
		add_bwrap(command);
	}
	add_command(command);
	return true;
}
