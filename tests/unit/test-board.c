/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include <glib/gstdio.h>

#include "config/cfg.h"

static GPtrArray *parse(const char *text, struct problems *problems)
{
	return boards_parse(text, strlen(text), "b.yaml", problems);
}

static const struct symbol_rule *rule_of(const GPtrArray *rules, guint i)
{
	assert_true(i < rules->len);
	return rules->pdata[i];
}

static void a_record_fills_the_struct(void **state)
{
	static const char text[] =
		"- name: qemu-cubieboard\n"
		"  arch: armhf\n"
		"  requires: [CONFIG_MACH_SUN4I=y, 'CONFIG_NR_CPUS>=0x2',"
		" [CONFIG_A, 'CONFIG_B=\"x\"']]\n"
		"  wants: [CONFIG_MMC_SUNXI]\n"
		"  refuses: [CONFIG_XIP_KERNEL=y]\n"
		"  kernel: zImage\n"
		"  dtb: sun4i-a10-cubieboard.dtb\n"
		"  device-type: qemu\n"
		"  tags: [ok]\n"
		"  modules: [virtio_blk]\n"
		"  note: two\n"
		"  disk: true\n"
		"  qemu: {machine: cubieboard, memory: 1GiB, cpu: cortex-a8,"
		" console: 'ttyS0,115200', append: 'a=b quiet', no-kvm: true,"
		" options: [-device, x]}\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) boards = parse(text, problems);
	const struct board *board;
	const struct symbol_rule *rule;
	const struct symbol_test *test;

	(void)state;
	assert_problems(problems, "");
	assert_int_equal(boards->len, 1);
	board = boards->pdata[0];
	assert_string_equal(board->file, "b.yaml");
	assert_string_equal(board->arch->name, "arm");
	assert_string_equal(board->arch_name, "armhf");
	rule = rule_of(board->requires, 0);
	assert_string_equal(rule->text, "CONFIG_MACH_SUN4I=y");
	test = rule_of(board->requires, 1)->any->pdata[0];
	assert_string_equal(test->symbol, "NR_CPUS");
	assert_int_equal(test->op, SYMBOL_GE);
	assert_int_equal(test->number.size, 2);
	rule = rule_of(board->requires, 2);
	assert_string_equal(rule->text, "CONFIG_A or CONFIG_B=\"x\"");
	assert_int_equal(rule->any->len, 2);
	test = rule->any->pdata[1];
	assert_string_equal(test->value, "\"x\"");
	assert_int_equal(board->wants->len, 1);
	assert_int_equal(board->refuses->len, 1);
	assert_string_equal(board->dtb, "sun4i-a10-cubieboard.dtb");
	assert_string_equal(board->tags->pdata[0], "ok");
	assert_string_equal(board->modules->pdata[0], "virtio_blk");
	assert_string_equal(board->note, "two");
	assert_true(board->disk && board->qemu.no_kvm);
	assert_string_equal(board->qemu.machine, "cubieboard");
	assert_string_equal(board->qemu.console, "ttyS0,115200");
	assert_int_equal(board->qemu.memory_bytes, 1 << 30);
	assert_int_equal(board->qemu.options->len, 2);
}

static void what_is_left_out_has_a_default(void **state)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) boards = parse("[{name: a, arch: arm}]", problems);
	const struct board *board;

	(void)state;
	assert_problems(problems, "");
	board = boards->pdata[0];
	assert_int_equal(board->requires->len, 0);
	assert_int_equal(board->qemu.options->len, 0);
	assert_null(board->kernel);
	assert_null(board->qemu.machine);
	assert_false(board->disk);
	assert_int_equal(board->qemu.memory_bytes, 512 << 20);
}

#define SYMBOL_EXPECTED                                                \
	"expected CONFIG_X, or with =, != and y, m, n, a number or a " \
	"text in double quotes, or with <, <=, >, >= and a number"

