/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "executor-fixture.h"

#include <sys/stat.h>

#include "build/build-internal.h"

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
char *fixture_take_tree(const struct fixture *fixture)
{
	const char *const add[] = {"add", "-A", NULL};
	const char *const write[] = {"write-tree", NULL};

	g_free(git(fixture, add));
	return git(fixture, write);
}

int fixture_set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	const char *const init[] = {"init", "-q", NULL};
	g_autofree char *kept = NULL;
	struct build_spec *spec = &fixture->spec;

	fixture->dir = tempdir_new(NULL);
	fixture->repo = g_build_filename(fixture->dir->path, "repo", NULL);
	fixture->work = g_build_filename(fixture->dir->path, "work", NULL);
	fixture->out = g_build_filename(fixture->dir->path, "out", NULL);
	kept = g_build_filename(fixture->dir->path, "kept", NULL);
	fixture->keep = keep_new(kept, 0, NULL);
	fixture->mark = test_mark();
	fixture->lines = g_string_new(NULL);
	assert_int_equal(g_mkdir_with_parents(fixture->repo, 0755), 0);
	g_free(git(fixture, init));
	fixture->id = g_strdup("native/gcc");
	fixture->toolchain = g_strdup("gcc");
	spec->id = fixture->id;
	spec->toolchain = fixture->toolchain;
	spec->compiler = fixture->toolchain;
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

int fixture_tear_down(void **state)
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
	keep_free(fixture->keep);
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

static bool is_empty(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

	return !dir || !g_dir_read_name(dir);
}

struct build_result *fixture_build(struct fixture *fixture,
				   GCancellable *cancellable, GError **error)
{
	const struct build_job job = {.spec = &fixture->spec,
				      .repo = fixture->repo,
				      .tree = fixture->tree,
				      .base_tree = fixture->base,
				      .patches = fixture->patches,
				      .n_patches = fixture->n_patches,
				      .keep = fixture->keep,
				      .out_dir = fixture->out,
				      .work_dir = fixture->work,
				      .no_sandbox = fixture->no_sandbox,
				      .verify = fixture->verify,
				      .fresh = fixture->fresh,
				      .make_base = fixture->make_base,
				      .project = "Fixture",
				      .run_id = "run-1",
				      .source_at = 1600000000,
				      .progress = keep_line,
				      .progress_data = fixture};
	g_autoptr(GAsyncResult) res = NULL;

	executor_local.run_async(&job, cancellable, keep_async, &res);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	assert_true(is_empty(fixture->work));
	assert_int_equal(test_processes(fixture->mark), 0);
	return executor_local.run_finish(res, error);
}

struct build_result *fixture_build_ok(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	struct build_result *result = fixture_build(fixture, NULL, &error);

	if (!result)
		fail_msg("%s", error->message);
	return result;
}

void fixture_set_command(struct fixture *fixture, const char *command)
{
	g_free(fixture->command);
	fixture->command = g_strdup(command);
	fixture->spec.command = fixture->command;
}

/* A tree with this a.c; the one before it becomes the base. */
void fixture_set_source(struct fixture *fixture, const char *text)
{
	test_put(fixture->repo, "src/a.c", text);
	g_free(fixture->base);
	fixture->base = fixture->tree;
	fixture->tree = fixture_take_tree(fixture);
}

const struct finding *result_finding(const struct build_result *result, guint i)
{
	assert_true(i < result->findings->len);
	return result->findings->pdata[i];
}

const struct artifact *result_artifact(const struct build_result *result,
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

static const char makefile[] =
	"O ?= .\n"
	"tinyconfig:\n"
	"\tprintf 'CONFIG_BASE=y\\n# CONFIG_NET is not set\\n' >$O/.config\n"
	"olddefconfig:\n"
	"\tgrep -v -e GONE -e TMPFS $O/.config >$O/.new\n"
	"\tmv $O/.new $O/.config\n"
	"all: $O/arch/x86/boot/bzImage\n"
	"\techo map >$O/System.map\n"
	"\tif grep -q MODULES=y $O/.config; then echo a.ko >$O/modules.order; "
	"fi\n"
	"$O/arch/x86/boot/bzImage: $(patsubst %.c,$O/%.o,$(wildcard src/*.c))\n"
	"\tmkdir -p $O/arch/x86/boot\n"
	"\tcat $^ >$O/vmlinux\n"
	"\tcp $O/vmlinux $@\n"
	"$O/%.o: %.c\n"
	"\tmkdir -p $O/src\n"
	"\t(echo 'savedcmd_$*.o := gcc -Wp,-MMD,$*.d -Wall $(FLAGS)"
	" -c -o $*.o $(CURDIR)/$<   ; true $*.o'; echo; "
	"echo 'source_$*.o := $(CURDIR)/$<') >$O/src/.$(*F).o.cmd\n"
	"\tgcc -Wall $(FLAGS) -Wp,-MMD,$O/src/.$(*F).d -c $(CURDIR)/$< -o $@ "
	"$(OR_ELSE)\n"
	"\tcat $O/src/.$(*F).d >>$O/src/.$(*F).o.cmd\n"
	"src/%.o: $O/src/%.o ;\n"
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

void fixture_set_kernel(struct fixture *fixture, const char *fragment)
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
