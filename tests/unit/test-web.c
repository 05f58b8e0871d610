// SPDX-License-Identifier: GPL-2.0-or-later
/* The listener, spoken to byte by byte. */
#include "test.h"

#include <gio/gio.h>

#include "base/base.h"
#include "web/web-internal.h"

#define BODY_MOST 1000

/* What the handlers have been given. */
static struct {
	guint calls;
	char *rest, *token;
	gsize body_len;
	guint status;
} seen;

static guint on_call(const struct web_request *request, gpointer data)
{
	assert_ptr_equal(data, &seen);
	seen.calls++;
	g_free(seen.rest);
	g_free(seen.token);
	seen.rest = g_strdup(web_request_rest(request));
	seen.token = g_strdup(web_request_header(request, "X-Token"));
	seen.body_len = g_bytes_get_size(web_request_body(request));
	return seen.status;
}

static const struct web_route routes[] = {
	{"POST", "/call/", BODY_MOST, on_call},
	{"GET", "/look/", 0, on_call},
	{NULL},
};

static struct web *web_with(guint connections, guint request_ms)
{
	const struct web_limits limits = {connections, request_ms};
	g_autoptr(GError) error = NULL;
	struct web *web = web_new_with("127.0.0.1:0", routes, &seen, &limits,
				       &error);

	g_clear_pointer(&seen.rest, g_free);
	g_clear_pointer(&seen.token, g_free);
	seen.calls = 0;
	seen.status = 200;
	if (!web)
		fail_msg("%s", error->message);
	return web;
}

static GSocket *caller_new(const struct web *web)
{
	g_autoptr(GSocketAddress)
		address = g_inet_socket_address_new_from_string("127.0.0.1",
								web_port(web));
	GSocket *caller = g_socket_new(G_SOCKET_FAMILY_IPV4,
				       G_SOCKET_TYPE_STREAM,
				       G_SOCKET_PROTOCOL_TCP, NULL);

	assert_true(g_socket_connect(caller, address, NULL, NULL));
	g_socket_set_blocking(caller, FALSE);
	return caller;
}

/* Give all of it, though the other end only reads while the loop turns. */
static void say(GSocket *caller, const char *text, gsize len)
{
	while (len > 0) {
		gssize sent = g_socket_send(caller, text, len, NULL, NULL);

		if (sent > 0) {
			text += sent;
			len -= (gsize)sent;
		} else if (g_socket_condition_check(caller,
						    G_IO_ERR | G_IO_HUP)) {
			return;
		}
		g_main_context_iteration(NULL, FALSE);
	}
}

/* What there is until the other end closes. */
static char *hear(GSocket *caller)
{
	GString *text = g_string_new(NULL);
	gint64 end_ms = clock_monotonic_ms() + 20000;
	char buffer[4096];

	for (;;) {
		gssize got;

		g_main_context_iteration(NULL, FALSE);
		if (!g_socket_condition_check(caller, G_IO_IN | G_IO_HUP)) {
			assert_true(clock_monotonic_ms() < end_ms);
			continue;
		}
		got = g_socket_receive(caller, buffer, sizeof(buffer), NULL,
				       NULL);
		if (got <= 0)
			return g_string_free(text, FALSE);
		g_string_append_len(text, buffer, got);
	}
}

static char *ask(const struct web *web, const char *text, gsize len)
{
	g_autoptr(GSocket) caller = caller_new(web);

	say(caller, text, len);
	return hear(caller);
}

