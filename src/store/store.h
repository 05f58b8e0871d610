/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where state lives: SQLite, in the state directory for the daemon, in memory
 * for `reroll check`. Every query of the house is in this room.
 *
 * Every step is one transaction that records the result and what comes next:
 * store_run_advance(), store_run_end() and store_build_complete() are those
 * transactions. Each function of the room is exactly one; when it fails,
 * nothing of it is kept.
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

#include "store/backup.h"
#include "store/event.h"
#include "store/letter.h"
#include "store/outbox.h"
#include "store/post.h"
#include "store/show.h"
#include "store/trouble.h"
#include "store/waiting.h"
#include "store/writer.h"

/* NULL path: in memory. Makes the file (mode 600), migrates an older schema. */
struct store *store_open(const char *path, GError **error);
void store_close(struct store *store);
typedef struct store store_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_t, store_close)

struct revision_row {
	const char *name, *submitter;
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

struct run_end {
	struct stage_row stage; /* the last */
	const char *outcome, *summary;
	gint64 revision;
	const struct outbox_row *mail; /* NULL: nobody is answered */
};

/*
 * The last stage has ended, and with it the run: its outcome and its reply are
 * kept together. A reply of that outcome that there is already stays the one.
 */
bool store_run_end(struct store *store, const char *run,
		   const struct run_end *end, GError **error);

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

#endif
