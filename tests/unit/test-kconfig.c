/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/kconfig.h"

/* A tree with every way to lose a symbol. */
static const char top_kconfig[] =
	"mainmenu \"Test\"\n"
	"config MODULES\n\tbool \"Modules\"\n\n"
	"config NET\n\tbool \"Net\"\n\thelp\n\t  config HELPED\n\t  is text\n\n"
	"config SHMEM\n\tbool \"Shmem\"\n"
	"config TMPFS\n\tbool \"Tmpfs\"\n\tdepends on SHMEM # really\n"
	"config EITHER\n\tbool \"Either\"\n"
	"\tdepends on (SHMEM || NET) && \\\n\t\tMODULES\n"
	"config NOTNET\n\tbool \"Not net\"\n\tdepends on !MODULES\n"
	"if NET\nmenu \"Inner\"\n\tdepends on SHMEM\n"
	"config INNER\n\ttristate \"Inner\"\nendmenu\nendif\n"
	"config HIDDEN\n\tbool\n"
	"config SELECTOR\n\tbool \"Selector\"\n\tselect HIDDEN\n"
	"\tselect FORCED if MODULES\n"
	"config FORCED\n\tbool \"Forced\"\n"
	"config MODONLY\n\ttristate \"Mod\"\n\tdepends on USB\n"
	"config USB\n\ttristate \"USB\"\n"
	"config CPUS\n\tint \"CPUs\"\n\trange 2 64\n"
	"config WIDE\n\tbool \"Wide\"\n\tdepends on CPUS > 4\n"
	"config NAME\n\tstring \"Name\"\n"
	"config FLAG\n\tbool \"Flag\"\n\tdepends on $(cc-option,-fx)\n"
	"config LATE\n\tbool \"Late\" if GONE\n"
	"choice\n\tprompt \"One\"\n"
	"config ONE\n\tbool \"One\"\nconfig TWO\n\tbool \"Two\"\nendchoice\n"
	"source \"arch/$(SRCARCH)/Kconfig\"\n"
	"source \"/etc/passwd\"\nsource \"../outside\"\nsource \"Kconfig\"\n";

static const char final_config[] =
	"# comment\nCONFIG_MODULES=y\n# CONFIG_NET is not set\n"
	"CONFIG_SELECTOR=y\nCONFIG_FORCED=y\nCONFIG_USB=m\nCONFIG_MODONLY=m\n"
	"CONFIG_CPUS=2\nCONFIG_ONE=y\n# CONFIG_TWO is not set\n"
	"CONFIG_NAME=\"a b\"\nCONFIG_ARCHY=y\n";

struct fixture {
	struct tempdir *dir;
};