static void every_request_has_its_answer(void **state)
{
	static const struct {
		const char *request, *status, *says;
		guint calls;
	} rows[] = {
		{"POST /call/a HTTP/1.1\r\nHost: x\r\nX-Token: t\r\n"
		 "Content-Length: 4\r\n\r\nbody",
		 "200 ", "\r\n\r\ntaken\n", 1},
		{"POST /call/a?b=c HTTP/1.0\r\nx-token: t\r\n"
		 "Content-Length: 4\r\n\r\nbody",
		 "200 ", "taken\n", 1},
		{"POST /call/%61 HTTP/1.1\r\nHost: x\r\nX-Token: t\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n"
		 "1\r\nb\r\n3\r\nody\r\n0\r\n\r\n",
		 "200 ", "taken\n", 1},
		{"GET /call/a HTTP/1.1\r\nHost: x\r\n\r\n", "405 ",
		 "Allow: POST\r\n", 0},
		{"BREW /call/a HTTP/1.1\r\nHost: x\r\n\r\n", "405 ",
		 "another method", 0},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "nothing here",
		 0},
		{"POST /call/ HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /call HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /calling/a HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /call/a/b HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /call/a%2fb HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /call/a%00b HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /call/%ff HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /call/%4 HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /look/../call/a HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "",
		 0},
		{"POST //call/a HTTP/1.1\r\nHost: x\r\n\r\n", "404 ", "", 0},
		{"POST /call/a HTTP/1.1\r\nHost: x\r\n"
		 "Content-Length: 1001\r\n\r\n",
		 "413 ", "too large", 0},
		{"POST /call/a HTTP/1.1\r\nHost: x\r\n"
		 "Content-Length: 99999999999999999999\r\n\r\n",
		 "4", "", 0},
		{"POST /call/a HTTP/1.1\r\nHost: x\r\n"
		 "Content-Length: -1\r\n\r\n",
		 "4", "", 0},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(web_t) web = web_with(10, 20000);
		g_autofree char *says = ask(web, rows[i].request,
					    strlen(rows[i].request));

		if (strncmp(says, "HTTP/1.", 7) != 0 ||
		    !g_str_has_prefix(says + 9, rows[i].status) ||
		    !strstr(says, rows[i].says) || seen.calls != rows[i].calls)
			fail_msg("%s: %s", rows[i].request, says);
		if (!rows[i].calls)
			continue;
		assert_string_equal(seen.rest, "a");
		assert_string_equal(seen.token, "t");
		assert_int_equal(seen.body_len, 4);
	}
}

static void what_a_handler_says_is_the_status(void **state)
{
	static const struct {
		guint status;
		const char *line, *says;
	} rows[] = {
		{200, "HTTP/1.1 200 OK\r\n", "\r\ntaken\n"},
		{400, "HTTP/1.1 400 Bad Request\r\n", "\r\nthe body is not "},
		{403, "HTTP/1.1 403 Forbidden\r\n", "\r\nrefused\n"},
		{404, "HTTP/1.1 404 Not Found\r\n", "\r\nthere is nothing "},
	};
	static const char request[] = "GET /look/a HTTP/1.1\r\nHost: x\r\n\r\n";
	g_autoptr(web_t) web = web_with(10, 20000);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *says = NULL;

		seen.status = rows[i].status;
		says = ask(web, request, strlen(request));
		assert_true(g_str_has_prefix(says, rows[i].line));
		assert_non_null(strstr(says, rows[i].says));
		assert_non_null(strstr(says, "Connection: close\r\n"));
	}
	assert_int_equal(seen.calls, G_N_ELEMENTS(rows));
}

