/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hostile builds try is in test-escape.c. */
#include "test-build.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "build/sandbox.h"

#define MIB (1 << 20)

struct fixture {
	struct tempdir *dir;
	char *src, *out, *mark;
	GString *said;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	fixture->src = g_build_filename(fixture->dir->path, "src", NULL);
	fixture->out = g_build_filename(fixture->dir->path, "out", NULL);
	fixture->mark = test_mark();
	fixture->said = g_string_new(NULL);
	assert_int_equal(g_mkdir_with_parents(fixture->src, 0755), 0);
	assert_int_equal(g_mkdir_with_parents(fixture->out, 0755), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tempdir_free(fixture->dir);
	g_free(fixture->src);
	g_free(fixture->out);
	g_free(fixture->mark);
	g_string_free(fixture->said, TRUE);
	g_free(fixture);
	return 0;
}

static void keep(const char *data, gsize len, gpointer user_data)
{
	struct fixture *fixture = user_data;

	if (fixture->said->len < MIB)
		g_string_append_len(fixture->said, data, (gssize)len);
}

struct limits {
	guint64 time_s, output_bytes, memory_bytes, processes;
	bool none;
};

static struct sandbox_result *run_with(struct fixture *fixture,
				       const char *script,
				       const struct limits *limits)
{
	const char *const argv[] = {"sh", "-c", script, fixture->mark, NULL};
	const struct sandbox_spec spec = {
		.argv = argv,
		.src = {.top = fixture->src},
		.out = {.top = fixture->out},
		.cwd = SANDBOX_SRC,
		.time_s = limits->time_s ? limits->time_s : 20,
		.output_bytes = limits->output_bytes,
		.memory_bytes = limits->memory_bytes,
		.processes = limits->processes,
		.sink = keep,
		.sink_data = fixture,
		.none = limits->none,
	};
	g_autoptr(GError) error = NULL;
	struct sandbox_result *result = sandbox_run(&spec, NULL, &error);

	if (!result)
		fail_msg("%s", error->message);
	if (test_processes(fixture->mark))
		fail_msg("processes are left of: %s", script);
	return result;
}

static bool run(struct fixture *fixture, const char *script)
{
	const struct limits limits = {0};
	g_autoptr(sandbox_result_t) result = run_with(fixture, script, &limits);

	return process_result_ok(result->process);
}

static void this_machine_can_protect_builds(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	if (!sandbox_probe(&error))
		fail_msg("%s", error->message);
}

static void sources_are_seen_and_output_is_kept(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *made = g_build_filename(fixture->out, "made", NULL);
	g_autofree char *text = NULL;

	test_put(fixture->src, "a", "content");
	assert_true(run(fixture,
			"cat a >/build/out/made; echo said; echo err >&2"));
	assert_true(g_file_get_contents(made, &text, NULL, NULL));
	assert_string_equal(text, "content");
	assert_string_equal(fixture->said->str, "said\nerr\n");
}

/* The folders of a build cover none of where a site may have tools. */
static void tools_are_seen_wherever_they_are(void **state)
{
	static const char *const places[] = {"/media", "/mnt", "/opt", "/srv"};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		const char *const argv[] = {"sh", "-c", "ls -A \"$0\"",
					    places[i], NULL};
		const char *const read_only[] = {places[i], NULL};
		const struct process_spec here = {.argv = argv,
						  .output_limit_bytes = MIB};
		const struct sandbox_spec there = {
			.argv = argv,
			.src = {.top = fixture->src},
			.out = {.top = fixture->out},
			.read_only = read_only,
			.time_s = 20,
			.sink = keep,
			.sink_data = fixture,
		};
		g_autoptr(process_result_t) known = NULL;
		g_autoptr(sandbox_result_t) seen = NULL;

		if (!g_file_test(places[i], G_FILE_TEST_IS_DIR))
			continue;
		g_string_truncate(fixture->said, 0);
		known = process_run(&here, NULL, NULL);
		seen = sandbox_run(&there, NULL, NULL);
		assert_true(seen && process_result_ok(seen->process));
		assert_int_equal(g_bytes_get_size(known->out),
				 fixture->said->len);
	}
}

