// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stream of events of a LAVA server, listened to while jobs are under way
 * there. An event about one of them is a hint, as a call is, when its state is
 * news; all else is passed over. What was said while nobody listened is not
 * said again, so that every job is looked at once there is a stream. Many labs
 * have none: that is noted once, and jobs are asked after in any case.
 */
#include "lab/lava-events.h"

#include <string.h>

#include "base/websocket.h"
#include "lab/lab-internal.h"
#include "lab/lava-run.h"

#define PARTS 5	       /* topic, id, time, user, data */
#define PAUSE_MOST 300 /* times the lab's first pause */

struct lava_events {
	struct lab *lab;
	struct websocket *socket; /* NULL: not now */
	GSource *timer;		  /* for the next one */
	guint tries;		  /* since the last that was opened */
	gint64 next_ms;		  /* not before */
	bool noted;		  /* that there is none */
};

struct lava_events *lava_events_new(struct lab *lab)
{
	struct lava_events *events = g_new0(struct lava_events, 1);

	events->lab = lab;
	return events;
}

void lava_events_rest(struct lava_events *events)
{
	source_drop(&events->timer);
	g_clear_pointer(&events->socket, websocket_free);
}

void lava_events_free(struct lava_events *events)
{
	if (!events)
		return;
	lava_events_rest(events);
	g_free(events);
}

static void on_opened(gpointer data)
{
	struct lava_events *events = data;
	GHashTableIter iter;
	gpointer run;

	log_event(LOG_LEVEL_INFO, NULL, "LAVA lab %s: its events are heard",
		  events->lab->config->name);
	events->noted = false;
	events->tries = 0;
	g_hash_table_iter_init(&iter, events->lab->running);
	while (g_hash_table_iter_next(&iter, &run, NULL))
		lava_run_hint(run);
}

static json_t *load_parts(const char *text, gsize len)
{
	g_autoptr(json_t)
		parts = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_array(parts) || json_array_size(parts) != PARTS)
		return NULL;
	for (gsize i = 0; i < PARTS; i++) {
		if (!json_is_string(json_array_get(parts, i)))
			return NULL;
	}
	return g_steal_pointer(&parts);
}

bool lava_event_read(const char *text, gsize len, gint64 *job, char **state)
{
	g_autoptr(json_t) parts = load_parts(text, len);
	g_autoptr(json_t) data = NULL;
	const char *word;
	json_t *id;

	if (!parts ||
	    !g_str_has_suffix(json_string_value(json_array_get(parts, 0)),
			      ".testjob"))
		return false;
	data = json_loads(json_string_value(json_array_get(parts, PARTS - 1)),
			  JSON_REJECT_DUPLICATES, NULL);
	id = json_object_get(data, "job");
	word = json_string_value(json_object_get(data, "state"));
	if (!json_is_integer(id) || !word)
		return false;
	*job = json_integer_value(id);
	*state = g_strdup(word);
	return true;
}

static void on_text(const char *text, gsize len, gpointer data)
{
	struct lava_events *events = data;
	g_autofree char *state = NULL;
	GHashTableIter iter;
	gpointer key;
	gint64 job;

	if (!lava_event_read(text, len, &job, &state))
		return;
	g_hash_table_iter_init(&iter, events->lab->running);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		struct lava_run *run = key;

		if (run->id == job && g_strcmp0(run->state, state) != 0)
			lava_run_hint(run);
	}
}

static void on_closed(const GError *error, gpointer data)
{
	struct lava_events *events = data;
	bool absent = g_error_matches(error, REROLL_ERROR,
				      REROLL_ERROR_NOT_FOUND);
	gint64 times = absent ? PAUSE_MOST : (gint64)1 << events->tries;

	g_clear_pointer(&events->socket, websocket_free);
	events->tries = MIN(events->tries + 1, 20);
	events->next_ms = clock_monotonic_ms() +
			  MIN(times, PAUSE_MOST) * events->lab->pause_ms;
	if (!events->noted)
		log_event(LOG_LEVEL_INFO, NULL,
			  "LAVA lab %s: its events are not heard: %s",
			  events->lab->config->name, error->message);
	events->noted = true;
	lava_events_wake(events);
}

static gboolean on_timer(gpointer data)
{
	struct lava_events *events = data;
	const struct websocket_user user = {.opened = on_opened,
					    .text = on_text,
					    .closed = on_closed,
					    .data = events};
	g_autofree char *url = g_strconcat(events->lab->url, "/ws/", NULL);

	source_drop(&events->timer);
	events->socket = websocket_new(url, &user);
	return G_SOURCE_REMOVE;
}

void lava_events_wake(struct lava_events *events)
{
	gint64 wait_ms = events->next_ms - clock_monotonic_ms();

	if (events->socket || events->timer)
		return;
	events->timer = g_timeout_source_new((guint)MAX(wait_ms, 0));
	g_source_set_callback(events->timer, on_timer, events, NULL);
	g_source_attach(events->timer, g_main_context_get_thread_default());
}
