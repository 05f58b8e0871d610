/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <string.h>
#include <sys/random.h>

static gint64 fixed_at(void)
{
	static gsize once;
	static gint64 at = -1;

	if (g_once_init_enter(&once)) {
		const char *text = g_getenv("REROLL_CLOCK");

		if (text && *text)
			at = g_ascii_strtoll(text, NULL, 10);
		g_once_init_leave(&once, 1);
	}
	return at;
}

gint64 clock_now_at(void)
{
	gint64 at = fixed_at();

	return at >= 0 ? at : g_get_real_time() / G_USEC_PER_SEC;
}

gint64 clock_monotonic_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

char *clock_new_id(void)
{
	static guint counter;
	guint64 half[2] = {0, 0};

	if (fixed_at() >= 0)
		half[1] = (guint64)g_atomic_int_add(&counter, 1) + 1;
	else
		g_assert(getrandom(half, sizeof(half), 0) == sizeof(half));
	return g_strdup_printf("%016" G_GINT64_MODIFIER
			       "x%016" G_GINT64_MODIFIER "x",
			       half[0], half[1]);
}

/* Not strftime(): its day and month names follow the locale. */
char *clock_format_rfc5322(gint64 at)
{
	static const char days[][4] = {"Mon", "Tue", "Wed", "Thu",
				       "Fri", "Sat", "Sun"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr",
					 "May", "Jun", "Jul", "Aug",
					 "Sep", "Oct", "Nov", "Dec"};
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(at);

	g_return_val_if_fail(t, NULL);
	return g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d +0000",
			       days[g_date_time_get_day_of_week(t) - 1],
			       g_date_time_get_day_of_month(t),
			       months[g_date_time_get_month(t) - 1],
			       g_date_time_get_year(t), g_date_time_get_hour(t),
			       g_date_time_get_minute(t),
			       g_date_time_get_second(t));
}
