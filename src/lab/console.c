// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines are gathered in a buffer of a fixed size; of a longer one each part is
 * looked at by itself, and the end of a part again with the next, since the
 * kernel's words may stand anywhere in it: it begins no new line when a program
 * has written half of one.
 */
#include "lab/console.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

#define PREFIX "<REROLL "
#define TEXT_BYTES 200	  /* of an event that is no signal */
#define SIGNAL_BYTES 1024 /* of a signal's text */
#define JOIN_LINES 400	  /* of the kernel within a signal */
#define OVERLAP_BYTES 64  /* more than any sign has */

struct console {
	char *word; /* NULL: not known yet */
	console_sink sink;
	gpointer data;
	GString *held; /* the line so far, or its last part */
	guint line;
	bool within;	 /* a part of this line was looked at before */
	guint64 number;	 /* of the last signal */
	GString *broken; /* of a signal, what came; empty: there is none */
	gsize broken_len;
	guint64 broken_number;
	guint broken_line;
};

struct console *console_new(const char *word, console_sink sink, gpointer data)
{
	struct console *console = g_new0(struct console, 1);

	console->word = g_strdup(word);
	console->sink = sink;
	console->data = data;
	console->held = g_string_sized_new(CONSOLE_LINE_BYTES);
	console->broken = g_string_new(NULL);
	console->line = 1;
	return console;
}

void console_free(struct console *console)
{
	if (!console)
		return;
	g_free(console->word);
	g_string_free(console->held, TRUE);
	g_string_free(console->broken, TRUE);
	g_free(console);
}

guint console_line(const struct console *console)
{
	return console->line;
}

/* The first that stands in a line is what the line is. */
static const struct {
	const char *sign;
	enum console_what what;
} signs[] = {
	{"---[ end Kernel panic", CONSOLE_PANIC_END},
	{"Kernel panic - not syncing", CONSOLE_PANIC},
	{"Linux version ", CONSOLE_BOOT},
	{"could not calculate TSC khz", CONSOLE_NO_CLOCK},
	{"BUG: ", CONSOLE_OOPS},
	{"Oops: ", CONSOLE_OOPS},
	{"Oops - ", CONSOLE_OOPS},
	{"Oops[#", CONSOLE_OOPS},
	{"kernel BUG at ", CONSOLE_OOPS},
	{"Unable to handle kernel ", CONSOLE_OOPS},
	{"Internal error: ", CONSOLE_OOPS},
	{"general protection fault", CONSOLE_OOPS},
	{"detected stall", CONSOLE_OOPS},
	{"self-detected stall", CONSOLE_OOPS},
	{" blocked for more than ", CONSOLE_OOPS},
	{"WARNING: ", CONSOLE_WARNING},
	{"UBSAN: ", CONSOLE_WARNING},
	{"<LAVA_SIGNAL_", CONSOLE_FORGED},
	{"<LAVA_TEST_RUNNER ", CONSOLE_FORGED},
};

static void tell(struct console *console, enum console_what what, guint line,
		 const char *text)
{
	const struct console_event event = {
		.what = what, .line = line, .text = text};

	console->sink(&event, console->data);
}

static void tell_line(struct console *console, enum console_what what,
		      const char *text, gsize len)
{
	g_autofree char *shown = text_one_line(text, (gssize)len, TEXT_BYTES);

	tell(console, what, console->line, shown);
}

/* True when there was one. */
static bool find_sign(struct console *console, const char *text, gsize len)
{
	for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
		const char *at = memmem(text, len, signs[i].sign,
					strlen(signs[i].sign));

		if (!at)
			continue;
		tell_line(console, signs[i].what, at, len - (gsize)(at - text));
		return true;
	}
	return false;
}

/* Its number must be the next; that of a new boot is 1 again. */
static void take_signal(struct console *console, guint64 number, guint line,
			const char *text)
{
	bool hello = number == 1 && strcmp(text, "HELLO") == 0;

	if (!hello && number <= console->number) {
		tell(console, CONSOLE_FORGED, line, text);
		return;
	}
	if (!hello && number != console->number + 1)
		tell(console, CONSOLE_LOST, line, "");
	console->number = number;
	tell(console, CONSOLE_SIGNAL, line, text);
}

/* What stands between the prefix and the text. */
struct header {
	guint64 number;
	gsize len;
};

static bool take_number(const char **at, const char *end, guint64 *value)
{
	const char *from = *at;

	*value = 0;
	while (*at < end && g_ascii_isdigit(**at) && *at - from < 9)
		*value = *value * 10 + (guint64)(*(*at)++ - '0');
	return *at > from && *at < end && *(*at)++ == ' ';
}

