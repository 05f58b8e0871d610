/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies, kept before they are sent: at most one a (revision, outcome). */
#include "store/store-internal.h"

#include "base/base.h"

bool store_outbox_put(struct store *store, gint64 revision,
		      const struct outbox_row *row, GError **error)
{
	struct cell number = NUMBER(revision), null = TEXT(NULL);
	const struct cell *cells = CELLS(
		revision ? number : null, TEXT(row->run), TEXT(row->outcome),
		TEXT(row->message_id), TEXT(row->recipient), TEXT(row->copies),
		BLOB(row->mail, row->mail_len), NUMBER(clock_now_at()));

	return transaction_begin(store, error) &&
	       transaction_end(store,
			       query_run(store, QUERY_OUTBOX_ADD, cells, error),
			       error);
}

GBytes *store_outbox_get(struct store *store, const char *run, GError **error)
{
	sqlite3_stmt *row;
	GBytes *mail;

	if (!query_row(store, QUERY_OUTBOX_GET, CELLS(TEXT(run)), &row, error))
		return NULL;
	if (!row) {
		g_autofree char *quoted = text_quote(run, -1);

		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "the run %s has no reply in the store", quoted);
		return NULL;
	}
	mail = column_bytes(row, 0);
	sqlite3_reset(row);
	return mail;
}

void outbox_mail_free(struct outbox_mail *mail)
{
	if (!mail)
		return;
	g_free(mail->run);
	g_free(mail->outcome);
	g_free(mail->message_id);
	g_free(mail->recipient);
	g_free(mail->copies);
	g_free(mail->last_error);
	g_clear_pointer(&mail->mail, g_bytes_unref);
	g_free(mail);
}

static struct outbox_mail *mail_read(sqlite3_stmt *row)
{
	struct outbox_mail *mail = g_new0(struct outbox_mail, 1);

	mail->id = sqlite3_column_int64(row, 0);
	mail->run = column_text(row, 1);
	mail->outcome = column_text(row, 2);
	mail->message_id = column_text(row, 3);
	mail->recipient = column_text(row, 4);
	mail->copies = column_text(row, 5);
	mail->mail = column_bytes(row, 6);
	mail->attempts = (guint)sqlite3_column_int64(row, 7);
	mail->last_error = column_text(row, 8);
	mail->created_at = sqlite3_column_int64(row, 9);
	return mail;
}

bool store_outbox_due(struct store *store, gint64 now,
		      struct outbox_mail **mail, gint64 *next_at,
		      GError **error)
{
	sqlite3_stmt *row;

	*mail = NULL;
	*next_at = 0;
	if (!query_row(store, QUERY_OUTBOX_DUE, NULL, &row, error))
		return false;
	if (!row)
		return true;
	*next_at = sqlite3_column_int64(row, 10);
	if (*next_at <= now)
		*mail = mail_read(row);
	sqlite3_reset(row);
	return true;
}

bool store_outbox_sent(struct store *store, gint64 id, GError **error)
{
	return query_run(store, QUERY_OUTBOX_SENT,
			 CELLS(NUMBER(id), NUMBER(clock_now_at())), error);
}

bool store_outbox_put_off(struct store *store, gint64 id, gint64 next_at,
			  const char *why, GError **error)
{
	return query_run(store, QUERY_OUTBOX_PUT_OFF,
			 CELLS(NUMBER(id), NUMBER(next_at), TEXT(why)), error);
}

bool store_outbox_failed(struct store *store, gint64 id, const char *why,
			 GError **error)
{
	return query_run(store, QUERY_OUTBOX_FAILED,
			 CELLS(NUMBER(id), NUMBER(clock_now_at()), TEXT(why)),
			 error);
}

bool store_outbox_retry(struct store *store, gint64 id, GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_OUTBOX_RETRY,
		       CELLS(NUMBER(id), NUMBER(clock_now_at())), &row, error))
		return false;
	if (row) {
		sqlite3_reset(row);
		return true;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    "the outbox has no unsent mail %" G_GINT64_FORMAT, id);
	return false;
}

bool store_outbox_count(struct store *store, gint64 since, guint *count,
			GError **error)
{
	sqlite3_stmt *row;

	if (!query_row(store, QUERY_OUTBOX_COUNT, CELLS(NUMBER(since)), &row,
		       error))
		return false;
	*count = row ? (guint)sqlite3_column_int64(row, 0) : 0;
	if (row)
		sqlite3_reset(row);
	return true;
}

bool store_outbox_find(struct store *store, const char *message_id, char **run,
		       GError **error)
{
	sqlite3_stmt *row;

	*run = NULL;
	if (!query_row(store, QUERY_OUTBOX_FIND, CELLS(TEXT(message_id)), &row,
		       error))
		return false;
	if (row) {
		*run = column_text(row, 0);
		sqlite3_reset(row);
	}
	return true;
}