static void put(const char *dir, const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(dir, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
	assert_true(g_file_set_contents(full, text, -1, NULL));
}

static int make_tree(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	put(fixture->dir->path, "Kconfig", top_kconfig);
	put(fixture->dir->path, "arch/x86/Kconfig",
	    "config ARCHY\n\tdef_bool y\n");
	*state = fixture;
	return 0;
}

static int drop_tree(void **state)
{
	struct fixture *fixture = *state;

	tempdir_free(fixture->dir);
	g_free(fixture);
	return 0;
}

static GPtrArray *check(const struct fixture *fixture, const char *fragment)
{
	g_autoptr(GPtrArray) requests = kconfig_requests_new();
	g_autoptr(GError) error = NULL;

	if (!kconfig_read_fragment(fragment, "frag", requests, &error))
		fail_msg("%s", error->message);
	return kconfig_check(requests, final_config,
			     &(struct layers){.top = fixture->dir->path},
			     "x86");
}

static void each_lost_symbol_has_kconfig_s_reason(void **state)
{
	static const struct {
		const char *fragment, *got, *reason;
	} rows[] = {
		{"CONFIG_TMPFS=y", "not there", "depends on SHMEM, which is n"},
		{"CONFIG_EITHER=y", "not there",
		 "depends on SHMEM, which is n, or NET, which is n"},
		{"CONFIG_NOTNET=y", "not there",
		 "depends on !MODULES, but MODULES is y"},
		{"CONFIG_INNER=m", "not there",
		 "depends on SHMEM, which is n, and NET, which is n"},
		{"CONFIG_HIDDEN=y", "not there",
		 "it cannot be set by hand, it is selected by SELECTOR"},
		{"# CONFIG_FORCED is not set", "y",
		 "SELECTOR, which is y, selects it"},
		{"CONFIG_MODONLY=y", "m", "depends on USB, which is m"},
		{"CONFIG_NET=m", "n", "it is bool: it can be y or n, not m"},
		{"CONFIG_WIDE=y", "not there",
		 "depends on CPUS > 4, but CPUS is 2"},
		{"CONFIG_CPUS=1", "2", "its range is 2 64"},
		{"CONFIG_CPUS=y", "2", "it is a number"},
		{"CONFIG_NAME=ab", "\"a b\"",
		 "it is a string: its value must stand in double quotes"},
		{"CONFIG_FLAG=y", "not there",
		 "depends on $(cc-option,-fx), which the toolchain decides"},
		{"CONFIG_LATE=y", "not there",
		 "depends on GONE, which this tree does not have"},
		{"CONFIG_TWO=y", "n",
		 "another entry of its choice is set: ONE"},
		{"CONFIG_SELECTER=y", "not there",
		 "no Kconfig file of this tree defines it; did you mean "
		 "CONFIG_SELECTOR?"},
		{"CONFIG_HELPED=y", "not there",
		 "no Kconfig file of this tree defines it"},
		{"# CONFIG_ARCHY is not set", "y",
		 "it cannot be set by hand, only its default sets it"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) lost = check(*state, rows[i].fragment);
		const struct lost_symbol *first;

		if (lost->len != 1)
			fail_msg("%s: %u lost", rows[i].fragment, lost->len);
		first = lost->pdata[0];
		if (strcmp(first->got, rows[i].got) != 0 ||
		    strcmp(first->reason, rows[i].reason) != 0)
			fail_msg("%s: got %s, %s", rows[i].fragment, first->got,
				 first->reason);
		assert_string_equal(first->fragment, "frag");
	}
}

static void a_symbol_that_is_as_requested_is_not_lost(void **state)
{
	g_autoptr(GPtrArray) lost = check(
		*state, "CONFIG_MODULES=y\n# CONFIG_NET is not set\n"
			"CONFIG_TMPFS=n\nCONFIG_CPUS=0x2\n"
			"CONFIG_NAME=\"a b\"\n# a comment\n\nCONFIG_USB=m\n");

	assert_int_equal(lost->len, 0);
}

static void a_later_fragment_overrides_and_is_named(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GPtrArray) requests = kconfig_requests_new();
	g_autoptr(GPtrArray) lost = NULL;
	const struct lost_symbol *first;

	assert_true(kconfig_read_fragment("CONFIG_NET=y\n", "config/a",
					  requests, NULL));
	assert_true(kconfig_read_fragment("# CONFIG_NET is not set\n",
					  "config/b", requests, NULL));
	lost = kconfig_check(requests, final_config,
			     &(struct layers){.top = fixture->dir->path},
			     "x86");
	assert_int_equal(lost->len, 1);
	first = lost->pdata[0];
	assert_string_equal(first->symbol, "CONFIG_NET");
	assert_string_equal(first->fragment, "config/a");
	assert_string_equal(first->reason,
			    "line 1 of config/b sets it to n after that");
}

static void a_later_line_of_the_same_fragment_is_named(void **state)
{
	g_autoptr(GPtrArray) lost = check(
		*state, "CONFIG_CPUS=4\n# more\nCONFIG_TMPFS=y\n"
			"CONFIG_CPUS=2\n# CONFIG_TMPFS is not set\n");
	const struct lost_symbol *first, *second;

	assert_int_equal(lost->len, 2);
	first = lost->pdata[0];
	second = lost->pdata[1];
	assert_string_equal(first->reason,
			    "line 4 of frag sets it to 2 after that");
	assert_string_equal(second->reason,
			    "line 5 of frag sets it to n after that");
}

