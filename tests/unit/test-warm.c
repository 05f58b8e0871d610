/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept from one build to the next, and what it saves. */
#include "executor-fixture.h"

#define OTHER "int h(void);\nint h(void)\n{\n\treturn 2;\n}\n"
#define CHANGED "int f(void);\nint f(void)\n{\n\treturn 3;\n}\n"
#define BROKEN "int f(void)\n{\n\treturn gone;\n}\n"

static char *log_of(const struct build_result *result)
{
	char *text = NULL;

	assert_true(g_file_get_contents(result->log_path, &text, NULL, NULL));
	return text;
}

static guint count_kept(const struct fixture *fixture, const char *kind)
{
	g_autoptr(GPtrArray) entries = keep_list(fixture->keep);
	guint count = 0;

	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		count += strcmp(entry->kind, kind) == 0;
	}
	return count;
}

/* A base with two files, and a series that changes one. */
static void set_two_files(struct fixture *fixture)
{
	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	test_put(fixture->repo, "src/b.c", OTHER);
	fixture_set_source(fixture, CLEAN);
	fixture_set_source(fixture, CHANGED);
}

static void only_what_the_series_changes_is_compiled(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_two_files(fixture);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_false(result->reused);
	log = log_of(result);
	if (!strstr(log, "src/a.c"))
		fail_msg("%s", log);
	assert_null(strstr(log, "src/b.c"));
	assert_null(strstr(log, "olddefconfig"));
	assert_int_equal(count_kept(fixture, "sources"), 1);
	assert_int_equal(count_kept(fixture, "bases"), 1);
}

static void the_base_is_built_once_for_all_series(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;
	g_autofree char *base = NULL;

	set_two_files(fixture);
	base = g_strdup(fixture->base);
	first = fixture_build_ok(fixture);
	fixture_set_source(fixture, WARNS);
	g_free(fixture->base);
	fixture->base = g_steal_pointer(&base);
	second = fixture_build_ok(fixture);
	assert_int_equal(second->status, BUILD_WARNED);
	assert_int_equal(count_kept(fixture, "bases"), 1);
	assert_int_equal(count_kept(fixture, "results"), 2);
}

static void a_file_that_is_removed_is_gone_from_the_build(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = g_build_filename(fixture->repo, "src/b.c",
						 NULL);
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_two_files(fixture);
	assert_int_equal(unlink(path), 0);
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	log = log_of(result);
	assert_non_null(strstr(log, "cat "));
	assert_null(strstr(log, "b.o"));
}

static void a_changed_kconfig_is_configured_again(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_two_files(fixture);
	test_put(fixture->repo, "Kconfig", "config NET\n\tbool \"net\"\n");
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	log = log_of(result);
	assert_non_null(strstr(log, "grep -v -e GONE"));
}

static void a_drawn_configuration_is_settled_and_not_drawn_again(void **state)
{
	static char seed[] = "0x1";
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_two_files(fixture);
	fixture->spec.seed = seed;
	test_put(fixture->repo, "Kconfig", "config NET\n\tbool \"net\"\n");
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	log = log_of(result);
	assert_non_null(strstr(log, "grep -v -e GONE"));
	assert_null(strstr(log, "printf 'CONFIG_BASE"));
}

static void the_same_tree_is_never_built_twice(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;

	set_two_files(fixture);
	first = fixture_build_ok(fixture);
	g_string_truncate(fixture->lines, 0);
	second = fixture_build_ok(fixture);
	assert_true(second->reused);
	assert_int_equal(second->status, BUILD_PASSED);
	assert_string_equal(fixture->lines->str, "");
	assert_int_equal(second->artifacts->len, first->artifacts->len);
	assert_string_equal(result_artifact(second, "kernel")->sha256,
			    result_artifact(first, "kernel")->sha256);
}

