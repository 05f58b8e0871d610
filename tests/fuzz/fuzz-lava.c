// SPDX-License-Identifier: GPL-2.0-or-later
/* What a LAVA server answers about a job: its log, or its rows of results. */
#include <config.h>

#include "base/base.h"
#include "fuzz.h"
#include "lab/lava-internal.h"

static void try_log(const char *text, gsize len)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *end = text + len;

	while (text < end) {
		struct lava_line line = {.text = out};
		const char *newline = memchr(text, '\n', (gsize)(end - text));
		gsize size = (gsize)((newline ? newline : end) - text);

		lava_line_read(text, size, &line);
		text += size + 1;
	}
}

static void try_rows(json_t *rows)
{
	static const gint64 lava_id = 1, suite_id = 2;
	struct test_suite suite = {.name = (char *)(gintptr) "smoke"};
	g_autoptr(GPtrArray) suites = g_ptr_array_new(),
			     all = g_ptr_array_new();
	g_autoptr(GArray) lines = g_array_new(FALSE, TRUE, sizeof(guint));
	g_autoptr(GHashTable)
		names = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(json_t) state = json_object();
	struct lab_job job = {.suites = suites, .out_dir = "/"};
	struct lava_console console = {.line_of = lines};
	struct lava_report report = {
		.job = &job,
		.mark = "0123456789abcdef",
		.state = state,
		.suites = names,
		.rows = all,
		.console = &console,
	};
	static const char *const healths[] = {"Complete", "Incomplete",
					      "Canceled"};
	json_t *row;
	gsize i;

	console.lab = fopen("/dev/null", "w");
	g_queue_init(&console.tail);
	g_ptr_array_add(suites, &suite);
	g_array_set_size(lines, 4);
	g_hash_table_insert(names, (gpointer)(gintptr)&lava_id,
			    (gpointer)(gintptr) "lava");
	g_hash_table_insert(names, (gpointer)(gintptr)&suite_id,
			    (gpointer)(gintptr) "0_smoke");
	json_array_foreach (rows, i, row)
		g_ptr_array_add(all, row);
	for (i = 0; i < G_N_ELEMENTS(healths); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(job_result_t) result = NULL;

		report.health = healths[i];
		result = lava_result(&report, &error);
		g_assert((result != NULL) == (error == NULL));
	}
	fclose(console.lab);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
	g_autoptr(json_t) rows = json_loadb((const char *)data, len, 0, NULL);

	if (rows)
		try_rows(rows);
	else
		try_log((const char *)data, len);
	return 0;
}
