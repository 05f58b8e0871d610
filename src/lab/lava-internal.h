/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the LAVA lab share:
 *   lava.c          the row of functions; devices
 *   lava-api.c      one request, one answer
 *   lava-rights.c   whose token it is, and that it is no stronger than needed
 *   lava-files.c    initramfs and suites, beside the artifacts
 *   lava-text.c     the job as YAML, by a template
 *   lava-steps.c    the steps of a suite, and their guard against forgery
 *   lava-run.c      one job, step by step; lava-send.c, lava-follow.c
 *   lava-hint.c     what tells that a job may have come further;
 *                   lava-events.c, the server's stream of it
 *   lava-log.c      the log's lines; lava-console.c what they come to
 *   lava-result.c   rows to cases, the end of the job
 *
 * The server is a stranger as far as its answers go: each has a size and a time
 * limit, its content type is looked at, and what a filter was to hold is
 * checked in the answer, as LAVA ignores filters it does not know.
 */
#ifndef LAB_LAVA_INTERNAL_H
#define LAB_LAVA_INTERNAL_H

#include <jansson.h>

#include "base/base.h"
#include "lab/lava.h"

#define LAVA_JOB_BYTES (1 << 20)
#define LAVA_QUEUE_S 1800 /* that a job may wait for a device */
#define LAVA_DEPLOY_S 300 /* to fetch and unpack what is booted */
#define LAVA_SLACK_S 120  /* for what LAVA does between */
#define LAVA_PAUSE_MS 1000
#define LAVA_MARK_BYTES 16	  /* hex digits */
#define LAVA_ENDED "reroll-ended" /* case that the last step reports */

struct lab {
	const struct lab_config *config;
	const struct site *site;
	char *url;	    /* without the slash at its end */
	char *token, *user; /* as last proven; NULL: not yet */
	struct http *http;
	bool proven;
	gint64 pause_ms;       /* the first, before something is asked again */
	GHashTable *templates; /* texts by name */
	GHashTable *running;   /* set of struct lava_run */
	struct lava_events *events;
	GHashTable *sent; /* set of names that may be in the lab, see there */
	GHashTable *told; /* set of ids whose trouble was returned */
};

/* One request. */
struct lava_ask {
	const char *method; /* NULL: GET */
	const char *path;   /* below /api/v0.2/ */
	json_t *json;	    /* sent; NULL: none */
	const char *xml;    /* sent to /RPC2 as the user; NULL: none */
	gsize limit_bytes;  /* 0: 8 MiB */
	guint timeout_ms;   /* 0: 30 s */
};

struct lava_answer {
	guint status;
	json_t *json; /* NULL: it is something else */
	char *text;   /* the body, valid UTF-8; NULL when it is JSON */
};

void lava_answer_free(struct lava_answer *answer);
typedef struct lava_answer lava_answer_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lava_answer_t, lava_answer_free)

/* Errors: TEMP, LIMIT, CANCELLED; a status is none. */
void lava_ask_async(struct lab *lab, const struct lava_ask *ask,
		    GCancellable *cancellable, GAsyncReadyCallback callback,
		    gpointer user_data);
struct lava_answer *lava_ask_finish(GAsyncResult *res, GError **error);

/*
 * Whether it is JSON with the status 200; else an error that says what was
 * asked and what the lab said: CONFIG for a refusal, TEMP for anything else.
 */
bool lava_answer_ok(struct lab *lab, const struct lava_answer *answer,
		    const char *asked, GError **error);

/* What the lab says in it, one line, quoted. */
char *lava_answer_says(const struct lava_answer *answer);

/* Read the token and prove it good for jobs and for nothing more. */
void lava_prove_async(struct lab *lab, GCancellable *cancellable,
		      GAsyncReadyCallback callback, gpointer user_data);
bool lava_prove_finish(GAsyncResult *res, GError **error);

/* A file that the lab's workers fetch. */
struct lava_file {
	char *url;
	char *sha256; /* NULL: not known */
};

