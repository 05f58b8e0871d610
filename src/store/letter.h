/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Letters: the patches and cover letters that came, by who sent them; and the
 * revisions that are put together of them. See store.h for shapes, threads,
 * errors.
 *
 * A letter is known by its sender and Message-ID: the same one from another
 * source is the same letter, as long as its patch is the same. A revision is
 * of its letters, or, where Patchwork or a person gave it as a whole, of the
 * mails of one event.
 */
#ifndef STORE_LETTER_H
#define STORE_LETTER_H

#include <glib.h>
#include <stdbool.h>

struct store;

struct letter_row {
	gint64 event;
	const char *sender, *message_id;
	const char *thread;    /* the first mail it refers to; or itself */
	const char *diff;      /* checksum of its patch; "": it has none */
	const char *patch_id;  /* NULL: it has none */
	const char *change_id; /* NULL: it has none */
};

struct letter {
	gint64 id;
	gint64 event;	 /* that it came with first */
	gint64 revision; /* 0: of none */
	bool is_new;	 /* it was not known */
	bool differs;	 /* it was, with another patch, which is noted */
};

bool store_letter_put(struct store *store, const struct letter_row *row,
		      struct letter *letter, GError **error);

/* Whether a letter of the revision has come with two patches. */
bool store_revision_differs(struct store *store, gint64 revision, bool *differs,
			    GError **error);

struct near_letter {
	gint64 id, revision;
	GBytes *mail; /* of its event */
};

void near_letter_free(struct near_letter *letter);

/*
 * What may be of one series with a letter: the sender's of that thread, and
 * those that came lately; not what came with a whole series. The oldest first,
 * 1,000 at most. Of struct near_letter.
 */
bool store_letters_near(struct store *store, const struct letter_row *row,
			gint64 since, GPtrArray **letters, GError **error);

/* From now on the letter is of that revision. */
bool store_letter_join(struct store *store, gint64 letter, gint64 revision,
		       GError **error);

enum letter_key { LETTER_MESSAGE_ID, LETTER_PATCH_ID, LETTER_CHANGE_ID };

/* The newest revision with such a letter; 0: none. */
bool store_letter_find(struct store *store, enum letter_key key,
		       const char *value, gint64 *revision, GError **error);

struct revision_put {
	gint64 id;    /* 0: a new one */
	gint64 after; /* revision that it follows in its series; 0: none */
	gint64 event; /* that has all of its mails; 0: its letters have */
	const char *submitter, *name, *key;
	guint version, n_patches;
	bool complete;
	gint64 due_at; /* 0: there is nothing to wait for */
};

/* What is known of a revision now; `id` is set. */
bool store_revision_set(struct store *store, struct revision_put *put,
			GError **error);

struct revision {
	gint64 id, series, event;
	char *submitter, *name, *key;
	guint version, n_patches;
	guint total; /* patches, as the source of its event says; 0: it does not
		      */
	bool complete;
	gint64 due_at;	  /* 0: none */
	guint runs;	  /* that there were or are */
	char *origin_url; /* NULL: none */
};
void revision_free(struct revision *revision);
typedef struct revision revision_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(revision_t, revision_free)

bool store_revision_get(struct store *store, gint64 id,
			struct revision **revision, GError **error);

/* Its mails, each of an event once, the oldest first. Of GBytes. */
bool store_revision_mails(struct store *store, gint64 id, GPtrArray **mails,
			  GError **error);

/* The one that is due first, 0 when none is by then; `next_at` as for mails. */
bool store_revision_due(struct store *store, gint64 now, gint64 *id,
			gint64 *next_at, GError **error);

/*
 * Stop every run of the versions before it, and what was not yet sent about
 * them. Of char *: the runs.
 */
bool store_revision_supersede(struct store *store, gint64 id, GPtrArray **runs,
			      GError **error);

/* A newer version that is whole, if it came first; 0: there is none. */
bool store_revision_newer(struct store *store, gint64 id, gint64 *newer,
			  GError **error);

struct origin_row {
	const char *source;
	gint64 series;
	guint version;
	const char *patches; /* ids in order: "12,13" */
	const char *url;     /* NULL: none */
};

/* Where Patchwork has the revision. */
bool store_origin_put(struct store *store, gint64 revision,
		      const struct origin_row *row, GError **error);

/* The revision that Patchwork has as that; the newest of its series when the
 * version is 0. 0: none. */
bool store_origin_find(struct store *store, const struct origin_row *row,
		       gint64 *revision, GError **error);

/* The revisions under way with that patch of Patchwork's. Of char *: runs. */
bool store_origin_runs(struct store *store, const char *source,
		       const char *patch, GPtrArray **runs, GError **error);

#endif
