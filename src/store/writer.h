/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that a store lives in: whoever must not wait for a disk hands it
 * what is to be done, and is called when that is kept. What comes while it is
 * busy is done together, in one transaction, so that a thousand small steps
 * cost a few waits for the disk.
 *
 * Durability: what the outside was promised (an event acknowledged, a mail
 * accepted, a job sent) is WRITE_SYNCED, on the disk before the callback; so is
 * a mail before it goes out, or after a loss of power another might. A step
 * that can be done again is WRITE_KEPT: a crash of the program loses nothing of
 * it, a loss of power at most the last of them.
 * Ownership: the store is the writer's until writer_free(), which does all that
 * was handed over first. `data` must live until the callback.
 * Errors: those of the work. When the transaction cannot be kept, nothing of it
 * is, and everybody in it is told so.
 * Async: works run in the order in which they were handed over; callbacks come
 * on the caller's context. There is no cancelling.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <gio/gio.h>
#include <stdbool.h>

struct store;
struct writer;

enum durability { WRITE_KEPT, WRITE_SYNCED };

/* In the writer's thread; FALSE undoes what it has done, and that alone. */
typedef bool (*writer_work)(struct store *store, gpointer data, GError **error);

struct writer *writer_new(struct store *store);
void writer_free(struct writer *writer);
typedef struct writer writer_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(writer_t, writer_free)

struct write {
	enum durability durability;
	writer_work work;
	gpointer data;
};

void writer_do_async(struct writer *writer, const struct write *write,
		     GAsyncReadyCallback callback, gpointer user_data);
bool writer_do_finish(GAsyncResult *res, GError **error);

/* The same for a caller that may wait: another thread, a start, an end. */
bool writer_do(struct writer *writer, const struct write *write,
	       GError **error);

#endif
