/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the daemon share. Everything here is of the main thread;
 * the store is the writer's.
 *
 *   collect.c   events -> letters, revisions, queued runs, with
 *               collect-letter.c, collect-series.c and commands.c
 *   lead.c      queued runs -> the pipeline -> what comes of it
 *   trouble.c   what staff has to know, and the digest
 *   upkeep.c    what is done by the clock: waits, disk, trees, old things
 *   idle.c      whether all is done, for --until-idle
 *   listen.c    what is answered over HTTP
 *   serve.c     the start, the loop, the end
 */
#ifndef SERVE_DAEMON_H
#define SERVE_DAEMON_H

#include "base/base.h"
#include "intake/intake.h"
#include "pipeline/pipeline.h"
#include "serve/ops.h"
#include "serve/queue.h"
#include "serve/settings.h"

struct daemon {
	struct ops_context ops; /* of the control socket; the first */
	const struct serve_options *options;
	struct settings *settings;
	GPtrArray *kept_settings; /* that were in force before */
	char *state_dir, *runs_dir, *boards_dir;
	struct tempdir *dir; /* folders of the runs under way are in it */
	struct store *store;
	struct writer *writer;
	struct keep *keep;
	struct slots *slots;
	struct queue *gates;  /* runs that wait for the gates */
	struct queue *builds; /* runs that wait for the machine */
	GHashTable *leads;    /* run id -> struct lead */
	guint gates_busy, gates_most;
	guint builds_busy, builds_most;
	GPtrArray *intakes; /* of struct intake */
	struct outbox *outbox;
	guint changing;	     /* outboxes before it that have not stopped yet */
	struct posts *posts; /* to Patchwork */
	struct control *control;
	char *control_path;
	struct web *web;      /* NULL: it does not listen; see listen.h */
	char *listen;	      /* where; or NULL */
	GHashTable *paused;   /* "project NAME", "lab NAME", "all" */
	GHashTable *troubles; /* that are open: kind and about -> text */
	bool collecting, collect_again;
	guint collect_timer; /* after one that failed; 0: none */
	bool draining;	     /* nothing new is begun */
	bool disk_low;
	guint64 free_least_bytes; /* of the disk; 0: what room.h says */
	struct upkeep *upkeep;
	GMainLoop *loop;
	GError *error; /* why it ends; NULL: it was told to */
};

/* An event was stored: make of it what it is. */
void collect_wake(struct daemon *daemon);

/* Begin what there are places for. Called whenever that may have changed. */
void lead_next(struct daemon *daemon);

/* Put a run into the queue; it is in the store already. */
void lead_put(struct daemon *daemon, const struct waiting_run *run);

/* The same for one that was just made; read from the store. */
void lead_queue(struct daemon *daemon, const char *run);

/* It has been stopped in the store, or is to begin again: let go of it. */
void lead_cancel(struct daemon *daemon, const char *run);

/* The stage that a run is at now; NULL: it is not under way. */
const char *lead_stage(const struct daemon *daemon, const char *run);

/* The store's: a run for the revision, of a revision as it stands. To be freed.
 */
char *lead_make_run(struct store *store, const struct queued_run *like,
		    GError **error);

/*
 * Note or end a trouble; the store is written some time later. `kind` is a
 * word, `about` what it is about. The same again only counts.
 */
void trouble_note(struct daemon *daemon, const char *kind, const char *about,
		  const char *text);
void trouble_end(struct daemon *daemon, const char *kind, const char *about);

/* Those that were open when the last daemon ended; of struct trouble_row. */
void trouble_take_up(struct daemon *daemon, const GPtrArray *open);

/* Note which sources have failed for a while, and end it for those that work.
 */
void trouble_of_sources(struct daemon *daemon);

/* Tell staff what has gathered, by mail, if anything has. */
void trouble_digest(struct daemon *daemon);

/* End the loop when nothing is left that could be done now. */
struct idle *idle_new(struct daemon *daemon);
void idle_free(struct idle *idle);

struct upkeep *upkeep_new(struct daemon *daemon);
void upkeep_free(struct upkeep *upkeep);
/* A revision waits, or a run is put off: look when the next is due. */
void upkeep_wake(struct upkeep *upkeep);

/* Stop what it does, at once: it begins again when the daemon does. */
struct lead;
void lead_cut_off(struct lead *lead);

/* Folders of runs that are older go: what is large first, then all. */
struct runs_limits {
	char *dir;
	gint64 artifacts_before, logs_before;
};
void runs_limits_free(gpointer limits);
void runs_trim(const struct runs_limits *limits);

bool is_paused(const struct daemon *daemon, const char *kind, const char *name);

#endif
