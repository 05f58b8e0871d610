/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What builds leave, read back with the tools that people have: sha256sum, tar,
 * debugfs. The tree offers what a kernel's Makefile does.
 */
#include "test-build.h"

#include "build/build-internal.h"
#include "build/keep.h"

static const char makefile[] =
	"O ?= .\n"
	"tinyconfig:\n"
	"\tprintf 'CONFIG_BASE=y\\n' >$O/.config\n"
	"randconfig:\n"
	"\techo CONFIG_R=$$KCONFIG_SEED >$O/.config; echo R=$$KCONFIG_SEED\n"
	"olddefconfig:\n"
	"\t@:\n"
	"all:\n"
	"\tmkdir -p $O/arch/x86/boot/dts/acme\n"
	"\tgcc -Wall -c $(CURDIR)/src/a.c -o $O/vmlinux\n"
	"\tcd $O/arch/x86/boot; cp $O/vmlinux bzImage; echo z >vmlinux.bin\n"
	"\techo map >$O/System.map; echo a.ko >$O/modules.order\n"
	"\tcd $O/arch/x86/boot/dts; echo 1 >acme/one.dtb; echo 2 >two.dtb; "
	"echo b >'acme/b\\s.dtb'; "
	"echo s >two.dts; ln -sf /etc/passwd up.dtb\n"
	"modules_install:\n"
	"\tmkdir -p $(INSTALL_MOD_PATH)/lib/modules/6.1/kernel\n"
	"\tcd $(INSTALL_MOD_PATH)/lib/modules/6.1; ln -sf $O build; "
	"for i in 1 2 3; do seq $${i}0000 >kernel/m$$i.ko; done; "
	"echo '$(DEPMOD)' >depmod\n"
	"headers_install:\n"
	"\tmkdir -p $(INSTALL_HDR_PATH)/include/linux\n"
	"\techo '#define H 1' >$(INSTALL_HDR_PATH)/include/linux/h.h\n";

struct fixture {
	struct tempdir *dir;
	char *repo, *work, *out, *tree;
	struct project *project;
	GPtrArray *plan;
	const char *draw;     /* seeds from this; NULL: draw none */
	const char *argument; /* of make, beside the others; or NULL */
	const char *root;     /* of another system; or NULL */
	struct keep *keep;
	struct build_job job;
};

static char *run(const char *dir, const char *script)
{
	const char *const argv[] = {"sh", "-e", "-c", script, NULL};
	g_autoptr(GError) error = NULL;
	g_autofree char *err = NULL;
	char *out = NULL;
	int status = 1;

	if (!g_spawn_sync(dir, (char **)(gsize)argv, NULL, G_SPAWN_SEARCH_PATH,
			  NULL, NULL, &out, &err, &status, &error) ||
	    status != 0)
		fail_msg("%s: %s%s%s", script, error ? error->message : "",
			 out ? out : "", err ? err : "");
	return g_strchomp(out);
}

/* What is built next is built, whatever was before it. */
static void forget_results(struct fixture *fixture)
{
	g_autofree char *id = clock_new_id();
	g_autofree char *dir = g_build_filename(fixture->dir->path, id, NULL);

	g_clear_pointer(&fixture->keep, keep_free);
	fixture->keep = keep_new(dir, 0, NULL);
	fixture->job.keep = fixture->keep;
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	fixture->repo = g_build_filename(fixture->dir->path, "repo", NULL);
	fixture->work = g_build_filename(fixture->dir->path, "work", NULL);
	fixture->out = g_build_filename(fixture->dir->path, "out", NULL);
	forget_results(fixture);
	test_put(fixture->repo, "Makefile", makefile);
	test_put(fixture->repo, "Kconfig", "config BASE\n\tbool \"b\"\n");
	test_put(fixture->repo, "src/a.c", "int a;\n");
	fixture->tree = run(fixture->repo, "git init -q; git add -A; "
					   "git write-tree");
	*state = fixture;
	return 0;
}

static void forget_plan(struct fixture *fixture)
{
	g_clear_pointer(&fixture->plan, g_ptr_array_unref);
	g_clear_pointer(&fixture->project, project_free);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	forget_plan(fixture);
	keep_free(fixture->keep);
	tempdir_free(fixture->dir);
	g_free(fixture->repo);
	g_free(fixture->work);
	g_free(fixture->out);
	g_free(fixture->tree);
	g_free(fixture);
	return 0;
}

