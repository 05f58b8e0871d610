/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results back to the Patchwork that a series came from: a test result of a
 * revision (freedesktop.org's), or a check on a series' last patch (upstream).
 *
 * What is there already is read first and only what differs is posted, since
 * each post may be mailed by the one and is kept for ever by the other; so it
 * is safe to ask for the same again after an answer was lost.
 * Limits: a URL that the server would refuse (longer than 200 bytes, a host
 * without a dot) is left out. Upstream's names of checks are letters, digits,
 * "_" and "-": others become "-".
 * Errors: TEMP try again; INPUT the server refuses it, do not; CONFIG we may
 * not write there; NOT_FOUND it has no such series; CANCELLED.
 * Async: blocking requests in a thread, one of a poster at a time.
 * Ownership: the config must outlive the poster; the result may go at once.
 */
#ifndef INTAKE_PATCHWORK_POST_H
#define INTAKE_PATCHWORK_POST_H

#include <gio/gio.h>
#include <stdbool.h>

#include "config/cfg.h"

enum patchwork_state {
	PATCHWORK_PENDING,
	PATCHWORK_SUCCESS,
	PATCHWORK_WARNING,
	PATCHWORK_FAILURE,
};

struct patchwork_result {
	gint64 series;
	guint revision;	     /* of freedesktop.org's */
	const char *patches; /* "12,13" */
	const char *name;    /* of the test */
	enum patchwork_state state;
	const char *url, *summary; /* or NULL */
};

struct intake_timing;
struct patchwork_poster;

/* CONFIG for a source that is no Patchwork, or has no secret. `timing` may be
 * NULL. */
struct patchwork_poster *
patchwork_poster_new(const struct source_config *config,
		     const struct intake_timing *timing, GError **error);
void patchwork_poster_free(struct patchwork_poster *poster);
typedef struct patchwork_poster patchwork_poster_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(patchwork_poster_t, patchwork_poster_free)

void patchwork_post_async(struct patchwork_poster *poster,
			  const struct patchwork_result *result,
			  GCancellable *cancellable,
			  GAsyncReadyCallback callback, gpointer user_data);

/* `posted`: false when it was there already. */
bool patchwork_post_finish(GAsyncResult *res, bool *posted, GError **error);

#endif
