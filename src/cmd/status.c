/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll status: what is under way, then what this machine can do for series,
 * one line a part; with --arch the arches that are booted, and when each last
 * came up.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "build/build.h"
#include "cmd/ask.h"
#include "lab/lab.h"
#include "tree/tree.h"

struct status {
	struct ask ask;
	gboolean json, arch;
	struct site *site; /* that of ask */
	struct keep *keep;
	GPtrArray *boards; /* of struct board */
};

static void status_clear(struct status *status)
{
	ask_clear(&status->ask);
	keep_free(status->keep);
	g_clear_pointer(&status->boards, g_ptr_array_unref);
}

static char *say_machine(const struct status *status)
{
	const struct machine_load load = machine_load_now();
	g_autofree char *memory = text_format_size(load.free_bytes);
	guint slots = cmd_count_slots(status->site, 0);

	return g_strdup_printf("%u processors, load %.2f each, %s of memory "
			       "free; %u build%s at once",
			       g_get_num_processors(), load.load, memory, slots,
			       slots == 1 ? "" : "s");
}

static char *say_sandbox(const struct status *status)
{
	g_autoptr(GError) error = NULL;

	(void)status;
	if (!sandbox_probe(&error))
		return g_strdup_printf("does not work: %s", error->message);
	return g_strdup_printf("works; limits by %s", sandbox_limits());
}

static char *say_snapshots(const struct status *status)
{
	g_autoptr(GError) error = NULL;
	const struct snapshot_ops *ops = keep_snapshots(status->keep, &error);

	return ops ? g_strdup_printf("%s: %s", ops->name, ops->doc)
		   : g_strdup_printf("none works: %s", error->message);
}

static char *say_kept(const struct status *status)
{
	g_autoptr(GPtrArray) entries = keep_list(status->keep);
	g_autofree char *size = NULL, *limit = NULL;
	guint64 bytes = 0;

	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		bytes += entry->own_bytes;
	}
	size = text_format_size(bytes);
	limit = text_format_size(keep_limit(status->keep));
	return g_strdup_printf("%u, %s of %s, in %s", entries->len, size,
			       keep_limit(status->keep) ? limit : "no limit",
			       keep_dir(status->keep));
}

static char *say_trees(const struct status *status)
{
	const GPtrArray *trees = status->site->trees;
	GString *text = g_string_new(trees->len ? NULL : "none");

	for (guint i = 0; i < trees->len; i++) {
		const struct tree_config *tree = trees->pdata[i];
		g_autofree char *path = tree_path(status->site, tree);
		bool there = g_file_test(path, G_FILE_TEST_IS_DIR);

		g_string_append_printf(text, "%s%s%s", i ? ", " : "",
				       tree->name,
				       there ? "" : " (not cloned yet)");
	}
	return g_string_free(text, FALSE);
}

static char *say_labs(const struct status *status)
{
	const GPtrArray *labs = status->site->labs;
	GString *text = g_string_new(labs->len ? NULL : "QEMU on this machine");

	for (guint i = 0; i < labs->len; i++) {
		const struct lab_config *lab = labs->pdata[i];

		g_string_append_printf(text,
				       "%s%s (%s, %" G_GUINT64_FORMAT " job%s)",
				       i ? ", " : "", lab->name,
				       lab->kind == LAB_QEMU ? "QEMU" : "LAVA",
				       lab->slots, lab->slots == 1 ? "" : "s");
	}
	g_string_append_printf(text, "; %u boards", status->boards->len);
	return g_string_free(text, FALSE);
}

static const struct {
	const char *name;
	char *(*say)(const struct status *status);
} parts[] = {
	{"machine", say_machine},     {"sandbox", say_sandbox},
	{"snapshots", say_snapshots}, {"kept", say_kept},
	{"trees", say_trees},	      {"labs", say_labs},
};

/*
 * What is under way, into `json`: null where nothing can be known. That is no
 * error: the rest is told in any case.
 */
