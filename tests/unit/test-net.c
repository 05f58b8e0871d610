/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Servers that are no use, of every protocol, and those that want to be sure
 * who we are or of whom we cannot be sure: ssh and https. A silent server is a
 * socket that nobody accepts from: the kernel says hello for it.
 */
#include "test-fetch.h"

#include <glib/gstdio.h>

#define LIMIT_MS 15000 /* far over one second, under the usual limit */

static struct tempdir *home; /* libgit2 looks for .ssh there */

/*
 * libgit2 1.5 frees neither the parts of an ssh address nor the list of known
 * hosts. What fetching itself leaks, test-refresh would show.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libgit2.so\nleak:libssh2.so\n";
}

static GSocket *listen_silently(guint *port)
{
	g_autoptr(GSocketAddress)
		any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
	g_autoptr(GSocketAddress) address = NULL;
	GSocket *socket = g_socket_new(G_SOCKET_FAMILY_IPV4,
				       G_SOCKET_TYPE_STREAM,
				       G_SOCKET_PROTOCOL_TCP, NULL);

	assert_true(g_socket_bind(socket, any, false, NULL));
	assert_true(g_socket_listen(socket, NULL));
	address = g_socket_get_local_address(socket, NULL);
	*port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address));
	return socket;
}

/* The lock is free and the clone as good as it was. */
static void assert_unharmed(struct refresh_case *c, const char *before)
{
	g_autofree char *after = ask(c->path, "for-each-ref");
	g_autofree char *url = g_strconcat("file://", c->origin->path, NULL);

	assert_string_equal(before, after);
	set_url(c, g_steal_pointer(&url));
	must_fetch(c);
	assert_same_refs(c);
}

/* Ends as it must, in time; what it said. */
static char *fetch_in_vain(const struct refresh_case *c,
			   const struct fetch_options *options)
{
	gint64 started_ms = clock_monotonic_ms();
	g_autoptr(GError) error = NULL;

	assert_false(tree_fetch(&c->site, &c->tree, options, NULL, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_TEMP));
	assert_true(clock_monotonic_ms() - started_ms < LIMIT_MS);
	return g_strdup(error->message);
}

static void a_silent_server_is_left(struct refresh_case *c, const char *scheme)
{
	const struct fetch_options options = {.tries = 1, .silence_s = 1};
	g_autoptr(GSocket) socket = NULL;
	g_autofree char *before = NULL, *said = NULL;
	guint port;

	must_fetch(c);
	add_commit(c, "main", "refs/heads/main^0", "two");
	before = ask(c->path, "for-each-ref");
	socket = listen_silently(&port);
	set_url(c, g_strdup_printf("%s://127.0.0.1:%u/repo", scheme, port));
	said = fetch_in_vain(c, &options);
	assert_non_null(strstr(said, "127.0.0.1 said nothing for 1 seconds"));
	assert_unharmed(c, before);
}

static void a_silent_git_server_is_left(void **state)
{
	a_silent_server_is_left(*state, "git");
}

static void a_silent_http_server_is_left(void **state)
{
	a_silent_server_is_left(*state, "http");
}

static void a_silent_https_server_is_left(void **state)
{
	a_silent_server_is_left(*state, "https");
}

static void a_silent_ssh_server_is_left(void **state)
{
	a_silent_server_is_left(*state, "ssh");
}

static void a_server_that_falls_silent_within_a_pack_is_left(void **state)
{
	const struct fetch_options options = {.tries = 1, .silence_s = 1};
	struct refresh_case *c = *state;
	g_autofree char *before = NULL, *said = NULL;

	must_fetch(c);
	before = ask(c->path, "for-each-ref");
	add_large_file(c);
	serve_http(c, "65536", "silent");
	said = fetch_in_vain(c, &options);
	assert_non_null(strstr(said, "127.0.0.1 said nothing for 1 seconds"));
	assert_unharmed(c, before);
}