static void keep_async(GObject *source, GAsyncResult *res, gpointer data)
{
	(void)source;
	*(GAsyncResult **)data = g_object_ref(res);
}

/* The one build of a project with this row. */
static struct build_spec *plan(struct fixture *fixture, const char *row)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autofree char *text = g_strdup_printf("name: p\nbuilds: [{%s}]\n",
						row);
	g_autoptr(GError) error = NULL;

	forget_plan(fixture);
	fixture->project = project_parse(text, strlen(text), "p.yaml",
					 problems);
	assert_non_null(fixture->project);
	fixture->plan = build_plan(fixture->project, NULL, &error);
	if (!fixture->plan)
		fail_msg("%s", error->message);
	return fixture->plan->pdata[0];
}

/* It fails the test on trouble. */
static struct build_result *build(struct fixture *fixture, const char *row)
{
	g_autoptr(GAsyncResult) res = NULL;
	g_autoptr(GError) error = NULL;
	struct build_spec *spec = plan(fixture, row);
	struct build_result *result;

	if (fixture->argument)
		g_ptr_array_add(spec->make_args, g_strdup(fixture->argument));
	if (fixture->root)
		spec->root = g_strdup(fixture->root);
	if (fixture->draw)
		build_spec_draw(spec, fixture->draw);
	fixture->job.spec = spec;
	fixture->job.repo = fixture->repo;
	fixture->job.tree = fixture->tree;
	fixture->job.out_dir = fixture->out;
	fixture->job.work_dir = fixture->work;
	fixture->job.source_at = 1600000000;
	executor_local.run_async(&fixture->job, NULL, keep_async, &res);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	result = executor_local.run_finish(res, &error);
	if (!result)
		fail_msg("%s", error->message);
	return result;
}

static const struct artifact *find(const struct build_result *result,
				   const char *path)
{
	for (guint i = 0; i < result->artifacts->len; i++) {
		const struct artifact *one = result->artifacts->pdata[i];

		if (strcmp(one->path, path) == 0)
			return one;
	}
	return NULL;
}

static const struct artifact *artifact(const struct build_result *result,
				       const char *path)
{
	static const struct artifact none;
	const struct artifact *one = find(result, path);

	if (!one)
		fail_msg("there is no %s", path);
	return one ? one : &none;
}

/* What a script prints in the folder of the artifacts. */
static char *look(const struct fixture *fixture, const char *script)
{
	g_autofree char *dir = g_build_filename(fixture->out,
						fixture->job.spec->id, NULL);

	return run(dir, script);
}

#define KERNEL "arch: x86_64, defconfig: [tinyconfig]"

#define RANDOM "arch: x86_64, defconfig: [randconfig]"

static char *draw(struct fixture *fixture, const char *row, const char *text)
{
	struct build_spec *spec = plan(fixture, row);

	build_spec_draw(spec, text);
	return g_strdup(spec->seed);
}

static void a_kernel_leaves_every_artifact_in_its_role(void **state)
{
	static const struct {
		const char *role, *path;
	} rows[] = {
		{"kernel", "bzImage"},	      {"image", "vmlinux.bin"},
		{"vmlinux", "vmlinux"},	      {"system-map", "System.map"},
		{"config", "config"},	      {"log", "log"},
		{"dtb", "dtbs/acme/one.dtb"}, {"dtb", "dtbs/two.dtb"},
		{"modules", "modules.tar"},   {"modules-image", "modules.ext2"},
		{"headers", "headers.tar"},   {"headers-image", "headers.ext2"},
	};
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = build(
		fixture, KERNEL ", config: [CONFIG_OF=y], extras: "
				"[headers, headers-image, modules-image]");

	assert_int_equal(result->status, BUILD_PASSED);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct artifact *one = artifact(result, rows[i].path);

		assert_string_equal(one->role, rows[i].role);
		assert_true(one->size > 0);
	}
	assert_null(find(result, "dtbs/up.dtb"));
	assert_null(find(result, "dtbs/two.dts"));
}

static void what_nobody_asked_for_is_not_made(void **state)
{
	static const char *const paths[] = {"modules.ext2", "headers.tar",
					    "headers.ext2", "dtbs/two.dtb"};
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = build(fixture, KERNEL);

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		assert_null(find(result, paths[i]));
	assert_non_null(find(result, "modules.tar"));
}

