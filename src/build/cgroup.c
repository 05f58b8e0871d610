// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Groups are named reroll-NAMESPACE-PID-N and live for one command; those of a
 * process that was killed are removed by the next one's of the same namespace,
 * since in another one the number says nothing. Of version 2 only a
 * folder whose cgroup.subtree_control has what we need is of use: our own, or
 * the one above (a process may not share a group with children that have
 * controllers, so a user's session often keeps us in a leaf).
 */
#include <config.h>

#include "build/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

#define PREFIX "reroll-"
#define FOLDERS_MOST 3
#define NICE_WEIGHT "10"  /* of 100, version 2 */
#define NICE_SHARES "102" /* of 1024, version 1 */
#define EMPTY_WAIT_MS 5000

struct folder {
	char *path;
	int procs_fd;
	bool memory, processes, share; /* what it binds */
};

struct cgroup {
	struct folder folders[FOLDERS_MOST];
	guint n;
};

static bool write_value(const char *folder, const char *file, const char *value)
{
	g_autofree char *path = g_build_filename(folder, file, NULL);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	close(fd);
	return ok;
}

static char *read_value(const char *folder, const char *file)
{
	g_autofree char *path = g_build_filename(folder, file, NULL);
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

/* The number after `key` in "key 3\n..." lines; 0 when it is not there. */
static guint64 keyed_value(const char *folder, const char *file,
			   const char *key)
{
	g_autofree char *text = read_value(folder, file);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", 0);

	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, key) && (*line)[strlen(key)] == ' ')
			return g_ascii_strtoull(*line + strlen(key), NULL, 10);
	}
	return 0;
}

static bool has_word(const char *text, const char *word, const char *between)
{
	g_auto(GStrv) words = g_strsplit_set(text ? text : "", between, 0);

	return g_strv_contains((const char *const *)words, word);
}

/* Our group's path of a controller, "" for version 2, from /proc/self/cgroup.
 */
static char *own_path(const char *controller)
{
	g_autofree char *text = read_value("/proc/self", "cgroup");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", 0);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) parts = g_strsplit(*line, ":", 3);

		if (g_strv_length(parts) == 3 &&
		    has_word(parts[1], controller, ","))
			return g_strdup(parts[2]);
	}
	return NULL;
}

/*
 * The folder of our group. A line of mountinfo is "ID PARENT DEV ROOT POINT
 * ... - TYPE SOURCE OPTIONS"; of version 1 the options name the controller.
 */
static char *own_folder(const char *controller)
{
	g_autofree char *text = read_value("/proc/self", "mountinfo");
	g_autofree char *path = own_path(controller);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", 0);
	const char *type = *controller ? "cgroup" : "cgroup2";

	for (char **line = lines; path && *line; line++) {
		g_auto(GStrv) parts = g_strsplit(*line, " - ", 2);
		g_auto(GStrv) left = NULL, right = NULL;

		if (g_strv_length(parts) != 2)
			continue;
		left = g_strsplit(parts[0], " ", 0);
		right = g_strsplit(parts[1], " ", 3);
		if (g_strv_length(left) < 5 || g_strv_length(right) < 3 ||
		    strcmp(right[0], type) != 0 ||
		    (*controller && !has_word(right[2], controller, ",")))
			continue;
		if (g_str_has_prefix(path, left[3]) &&
		    strcmp(left[3], "/") != 0)
			return g_build_filename(left[4], path + strlen(left[3]),
						NULL);
		return g_build_filename(left[4], path, NULL);
	}
	return NULL;
}

/* "reroll-4026531836-": what the groups of this namespace begin with. */
static char *own_prefix(void)
{
	g_autofree char *link = g_file_read_link("/proc/self/ns/pid", NULL);
	const char *number = link ? strchr(link, '[') : NULL;

	return g_strdup_printf(PREFIX "%" G_GUINT64_FORMAT "-",
			       number ? g_ascii_strtoull(number + 1, NULL, 10)
				      : 0);
}

/* What processes of ours that are gone have left; one in use stays. */
static void sweep(const char *parent, const char *prefix)
{
	g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = NULL;
		int pid;

		if (!g_str_has_prefix(name, prefix))
			continue;
		pid = atoi(name + strlen(prefix));
		path = g_build_filename(parent, name, NULL);
		if (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH)
			rmdir(path);
	}
}

/* A group in `parent`, with its cgroup.procs open; false: it cannot be made. */
static bool folder_make(struct folder *folder, const char *parent)
{
	static guint counter;
	g_autofree char *prefix = own_prefix();
	g_autofree char *path = g_strdup_printf(
		"%s/%s%d-%u", parent, prefix, (int)getpid(),
		(guint)g_atomic_int_add(&counter, 1));
	g_autofree char *procs = g_build_filename(path, "cgroup.procs", NULL);

	sweep(parent, prefix);
	if (mkdir(path, 0755) < 0)
		return false;
	folder->procs_fd = open(procs, O_RDWR | O_CLOEXEC);
	if (folder->procs_fd < 0) {
		rmdir(path);
		return false;
	}
	folder->path = g_steal_pointer(&path);
	return true;
}

static bool set_number(const char *folder, const char *file, guint64 value)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);

	return write_value(folder, file, text);
}

static void kill_members(const struct folder *folder)
{
	g_autofree char *text = read_value(folder->path, "cgroup.procs");
	g_auto(GStrv) pids = g_strsplit(text ? text : "", "\n", 0);

	if (write_value(folder->path, "cgroup.kill", "1"))
		return;
	for (char **pid = pids; *pid; pid++) {
		int n = atoi(*pid);

		if (n > 1)
			kill(n, SIGKILL);
	}
}

