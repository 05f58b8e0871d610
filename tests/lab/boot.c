/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot the test kernel by the QEMU lab, with steps for a suite, and print what
 * came of it: boot COUNT MACHINE [STEP]... One line a boot: how long it took in
 * ms, how it ended, its cases. In the environment: SHOW, print its console too;
 * KEEP=FILE, copy its initramfs there; ARCH, CPU and ROOT=FILE, an initramfs,
 * for another machine than ours. With BOARDS=FILE the MACHINE is the name of a
 * record there, whose kernel is KERNEL=FILE.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/qemu-fixture.h"

static void add_steps(struct qemu_fixture *fixture, int count, char **steps)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; i < count; i++)
		g_string_append_printf(text, "%s\n", steps[i]);
	if (count > 0)
		qemu_fixture_suite(fixture, text->str);
}

static void show(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *text = NULL;

	if (g_file_get_contents(path, &text, NULL, NULL))
		fprintf(stderr, "%s\n", text);
}

/* While it is there: QEMU is about to start. */
static void keep_initrd(const char *line, gpointer data)
{
	struct qemu_fixture *fixture = data;
	const char *script = "cp \"$1\"/qemu-*/in/initrd \"$2\"";
	const char *const argv[] = {
		"sh", "-c", script, "sh", fixture->work_dir, g_getenv("KEEP"),
		NULL};

	if (strcmp(line, "boot") == 0 && g_getenv("KEEP"))
		g_spawn_sync(NULL, (char **)(gsize)argv, NULL,
			     G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
			     NULL);
}

static int boot(struct qemu_fixture *fixture)
{
	gint64 began_ms = clock_monotonic_ms();
	g_autoptr(GError) error = NULL;
	g_autoptr(job_result_t) result = qemu_fixture_run(fixture, &error);
	g_autofree char *cases = result ? qemu_fixture_cases(result) : NULL;

	if (g_getenv("SHOW")) {
		show(fixture->out_dir, "console.log");
		show(fixture->out_dir, "lab.log");
	}
	if (result)
		printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT
		       " %s \"%s\" %s\n",
		       clock_monotonic_ms() - began_ms, result->boot_ms,
		       job_end_name(result->end), result->summary, cases);
	else
		printf("%" G_GINT64_FORMAT " 0 trouble \"%s\"\n",
		       clock_monotonic_ms() - began_ms, error->message);
	fflush(stdout);
	return result && result->end == JOB_COMPLETE ? 0 : 1;
}

static void use_other(struct qemu_fixture *fixture, struct rootfs_config *root)
{
	const char *arch = g_getenv("ARCH");

	if (arch && arch_find(arch)) {
		fixture->board.arch = arch_find(arch);
		fixture->job.arch = fixture->board.arch->name;
	}
	fixture->board.qemu.cpu = (char *)(gsize)g_getenv("CPU");
	root->path = (char *)(gsize)g_getenv("ROOT");
	fixture->job.rootfs = root->path ? root : NULL;
}

/* Boot the record of that name. False: there is none. */
static bool use_record(struct qemu_fixture *fixture, const GPtrArray *boards,
		       const char *name)
{
	for (guint i = 0; boards && i < boards->len; i++) {
		const struct board *board = boards->pdata[i];
		const char *kernel = board->kernel ? board->kernel : "kernel";

		if (strcmp(board->name, name) != 0)
			continue;
		g_ptr_array_set_size(fixture->artifacts, 0);
		qemu_fixture_artifact(fixture, "kernel", kernel,
				      g_getenv("KERNEL"), NULL);
		fixture->job.board = board;
		fixture->job.arch = board->arch->name;
		return true;
	}
	fprintf(stderr, "there is no board %s\n", name);
	return false;
}

int main(int argc, char **argv)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(GPtrArray) boards = NULL;
	struct rootfs_config root = {.name = (char *)(gsize) "other"};
	struct qemu_fixture *fixture;
	int status = 0;

	setlocale(LC_ALL, "");
	if (argc < 3) {
		fprintf(stderr, "usage: boot COUNT MACHINE [STEP]...\n");
		return 2;
	}
	fixture = qemu_fixture_new();
	if (!fixture)
		return 2;
	fixture->board.qemu.machine = argv[2];
	fixture->job.progress = keep_initrd;
	use_other(fixture, &root);
	if (g_getenv("BOARDS")) {
		g_ptr_array_add(files, (char *)(gsize)g_getenv("BOARDS"));
		boards = boards_load(files, problems);
		if (!use_record(fixture, boards, argv[2]))
			return 2;
	}
	add_steps(fixture, argc - 3, argv + 3);
	for (int i = atoi(argv[1]); i > 0; i--)
		status |= boot(fixture);
	qemu_fixture_free(fixture);
	return status;
}
