/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store for a test: what is asked of it, and a look at its rows. */
#ifndef TESTS_UNIT_TEST_STORE_H
#define TESTS_UNIT_TEST_STORE_H

#include "test.h"

#include "base/base.h"
#include "store/store-internal.h"

/* The call sets `error`, which is the macro's own. */
#define assert_done(call)                                      \
	do {                                                   \
		g_autoptr(GError) error = NULL;                \
		if (!(call))                                   \
			fail_msg("%s: %s", #call,              \
				 error ? error->message : ""); \
	} while (0)

#define assert_refused(call, wanted)                                      \
	do {                                                              \
		g_autoptr(GError) error = NULL;                           \
		if (call)                                                 \
			fail_msg("%s: no error", #call);                  \
		if (!g_error_matches(error, REROLL_ERROR, wanted))        \
			fail_msg("%s: %s", #call,                         \
				 error ? error->message : "no sentence"); \
	} while (0)

static inline int test_store_set_up(void **state)
{
	*state = store_open(NULL, NULL);
	return *state ? 0 : -1;
}

static inline int test_store_tear_down(void **state)
{
	store_close(*state);
	return 0;
}

#define STORE_CASE(name)                                         \
	cmocka_unit_test_setup_teardown(name, test_store_set_up, \
					test_store_tear_down)

/* The first cell that a statement gives, as text; NULL is null or no row. */
static inline char *store_look(struct store *store, const char *sql)
{
	sqlite3_stmt *statement;
	char *text = NULL;
	int status;

	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) !=
	    SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(store->db));
	status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		text = g_strdup(
			(const char *)sqlite3_column_text(statement, 0));
	else if (status != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(store->db));
	sqlite3_finalize(statement);
	return text;
}

static inline gint64 store_count(struct store *store, const char *sql)
{
	g_autofree char *text = store_look(store, sql);

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

/* For what only time does otherwise. */
static inline void store_change(struct store *store, const char *sql)
{
	g_free(store_look(store, sql));
}

static inline void assert_rows(struct store *store, const char *sql,
			       const char *wanted)
{
	g_autofree char *text = store_look(store, sql);

	if (g_strcmp0(text, wanted) != 0)
		fail_msg("%s: %s, not %s", sql, text ? text : "null",
			 wanted ? wanted : "null");
}

static inline gint64 store_revision(struct store *store, const char *name,
				    const char *submitter, guint version)
{
	struct revision_put put = {
		.submitter = submitter,
		.name = name,
		.version = version,
		.n_patches = 1,
		.complete = true,
	};

	assert_done(store_revision_set(store, &put, &error));
	return put.id;
}

static inline void store_run(struct store *store, const char *id,
			     gint64 revision)
{
	const struct queued_run run = {.id = id, .revision = revision};

	assert_done(store_run_queue(store, &run, "assemble", &error));
}

#endif
