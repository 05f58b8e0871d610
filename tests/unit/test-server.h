/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server of tests/servers for the time of a test program. It prints its ports
 * when it is ready and ends when its standard input does.
 */
#ifndef TESTS_UNIT_TEST_SERVER_H
#define TESTS_UNIT_TEST_SERVER_H

#include <gio/gio.h>
#include <glib/gstdio.h>

struct test_server {
	GSubprocess *process;
	GDataInputStream *out;
	unsigned ports[2];
	char *cert; /* of test_server_start_tls(): PEM */
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

	server->cert = NULL;
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

/* With a certificate that it has signed itself, as its two arguments. */
static inline void test_server_start_tls(struct test_server *server,
					 const char *name)
{
	g_autofree char *dir = g_dir_make_tmp("reroll-tls-XXXXXX", NULL);
	g_autofree char *cert = g_build_filename(dir, "cert", NULL);
	g_autofree char *key = g_build_filename(dir, "key", NULL);
	const char *const files[] = {cert, key, NULL};
	g_autoptr(GSubprocess) openssl = g_subprocess_new(
		G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
			G_SUBPROCESS_FLAGS_STDERR_SILENCE,
		NULL, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
		"-days", "1", "-keyout", key, "-out", cert, NULL);

	assert_true(openssl && g_subprocess_wait_check(openssl, NULL, NULL));
	test_server_start(server, name, files);
	g_file_get_contents(cert, &server->cert, NULL, NULL);
	g_unlink(cert);
	g_unlink(key);
	g_rmdir(dir);
}

static inline void test_server_stop(struct test_server *server)
{
	g_output_stream_close(g_subprocess_get_stdin_pipe(server->process),
			      NULL, NULL);
	g_subprocess_wait(server->process, NULL, NULL);
	g_clear_object(&server->out);
	g_clear_object(&server->process);
	g_clear_pointer(&server->cert, g_free);
}

#endif