/* Killed processes leave their group a moment later: rmdir says when. */
static void folder_clear(struct folder *folder)
{
	gint64 end_ms = clock_monotonic_ms() + EMPTY_WAIT_MS;

	write_value(folder->path, "pids.max", "0"); /* no forks any more */
	while (rmdir(folder->path) < 0 && errno == EBUSY &&
	       clock_monotonic_ms() < end_ms) {
		kill_members(folder);
		g_usleep(1000);
	}
	close(folder->procs_fd);
	g_free(folder->path);
}

void cgroup_free(struct cgroup *group)
{
	if (!group)
		return;
	for (guint i = 0; i < group->n; i++)
		folder_clear(&group->folders[i]);
	g_free(group);
}

void cgroup_enter(const struct cgroup *group)
{
	static const char refused[] = "the control group cannot be entered\n";

	for (guint i = 0; i < group->n; i++) {
		if (write(group->folders[i].procs_fd, "0", 1) == 1)
			continue;
		if (write(STDERR_FILENO, refused, sizeof(refused) - 1) < 0)
			_exit(EXIT_FAILURE + 1);
		_exit(EXIT_FAILURE);
	}
}

static void enter_setup(gpointer group)
{
	cgroup_enter(group);
}

/* Whether a process can move in: rights on the way there decide, too. */
static bool can_enter(struct cgroup *group)
{
	const char *const argv[] = {"true", NULL};
	const struct process_spec spec = {.argv = argv,
					  .deadline_ms = 5000,
					  .child_setup = enter_setup,
					  .child_setup_data = group};
	g_autoptr(process_result_t) result = process_run(&spec, NULL, NULL);

	return result && process_result_ok(result);
}

static bool limit_memory(struct folder *folder, guint64 bytes)
{
	if (!bytes)
		return false;
	if (set_number(folder->path, "memory.max", bytes)) {
		write_value(folder->path, "memory.swap.max", "0");
		return true;
	}
	if (!set_number(folder->path, "memory.limit_in_bytes", bytes))
		return false;
	set_number(folder->path, "memory.memsw.limit_in_bytes", bytes);
	return true;
}

static bool limit_processes(struct folder *folder, guint64 processes)
{
	return processes && set_number(folder->path, "pids.max", processes);
}

static bool limit_share(struct folder *folder, bool nice)
{
	return nice && (write_value(folder->path, "cpu.weight", NICE_WEIGHT) ||
			write_value(folder->path, "cpu.shares", NICE_SHARES));
}

static void try_folder(struct cgroup *group, const char *parent,
		       const struct cgroup_limits *limits)
{
	struct folder *folder = &group->folders[group->n];

	if (!parent || group->n == FOLDERS_MOST || !folder_make(folder, parent))
		return;
	folder->memory = limit_memory(folder, limits->memory_bytes);
	folder->processes = limit_processes(folder, limits->processes);
	folder->share = limit_share(folder, limits->nice);
	if (folder->memory || folder->processes || folder->share)
		group->n++;
	else
		folder_clear(folder);
}

static void try_version_2(struct cgroup *group,
			  const struct cgroup_limits *limits)
{
	g_autofree char *own = own_folder("");
	g_autofree char *above = own ? g_path_get_dirname(own) : NULL;
	const char *const parents[] = {own, above};

	for (gsize i = 0; i < G_N_ELEMENTS(parents) && own && !group->n; i++) {
		g_autofree char *control = read_value(parents[i],
						      "cgroup.subtree_control");

		if (has_word(control, "pids", " \n") ||
		    has_word(control, "memory", " \n") ||
		    has_word(control, "cpu", " \n"))
			try_folder(group, parents[i], limits);
	}
}

/* Controllers that are mounted together share a folder, and so a group. */
static void try_version_1(struct cgroup *group,
			  const struct cgroup_limits *limits)
{
	const struct {
		const char *name;
		bool wanted;
	} controllers[FOLDERS_MOST] = {
		{"pids", limits->processes > 0},
		{"memory", limits->memory_bytes > 0},
		{"cpu", limits->nice},
	};
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(controllers); i++) {
		char *folder = controllers[i].wanted
				       ? own_folder(controllers[i].name)
				       : NULL;

		if (folder && !g_hash_table_contains(seen, folder))
			try_folder(group, folder, limits);
		if (folder)
			g_hash_table_add(seen, folder);
	}
}

struct cgroup *cgroup_new(const struct cgroup_limits *limits)
{
	g_autoptr(cgroup_t) group = g_new0(struct cgroup, 1);

	try_version_2(group, limits);
	if (!group->n)
		try_version_1(group, limits);
	if (!group->n || !can_enter(group))
		return NULL;
	return g_steal_pointer(&group);
}

bool cgroup_binds_memory(const struct cgroup *group)
{
	for (guint i = 0; group && i < group->n; i++) {
		if (group->folders[i].memory)
			return true;
	}
	return false;
}

bool cgroup_binds_processes(const struct cgroup *group)
{
	for (guint i = 0; group && i < group->n; i++) {
		if (group->folders[i].processes)
			return true;
	}
	return false;
}

bool cgroup_memory_ran_out(const struct cgroup *group)
{
	for (guint i = 0; group && i < group->n; i++) {
		const char *path = group->folders[i].path;

		if (group->folders[i].memory &&
		    (keyed_value(path, "memory.events", "oom_kill") ||
		     keyed_value(path, "memory.oom_control", "oom_kill")))
			return true;
	}
	return false;
}

bool cgroup_processes_ran_out(const struct cgroup *group)
{
	for (guint i = 0; group && i < group->n; i++) {
		if (group->folders[i].processes &&
		    keyed_value(group->folders[i].path, "pids.events", "max"))
			return true;
	}
	return false;
}
