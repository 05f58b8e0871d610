/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A turn of the loop is from the return of one poll() to the call of the next:
 * the time in which nobody else is heard.
 */
#include "serve/watch.h"

#include "base/base.h"

#define BUCKETS 24 /* each up to twice the one before, from 1 us */
#define LONG_US 10000

static struct {
	guint64 turns, over, buckets[BUCKETS];
	gint64 longest_us, since_us;
	GPollFunc poll;
	guint timer;
} watch;

static void count(gint64 us)
{
	guint bucket = 0;

	while (bucket + 1 < BUCKETS && us > (G_GINT64_CONSTANT(1) << bucket))
		bucket++;
	watch.buckets[bucket]++;
	watch.turns++;
	watch.over += us > LONG_US;
	watch.longest_us = MAX(watch.longest_us, us);
}

static gint watched_poll(GPollFD *fds, guint n, gint timeout_ms)
{
	gint ready;

	if (watch.since_us)
		count(g_get_monotonic_time() - watch.since_us);
	ready = watch.poll(fds, n, timeout_ms);
	watch.since_us = g_get_monotonic_time();
	return ready;
}

static gboolean on_timer(gpointer data)
{
	(void)data;
	notify_manager("WATCHDOG=1");
	return G_SOURCE_CONTINUE;
}

void watch_start(void)
{
	GMainContext *context = g_main_context_default();
	guint64 us = notify_watchdog_us();

	watch.poll = g_main_context_get_poll_func(context);
	g_main_context_set_poll_func(context, watched_poll);
	if (us)
		watch.timer = g_timeout_add((guint)(us / 3000), on_timer, NULL);
}

void watch_stop(void)
{
	g_main_context_set_poll_func(g_main_context_default(), watch.poll);
	if (watch.timer)
		g_source_remove(watch.timer);
	watch.timer = 0;
}

json_t *watch_to_json(void)
{
	json_t *histogram = json_array();

	for (guint i = 0; i < BUCKETS; i++) {
		if (watch.buckets[i])
			json_array_append_new(
				histogram,
				json_pack("{s:I, s:I}", "to_us",
					  (json_int_t)1 << i, "turns",
					  (json_int_t)watch.buckets[i]));
	}
	return json_pack("{s:I, s:I, s:I, s:o}", "turns",
			 (json_int_t)watch.turns, "longest_us",
			 (json_int_t)watch.longest_us, "over_10_ms",
			 (json_int_t)watch.over, "histogram", histogram);
}
