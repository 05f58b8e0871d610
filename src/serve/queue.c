/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/queue.h"

/* A run; its texts are the queue's. */
struct waiting {
	struct queue_entry entry;
	struct line *line;
};

/* What one submitter has here. Stays when it is empty: whom it has served. */
struct line {
	GQueue runs; /* of struct waiting, in order of arrival */
	guint64 served;
};

struct queue {
	GHashTable *runs;  /* id -> struct waiting */
	GHashTable *lines; /* submitter -> struct line */
	guint64 turns;
};

static void waiting_free(gpointer data)
{
	struct waiting *waiting = data;

	g_free((char *)(gintptr)waiting->entry.id);
	g_free((char *)(gintptr)waiting->entry.submitter);
	g_free((char *)(gintptr)waiting->entry.project);
	g_free(waiting);
}

static void line_free(gpointer data)
{
	struct line *line = data;

	g_queue_clear(&line->runs);
	g_free(line);
}

struct queue *queue_new(void)
{
	struct queue *queue = g_new0(struct queue, 1);

	queue->runs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					    waiting_free);
	queue->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     line_free);
	return queue;
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	g_hash_table_unref(queue->lines);
	g_hash_table_unref(queue->runs);
	g_free(queue);
}

static struct line *find_line(struct queue *queue, const char *submitter)
{
	struct line *line = g_hash_table_lookup(queue->lines, submitter);

	if (!line) {
		line = g_new0(struct line, 1);
		g_queue_init(&line->runs);
		g_hash_table_insert(queue->lines, g_strdup(submitter), line);
	}
	return line;
}

void queue_put(struct queue *queue, const struct queue_entry *entry)
{
	struct waiting *waiting = g_new0(struct waiting, 1);

	waiting->entry = *entry;
	waiting->entry.id = g_strdup(entry->id);
	waiting->entry.submitter = g_strdup(entry->submitter);
	waiting->entry.project = g_strdup(entry->project);
	waiting->line = find_line(queue, entry->submitter);
	queue_remove(queue, entry->id);
	g_queue_push_tail(&waiting->line->runs, waiting);
	g_hash_table_insert(queue->runs, (char *)(gintptr)waiting->entry.id,
			    waiting);
}

bool queue_remove(struct queue *queue, const char *id)
{
	struct waiting *waiting = g_hash_table_lookup(queue->runs, id);

	if (!waiting)
		return false;
	g_queue_remove(&waiting->line->runs, waiting);
	return g_hash_table_remove(queue->runs, id);
}

bool queue_has(const struct queue *queue, const char *id)
{
	return g_hash_table_contains(queue->runs, id);
}

guint queue_length(const struct queue *queue)
{
	return g_hash_table_size(queue->runs);
}

struct choice {
	gint64 now;
	queue_filter filter;
	gpointer data;
	struct waiting *best;
};

static bool is_before(const struct waiting *a, const struct waiting *b)
{
	if (a->entry.priority != b->entry.priority)
		return a->entry.priority > b->entry.priority;
	return a->line->served < b->line->served;
}

/* Of one line the first that may be taken, and any that is more urgent. */
static void choose_of(struct choice *choice, const struct line *line)
{
	for (GList *at = line->runs.head; at; at = at->next) {
		struct waiting *one = at->data;

		if (one->entry.next_at > choice->now ||
		    (choice->best && !is_before(one, choice->best)) ||
		    (choice->filter &&
		     !choice->filter(&one->entry, choice->data)))
			continue;
		choice->best = one;
	}
}

char *queue_take(struct queue *queue, gint64 now, queue_filter filter,
		 gpointer data)
{
	struct choice choice = {now, filter, data, NULL};
	GHashTableIter iter;
	gpointer line;
	char *id;

	g_hash_table_iter_init(&iter, queue->lines);
	while (g_hash_table_iter_next(&iter, NULL, &line))
		choose_of(&choice, line);
	if (!choice.best)
		return NULL;
	choice.best->line->served = ++queue->turns;
	id = g_strdup(choice.best->entry.id);
	queue_remove(queue, id);
	return id;
}

gint64 queue_next_at(const struct queue *queue, gint64 now)
{
	GHashTableIter iter;
	gpointer value;
	gint64 next_at = 0;

	g_hash_table_iter_init(&iter, queue->runs);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct waiting *one = value;

		if (one->entry.next_at > now &&
		    (!next_at || one->entry.next_at < next_at))
			next_at = one->entry.next_at;
	}
	return next_at;
}
