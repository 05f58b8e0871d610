/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results back to the Patchwork that a series came from: what the store has to
 * be told is posted in its own time, one at a time to each server, until it
 * stands there.
 */
#ifndef SERVE_POST_H
#define SERVE_POST_H

#include "serve/daemon.h"

struct posts;

/* One poster for each source that is a Patchwork and has a secret. */
struct posts *posts_new(struct daemon *daemon, struct settings *settings);
void posts_wake(struct posts *posts);
/* Cuts off what is under way; it is done again another time. */
void posts_free(struct posts *posts);

/* Note how a stage of a run went, for everywhere that has its revision. */
void posts_stage(struct daemon *daemon, gint64 revision, const char *stage,
		 const char *state, const char *summary);

/* In the store's thread: how it ended, for who comes to have it later. */
bool posts_put_end(struct store *store, gint64 revision,
		   const struct outcome *outcome, const char *summary,
		   GError **error);

/* And how the run ended. */
void posts_end(struct daemon *daemon, gint64 revision,
	       const struct run_report *report);

#endif