static void a_body_is_taken_up_to_its_limit(void **state)
{
	static const struct {
		gsize len;
		const char *status;
	} rows[] = {
		{0, "200"},
		{BODY_MOST, "200"},
		{BODY_MOST + 1, "413"},
		{4 << 20, "413"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(web_t) web = web_with(10, 20000);
		g_autoptr(GString) text = g_string_new(
			"POST /call/a HTTP/1.1\r\nHost: x\r\n"
			"Transfer-Encoding: chunked\r\n\r\n");
		g_autofree char *body = g_strnfill(rows[i].len, 'x');
		g_autofree char *says = NULL;

		if (rows[i].len)
			g_string_append_printf(text, "%zx\r\n%s\r\n",
					       rows[i].len, body);
		g_string_append(text, "0\r\n\r\n");
		says = ask(web, text->str, text->len);
		assert_int_equal(strncmp(says + 9, rows[i].status, 3), 0);
		if (seen.calls)
			assert_int_equal(seen.body_len, rows[i].len);
	}
}

static void a_request_that_drips_is_cut_off(void **state)
{
	static const struct {
		const char *text;
	} begins[] = {
		{""},
		{"POST /call/a HTTP/1.1\r\nHost: x\r\nX-Long: "},
		{"POST /call/a HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n"
		 "\r\n"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(begins); i++) {
		g_autoptr(web_t) web = web_with(10, 150);
		g_autoptr(GSocket) caller = caller_new(web);
		gint64 began_ms = clock_monotonic_ms();

		say(caller, begins[i].text, strlen(begins[i].text));
		while (!g_socket_condition_check(caller, G_IO_HUP | G_IO_IN)) {
			if (*begins[i].text)
				say(caller, "x", 1);
			g_main_context_iteration(NULL, FALSE);
			g_usleep(1000);
			assert_true(clock_monotonic_ms() < began_ms + 15000);
		}
		assert_true(clock_monotonic_ms() >= began_ms + 150);
		assert_int_equal(seen.calls, 0);
	}
}

static void headers_without_an_end_are_refused(void **state)
{
	g_autoptr(web_t) web = web_with(10, 20000);
	g_autoptr(GString) text = g_string_new("POST /call/a HTTP/1.1\r\n");
	g_autofree char *says = NULL;

	(void)state;
	for (guint i = 0; i < 20000; i++)
		g_string_append_printf(text, "X-%u: many\r\n", i);
	says = ask(web, text->str, text->len);
	assert_int_equal(seen.calls, 0);
	assert_true(!*says || g_str_has_prefix(says + 9, "4"));
}

static void junk_is_answered_or_cut_off(void **state)
{
	static const struct {
		const char *text;
	} junk[] = {
		{"\n\n\n"},
		{"GET\r\n\r\n"},
		{"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"},
		{"POST /call/a HTTP/9.9\r\n\r\n"},
		{"POST /call/a HTTP/1.1\r\nHost: x\r\n"
		 "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(junk); i++) {
		g_autoptr(web_t) web = web_with(10, 100);
		g_autofree char *says = ask(web, junk[i].text,
					    strlen(junk[i].text));

		assert_int_equal(seen.calls, 0);
		assert_null(strstr(says, "200 OK"));
	}
}

/* Who does nothing has the places only for a while. */
static void who_comes_beyond_the_limit_waits(void **state)
{
	static const char request[] = "GET /look/a HTTP/1.1\r\nHost: x\r\n\r\n";
	g_autoptr(web_t) web = web_with(2, 300);
	g_autoptr(GSocket) idle = caller_new(web);
	g_autoptr(GSocket) idle_too = caller_new(web);
	gint64 began_ms = clock_monotonic_ms();
	g_autofree char *says = NULL;

	(void)state;
	while (web->links.length < 2)
		g_main_context_iteration(NULL, TRUE);
	says = ask(web, request, strlen(request));
	assert_non_null(strstr(says, "200 OK"));
	assert_true(clock_monotonic_ms() >= began_ms + 200);
	assert_true(g_socket_condition_check(idle, G_IO_IN | G_IO_HUP) ||
		    g_socket_condition_check(idle_too, G_IO_IN | G_IO_HUP));
}

static void an_address_that_cannot_be_had_is_named(void **state)
{
	g_autoptr(web_t) web = web_with(10, 20000);
	g_autofree char *taken = g_strdup_printf("127.0.0.1:%u", web_port(web));
	const struct {
		const char *listen, *says;
	} rows[] = {
		{taken, "already in use"},
		{"203.0.113.7:80", "assign requested address"},
		{"nowhere.invalid:80", "such as 127.0.0.1:8080"},
		{"[::1", "[::1"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(web_new(rows[i].listen, routes, NULL, &error));
		assert_int_equal(error->code, REROLL_ERROR_CONFIG);
		if (!strstr(error->message, rows[i].listen) ||
		    !strstr(error->message, rows[i].says))
			fail_msg("%s", error->message);
	}
}

static void many_calls_at_once_are_all_answered(void **state)
{
	static const char request[] = "GET /look/a HTTP/1.1\r\nHost: x\r\n\r\n";
	g_autoptr(web_t) web = web_with(50, 20000);
	g_autoptr(GPtrArray)
		callers = g_ptr_array_new_with_free_func(g_object_unref);

	(void)state;
	for (guint i = 0; i < 100; i++) {
		GSocket *caller = caller_new(web);

		g_ptr_array_add(callers, caller);
		say(caller, request, strlen(request));
	}
	for (guint i = 0; i < callers->len; i++) {
		g_autofree char *says = hear(callers->pdata[i]);

		assert_non_null(strstr(says, "200 OK"));
	}
	assert_int_equal(seen.calls, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_has_its_answer),
		cmocka_unit_test(what_a_handler_says_is_the_status),
		cmocka_unit_test(a_body_is_taken_up_to_its_limit),
		cmocka_unit_test(a_request_that_drips_is_cut_off),
		cmocka_unit_test(headers_without_an_end_are_refused),
		cmocka_unit_test(junk_is_answered_or_cut_off),
		cmocka_unit_test(who_comes_beyond_the_limit_waits),
		cmocka_unit_test(an_address_that_cannot_be_had_is_named),
		cmocka_unit_test(many_calls_at_once_are_all_answered),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	g_free(seen.rest);
	g_free(seen.token);
	return failed;
}
