/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the store share: the handle, the table of statements, and
 * cells, the values that go into a statement.
 */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "base/base.h"
#include "store/store.h"

#define STORE_APPLICATION_ID 0x7265726f /* "rero" */
#define STORE_BUSY_MS 5000

/* One step of the schema; the table ends with a row without sql. */
struct migration {
	int version;
	const char *sql;
};
extern const struct migration migrations[];

enum query {
	QUERY_BEGIN,
	QUERY_COMMIT,
	QUERY_ROLLBACK,
	QUERY_SAVEPOINT,
	QUERY_RELEASE,
	QUERY_UNDO,
	QUERY_KEPT,
	QUERY_SYNCED,
	QUERY_SERIES_PUT,
	QUERY_REVISION_FIND,
	QUERY_REVISION_ADD,
	QUERY_RUN_ADD,
	QUERY_RUN_GET,
	QUERY_RUN_MOVE,
	QUERY_RUN_END,
	QUERY_RUN_RESTART,
	QUERY_RUN_KEPT,
	QUERY_RUN_FORGET_JOBS,
	QUERY_RUN_FORGET_BUILDS,
	QUERY_RUN_FORGET_STAGES,
	QUERY_RUN_PUT_OFF,
	QUERY_RUN_HOLD,
	QUERY_RUN_RELEASE,
	QUERY_RUN_APPROVE,
	QUERY_RUN_STOP,
	QUERY_RUN_OWN,
	QUERY_RUN_TODAY,
	QUERY_REVISION_RUNS,
	QUERY_REVISION_OUTCOME,
	QUERY_RUNS_WAITING,
	QUERY_RUN_ROW,
	QUERY_REVISION_LAST_RUN,
	QUERY_RUN_TAKE,
	QUERY_RUN_GIVE,
	QUERY_STAGE_ADD,
	QUERY_STAGE_VERDICT,
	QUERY_BUILD_ADD,
	QUERY_BUILD_FIND,
	QUERY_BUILD_END,
	QUERY_JOB_ADD,
	QUERY_JOB_SENT,
	QUERY_JOB_FIND,
	QUERY_JOB_END,
	QUERY_OUTBOX_ADD,
	QUERY_OUTBOX_GET,
	QUERY_OUTBOX_DUE,
	QUERY_OUTBOX_SENT,
	QUERY_OUTBOX_PUT_OFF,
	QUERY_OUTBOX_FAILED,
	QUERY_OUTBOX_RETRY,
	QUERY_OUTBOX_COUNT,
	QUERY_OUTBOX_FIND,
	QUERY_EVENT_ADD,
	QUERY_EVENT_KNOWN,
	QUERY_EVENT_NEXT,
	QUERY_EVENT_HANDLED,
	QUERY_LETTER_ADD,
	QUERY_LETTER_GET,
	QUERY_LETTER_DIFFERS,
	QUERY_REVISION_DIFFERS,
	QUERY_LETTERS_NEAR,
	QUERY_LETTER_JOIN,
	QUERY_LETTER_BY_MESSAGE_ID,
	QUERY_LETTER_BY_PATCH_ID,
	QUERY_LETTER_BY_CHANGE_ID,
	QUERY_REVISION_SERIES,
	QUERY_REVISION_NEW,
	QUERY_REVISION_SET,
	QUERY_REVISION_GET,
	QUERY_REVISION_MAILS,
	QUERY_REVISION_DUE,
	QUERY_REVISION_OLDER_RUNS,
	QUERY_REVISION_NEWER,
	QUERY_REVISION_DROP_MAIL,
	QUERY_ORIGIN_PUT,
	QUERY_ORIGIN_FIND,
	QUERY_ORIGIN_RUNS,
	QUERY_CURSOR_GET,
	QUERY_CURSOR_PUT,
	QUERY_POST_PUT,
	QUERY_POST_DUE,
	QUERY_POST_DONE,
	QUERY_POST_PUT_OFF,
	QUERY_TROUBLE_NOTE,
	QUERY_TROUBLE_END,
	QUERY_TROUBLES_UNTOLD,
	QUERY_TROUBLE_TOLD,
	QUERY_TROUBLES_OF_RUN_END,
	QUERY_TROUBLES_BEGIN,
	QUERY_TROUBLES_OPEN,
	QUERY_PAUSE,
	QUERY_RESUME,
	QUERY_PAUSED,
	QUERY_PURGE_RUNS,
	QUERY_PURGE_OUTBOX,
	QUERY_PURGE_RUN,
	QUERY_PURGE_LETTERS,
	QUERY_PURGE_ORIGINS,
	QUERY_PURGE_REVISIONS,
	QUERY_PURGE_SERIES,
	QUERY_PURGE_POSTS,
	QUERY_PURGE_MAIL,
	QUERY_PURGE_EVENTS,
	QUERY_PURGE_TROUBLES,
	QUERY_SNAPSHOT,
	QUERY_STATUS_RUNS,
	QUERY_STATUS_UNDER_WAY,
	QUERY_STATUS_HELD,
	QUERY_STATUS_ENDED,
	QUERY_STATUS_UNSENT,
	QUERY_STATUS_FAILED,
	QUERY_STATUS_LATE,
	QUERY_STATUS_TROUBLES,
	QUERY_STATUS_PAUSES,
	QUERY_STATUS_SOURCES,
	QUERY_STATUS_EVENTS,
	QUERY_STATUS_POSTS,
	QUERY_RUN_FIND,
	QUERY_SHOW_RUN,
	QUERY_SHOW_STAGES,
	QUERY_SHOW_BUILDS,
	QUERY_SHOW_JOBS,
	QUERY_SHOW_REPLIES,
	QUERY_SHOW_ORIGINS,
	QUERY_SHOW_EVENTS,
	QUERY_SHOW_RUNS,
	QUERY_SHOW_EVENT,
	QUERY_SHOW_RUNS_OF_EVENT,
	QUERY_COUNT
};

