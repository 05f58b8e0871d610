/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of the store as JSON, by the names of their columns. What belongs
 * together is read in one transaction: it is of one moment.
 */
#include "store/store-internal.h"

#include <string.h>

#include "base/base.h"

#define LIST_MOST 100
#define ENDED_MOST 20
#define CANDIDATES_MOST 6

static json_t *column_json(sqlite3_stmt *row, int column, bool is_json)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	gsize len = (gsize)sqlite3_column_bytes(row, column);
	json_t *json;

	if (sqlite3_column_type(row, column) == SQLITE_INTEGER)
		return json_integer(sqlite3_column_int64(row, column));
	if (!is_json || !text)
		return json_text_len(text, len);
	json = json_loadb(text, len, JSON_DECODE_ANY, NULL);
	return json ? json : json_null();
}

static json_t *row_json(sqlite3_stmt *row)
{
	json_t *object = json_object();

	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const char *name = sqlite3_column_name(row, i);
		bool is_json = g_str_has_suffix(name, "_json");
		g_autofree char *key = g_strndup(
			name, strlen(name) - (is_json ? 5 : 0));

		json_object_set_new(object, key, column_json(row, i, is_json));
	}
	return object;
}

/* All rows of a query; NULL with an error. */
static json_t *rows_json(struct store *store, enum query query,
			 const struct cell *cells, GError **error)
{
	g_autoptr(json_t) rows = json_array();
	sqlite3_stmt *row;
	int status = SQLITE_ROW;

	if (!query_row(store, query, cells, &row, error))
		return NULL;
	for (; row && status == SQLITE_ROW; status = sqlite3_step(row))
		json_array_append_new(rows, row_json(row));
	if (!row || status == SQLITE_DONE) {
		sqlite3_reset(row);
		return g_steal_pointer(&rows);
	}
	store_fail(store, error);
	sqlite3_reset(row);
	return NULL;
}

/* A part of an answer: the rows of a query, or the first of them. */
struct part {
	const char *name;  /* NULL: its members are those of the whole */
	const char *below; /* the object that it stands in; NULL: the whole */
	enum query query;
	bool one;
	gint64 most; /* 0: there is no bound to say */
};

static json_t *part_place(json_t *whole, const struct part *part)
{
	json_t *place = part->below ? json_object_get(whole, part->below)
				    : whole;

	if (place)
		return place;
	json_object_set_new(whole, part->below, json_object());
	return json_object_get(whole, part->below);
}

static bool part_add(struct store *store, json_t *whole,
		     const struct part *part, const struct cell *cells,
		     GError **error)
{
	g_autoptr(json_t) rows = rows_json(store, part->query, cells, error);
	json_t *place = rows ? part_place(whole, part) : NULL;

	if (!rows)
		return false;
	if (!part->one)
		return json_object_set(place, part->name, rows) == 0;
	return json_array_size(rows) == 0 ||
	       json_object_update(place, json_array_get(rows, 0)) == 0;
}

/* `run` NULL: the parts are of the store. */
static json_t *parts_read(struct store *store, const struct part *parts,
			  const char *run, GError **error)
{
	g_autoptr(json_t) whole = json_object();
	bool ok = query_run(store, QUERY_SNAPSHOT, NULL, error);

	if (!ok)
		return NULL;
	for (; ok && (parts->name || parts->one); parts++) {
		struct cell text = TEXT(run), most = NUMBER(parts->most);
		const struct cell cells[] = {run ? text : most, {CELL_END}};

		ok = part_add(store, whole, parts,
			      run || parts->most ? cells : NULL, error);
	}
	query_run(store, QUERY_ROLLBACK, NULL, NULL);
	return ok ? g_steal_pointer(&whole) : NULL;
}

json_t *store_status(struct store *store, GError **error)
{
	static const struct part parts[] = {
		{NULL, "runs", QUERY_STATUS_RUNS, true, 0},
		{"under_way", NULL, QUERY_STATUS_UNDER_WAY, false, LIST_MOST},
		{"held", NULL, QUERY_STATUS_HELD, false, LIST_MOST},
		{"ended", NULL, QUERY_STATUS_ENDED, false, ENDED_MOST},
		{NULL, "outbox", QUERY_STATUS_UNSENT, true, 0},
		{NULL, "outbox", QUERY_STATUS_FAILED, true, 0},
		{"late", "outbox", QUERY_STATUS_LATE, false, LIST_MOST},
		{"troubles", NULL, QUERY_STATUS_TROUBLES, false, LIST_MOST},
		{"pauses", NULL, QUERY_STATUS_PAUSES, false, LIST_MOST},
		{"sources", NULL, QUERY_STATUS_SOURCES, false, LIST_MOST},
		{NULL, "events", QUERY_STATUS_EVENTS, true, 0},
		{NULL, "posts", QUERY_STATUS_POSTS, true, 0},
		{NULL},
	};

	return parts_read(store, parts, NULL, error);
}

