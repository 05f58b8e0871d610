/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two Patchworks have in common: requests, events that are looked for
 * behind a cursor, and sweeps that find what had no event.
 *
 * A candidate is an event or a series of a sweep. It stays one until the store
 * knows its key; what it stands for has a key of its own, made of the ids of
 * its patches, so that the same patches are one job whatever told of them.
 * A cursor is "TIME MARK": the server's time up to which every event is
 * handled ("-": none yet), and how far the last sweep came.
 */
#ifndef INTAKE_PATCHWORK_INTERNAL_H
#define INTAKE_PATCHWORK_INTERNAL_H

#include "base/base.h"
#include "intake/intake-backend.h"
#include "intake/patchwork-post.h"

enum candidate_kind {
	CANDIDATE_EVENT,      /* a revision, a series: to be asked for */
	CANDIDATE_SWEPT,      /* a complete one that a sweep found */
	CANDIDATE_INCOMPLETE, /* one that lacks patches */
	CANDIDATE_PATCH,      /* a patch of no series */
	CANDIDATE_STATE,      /* an event that says all itself */
};

struct candidate {
	enum candidate_kind kind;
	char *time; /* of its event; NULL */
	gint64 series, patch;
	guint revision;
};

enum fetched { FETCHED, FETCH_LATER, FETCH_GONE, FETCH_FAILED };

struct patchwork;

struct patchwork_dialect {
	/* Whether it is that edition and has that project. */
	bool (*check)(struct patchwork *patchwork, GError **error);
	/* The newest event's time; NULL when there is none. */
	bool (*newest)(struct patchwork *patchwork, char **time,
		       GError **error);
	/* Everything behind `since` (NULL: all), oldest first. */
	bool (*events)(struct patchwork *patchwork, const char *since,
		       struct intake_batch *batch, GError **error);
	/* What a candidate stands for, put into `item`; its key is changed
	 * to that of the job. */
	enum fetched (*fetch)(struct patchwork *patchwork,
			      const struct candidate *candidate,
			      struct intake_item *item, GError **error);
	/* `mark` of the last sweep, NULL: only find a mark. */
	bool (*sweep)(struct patchwork *patchwork, const char *mark,
		      struct intake_batch *batch, char **next, GError **error);
};

struct patchwork {
	const struct patchwork_dialect *dialect;
	const struct source_config *config;
	struct intake_timing timing;
	GMainContext *context; /* of the thread's requests */
	struct http *http;
	GCancellable *cancellable; /* of the round */
	char *base;		   /* the URL without a slash at its end */
	char *secret, *token;	   /* password; or the header with the token */
	bool checked;
	gint64 swept_ms; /* 0: not yet */
	bool sweep_soon;
	guint retry_after_ms;
	GHashTable *seen; /* key to when it was seen first */
	char *mark;	  /* found by this round's sweep */
};

gpointer patchwork_new(const struct patchwork_dialect *dialect,
		       const struct source_config *config,
		       const struct intake_timing *timing, GError **error);
void patchwork_free(gpointer state);
bool patchwork_gather(gpointer state, struct intake_batch *batch,
		      GCancellable *cancellable, GError **error);
bool patchwork_complete(gpointer state, struct intake_batch *batch,
			GCancellable *cancellable, GError **error);

/* A candidate of that key; what it has is filled in by the caller. */
struct candidate *patchwork_add(struct intake_batch *batch,
				enum candidate_kind kind, char *key);

/* Since when a key is known of; the first call says since now. */
gint64 patchwork_age_ms(struct patchwork *patchwork, const char *key);

/*
 * Ask for a path below the base. TEMP: nothing was learned; NOT_FOUND: 404 of
 * the API; CONFIG: we may not; LIMIT.
 */
G_GNUC_PRINTF(3, 4)
json_t *patchwork_get(struct patchwork *patchwork, GError **error,
		      const char *format, ...);
G_GNUC_PRINTF(3, 4)
GBytes *patchwork_get_bytes(struct patchwork *patchwork, GError **error,
			    const char *format, ...);
struct http_response *patchwork_send(struct patchwork *patchwork,
				     const struct http_request *request,
				     GError **error);

/* A request that changes something; `path` is below the base. */
struct patchwork_write {
	const char *method, *path, *type;
	const char *body;
};

/*
 * Sent once, whatever happens, and answered with 200 or 201, or NULL: TEMP (a
 * redirect is that too), CONFIG (we may not), NOT_FOUND, INPUT (refused). What
 * was answered is for the caller to look at: it may be anything.
 */
struct http_response *patchwork_write(struct patchwork *patchwork,
				      const struct patchwork_write *what,
				      GError **error);

/* What writes to one Patchwork share; one write of it at a time. */
struct patchwork_poster {
	struct patchwork *patchwork;
	bool is_fdo;
	GMutex busy; /* requests share a main context */
	char *user;  /* who we are, once a result of ours says so; NULL */
};

/* Fetch an mbox into the item, if all those patches are in it. */
enum fetched patchwork_fetch_mbox(struct patchwork *patchwork,
				  const json_t *patches,
				  struct intake_item *item, const char *path,
				  GError **error);

/* Times as the servers write them: "2026-11-21T02:21:29.412977". */
bool patchwork_time_ok(const char *time);
bool patchwork_time_is_future(const char *time);
char *patchwork_time_back(const char *time, guint seconds);

/* A member of that name and type; 0 or NULL. */
gint64 patchwork_int(const json_t *object, const char *key);
const char *patchwork_text(const json_t *object, const char *key);

/*
 * "12,13" of an array of ids, or of objects with an id; NULL when it is none,
 * or empty.
 */
char *patchwork_ids(const json_t *patches);

/*
 * Items of one page of events; false when it is no such page. Whatever else is
 * in it that is not understood is passed over.
 */
bool patchwork_fdo_read_events(const json_t *page, struct intake_batch *batch);
bool patchwork_read_events(const json_t *page, struct intake_batch *batch);

/* Whether an mbox has each of those patches, by their X-Patchwork-Id. */
bool patchwork_mbox_has(GBytes *mbox, const char *ids);

/* The first member of the task data of what a poster does. */
struct poster_call {
	struct patchwork_poster *poster;
	bool (*run)(gpointer data, GError **error);
};

/* Do it in a thread, one of a poster at a time, and return what came of it.
 * `data` begins with a struct poster_call; it is the task's from here. */
void poster_call_start(GTask *task, gpointer data, GDestroyNotify data_free);

#endif
