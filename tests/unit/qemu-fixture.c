/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu-fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_BYTES (G_GUINT64_CONSTANT(256) << 20)

/* Fetched by its script where nobody has done so. */
static void fetch_kernel(void)
{
	g_autofree char *script = g_build_filename(
		g_getenv("top_srcdir"), "contrib", "test-kernel", NULL);
	const char *const argv[] = {script, NULL};

	g_spawn_sync(NULL, (char **)(gsize)argv, NULL,
		     G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, NULL,
		     NULL);
}

char *qemu_fixture_kernel(const char *name)
{
	const char *own = g_getenv("REROLL_TEST_KERNEL");
	char *path = own ? g_build_filename(own, name, NULL)
			 : g_build_filename(g_get_user_cache_dir(), "reroll",
					    "test-kernel", name, NULL);

	if (!own && !g_file_test(path, G_FILE_TEST_EXISTS))
		fetch_kernel();
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return path;
	fprintf(stderr, "there is no %s\n", path);
	g_free(path);
	return NULL;
}

static void use_scripts(void)
{
	g_autofree char *guest = g_build_filename(g_getenv("top_srcdir"),
						  "share", "guest", NULL);

	g_setenv("REROLL_GUEST", guest, TRUE);
}

static void artifact_drop(gpointer data)
{
	struct artifact *artifact = data;

	g_free(artifact->role);
	g_free(artifact->path);
	g_free(artifact);
}

void qemu_fixture_artifact(struct qemu_fixture *fixture, const char *role,
			   const char *name, const char *path, const char *text)
{
	struct artifact *artifact = g_new0(struct artifact, 1);
	g_autofree char *to = g_build_filename(fixture->build_dir, name, NULL);
	g_autofree char *bytes = NULL;
	gsize len = 0;

	artifact->role = g_strdup(role);
	artifact->path = g_strdup(name);
	g_ptr_array_add(fixture->artifacts, artifact);
	if (path && link(path, to) == 0)
		return;
	if (path && g_file_get_contents(path, &bytes, &len, NULL))
		g_file_set_contents(to, bytes, (gssize)len, NULL);
	else if (text)
		g_file_set_contents(to, text, -1, NULL);
}

static void take_progress(const char *line, gpointer data)
{
	struct qemu_fixture *fixture = data;

	g_string_append_printf(fixture->progress, "%s\n", line);
}

static void set_up_job(struct qemu_fixture *fixture)
{
	fixture->board.name = (char *)(gsize) "bench";
	fixture->board.arch = arch_find("x86_64");
	fixture->board.modules = g_ptr_array_new();
	fixture->board.qemu.machine = (char *)(gsize) "microvm";
	fixture->board.qemu.memory_bytes = MEMORY_BYTES;
	fixture->board.qemu.options = g_ptr_array_new();
	fixture->board.qemu.no_kvm = true;
	fixture->board.disk = true;
	fixture->job = (struct lab_job){.name = "test-1",
					.board = &fixture->board,
					.arch = "x86_64",
					.build_dir = fixture->build_dir,
					.build_path = "test/1",
					.artifacts = fixture->artifacts,
					.suites = fixture->suites,
					.boot_s = 120,
					.test_s = 60,
					.out_dir = fixture->out_dir,
					.work_dir = fixture->work_dir,
					.progress = take_progress,
					.data = fixture};
}

struct qemu_fixture *qemu_fixture_new(void)
{
	g_autofree char *kernel = qemu_fixture_kernel("vmlinux");
	struct qemu_fixture *fixture;

	if (!kernel)
		return NULL;
	use_scripts();
	fixture = g_new0(struct qemu_fixture, 1);
	fixture->dir = tempdir_new(NULL);
	fixture->site = site_default();
	g_free(fixture->site->state);
	fixture->site->state = g_build_filename(fixture->dir->path, "state",
						NULL);
	fixture->build_dir = g_build_filename(fixture->dir->path, "build",
					      NULL);
	fixture->out_dir = g_build_filename(fixture->dir->path, "out", NULL);
	fixture->work_dir = g_build_filename(fixture->dir->path, "work", NULL);
	g_mkdir_with_parents(fixture->site->state, 0755);
	g_mkdir_with_parents(fixture->build_dir, 0755);
	g_mkdir_with_parents(fixture->out_dir, 0755);
	g_mkdir_with_parents(fixture->work_dir, 0755);
	fixture->artifacts = g_ptr_array_new_with_free_func(artifact_drop);
	fixture->suites = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_suite_free);
	fixture->progress = g_string_new(NULL);
	fixture->cancellable = g_cancellable_new();
	qemu_fixture_artifact(fixture, "kernel", "vmlinux", kernel, NULL);
	set_up_job(fixture);
	fixture->lab = lab_qemu.open(NULL, fixture->site, NULL);
	return fixture;
}

void qemu_fixture_free(struct qemu_fixture *fixture)
{
	if (!fixture)
		return;
	lab_qemu.close(fixture->lab);
	g_ptr_array_unref(fixture->artifacts);
	g_ptr_array_unref(fixture->suites);
	g_ptr_array_unref(fixture->board.modules);
	g_ptr_array_unref(fixture->board.qemu.options);
	g_string_free(fixture->progress, TRUE);
	g_object_unref(fixture->cancellable);
	g_free(fixture->build_dir);
	g_free(fixture->out_dir);
	g_free(fixture->work_dir);
	site_free(fixture->site);
	tempdir_free(fixture->dir);
	g_free(fixture);
}

struct test_suite *qemu_fixture_suite(struct qemu_fixture *fixture,
				      const char *steps)
{
	struct test_suite *suite = g_new0(struct test_suite, 1);
	g_auto(GStrv) lines = g_strsplit(steps, "\n", -1);

	suite->name = g_strdup_printf("s%u", fixture->suites->len);
	suite->expect = g_ptr_array_new_with_free_func(g_free);
	suite->definition = g_new0(struct test_definition, 1);
	suite->definition->name = g_strdup(suite->name);
	suite->definition->params = g_ptr_array_new();
	suite->definition->steps = g_ptr_array_new_with_free_func(g_free);
	for (char **line = lines; *line; line++) {
		if (**line)
			g_ptr_array_add(suite->definition->steps,
					g_strdup(*line));
	}
	g_ptr_array_add(fixture->suites, suite);
	return suite;
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
	GAsyncResult **slot = data;

	(void)source;
	*slot = g_object_ref(res);
}

struct job_result *qemu_fixture_run(struct qemu_fixture *fixture,
				    GError **error)
{
	g_autoptr(GAsyncResult) res = NULL;

	lab_qemu.run_async(fixture->lab, &fixture->job, fixture->cancellable,
			   keep_result, &res);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	return lab_qemu.run_finish(res, error);
}

char *qemu_fixture_cases(const struct job_result *result)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < result->cases->len; i++) {
		const struct test_case *test = result->cases->pdata[i];

		g_string_append_printf(text, "%s%s/%s%s%s=%s", i ? " " : "",
				       test->suite, test->set ? test->set : "",
				       test->set ? "/" : "", test->name,
				       test_verdict_name(test->verdict));
	}
	return g_strdup(text->str);
}
