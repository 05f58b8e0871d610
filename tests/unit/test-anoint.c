/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds marked as good under a name, and builds that take them as input. */
#include "executor-fixture.h"

#include "build/anoint.h"

#define CHANGED "int f(void);\nint f(void)\n{\n\treturn 3;\n}\n"
#define BROKEN "int f(void)\n{\n\treturn gone;\n}\n"

/* Of the results that are kept, the one used last. */
static char *last_key(const struct fixture *fixture)
{
	g_autoptr(GPtrArray) entries = keep_list(fixture->keep);
	char *key = NULL;

	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		if (strcmp(entry->kind, "results") != 0)
			continue;
		g_free(key);
		key = g_strdup(entry->key);
	}
	assert_non_null(key);
	return key;
}

/* A kernel, built and anointed as "kernel"; the key of it. */
static char *anoint_kernel(struct fixture *fixture)
{
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(GError) error = NULL;
	char *key;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, CLEAN);
	fixture_set_source(fixture, CHANGED);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	key = last_key(fixture);
	if (!anoint(fixture->keep, key, "kernel", false, &error))
		fail_msg("%s", error->message);
	return key;
}

/* A script in the place of the kernel, with that as input. */
static void set_user(struct fixture *fixture, struct build_input *input)
{
	g_ptr_array_set_size(fixture->spec.targets, 0);
	g_ptr_array_set_size(fixture->spec.fragments, 0);
	g_ptr_array_set_size(fixture->spec.fragment_names, 0);
	fixture->spec.recipe = RECIPE_SCRIPT;
	fixture->spec.defconfig = fixture->spec.image = NULL;
	fixture->spec.inputs = g_ptr_array_new();
	g_ptr_array_add(fixture->spec.inputs, input);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	g_clear_pointer(&fixture->spec.inputs, g_ptr_array_unref);
	return fixture_tear_down(state);
}

static bool is_pinned(const struct fixture *fixture, const char *key)
{
	g_autoptr(GPtrArray) entries = keep_list(fixture->keep);

	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		if (strcmp(entry->key, key) == 0)
			return entry->pinned;
	}
	return false;
}

static void a_name_pins_what_it_stands_for_until_it_is_revoked(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *key = anoint_kernel(fixture);
	g_autoptr(anointed_t) now = NULL, then = NULL;

	now = anointed_find(fixture->keep, "kernel", NULL);
	assert_string_equal(now->key, key);
	assert_true(is_pinned(fixture, key));
	assert_true(anoint(fixture->keep, key, "other", false, NULL));
	assert_true(anoint_revoke(fixture->keep, "kernel", NULL));
	assert_true(is_pinned(fixture, key));
	assert_true(anoint_revoke(fixture->keep, "other", NULL));
	assert_false(is_pinned(fixture, key));
	then = anointed_find(fixture->keep, "kernel", NULL);
	assert_null(then->key);
	assert_string_equal(then->bad->pdata[0], key);
}

static void what_was_revoked_comes_back_by_hand_alone(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *key = anoint_kernel(fixture);
	g_autoptr(GError) error = NULL;

	assert_true(anoint_revoke(fixture->keep, "kernel", NULL));
	assert_false(anoint(fixture->keep, key, "kernel", false, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFLICT);
	assert_true(anoint(fixture->keep, key, "kernel", true, NULL));
	assert_true(is_pinned(fixture, key));
	assert_true(anoint(fixture->keep, key, "kernel", false, NULL));
}

static void what_did_not_pass_is_not_anointed(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(GError) error = NULL, gone = NULL;
	g_autofree char *key = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, CLEAN);
	fixture_set_source(fixture, WARNS);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_WARNED);
	key = last_key(fixture);
	assert_false(anoint(fixture->keep, key, "kernel", true, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFLICT);
	assert_non_null(strstr(error->message, "it did not pass"));
	assert_false(anoint(fixture->keep, "nothing", "kernel", true, &gone));
	assert_int_equal(gone->code, REROLL_ERROR_NOT_FOUND);
}

static void what_stands_on_a_broken_base_is_not_anointed(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *key = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, BROKEN);
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	key = last_key(fixture);
	assert_false(anoint(fixture->keep, key, "kernel", true, &error));
	assert_non_null(strstr(error->message, "its base does not build"));
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const names[] = {
		"", "..", ".hidden", "a/b", "../a", "a b", "a\n",
	};
	g_autofree char *too_long = g_strnfill(65, 'a');
	struct fixture *fixture = *state;

	assert_null(anointed_find(fixture->keep, too_long, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(anointed_find(fixture->keep, names[i], &error));
		assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	}
}

static void an_input_is_seen_and_its_use_is_noted(void **state)
{
	static char name[] = "k", build[] = "kernel";
	struct build_input input = {name, build, NULL};
	struct fixture *fixture = *state;
	g_autofree char *key = anoint_kernel(fixture);
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(anointed_t) anointed = NULL;
	const struct anointed_use *use;

	set_user(fixture, &input);
	fixture_set_command(fixture, "cp $REROLL_INPUTS/k/bzImage kernel\n"
				     "cmp kernel /build/inputs/k/vmlinux\n"
				     "test -e $REROLL_INPUTS/k/System.map\n"
				     "if touch $REROLL_INPUTS/k/bzImage; then "
				     "exit 1; fi\n");
	result = fixture_build_ok(fixture);
	if (result->status != BUILD_PASSED)
		fail_msg("%s", result->log_tail);
	anointed = anointed_find(fixture->keep, "kernel", NULL);
	assert_int_equal(anointed->uses->len, 1);
	use = anointed->uses->pdata[0];
	assert_string_equal(use->project, "Fixture");
	assert_string_equal(use->build, fixture->id);
	assert_string_equal(use->run, "run-1");
	assert_string_equal(use->key, key);
}