/* What a job is booted with beside the build's own artifacts. */
struct lava_files {
	struct lava_file root;
	GArray *suites; /* of struct lava_file: url NULL for those inline */
};

void lava_files_free(struct lava_files *files);
typedef struct lava_files lava_files_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lava_files_t, lava_files_free)

/* Make them in the build's folder. In a thread. */
struct lava_files *lava_files_make(struct lab *lab, const struct lab_job *job,
				   const char *mark, GError **error);
/* Only what they would be called. */
struct lava_files *lava_files_name(struct lab *lab, const struct lab_job *job);

/* Where the workers find a file of the build's folder. */
char *lava_files_url(const struct lab *lab, const struct lab_job *job,
		     const char *path);

/* What one try of a job is sent with. */
struct lava_try {
	char *name;  /* in LAVA */
	char *mark;  /* what the names of this run's cases end in */
	char *token; /* of the callback */
};

void lava_try_free(struct lava_try *attempt);
typedef struct lava_try lava_try_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lava_try_t, lava_try_free)

/* `number` from 1. The mark and the token are drawn. */
struct lava_try *lava_try_new(const struct lab_job *job, guint number);

/* The job's text, looked at again; CONFIG when it cannot be made. */
char *lava_text(struct lab *lab, const struct lab_job *job,
		const struct lava_files *files, const struct lava_try *attempt,
		GError **error);

/* The mark and the token that a job was sent with; each NULL: it has none. */
void lava_text_marks(const char *definition, char **mark, char **token);

/* The steps of a suite as they are run in LAVA: of char *. */
GPtrArray *lava_steps(const struct test_suite *suite, const char *mark);

/* One line of a log. */
enum lava_level { LAVA_CONSOLE, LAVA_OTHER };
struct lava_line {
	gint64 at_ms; /* 0: it does not say */
	enum lava_level level;
	const char *level_name; /* in the line */
	gsize level_len;
	GString *text; /* owned by the caller, reused */
};

/* False: it is no such line. `line->text` is set before. */
bool lava_line_read(const char *text, gsize len, struct lava_line *line);

/*
 * What the log comes to: console.log and lab.log in the job's folder, and what
 * was seen there.
 */
struct lava_console {
	FILE *console, *lab;
	guint64 written, limit; /* of the console */
	bool cut;
	guint lines;	 /* of the console */
	GArray *line_of; /* guint: console line by line of the log */
	GQueue tail;	 /* of char * */
	GString *text;
	guint kernels;	    /* first lines of one */
	char *panic, *oops; /* the line; NULL */
	bool prompted;	    /* a test began */
	gint64 first_ms, started_ms;
};

struct lava_console *lava_console_new(const struct lab_job *job,
				      GError **error);
/* A piece of whole lines. */
void lava_console_add(struct lava_console *console, const char *text,
		      gsize len);
/* A line of ours in lab.log. */
void lava_console_note(struct lava_console *console, const char *line);
/* TEMP when any of it could not be written. */
bool lava_console_close(struct lava_console *console, GError **error);
char *lava_console_tail(const struct lava_console *console);
void lava_console_free(struct lava_console *console);
typedef struct lava_console lava_console_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lava_console_t, lava_console_free)

/* What LAVA says of a job that is over. */
struct lava_report {
	const struct lab_job *job;
	const char *mark;
	const char *health;
	json_t *state;	    /* jobs/ID/ */
	GHashTable *suites; /* names by id */
	GPtrArray *rows;    /* of json_t *, of tests/ */
	struct lava_console *console;
};

/* A result; or TEMP: it was not the kernel's or the tests' doing. */
struct job_result *lava_result(const struct lava_report *report,
			       GError **error);

/* One job. */
struct lava_run;
void lava_run_async(struct lab *lab, const struct lab_job *job,
		    GCancellable *cancellable, GAsyncReadyCallback callback,
		    gpointer user_data);
struct job_result *lava_run_finish(GAsyncResult *res, GError **error);

/* What a call of LAVA about it must bring; NULL: nothing does. */
const char *lava_run_token(const struct lava_run *run);

#endif
