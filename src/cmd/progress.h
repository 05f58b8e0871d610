/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person sees on stderr while a run works: on a terminal a line for the
 * stage and one for each build, redrawn in place; otherwise a plain line when
 * each of them ends.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "pipeline/pipeline.h"

struct progress;

/* `quiet`: says nothing at all. */
struct progress *progress_new(bool quiet);
void progress_free(struct progress *progress);

/* A run_observer; `progress` is its data. */
void progress_observe(enum run_event event, const char *subject,
		      const char *detail, gpointer progress);

#endif
