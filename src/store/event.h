/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sources have brought. See store.h for shapes, threads, errors. */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include <glib.h>
#include <stdbool.h>

struct store;

enum event_kind {
	EVENT_SERIES, /* a whole series, or what there is of one: an mbox */
	EVENT_MAIL,   /* one mail as it came */
	EVENT_STATE,  /* a patch has another state now */
	EVENT_SEEN,   /* nothing to do: it only makes its key known */
};

/* One thing that a source has brought. What it does not have is NULL or 0. */
struct event_row {
	const char *key; /* what tells it from all others of its source */
	enum event_kind kind;
	const char *bad; /* a sentence: why nothing can be made of it */
	GBytes *mail;
	const char *url;      /* where people read it */
	gint64 series;	      /* id in Patchwork */
	guint version, total; /* of the series; total as announced */
	const char *patches;  /* ids in Patchwork in order: "12,13" */
	const char *state;    /* a patch's new state, in the server's words */
};

struct event_take {
	const char *source;
	const struct event_row *rows;
	guint count;
	const char *cursor; /* NULL: it stays */
};

/* Take all with the new cursor; known keys change nothing, `added` counts. */
bool store_events_take(struct store *store, const struct event_take *take,
		       guint *added, GError **error);

bool store_event_known(struct store *store, const char *source, const char *key,
		       bool *known, GError **error);

/* NULL position: the source was never read. To be freed. */
bool store_cursor_get(struct store *store, const char *source, char **position,
		      GError **error);

struct event {
	gint64 id;
	char *source, *key;
	enum event_kind kind;
	char *bad;
	GBytes *mail;
	char *url;
	gint64 series;
	guint version, total;
	char *patches, *state;
	gint64 taken_at;
};

void event_free(struct event *event);
typedef struct event event_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(event_t, event_free)

/* The first one after that id that waits to be handled; NULL when none does. */
bool store_event_next(struct store *store, gint64 after, struct event **event,
		      GError **error);
bool store_event_handled(struct store *store, gint64 id, GError **error);

#endif
