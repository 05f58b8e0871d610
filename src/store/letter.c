/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Letters, and the revisions that are put together of them. */
#include "store/store-internal.h"

#include <string.h>

#include "base/base.h"

static bool letter_find(struct store *store, const struct letter_row *row,
			struct letter *letter, GError **error)
{
	const struct cell *cells = CELLS(TEXT(row->sender),
					 TEXT(row->message_id));
	sqlite3_stmt *found;

	if (!query_row(store, QUERY_LETTER_GET, cells, &found, error))
		return false;
	g_assert(found);
	letter->id = sqlite3_column_int64(found, 0);
	letter->event = sqlite3_column_int64(found, 1);
	letter->revision = sqlite3_column_int64(found, 2);
	letter->differs = strcmp((const char *)sqlite3_column_text(found, 3),
				 row->diff) != 0;
	sqlite3_reset(found);
	return true;
}

static bool letter_put(struct store *store, const struct letter_row *row,
		       struct letter *letter, GError **error)
{
	const struct cell *cells = CELLS(
		NUMBER(row->event), TEXT(row->sender), TEXT(row->message_id),
		TEXT(row->thread), TEXT(row->diff), TEXT(row->patch_id),
		TEXT(row->change_id), NUMBER(clock_now_at()));
	gint64 id;

	*letter = (struct letter){0};
	if (!query_number(store, QUERY_LETTER_ADD, cells, &id, error) ||
	    !letter_find(store, row, letter, error))
		return false;
	letter->is_new = id != 0;
	return !letter->differs || query_run(store, QUERY_LETTER_DIFFERS,
					     CELLS(NUMBER(letter->id)), error);
}

bool store_letter_put(struct store *store, const struct letter_row *row,
		      struct letter *letter, GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store, letter_put(store, row, letter, error),
			       error);
}

bool store_revision_differs(struct store *store, gint64 revision, bool *differs,
			    GError **error)
{
	gint64 count;

	if (!query_number(store, QUERY_REVISION_DIFFERS,
			  CELLS(NUMBER(revision)), &count, error))
		return false;
	*differs = count > 0;
	return true;
}

void near_letter_free(struct near_letter *letter)
{
	g_clear_pointer(&letter->mail, g_bytes_unref);
	g_free(letter);
}

bool store_letters_near(struct store *store, const struct letter_row *row,
			gint64 since, GPtrArray **letters, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(
		(GDestroyNotify)near_letter_free);
	sqlite3_stmt *at;

	if (!query_row(
		    store, QUERY_LETTERS_NEAR,
		    CELLS(TEXT(row->sender), TEXT(row->thread), NUMBER(since)),
		    &at, error))
		return false;
	while (at) {
		struct near_letter *letter = g_new0(struct near_letter, 1);

		letter->id = sqlite3_column_int64(at, 0);
		letter->revision = sqlite3_column_int64(at, 1);
		letter->mail = column_bytes(at, 2);
		g_ptr_array_add(found, letter);
		if (!query_next(store, &at, error))
			return false;
	}
	*letters = g_steal_pointer(&found);
	return true;
}

bool store_letter_join(struct store *store, gint64 letter, gint64 revision,
		       GError **error)
{
	return query_run(store, QUERY_LETTER_JOIN,
			 CELLS(NUMBER(letter), NUMBER(revision)), error);
}

bool store_letter_find(struct store *store, enum letter_key key,
		       const char *value, gint64 *revision, GError **error)
{
	static const enum query by_key[] = {
		[LETTER_MESSAGE_ID] = QUERY_LETTER_BY_MESSAGE_ID,
		[LETTER_PATCH_ID] = QUERY_LETTER_BY_PATCH_ID,
		[LETTER_CHANGE_ID] = QUERY_LETTER_BY_CHANGE_ID,
	};

	return query_number(store, by_key[key], CELLS(TEXT(value)), revision,
			    error);
}

static struct cell number_or_null(gint64 number)
{
	const struct cell null = TEXT(NULL), cell = NUMBER(number);

	return number ? cell : null;
}

static bool revision_new(struct store *store, struct revision_put *put,
			 GError **error)
{
	struct cell owner[] = {TEXT(put->submitter),
			       TEXT(put->name),
			       NUMBER(put->after),
			       {CELL_END}};
	gint64 series;

	if (!query_run(store, QUERY_SERIES_PUT, CELLS(owner[0], owner[1]),
		       error) ||
	    !query_number(store, QUERY_REVISION_SERIES, owner, &series, error))
		return false;
	return query_number(store, QUERY_REVISION_NEW,
			    CELLS(NUMBER(series), number_or_null(put->event),
				  NUMBER(put->version), NUMBER(put->n_patches),
				  TEXT(put->key), NUMBER(put->complete),
				  number_or_null(put->due_at),
				  NUMBER(clock_now_at())),
			    &put->id, error);
}