static void a_refusal_is_taken_again_with_its_findings(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;

	set_two_files(fixture);
	fixture_set_source(fixture, BROKEN);
	first = fixture_build_ok(fixture);
	second = fixture_build_ok(fixture);
	assert_true(second->reused);
	assert_int_equal(second->status, BUILD_FAILED);
	assert_string_equal(second->summary, first->summary);
	assert_int_equal(result_finding(second, 0)->line, 3);
	assert_string_equal(result_finding(second, 0)->text,
			    result_finding(first, 0)->text);
	assert_string_equal(result_finding(second, 0)->context,
			    result_finding(first, 0)->context);
}

static void another_spec_is_another_build(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;

	set_two_files(fixture);
	first = fixture_build_ok(fixture);
	g_ptr_array_add(fixture->spec.fragment_names, g_strdup("more"));
	g_ptr_array_add(fixture->spec.fragments, g_strdup("CONFIG_TMPFS=y\n"));
	second = fixture_build_ok(fixture);
	assert_false(second->reused);
	assert_int_equal(count_kept(fixture, "bases"), 2);
}

static void documentation_alone_starts_no_compiler(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;

	set_two_files(fixture);
	first = fixture_build_ok(fixture);
	g_free(fixture->base);
	fixture->base = g_strdup(fixture->tree);
	test_put(fixture->repo, "Documentation/a.rst", "More words.\n");
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	g_string_truncate(fixture->lines, 0);
	second = fixture_build_ok(fixture);
	assert_true(second->reused);
	assert_int_equal(second->status, BUILD_PASSED);
	assert_true(g_str_has_prefix(second->summary,
				     "nothing that it reads was changed"));
	assert_string_equal(fixture->lines->str, "");
}

/* A target that may read documentation is made for it. */
static void documentation_is_read_by_targets_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_two_files(fixture);
	g_ptr_array_set_size(fixture->spec.targets, 0);
	g_ptr_array_add(fixture->spec.targets, g_strdup("object"));
	g_free(fixture->base);
	fixture->base = g_strdup(fixture->tree);
	test_put(fixture->repo, "Documentation/a.rst", "More words.\n");
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	result = fixture_build_ok(fixture);
	assert_false(result->reused);
}

/* The base is warm: its files are those of the series. */
static void documentation_alone_has_the_artifacts_of_its_base(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;
	g_autofree char *base = NULL;

	set_two_files(fixture);
	base = g_strdup(fixture->base);
	first = fixture_build_ok(fixture);
	fixture_set_source(fixture, CLEAN);
	test_put(fixture->repo, "Documentation/a.rst", "More words.\n");
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	g_free(fixture->base);
	fixture->base = g_steal_pointer(&base);
	second = fixture_build_ok(fixture);
	assert_true(second->reused);
	assert_true(result_artifact(second, "kernel")->size > 0);
}

/* A series that touches no more than documentation, on the base so far. */
static void add_documentation(struct fixture *fixture)
{
	g_free(fixture->base);
	fixture->base = g_strdup(fixture->tree);
	test_put(fixture->repo, "Documentation/a.rst", "More words.\n");
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
}

/* The base is built, and kept, for a series that changes a source. */
static void build_on(struct fixture *fixture, const char *base_text)
{
	g_autofree char *base = NULL;
	g_autoptr(GError) error = NULL;

	fixture_set_source(fixture, base_text);
	base = g_strdup(fixture->tree);
	fixture_set_source(fixture, CHANGED);
	build_result_free(fixture_build(fixture, NULL, &error));
	fixture_set_source(fixture, base_text);
	assert_string_equal(fixture->tree, base);
	assert_int_equal(count_kept(fixture, "bases"), 1);
}

static void documentation_is_not_to_blame_for_a_broken_base(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	build_on(fixture, BROKEN);
	add_documentation(fixture);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(result->artifacts->len, 0);
	assert_non_null(strstr(result->summary, "it has no files"));
}

static void documentation_has_all_files_or_says_it_has_none(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_kernel(fixture, "CONFIG_MODULES=y\n");
	build_on(fixture, CLEAN);
	add_documentation(fixture);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(result->artifacts->len, 0);
	assert_non_null(strstr(result->summary, "it has no files"));
}

