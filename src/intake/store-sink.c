/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sinks of a daemon, and of a command that has the store for itself. */
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

/* What a call of the sink asks of the writer's thread. */
struct asked {
	const struct event_take *take;
	guint *added;
	const char *source, *key;
	bool *known;
	char **position;
};

static bool take_work(struct store *store, gpointer data, GError **error)
{
	const struct asked *asked = data;

	return store_events_take(store, asked->take, asked->added, error);
}

static bool writer_take(gpointer data, const struct event_take *take,
			guint *added, GError **error)
{
	struct asked asked = {.take = take, .added = added};
	const struct write write = {WRITE_SYNCED, take_work, &asked};

	return writer_do(data, &write, error);
}

static bool known_work(struct store *store, gpointer data, GError **error)
{
	const struct asked *asked = data;

	return store_event_known(store, asked->source, asked->key, asked->known,
				 error);
}

static bool writer_known(gpointer data, const char *source, const char *key,
			 bool *known, GError **error)
{
	struct asked asked = {.source = source, .key = key, .known = known};
	const struct write write = {WRITE_KEPT, known_work, &asked};

	return writer_do(data, &write, error);
}

static bool cursor_work(struct store *store, gpointer data, GError **error)
{
	const struct asked *asked = data;

	return store_cursor_get(store, asked->source, asked->position, error);
}

static bool writer_cursor(gpointer data, const char *source, char **position,
			  GError **error)
{
	struct asked asked = {.source = source, .position = position};
	const struct write write = {WRITE_KEPT, cursor_work, &asked};

	return writer_do(data, &write, error);
}

struct intake_sink intake_writer_sink(struct writer *writer)
{
	return (struct intake_sink){
		.take = writer_take,
		.known = writer_known,
		.cursor = writer_cursor,
		.data = writer,
	};
}
