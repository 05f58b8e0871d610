/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sends the mails that the store keeps: one after the other, each until a
 * server has accepted it or refused it for good. `reroll serve` has one.
 *
 * A mail that was accepted is marked so, synced, before the next is begun: a
 * crash between the two sends the same mail with the same Message-ID again,
 * never one whose acceptance was seen. While the store cannot be written,
 * nothing is begun; the mark is tried again until it is kept.
 * Pauses: after trouble 30 s, doubled up to an hour, of that mail alone; when
 * the server cannot be reached or refuses us, of all. Refused for good (5xx) is
 * failed and told. At most `rate_per_hour` of the site in any hour; the rest
 * waits.
 * Dry: instead of a server each mail goes to a Maildir, at any rate.
 * Errors: none comes out; trouble is told, once until it changes in more than
 * numbers, and its end.
 */
#ifndef REPORT_OUTBOX_H
#define REPORT_OUTBOX_H

#include <gio/gio.h>
#include <stdbool.h>

#include "config/cfg.h"
#include "store/store.h"

struct outbox;

/*
 * `about`: "smtp", "outbox" (the store) or "mail to NAME@HOST"; NULL text: it
 * is over.
 */
typedef void (*outbox_tell)(const char *about, const char *text, gpointer data);

struct outbox_options {
	struct writer *writer;	 /* borrowed */
	const struct site *site; /* borrowed; its `mail` */
	const char *dry_maildir; /* borrowed; NULL: the server of the site */
	outbox_tell tell;	 /* NULL: nobody is told */
	gpointer data;
	guint backoff_ms, backoff_most_ms; /* 0: as above */
	guint timeout_s;		   /* 0: 120 */
};

/* CONFIG when there is no server and no Maildir, or no password. */
struct outbox *outbox_new(const struct outbox_options *options, GError **error);

/* Begin, or look now: something was put in. */
void outbox_wake(struct outbox *outbox);

/*
 * Begin no other mail; the callback comes when none is under way. After
 * `cancellable` the one under way is cut off (and sent again another time), and
 * a mark that the store does not take is given up; without one it is tried once
 * more.
 */
void outbox_stop_async(struct outbox *outbox, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer user_data);
bool outbox_stop_finish(GAsyncResult *res, GError **error);
void outbox_free(struct outbox *outbox); /* after it has stopped */
typedef struct outbox outbox_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(outbox_t, outbox_free)

struct outbox_status {
	guint64 sent, failed, put_off; /* since it began */
	gint64 last_at;		       /* the last that was accepted; 0 */
	char *trouble;		       /* to be freed; NULL: it works */
};
void outbox_status(const struct outbox *outbox, struct outbox_status *status);

#endif
