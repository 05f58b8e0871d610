/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-build.h"

#include "build/build-internal.h"

/* A project of one rule, without YAML; every list is empty at the start. */
struct fixture {
	struct tempdir *dir;
	struct project project;
	struct build_rule rule;
	struct site site;
};

static GPtrArray *list_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

static void add(GPtrArray *list, const char *text)
{
	g_ptr_array_add(list, g_strdup(text));
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	struct build_rule *rule = &fixture->rule;

	fixture->dir = tempdir_new(NULL);
	fixture->project.file = g_strdup("projects/p.yaml");
	fixture->project.dir = fixture->dir->path;
	fixture->project.builds = g_ptr_array_new();
	fixture->project.limits.build_s = 60;
	g_ptr_array_add(fixture->project.builds, rule);
	fixture->site.toolchains = g_ptr_array_new();
	rule->arch = g_strdup("arm64");
	rule->defconfig = list_new();
	rule->toolchain = list_new();
	rule->config = list_new();
	rule->without = list_new();
	rule->targets = list_new();
	rule->artifacts = list_new();
	test_put(fixture->dir->path, "config/net", "CONFIG_NET=y\n");
	test_put(fixture->dir->path, "config/gcov", "CONFIG_GCOV=y\n");
	test_put(fixture->dir->path, "config/broken", "NET=y\n");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct build_rule *rule = &fixture->rule;

	g_free(fixture->project.file);
	g_ptr_array_unref(fixture->project.builds);
	g_ptr_array_unref(fixture->site.toolchains);
	g_free(rule->arch);
	g_ptr_array_unref(rule->defconfig);
	g_ptr_array_unref(rule->toolchain);
	g_ptr_array_unref(rule->config);
	g_ptr_array_unref(rule->without);
	g_ptr_array_unref(rule->targets);
	g_ptr_array_unref(rule->artifacts);
	tempdir_free(fixture->dir);
	g_free(fixture);
	return 0;
}

static GPtrArray *plan(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *specs = build_plan(&fixture->project, &fixture->site,
				      &error);

	if (!specs)
		fail_msg("%s", error->message);
	return specs;
}