static void the_host_is_neither_seen_nor_written(void **state)
{
	static const char *const refused[] = {
		"ls /root",
		"ls /home",
		"ls /var",
		"touch /x",
		"touch /usr/x",
		"touch /etc/x",
		"touch /build/x",
		"touch /dev/x",
		"touch a",
		"rm a",
		"echo x >/proc/sys/kernel/hostname",
		"touch /proc/sys/kernel/core_pattern",
		"chmod 666 /dev/null",
		"ls /sys/kernel",
		"unshare -U true",
		"mount -t tmpfs x /tmp",
		"echo h >/proc/sysrq-trigger",
		"chroot / true",
	};
	struct fixture *fixture = *state;

	test_put(fixture->src, "a", "content");
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		if (run(fixture, refused[i]))
			fail_msg("%s worked", refused[i]);
	}
}

static void tmp_is_private_and_empty(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = g_strdup_printf("/tmp/%s", fixture->mark);
	g_autofree char *script = g_strdup_printf(
		"test -z \"$(ls -A /tmp)\" && touch %s", path);

	assert_true(run(fixture, script));
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void the_environment_is_fixed(void **state)
{
	struct fixture *fixture = *state;

	g_setenv("SECRET_OF_OURS", "1", TRUE);
	assert_true(run(fixture, "env; id -u; id -un; hostname; umask"));
	g_unsetenv("SECRET_OF_OURS");
	assert_null(strstr(fixture->said->str, "SECRET"));
	assert_non_null(strstr(fixture->said->str, "HOME=/tmp\n"));
	assert_non_null(strstr(fixture->said->str, "LC_ALL=C\n"));
	assert_non_null(
		strstr(fixture->said->str, "KBUILD_BUILD_USER=reroll\n"));
	assert_non_null(strstr(fixture->said->str, "\n1000\nreroll\nreroll\n"));
}

static void an_endless_loop_is_killed_at_its_limit(void **state)
{
	struct fixture *fixture = *state;
	const struct limits limits = {.time_s = 1};
	g_autoptr(sandbox_result_t)
		result = run_with(fixture, "while :; do :; done", &limits);

	assert_true(result->process->timed_out);
	assert_in_range(result->process->elapsed_ms, 900, 30000);
}

static void a_fork_bomb_is_bounded_and_killed(void **state)
{
	struct fixture *fixture = *state;
	const struct limits limits = {.time_s = 2, .processes = 64};
	g_autoptr(sandbox_result_t) result = run_with(
		fixture, "f() { f | f & f; }; trap '' TERM HUP INT; f; wait",
		&limits);

	assert_false(process_result_ok(result->process));
	assert_true(result->process->elapsed_ms < 30000);
}

static void more_memory_than_allowed_ends_the_command(void **state)
{
	struct fixture *fixture = *state;
	const struct limits limits = {.memory_bytes = 64 * MIB};
	g_autoptr(sandbox_result_t) result = run_with(
		fixture, "perl -e '$x = \"a\" x (512 << 20); print length $x'",
		&limits);

	assert_false(process_result_ok(result->process));
}

static void a_writer_is_stopped_at_the_disk_limit(void **state)
{
	static const char *const writers[] = {
		"cat /dev/zero >/build/out/x",
		"cd /build/out; i=0; while :; do i=$((i+1)); "
		"head -c 1000000 /dev/zero >f$i; done",
		"cd /build/out; while :; do mkdir d; cd d; "
		"head -c 1000000 /dev/zero >f; done",
	};
	struct fixture *fixture = *state;
	const struct limits limits = {.output_bytes = 20 * MIB};

	for (gsize i = 0; i < G_N_ELEMENTS(writers); i++) {
		g_autoptr(sandbox_result_t)
			result = run_with(fixture, writers[i], &limits);

		if (!result->over_output || result->process->timed_out)
			fail_msg("%s was not stopped", writers[i]);
		assert_true(tempdir_remove_tree(fixture->out));
		assert_int_equal(g_mkdir_with_parents(fixture->out, 0755), 0);
	}
}

static void a_child_in_a_session_of_its_own_goes_too(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *script = g_strdup_printf(
		"setsid setsid sh -c 'trap \"\" TERM HUP; while :; do :; done "
		"</dev/null >/dev/null 2>&1 #%s' & echo started",
		fixture->mark);

	assert_true(run(fixture, script)); /* looks for what is left */
	assert_string_equal(fixture->said->str, "started\n");
}

static void a_flood_of_output_takes_no_memory(void **state)
{
	struct fixture *fixture = *state;
	const struct limits limits = {.time_s = 1};
	g_autoptr(sandbox_result_t) result = run_with(fixture, "yes", &limits);

	assert_true(result->process->timed_out);
	assert_true(fixture->said->len < 2 * MIB);
}

static gboolean cancel_now(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_REMOVE;
}

static void keep_async(GObject *source, GAsyncResult *res, gpointer data)
{
	(void)source;
	*(GAsyncResult **)data = g_object_ref(res);
}

static void cancelling_kills_it_at_once(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"sh", "-c", "while :; do :; done",
				    fixture->mark, NULL};
	const struct sandbox_spec spec = {.argv = argv, .time_s = 60};
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GAsyncResult) res = NULL;
	g_autoptr(GError) error = NULL;
	gint64 began_ms = clock_monotonic_ms();

	sandbox_run_async(&spec, cancellable, keep_async, &res);
	g_timeout_add(100, cancel_now, cancellable);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	assert_null(sandbox_run_finish(res, &error));
	assert_int_equal(error->code, REROLL_ERROR_CANCELLED);
	assert_true(clock_monotonic_ms() - began_ms < 30000);
	assert_int_equal(test_processes(fixture->mark), 0);
}

