/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies, kept before they are sent: at most one a (revision, outcome). */
#include "store/store-internal.h"

#include "base/base.h"

bool store_outbox_put(struct store *store, gint64 revision,
		      const struct outbox_row *row, GError **error)
{
	const struct cell *cells = CELLS(
		NUMBER(revision), TEXT(row->run), TEXT(row->outcome),
		TEXT(row->message_id), TEXT(row->recipient),
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
	mail = g_bytes_new(sqlite3_column_blob(row, 0),
			   (gsize)sqlite3_column_bytes(row, 0));
	sqlite3_reset(row);
	return mail;
}
