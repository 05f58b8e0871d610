/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control group of our own below the one we are in, where the machine lets us
 * make one: version 2 with its controllers delegated, or version 1's pids and
 * memory and cpu. What a group does not bind is left to rlimits. Private to the
 * build room.
 */
#ifndef BUILD_CGROUP_H
#define BUILD_CGROUP_H

#include <glib.h>
#include <stdbool.h>

struct cgroup;

struct cgroup_limits {
	guint64 memory_bytes, processes; /* 0: no limit */
	bool nice; /* a tenth of the usual share of the processor */
};

/* NULL when no group can be made or entered: no error. */
struct cgroup *cgroup_new(const struct cgroup_limits *limits);

/* Kill all that is in it, wait until it is empty, remove it. */
void cgroup_free(struct cgroup *group);
typedef struct cgroup cgroup_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cgroup_t, cgroup_free)

/* Move the calling process in: async-signal-safe, for a child_setup. */
void cgroup_enter(const struct cgroup *group);

/* Which limits the group holds itself; false for NULL. */
bool cgroup_binds_memory(const struct cgroup *group);
bool cgroup_binds_processes(const struct cgroup *group);

/* Whether a process was killed for memory, or a fork refused. */
bool cgroup_memory_ran_out(const struct cgroup *group);
bool cgroup_processes_ran_out(const struct cgroup *group);

#endif
