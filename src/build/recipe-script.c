// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any project with a build command: it runs in the source folder, which is its
 * own copy; $REROLL_OUT is a folder for what it makes, $REROLL_JOBS how many
 * processes it may start at once.
 */
#include "build/build-internal.h"

static bool script_build(struct build_run *run, GError **error)
{
	const char *const argv[] = {"sh", "-e", "-c", run->spec->command, NULL};

	return build_run_step(run, argv, SANDBOX_SRC, error);
}

static bool script_collect(struct build_run *run, GError **error)
{
	const struct layers *const from[] = {&run->src->layers,
					     &run->out->layers, NULL};

	return artifact_collect_listed(run, from, error);
}

const struct build_recipe build_recipe_script = {
	.kind = RECIPE_SCRIPT,
	.src_writable = true,
	.incremental = false,
	.build = script_build,
	.collect = script_collect,
};