static void refused(struct fixture *fixture, const char *expected)
{
	g_autoptr(GError) error = NULL;

	assert_null(build_plan(&fixture->project, &fixture->site, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	if (!g_str_has_prefix(error->message, "projects/p.yaml: ") ||
	    !strstr(error->message, expected))
		fail_msg("%s", error->message);
}

static const struct build_spec *nth(const GPtrArray *specs, guint i)
{
	assert_true(i < specs->len);
	return specs->pdata[i];
}

static void has(const GPtrArray *list, const char *text)
{
	if (!g_ptr_array_find_with_equal_func((GPtrArray *)(guintptr)list, text,
					      g_str_equal, NULL))
		fail_msg("there is no %s", text);
}

static bool needs(const struct build_spec *spec, const char *program,
		  const char *package)
{
	for (guint i = 0; i < spec->tools->len; i++) {
		const struct build_tool *tool = spec->tools->pdata[i];

		if (strcmp(tool->program, program) == 0)
			return g_strcmp0(tool->package, package) == 0;
	}
	return false;
}

static void one_rule_is_one_build_with_the_defaults_of_its_arch(void **state)
{
	g_autoptr(GPtrArray) specs = plan(*state);
	const struct build_spec *spec = nth(specs, 0);

	assert_int_equal(specs->len, 1);
	assert_string_equal(spec->id, "arm64/defconfig/gcc");
	assert_string_equal(spec->make_arch, "arm64");
	assert_string_equal(spec->image, "arch/arm64/boot/Image");
	assert_int_equal(spec->time_s, 60);
	has(spec->make_args, "ARCH=arm64");
	has(spec->make_args, "CROSS_COMPILE=aarch64-linux-gnu-");
	has(spec->targets, "all");
	assert_true(
		needs(spec, "aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"));
	assert_true(needs(spec, "flex", "flex"));
}

static void lists_multiply_and_features_are_left_out_one_by_one(void **state)
{
	static const char *const ids[] = {
		"arm64/defconfig/gcc",
		"arm64/defconfig/gcc/without-net",
		"arm64/defconfig/gcc/without-gcov",
		"arm64/defconfig/clang",
		"arm64/defconfig/clang/without-net",
		"arm64/defconfig/clang/without-gcov",
		"arm64/tinyconfig/gcc",
		"arm64/tinyconfig/gcc/without-net",
		"arm64/tinyconfig/gcc/without-gcov",
		"arm64/tinyconfig/clang",
		"arm64/tinyconfig/clang/without-net",
		"arm64/tinyconfig/clang/without-gcov",
	};
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) specs = NULL;

	add(fixture->rule.defconfig, "defconfig");
	add(fixture->rule.defconfig, "tinyconfig");
	add(fixture->rule.toolchain, "gcc");
	add(fixture->rule.toolchain, "clang");
	add(fixture->rule.config, "config/net");
	add(fixture->rule.config, "config/gcov");
	add(fixture->rule.config, "CONFIG_X=y");
	add(fixture->rule.without, "config/net");
	add(fixture->rule.without, "config/gcov");
	specs = plan(fixture);
	assert_int_equal(specs->len, G_N_ELEMENTS(ids));
	for (guint i = 0; i < specs->len; i++)
		assert_string_equal(nth(specs, i)->id, ids[i]);
	assert_int_equal(nth(specs, 0)->fragments->len, 3);
	assert_string_equal(nth(specs, 0)->fragments->pdata[0],
			    "CONFIG_NET=y\n");
	assert_int_equal(nth(specs, 1)->fragments->len, 2);
	assert_string_equal(nth(specs, 1)->fragment_names->pdata[0],
			    "config/gcov");
	has(nth(specs, 3)->make_args, "LLVM=1");
}

static void lines_in_the_project_file_are_named_by_their_first(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) specs = NULL;

	add(fixture->rule.config, "CONFIG_X=y");
	add(fixture->rule.config, "CONFIG_Y=y\nCONFIG_Z=y\n");
	specs = plan(fixture);
	assert_string_equal(nth(specs, 0)->fragment_names->pdata[0],
			    "CONFIG_X=y");
	assert_string_equal(nth(specs, 0)->fragment_names->pdata[1],
			    "\"CONFIG_Y=y ...\"");
}

static void compilers_may_have_a_version(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) specs = NULL;

	add(fixture->rule.toolchain, "gcc-12");
	add(fixture->rule.toolchain, "clang-16");
	specs = plan(fixture);
	has(nth(specs, 0)->make_args, "CC=aarch64-linux-gnu-gcc-12");
	assert_true(needs(nth(specs, 0), "aarch64-linux-gnu-gcc-12",
			  "gcc-12-aarch64-linux-gnu"));
	has(nth(specs, 1)->make_args, "LLVM=-16");
	assert_true(needs(nth(specs, 1), "ld.lld-16", "lld-16"));
}

static void the_machine_s_own_arch_needs_no_prefix(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) specs = NULL;

	g_free(fixture->rule.arch);
	fixture->rule.arch = g_strdup(arch_of_machine()->name);
	specs = plan(fixture);
	assert_int_equal(nth(specs, 0)->make_args->len, 1);
	assert_true(needs(nth(specs, 0), "gcc", "gcc"));
}

static void a_toolchain_of_the_site_comes_first(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) opts = list_new(), specs = NULL;
	char name[] = "gcc", prefix[] = "/opt/cross/bin/aarch64-linux-";
	struct toolchain row = {.name = name,
				.kind = TOOLCHAIN_CROSS,
				.prefix = prefix,
				.opts = opts};

	add(opts, "KCFLAGS=-g0");
	g_ptr_array_add(fixture->site.toolchains, &row);
	specs = plan(fixture);
	has(nth(specs, 0)->make_args,
	    "CROSS_COMPILE=/opt/cross/bin/aarch64-linux-");
	has(nth(specs, 0)->make_args, "KCFLAGS=-g0");
	has(nth(specs, 0)->read_only, "/opt/cross");
}

