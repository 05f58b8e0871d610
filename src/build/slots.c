// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who waits stands in a queue; it is looked at when somebody asks, gives back
 * or stops waiting, and once a second while only the machine is in the way.
 */
#include <config.h>

#include "build/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

#define LOOK_AGAIN_S 1
#define LOAD_MOST 2.0 /* runnable tasks a processor */

struct slots {
	guint places, taken;
	GQueue *waiting; /* of GTask */
	guint timer;
	struct machine_load (*look)(gpointer data);
	gpointer look_data;
};

/* One who waits: the data of its task. */
struct place {
	struct slots *slots;
	guint64 memory_bytes;
	gulong cancelled; /* handler; 0: it cannot be */
};

/* In kB, as /proc/meminfo has it. */
static guint64 read_free_bytes(void)
{
	static const char name[] = "MemAvailable:";
	g_autofree char *text = NULL;
	const char *at;

	if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
		return 0;
	at = strstr(text, name);
	return at ? g_ascii_strtoull(at + strlen(name), NULL, 10) << 10 : 0;
}

struct machine_load machine_load_now(void)
{
	double load = 0;

	if (getloadavg(&load, 1) != 1)
		load = 0;
	return (struct machine_load){.free_bytes = read_free_bytes(),
				     .load = load / g_get_num_processors()};
}

static struct machine_load look_at_machine(gpointer data)
{
	(void)data;
	return machine_load_now();
}

struct slots *slots_new(guint places)
{
	struct slots *slots = g_new0(struct slots, 1);

	slots->places = MAX(places, 1);
	slots->waiting = g_queue_new();
	slots->look = look_at_machine;
	return slots;
}

void slots_free(struct slots *slots)
{
	if (!slots)
		return;
	g_assert(g_queue_is_empty(slots->waiting));
	g_clear_handle_id(&slots->timer, g_source_remove);
	g_queue_free(slots->waiting);
	g_free(slots);
}

void slots_set_look(struct slots *slots,
		    struct machine_load (*look)(gpointer data), gpointer data)
{
	slots->look = look;
	slots->look_data = data;
}

static bool has_room(const struct slots *slots, guint64 memory_bytes)
{
	struct machine_load now;

	if (slots->taken == 0)
		return true;
	now = slots->look(slots->look_data);
	return now.load <= LOAD_MOST &&
	       (now.free_bytes == 0 || now.free_bytes >= memory_bytes);
}

static void pump(struct slots *slots);

static gboolean look_again(gpointer data)
{
	struct slots *slots = data;

	slots->timer = 0;
	pump(slots);
	return G_SOURCE_REMOVE;
}

/* The task is answered from the main loop, never from within the caller. */
static void pump(struct slots *slots)
{
	while (slots->taken < slots->places) {
		GTask *task = g_queue_peek_head(slots->waiting);
		const struct place *place = task ? g_task_get_task_data(task)
						 : NULL;

		if (!place)
			return;
		if (!has_room(slots, place->memory_bytes)) {
			if (slots->timer == 0)
				slots->timer = g_timeout_add_seconds(
					LOOK_AGAIN_S, look_again, slots);
			return;
		}
		g_queue_pop_head(slots->waiting);
		slots->taken++;
		g_task_return_boolean(task, TRUE);
		g_object_unref(task);
	}
}

static gboolean leave_queue(gpointer data)
{
	GTask *task = data;
	struct place *place = g_task_get_task_data(task);
	struct slots *slots = place->slots;

	if (!g_queue_remove(slots->waiting, task))
		return G_SOURCE_REMOVE; /* it has its place by now */
	g_task_return_new_error(task, REROLL_ERROR, REROLL_ERROR_CANCELLED,
				"the wait for a place was cancelled");
	g_object_unref(task);
	pump(slots);
	return G_SOURCE_REMOVE;
}

/* In whatever thread cancels, with the cancellable locked. */
static void on_cancelled(GCancellable *cancellable, gpointer data)
{
	g_autoptr(GSource) source = g_idle_source_new();

	(void)cancellable;
	g_source_set_callback(source, leave_queue, g_object_ref(data),
			      g_object_unref);
	g_source_attach(source, g_task_get_context(data));
}

void slots_take_async(struct slots *slots, guint64 memory_bytes,
		      GCancellable *cancellable, GAsyncReadyCallback callback,
		      gpointer user_data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, user_data);
	struct place *place = g_new0(struct place, 1);

	place->slots = slots;
	place->memory_bytes = memory_bytes;
	/* A place that was given is given back, cancelled or not. */
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, place, g_free);
	g_queue_push_tail(slots->waiting, task);
	if (cancellable)
		place->cancelled = g_cancellable_connect(
			cancellable, G_CALLBACK(on_cancelled),
			g_object_ref(task), g_object_unref);
	pump(slots);
}

void slots_set_places(struct slots *slots, guint places)
{
	slots->places = MAX(places, 1);
	pump(slots);
}

bool slots_take_finish(GAsyncResult *res, GError **error)
{
	struct place *place = g_task_get_task_data(G_TASK(res));
	gulong handler = place->cancelled;

	place->cancelled = 0;
	g_cancellable_disconnect(g_task_get_cancellable(G_TASK(res)), handler);
	return g_task_propagate_boolean(G_TASK(res), error);
}

void slots_give(struct slots *slots)
{
	g_assert(slots->taken > 0);
	slots->taken--;
	pump(slots);
}
