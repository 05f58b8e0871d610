/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `reroll deliver` and `reroll submit` bring into the store: directly, or
 * by way of the daemon. Either way it is the same event, known by the same key.
 *
 * Errors: those of the store; INPUT what was brought is nothing at all.
 */
#ifndef SERVE_BRING_H
#define SERVE_BRING_H

#include <gio/gio.h>
#include <jansson.h>
#include <stdbool.h>

struct store;
struct intake_sink;

/* The most of a mail or series that is taken whole. */
#define BRING_BYTES (32 << 20)

/*
 * The store of a state folder, for who has no daemon: made only in a folder of
 * our own, since the daemon could not write to one that belongs to us. CONFIG
 * when it is not for us to write there.
 */
struct store *bring_open(const char *state_dir, GError **error);

struct brought_series {
	GBytes *mbox;
	guint version, total;
	/* What came of it: "event" as store_event_show(), "new". */
	json_t *answer;
};

/* A writer_work of a struct brought_series: its answer is to be dropped. */
bool bring_series(struct store *store, gpointer brought, GError **error);

/*
 * One mail, as the source "deliver": intake_pipe_take() of bytes. `added` is
 * whether it was not known. More than BRING_BYTES is taken as too large.
 */
bool bring_mail(const struct intake_sink *sink, GBytes *mail, bool *added,
		GError **error);

#endif
