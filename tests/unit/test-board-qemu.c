/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boards that are installed, each made by its QEMU without a kernel and
 * ended before it runs: machine, processor, memory and options must be good.
 */
#include "test-config.h"

#include "base/base.h"
#include "config/cfg.h"

#define START_MS (120 * 1000)

static GPtrArray *load(void)
{
	g_autofree char *path = test_path("boards/qemu.yaml");
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(problems_t) problems = problems_new();
	GPtrArray *boards;

	g_ptr_array_add(paths, path);
	boards = boards_load(paths, problems);
	assert_problems(problems, "");
	return boards;
}

static void add_option(GPtrArray *argv, const char *option, const char *value)
{
	if (!value)
		return;
	g_ptr_array_add(argv, g_strdup(option));
	g_ptr_array_add(argv, g_strdup(value));
}

/* Without a kernel a Macintosh starts its ROM: any bytes, as it never runs. */
static void add_rom(GPtrArray *argv, const struct board *board)
{
	g_autofree char *path = test_path("boards/qemu.yaml");

	if (strcmp(board->qemu.machine, "q800") == 0)
		add_option(argv, "-bios", path);
}

static GPtrArray *command(const struct board *board)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	const char *name = board->qemu.system ? board->qemu.system
					      : board->arch->qemu;
	g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT "B",
						  board->qemu.memory_bytes);

	g_ptr_array_add(argv, g_strconcat("qemu-system-", name, NULL));
	g_ptr_array_add(argv, g_strdup("-S"));
	g_ptr_array_add(argv, g_strdup("-nodefaults"));
	add_option(argv, "-display", "none");
	add_option(argv, "-monitor", "stdio");
	add_option(argv, "-M", board->qemu.machine);
	add_option(argv, "-cpu", board->qemu.cpu);
	add_option(argv, "-m", memory);
	add_rom(argv, board);
	for (guint i = 0; i < board->qemu.options->len; i++)
		g_ptr_array_add(argv, g_strdup(board->qemu.options->pdata[i]));
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* It tells that it waits, and ends when told to. */
static void start(const struct board *board)
{
	g_autoptr(GPtrArray) argv = command(board);
	g_autoptr(GBytes) input = g_bytes_new_static("info status\nquit\n", 17);
	const struct process_spec spec = {
		.argv = (const char *const *)argv->pdata,
		.input = input,
		.deadline_ms = START_MS,
		.output_limit_bytes = 65536,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(process_result_t) result = process_run(&spec, NULL, &error);
	const char *out;
	gsize len;

	if (!result)
		fail_msg("%s: %s", board->name, error->message);
	if (!process_result_ok(result))
		fail_msg("%s: %.*s", board->name,
			 (int)g_bytes_get_size(result->err),
			 (const char *)g_bytes_get_data(result->err, NULL));
	out = g_bytes_get_data(result->out, &len);
	if (!g_strstr_len(out, (gssize)len, "VM status: paused"))
		fail_msg("%s: %.*s", board->name, (int)len, out);
}

static void qemu_takes_each_record_as_it_is(void **state)
{
	g_autoptr(GPtrArray) boards = load();

	(void)state;
	for (guint i = 0; i < boards->len; i++)
		start(boards->pdata[i]);
}

static void each_record_says_what_a_boot_needs(void **state)
{
	g_autoptr(GPtrArray) boards = load();

	(void)state;
	assert_true(boards->len >= 12);
	for (guint i = 0; i < boards->len; i++) {
		const struct board *board = boards->pdata[i];

		assert_non_null(board->qemu.machine);
		assert_non_null(board->qemu.console);
		assert_true(board->requires->len > 3);
		assert_true(g_str_has_prefix(board->name, "qemu-"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_takes_each_record_as_it_is),
		cmocka_unit_test(each_record_says_what_a_boot_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