static void each_mistake_is_told_by_place_and_expectation(void **state)
{
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{"name: a",
		 "1:1: found a map of keys, expected a list of maps"},
		{"[]", "1:1: found 0 entries, expected 1 or more"},
		{"[{arch: arm}]",
		 "1:2: found no key \"name\", expected it with "
		 "a name of letters, digits, \".\", \"_\" and "
		 "\"-\""},
		{"[{name: a, arch: amr64}]",
		 "1:18: found \"amr64\", expected the name of an architecture; "
		 "did you mean \"amd64\"?"},
		{"[{name: a, arch: arm, require: []}]",
		 "1:23: found the key \"require\", expected a known one; did "
		 "you mean \"requires\"?"},
		{"[{name: a, arch: arm, requires: MACH}]",
		 "1:33: found \"MACH\", expected a list"},
		{"[{name: a, arch: arm, requires: [MACH=y]}]",
		 "1:34: found \"MACH=y\", " SYMBOL_EXPECTED},
		{"[{name: a, arch: arm, wants: [[CONFIG_A, CONFIG_B=on]]}]",
		 "1:42: found \"CONFIG_B=on\", " SYMBOL_EXPECTED},
		{"[{name: a, arch: arm, wants: [[]]}]",
		 "1:31: found an empty list, expected texts of which one is "
		 "meant"},
		{"[{name: a, arch: arm, wants: [[[CONFIG_A]]]}]",
		 "1:32: found a list, " SYMBOL_EXPECTED},
		{"[{name: a, arch: arm, wants: [{CONFIG_A: y}]}]",
		 "1:31: found a map of keys, " SYMBOL_EXPECTED},
		{"[{name: a, arch: arm, dtb: ../x.dtb}]",
		 "1:28: found \"../x.dtb\", expected a path inside the folder, "
		 "without \"..\""},
		{"[{name: a, arch: arm, qemu: {machine: 'a b'}}]",
		 "1:39: found \"a b\", expected a word of QEMU's command line, "
		 "without blanks"},
		{"[{name: a, arch: arm, qemu: {console: 'tty S'}}]",
		 "1:39: found \"tty S\", expected a console of the kernel such "
		 "as ttyS0 or ttyS0,115200n8"},
		{"[{name: a, arch: arm}, {name: a, arch: arm}]",
		 "1:31: found the board \"a\" a second time, expected another "
		 "name: b.yaml has it too"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(GPtrArray) boards = parse(rows[i].text, problems);
		g_autofree char *line = g_strdup_printf("b.yaml:%s",
							rows[i].problem);

		assert_problems(problems, line);
		assert_null(boards);
	}
}

static void all_mistakes_of_a_file_are_told_in_order(void **state)
{
	static const char text[] = "- name: a b\n"
				   "  requires: [x, y]\n"
				   "- arch: z\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) boards = parse(text, problems);

	(void)state;
	assert_null(boards);
	assert_int_equal(problems_count(problems), 6);
	for (guint i = 1; i < problems->list->len; i++) {
		const struct problem *a = problems->list->pdata[i - 1];
		const struct problem *b = problems->list->pdata[i];

		assert_true(a->line < b->line ||
			    (a->line == b->line && a->column <= b->column));
	}
}

static void a_test_of_a_symbol_is_read_or_refused(void **state)
{
	static const struct {
		const char *text;
		bool good;
		enum symbol_op op;
		const char *value;
	} rows[] = {
		{"CONFIG_X", true, SYMBOL_ON, NULL},
		{"CONFIG_X=y", true, SYMBOL_EQ, "y"},
		{"CONFIG_X=m", true, SYMBOL_EQ, "m"},
		{"CONFIG_X=n", true, SYMBOL_EQ, "n"},
		{"CONFIG_X!=y", true, SYMBOL_NE, "y"},
		{"CONFIG_64BIT=y", true, SYMBOL_EQ, "y"},
		{"CONFIG_X=12", true, SYMBOL_EQ, "12"},
		{"CONFIG_X=-1", true, SYMBOL_EQ, "-1"},
		{"CONFIG_X=0xfFfFfFfFfFfFfFfF", true, SYMBOL_EQ,
		 "0xfFfFfFfFfFfFfFfF"},
		{"CONFIG_X<4", true, SYMBOL_LT, "4"},
		{"CONFIG_X<=4", true, SYMBOL_LE, "4"},
		{"CONFIG_X>0x4", true, SYMBOL_GT, "0x4"},
		{"CONFIG_X>=4", true, SYMBOL_GE, "4"},
		{"CONFIG_X=\"\"", true, SYMBOL_EQ, "\"\""},
		{"CONFIG_X!=\"a \\\"b\\\\\"", true, SYMBOL_NE,
		 "\"a \\\"b\\\\\""},
		{"", false},
		{"X=y", false},
		{"CONFIG_", false},
		{"CONFIG_=y", false},
		{"CONFIG_X=", false},
		{"CONFIG_X==y", false},
		{"CONFIG_X =y", false},
		{"CONFIG_X=yes", false},
		{"CONFIG_X=0x", false},
		{"CONFIG_X=-", false},
		{"CONFIG_X=1a", false},
		{"CONFIG_X=18446744073709551616", false},
		{"CONFIG_X<y", false},
		{"CONFIG_X>=\"1\"", false},
		{"CONFIG_X=\"", false},
		{"CONFIG_X=\"a\"b\"", false},
		{"CONFIG_X=\"a\\\"", false},
		{"CONFIG_X-Y=y", false},
		{"# CONFIG_X is not set", false},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(symbol_test_t) test = symbol_test_parse(rows[i].text);

		if (rows[i].good != (test != NULL))
			fail_msg("%s", rows[i].text);
		if (!test)
			continue;
		assert_int_equal(test->op, rows[i].op);
		assert_string_equal(test->text, rows[i].text);
		if (rows[i].value)
			assert_string_equal(test->value, rows[i].value);
		else
			assert_null(test->value);
	}
}