bool store_revision_set(struct store *store, struct revision_put *put,
			GError **error)
{
	if (!put->id)
		return transaction_begin(store, error) &&
		       transaction_end(store, revision_new(store, put, error),
				       error);
	return query_run(store, QUERY_REVISION_SET,
			 CELLS(NUMBER(put->id), number_or_null(put->event),
			       NUMBER(put->version), NUMBER(put->n_patches),
			       NUMBER(put->complete),
			       number_or_null(put->due_at)),
			 error);
}

void revision_free(struct revision *revision)
{
	if (!revision)
		return;
	g_free(revision->submitter);
	g_free(revision->name);
	g_free(revision->key);
	g_free(revision->origin_url);
	g_free(revision);
}

bool store_revision_get(struct store *store, gint64 id,
			struct revision **revision, GError **error)
{
	struct revision *got;
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_REVISION_GET, CELLS(NUMBER(id)), &row,
		       error))
		return false;
	if (!row) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no revision %" G_GINT64_FORMAT
			    " in the store",
			    id);
		return false;
	}
	got = g_new0(struct revision, 1);
	got->id = id;
	got->series = sqlite3_column_int64(row, 0);
	got->event = sqlite3_column_int64(row, 1);
	got->submitter = column_text(row, 2);
	got->name = column_text(row, 3);
	got->version = (guint)sqlite3_column_int(row, 4);
	got->n_patches = (guint)sqlite3_column_int(row, 5);
	got->complete = sqlite3_column_int(row, 6) != 0;
	got->due_at = sqlite3_column_int64(row, 7);
	got->runs = (guint)sqlite3_column_int(row, 8);
	got->origin_url = column_text(row, 9);
	got->key = column_text(row, 10);
	got->total = (guint)sqlite3_column_int(row, 11);
	sqlite3_reset(row);
	*revision = got;
	return true;
}

bool store_revision_mails(struct store *store, gint64 id, GPtrArray **mails,
			  GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_bytes_unref);
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_REVISION_MAILS, CELLS(NUMBER(id)), &row,
		       error))
		return false;
	while (row) {
		GBytes *mail = column_bytes(row, 0);

		if (mail)
			g_ptr_array_add(found, mail);
		if (!query_next(store, &row, error))
			return false;
	}
	*mails = g_steal_pointer(&found);
	return true;
}

bool store_revision_due(struct store *store, gint64 now, gint64 *id,
			gint64 *next_at, GError **error)
{
	sqlite3_stmt *row;

	*id = *next_at = 0;
	if (!query_row(store, QUERY_REVISION_DUE, NULL, &row, error))
		return false;
	if (!row)
		return true;
	*next_at = sqlite3_column_int64(row, 1);
	if (*next_at <= now)
		*id = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return true;
}

static bool revision_supersede(struct store *store, gint64 id, GPtrArray **runs,
			       GError **error)
{
	g_autoptr(GPtrArray) found = NULL;

	if (!query_texts(store, QUERY_REVISION_OLDER_RUNS, CELLS(NUMBER(id)),
			 &found, error))
		return false;
	for (guint i = 0; i < found->len; i++) {
		if (!store_run_stop(store, found->pdata[i],
				    "a newer version has come", error) ||
		    !store_trouble_end_of_run(store, found->pdata[i], error))
			return false;
	}
	*runs = g_steal_pointer(&found);
	return query_run(store, QUERY_REVISION_DROP_MAIL,
			 CELLS(NUMBER(id), NUMBER(clock_now_at())), error);
}

bool store_revision_supersede(struct store *store, gint64 id, GPtrArray **runs,
			      GError **error)
{
	return transaction_begin(store, error) &&
	       transaction_end(store,
			       revision_supersede(store, id, runs, error),
			       error);
}

bool store_revision_newer(struct store *store, gint64 id, gint64 *newer,
			  GError **error)
{
	return query_number(store, QUERY_REVISION_NEWER, CELLS(NUMBER(id)),
			    newer, error);
}

bool store_origin_put(struct store *store, gint64 revision,
		      const struct origin_row *row, GError **error)
{
	return query_run(store, QUERY_ORIGIN_PUT,
			 CELLS(TEXT(row->source), NUMBER(row->series),
			       NUMBER(row->version), TEXT(row->patches),
			       TEXT(row->url), NUMBER(revision)),
			 error);
}

bool store_origin_find(struct store *store, const struct origin_row *row,
		       gint64 *revision, GError **error)
{
	return query_number(store, QUERY_ORIGIN_FIND,
			    CELLS(TEXT(row->source), NUMBER(row->series),
				  NUMBER(row->version)),
			    revision, error);
}

bool store_origin_runs(struct store *store, const char *source,
		       const char *patch, GPtrArray **runs, GError **error)
{
	return query_texts(store, QUERY_ORIGIN_RUNS,
			   CELLS(TEXT(source), TEXT(patch)), runs, error);
}
