/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where builds run. The pipeline hands over a spec and a tree; the executor
 * makes the sources, runs the recipe in the sandbox and answers with a result.
 *
 * With `base_tree` set the base is built the same way, once, and kept: a recipe
 * that can goes on in a copy-on-write view of it, so that the cost is in
 * proportion to the change, and what the base says too is not blamed on the
 * series; when all that failed fails there too, that is trouble, not a result.
 * The same tree with the same spec is not built twice once it passed, warned or
 * failed: what came of it is taken from the keep. Not so when the machine had
 * a part in it, or the time or the space was up.
 *
 * With `patches` set the one that is at fault is named where it can be found.
 *
 * Ownership: spec and job fields must live until the callback.
 * Errors: TEMP (disk, tool, sandbox: trouble, retried), CONFIG (a tool the
 * project needs is not installed: names it and its package), CANCELLED.
 * Async: the callback comes once; after it nothing of the build runs any more
 * and its private folders are gone. `progress` is called in the context of the
 * caller, at most five times a second.
 */
#ifndef BUILD_EXECUTOR_H
#define BUILD_EXECUTOR_H

#include <gio/gio.h>

#include "build/keep.h"
#include "build/plan.h"
#include "build/result.h"

/* What a patch of the series leaves. */
struct build_patch {
	const char *tree;
	const char *subject; /* of its commit */
};

struct build_job {
	const struct build_spec *spec;
	const char *repo;	 /* path of the git repository */
	const char *objects_dir; /* more objects, of the series; or NULL */
	const char *tree;	 /* tree id to build */
	const char
		*base_tree; /* what the series is compared with; may be NULL */
	/*
	 * For whoever repeats the build elsewhere; NULL where it is not known.
	 * `tree` is that of `head`, which leads to `base_commit` by way of the
	 * series' commits.
	 */
	const char *base_commit, *head;
	const char *base_url;	      /* where git fetch finds base_commit */
	const GPtrArray *message_ids; /* of char *: with its cover, in order */
	const struct build_patch *patches; /* of the series, in order; `tree` is
					      what the last leaves */
	guint n_patches;		   /* 0: they are not known */
	struct keep *keep;    /* of sources, finished bases and results */
	const char *out_dir;  /* artifacts and log go to out_dir/spec->id */
	bool private_out;     /* nobody else reads or writes out_dir */
	const char *work_dir; /* private folders are made here */
	bool no_sandbox;
	/*
	 * Build it, whatever is known, and once more from nothing; that the two
	 * differ is TEMP, and naming the files is a folder "verify" in the
	 * keep.
	 */
	bool verify;
	/* Build it from nothing: no view, and no result taken or kept. */
	bool fresh;
	/*
	 * `tree` is the base itself: have its finished build kept, whatever
	 * result is known; one that does not build is a failed result with the
	 * log of it. When it passed, anoint what the spec says.
	 */
	bool make_base;
	gint64 source_at;			  /* date of the sources */
	const char *project, *base_name, *run_id; /* for people; or NULL */
	void (*progress)(const char *line, gpointer data); /* or NULL */
	gpointer progress_data;
};

struct executor_ops {
	const char *name;
	void (*run_async)(const struct build_job *job,
			  GCancellable *cancellable,
			  GAsyncReadyCallback callback, gpointer user_data);
	struct build_result *(*run_finish)(GAsyncResult *res, GError **error);
};

/* On this machine. */
extern const struct executor_ops executor_local;

#endif
