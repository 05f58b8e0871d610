/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store-internal.h"

#include "base/base.h"

bool store_post_put(struct store *store, gint64 revision,
		    const struct post_row *row, GError **error)
{
	return query_run(store, QUERY_POST_PUT,
			 CELLS(NUMBER(revision), TEXT(row->name),
			       TEXT(row->state), TEXT(row->summary),
			       NUMBER(clock_now_at())),
			 error);
}

void post_free(struct post *post)
{
	if (!post)
		return;
	g_free(post->source);
	g_free(post->patches);
	g_free(post->name);
	g_free(post->state);
	g_free(post->summary);
	g_free(post->url);
	g_free(post);
}

static struct post *post_read(sqlite3_stmt *row)
{
	struct post *post = g_new0(struct post, 1);

	post->id = sqlite3_column_int64(row, 0);
	post->source = column_text(row, 1);
	post->series = sqlite3_column_int64(row, 2);
	post->version = (guint)sqlite3_column_int64(row, 3);
	post->patches = column_text(row, 4);
	post->name = column_text(row, 5);
	post->state = column_text(row, 6);
	post->summary = column_text(row, 7);
	post->url = column_text(row, 8);
	post->attempts = (guint)sqlite3_column_int64(row, 9);
	post->serial = sqlite3_column_int64(row, 10);
	return post;
}

bool store_post_due(struct store *store, const char *source, gint64 now,
		    struct post **post, gint64 *next_at, GError **error)
{
	sqlite3_stmt *row;

	*post = NULL;
	*next_at = 0;
	if (!query_row(store, QUERY_POST_DUE, CELLS(TEXT(source)), &row, error))
		return false;
	if (!row)
		return true;
	*next_at = sqlite3_column_int64(row, 11);
	if (*next_at <= now)
		*post = post_read(row);
	sqlite3_reset(row);
	return true;
}

bool store_post_done(struct store *store, const struct post *post,
		     GError **error)
{
	return query_run(
		store, QUERY_POST_DONE,
		CELLS(NUMBER(post->id), NUMBER(post->serial), TEXT(NULL)),
		error);
}

bool store_post_put_off(struct store *store, const struct post *post,
			gint64 next_at, const char *why, GError **error)
{
	return query_run(store, QUERY_POST_PUT_OFF,
			 CELLS(NUMBER(post->id), NUMBER(next_at), TEXT(why)),
			 error);
}

bool store_post_drop(struct store *store, const struct post *post,
		     const char *why, GError **error)
{
	return query_run(
		store, QUERY_POST_DONE,
		CELLS(NUMBER(post->id), NUMBER(post->serial), TEXT(why)),
		error);
}
