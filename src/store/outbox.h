/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies, kept before they are sent. See store.h for shapes, threads, errors.
 * A mail is unsent until the server has accepted it or refused it for good.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include <glib.h>
#include <stdbool.h>

struct store;

/* Mail to staff is of no run. */
struct outbox_row {
	const char *run, *outcome, *message_id, *recipient;
	const char *copies; /* more addresses it goes to, a line each; NULL */
	const void *mail;
	gsize mail_len;
};

/* One reply a (revision, outcome): CONFLICT when it is there already. 0: of no
 * revision. */
bool store_outbox_put(struct store *store, gint64 revision,
		      const struct outbox_row *row, GError **error);

/* The mail of a run's outcome, NULL with NOT_FOUND. */
GBytes *store_outbox_get(struct store *store, const char *run, GError **error);

struct outbox_mail {
	gint64 id;
	char *run; /* NULL: of none */
	char *outcome, *message_id, *recipient;
	char *copies; /* NULL: none */
	GBytes *mail;
	guint attempts;
	char *last_error; /* NULL: none */
	gint64 created_at;
};

void outbox_mail_free(struct outbox_mail *mail);
typedef struct outbox_mail outbox_mail_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(outbox_mail_t, outbox_mail_free)

/*
 * The unsent mail that was due first; NULL when none is due yet. `next_at` is
 * then when one will be, 0: there is none.
 */
bool store_outbox_due(struct store *store, gint64 now,
		      struct outbox_mail **mail, gint64 *next_at,
		      GError **error);

/* A server has accepted it. To be synced. */
bool store_outbox_sent(struct store *store, gint64 id, GError **error);

/* Not now: it counts as an attempt. */
bool store_outbox_put_off(struct store *store, gint64 id, gint64 next_at,
			  const char *why, GError **error);

/* A server has refused it for good. */
bool store_outbox_failed(struct store *store, gint64 id, const char *why,
			 GError **error);

/* Try again what is unsent or has failed, from now on. */
bool store_outbox_retry(struct store *store, gint64 id, GError **error);

/* How many were sent since then. */
bool store_outbox_count(struct store *store, gint64 since, guint *count,
			GError **error);

/* Whether that Message-ID is of a reply of ours, and of which run. */
bool store_outbox_find(struct store *store, const char *message_id, char **run,
		       GError **error);

#endif
