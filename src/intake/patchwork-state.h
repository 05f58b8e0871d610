/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a series' patches set in the Patchwork that it came from, when
 * it passed or failed (policy.patch-states): by PATCH upstream, by XML-RPC at
 * freedesktop.org's, where the REST API cannot.
 *
 * Each patch is read first. It is left as it is when it has that state already,
 * and when a person has decided on it: that is any state but New, Under Review
 * and those that we set ourselves. So it is safe to ask for the same again.
 * Shapes: states by the server's name ("Under Review") or slug (under-review).
 * Errors: as patchwork-post.h, but what the server refuses is CONFIG, as are a
 * state that it does not know and a server without XML-RPC. Patches before the
 * one that failed are set. Async: blocking requests in a thread, one of a
 * poster at a time.
 */
#ifndef INTAKE_PATCHWORK_STATE_H
#define INTAKE_PATCHWORK_STATE_H

#include "intake/patchwork-post.h"

struct patchwork_states {
	const char *patches; /* "12,13" */
	const char *state;
	const char *const *ours; /* states that we set, ends with NULL */
};

/* What is pointed to may go at once, the poster not before the answer. */
void patchwork_state_async(struct patchwork_poster *poster,
			   const struct patchwork_states *states,
			   GCancellable *cancellable,
			   GAsyncReadyCallback callback, gpointer user_data);

/* `set`: how many patches have got the state by this. */
bool patchwork_state_finish(GAsyncResult *res, guint *set, GError **error);

#endif
