/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two mail servers of tests/servers, for the tests that send: a real one
 * and one that misbehaves, each in a folder of its own.
 */
#ifndef TESTS_UNIT_TEST_SMTP_H
#define TESTS_UNIT_TEST_SMTP_H

#include "test.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/base.h"
#include "test-server.h"

struct smtp_fixture {
	struct tempdir *dir;
	struct test_server server;
	guint ports[2];
};

/* An order to the server, and the number that it answers. */
G_GNUC_PRINTF(2, 3)
static inline guint smtp_order(struct smtp_fixture *fixture, const char *format,
			       ...)
{
	g_autofree char *line = NULL;
	g_autofree char *order = NULL;
	g_autofree char *answer = NULL;
	va_list args;

	va_start(args, format);
	order = g_strdup_vprintf(format, args);
	va_end(args);
	line = g_strconcat(order, "\n", NULL);
	assert_true(g_output_stream_write_all(
		g_subprocess_get_stdin_pipe(fixture->server.process), line,
		strlen(line), NULL, NULL, NULL));
	answer = g_data_input_stream_read_line(fixture->server.out, NULL, NULL,
					       NULL);
	if (!answer)
		fail_msg("the mail server has ended at \"%s\"", order);
	return (guint)atoi(answer);
}

static inline void smtp_odd_start(struct smtp_fixture *fixture)
{
	const char *arguments[] = {NULL, NULL};

	fixture->dir = tempdir_new(NULL);
	assert_non_null(fixture->dir);
	arguments[0] = fixture->dir->path;
	test_server_start(&fixture->server, "smtp-odd", arguments);
	fixture->ports[0] = fixture->server.ports[0];
}

static inline void smtp_stop(struct smtp_fixture *fixture)
{
	test_server_stop(&fixture->server);
	tempdir_free(fixture->dir);
}

static inline char *smtp_path(struct smtp_fixture *fixture, const char *name)
{
	return g_build_filename(fixture->dir->path, name, NULL);
}

/* What the odd server has kept: its log, or a mail by its number. */
static inline char *smtp_kept(struct smtp_fixture *fixture, const char *name)
{
	g_autofree char *path = smtp_path(fixture, name);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("the mail server has no %s", name);
	return text;
}

static inline guint smtp_free_port(void)
{
	g_autoptr(GSocketListener) listener = g_socket_listener_new();

	return g_socket_listener_add_any_inet_port(listener, NULL, NULL);
}

/* A certificate for localhost that is its own authority. */
static inline void smtp_certificate(const char *dir, const char *name)
{
	g_autofree char *key = g_strdup_printf("%s/%skey.pem", dir, name);
	g_autofree char *cert = g_strdup_printf("%s/%scert.pem", dir, name);
	g_autoptr(GSubprocess) openssl = g_subprocess_new(
		G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL, "openssl", "req",
		"-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
		"-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext",
		"subjectAltName=DNS:localhost", NULL);

	assert_non_null(openssl);
	assert_true(g_subprocess_wait_check(openssl, NULL, NULL));
}

static inline void smtp_real_start(struct smtp_fixture *fixture)
{
	g_autofree char *port = NULL;
	g_autofree char *tls = NULL;
	const char *arguments[] = {NULL, NULL, NULL, NULL};

	fixture->dir = tempdir_new(NULL);
	assert_non_null(fixture->dir);
	smtp_certificate(fixture->dir->path, "");
	smtp_certificate(fixture->dir->path, "other-");
	fixture->ports[0] = smtp_free_port();
	fixture->ports[1] = smtp_free_port();
	arguments[0] = fixture->dir->path;
	arguments[1] = port = g_strdup_printf("%u", fixture->ports[0]);
	arguments[2] = tls = g_strdup_printf("%u", fixture->ports[1]);
	test_server_start(&fixture->server, "smtp", arguments);
}

/* The mails that came out of the real one, oldest first; of char *, owned. */
static inline GPtrArray *smtp_box(struct smtp_fixture *fixture)
{
	GPtrArray *mails = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *path = smtp_path(fixture, "box/new");
	guint n = smtp_order(fixture, "settle");
	g_autoptr(GDir) dir = n ? g_dir_open(path, 0, NULL) : NULL;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		char *text = NULL;

		assert_true(g_file_get_contents(file, &text, NULL, NULL));
		g_ptr_array_add(mails, text);
	}
	return mails;
}

#endif
