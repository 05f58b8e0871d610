/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/match BOARDS FOLDER: match every file of the folder, a .config, with
 * the boards. Prints the milliseconds that took, from texts in memory and
 * records to the last answer, how many pairs there were and how many match;
 * with a third word a line "FILE BOARD..." for each file.
 */
#include <stdio.h>

#include "base/base.h"
#include "lab/lab.h"

struct text {
	char *name, *data;
	gsize len;
};

static GArray *read_texts(const char *folder)
{
	GArray *texts = g_array_new(FALSE, FALSE, sizeof(struct text));
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct text text = {g_strdup(name), NULL, 0};

		if (g_file_get_contents(path, &text.data, &text.len, NULL))
			g_array_append_val(texts, text);
	}
	return texts;
}

static void print_found(const struct text *text, const GPtrArray *boards,
			const GArray *found)
{
	printf("%s", text->name);
	for (guint i = 0; i < found->len; i++) {
		const struct board
			*board = boards->pdata[g_array_index(found, guint, i)];

		printf(" %s", board->name);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GPtrArray) boards = NULL;
	g_autoptr(matcher_t) matcher = NULL;
	g_autoptr(GArray) texts = NULL;
	gint64 began_us;
	guint64 matched = 0;

	if (argc < 3)
		return EXIT_STATUS_USAGE;
	g_ptr_array_add(paths, argv[1]);
	boards = boards_load(paths, problems);
	texts = read_texts(argv[2]);
	if (!boards)
		return EXIT_STATUS_USAGE;
	began_us = g_get_monotonic_time();
	matcher = matcher_new(boards);
	for (guint i = 0; i < texts->len; i++) {
		const struct text *text = &g_array_index(texts, struct text, i);
		const struct match_build build = {text->data, text->len, NULL};
		g_autoptr(GArray) found = matcher_run(matcher, &build);

		matched += found->len;
		if (argc > 3)
			print_found(text, boards, found);
	}
	printf("%.1f %u %" G_GUINT64_FORMAT "\n",
	       (double)(g_get_monotonic_time() - began_us) / 1000,
	       texts->len * boards->len, matched);
	return EXIT_STATUS_PASS;
}