static bool word_fits(struct console *console, const char *word, gsize len,
		      const char *rest, const char *end)
{
	static const char hello[] = "1 5 HELLO>";

	if (!console->word && len && (gsize)(end - rest) >= strlen(hello) &&
	    memcmp(rest, hello, strlen(hello)) == 0)
		console->word = g_strndup(word, len);
	return console->word && strlen(console->word) == len &&
	       memcmp(console->word, word, len) == 0;
}

/* Where the text begins; NULL when it is not the runner's. */
static const char *read_header(struct console *console, const char *line,
			       gsize len, struct header *header)
{
	const char *end = line + len, *at = line + strlen(PREFIX);
	const char *blank = memchr(at, ' ', (gsize)(end - at));
	guint64 text_len;

	if (!blank ||
	    !word_fits(console, at, (gsize)(blank - at), blank + 1, end))
		return NULL;
	at = blank + 1;
	if (!take_number(&at, end, &header->number) ||
	    !take_number(&at, end, &text_len) || text_len > SIGNAL_BYTES)
		return NULL;
	header->len = (gsize)text_len;
	return at;
}

static void drop_broken(struct console *console)
{
	g_string_truncate(console->broken, 0);
}

static void keep_broken(struct console *console, const struct header *header,
			const char *text, gsize len)
{
	g_string_truncate(console->broken, 0);
	g_string_append_len(console->broken, text, (gssize)len);
	g_string_append_c(console->broken, '\0');
	console->broken_len = header->len;
	console->broken_number = header->number;
	console->broken_line = console->line;
}

/* True when the line was a signal, whole or not. */
static bool read_signal(struct console *console, const char *line, gsize len)
{
	struct header header;
	const char *text;
	gsize rest;
	g_autofree char *copy = NULL;

	if (len < strlen(PREFIX) || memcmp(line, PREFIX, strlen(PREFIX)) != 0)
		return false;
	text = read_header(console, line, len, &header);
	if (!text) {
		tell_line(console, CONSOLE_FORGED, line, len);
		return true;
	}
	rest = len - (gsize)(text - line);
	if (rest <= header.len || text[header.len] != '>') {
		keep_broken(console, &header, text, rest);
		find_sign(console, text, rest);
		return true;
	}
	drop_broken(console);
	copy = g_strndup(text, header.len);
	take_signal(console, header.number, console->line, copy);
	find_sign(console, text + header.len, rest - header.len);
	return true;
}

/*
 * The rest of a broken signal ends a line; what is missing then is the start of
 * what came before the kernel's message. That has a time mostly.
 */
static bool join_signal(struct console *console, const char *line, gsize len)
{
	gsize have = console->broken->len ? console->broken->len - 1 : 0;
	g_autofree char *text = NULL;
	gsize start;

	if (!have)
		return false;
	if (console->line - console->broken_line > JOIN_LINES) {
		drop_broken(console);
		return false;
	}
	if (!len || line[len - 1] != '>' || memchr(line, '<', len) ||
	    len - 1 > console->broken_len)
		return false;
	start = console->broken_len - (len - 1);
	if (start > have || (strchr(console->broken->str, '[') &&
			     console->broken->str[start] != '['))
		return false;
	text = g_strdup_printf("%.*s%.*s", (int)start, console->broken->str,
			       (int)len - 1, line);
	drop_broken(console);
	take_signal(console, console->broken_number, console->line, text);
	return true;
}

static bool look(struct console *console, const char *line, gsize len)
{
	return (!console->within && (read_signal(console, line, len) ||
				     join_signal(console, line, len))) ||
	       find_sign(console, line, len);
}

static void end_line(struct console *console)
{
	GString *held = console->held;

	while (held->len && held->str[held->len - 1] == '\r')
		g_string_truncate(held, held->len - 1);
	look(console, held->str, held->len);
	g_string_truncate(held, 0);
	console->within = false;
	console->line++;
}

/* The line goes on, but there is no room for it. */
static void end_part(struct console *console)
{
	GString *held = console->held;
	bool seen = look(console, held->str, held->len);

	g_string_erase(held, 0, (gssize)held->len - (seen ? 0 : OVERLAP_BYTES));
	console->within = true;
}

void console_feed(struct console *console, const char *bytes, gsize len)
{
	while (len > 0) {
		gsize room = CONSOLE_LINE_BYTES - console->held->len;
		const char *newline = memchr(bytes, '\n', MIN(len, room));
		gsize part = newline ? (gsize)(newline - bytes)
				     : MIN(len, room);

		g_string_append_len(console->held, bytes, (gssize)part);
		if (newline) {
			end_line(console);
			part++;
		} else if (part == room) {
			end_part(console);
		}
		bytes += part;
		len -= part;
	}
}

void console_end(struct console *console)
{
	if (console->held->len)
		end_line(console);
}
