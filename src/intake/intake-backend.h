/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a source is to the shared half, intake.c: a table of functions, called
 * one at a time and in this order for every round:
 *
 *   gather    thread  what is there now, as items with keys
 *                     (then those that are known are dropped)
 *   complete  thread  what the rest still lacks; may be NULL
 *                     (then they are stored with the batch's cursor)
 *   settle    thread  acknowledge all items; may be NULL
 *
 * then the loop waits for the watched descriptor, the interval or a wake.
 * Errors of any of them end the round: nothing after it is done, and the next
 * one begins after a pause. A source must bear to be asked again at any time
 * for what it has handed out: only settle lets go.
 */
#ifndef INTAKE_INTAKE_BACKEND_H
#define INTAKE_INTAKE_BACKEND_H

#include "intake/intake.h"

struct intake_item {
	char *key, *bad, *url, *patches, *state;
	enum event_kind kind;
	GBytes *mail;
	gint64 series;
	guint version, total;
	bool known;   /* the store has it: only to be acknowledged */
	bool waiting; /* not to be stored in this round */
	gpointer own; /* of the source, to find it again */
	GDestroyNotify own_free;
};

void intake_item_free(struct intake_item *item);

struct intake_batch {
	GPtrArray *items;   /* of struct intake_item */
	const char *before; /* the stored cursor; NULL: none */
	char *cursor;	    /* the new one; NULL: it stays */
	guint again_ms;	    /* look again after that; 0: the interval */
	bool more;	    /* there is more: look again at once */
	char *trouble;	    /* it went on in spite of this; NULL */
};

struct intake_ops {
	const char *kind;
	gpointer (*open)(const struct source_config *config,
			 const struct intake_timing *timing, GError **error);
	bool (*gather)(gpointer state, struct intake_batch *batch,
		       GCancellable *cancellable, GError **error);
	bool (*complete)(gpointer state, struct intake_batch *batch,
			 GCancellable *cancellable, GError **error);
	bool (*settle)(gpointer state, struct intake_batch *batch,
		       GCancellable *cancellable, GError **error);
	/* Readable when it is time to look; -1: none. Called after a round. */
	int (*watch)(gpointer state);
	/* After trouble or a stop: forget what was not stored. May be NULL. */
	void (*reset)(gpointer state);
	void (*free)(gpointer state);
};

extern const struct intake_ops intake_maildir, intake_mbox, intake_imap,
	intake_redis, intake_patchwork, intake_patchwork_fdo;

/* The most that one round gathers of mails. */
#define INTAKE_BATCH_ITEMS 64
#define INTAKE_BATCH_BYTES (16 << 20)

/* The most bytes kept of a mail that is over the limit. */
#define INTAKE_HEAD_BYTES (64 << 10)

/* A new item of the batch; `key` is taken over. */
struct intake_item *intake_batch_add(struct intake_batch *batch,
				     enum event_kind kind, char *key);

/* Whether the batch has as much as a round takes. */
bool intake_batch_full(const struct intake_batch *batch);

struct intake_mail {
	GBytes *mail; /* of a larger one the first INTAKE_HEAD_BYTES */
	bool too_large;
	guint64 size;
};

/*
 * A raw mail as an item, bad if it is. With list-ids in the config, a mail of
 * no such list is an item that is only acknowledged.
 */
struct intake_item *intake_batch_add_mail(struct intake_batch *batch,
					  const struct source_config *config,
					  const struct intake_mail *mail);

/* With the usual patience where none is said; `asked` may be NULL. */
struct intake_timing intake_timing_filled(const struct intake_timing *asked);

/* The first line of the config's token file; NULL with CONFIG. */
char *intake_secret(const struct source_config *config, GError **error);

#endif