static void look_at_runs(struct status *status, json_t *json)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) answer = ask_look(
		&status->ask, json_pack("{s:s}", "call", "status"), &error);
	json_t *runs = json_object_get(answer, "status");
	const char *without = status->ask.without;

	json_object_set_new(json, "daemon", json_boolean(answer && !without));
	json_object_set_new(json, "without", json_text(without));
	json_object_set(json, "status", runs ? runs : json_null());
	if (status->json)
		return;
	if (runs) {
		print_daemon(runs, &status->ask);
		print_runs(runs);
	} else if (without) {
		printf("%-10s %s; %s\n", "daemon", without, error->message);
	} else {
		printf("%-10s %s\n", "daemon", error->message);
	}
}

static void print_parts(struct status *status)
{
	g_autoptr(json_t) json = json_object();

	look_at_runs(status, json);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *text = parts[i].say(status);

		if (status->json)
			json_object_set_new(json, parts[i].name,
					    json_text(text));
		else
			printf("%-10s %s\n", parts[i].name, text);
	}
	if (status->json)
		json_write(json, stdout, 1);
}

static json_t *board_json(const struct board *board, const char *dir)
{
	g_autoptr(last_boot_t) last = last_boot_read(dir, board->name);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "arch",
			 json_text(board->arch_name), "defconfig",
			 json_text(last && last->defconfig
					   ? last->defconfig
					   : board->arch->defconfig),
			 "board", json_text(board->name), "last_boot",
			 last ? json_integer(last->at) : json_null(), "boot_ms",
			 last ? json_integer(last->boot_ms) : json_null(),
			 "lab", json_text(last ? last->lab : NULL), "note",
			 json_text(board->note));
}

static void print_board(const json_t *row)
{
	const json_t *last = json_object_get(row, "last_boot");
	g_autofree char *age = json_is_integer(last)
				       ? cmd_age_text(json_integer_value(last))
				       : g_strdup("never");
	const char *note = json_string_value(json_object_get(row, "note"));

	printf("%-12s %-26s %-22s %-10s %s\n",
	       json_string_value(json_object_get(row, "arch")),
	       json_string_value(json_object_get(row, "defconfig")),
	       json_string_value(json_object_get(row, "board")), age,
	       note ? note : "");
}

static void print_arches(const struct status *status)
{
	g_autofree char *dir = place_find(status->site, "boards");
	g_autoptr(json_t) json = json_pack("{s:[]}", "boards");
	json_t *rows = json_object_get(json, "boards");
	json_t *row;
	gsize i;

	for (guint k = 0; k < status->boards->len; k++)
		json_array_append_new(
			rows, board_json(status->boards->pdata[k], dir));
	if (status->json) {
		json_write(json, stdout, 1);
		return;
	}
	printf("%-12s %-26s %-22s %-10s %s\n", "ARCH", "DEFCONFIG", "BOARD",
	       "LAST BOOT", "NOTE");
	json_array_foreach (rows, i, row)
		print_board(row);
}

static bool parse_options(struct status *status, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		ASK_SITE_OPTION(&status->ask),
		{"arch", 0, 0, G_OPTION_ARG_NONE, &status->arch,
		 "the boards of each arch, and when each was last booted",
		 NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &status->json,
		 "print one JSON object", NULL},
		{NULL},
	};

	return cmd_parse_options(argc, argv, entries,
				 "what is under way, and what this machine can "
				 "do for series",
				 "Exit status 0: told, 2: wrong usage or "
				 "configuration.",
				 error);
}

static bool load(struct status *status, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	if (!ask_open(&status->ask, error))
		return false;
	status->site = status->ask.site;
	status->boards = boards_of_site(status->site, problems);
	if (problems_to_error(problems, error))
		return false;
	status->keep = cmd_keep_new(status->site);
	return true;
}

int cmd_status(int argc, char **argv)
{
	struct status status = {0};
	g_autoptr(GError) error = NULL;

	if (parse_options(&status, &argc, &argv, &error) &&
	    load(&status, &error)) {
		if (status.arch)
			print_arches(&status);
		else
			print_parts(&status);
		cmd_print_end(&error);
	}
	if (error)
		cmd_print_error("status", error);
	status_clear(&status);
	return error_exit_status(error);
}