static void the_lists_agree_with_what_is_there(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t)
		result = build(fixture, KERNEL ", config: [CONFIG_OF=y]");
	g_autofree char *sums = look(
		fixture, "sha256sum --strict -c SHA256SUMS | grep -c ': OK$'");
	g_autofree char *missing = look(
		fixture, "find . -type f ! -name SHA256SUMS "
			 "! -name manifest.json ! -name '*\\\\*' -printf "
			 "'%P\\n' | sort >../a; "
			 "sed '/^\\\\/d;s/^[^ ]*  //' SHA256SUMS | sort >../b; "
			 "diff ../a ../b");
	g_autofree char *path = g_build_filename(
		fixture->out, fixture->job.spec->id, "manifest.json", NULL);
	g_autoptr(json_t) json = json_load_file(path, 0, NULL);

	assert_int_equal(atoi(sums), result->artifacts->len);
	assert_string_equal(missing, "");
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "artifacts")),
			 result->artifacts->len);
	assert_string_equal(json_string_value(json_object_get(json, "build")),
			    "x86_64/tinyconfig/gcc");
	assert_string_equal(json_string_value(json_object_get(json, "status")),
			    "passed");
}

static void a_name_with_a_backslash_is_escaped_for_sha256sum(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t)
		result = build(fixture, KERNEL ", config: [CONFIG_OF=y]");
	g_autofree char *sums = look(
		fixture, "grep '^\\\\' SHA256SUMS | sha256sum --strict -c");

	assert_non_null(find(result, "dtbs/acme/b\\s.dtb"));
	assert_non_null(strstr(sums, "OK"));
}

static void an_image_holds_the_modules_and_belongs_to_root(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = build(
		fixture, KERNEL ", extras: [modules-image, headers-image]");
	g_autofree char *fsck = look(fixture, "e2fsck -fn modules.ext2 2>&1");
	g_autofree char *module = look(
		fixture, "debugfs -R 'cat lib/modules/6.1/kernel/m2.ko' "
			 "modules.ext2 2>/dev/null | tail -1");
	g_autofree char *owner = look(
		fixture, "debugfs -R 'stat lib/modules/6.1/kernel/m2.ko' "
			 "modules.ext2 2>/dev/null");
	g_autofree char *header = look(
		fixture, "debugfs -R 'cat include/linux/h.h' headers.ext2 "
			 "2>/dev/null");
	g_autofree char *links = look(
		fixture, "debugfs -R 'ls lib/modules/6.1' modules.ext2 "
			 "2>/dev/null; tar tf modules.tar");

	(void)result;
	assert_string_equal(module, "20000");
	assert_non_null(strstr(owner, "User:     0   Group:     0"));
	assert_non_null(strstr(owner, "mtime: 0x00000000"));
	assert_string_equal(header, "#define H 1");
	assert_null(strstr(links, "build"));
	assert_non_null(strstr(fsck, "0.0% non-contiguous"));
}

static void the_same_modules_give_the_same_image(void **state)
{
	static const char row[] = KERNEL ", extras: [modules-image, "
					 "headers-image, headers]";
	static const char *const paths[] = {"modules.ext2", "headers.ext2",
					    "modules.tar", "headers.tar"};
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = build(fixture, row), second = NULL;

	forget_results(fixture);
	fixture->job.no_sandbox = true;
	second = build(fixture, row);
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		assert_string_equal(artifact(first, paths[i])->sha256,
				    artifact(second, paths[i])->sha256);
}

static void large_modules_fit_into_their_image(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *large = g_strconcat(
		makefile,
		"\tcd $(INSTALL_HDR_PATH); mkdir -p d; "
		"dd if=/dev/zero bs=1M count=40 of=big; "
		"for i in $$(seq 3000); do echo $$i "
		">d/a-rather-long-name-of-a-header-$$i.h; done\n",
		NULL);
	g_autoptr(build_result_t) result = NULL;

	test_put(fixture->repo, "Makefile", large);
	g_free(fixture->tree);
	fixture->tree = run(fixture->repo, "git add -A; git write-tree");
	result = build(fixture, KERNEL ", extras: [headers-image]");
	if (result->status != BUILD_PASSED)
		fail_msg("%s", result->log_tail);
	assert_true(artifact(result, "headers.ext2")->size < 60 << 20);
}

#define GIT "git -c user.name=t -c user.email=t@example.org "

/* Commit what is in the repository's folder; the id. */
static char *commit(struct fixture *fixture, const char *message)
{
	g_autofree char *quoted = g_shell_quote(message);
	g_autofree char *script = g_strdup_printf(
		"git add -A; " GIT "commit -q -m %s; git rev-parse HEAD",
		quoted);
	char *id = run(fixture->repo, script);

	g_free(fixture->tree);
	fixture->tree = run(fixture->repo, "git write-tree");
	return id;
}

