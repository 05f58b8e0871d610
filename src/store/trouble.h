/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What staff has to know, until it is over; and what staff has stopped. See
 * store.h for shapes, threads, errors.
 */
#ifndef STORE_TROUBLE_H
#define STORE_TROUBLE_H

#include <glib.h>
#include <stdbool.h>

struct store;

/* One of a kind and what it is about is open at a time: again, it counts. */
bool store_trouble_note(struct store *store, const char *kind,
			const char *about, const char *text, GError **error);
bool store_trouble_end(struct store *store, const char *kind, const char *about,
		       GError **error);

struct trouble_row {
	gint64 id;
	char *kind, *about, *text;
	guint count;
	gint64 first_at, last_at;
	gint64 ended_at; /* 0: it is not over */
};
void trouble_row_free(struct trouble_row *row);

/* Those that no digest has told. Of struct trouble_row, the oldest first. */
bool store_troubles_untold(struct store *store, GPtrArray **rows,
			   GError **error);

/* A digest has told it. What nobody can do anything about is over by that: a
 * bad event, and a difference of mails that no run waits for. */
bool store_trouble_told(struct store *store, gint64 id, GError **error);

/* Staff has looked at what its mails differ in, or it does not matter now. */
bool store_trouble_end_of_run(struct store *store, const char *run,
			      GError **error);

/*
 * At a start: what is found out anew, if it is still so, is over. The rest is
 * open; of struct trouble_row.
 */
bool store_troubles_begin(struct store *store, GPtrArray **open,
			  GError **error);

bool store_pause(struct store *store, const char *what, GError **error);
bool store_resume(struct store *store, const char *what, GError **error);
/* Of char *. */
bool store_paused(struct store *store, GPtrArray **what, GError **error);

struct purge {
	gint64 runs_before; /* those that ended before go, with all of theirs */
	guint most;	    /* runs in one step */
	GPtrArray *runs;    /* of char *: those that went; or NULL */
};

/* Forget what is older; `more`: there is more of it. */
bool store_purge(struct store *store, struct purge *purge, bool *more,
		 GError **error);

#endif
