/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine says on its serial console, as events: the kernel's own great
 * moments, and the signals of the runner (share/guest/runner).
 *
 * The text is a stranger's, byte by byte: what looks like the kernel's may be a
 * program's, so that such an event is a hint. A signal is none: it carries a
 * word that nobody but the runner has, and a number that counts up from 1.
 * Shape of a signal, at the start of a line; LENGTH is that of TEXT:
 *   <REROLL WORD NUMBER LENGTH TEXT>
 * One that a message of the kernel broke in two is joined again.
 * Limits: of a line CONSOLE_LINE_BYTES are held at a time; linear time.
 */
#ifndef LAB_CONSOLE_H
#define LAB_CONSOLE_H

#include <glib.h>

#define CONSOLE_LINE_BYTES 4096

enum console_what {
	CONSOLE_BOOT, /* "Linux version ..." */
	CONSOLE_PANIC,
	CONSOLE_PANIC_END, /* the last that it prints */
	CONSOLE_OOPS,
	CONSOLE_WARNING,
	CONSOLE_NO_CLOCK, /* of the machine: nothing will tick */
	CONSOLE_SIGNAL,
	CONSOLE_FORGED, /* like a signal, but not the runner's */
	CONSOLE_LOST,	/* a signal before this place was not readable */
};

struct console_event {
	enum console_what what;
	guint line;	  /* of the console, from 1 */
	const char *text; /* printable; of a signal TEXT as it was sent */
};

typedef void (*console_sink)(const struct console_event *event, gpointer data);

struct console;

/* `word` is that of the runner; NULL: of the first HELLO that comes. */
struct console *console_new(const char *word, console_sink sink, gpointer data);
void console_free(struct console *console);
typedef struct console console_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(console_t, console_free)

void console_feed(struct console *console, const char *bytes, gsize len);

/* No more will come: take the line that has no end. */
void console_end(struct console *console);

/* The line that is being written, from 1. */
guint console_line(const struct console *console);

#endif
