/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sandboxed command under way: sandbox.c leads it, sandbox-bwrap.c writes
 * bubblewrap's command line, sandbox-child.c is what the child does before it.
 */
#ifndef BUILD_SANDBOX_INTERNAL_H
#define BUILD_SANDBOX_INTERNAL_H

#include <sys/types.h>

#include "build/cgroup.h"
#include "build/sandbox.h"

/*
 * Where the folders are mounted for the user that root becomes, and those of
 * two layers. It covers a folder of which no build is shown anything: below any
 * other a site may have toolchains.
 */
#define STAGE "/sys"
#define STAGE_SRC STAGE "/src"
#define STAGE_OUT STAGE "/out"
#define STAGE_ROOT STAGE "/root"
#define STAGE_INPUTS STAGE "/inputs"

#define SANDBOX_DEVICES 8 /* more have no group of their own */

struct command {
	const struct sandbox_spec *spec;
	bool is_root;		       /* and becomes SANDBOX_UID */
	bool staged;		       /* the folders are below STAGE */
	char uid_map[64], gid_map[64]; /* of who is not root */
	char root_uid_map[64], root_gid_map[64]; /* of who registers */
	gid_t device_gids[SANDBOX_DEVICES];	 /* that root keeps */
	gsize n_device_gids;
	struct cgroup *group; /* or NULL */
	GPtrArray *argv;      /* of char *, NULL-terminated */
	GArray *fds; /* of int: bubblewrap inherits them; ends with -1 */
	int status_fds[2];
	GCancellable *stop;
	guint64 source_bytes; /* before the start */
	GString *start;	      /* of the output */
	bool over_output;
	guint watch_ms;
	GMainContext *context;
	GSource *watch;
	GAsyncResult *res;
};

/* The environment of every command, "K=V", ends with NULL. */
extern const char *const sandbox_env[];

/*
 * The whole command line into command->argv, its files into command->fds.
 * CONFIG when bubblewrap is not installed.
 */
bool sandbox_write_argv(struct command *command, GError **error);

/* In the child, before bubblewrap: async-signal-safe only. */
void sandbox_child_setup(gpointer command);

#endif