static json_t *no_such_run(const char *run, GError **error)
{
	g_autofree char *quoted = text_quote(run, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    "there is no run %s: \"reroll status\" lists the last ones",
		    quoted);
	return NULL;
}

json_t *store_run_show(struct store *store, const char *run, GError **error)
{
	static const struct part parts[] = {
		{NULL, NULL, QUERY_SHOW_RUN, true, 0},
		{"stages", NULL, QUERY_SHOW_STAGES, false, 0},
		{"builds", NULL, QUERY_SHOW_BUILDS, false, 0},
		{"jobs", NULL, QUERY_SHOW_JOBS, false, 0},
		{"replies", NULL, QUERY_SHOW_REPLIES, false, 0},
		{"origins", NULL, QUERY_SHOW_ORIGINS, false, 0},
		{"events", NULL, QUERY_SHOW_EVENTS, false, 0},
		{"runs", NULL, QUERY_SHOW_RUNS, false, 0},
		{NULL},
	};
	g_autoptr(json_t) whole = parts_read(store, parts, run, error);

	if (!whole)
		return NULL;
	if (!json_object_get(whole, "id"))
		return no_such_run(run, error);
	return g_steal_pointer(&whole);
}

static char *refuse_several(const char *prefix, json_t *rows, GError **error)
{
	g_autofree char *quoted = text_quote(prefix, -1);
	g_autoptr(GString) ids = g_string_new(NULL);
	json_t *row;
	gsize i;

	json_array_foreach (rows, i, row)
		g_string_append_printf(
			ids, "%s%s", i ? ", " : "",
			json_string_value(json_object_get(row, "id")));
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
		    "several runs begin with %s: %s%s; write more of the id",
		    quoted, ids->str, i == CANDIDATES_MOST ? ", ..." : "");
	return NULL;
}

/* Past every id that begins with it: no letter sorts after U+10FFFF. */
static json_t *find_rows(struct store *store, const char *prefix,
			 GError **error)
{
	g_autofree char *past = g_strconcat(prefix, "\xf4\x8f\xbf\xbf", NULL);

	return rows_json(
		store, QUERY_RUN_FIND,
		CELLS(TEXT(prefix), TEXT(past), NUMBER(CANDIDATES_MOST)),
		error);
}

char *store_run_find(struct store *store, const char *prefix, GError **error)
{
	g_autoptr(json_t) rows = find_rows(store, prefix, error);
	const char *first;

	if (!rows)
		return NULL;
	first = json_string_value(
		json_object_get(json_array_get(rows, 0), "id"));
	if (first && strcmp(first, prefix) == 0)
		return g_strdup(first);
	if (strlen(prefix) < STORE_PREFIX_LEAST) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "a run is named by its id, or by at least %d "
			    "letters of its beginning",
			    STORE_PREFIX_LEAST);
		return NULL;
	}
	if (!first)
		return (char *)no_such_run(prefix, error);
	return json_array_size(rows) > 1 ? refuse_several(prefix, rows, error)
					 : g_strdup(first);
}

bool store_run_ended(struct store *store, const char *run, bool *ended,
		     GError **error)
{
	g_autofree char *stage = NULL;

	if (!store_run_stage(store, run, &stage, error))
		return false;
	*ended = !stage;
	return true;
}

json_t *store_event_show(struct store *store, const char *source,
			 const char *key, GError **error)
{
	g_autoptr(json_t) rows = rows_json(
		store, QUERY_SHOW_EVENT, CELLS(TEXT(source), TEXT(key)), error);
	json_t *event = json_array_get(rows, 0);
	json_t *runs;

	if (!rows)
		return NULL;
	if (!event)
		return json_null();
	runs = rows_json(
		store, QUERY_SHOW_RUNS_OF_EVENT,
		CELLS(NUMBER(json_integer_value(json_object_get(event, "id")))),
		error);
	if (!runs)
		return NULL;
	json_object_set_new(event, "runs", runs);
	return json_incref(event);
}
