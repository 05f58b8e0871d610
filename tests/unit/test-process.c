/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};

#define PATIENCE_MS 15000 /* less than what sleeps and is not waited for */

#define SHELL(text) ((const char *const[]){"sh", "-c", text, NULL})

static struct process_result *run(const struct process_spec *spec)
{
	g_autoptr(GError) error = NULL;
	struct process_result *result = process_run(spec, NULL, &error);

	if (!result)
		fail_msg("%s", error->message);
	return result;
}

static void assert_bytes(GBytes *bytes, const char *text)
{
	assert_int_equal(g_bytes_get_size(bytes), strlen(text));
	assert_memory_equal(g_bytes_get_data(bytes, NULL), text, strlen(text));
}

static void input_goes_in_and_both_streams_come_out(void **state)
{
	g_autoptr(GBytes) input = g_bytes_new_static("hello", 5);
	struct process_spec spec = {
		.argv = SHELL("cat; echo bad >&2; exit 3"),
		.envp = env,
		.input = input,
		.output_limit_bytes = 100,
	};
	g_autoptr(process_result_t) result = run(&spec);
	g_autofree char *text = process_result_describe(result);

	(void)state;
	assert_bytes(result->out, "hello");
	assert_bytes(result->err, "bad\n");
	assert_false(process_result_ok(result));
	assert_string_equal(text, "exit status 3");
}

static void megabytes_pass_both_ways_without_a_deadlock(void **state)
{
	gsize len = 5 << 20;
	g_autoptr(GBytes) input = g_bytes_new_take(g_malloc0(len), len);
	struct process_spec spec = {
		.argv = (const char *const[]){"cat", NULL},
		.input = input,
		.output_limit_bytes = 8 << 20,
	};
	g_autoptr(process_result_t) result = run(&spec);

	(void)state;
	assert_true(g_bytes_equal(result->out, input));
}

static void output_over_the_limit_is_dropped_and_told(void **state)
{
	struct process_spec spec = {
		.argv = SHELL("head -c 100000 /dev/zero"),
		.output_limit_bytes = 10,
	};
	g_autoptr(process_result_t) result = run(&spec);

	(void)state;
	assert_true(process_result_ok(result));
	assert_true(result->truncated);
	assert_int_equal(g_bytes_get_size(result->out), 10);
}

/* Gone, or a zombie that its new parent has yet to wait for. */
static bool is_dead(int pid)
{
	g_autofree char *stat = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;

	return !g_file_get_contents(stat, &text, NULL, NULL) ||
	       strstr(text, ") Z");
}

static void the_whole_group_dies_at_the_deadline(void **state)
{
	struct process_spec spec = {
		.argv = SHELL("sleep 600 & echo $!; sleep 600"),
		.deadline_ms = 200,
		.output_limit_bytes = 100,
	};
	g_autoptr(process_result_t) result = run(&spec);
	g_autofree char *pid = g_strndup(g_bytes_get_data(result->out, NULL),
					 g_bytes_get_size(result->out));
	gint64 end_ms = clock_monotonic_ms() + PATIENCE_MS;

	(void)state;
	assert_true(result->timed_out);
	assert_true(result->elapsed_ms < PATIENCE_MS);
	while (!is_dead(atoi(pid)) && clock_monotonic_ms() < end_ms)
		g_usleep(1000);
	assert_true(is_dead(atoi(pid)));
}

static void a_grandchild_with_the_pipe_open_does_not_hold_us_up(void **state)
{
	struct process_spec spec = {
		.argv = SHELL("setsid sleep 20 & exit 0"),
		.output_limit_bytes = 100,
	};
	g_autoptr(process_result_t) result = run(&spec);

	(void)state;
	assert_true(process_result_ok(result));
	assert_true(result->elapsed_ms < PATIENCE_MS);
}

static void cancel(const char *data, gsize len, gpointer cancellable)
{
	(void)data;
	(void)len;
	g_cancellable_cancel(cancellable);
}

static void a_cancelled_command_is_killed(void **state)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	struct process_spec spec = {
		.argv = SHELL("echo ready; sleep 600"),
		.sink = cancel,
		.sink_data = cancellable,
	};

	(void)state;
	assert_null(process_run(&spec, cancellable, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED));
}

static void a_program_that_is_not_there_is_an_error(void **state)
{
	g_autoptr(GError) error = NULL;
	struct process_spec spec = {
		.argv = (const char *const[]){"no-such-program", NULL},
	};

	(void)state;
	assert_null(process_run(&spec, NULL, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND));
}

static void append(const char *data, gsize len, gpointer text)
{
	g_string_append_len(text, data, (gssize)len);
}

static void a_sink_gets_both_streams_in_order(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct process_spec spec = {
		.argv = SHELL("echo one; echo two >&2; echo three"),
		.sink = append,
		.sink_data = text,
	};
	g_autoptr(process_result_t) result = run(&spec);

	(void)state;
	assert_true(process_result_ok(result));
	assert_string_equal(text->str, "one\ntwo\nthree\n");
}

static void a_tempdir_leaves_nothing_whatever_is_in_it(void **state)
{
	g_autoptr(GError) error = NULL;
	struct tempdir *dir = tempdir_new(&error);
	g_autofree char *path = g_strdup(dir->path);
	struct process_spec spec = {
		.argv = SHELL("mkdir -p a/b; ln -s / a/root; echo x > a/b/f;"
			      "chmod 0 a/b; i=0; while [ $i -lt 1500 ]; do "
			      "mkdir d && cd d || exit 1; i=$((i+1)); done"),
		.cwd = path,
	};
	g_autoptr(process_result_t) result = run(&spec);
	struct stat st;

	(void)state;
	assert_true(process_result_ok(result));
	tempdir_free(dir);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(lstat("/usr", &st), 0);
}

static void the_leftovers_of_a_killed_process_are_swept(void **state)
{
	int fds[2];
	char name[200] = "";
	struct stat st;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct tempdir *dir = tempdir_new(NULL);
		ssize_t n = write(fds[1], dir->path, strlen(dir->path));

		kill(getpid(), n > 0 ? SIGKILL : SIGABRT);
	}
	assert_true(read(fds[0], name, sizeof(name) - 1) > 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(lstat(name, &st), 0);
	tempdir_sweep();
	assert_int_equal(lstat(name, &st), -1);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_goes_in_and_both_streams_come_out),
		cmocka_unit_test(megabytes_pass_both_ways_without_a_deadlock),
		cmocka_unit_test(output_over_the_limit_is_dropped_and_told),
		cmocka_unit_test(the_whole_group_dies_at_the_deadline),
		cmocka_unit_test(
			a_grandchild_with_the_pipe_open_does_not_hold_us_up),
		cmocka_unit_test(a_cancelled_command_is_killed),
		cmocka_unit_test(a_program_that_is_not_there_is_an_error),
		cmocka_unit_test(a_sink_gets_both_streams_in_order),
		cmocka_unit_test(a_tempdir_leaves_nothing_whatever_is_in_it),
		cmocka_unit_test(the_leftovers_of_a_killed_process_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