static void numbers_are_ordered_over_the_whole_range(void **state)
{
	static const char *const order[] = {"-9223372036854775808",
					    "-1",
					    "0",
					    "1",
					    "0x10",
					    "17",
					    "9223372036854775808",
					    "0xffffffffffffffff"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(order); j++) {
			struct symbol_number a, b;
			int got;

			assert_true(symbol_number_parse(order[i],
							strlen(order[i]), &a));
			assert_true(symbol_number_parse(order[j],
							strlen(order[j]), &b));
			got = symbol_number_compare(&a, &b);
			assert_int_equal((got > 0) - (got < 0),
					 (i > j) - (i < j));
		}
	}
}

static void a_name_used_in_two_files_is_a_problem(void **state)
{
	g_autofree char *dir = g_dir_make_tmp("reroll-XXXXXX", NULL);
	g_autofree char *a = g_build_filename(dir, "a.yaml", NULL);
	g_autofree char *b = g_build_filename(dir, "b.yaml", NULL);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) boards = NULL;
	g_autofree char *line = NULL;

	(void)state;
	g_file_set_contents(a, "- {name: a, arch: arm}\n", -1, NULL);
	g_file_set_contents(b,
			    "- {name: b, arch: arm}\n- {arch: arm, name: a}\n",
			    -1, NULL);
	g_ptr_array_add(paths, dir);
	boards = boards_load(paths, problems);
	line = g_strdup_printf("%s:2:21: found the board \"a\" a second time, "
			       "expected another name: %s has it too",
			       b, a);
	assert_problems(problems, line);
	assert_null(boards);
	g_remove(a);
	g_remove(b);
	g_rmdir(dir);
}

static void what_is_printed_loads_to_the_same(void **state)
{
	static const char *const files[] = {"boards/qemu.yaml",
					    "contrib/examples/boards.yaml"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = test_path(files[i]);
		g_autoptr(GPtrArray) paths = g_ptr_array_new();
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(GPtrArray) boards = NULL, again = NULL;
		g_autofree char *printed = NULL, *twice = NULL;

		g_ptr_array_add(paths, path);
		boards = boards_load(paths, problems);
		assert_problems(problems, "");
		printed = boards_print(boards);
		again = parse(printed, problems);
		assert_problems(problems, "");
		twice = boards_print(again);
		assert_string_equal(printed, twice);
		assert_int_equal(again->len, boards->len);
	}
}

static void a_site_without_boards_has_the_installed_ones(void **state)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(site_t) site = site_default();
	g_autoptr(GPtrArray) boards = boards_of_site(site, problems);

	(void)state;
	assert_problems(problems, "");
	assert_non_null(boards_find(boards, "qemu-x86_64"));
	assert_null(boards_find(boards, "qemu-x86"));
}

static void a_list_is_told_from_a_roster_by_its_keys(void **state)
{
	static const struct {
		const char *path;
		enum form_kind kind;
	} rows[] = {
		{"boards/qemu.yaml", FORM_BOARDS},
		{"contrib/examples/boards.yaml", FORM_BOARDS},
		{"contrib/examples/roster.yaml", FORM_ROSTER},
		{"contrib/examples/roster.csv", FORM_ROSTER},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = test_path(rows[i].path);

		assert_int_equal(form_guess(path), rows[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_fills_the_struct),
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(each_mistake_is_told_by_place_and_expectation),
		cmocka_unit_test(all_mistakes_of_a_file_are_told_in_order),
		cmocka_unit_test(a_test_of_a_symbol_is_read_or_refused),
		cmocka_unit_test(numbers_are_ordered_over_the_whole_range),
		cmocka_unit_test(a_name_used_in_two_files_is_a_problem),
		cmocka_unit_test(what_is_printed_loads_to_the_same),
		cmocka_unit_test(a_site_without_boards_has_the_installed_ones),
		cmocka_unit_test(a_list_is_told_from_a_roster_by_its_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
