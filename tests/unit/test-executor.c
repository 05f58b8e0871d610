/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds from a git repository to a result, in the real sandbox. */
#include "test-build.h"

#include <sys/stat.h>

#include "build/build-internal.h"

struct fixture {
	struct tempdir *dir;
	char *repo, *work, *out, *mark;
	char *base, *tree; /* ids */
	struct build_spec spec;
	char *id, *command, *toolchain;
	GString *lines; /* of progress */
	GMainContext *seen_in;
	bool no_sandbox;
};

static char *git(const struct fixture *fixture, const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(process_result_t) result = NULL;
	g_autoptr(GError) error = NULL;
	struct process_spec spec = {.output_limit_bytes = 65536};

	g_ptr_array_add(argv, (gpointer)(guintptr) "git");
	g_ptr_array_add(argv, (gpointer)(guintptr) "-C");
	g_ptr_array_add(argv, fixture->repo);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)(guintptr)*words);
	g_ptr_array_add(argv, NULL);
	spec.argv = (const char *const *)argv->pdata;
	result = process_run(&spec, NULL, &error);
	if (!result || !process_result_ok(result))
		fail_msg("git %s failed", (char *)argv->pdata[3]);
	return g_strchomp(g_strdup_printf(
		"%.*s", (int)g_bytes_get_size(result->out),
		(const char *)g_bytes_get_data(result->out, NULL)));
}

/* The tree id of what is in the repository's folder now. */
static char *take_tree(const struct fixture *fixture)
{
	const char *const add[] = {"add", "-A", NULL};
	const char *const write[] = {"write-tree", NULL};

	g_free(git(fixture, add));
	return git(fixture, write);
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	const char *const init[] = {"init", "-q", NULL};
	struct build_spec *spec = &fixture->spec;

	fixture->dir = tempdir_new(NULL);
	fixture->repo = g_build_filename(fixture->dir->path, "repo", NULL);
	fixture->work = g_build_filename(fixture->dir->path, "work", NULL);
	fixture->out = g_build_filename(fixture->dir->path, "out", NULL);
	fixture->mark = test_mark();
	fixture->lines = g_string_new(NULL);
	assert_int_equal(g_mkdir_with_parents(fixture->repo, 0755), 0);
	g_free(git(fixture, init));
	fixture->id = g_strdup("native/gcc");
	fixture->toolchain = g_strdup("gcc");
	spec->id = fixture->id;
	spec->toolchain = fixture->toolchain;
	spec->recipe = RECIPE_SCRIPT;
	spec->make_args = g_ptr_array_new_with_free_func(g_free);
	spec->tools = g_ptr_array_new();
	spec->read_only = g_ptr_array_new();
	spec->fragments = g_ptr_array_new_with_free_func(g_free);
	spec->fragment_names = g_ptr_array_new_with_free_func(g_free);
	spec->targets = g_ptr_array_new_with_free_func(g_free);
	spec->artifacts = g_ptr_array_new_with_free_func(g_free);
	spec->time_s = 60;
	spec->jobs = 2;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct build_spec *spec = &fixture->spec;

	g_ptr_array_unref(spec->make_args);
	g_ptr_array_unref(spec->tools);
	g_ptr_array_unref(spec->read_only);
	g_ptr_array_unref(spec->fragments);
	g_ptr_array_unref(spec->fragment_names);
	g_ptr_array_unref(spec->targets);
	g_ptr_array_unref(spec->artifacts);
	tempdir_free(fixture->dir);
	g_free(fixture->repo);
	g_free(fixture->work);
	g_free(fixture->out);
	g_free(fixture->mark);
	g_free(fixture->base);
	g_free(fixture->tree);
	g_free(fixture->id);
	g_free(fixture->command);
	g_free(fixture->toolchain);
	g_string_free(fixture->lines, TRUE);
	g_free(fixture);
	return 0;
}

static void keep_line(const char *line, gpointer data)
{
	struct fixture *fixture = data;

	assert_true(g_main_context_is_owner(g_main_context_default()));
	g_string_append_printf(fixture->lines, "%s\n", line);
}

static void keep_async(GObject *source, GAsyncResult *res, gpointer data)
{
	(void)source;
	*(GAsyncResult **)data = g_object_ref(res);
}

static bool is_empty_but_memory(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		if (!g_str_has_prefix(name, "base-"))
			return false;
	}
	return true;
}

static struct build_result *build(struct fixture *fixture,
				  GCancellable *cancellable, GError **error)
{
	const struct build_job job = {.spec = &fixture->spec,
				      .repo = fixture->repo,
				      .tree = fixture->tree,
				      .base_tree = fixture->base,
				      .out_dir = fixture->out,
				      .work_dir = fixture->work,
				      .no_sandbox = fixture->no_sandbox,
				      .source_at = 1600000000,
				      .progress = keep_line,
				      .progress_data = fixture};
	g_autoptr(GAsyncResult) res = NULL;

	executor_local.run_async(&job, cancellable, keep_async, &res);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	assert_true(is_empty_but_memory(fixture->work));
	assert_int_equal(test_processes(fixture->mark), 0);
	return executor_local.run_finish(res, error);
}

