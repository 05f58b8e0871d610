/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte says in parts of which size the rest comes. However it comes,
 * the events are the same.
 */
#include "fuzz.h"

#include <string.h>

#include "lab/console.h"

static void take(const struct console_event *event, gpointer data)
{
	if (event->what != CONSOLE_SIGNAL)
		g_assert(g_utf8_validate(event->text, -1, NULL));
	g_string_append_printf(data, "%u %d %s|", event->line, (int)event->what,
			       event->text);
}

static GString *read_in(const char *data, size_t len, size_t step)
{
	GString *said = g_string_new(NULL);
	g_autoptr(console_t) console = console_new("word", take, said);

	for (size_t at = 0; at < len; at += step)
		console_feed(console, data + at, MIN(step, len - at));
	console_end(console);
	return said;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	GString *whole, *parts;

	if (len < 1)
		return 0;
	whole = read_in((const char *)data + 1, len - 1, len);
	parts = read_in((const char *)data + 1, len - 1, 1 + data[0] % 64U);
	g_assert(g_string_equal(whole, parts));
	g_string_free(whole, TRUE);
	g_string_free(parts, TRUE);
	return 0;
}