extern const char *const queries[QUERY_COUNT]; /* SQL */

struct store {
	sqlite3 *db;
	char *name;  /* the path, for messages */
	guint depth; /* of transactions within transactions */
	sqlite3_stmt *statements[QUERY_COUNT];
};

enum cell_kind { CELL_END, CELL_NUMBER, CELL_TEXT, CELL_BLOB };

struct cell {
	enum cell_kind kind;
	gint64 number;
	const void *data;
	gsize len;
};

#define NUMBER(value)                          \
	{                                      \
		CELL_NUMBER, .number = (value) \
	}
#define TEXT(value)                        \
	{                                  \
		CELL_TEXT, .data = (value) \
	} /* NULL is null */
#define BLOB(value, size)                                 \
	{                                                 \
		CELL_BLOB, .data = (value), .len = (size) \
	}
#define CELLS(...) ((const struct cell[]){__VA_ARGS__, {CELL_END}})

/*
 * Run a statement to its end; `row`, when set, gets the statement standing on
 * its first row, or NULL when there is none, and the caller resets it.
 */
bool query_run(struct store *store, enum query query, const struct cell *cells,
	       GError **error);
bool query_row(struct store *store, enum query query, const struct cell *cells,
	       sqlite3_stmt **row, GError **error);

/*
 * Begin a transaction, or a part of one that can be undone by itself; end it as
 * `ok` says. The value is what came of it.
 */
bool transaction_begin(struct store *store, GError **error);
bool transaction_end(struct store *store, bool ok, GError **error);

/* Of the transactions from here on. */
bool store_set_durability(struct store *store, enum durability durability,
			  GError **error);

/*
 * The next row of what query_row() has begun; NULL at the end, or FALSE with an
 * error. There it is reset.
 */
bool query_next(struct store *store, sqlite3_stmt **row, GError **error);

/* Every row's first column. Of char *. */
bool query_texts(struct store *store, enum query query,
		 const struct cell *cells, GPtrArray **texts, GError **error);

/* The first row's first column; 0 when there is none. */
bool query_number(struct store *store, enum query query,
		  const struct cell *cells, gint64 *number, GError **error);

/* A column's text, to be freed; NULL is null. */
char *column_text(sqlite3_stmt *row, int column);

/* As bytes; NULL is null. */
GBytes *column_bytes(sqlite3_stmt *row, int column);

/* Either of `stage` (to be freed) and `refs` may be NULL. */
bool run_get(struct store *store, const char *run, char **stage, guint *refs,
	     GError **error);

/* The number that a statement without parameters gives. */
bool store_number(struct store *store, const char *sql, int *number,
		  GError **error);

/* The newest of the schema that this program knows. */
int store_newest_version(void);

/* Set `error` to the store's name and `why`; FALSE. */
bool store_refuse(const struct store *store, enum reroll_error code,
		  const char *why, GError **error);

/* Set `error` from the handle's last SQLite error; FALSE. */
bool store_fail(struct store *store, GError **error);

#endif
