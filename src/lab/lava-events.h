/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events of one LAVA server: hints about the jobs that run in the lab.
 *
 * Shape of a message: a JSON array of five texts, of which the first is a topic
 * that ends in ".testjob", the last a JSON object with "job" and "state".
 * Private to the lab room.
 */
#ifndef LAB_LAVA_EVENTS_H
#define LAB_LAVA_EVENTS_H

#include "lab/lava-internal.h"

struct lava_events *lava_events_new(struct lab *lab);
void lava_events_free(struct lava_events *events);

/* A job is under way: listen, if nobody does; or none is any more. */
void lava_events_wake(struct lava_events *events);
void lava_events_rest(struct lava_events *events);

/* False: it is not about a job. `state` is to be freed. */
bool lava_event_read(const char *text, gsize len, gint64 *job, char **state);

#endif
