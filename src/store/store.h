/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where state lives: SQLite, in the state directory for the daemon, in memory
 * for `reroll check`. Every query of the house is in this room.
 *
 * Every step is one transaction that records the result and what comes next:
 * store_run_advance() and store_build_complete() are those transactions. Each
 * function below is exactly one; when it fails, nothing of it is kept.
 * Shapes: ids are clock_new_id() text, or row numbers; JSON columns are compact
 * UTF-8 text. Times are seconds since 1970.
 * Threads: one struct store is used by one thread; several may have the same
 * file open.
 * Errors: TEMP disk full, busy for 5 s, damaged; CONFLICT the row exists, or
 * the run is somewhere else; NOT_FOUND what the row belongs to does not exist;
 * CONFIG the file cannot be opened or made, is no store, or has a schema newer
 * than this program.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <glib.h>
#include <stdbool.h>

struct store;

/* NULL path: in memory. Makes the file (mode 600), migrates an older schema. */
struct store *store_open(const char *path, GError **error);
void store_close(struct store *store);
typedef struct store store_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_t, store_close)

struct revision_row {
	const char *project, *name, *submitter;
	const char *first_message_id; /* NULL: the mail has none */
	guint version, n_patches;
};

/*
 * The revision of that first Message-ID in the submitter's series of that name,
 * made if it is new. Message-IDs are a stranger's: the same one in somebody
 * else's series is another revision. Without one it is always new.
 */
bool store_revision_put(struct store *store, const struct revision_row *row,
			gint64 *revision, GError **error);

/* A run of a revision, at `stage`. CONFLICT when the id is taken. */
bool store_run_start(struct store *store, const char *run, gint64 revision,
		     const char *stage, GError **error);

struct stage_row {
	const char *stage;
	const char *result;  /* "passed", "refused", "skipped", "trouble" */
	const char *verdict; /* JSON; NULL */
	gint64 elapsed_ms;
};

/*
 * Record how a stage ended and move the run to `next` (NULL: it has ended).
 * CONFLICT when the run is not at that stage.
 */
bool store_run_advance(struct store *store, const char *run,
		       const struct stage_row *row, const char *next,
		       GError **error);

/* Where a run stands: its stage, NULL when it has ended. To be freed. */
bool store_run_stage(struct store *store, const char *run, char **stage,
		     GError **error);

/* Record the builds of a run and take one reference for each. */
bool store_builds_start(struct store *store, const char *run,
			const char *const *builds, GError **error);

/*
 * Record the end of a build and give its reference back, once: a second call
 * changes nothing. `left` is what is outstanding after it, `counted` whether
 * this call was the one that counted.
 */
bool store_build_complete(struct store *store, const char *run,
			  const char *build, const char *status,
			  const char *result_json, guint *left, bool *counted,
			  GError **error);

/* One of a run's jobs: of a build, named after its board and root. */
struct job_row {
	const char *build, *name;
};

/* Record jobs that are about to be sent, and take one reference for each. */
bool store_jobs_start(struct store *store, const char *run,
		      const struct job_row *jobs, guint count, GError **error);

/* The lab has it under that id. */
bool store_job_sent(struct store *store, const char *run,
		    const struct job_row *job, const char *lab,
		    const char *lab_job, GError **error);

/* As store_build_complete(). */
bool store_job_complete(struct store *store, const char *run,
			const struct job_row *job, const char *status,
			const char *result_json, guint *left, bool *counted,
			GError **error);

/* References that a run still holds. */
bool store_run_references(struct store *store, const char *run, guint *count,
			  GError **error);

struct outbox_row {
	const char *run, *outcome, *message_id, *recipient;
	const void *mail;
	gsize mail_len;
};

/* One reply a (revision, outcome): CONFLICT when it is there already. */
bool store_outbox_put(struct store *store, gint64 revision,
		      const struct outbox_row *row, GError **error);

/* The mail of a run's outcome, NULL with NOT_FOUND. */
GBytes *store_outbox_get(struct store *store, const char *run, GError **error);

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