static void without_a_sandbox_nothing_is_a_view(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_two_files(fixture);
	fixture->no_sandbox = true;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	log = log_of(result);
	assert_non_null(strstr(log, "src/b.c"));
	assert_int_equal(count_kept(fixture, "sources"), 0);
}

/* A base with these rules, and a series on it that changes nothing much. */
static void set_rules(struct fixture *fixture, const char *rules)
{
	g_autofree char *text = g_strdup_printf(
		"tinyconfig:\n\techo CONFIG_NET=y >$O/.config\n"
		"olddefconfig:\n%s",
		rules);

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	test_put(fixture->repo, "Makefile", text);
	fixture_set_source(fixture, CLEAN);
	fixture_set_source(fixture, CHANGED);
}

static void a_base_that_writes_too_much_is_trouble(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(build_result_t) result = NULL;

	set_rules(fixture,
		  "all:\n\thead -c 50M /dev/zero >$O/big; sleep 600\n");
	fixture->spec.output_bytes = 1 << 20;
	result = fixture_build(fixture, NULL, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
	assert_non_null(strstr(error->message, "the base itself"));
	assert_int_equal(count_kept(fixture, "bases"), 0);
}

static void a_base_that_fails_by_chance_is_not_kept(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(build_result_t) result = NULL;

	set_rules(fixture,
		  "all:\n\techo 'a.c:1: internal compiler error: f'; false\n");
	result = fixture_build(fixture, NULL, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
	assert_int_equal(count_kept(fixture, "bases"), 0);
}

/* The project's time is for what goes on in it. */
static void a_base_has_more_time_than_a_series(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_rules(fixture, "all:\n\tif [ ! -e $O/done ]; then sleep 11; "
			   "touch $O/done; fi\n"
			   "\tmkdir -p $O/arch/x86/boot; "
			   "touch $O/arch/x86/boot/bzImage\n");
	fixture->spec.time_s = 10;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
}

static char *said_path(const struct fixture *fixture)
{
	g_autoptr(GPtrArray) entries = keep_list(fixture->keep);

	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		if (strcmp(entry->kind, "bases") == 0)
			return g_build_filename(keep_dir(fixture->keep),
						"bases", entry->key,
						"base.json", NULL);
	}
	fail_msg("no base is kept");
	return NULL;
}

static void a_damaged_base_is_made_anew(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;
	g_autofree char *base = NULL, *path = NULL;

	set_two_files(fixture);
	base = g_strdup(fixture->base);
	first = fixture_build_ok(fixture);
	path = said_path(fixture);
	assert_true(g_file_set_contents(path, "{", 1, NULL));
	fixture_set_source(fixture, WARNS);
	g_free(fixture->base);
	fixture->base = g_steal_pointer(&base);
	second = fixture_build_ok(fixture);
	assert_int_equal(second->status, BUILD_WARNED);
	assert_int_equal(count_kept(fixture, "bases"), 1);
}

/* What base.json says of its time is put back by `back_s`; says it. */
static json_int_t put_back(const char *path, gint64 back_s)
{
	json_t *said = json_load_file(path, 0, NULL);
	json_int_t made_at = json_integer_value(
				     json_object_get(said, "made_at")) -
			     back_s;

	json_object_set_new(said, "made_at", json_integer(made_at));
	assert_int_equal(json_dump_file(said, path, 0), 0);
	json_decref(said);
	return made_at;
}

static void a_base_that_failed_is_tried_again_after_an_hour(void **state)
{
	struct fixture *fixture = *state;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, BROKEN);
	for (guint hours = 0; hours < 2; hours++) {
		g_autoptr(build_result_t) second = NULL;
		g_autofree char *path = NULL;
		json_int_t before;

		build_on(fixture, BROKEN);
		path = said_path(fixture);
		before = put_back(path, hours * 3600);
		fixture_set_source(fixture, BROKEN);
		fixture_set_source(fixture, hours ? CLEAN : OTHER);
		second = fixture_build_ok(fixture);
		assert_int_equal(put_back(path, 0) != before, hours);
	}
}