static void a_fetch_may_not_take_for_ever(void **state)
{
	const struct fetch_options options = {.tries = 1, .most_s = 1};
	struct refresh_case *c = *state;
	g_autofree char *before = NULL, *said = NULL;

	must_fetch(c);
	before = ask(c->path, "for-each-ref");
	add_large_file(c);
	serve_http(c, "65536", "silent");
	said = fetch_in_vain(c, &options);
	assert_non_null(strstr(said, "it took longer than 1 seconds"));
	assert_unharmed(c, before);
}

static gpointer fetch_for_ever(gpointer data)
{
	const struct fetch_options options = {.tries = 1};
	const struct refresh_case *c = ((gpointer *)data)[0];
	GError *error = NULL;

	assert_false(tree_fetch(&c->site, &c->tree, &options,
				((gpointer *)data)[1], &error));
	return error;
}

/* Cancelled when it is sure that it waits for the server. */
static void a_fetch_that_waits_can_be_cancelled(void **state)
{
	static const char *const schemes[] = {"git", "ssh"};
	struct refresh_case *c = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
		g_autoptr(GCancellable) stop = g_cancellable_new();
		g_autoptr(GSocket) socket = NULL, peer = NULL;
		gpointer data[] = {c, stop};
		g_autoptr(GError) error = NULL;
		guint port;
		GThread *thread;
		char byte;

		socket = listen_silently(&port);
		set_url(c, g_strdup_printf("%s://127.0.0.1:%u/repo", schemes[i],
					   port));
		thread = g_thread_new("fetch", fetch_for_ever, data);
		peer = g_socket_accept(socket, NULL, NULL);
		assert_true(g_socket_receive(peer, &byte, 1, NULL, NULL) > 0);
		g_cancellable_cancel(stop);
		error = g_thread_join(thread);
		assert_true(g_error_matches(error, REROLL_ERROR,
					    REROLL_ERROR_CANCELLED));
	}
}

struct ssh_case {
	struct refresh_case *fetch;
	GSubprocess *agent;
};

static void start_agent(struct ssh_case *ssh)
{
	g_autofree char *path = g_build_filename(home->path, "agent", NULL);
	const char *const argv[] = {"ssh-agent", "-D", "-a", path, NULL};
	g_autoptr(GDataInputStream) lines = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *line = NULL;

	g_unlink(path); /* of the one before */
	ssh->agent = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE,
				       &error);
	if (!ssh->agent)
		fail_msg("%s", error->message);
	lines = g_data_input_stream_new(
		g_subprocess_get_stdout_pipe(ssh->agent));
	line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
	assert_non_null(line);
	g_setenv("SSH_AUTH_SOCK", path, true);
}

static void serve_ssh(struct refresh_case *c)
{
	g_autofree char *script = g_build_filename(g_getenv("top_srcdir"),
						   "tests/unit/git-sshd", NULL);
	guint number = free_port();
	g_autofree char *port = g_strdup_printf("%u", number);
	const char *const argv[] = {script, home->path, port, NULL};
	g_autofree char *ready = start(c, argv, true);

	if (!g_str_has_prefix(ready, "Server listening"))
		fail_msg("%s", ready);
	set_url(c, g_strdup_printf("ssh://%s@127.0.0.1:%u%s/.git",
				   g_get_user_name(), number, c->origin->path));
}

static int ssh_set_up(void **state)
{
	struct ssh_case *ssh = g_new0(struct ssh_case, 1);

	set_up((void **)&ssh->fetch);
	serve_ssh(ssh->fetch);
	start_agent(ssh);
	*state = ssh;
	return 0;
}

static int ssh_tear_down(void **state)
{
	struct ssh_case *ssh = *state;

	g_subprocess_force_exit(ssh->agent);
	g_subprocess_wait(ssh->agent, NULL, NULL);
	g_clear_object(&ssh->agent);
	tear_down((void **)&ssh->fetch);
	g_free(ssh);
	return 0;
}

