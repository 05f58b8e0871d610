/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink that a daemon uses: the store itself. */
#include "intake/intake.h"

static bool sink_take(gpointer data, const struct event_take *take,
		      guint *added, GError **error)
{
	return store_events_take(data, take, added, error);
}

static bool sink_known(gpointer data, const char *source, const char *key,
		       bool *known, GError **error)
{
	return store_event_known(data, source, key, known, error);
}

static bool sink_cursor(gpointer data, const char *source, char **position,
			GError **error)
{
	return store_cursor_get(data, source, position, error);
}

struct intake_sink intake_store_sink(struct store *store)
{
	return (struct intake_sink){
		.take = sink_take,
		.known = sink_known,
		.cursor = sink_cursor,
		.data = store,
	};
}