/* Bubblewrap is killed at any point of its start. */
static void cancelling_while_it_starts_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"sh", "-c", "while :; do :; done",
				    fixture->mark, NULL};
	const struct sandbox_spec spec = {.argv = argv, .time_s = 60};

	for (guint delay_ms = 0; delay_ms < 60; delay_ms += 2) {
		g_autoptr(GCancellable) cancellable = g_cancellable_new();
		g_autoptr(GAsyncResult) res = NULL;
		g_autoptr(GError) error = NULL;

		sandbox_run_async(&spec, cancellable, keep_async, &res);
		g_timeout_add(delay_ms, cancel_now, cancellable);
		while (!res)
			g_main_context_iteration(NULL, TRUE);
		assert_null(sandbox_run_finish(res, &error));
		assert_int_equal(test_processes(fixture->mark), 0);
	}
}

static void announce(const char *data, gsize len, gpointer user_data)
{
	int fd = GPOINTER_TO_INT(user_data);

	if (write(fd, data, len) < 0)
		_exit(1);
}

/* Wait for something that comes by itself, 10 s at most. */
static bool comes_true(bool (*test)(const char *), const char *arg)
{
	gint64 end_ms = clock_monotonic_ms() + 10000;

	while (!test(arg)) {
		if (clock_monotonic_ms() > end_ms)
			return false;
	}
	return true;
}

static bool all_gone(const char *mark)
{
	return test_processes(mark) == 0;
}

static void the_sandbox_dies_with_us(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"sh", "-c", "echo up; while :; do :; done",
				    fixture->mark, NULL};
	char up[3];
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		const struct sandbox_spec spec = {
			.argv = argv,
			.time_s = 60,
			.sink = announce,
			.sink_data = GINT_TO_POINTER(fds[1])};

		sandbox_run(&spec, NULL, NULL);
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], up, sizeof(up)), sizeof(up));
	close(fds[0]);
	assert_true(test_processes(fixture->mark) > 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(comes_true(all_gone, fixture->mark));
}

/* bwrap replaced by a script of ours, or by nothing at all. */
static void with_bwrap(struct fixture *fixture, const char *script,
		       const char *expected)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autofree char *bwrap = g_build_filename(fixture->src, "bwrap", NULL);
	g_autoptr(GError) error = NULL;

	if (script) {
		test_put(fixture->src, "bwrap", script);
		assert_int_equal(chmod(bwrap, 0755), 0);
	}
	assert_int_equal(chmod(fixture->dir->path, 0711), 0);
	g_setenv("PATH", fixture->src, TRUE);
	assert_false(sandbox_probe(&error));
	g_setenv("PATH", path, TRUE);
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	if (!strstr(error->message, expected))
		fail_msg("%s", error->message);
}

static void without_bubblewrap_the_package_is_named(void **state)
{
	with_bwrap(*state, NULL, "apt-get install bubblewrap");
}

