/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which run is next: of those that are due the most urgent; of these one of the
 * submitter who was served the longest ago; of theirs the oldest. So one
 * person's ten series do not keep nine others waiting.
 *
 * In memory: some 200 bytes a run. All on one thread.
 */
#ifndef SERVE_QUEUE_H
#define SERVE_QUEUE_H

#include <glib.h>
#include <stdbool.h>

struct queue;

struct queue_entry {
	const char *id;
	const char *submitter;
	const char *project; /* NULL: not known */
	int priority;	     /* the highest first */
	gint64 next_at;	     /* not before */
};

struct queue *queue_new(void);
void queue_free(struct queue *queue);
typedef struct queue queue_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(queue_t, queue_free)

/* All is copied; one that is there already is put anew. */
void queue_put(struct queue *queue, const struct queue_entry *entry);
bool queue_remove(struct queue *queue, const char *id);
bool queue_has(const struct queue *queue, const char *id);
guint queue_length(const struct queue *queue);

/* Whether it may be taken now; NULL in queue_take(): everything may. */
typedef bool (*queue_filter)(const struct queue_entry *entry, gpointer data);

/* The next one, out of the queue; NULL: none may be taken now. To be freed. */
char *queue_take(struct queue *queue, gint64 now, queue_filter filter,
		 gpointer data);

/* When the next one that is put off is due; 0: none is. */
gint64 queue_next_at(const struct queue *queue, gint64 now);

#endif
