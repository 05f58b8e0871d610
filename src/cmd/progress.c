/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/base.h"

#define TICK_MS 200

/* Something under way: a stage or a build. */
struct row {
	char *name;
	char *detail;
	gint64 started_ms;
};

struct progress {
	bool quiet, terminal;
	GPtrArray *rows; /* of struct row, as drawn */
	guint drawn;	 /* lines on the terminal that are redrawn */
	guint tick;	 /* GSource id */
};

static void row_free(gpointer data)
{
	struct row *row = data;

	g_free(row->name);
	g_free(row->detail);
	g_free(row);
}

static guint terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

static void rows_erase(struct progress *progress)
{
	for (; progress->drawn > 0; progress->drawn--)
		fputs("\033[A\033[2K", stderr);
}

static void rows_draw(struct progress *progress)
{
	guint width = terminal_width();

	for (guint i = 0; i < progress->rows->len; i++) {
		const struct row *row = progress->rows->pdata[i];
		gint64 ms = clock_monotonic_ms() - row->started_ms;
		g_autofree char *line = g_strdup_printf(
			"  %-24s %4d s  %s", row->name, (int)(ms / 1000),
			row->detail ? row->detail : "");
		g_autofree char *shown = text_printable(line, -1);
		g_autofree char *cut = g_utf8_substring(
			shown, 0,
			MIN((glong)width - 1, g_utf8_strlen(shown, -1)));

		fprintf(stderr, "%s\n", cut);
		progress->drawn++;
	}
	fflush(stderr);
}

static gboolean redraw(gpointer data)
{
	struct progress *progress = data;

	rows_erase(progress);
	rows_draw(progress);
	return G_SOURCE_CONTINUE;
}

struct progress *progress_new(bool quiet)
{
	struct progress *progress = g_new0(struct progress, 1);

	progress->quiet = quiet;
	progress->terminal = !quiet && isatty(STDERR_FILENO);
	progress->rows = g_ptr_array_new_with_free_func(row_free);
	if (progress->terminal)
		progress->tick = g_timeout_add(TICK_MS, redraw, progress);
	return progress;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	if (progress->terminal)
		rows_erase(progress);
	if (progress->tick)
		g_source_remove(progress->tick);
	g_ptr_array_unref(progress->rows);
	g_free(progress);
}

static struct row *row_find(struct progress *progress, const char *name)
{
	for (guint i = 0; i < progress->rows->len; i++) {
		struct row *row = progress->rows->pdata[i];

		if (g_str_equal(row->name, name))
			return row;
	}
	return NULL;
}

static void row_start(struct progress *progress, const char *name)
{
	struct row *row = g_new0(struct row, 1);

	row->name = g_strdup(name);
	row->started_ms = clock_monotonic_ms();
	g_ptr_array_add(progress->rows, row);
}

static void row_end(struct progress *progress, const char *name,
		    const char *result)
{
	struct row *row = row_find(progress, name);

	if (!row)
		return;
	rows_erase(progress);
	fprintf(stderr, "  %-24s %-8s %6.1f s\n", name, result,
		(double)(clock_monotonic_ms() - row->started_ms) / 1000);
	g_ptr_array_remove(progress->rows, row);
	if (progress->terminal)
		rows_draw(progress);
}

void progress_observe(enum run_event event, const char *subject,
		      const char *detail, gpointer data)
{
	struct progress *progress = data;
	struct row *row;

	if (progress->quiet)
		return;
	switch (event) {
	case RUN_STAGE_STARTED:
	case RUN_WORK_STARTED:
		row_start(progress, subject);
		break;
	case RUN_WORK_LINE:
		row = row_find(progress, subject);
		if (row) {
			g_free(row->detail);
			row->detail = g_strdup(detail);
		}
		break;
	case RUN_STAGE_ENDED:
	case RUN_WORK_ENDED:
		row_end(progress, subject, detail);
		break;
	}
}