static struct build_result *build_ok(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	struct build_result *result = build(fixture, NULL, &error);

	if (!result)
		fail_msg("%s", error->message);
	return result;
}

static void set_command(struct fixture *fixture, const char *command)
{
	g_free(fixture->command);
	fixture->command = g_strdup(command);
	fixture->spec.command = fixture->command;
}

/* A tree with this a.c; the one before it becomes the base. */
static void set_source(struct fixture *fixture, const char *text)
{
	test_put(fixture->repo, "src/a.c", text);
	g_free(fixture->base);
	fixture->base = fixture->tree;
	fixture->tree = take_tree(fixture);
}

static const struct finding *finding(const struct build_result *result, guint i)
{
	assert_true(i < result->findings->len);
	return result->findings->pdata[i];
}

static const struct artifact *artifact(const struct build_result *result,
				       const char *role)
{
	for (guint i = 0; i < result->artifacts->len; i++) {
		const struct artifact *one = result->artifacts->pdata[i];

		if (strcmp(one->role, role) == 0)
			return one;
	}
	fail_msg("there is no artifact %s", role);
	return NULL;
}

#define COMPILE "mkdir -p obj; gcc -Wall -c src/a.c -o obj/a.o"
#define CLEAN "int f(void);\nint f(void)\n{\n\treturn 1;\n}\n"
#define WARNS "int g(void);\nint g(void)\n{\n\tint unused;\n\treturn 1;\n}\n"

static void a_script_that_passes_leaves_its_artifacts_and_log(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_source(fixture, CLEAN);
	set_command(fixture, COMPILE "; echo hello >obj/h; echo compiled");
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("obj/h"));
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(result->findings->len, 0);
	assert_string_equal(artifact(result, "file")->path, "obj/h");
	assert_int_equal(artifact(result, "file")->size, 6);
	assert_string_equal(artifact(result, "file")->sha256,
			    "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d082"
			    "86a2e846f6be03");
	assert_string_equal(artifact(result, "log")->path, "log");
	assert_true(g_file_get_contents(result->log_path, &log, NULL, NULL));
	assert_string_equal(log, "compiled\n");
	assert_string_equal(result->log_tail, "compiled\n");
	assert_string_equal(fixture->lines->str, "compiled\n");
}

static void a_compile_error_is_told_with_its_place(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	set_command(fixture, COMPILE "; echo not reached");
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(result->summary,
			    "sh ended with exit status 1 at src/a.c:3");
	assert_string_equal(finding(result, 0)->file, "src/a.c");
	assert_int_equal(finding(result, 0)->line, 3);
	assert_int_equal(finding(result, 0)->severity, SEVERITY_ERROR);
	assert_non_null(strstr(finding(result, 0)->text, "'gone' undeclared"));
	assert_null(strstr(result->log_tail, "not reached"));
}

static void a_failure_without_a_place_shows_the_end_of_the_log(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_source(fixture, CLEAN);
	set_command(fixture, "echo one; echo it broke; exit 7");
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(result->summary, "sh ended with exit status 7");
	assert_string_equal(finding(result, 0)->text, "it broke");
	assert_string_equal(finding(result, 0)->context, "one\nit broke");
}

static void only_warnings_that_the_base_lacks_are_told(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) moved = NULL, added = NULL, all = NULL;
	g_autoptr(build_result_t) ignored = NULL;

	set_command(fixture, COMPILE);
	set_source(fixture, WARNS);
	set_source(fixture, "\n\n\n" WARNS);
	moved = build_ok(fixture);
	assert_int_equal(moved->findings->len, 0);

	set_source(fixture,
		   "\n" WARNS "int h(void);\nint h(void)\n{\n\tint unused;\n"
		   "\treturn 2;\n}\n");
	added = build_ok(fixture);
	assert_int_equal(added->status, BUILD_WARNED);
	assert_string_equal(added->summary, "it works, with 1 new warning");
	assert_int_equal(added->findings->len, 1);
	assert_int_equal(finding(added, 0)->line, 11);
	assert_string_equal(finding(added, 0)->type, "-Wunused-variable");

	fixture->spec.warnings = WARNINGS_ALL;
	all = build_ok(fixture);
	assert_int_equal(all->findings->len, 2);

	fixture->spec.warnings = WARNINGS_IGNORE;
	ignored = build_ok(fixture);
	assert_int_equal(ignored->status, BUILD_PASSED);
	assert_int_equal(ignored->findings->len, 0);
}

