/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sources have brought, and how far each of them has been read: both
 * move in one transaction, so that a crash between the two cannot be. A key is
 * taken once, whatever a source says again.
 */
#include "store/store-internal.h"

#include "base/base.h"

static const char *const kinds[] = {
	[EVENT_SERIES] = "series",
	[EVENT_MAIL] = "mail",
	[EVENT_STATE] = "state",
	[EVENT_SEEN] = "seen",
};

/* A mark is handled when it is taken: there is nothing to do about it. */
static bool event_add(struct store *store, const char *source,
		      const struct event_row *row, bool *added, GError **error)
{
	gint64 now = clock_now_at();
	gsize len = 0;
	const void *mail = row->mail ? g_bytes_get_data(row->mail, &len) : NULL;
	struct cell blob = BLOB(mail, len), null = TEXT(NULL);
	struct cell handled = NUMBER(now);
	const struct cell *cells = CELLS(
		TEXT(source), TEXT(row->key), TEXT(kinds[row->kind]),
		TEXT(row->bad), row->mail ? blob : null, TEXT(row->url),
		NUMBER(row->series), NUMBER(row->version), NUMBER(row->total),
		TEXT(row->patches), TEXT(row->state), NUMBER(now),
		row->kind == EVENT_SEEN ? handled : null);
	sqlite3_stmt *id;

	if (!query_row(store, QUERY_EVENT_ADD, cells, &id, error))
		return false;
	*added = id;
	if (id)
		sqlite3_reset(id);
	return true;
}

static bool events_take(struct store *store, const struct event_take *take,
			guint *added, GError **error)
{
	for (guint i = 0; i < take->count; i++) {
		bool is_new;

		if (!event_add(store, take->source, &take->rows[i], &is_new,
			       error))
			return false;
		*added += is_new && take->rows[i].kind != EVENT_SEEN;
		fault_point(FAULT_EVENT_STORED);
	}
	return !take->cursor ||
	       query_run(store, QUERY_CURSOR_PUT,
			 CELLS(TEXT(take->source), TEXT(take->cursor),
			       NUMBER(clock_now_at())),
			 error);
}

bool store_events_take(struct store *store, const struct event_take *take,
		       guint *added, GError **error)
{
	*added = 0;
	return transaction_begin(store, error) &&
	       transaction_end(store, events_take(store, take, added, error),
			       error);
}

bool store_event_known(struct store *store, const char *source, const char *key,
		       bool *known, GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_EVENT_KNOWN, CELLS(TEXT(source), TEXT(key)),
		       &row, error))
		return false;
	*known = row;
	if (row)
		sqlite3_reset(row);
	return true;
}

bool store_cursor_get(struct store *store, const char *source, char **position,
		      GError **error)
{
	sqlite3_stmt *row;

	*position = NULL;
	if (!query_row(store, QUERY_CURSOR_GET, CELLS(TEXT(source)), &row,
		       error))
		return false;
	if (row) {
		*position = g_strdup((const char *)sqlite3_column_text(row, 0));
		sqlite3_reset(row);
	}
	return true;
}

static enum event_kind kind_of(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_strcmp0(kinds[i], name) == 0)
			return (enum event_kind)i;
	}
	return EVENT_SEEN;
}

static struct event *event_read(sqlite3_stmt *row)
{
	struct event *event = g_new0(struct event, 1);

	event->id = sqlite3_column_int64(row, 0);
	event->source = column_text(row, 1);
	event->key = column_text(row, 2);
	event->kind = kind_of((const char *)sqlite3_column_text(row, 3));
	event->bad = column_text(row, 4);
	event->mail = column_bytes(row, 5);
	event->url = column_text(row, 6);
	event->series = sqlite3_column_int64(row, 7);
	event->version = (guint)sqlite3_column_int64(row, 8);
	event->total = (guint)sqlite3_column_int64(row, 9);
	event->patches = column_text(row, 10);
	event->state = column_text(row, 11);
	event->taken_at = sqlite3_column_int64(row, 12);
	return event;
}

void event_free(struct event *event)
{
	if (!event)
		return;
	g_free(event->source);
	g_free(event->key);
	g_free(event->bad);
	g_clear_pointer(&event->mail, g_bytes_unref);
	g_free(event->url);
	g_free(event->patches);
	g_free(event->state);
	g_free(event);
}

bool store_event_next(struct store *store, gint64 after, struct event **event,
		      GError **error)
{
	sqlite3_stmt *row;

	*event = NULL;
	if (!query_row(store, QUERY_EVENT_NEXT, CELLS(NUMBER(after)), &row,
		       error))
		return false;
	if (row) {
		*event = event_read(row);
		sqlite3_reset(row);
	}
	return true;
}

bool store_event_handled(struct store *store, gint64 id, GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(
		       store,
		       query_run(store, QUERY_EVENT_HANDLED,
				 CELLS(NUMBER(id), NUMBER(clock_now_at())),
				 error),
		       error);
}