static void a_named_rule_and_equal_rules_have_ids_of_their_own(void **state)
{
	struct fixture *fixture = *state;
	struct build_rule twin = fixture->rule;
	char name[] = "../fast build";
	struct build_rule named = fixture->rule;
	g_autoptr(GPtrArray) specs = NULL;

	named.name = name;
	g_ptr_array_add(fixture->project.builds, &twin);
	g_ptr_array_add(fixture->project.builds, &named);
	specs = plan(fixture);
	assert_string_equal(nth(specs, 0)->id, "arm64/defconfig/gcc");
	assert_string_equal(nth(specs, 1)->id, "arm64/defconfig/gcc-2");
	assert_string_equal(nth(specs, 2)->id, "fast_build");
}

static void
a_script_is_told_its_compiler_and_needs_no_kernel_tools(void **state)
{
	struct fixture *fixture = *state;
	char command[] = "make";
	g_autoptr(GPtrArray) specs = NULL;

	g_clear_pointer(&fixture->rule.arch, g_free);
	fixture->rule.recipe = RECIPE_SCRIPT;
	fixture->rule.command = command;
	add(fixture->rule.toolchain, "clang");
	specs = plan(fixture);
	has(nth(specs, 0)->make_args, "CC=clang");
	assert_null(nth(specs, 0)->defconfig);
	assert_false(needs(nth(specs, 0), "flex", "flex"));
}

static void what_nobody_knows_is_refused_naming_the_file(void **state)
{
	struct fixture *fixture = *state;
	struct build_rule *rule = &fixture->rule;

	add(rule->toolchain, "gc");
	refused(fixture, "the toolchain \"gc\" (did you mean \"gcc\"?)");
	g_ptr_array_set_size(rule->toolchain, 0);

	add(rule->toolchain, "gcc-x");
	refused(fixture, "the toolchain \"gcc-x\"");
	g_ptr_array_set_size(rule->toolchain, 0);

	add(rule->config, "config/nte");
	refused(fixture, "\"config/nte\" cannot be read");
	g_ptr_array_set_size(rule->config, 0);

	add(rule->config, "config/broken");
	refused(fixture, "line 1 of the configuration \"config/broken\"");
	g_ptr_array_set_size(rule->config, 0);

	add(rule->without, "config/net");
	refused(fixture, "\"config/net\", which is not in \"config\"");
	g_ptr_array_set_size(rule->without, 0);

	rule->recipe = RECIPE_SCRIPT;
	refused(fixture, "no \"command\"");
	rule->recipe = RECIPE_KBUILD;

	g_free(rule->arch);
	rule->arch = g_strdup("amr64");
	refused(fixture, "nobody knows the arch \"amr64\", did you mean");
}

static void a_missing_tool_is_told_with_its_package(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) specs = NULL;
	g_autoptr(GError) error = NULL;

	add(fixture->rule.toolchain, "gcc-99");
	specs = plan(fixture);
	assert_false(build_tools_check(nth(specs, 0), &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	assert_string_equal(
		error->message,
		"projects/p.yaml: the build arm64/defconfig/gcc-99 needs "
		"aarch64-linux-gnu-gcc-99, which is not installed: apt-get "
		"install gcc-99-aarch64-linux-gnu");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_rule_is_one_build_with_the_defaults_of_its_arch),
		CASE(lists_multiply_and_features_are_left_out_one_by_one),
		CASE(lines_in_the_project_file_are_named_by_their_first),
		CASE(compilers_may_have_a_version),
		CASE(the_machine_s_own_arch_needs_no_prefix),
		CASE(a_toolchain_of_the_site_comes_first),
		CASE(a_named_rule_and_equal_rules_have_ids_of_their_own),
		CASE(a_script_is_told_its_compiler_and_needs_no_kernel_tools),
		CASE(what_nobody_knows_is_refused_naming_the_file),
		CASE(a_missing_tool_is_told_with_its_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