/* What the script that is beside the artifacts does: its exit status. */
static int reproduce(const struct fixture *fixture, const char *dir)
{
	g_autofree char *script = g_strdup_printf(
		"status=0; sh reproduce.sh %s/%s >%s/%s.log 2>&1 || "
		"status=$?; echo $status",
		fixture->dir->path, dir, fixture->dir->path, dir);
	g_autofree char *status = look(fixture, script);

	return atoi(status);
}

static char *said(const struct fixture *fixture, const char *script)
{
	return run(fixture->dir->path, script);
}

static void a_kernel_is_built_again_by_its_script(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *base = commit(fixture, "base"), *head = NULL;
	g_autofree char *config = NULL, *warned = NULL, *checked = NULL;
	g_autoptr(build_result_t) result = NULL;

	test_put(fixture->repo, "src/crlf", "From one\r\n--- \r\ntwo\r\n");
	test_put(fixture->repo, "src/a'b c", "\xc3\xa9 no end of line");
	test_put(fixture->repo, "src/a.c", "int a = 1;\n");
	head = commit(fixture, "add: \xc3\xa9\n\nMore.\n");
	fixture->job.base_commit = base;
	fixture->job.head = head;
	fixture->job.base_url = fixture->repo;
	result = build(fixture, KERNEL ", config: [CONFIG_BASE=n, CONFIG_OF=y, "
				       "'CONFIG_T=\"it''s $(HOME)\"']");
	assert_int_equal(result->status, BUILD_PASSED);
	assert_int_equal(reproduce(fixture, "again"), 0);
	warned = said(fixture, "grep -c ^warning:.src again.log || :");
	assert_string_equal(warned, "0");
	config = said(fixture, "grep ^C again/out/.config; "
			       "ls again/out/System.map again/modules/lib");
	assert_string_equal(
		config,
		"CONFIG_BASE=n\nCONFIG_OF=y\nCONFIG_T=\"it's $(HOME)\"\n"
		"again/out/System.map\n\n"
		"again/modules/lib:\nmodules");
	checked = look(fixture, "shellcheck reproduce.sh");
	assert_string_equal(checked, "");
}

static void a_failure_is_repeated_at_the_same_line(void **state)
{
	static const char first[] =
		"grep -o 'src/a.c:[0-9]*:[0-9]*: error: .*' %s | head -1";
	struct fixture *fixture = *state;
	g_autofree char *base = commit(fixture, "base"), *head = NULL;
	g_autofree char *before = NULL, *after = NULL, *here = NULL;
	g_autoptr(build_result_t) result = NULL;

	test_put(fixture->repo, "src/a.c", "int a = gone;\n");
	head = commit(fixture, "break it");
	fixture->job.base_commit = base;
	fixture->job.head = head;
	fixture->job.base_url = fixture->repo;
	result = build(fixture, KERNEL);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_int_equal(reproduce(fixture, "again"), 2);
	here = g_strdup_printf(first, result->log_path);
	before = said(fixture, here);
	g_free(here);
	here = g_strdup_printf(first, "again.log");
	after = said(fixture, here);
	assert_true(*before);
	assert_string_equal(before, after);
}

static void names_of_strangers_are_quoted_in_the_script(void **state)
{
	static char id[] = "<a'; touch ../../pwned; '\n$(touch pwned)@x>";
	struct fixture *fixture = *state;
	g_autofree char *base = commit(fixture, "base"), *found = NULL;
	g_autoptr(GPtrArray) ids = g_ptr_array_new();
	g_autoptr(build_result_t) result = NULL;

	g_ptr_array_add(ids, id);
	fixture->job.base_commit = fixture->job.head = base;
	fixture->job.base_url = "/nowhere/'; touch pwned; '";
	fixture->job.message_ids = ids;
	result = build(fixture, "recipe: script, command: 'true'");
	g_free(look(fixture, "rm series.mbox"));
	assert_int_not_equal(reproduce(fixture, "again"), 0);
	found = said(fixture, "find . -name pwned");
	assert_string_equal(found, "");
}

/* The line that the fake randconfig prints, in a log. */
static char *drawn(const struct fixture *fixture, const char *name)
{
	g_autofree char *script = g_strdup_printf("grep ^R= %s", name);

	return look(fixture, script);
}

