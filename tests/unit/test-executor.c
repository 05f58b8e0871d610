/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds from a git repository to a result, in the real sandbox. */
#include <sys/stat.h>

#include "executor-fixture.h"

static void a_script_that_passes_leaves_its_artifacts_and_log(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	fixture_set_source(fixture, CLEAN);
	fixture_set_command(fixture,
			    COMPILE "; echo hello >obj/h; echo compiled");
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("obj/h"));
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(result->findings->len, 0);
	assert_string_equal(result_artifact(result, "file")->path, "obj/h");
	assert_int_equal(result_artifact(result, "file")->size, 6);
	assert_string_equal(result_artifact(result, "file")->sha256,
			    "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d082"
			    "86a2e846f6be03");
	assert_string_equal(result_artifact(result, "log")->path, "log");
	assert_true(g_file_get_contents(result->log_path, &log, NULL, NULL));
	assert_string_equal(log, "compiled\n");
	assert_string_equal(result->log_tail, "compiled\n");
	assert_string_equal(fixture->lines->str, "compiled\n");
}

static void a_compile_error_is_told_with_its_place(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	fixture_set_command(fixture, COMPILE "; echo not reached");
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(result->summary,
			    "sh ended with exit status 1 at src/a.c:3");
	assert_string_equal(result_finding(result, 0)->file, "src/a.c");
	assert_int_equal(result_finding(result, 0)->line, 3);
	assert_int_equal(result_finding(result, 0)->severity, SEVERITY_ERROR);
	assert_non_null(
		strstr(result_finding(result, 0)->text, "'gone' undeclared"));
	assert_null(strstr(result->log_tail, "not reached"));
}

static void a_failure_without_a_place_shows_the_end_of_the_log(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_source(fixture, CLEAN);
	fixture_set_command(fixture, "echo one; echo it broke; exit 7");
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(result->summary, "sh ended with exit status 7");
	assert_string_equal(result_finding(result, 0)->text, "it broke");
	assert_string_equal(result_finding(result, 0)->context,
			    "one\nit broke");
}

static void only_warnings_that_the_base_lacks_are_told(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) moved = NULL, added = NULL, all = NULL;
	g_autoptr(build_result_t) ignored = NULL;

	fixture_set_command(fixture, COMPILE);
	fixture_set_source(fixture, WARNS);
	fixture_set_source(fixture, "\n\n\n" WARNS);
	moved = fixture_build_ok(fixture);
	assert_int_equal(moved->findings->len, 0);

	fixture_set_source(fixture,
			   "\n" WARNS
			   "int h(void);\nint h(void)\n{\n\tint unused;\n"
			   "\treturn 2;\n}\n");
	added = fixture_build_ok(fixture);
	assert_int_equal(added->status, BUILD_WARNED);
	assert_string_equal(added->summary, "it works, with 1 new warning");
	assert_int_equal(added->findings->len, 1);
	assert_int_equal(result_finding(added, 0)->line, 11);
	assert_string_equal(result_finding(added, 0)->type,
			    "-Wunused-variable");

	fixture->spec.warnings = WARNINGS_ALL;
	all = fixture_build_ok(fixture);
	assert_int_equal(all->findings->len, 2);

	fixture->spec.warnings = WARNINGS_IGNORE;
	ignored = fixture_build_ok(fixture);
	assert_int_equal(ignored->status, BUILD_PASSED);
	assert_int_equal(ignored->findings->len, 0);
}