/* A configuration that was not settled is no start for a series. */
static void a_base_that_was_not_configured_lends_no_config(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	test_put(fixture->repo, "Makefile",
		 "tinyconfig:\n\techo CONFIG_NET=y >$O/.config\n"
		 "olddefconfig:\n\t@echo settling; cat src/settle.h\n"
		 "all:\n\tmkdir -p $O/arch/x86/boot; "
		 "touch $O/arch/x86/boot/bzImage\n");
	fixture_set_source(fixture, CLEAN);
	test_put(fixture->repo, "src/settle.h", "settled\n");
	fixture_set_source(fixture, CHANGED);
	result = fixture_build_ok(fixture);
	log = log_of(result);
	if (result->status != BUILD_PASSED)
		fail_msg("%s: %s", result->summary, log);
	assert_non_null(strstr(log, "settled"));
}

/* Whether the build of the series compiles what the series leaves alone. */
static bool is_from_nothing(struct fixture *fixture)
{
	g_autoptr(build_result_t) result = fixture_build_ok(fixture);
	g_autofree char *log = log_of(result);

	return strstr(log, "gcc") && strstr(log, "src/b.c -o");
}

static void what_make_cannot_follow_is_built_from_nothing(void **state)
{
	static const struct {
		const char *path;
		bool from_nothing;
	} cases[] = {
		{"src/new.h", false},
		{"src/near.h", true}, /* of the base: include/near.h */
		{"include/near.h", false},
		{"drivers/Makefile", false},
		{"lib/Makefile", true}, /* has made a header */
		{"scripts/mod/modpost.c", true},
		{"tools/objtool/check.c", true},
		{"arch/x86/tools/gen.sh", true},
		{"arch/x86/include/asm/Kbuild", true},
		{"include/asm-generic/Kbuild", true},
	};
	struct fixture *fixture = *state;
	g_autofree char *base = NULL;

	set_two_files(fixture);
	test_put(fixture->repo, "include/near.h", "near\n");
	test_put(fixture->repo, "drivers/Makefile", "obj-y += a.o\n");
	test_put(fixture->repo, "lib/Makefile", "$(obj)/crc.h: gen\n");
	fixture_set_source(fixture, CLEAN);
	base = g_strdup(fixture->tree);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_build_filename(fixture->repo,
							 cases[i].path, NULL);
		g_autofree char *before = NULL;

		(void)g_file_get_contents(path, &before, NULL, NULL);
		test_put(fixture->repo, cases[i].path, "changed\n");
		fixture_set_source(fixture, CHANGED);
		g_free(fixture->base);
		fixture->base = g_strdup(base);
		if (is_from_nothing(fixture) != cases[i].from_nothing)
			fail_msg("%s", cases[i].path);
		if (before)
			test_put(fixture->repo, cases[i].path, before);
		else
			assert_int_equal(unlink(path), 0);
	}
}

static void a_fresh_build_takes_nothing_of_its_base(void **state)
{
	struct fixture *fixture = *state;

	set_two_files(fixture);
	assert_false(is_from_nothing(fixture));
	fixture->fresh = true;
	assert_true(is_from_nothing(fixture));
}

static void all_warnings_are_those_of_all_files(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	test_put(fixture->repo, "src/b.c", WARNS);
	fixture_set_source(fixture, CLEAN);
	fixture_set_source(fixture, CHANGED);
	fixture->spec.warnings = WARNINGS_ALL;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_WARNED);
	assert_string_equal(result->summary, "it works, with 1 warning");
}

/* The base's image is still there, but it is not made any more. */
static void an_image_that_is_not_made_again_is_not_taken(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_two_files(fixture);
	test_put(fixture->repo, "Makefile",
		 "tinyconfig olddefconfig:\n\ttouch $O/.config\n"
		 "all:\n\techo nothing\n");
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_non_null(strstr(result->summary, "was not made"));
}