static void a_randconfig_is_drawn_with_the_project_s_seed(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = build(
		fixture, "arch: x86_64, defconfig: [randconfig], seed: 4660");
	g_autofree char *line = drawn(fixture, "log"), *config = NULL;

	(void)result;
	config = look(fixture, "cat config");
	assert_string_equal(line, "R=0x00001234");
	assert_string_equal(config, "CONFIG_R=0x00001234");
	build_spec_draw(fixture->plan->pdata[0], "tree");
	assert_string_equal(fixture->job.spec->seed, "0x00001234");
}

static void
each_series_has_a_seed_of_its_own_and_its_base_the_same(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *base = g_strdup(fixture->tree), *line = NULL;
	g_autofree char *of_base = NULL, *first = NULL, *again = NULL;
	g_autofree char *other = NULL, *none = NULL;
	g_autoptr(build_result_t) result = NULL;

	fixture->draw = "a";
	test_put(fixture->repo, "src/a.c", "int a = 1;\n");
	g_free(commit(fixture, "change it"));
	fixture->job.base_tree = base;
	result = build(fixture, RANDOM);
	assert_int_equal(result->status, BUILD_PASSED);
	line = look(fixture, "sed s/CONFIG_// config");
	of_base = look(fixture, "grep -c ^R= log || :");
	first = g_strdup(fixture->job.spec->seed);
	assert_string_equal(line + 2, first);
	/* It was drawn for the base, and the series goes on from there. */
	assert_string_equal(of_base, "0");
	again = draw(fixture, RANDOM, "a");
	other = draw(fixture, RANDOM, "b");
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	none = draw(fixture, KERNEL, "a");
	assert_null(none);
}

static void a_script_that_cannot_be_written_is_left_out(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *base = commit(fixture, "base");
	g_autoptr(build_result_t) result = NULL;

	fixture->job.base_commit = base;
	fixture->job.head = "0123456789012345678901234567890123456789";
	result = build(fixture, "recipe: script, command: 'true'");
	assert_int_equal(result->status, BUILD_PASSED);
	assert_null(find(result, "reproduce.sh"));
	assert_null(find(result, "series.mbox"));
	assert_non_null(find(result, "log"));
}

static void a_chroot_is_named_in_the_script(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *base = commit(fixture, "base"), *head = NULL;
	g_autoptr(build_result_t) result = NULL;

	fixture->job.base_commit = fixture->job.head = base;
	fixture->root = "/.";
	result = build(fixture, "recipe: script, command: 'true'");
	head = look(fixture, "grep -A1 'another system' reproduce.sh");
	assert_string_equal(
		head, "# Its compiler was that of another system, the chroot "
		      "/.\n# (x86_64, toolchain gcc): for the same "
		      "files run it in one.");
}

/* Of a toolchain of the site, were it to say so: none of a script's. */
static void an_argument_that_is_no_setting_is_not_in_a_script(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *base = commit(fixture, "base"), *lines = NULL;
	g_autoptr(build_result_t) result = NULL;

	fixture->job.base_commit = fixture->job.head = base;
	fixture->argument = "-zz";
	result = build(fixture, "recipe: script, command: 'true'");
	lines = look(fixture, "grep -c -e -zz reproduce.sh || :");
	assert_string_equal(lines, "0");
}

static void without_a_known_base_there_is_no_script(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = build(fixture, KERNEL);

	assert_null(find(result, "reproduce.sh"));
	assert_null(find(result, "series.mbox"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_kernel_leaves_every_artifact_in_its_role),
		CASE(what_nobody_asked_for_is_not_made),
		CASE(the_lists_agree_with_what_is_there),
		CASE(a_name_with_a_backslash_is_escaped_for_sha256sum),
		CASE(an_image_holds_the_modules_and_belongs_to_root),
		CASE(the_same_modules_give_the_same_image),
		CASE(large_modules_fit_into_their_image),
		CASE(a_kernel_is_built_again_by_its_script),
		CASE(a_failure_is_repeated_at_the_same_line),
		CASE(names_of_strangers_are_quoted_in_the_script),
		CASE(a_randconfig_is_drawn_with_the_project_s_seed),
		CASE(each_series_has_a_seed_of_its_own_and_its_base_the_same),
		CASE(a_script_that_cannot_be_written_is_left_out),
		CASE(a_chroot_is_named_in_the_script),
		CASE(an_argument_that_is_no_setting_is_not_in_a_script),
		CASE(without_a_known_base_there_is_no_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
