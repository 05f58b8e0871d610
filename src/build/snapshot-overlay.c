// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kept folder is the lower one; nothing is mounted here but by the sandbox,
 * which so is what the probe asks.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/sandbox.h"
#include "build/snapshot-ways.h"

/* What top is shows for the whole: its mode, dates and owner are from's. */
static bool be_like(const char *top, const char *from)
{
	int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	bool ok = fd >= 0 && stat(from, &st) == 0 && file_be_like(fd, &st);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool overlay_make(struct snapshot *snapshot, const char *from,
			 GCancellable *cancellable, GError **error)
{
	(void)cancellable;
	snapshot->top = g_build_filename(snapshot->dir, "top", NULL);
	snapshot->work = g_build_filename(snapshot->dir, "work", NULL);
	snapshot->lower = g_strdup(from);
	snapshot->layers = (struct layers){.top = snapshot->top,
					   .lower = snapshot->lower,
					   .work = snapshot->work};
	return snapshot_folder_make(snapshot->top, error) &&
	       snapshot_folder_make(snapshot->work, error) &&
	       (be_like(snapshot->top, from) ||
		snapshot_fail(error, REROLL_ERROR_TEMP,
			      "no view of the folder %s can be made", from));
}

/* A kept folder for the probe, of the user that builds. */
static bool make_lower(const char *lower)
{
	g_autofree char *file = g_build_filename(lower, "file", NULL);

	return mkdir(lower, 0755) == 0 &&
	       g_file_set_contents(file, "", 0, NULL) &&
	       (geteuid() != 0 ||
		(chown(lower, SANDBOX_UID, SANDBOX_UID) == 0 &&
		 chown(file, SANDBOX_UID, SANDBOX_UID) == 0));
}

static bool try_view(const struct snapshot *snapshot, GError **error)
{
	static const char script[] = "rm file && mkdir file && : >file/new";
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct sandbox_spec spec = {.argv = argv,
					  .out = snapshot->layers,
					  .cwd = SANDBOX_OUT,
					  .time_s = 10};
	g_autoptr(sandbox_result_t) result = sandbox_run(&spec, NULL, error);

	if (!result) {
		if (error && *error)
			(*error)->code = REROLL_ERROR_CONFIG;
		return false;
	}
	if (process_result_ok(result->process) &&
	    !layers_has(&snapshot->layers, "file") &&
	    layers_has(&snapshot->layers, "file/new"))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "overlayfs does not work on the file system of %s",
		    snapshot->dir);
	return false;
}

static bool overlay_works(const char *dir, GError **error)
{
	g_autofree char *probe = snapshot_probe_folder(dir, error);
	g_autofree char *lower = NULL;
	g_autofree char *view = NULL;
	bool ok = false;

	if (!probe)
		return false;
	lower = g_build_filename(probe, "lower", NULL);
	view = g_build_filename(probe, "view", NULL);
	if (!make_lower(lower)) {
		snapshot_fail(error, REROLL_ERROR_CONFIG,
			      "no folder can be made in %s", dir);
	} else {
		g_autoptr(snapshot_t) snapshot = snapshot_new(
			&snapshot_overlay, lower, view, NULL, error);

		ok = snapshot && try_view(snapshot, error);
	}
	tempdir_remove_tree(probe);
	return ok;
}

const struct snapshot_ops snapshot_overlay = {
	.name = "overlay",
	.doc = "overlayfs, mounted in the sandbox",
	.works = overlay_works,
	.folder_make = snapshot_folder_make,
	.folder_remove = tempdir_remove_tree,
	.make = overlay_make,
};