static void one_file_of_an_input_may_be_named(void **state)
{
	static char name[] = "k", build[] = "kernel", path[] = "system-map";
	struct build_input input = {name, build, path};
	struct fixture *fixture = *state;
	g_autofree char *key = anoint_kernel(fixture);
	g_autoptr(build_result_t) result = NULL;

	assert_non_null(key);
	set_user(fixture, &input);
	fixture_set_command(fixture,
			    "test \"$(ls $REROLL_INPUTS/k)\" = System.map");
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
}

static void another_input_is_another_build(void **state)
{
	static char name[] = "k", build[] = "kernel";
	struct build_input input = {name, build, NULL};
	struct fixture *fixture = *state;
	g_autofree char *key = anoint_kernel(fixture), *other = NULL;
	g_autoptr(build_result_t) first = NULL, same = NULL, second = NULL;

	fixture_set_source(fixture, WARNS);
	first = fixture_build_ok(fixture);
	fixture_set_source(fixture, CLEAN);
	g_clear_pointer(&first, build_result_free);
	first = fixture_build_ok(fixture);
	other = last_key(fixture);
	assert_string_not_equal(key, other);
	set_user(fixture, &input);
	fixture_set_command(fixture, "true");
	g_clear_pointer(&first, build_result_free);
	first = fixture_build_ok(fixture);
	same = fixture_build_ok(fixture);
	assert_false(first->reused);
	assert_true(same->reused);
	assert_true(anoint(fixture->keep, other, "kernel", false, NULL));
	assert_false(is_pinned(fixture, key));
	second = fixture_build_ok(fixture);
	assert_false(second->reused);
}

static void an_input_that_is_not_there_is_named(void **state)
{
	static char name[] = "k", build[] = "kernel", path[] = "modules";
	struct build_input input = {name, build, path};
	struct fixture *fixture = *state;
	g_autofree char *key = anoint_kernel(fixture);
	g_autoptr(GError) none = NULL, revoked = NULL, unknown = NULL;

	set_user(fixture, &input);
	fixture_set_command(fixture, "true");
	assert_null(fixture_build(fixture, NULL, &none));
	assert_int_equal(none->code, REROLL_ERROR_CONFIG);
	assert_non_null(strstr(none->message, "the input k of the build"));
	assert_non_null(strstr(none->message, "has no modules"));
	assert_non_null(strstr(none->message, "`reroll builds` lists"));
	assert_true(anoint_revoke(fixture->keep, "kernel", NULL));
	assert_null(fixture_build(fixture, NULL, &revoked));
	assert_int_equal(revoked->code, REROLL_ERROR_CONFIG);
	assert_non_null(strstr(revoked->message, "was revoked"));
	input.build = name;
	assert_null(fixture_build(fixture, NULL, &unknown));
	assert_int_equal(unknown->code, REROLL_ERROR_CONFIG);
	assert_non_null(strstr(unknown->message, "no build is anointed as k"));
	assert_non_null(key);
}

static void a_base_is_made_ahead_and_anointed_by_its_rule(void **state)
{
	static char name[] = "kernel";
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, again = NULL, series = NULL;
	g_autoptr(anointed_t) anointed = NULL;
	g_autofree char *base = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, WARNS);
	fixture->base = g_strdup(fixture->tree);
	fixture->make_base = true;
	fixture->spec.anoint = name;
	first = fixture_build_ok(fixture);
	assert_int_equal(first->status, BUILD_PASSED);
	assert_non_null(result_artifact(first, "kernel"));
	anointed = anointed_find(fixture->keep, "kernel", NULL);
	base = last_key(fixture);
	assert_string_equal(anointed->key, base);
	again = fixture_build_ok(fixture);
	assert_true(again->reused);
	fixture->make_base = false;
	fixture_set_source(fixture, CHANGED);
	series = fixture_build_ok(fixture);
	assert_int_equal(series->status, BUILD_PASSED);
	g_clear_pointer(&anointed, anointed_free);
	anointed = anointed_find(fixture->keep, "kernel", NULL);
	assert_string_equal(anointed->key, base);
}

static void a_base_that_does_not_build_is_told_with_its_log(void **state)
{
	static char name[] = "kernel";
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, BROKEN);
	fixture->base = g_strdup(fixture->tree);
	fixture->make_base = true;
	fixture->spec.anoint = name;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_true(g_file_get_contents(result->log_path, &log, NULL, NULL));
	assert_non_null(strstr(log, "gone"));
	assert_null(anointed_find(fixture->keep, "kernel", NULL));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_name_pins_what_it_stands_for_until_it_is_revoked),
		CASE(what_was_revoked_comes_back_by_hand_alone),
		CASE(what_did_not_pass_is_not_anointed),
		CASE(what_stands_on_a_broken_base_is_not_anointed),
		CASE(names_that_lead_elsewhere_are_refused),
		CASE(an_input_is_seen_and_its_use_is_noted),
		CASE(one_file_of_an_input_may_be_named),
		CASE(another_input_is_another_build),
		CASE(an_input_that_is_not_there_is_named),
		CASE(a_base_is_made_ahead_and_anointed_by_its_rule),
		CASE(a_base_that_does_not_build_is_told_with_its_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
