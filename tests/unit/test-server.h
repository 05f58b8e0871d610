/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server of tests/servers for the time of a test program. It prints its ports
 * when it is ready and ends when its standard input does.
 */
#ifndef TESTS_UNIT_TEST_SERVER_H
#define TESTS_UNIT_TEST_SERVER_H

#include <gio/gio.h>

struct test_server {
	GSubprocess *process;
	GDataInputStream *out;
	unsigned ports[2];
};

/* `arguments`: after the path; ends with NULL. */
static inline void test_server_start(struct test_server *server,
				     const char *name,
				     const char *const *arguments)
{
	g_autofree char *path = g_build_filename(
		g_getenv("top_srcdir"), "tests", "servers", name, NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *line = NULL;

	g_ptr_array_add(argv, path);
	for (; arguments && *arguments; arguments++)
		g_ptr_array_add(argv, (gpointer)(gintptr)*arguments);
	g_ptr_array_add(argv, NULL);
	server->process = g_subprocess_newv(
		(const char *const *)argv->pdata,
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
		&error);
	if (!server->process)
		fail_msg("%s", error->message);
	server->out = g_data_input_stream_new(
		g_subprocess_get_stdout_pipe(server->process));
	line = g_data_input_stream_read_line(server->out, NULL, NULL, NULL);
	if (!line ||
	    sscanf(line, "%u %u", &server->ports[0], &server->ports[1]) < 1)
		fail_msg("%s did not start", name);
}

static inline void test_server_stop(struct test_server *server)
{
	g_output_stream_close(g_subprocess_get_stdin_pipe(server->process),
			      NULL, NULL);
	g_subprocess_wait(server->process, NULL, NULL);
	g_clear_object(&server->out);
	g_clear_object(&server->process);
}

#endif