/* What a command that fails prints, and whether that is a verdict. */
static void a_machine_in_trouble_gives_no_verdict(void **state)
{
	static const struct {
		const char *text;
		bool verdict, transient;
	} cases[] = {
		{"a.c:1:1: error: no such thing", true, false},
		{"a.c:1:1: internal compiler error: in f", true, true},
		{"g++: fatal error: Segmentation fault signal terminated "
		 "program cc1",
		 true, true},
		{"a.c:1:2: error: #error No space left on device", true, true},
		{"ld: final link failed: No space left on device", false, true},
		{"gcc: fatal error: Killed signal terminated program cc1",
		 false, true},
	};
	struct fixture *fixture = *state;

	fixture_set_source(fixture, CLEAN);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(build_result_t) result = NULL;
		g_autofree char *command = g_strdup_printf("echo '%s'; exit 1",
							   cases[i].text);

		fixture_set_command(fixture, command);
		result = fixture_build(fixture, NULL, &error);
		assert_int_equal(result != NULL, cases[i].verdict);
		if (result)
			assert_int_equal(result->transient, cases[i].transient);
		else
			assert_int_equal(error->code, REROLL_ERROR_TEMP);
	}
}

static void a_sign_of_trouble_is_seen_across_pieces(void **state)
{
	static const char text[] = "ld: final link failed: No space left on "
				   "device\n";
	struct trouble whole = {0};

	(void)state;
	trouble_feed(&whole, text, strlen(text));
	assert_int_equal(whole.seen, TROUBLE_OF_MACHINE | TROUBLE_PASSING);
	for (gsize size = 1; size < sizeof(text); size++) {
		struct trouble trouble = {0};

		for (gsize at = 0; at < strlen(text); at += size)
			trouble_feed(&trouble, text + at,
				     MIN(size, strlen(text) - at));
		assert_int_equal(trouble.seen,
				 TROUBLE_OF_MACHINE | TROUBLE_PASSING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(only_what_the_series_changes_is_compiled),
		FIXTURE_CASE(the_base_is_built_once_for_all_series),
		FIXTURE_CASE(a_file_that_is_removed_is_gone_from_the_build),
		FIXTURE_CASE(a_changed_kconfig_is_configured_again),
		FIXTURE_CASE(
			a_drawn_configuration_is_settled_and_not_drawn_again),
		FIXTURE_CASE(the_same_tree_is_never_built_twice),
		FIXTURE_CASE(a_refusal_is_taken_again_with_its_findings),
		FIXTURE_CASE(another_spec_is_another_build),
		FIXTURE_CASE(documentation_alone_starts_no_compiler),
		FIXTURE_CASE(documentation_is_read_by_targets_of_its_own),
		FIXTURE_CASE(documentation_alone_has_the_artifacts_of_its_base),
		FIXTURE_CASE(documentation_is_not_to_blame_for_a_broken_base),
		FIXTURE_CASE(documentation_has_all_files_or_says_it_has_none),
		FIXTURE_CASE(without_a_sandbox_nothing_is_a_view),
		FIXTURE_CASE(a_base_that_writes_too_much_is_trouble),
		FIXTURE_CASE(a_base_that_fails_by_chance_is_not_kept),
		FIXTURE_CASE(a_base_has_more_time_than_a_series),
		FIXTURE_CASE(a_damaged_base_is_made_anew),
		FIXTURE_CASE(a_base_that_failed_is_tried_again_after_an_hour),
		FIXTURE_CASE(a_base_that_was_not_configured_lends_no_config),
		FIXTURE_CASE(what_make_cannot_follow_is_built_from_nothing),
		FIXTURE_CASE(a_fresh_build_takes_nothing_of_its_base),
		FIXTURE_CASE(all_warnings_are_those_of_all_files),
		FIXTURE_CASE(an_image_that_is_not_made_again_is_not_taken),
		FIXTURE_CASE(a_machine_in_trouble_gives_no_verdict),
		cmocka_unit_test(a_sign_of_trouble_is_seen_across_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
