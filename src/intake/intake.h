/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where events come from: Patchwork, a mailbox, a Maildir, an mbox file, Redis.
 * `reroll serve` starts one intake for each source of the site file; whatever
 * comes is stored before it is acknowledged, and a key is stored once.
 *
 * Shapes: what is handed out is struct event_row of the store. A mail's key is
 * the checksum of what does not change when it is read again, so that the same
 * mail seen twice is one event; Patchwork's keys are made of its ids. A cursor
 * is the source's own text: nobody else reads it.
 * Bad input (too large, NUL bytes, no mail) is an event with `bad` set, never
 * an end; only then the source lets go of it.
 * Errors: none comes out. What fails is logged once, shown in the status and
 * tried again with growing pauses, for ever.
 * Async: everything of a source that may wait runs in a thread, one at a time,
 * the sink's take, known and cursor, too; only `arrived` is called on the main
 * loop. A source that is stopped begins nothing more with the sink, and ends
 * what it has begun; it may be started again at once. Freed: the same, and what
 * its thread still holds goes when that ends, on the loop.
 * Ownership: the config and the sink's data must outlive the intake and its
 * thread: end the loop's work with intake_busy() == 0.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include <gio/gio.h>
#include <stdbool.h>

#include "config/cfg.h"
#include "intake/patchwork-post.h"
#include "intake/patchwork-state.h"
#include "store/store.h"

struct intake_sink {
	/* False: not stored, nothing of it. It comes again. */
	bool (*take)(gpointer data, const struct event_take *take, guint *added,
		     GError **error);
	bool (*known)(gpointer data, const char *source, const char *key,
		      bool *known, GError **error);
	/* NULL position: nothing was ever taken. */
	bool (*cursor)(gpointer data, const char *source, char **position,
		       GError **error);
	/* Something new was taken; may be NULL. */
	void (*arrived)(gpointer arrived_data);
	gpointer data; /* of the other calls */
	gpointer arrived_data;
};

/* Sinks that keep all in the store, synced, and call nobody: by the writer that
 * has it, or by a handle that nobody else uses. */
struct intake_sink intake_writer_sink(struct writer *writer);
struct intake_sink intake_store_sink(struct store *store);

/* How patient to be; 0 stands for what is said here. */
struct intake_timing {
	guint settle_ms;       /* 10 s: before a Patchwork event is believed */
	guint overlap_s;       /* 2 h: read again behind Patchwork's cursor */
	guint sweep_ms;	       /* 1 h: between looks without events */
	guint incomplete_ms;   /* 2 h: before a series is taken as it is */
	guint give_up_ms;      /* 24 h: before an event is taken as bad */
	guint idle_ms;	       /* 10 min: another consumer's Redis event */
	guint backoff_ms;      /* 1 s: the first pause after trouble */
	guint backoff_most_ms; /* 5 min: the longest */
	guint timeout_ms;      /* 30 s: of one answer */
	guint interval_ms;     /* the source's interval */
};

struct intake;

/* NULL with CONFIG when the source cannot be: a secret that cannot be read, a
 * URL of another kind. `timing` may be NULL. */
struct intake *intake_new(const struct source_config *config,
			  const struct intake_sink *sink,
			  const struct intake_timing *timing, GError **error);
void intake_free(struct intake *intake);
typedef struct intake intake_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(intake_t, intake_free)

void intake_start(struct intake *intake);
void intake_stop(struct intake *intake);

/* Look now, not at the end of the pause. */
void intake_wake(struct intake *intake);

struct intake_status {
	const char *name, *kind;
	bool running;
	guint64 rounds, taken, bad, repeated;
	guint failures; /* in a row; 0: it works */
	char *trouble;	/* of the last of them; NULL */
	gint64 last_at; /* the last round that went well; 0: none did */
};

/* `trouble` is to be freed. */
void intake_status(const struct intake *intake, struct intake_status *status);

/* "3 taken, 1 bad, working" for people; to be freed. */
char *intake_status_text(const struct intake *intake);

/* How many intakes, freed ones too, still have a thread at work. */
guint intake_busy(void);

/*
 * For `reroll deliver`: one mail from a pipe into the store, as the source
 * "deliver". An exit status of sysexits.h: EX_OK it is stored (a bad one as
 * such), EX_NOINPUT there was nothing, EX_TEMPFAIL the MTA is to try again.
 */
int intake_pipe_take(int fd, const struct intake_sink *sink, gsize limit_bytes,
		     GError **error);

#endif