static void a_base_that_fails_the_same_way_is_trouble(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(build_result_t) result = NULL;

	set_command(fixture, COMPILE);
	set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	set_source(fixture, "\n\nint f(void)\n{\n\treturn gone;\n}\n");
	result = build(fixture, NULL, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
	assert_true(g_str_has_prefix(error->message,
				     "the base itself does not build: "));
}

static void an_error_of_its_own_on_a_broken_base_is_a_verdict(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_command(fixture, COMPILE);
	set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	set_source(fixture,
		   "int f(void)\n{\n\treturn gone;\n}\nint g(void)\n{\n"
		   "\treturn lost;\n}\n");
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_int_equal(finding(result, 0)->severity, SEVERITY_ERROR);
	assert_int_equal(finding(result, 0)->line, 7);
	for (guint i = 1; i < result->findings->len; i++)
		assert_int_equal(finding(result, i)->severity, SEVERITY_NOTE);
}

static void the_base_is_built_once_for_a_run(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;
	g_autofree char *base_log = NULL;

	set_command(fixture, COMPILE);
	set_source(fixture, CLEAN);
	set_source(fixture, WARNS);
	base_log = g_build_filename(fixture->out, fixture->id, "base-log",
				    NULL);
	first = build_ok(fixture);
	assert_true(g_file_test(base_log, G_FILE_TEST_EXISTS));
	second = build_ok(fixture);
	assert_false(g_file_test(base_log, G_FILE_TEST_EXISTS));
	assert_int_equal(second->findings->len, 1);
}

static void a_build_past_its_time_limit_is_stopped(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *command = g_strdup_printf("while :; do :; done # %s",
						   fixture->mark);

	set_source(fixture, CLEAN);
	set_command(fixture, command);
	fixture->spec.time_s = 1;
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_TIMED_OUT);
	assert_non_null(strstr(result->summary, "after 1 s"));
}

static void a_build_that_writes_too_much_is_stopped(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_source(fixture, CLEAN);
	set_command(fixture, "cat /dev/zero >big || cat /dev/zero >big2");
	fixture->spec.output_bytes = 8 << 20;
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_TOO_LARGE);
	assert_non_null(strstr(result->summary, "8.0"));
}

static void a_long_log_loses_its_middle_but_no_error(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	struct stat st;

	set_source(fixture, CLEAN);
	set_command(fixture,
		    "echo first; seq 100000; echo 'x.c:5: error: mid'; "
		    "seq 100000; echo last; exit 1");
	fixture->spec.log_bytes = 10000;
	result = build_ok(fixture);
	assert_string_equal(finding(result, 0)->text, "mid");
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

	set_source(fixture, CLEAN);
	set_command(fixture, command);
	g_timeout_add(200, cancel_now, cancellable);
	result = build(fixture, cancellable, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_CANCELLED);
}

static void a_hostile_artifact_is_not_followed_out_of_the_build(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_source(fixture, CLEAN);
	set_command(fixture, "ln -s /etc/passwd leak; mkfifo fifo; "
			     "ln -s ../../../../../../../etc up");
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("leak"));
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("fifo"));
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("up/passwd"));
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("../../x"));
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(result->artifacts->len, 1); /* the log */
	assert_int_equal(result->findings->len, 4);
	assert_string_equal(finding(result, 0)->text,
			    "the build did not make leak");
}

static void without_a_sandbox_the_same_is_told(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture->no_sandbox = true;
	set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	set_command(fixture, "gcc -c $PWD/src/a.c");
	result = build_ok(fixture);
	assert_string_equal(finding(result, 0)->file, "src/a.c");
	assert_int_equal(finding(result, 0)->line, 3);
}

static void a_missing_tree_is_trouble_or_unknown_never_a_verdict(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(GError) error = NULL;

	set_command(fixture, "true");
	fixture->tree = g_strnfill(40, '1');
	result = build(fixture, NULL, &error);
	assert_null(result);
	assert_non_null(error);
}

/* --- kbuild, on a small tree that offers what a kernel's Makefile does --- */

static const char makefile[] =
	"O ?= .\n"
	"tinyconfig:\n"
	"\tprintf 'CONFIG_BASE=y\\n# CONFIG_NET is not set\\n' >$O/.config\n"
	"olddefconfig:\n"
	"\tgrep -v -e GONE -e TMPFS $O/.config >$O/.new\n"
	"\tmv $O/.new $O/.config\n"
	"all:\n"
	"\tmkdir -p $O/arch/x86/boot\n"
	"\tgcc -Wall -c $(CURDIR)/src/a.c -o $O/vmlinux\n"
	"\tcp $O/vmlinux $O/arch/x86/boot/bzImage\n"
	"\techo map >$O/System.map\n"
	"\tif grep -q MODULES=y $O/.config; then echo a.ko >$O/modules.order; "
	"fi\n"
	"object: all\n"
	"modules_install:\n"
	"\tmkdir -p $(INSTALL_MOD_PATH)/lib/modules\n"
	"\techo module >$(INSTALL_MOD_PATH)/lib/modules/a.ko\n";