/* The one that stands is lost for a reason of its own. */
static void of_two_requests_that_are_both_lost_each_has_its_reason(void **state)
{
	g_autoptr(GPtrArray)
		lost = check(*state, "CONFIG_MODONLY=n\nCONFIG_MODONLY=y\n");
	const struct lost_symbol *first, *second;

	assert_int_equal(lost->len, 2);
	first = lost->pdata[0];
	second = lost->pdata[1];
	assert_string_equal(first->reason,
			    "line 2 of frag sets it to y after that");
	assert_string_equal(second->reason, "depends on USB, which is m");
}

static void fragments_are_merged_in_order(void **state)
{
	g_autoptr(GPtrArray) requests = kconfig_requests_new();
	g_autofree char *merged = NULL;

	(void)state;
	assert_true(kconfig_read_fragment("CONFIG_A=y\nCONFIG_B=m\n", "one",
					  requests, NULL));
	assert_true(kconfig_read_fragment("CONFIG_B=n\nCONFIG_S=\"x # y\"\n",
					  "two", requests, NULL));
	merged = kconfig_merge("# head\n# CONFIG_A is not set\nCONFIG_C=1\n"
			       "CONFIG_AB=y\n",
			       requests);
	assert_string_equal(merged, "# head\nCONFIG_C=1\nCONFIG_AB=y\n"
				    "CONFIG_A=y\n# CONFIG_B is not set\n"
				    "CONFIG_S=\"x # y\"\n");
}

static void a_line_that_is_no_symbol_is_refused_with_its_number(void **state)
{
	static const char *const bad[] = {"NET=y", "CONFIG_NET", "CONFIG_=y",
					  "\xff\xfe"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GPtrArray) requests = kconfig_requests_new();
		g_autoptr(GError) error = NULL;
		g_autofree char *text = g_strconcat("# fine\n", bad[i], "\n",
						    NULL);

		assert_false(
			kconfig_read_fragment(text, "\"f\"", requests, &error));
		assert_int_equal(error->code, REROLL_ERROR_INPUT);
		assert_non_null(strstr(error->message, "line 2"));
	}
}

static void nothing_outside_the_tree_is_read(void **state)
{
	const struct fixture *fixture = *state;
	g_autofree char *link = g_build_filename(fixture->dir->path, "linked",
						 NULL);
	g_autoptr(tempdir_t) outside = tempdir_new(NULL);
	g_autofree char *target = NULL;
	g_autoptr(kconfig_tree_t) tree = NULL;

	put(outside->path, "Kconfig", "config OUTSIDE\n\tbool \"x\"\n");
	target = g_build_filename(outside->path, "Kconfig", NULL);
	assert_int_equal(symlink(target, link), 0);
	put(fixture->dir->path, "arch/x86/Kconfig", "source \"linked\"\n");
	tree = kconfig_tree_read(&(struct layers){.top = fixture->dir->path},
				 "x86");
	assert_null(kconfig_tree_find(tree, "OUTSIDE"));
	assert_non_null(kconfig_tree_find(tree, "TMPFS"));
}

static void hostile_nesting_costs_neither_stack_nor_time(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) lost = NULL;

	for (guint i = 0; i < 2000; i++)
		g_string_append(text, "if X\nmenu \"m\"\n");
	g_string_append(text, "config DEEP\n\tbool \"d\"\n\tdepends on ");
	for (guint i = 0; i < 100000; i++)
		g_string_append(text, i % 2 ? "(" : "!");
	g_string_append(text, "X\n");
	put(fixture->dir->path, "Kconfig", text->str);
	lost = check(fixture, "CONFIG_DEEP=y\n");
	assert_int_equal(lost->len, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_tree, drop_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_lost_symbol_has_kconfig_s_reason),
		CASE(a_symbol_that_is_as_requested_is_not_lost),
		CASE(a_later_fragment_overrides_and_is_named),
		CASE(a_later_line_of_the_same_fragment_is_named),
		CASE(of_two_requests_that_are_both_lost_each_has_its_reason),
		cmocka_unit_test(fragments_are_merged_in_order),
		cmocka_unit_test(
			a_line_that_is_no_symbol_is_refused_with_its_number),
		CASE(nothing_outside_the_tree_is_read),
		CASE(hostile_nesting_costs_neither_stack_nor_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
