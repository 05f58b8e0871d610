// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log of a job parted in two: what the device printed goes to console.log,
 * what LAVA says to lab.log. Of a console that is too long the end is left out;
 * what tells how the job ended is looked for in all of it.
 */
#include "lab/lava-internal.h"

#include <errno.h>
#include <string.h>

#define TAIL_LINES 40
#define TAIL_LINE_BYTES 1000
#define LAB_LOG_BYTES (16 << 20)

static FILE *open_log(const struct lab_job *job, const char *name,
		      GError **error)
{
	g_autofree char *path = g_build_filename(job->out_dir, name, NULL);
	FILE *file = fopen(path, "we");

	if (!file)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "cannot write %s: %s", path, g_strerror(errno));
	return file;
}

struct lava_console *lava_console_new(const struct lab_job *job, GError **error)
{
	g_autoptr(lava_console_t) console = g_new0(struct lava_console, 1);

	console->limit = job->log_bytes;
	console->line_of = g_array_new(FALSE, FALSE, sizeof(guint));
	console->text = g_string_new(NULL);
	g_queue_init(&console->tail);
	console->console = open_log(job, "console.log", error);
	if (!console->console)
		return NULL;
	console->lab = open_log(job, "lab.log", error);
	return console->lab ? g_steal_pointer(&console) : NULL;
}

void lava_console_free(struct lava_console *console)
{
	if (!console)
		return;
	if (console->console)
		fclose(console->console);
	if (console->lab)
		fclose(console->lab);
	g_queue_clear_full(&console->tail, g_free);
	g_array_unref(console->line_of);
	g_string_free(console->text, TRUE);
	g_free(console->panic);
	g_free(console->oops);
	g_free(console);
}

static void remember(struct lava_console *console, const char *text, gsize len)
{
	if (console->tail.length >= TAIL_LINES)
		g_free(g_queue_pop_head(&console->tail));
	g_queue_push_tail(&console->tail,
			  g_strndup(text, MIN(len, TAIL_LINE_BYTES)));
}

/* The first of its kind is the one that says why. */
static void look(struct lava_console *console, const char *text)
{
	static const char *const oopses[] = {"Oops: ",
					     "Oops[",
					     "kernel BUG at ",
					     "BUG: unable to handle",
					     "Unable to handle kernel",
					     "Internal error: "};
	const char *panic = strstr(text, "Kernel panic - not syncing");

	if (strstr(text, "] Linux version ") ||
	    g_str_has_prefix(text, "Linux version "))
		console->kernels++;
	if (panic && !console->panic)
		console->panic = text_one_line(panic, -1, 300);
	for (gsize i = 0; !console->oops && i < G_N_ELEMENTS(oopses); i++) {
		const char *oops = strstr(text, oopses[i]);

		if (oops)
			console->oops = text_one_line(oops, -1, 300);
	}
}

static void add_console(struct lava_console *console,
			const struct lava_line *line)
{
	gsize len = line->text->len;

	while (len > 0 && strchr("\r\n", line->text->str[len - 1]))
		len--;
	g_string_truncate(line->text, len);
	look(console, line->text->str);
	remember(console, line->text->str, len);
	console->lines++;
	if (console->first_ms == 0 && len > 0)
		console->first_ms = line->at_ms;
	if (console->cut || console->written + len + 1 > console->limit) {
		if (!console->cut)
			fputs("(the rest is cut)\n", console->console);
		console->cut = true;
		return;
	}
	console->written += len + 1;
	fwrite(line->text->str, 1, len, console->console);
	putc('\n', console->console);
}

static void add_other(struct lava_console *console,
		      const struct lava_line *line)
{
	g_autofree char *text = NULL;

	if (g_str_has_prefix(line->text->str, "Received signal: <STARTRUN>") &&
	    !console->prompted) {
		console->prompted = true;
		console->started_ms = line->at_ms;
	}
	if (ftell(console->lab) > LAB_LOG_BYTES)
		return;
	text = text_one_line(line->text->str, (gssize)line->text->len, 2000);
	fprintf(console->lab, "%.*s: %s\n", (int)line->level_len,
		line->level_name, text);
}

static void add_line(struct lava_console *console, const char *text, gsize len)
{
	struct lava_line line = {.text = console->text};
	guint none = 0;

	/* What is no line of a log counts as one, as LAVA counts it. */
	if (!lava_line_read(text, len, &line)) {
		g_array_append_val(console->line_of, none);
		return;
	}
	if (line.level == LAVA_CONSOLE)
		add_console(console, &line);
	else
		add_other(console, &line);
	g_array_append_val(console->line_of, console->lines);
}

void lava_console_add(struct lava_console *console, const char *text, gsize len)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (gsize)(end - text));
		gsize line = (gsize)((newline ? newline : end) - text);

		add_line(console, text, line);
		text += line + 1;
	}
}

void lava_console_note(struct lava_console *console, const char *line)
{
	fprintf(console->lab, "reroll: %s\n", line);
}

static bool close_log(FILE **file, GError **error)
{
	bool failed = ferror(*file);

	if (fclose(g_steal_pointer(file)) == 0 && !failed)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the log of a job cannot be written: %s",
		    errno ? g_strerror(errno) : "no space");
	return false;
}

bool lava_console_close(struct lava_console *console, GError **error)
{
	errno = 0;
	return close_log(&console->console, error) &&
	       close_log(&console->lab, error);
}

char *lava_console_tail(const struct lava_console *console)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (const GList *at = console->tail.head; at; at = at->next)
		g_string_append_printf(all, "%s\n", (const char *)at->data);
	return text_printable(all->str, (gssize)all->len);
}