static const char kconfig[] = "config BASE\n\tbool \"b\"\n"
			      "config NET\n\tbool \"n\"\n"
			      "config MODULES\n\tbool \"m\"\n"
			      "config TMPFS\n\tbool \"t\"\n"
			      "\tdepends on SHMEM\n"
			      "config SHMEM\n\tbool \"s\"\n";

static void set_kernel(struct fixture *fixture, const char *fragment)
{
	struct build_spec *spec = &fixture->spec;
	static char tiny[] = "tinyconfig", x86[] = "x86";
	static char image[] = "arch/x86/boot/bzImage";

	test_put(fixture->repo, "Makefile", makefile);
	test_put(fixture->repo, "Kconfig", kconfig);
	spec->recipe = RECIPE_KBUILD;
	spec->defconfig = tiny;
	spec->source_arch = x86;
	spec->image = image;
	g_ptr_array_add(spec->targets, g_strdup("all"));
	g_ptr_array_add(spec->fragment_names, g_strdup("frag"));
	g_ptr_array_add(spec->fragments, g_strdup(fragment));
}

static void a_kernel_is_configured_built_and_collected(void **state)
{
	static const char *const roles[] = {"kernel",  "config",  "system-map",
					    "vmlinux", "modules", "log"};
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *path = NULL, *config = NULL;

	set_kernel(fixture, "CONFIG_NET=y\nCONFIG_MODULES=y\n");
	set_source(fixture, CLEAN);
	result = build_ok(fixture);
	if (result->status != BUILD_PASSED)
		fail_msg("%s", result->log_tail);
	assert_int_equal(result->lost->len, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(roles); i++)
		assert_true(artifact(result, roles[i])->size > 0);
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

	set_kernel(fixture, "CONFIG_NET=y\n");
	set_source(fixture, CLEAN);
	fixture->spec.image = image;
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(
		result->summary,
		"the kernel image arch/x86/boot/zImage was not made");
	g_ptr_array_set_size(fixture->spec.targets, 0);
	g_ptr_array_add(fixture->spec.targets, g_strdup("object"));
	other = build_ok(fixture);
	assert_int_equal(other->status, BUILD_PASSED);
}

static void each_lost_symbol_is_reported_with_its_reason(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	const struct lost_symbol *gone, *tmpfs;

	set_kernel(fixture, "CONFIG_NET=y\nCONFIG_GONE=y\nCONFIG_TMPFS=y\n");
	set_source(fixture, CLEAN);
	result = build_ok(fixture);
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

	set_kernel(fixture, "CONFIG_NET=y\n");
	set_source(fixture, CLEAN);
	set_source(fixture, "int f(void)\n{\n\treturn gone;\n}\n");
	result = build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(result->summary,
			    "make ended with exit status 2 at src/a.c:3");
	assert_string_equal(finding(result, 0)->file, "src/a.c");
}

static void a_result_is_told_in_json(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(json_t) json = NULL;

	set_kernel(fixture, "CONFIG_GONE=y\n");
	set_source(fixture, CLEAN);
	result = build_ok(fixture);
	json = build_result_to_json(result);
	assert_string_equal(json_string_value(json_object_get(json, "status")),
			    "passed");
	assert_int_equal(json_array_size(json_object_get(json, "lost")), 1);
	assert_true(json_is_null(json_object_get(json, "summary")));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_script_that_passes_leaves_its_artifacts_and_log),
		CASE(a_compile_error_is_told_with_its_place),
		CASE(a_failure_without_a_place_shows_the_end_of_the_log),
		CASE(only_warnings_that_the_base_lacks_are_told),
		CASE(a_base_that_fails_the_same_way_is_trouble),
		CASE(an_error_of_its_own_on_a_broken_base_is_a_verdict),
		CASE(the_base_is_built_once_for_a_run),
		CASE(a_build_past_its_time_limit_is_stopped),
		CASE(a_build_that_writes_too_much_is_stopped),
		CASE(a_long_log_loses_its_middle_but_no_error),
		CASE(cancelling_leaves_nothing_behind),
		CASE(a_hostile_artifact_is_not_followed_out_of_the_build),
		CASE(without_a_sandbox_the_same_is_told),
		CASE(a_missing_tree_is_trouble_or_unknown_never_a_verdict),
		CASE(a_kernel_is_configured_built_and_collected),
		CASE(each_lost_symbol_is_reported_with_its_reason),
		CASE(a_kernel_without_its_image_is_a_failed_build),
		CASE(a_kernel_that_does_not_compile_names_the_line),
		CASE(a_result_is_told_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