static void add_key(void)
{
	g_autofree char *key = g_build_filename(home->path, ".ssh/id", NULL);
	const char *const argv[] = {"ssh-add", "-q", key, NULL};
	g_autoptr(GSubprocess)
		add = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, NULL);

	assert_non_null(add);
	assert_true(g_subprocess_wait_check(add, NULL, NULL));
}

static void ssh_is_fetched_with_a_key_of_the_agent(void **state)
{
	struct ssh_case *ssh = *state;

	add_key();
	a_tree_is_cloned_and_fetched(ssh->fetch);
}

static void assert_config_error(const struct refresh_case *c)
{
	g_autoptr(GError) error = NULL;

	assert_false(fetch(c, &error));
	if (!g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG))
		fail_msg("%s", error->message);
}

static void an_agent_without_the_key_is_for_staff_to_mend(void **state)
{
	struct ssh_case *ssh = *state;

	assert_config_error(ssh->fetch);
}

static void an_ssh_host_that_is_not_known_is_refused(void **state)
{
	struct ssh_case *ssh = *state;
	g_autofree char *hosts = g_build_filename(home->path,
						  ".ssh/known_hosts", NULL);

	add_key();
	assert_true(g_file_set_contents(hosts, "", 0, NULL));
	assert_config_error(ssh->fetch);
}

static void a_certificate_that_nobody_vouches_for_is_refused(void **state)
{
	struct refresh_case *c = *state;
	g_autofree char *pem = g_build_filename(c->origin->dir->path, "tls.pem",
						NULL);
	g_autofree char *cert = g_build_filename(c->origin->dir->path,
						 "cert.pem", NULL);
	const char *const argv[] = {"openssl", "req",		"-x509",
				    "-nodes",  "-newkey",	"rsa:2048",
				    "-subj",   "/CN=localhost", "-keyout",
				    pem,       "-out",		cert,
				    NULL};
	g_autofree char *key = NULL, *text = NULL, *both = NULL;
	g_autoptr(GSubprocess) openssl = NULL;

	openssl = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDERR_SILENCE,
				    NULL);
	if (!openssl)
		fail_msg("no openssl: apt-get install openssl");
	assert_true(g_subprocess_wait_check(openssl, NULL, NULL));
	assert_true(g_file_get_contents(pem, &key, NULL, NULL));
	assert_true(g_file_get_contents(cert, &text, NULL, NULL));
	both = g_strconcat(key, text, NULL);
	assert_true(g_file_set_contents(pem, both, -1, NULL));
	serve_http(c, NULL, NULL);
	set_url(c, g_strconcat("https", c->tree.url + strlen("http"), NULL));
	assert_config_error(c);
}

static int group_set_up(void **state)
{
	(void)state;
	home = tempdir_new(NULL);
	return home && g_setenv("HOME", home->path, true) ? 0 : -1;
}

static int group_tear_down(void **state)
{
	(void)state;
	tempdir_free(home);
	return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define SSH_TEST(test) \
	cmocka_unit_test_setup_teardown(test, ssh_set_up, ssh_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_silent_git_server_is_left),
		TEST(a_silent_http_server_is_left),
		TEST(a_silent_https_server_is_left),
		TEST(a_silent_ssh_server_is_left),
		TEST(a_server_that_falls_silent_within_a_pack_is_left),
		TEST(a_fetch_may_not_take_for_ever),
		TEST(a_fetch_that_waits_can_be_cancelled),
		SSH_TEST(ssh_is_fetched_with_a_key_of_the_agent),
		SSH_TEST(an_agent_without_the_key_is_for_staff_to_mend),
		SSH_TEST(an_ssh_host_that_is_not_known_is_refused),
		TEST(a_certificate_that_nobody_vouches_for_is_refused),
	};

	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
