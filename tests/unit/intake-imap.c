// SPDX-License-Identifier: GPL-2.0-or-later
/* A dovecot of the test's own as a world, by TLS and by STARTTLS. */
#include "intake-fixture.h"

#include <sys/stat.h>

static guint free_port(void)
{
	g_autoptr(GSocketListener) listener = g_socket_listener_new();

	return g_socket_listener_add_any_inet_port(listener, NULL, NULL);
}

/* A certificate for localhost that is its own authority. */
static void make_certificate(struct fixture *fixture)
{
	g_autofree char *key = fixture_path(fixture, "box/key.pem");
	g_autofree char *cert = fixture_path(fixture, "box/cert.pem");
	g_autoptr(GSubprocess) openssl = g_subprocess_new(
		G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL, "openssl", "req",
		"-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
		"-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext",
		"subjectAltName=DNS:localhost", NULL);

	assert_non_null(openssl);
	assert_true(g_subprocess_wait_check(openssl, NULL, NULL));
}

/* A line to the server, and the number that it answers. */
guint fixture_imap(struct fixture *fixture, const char *order)
{
	g_autofree char *line = g_strconcat(order, "\n", NULL);
	g_autofree char *answer = NULL;

	assert_true(g_output_stream_write_all(
		g_subprocess_get_stdin_pipe(fixture->server.process), line,
		strlen(line), NULL, NULL, NULL));
	answer = g_data_input_stream_read_line(fixture->server.out, NULL, NULL,
					       NULL);
	if (!answer)
		fail_msg("dovecot has ended");
	return (guint)atoi(answer);
}

static void start(struct fixture *fixture)
{
	g_autofree char *box = fixture_path(fixture, "box");
	g_autofree char *token = fixture_path(fixture, "password");
	g_autofree char *port = NULL;
	g_autofree char *tls = NULL;
	const char *arguments[] = {box, NULL, NULL, NULL};

	assert_int_equal(g_mkdir_with_parents(box, 0755), 0);
	assert_int_equal(chmod(fixture->dir, 0711), 0);
	assert_true(g_file_set_contents_full(
		token, "secret\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	make_certificate(fixture);
	fixture->ports[0] = free_port();
	fixture->ports[1] = free_port();
	arguments[1] = port = g_strdup_printf("%u", fixture->ports[0]);
	arguments[2] = tls = g_strdup_printf("%u", fixture->ports[1]);
	test_server_start(&fixture->server, "dovecot", arguments);
}

static void imap_set_up(struct fixture *fixture)
{
	start(fixture);
	fixture_configure(
		fixture,
		"kind: imap, url: 'imaps://localhost:%u', user: jo, "
		"token-file: password, ca: box/cert.pem, limit: 64KiB",
		fixture->ports[1]);
}

static void move_set_up(struct fixture *fixture)
{
	start(fixture);
	fixture_configure(fixture,
			  "kind: imap, url: 'imap://localhost:%u', user: jo, "
			  "token-file: password, ca: box/cert.pem, "
			  "move-to: taken, limit: 64KiB",
			  fixture->ports[0]);
}

static void imap_tear_down(struct fixture *fixture)
{
	test_server_stop(&fixture->server);
}

static void imap_post_bytes(struct fixture *fixture, GBytes *mail)
{
	g_autofree char *path = fixture_path(fixture, "post");
	g_autofree char *order = g_strconcat("append ", path, NULL);
	gsize len;
	const char *data = g_bytes_get_data(mail, &len);

	assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
	fixture_imap(fixture, order);
}

static void imap_post(struct fixture *fixture, guint number)
{
	g_autoptr(GBytes) mail = fixture_mail(number);

	imap_post_bytes(fixture, mail);
}

static void imap_vanish(struct fixture *fixture)
{
	fixture_imap(fixture, "vanish");
}

static void imap_appear(struct fixture *fixture)
{
	fixture_imap(fixture, "appear");
}

static guint imap_left(struct fixture *fixture)
{
	return fixture_imap(fixture, "left");
}

static guint move_left(struct fixture *fixture)
{
	return fixture_imap(fixture, "all");
}

const struct world world_imap = {
	.name = "imap",
	.set_up = imap_set_up,
	.tear_down = imap_tear_down,
	.post = imap_post,
	.post_bytes = imap_post_bytes,
	.vanish = imap_vanish,
	.appear = imap_appear,
	.left = imap_left,
	.has_no_nul = true,
	.keeps = true,
};

const struct world world_imap_move = {
	.name = "imap moved",
	.set_up = move_set_up,
	.tear_down = imap_tear_down,
	.post = imap_post,
	.post_bytes = imap_post_bytes,
	.vanish = imap_vanish,
	.appear = imap_appear,
	.left = move_left,
	.has_no_nul = true,
	.keeps = true,
};