static void refused_namespaces_are_told_as_such(void **state)
{
	with_bwrap(*state,
		   "#!/bin/sh\necho 'bwrap: No permissions to create new "
		   "namespace' >&2\nexit 1\n",
		   "No permissions to create new namespace");
}

static void a_sandbox_that_cannot_be_made_is_trouble(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"true", NULL};
	const struct sandbox_spec spec = {
		.argv = argv, .src = {.top = "/does/not/exist"}, .time_s = 5};
	g_autoptr(GError) error = NULL;

	(void)fixture;
	assert_null(sandbox_run(&spec, NULL, &error));
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
}

/* A folder `name` below `dir`, with a name that divides mount options. */
static char *make_folder(struct fixture *fixture, const char *name)
{
	char *path = g_build_filename(fixture->dir->path, "a:b,c=d\\", name,
				      NULL);

	assert_int_equal(g_mkdir_with_parents(path, 0755), 0);
	return path;
}

/* As keep makers do: what is below belongs to who builds. */
static void give_to_builds(const char *path)
{
	if (geteuid() == 0)
		assert_int_equal(lchown(path, SANDBOX_UID, SANDBOX_UID), 0);
}

static char *content_of(const char *dir, const char *path)
{
	g_autofree char *full = g_build_filename(dir, path, NULL);
	char *text = NULL;

	g_file_get_contents(full, &text, NULL, NULL);
	return text;
}

static void two_layers_are_seen_as_one_folder(void **state)
{
	static const char script[] =
		"set -ex; test \"$(cat /build/src/a)\" = top; cat "
		"/build/src/b; "
		"cat kept; echo new >kept; rm gone; test ! -e gone; mkdir d; "
		"mv kept d/kept; if touch /build/src/x; then exit 1; fi";
	struct fixture *fixture = *state;
	g_autofree char *src = make_folder(fixture, "src");
	g_autofree char *base = make_folder(fixture, "base");
	g_autofree char *out = make_folder(fixture, "out");
	g_autofree char *old = make_folder(fixture, "old");
	g_autofree char *work = make_folder(fixture, "work");
	g_autofree char *kept = g_build_filename(old, "kept", NULL);
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct sandbox_spec spec = {
		.argv = argv,
		.src = {.top = src, .lower = base},
		.out = {.top = out, .lower = old, .work = work},
		.cwd = SANDBOX_OUT,
		.time_s = 20,
		.output_bytes = MIB,
		.sink = keep,
		.sink_data = fixture,
	};

	test_put(src, "a", "top");
	test_put(base, "a", "base");
	test_put(base, "b", "base");
	test_put(old, "kept", "old\n");
	test_put(old, "gone", "old\n");
	give_to_builds(kept);
	give_to_builds(old);
	assert_int_equal(chmod(fixture->dir->path, 0700), 0);
	for (int round = 0; round < 2; round++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(sandbox_result_t)
			result = sandbox_run(&spec, NULL, &error);
		g_autofree char *below = content_of(old, "kept");
		g_autofree char *above = content_of(out, "d/kept");

		if (!result)
			fail_msg("%s", error->message);
		/* The second time it finds what the first one did. */
		if (process_result_ok(result->process) != (round == 0))
			fail_msg("%s", fixture->said->str);
		assert_string_equal(below, "old\n");
		assert_string_equal(above, "new\n");
		g_string_truncate(fixture->said, 0);
	}
}

static void the_lower_layer_counts_for_no_limit(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *old = make_folder(fixture, "old");
	g_autofree char *work = make_folder(fixture, "work");
	g_autofree char *big = g_strnfill(2 * MIB, 'x');
	const char *const argv[] = {"cp", "big", "again", NULL};
	struct sandbox_spec spec = {
		.argv = argv,
		.out = {.top = fixture->out, .lower = old, .work = work},
		.cwd = SANDBOX_OUT,
		.time_s = 20,
		.output_bytes = 3 * MIB,
	};
	g_autoptr(sandbox_result_t) one = NULL;
	g_autoptr(sandbox_result_t) two = NULL;

	test_put(old, "big", big);
	one = sandbox_run(&spec, NULL, NULL);
	assert_true(process_result_ok(one->process));
	assert_false(one->over_output);
	spec.output_bytes = MIB;
	two = sandbox_run(&spec, NULL, NULL);
	assert_true(two->over_output);
}

