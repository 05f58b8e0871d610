/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people want to know of the store, as JSON. See store.h for threads and
 * errors.
 *
 * Shapes: objects have a member for each column of schema.c that says
 * something; times are seconds since 1970, null is null. Lists are bounded;
 * the numbers beside them are of all. Nothing takes longer with the number of
 * past runs.
 */
#ifndef STORE_SHOW_H
#define STORE_SHOW_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

struct store;

/* The store's file in the state folder. */
#define STORE_FILE_NAME "reroll.db"

#define STORE_PREFIX_LEAST 4

/*
 * A store that is only read, whoever writes meanwhile; for the functions below
 * alone. NOT_FOUND when there is none; CONFIG also for one whose schema is not
 * this program's.
 */
struct store *store_open_read(const char *path, GError **error);

/*
 * {"runs": {"under_way", "held", "in_trouble"}, "under_way": [...],
 *  "held": [...], "ended": [...], "outbox": {"unsent", "failed", "late":
 * [...]}, "troubles": [...], "pauses": [...], "sources": [...], "events":
 * {"waiting"}, "posts": {"waiting"}} The oldest under way come first, of those
 * that ended the latest.
 */
json_t *store_status(struct store *store, GError **error);

/*
 * The run whose id begins so, to be freed: NOT_FOUND, or CONFLICT with the ids
 * of some that do. A whole id is always found; less than STORE_PREFIX_LEAST
 * letters is CONFIG.
 */
char *store_run_find(struct store *store, const char *prefix, GError **error);

/*
 * One run by its whole id: what "under_way" tells of it, and more: "summary",
 * "stages" with their "verdict", "builds" and "jobs" with their "report",
 * "replies", "origins", "events", "runs" of the same revision.
 */
json_t *store_run_show(struct store *store, const char *run, GError **error);

/* Whether a run has ended. */
bool store_run_ended(struct store *store, const char *run, bool *ended,
		     GError **error);

/* {"taken_at", "handled_at", "runs": [ids]} of an event, null: not there. */
json_t *store_event_show(struct store *store, const char *source,
			 const char *key, GError **error);

#endif
