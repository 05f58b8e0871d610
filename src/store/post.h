/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to stand in Patchwork about a revision, by name: one row each, that
 * always has the newest state. See store.h for shapes, threads, errors.
 */
#ifndef STORE_POST_H
#define STORE_POST_H

#include <glib.h>
#include <stdbool.h>

struct store;

struct post_row {
	const char *name;    /* of the test: "reroll/style" */
	const char *state;   /* "pending", "success", "warning", "failure"; or
				"patches", when `summary` is a state of them */
	const char *summary; /* or NULL */
};

/*
 * Wherever Patchwork has the revision; what stands there so already is left.
 */
bool store_post_put(struct store *store, gint64 revision,
		    const struct post_row *row, GError **error);

struct post {
	gint64 id;
	char *source;
	gint64 series;
	guint version;
	char *patches, *name, *state;
	char *summary, *url; /* or NULL */
	guint attempts;
	gint64 serial; /* of the state: what is posted may be old by then */
};
void post_free(struct post *post);
typedef struct post post_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(post_t, post_free)

/* The one that is due first of a source; NULL: none is. `next_at` as for mails.
 */
bool store_post_due(struct store *store, const char *source, gint64 now,
		    struct post **post, gint64 *next_at, GError **error);

/* It stands there, unless it has changed since it was read. */
bool store_post_done(struct store *store, const struct post *post,
		     GError **error);

bool store_post_put_off(struct store *store, const struct post *post,
			gint64 next_at, const char *why, GError **error);

/* The server does not want it. */
bool store_post_drop(struct store *store, const struct post *post,
		     const char *why, GError **error);

#endif