static void layers_that_cannot_be_mounted_are_trouble(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"true", NULL};
	const struct {
		struct layers out;
		const char *says;
	} rows[] = {
		{{.top = fixture->out, .lower = "/none", .work = fixture->src},
		 "a folder of the build cannot be opened: No such file"},
		/* The work folder is within the top one. */
		{{.top = fixture->out,
		  .lower = fixture->src,
		  .work = fixture->out},
		 "overlayfs cannot be mounted: Invalid argument"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct sandbox_spec spec = {
			.argv = argv, .out = rows[i].out, .time_s = 5};
		g_autoptr(GError) error = NULL;

		assert_null(sandbox_run(&spec, NULL, &error));
		assert_int_equal(error->code, REROLL_ERROR_TEMP);
		if (!strstr(error->message, rows[i].says))
			fail_msg("%s", error->message);
	}
}

static void a_nice_command_lets_others_go_first(void **state)
{
	struct fixture *fixture = *state;
	static const char script[] =
		"nice; chrt -p $$ | head -n 1; ionice -p $$";
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct sandbox_spec spec = {.argv = argv,
					  .time_s = 20,
					  .sink = keep,
					  .sink_data = fixture,
					  .nice = true};
	g_autoptr(sandbox_result_t) result = sandbox_run(&spec, NULL, NULL);

	assert_non_null(result);
	assert_true(process_result_ok(result->process));
	assert_int_equal(atoi(fixture->said->str),
			 MAX(getpriority(PRIO_PROCESS, 0), 10));
	assert_non_null(strstr(fixture->said->str, "SCHED_BATCH"));
	assert_non_null(strstr(fixture->said->str, "best-effort: prio 7"));
}

/* One that bubblewrap does not show by itself. */
static const char *find_device(void)
{
	static const char *const paths[] = {"/dev/kvm", "/dev/loop-control",
					    "/dev/fuse", "/dev/tty0",
					    "/dev/rtc0"};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (g_file_test(paths[i], G_FILE_TEST_EXISTS))
			return paths[i];
	}
	return NULL;
}

static void only_the_devices_named_are_there(void **state)
{
	const char *device = find_device();
	const char *const devices[] = {device, "/dev/not-there", NULL};
	const char *const argv[] = {"test", "-c", device, NULL};
	struct sandbox_spec spec = {.argv = argv, .time_s = 20};

	(void)state;
	if (!device)
		return;
	for (int named = 0; named < 2; named++) {
		g_autoptr(sandbox_result_t) result = NULL;

		spec.devices = named ? devices : NULL;
		result = sandbox_run(&spec, NULL, NULL);
		assert_non_null(result);
		assert_int_equal(process_result_ok(result->process), named);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static int all_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_devices_named_are_there),
		CASE(this_machine_can_protect_builds),
		CASE(sources_are_seen_and_output_is_kept),
		CASE(tools_are_seen_wherever_they_are),
		CASE(the_host_is_neither_seen_nor_written),
		CASE(tmp_is_private_and_empty),
		CASE(the_environment_is_fixed),
		CASE(an_endless_loop_is_killed_at_its_limit),
		CASE(a_fork_bomb_is_bounded_and_killed),
		CASE(more_memory_than_allowed_ends_the_command),
		CASE(a_writer_is_stopped_at_the_disk_limit),
		CASE(a_child_in_a_session_of_its_own_goes_too),
		CASE(a_flood_of_output_takes_no_memory),
		CASE(cancelling_kills_it_at_once),
		CASE(cancelling_while_it_starts_leaves_nothing),
		CASE(the_sandbox_dies_with_us),
		CASE(without_bubblewrap_the_package_is_named),
		CASE(refused_namespaces_are_told_as_such),
		CASE(a_sandbox_that_cannot_be_made_is_trouble),
		CASE(two_layers_are_seen_as_one_folder),
		CASE(the_lower_layer_counts_for_no_limit),
		CASE(layers_that_cannot_be_mounted_are_trouble),
		CASE(a_nice_command_lets_others_go_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return test_as_both(all_cases);
}