static void a_base_that_fails_the_same_way_is_trouble(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_command(fixture, COMPILE);
	fixture_set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	fixture_set_source(fixture, "\n\nint f(void)\n{\n\treturn gone;\n}\n");
	result = fixture_build(fixture, NULL, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
	assert_true(g_str_has_prefix(error->message,
				     "the base itself does not build: "));
}

static void an_error_of_its_own_on_a_broken_base_is_a_verdict(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_command(fixture, COMPILE);
	fixture_set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	fixture_set_source(fixture,
			   "int f(void)\n{\n\treturn gone;\n}\nint g(void)\n{\n"
			   "\treturn lost;\n}\n");
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_int_equal(result_finding(result, 0)->severity, SEVERITY_ERROR);
	assert_int_equal(result_finding(result, 0)->line, 7);
	for (guint i = 1; i < result->findings->len; i++)
		assert_int_equal(result_finding(result, i)->severity,
				 SEVERITY_NOTE);
}

static void a_build_past_its_time_limit_is_stopped(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *command = g_strdup_printf("while :; do :; done # %s",
						   fixture->mark);

	fixture_set_source(fixture, CLEAN);
	fixture_set_command(fixture, command);
	fixture->spec.time_s = 1;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_TIMED_OUT);
	assert_non_null(strstr(result->summary, "after 1 s"));
}

static void a_build_that_writes_too_much_is_stopped(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_source(fixture, CLEAN);
	fixture_set_command(fixture,
			    "cat /dev/zero >big || cat /dev/zero >big2");
	fixture->spec.output_bytes = 8 << 20;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_TOO_LARGE);
	assert_non_null(strstr(result->summary, "8.0"));
}

static void a_long_log_loses_its_middle_but_no_error(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	struct stat st;

	fixture_set_source(fixture, CLEAN);
	fixture_set_command(fixture,
			    "echo first; seq 100000; echo 'x.c:5: error: mid'; "
			    "seq 100000; echo last; exit 1");
	fixture->spec.log_bytes = 10000;
	result = fixture_build_ok(fixture);
	assert_string_equal(result_finding(result, 0)->text, "mid");
	assert_int_equal(stat(result->log_path, &st), 0);
	assert_true(st.st_size < 10100);
	assert_true(g_str_has_suffix(result->log_tail, "100000\nlast\n"));
}

static gboolean cancel_now(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_REMOVE;
}

static void cancelling_leaves_nothing_behind(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *command = g_strdup_printf("while :; do :; done # %s",
						   fixture->mark);

	fixture_set_source(fixture, CLEAN);
	fixture_set_command(fixture, command);
	g_timeout_add(200, cancel_now, cancellable);
	result = fixture_build(fixture, cancellable, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_CANCELLED);
}

static void a_hostile_artifact_is_not_followed_out_of_the_build(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_source(fixture, CLEAN);
	fixture_set_command(fixture, "ln -s /etc/passwd leak; mkfifo fifo; "
				     "ln -s ../../../../../../../etc up");
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("leak"));
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("fifo"));
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("up/passwd"));
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("../../x"));
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(result->artifacts->len, 1); /* the log */
	assert_int_equal(result->findings->len, 4);
	assert_string_equal(result_finding(result, 0)->text,
			    "the build did not make leak");
}

static void without_a_sandbox_the_same_is_told(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture->no_sandbox = true;
	fixture_set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	fixture_set_command(fixture, "gcc -c $PWD/src/a.c");
	result = fixture_build_ok(fixture);
	assert_string_equal(result_finding(result, 0)->file, "src/a.c");
	assert_int_equal(result_finding(result, 0)->line, 3);
}

static void a_missing_tree_is_trouble_or_unknown_never_a_verdict(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(GError) error = NULL;

	fixture_set_command(fixture, "true");
	fixture->tree = g_strnfill(40, '1');
	result = fixture_build(fixture, NULL, &error);
	assert_null(result);
	assert_non_null(error);
}

/* --- kbuild --- */

static void a_kernel_is_configured_built_and_collected(void **state)
{
	static const char *const roles[] = {"kernel",  "config",  "system-map",
					    "vmlinux", "modules", "log"};
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *path = NULL, *config = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\nCONFIG_MODULES=y\n");
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	if (result->status != BUILD_PASSED)
		fail_msg("%s", result->log_tail);
	assert_int_equal(result->lost->len, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(roles); i++)
		assert_true(result_artifact(result, roles[i])->size > 0);
	path = g_build_filename(fixture->out, fixture->id, "config", NULL);
	assert_true(g_file_get_contents(path, &config, NULL, NULL));
	assert_string_equal(config,
			    "CONFIG_BASE=y\nCONFIG_NET=y\nCONFIG_MODULES=y\n");
}

static void a_kernel_without_its_image_is_a_failed_build(void **state)
{
	static char image[] = "arch/x86/boot/zImage";
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL, other = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, CLEAN);
	fixture->spec.image = image;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(
		result->summary,
		"the kernel image arch/x86/boot/zImage was not made");
	g_ptr_array_set_size(fixture->spec.targets, 0);
	g_ptr_array_add(fixture->spec.targets, g_strdup("object"));
	other = fixture_build_ok(fixture);
	assert_int_equal(other->status, BUILD_PASSED);
}

static void each_lost_symbol_is_reported_with_its_reason(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	const struct lost_symbol *gone, *tmpfs;

	fixture_set_kernel(fixture,
			   "CONFIG_NET=y\nCONFIG_GONE=y\nCONFIG_TMPFS=y\n");
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(result->lost->len, 2);
	gone = result->lost->pdata[0];
	tmpfs = result->lost->pdata[1];
	assert_string_equal(gone->symbol, "CONFIG_GONE");
	assert_string_equal(gone->reason,
			    "no Kconfig file of this tree defines it");
	assert_string_equal(tmpfs->reason, "depends on SHMEM, which is n");
}

static void a_kernel_that_does_not_compile_names_the_line(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	fixture_set_source(fixture, CLEAN);
	fixture_set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	/* By make, or by the first word on it. */
	assert_true(g_str_has_suffix(result->summary, " at src/a.c:3"));
	assert_string_equal(result_finding(result, 0)->file, "src/a.c");
}

static void a_result_is_told_in_json(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(json_t) json = NULL;

	fixture_set_kernel(fixture, "CONFIG_GONE=y\n");
	fixture_set_source(fixture, CLEAN);
	result = fixture_build_ok(fixture);
	json = build_result_to_json(result);
	assert_string_equal(json_string_value(json_object_get(json, "status")),
			    "passed");
	assert_int_equal(json_array_size(json_object_get(json, "lost")), 1);
	assert_true(json_is_null(json_object_get(json, "summary")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(a_script_that_passes_leaves_its_artifacts_and_log),
		FIXTURE_CASE(a_compile_error_is_told_with_its_place),
		FIXTURE_CASE(
			a_failure_without_a_place_shows_the_end_of_the_log),
		FIXTURE_CASE(only_warnings_that_the_base_lacks_are_told),
		FIXTURE_CASE(a_base_that_fails_the_same_way_is_trouble),
		FIXTURE_CASE(an_error_of_its_own_on_a_broken_base_is_a_verdict),
		FIXTURE_CASE(a_build_past_its_time_limit_is_stopped),
		FIXTURE_CASE(a_build_that_writes_too_much_is_stopped),
		FIXTURE_CASE(a_long_log_loses_its_middle_but_no_error),
		FIXTURE_CASE(cancelling_leaves_nothing_behind),
		FIXTURE_CASE(
			a_hostile_artifact_is_not_followed_out_of_the_build),
		FIXTURE_CASE(without_a_sandbox_the_same_is_told),
		FIXTURE_CASE(
			a_missing_tree_is_trouble_or_unknown_never_a_verdict),
		FIXTURE_CASE(a_kernel_is_configured_built_and_collected),
		FIXTURE_CASE(each_lost_symbol_is_reported_with_its_reason),
		FIXTURE_CASE(a_kernel_without_its_image_is_a_failed_build),
		FIXTURE_CASE(a_kernel_that_does_not_compile_names_the_line),
		FIXTURE_CASE(a_result_is_told_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
