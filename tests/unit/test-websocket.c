// SPDX-License-Identifier: GPL-2.0-or-later
/* The websocket client: what it reads, byte by byte, and odd servers. */
#include "test.h"

#include <gio/gio.h>

#include "base/base.h"
#include "base/websocket-read.h"
#include "base/websocket.h"
#include "test-server.h"

/* RFC 6455, section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define ANSWER                       \
	"HTTP/1.1 101 Switching\r\n" \
	"Upgrade: websocket\r\n"     \
	"Connection: Upgrade\r\n"    \
	"Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n"

static struct test_server odd;
static char *odd_url; /* with a slash at its end */

/* "open;text one;ping x;", of what comes. */
static void on_read(enum websocket_opcode what, const guint8 *bytes, gsize len,
		    gpointer data)
{
	static const char *const names[] = {
		[WEBSOCKET_OPEN] = "open",   [WEBSOCKET_TEXT] = "text",
		[WEBSOCKET_CLOSE] = "close", [WEBSOCKET_PING] = "ping",
		[WEBSOCKET_PONG] = "pong",
	};
	GString *heard = data;

	g_string_append_printf(heard, "%s", names[what]);
	if (len > 0)
		g_string_append_printf(heard, " %.*s", (int)len,
				       (const char *)bytes);
	g_string_append_c(heard, ';');
	if (what == WEBSOCKET_TEXT)
		assert_int_equal(bytes[len], 0);
}

/* `piece` bytes at a time. */
static char *read_all(const char *bytes, gsize len, gsize piece, GError **error)
{
	GString *heard = g_string_new(NULL);
	struct websocket_reader reader;
	bool ok = true;

	websocket_reader_init(&reader, KEY);
	assert_string_equal(reader.accept, ACCEPT);
	for (gsize at = 0; ok && at < len; at += piece)
		ok = websocket_reader_feed(&reader, (const guint8 *)bytes + at,
					   MIN(piece, len - at), on_read, heard,
					   error);
	assert_true(ok == !*error);
	websocket_reader_clear(&reader);
	return g_string_free(heard, FALSE);
}

static void what_comes_is_read_in_any_pieces(void **state)
{
#define ROW(bytes, heard, code, says)                       \
	{                                                   \
		bytes, sizeof(bytes) - 1, heard, code, says \
	}
	static const struct {
		const char *bytes;
		gsize len;
		const char *heard;
		int code;
		const char *says; /* NULL: no error */
	} rows[] = {
		ROW("\x81\x03one", "text one;", 0, NULL),
		ROW("\x81\x00", "text;", 0, NULL),
		ROW("\x01\x01o\x00\x01n\x80\x01"
		    "e",
		    "text one;", 0, NULL),
		ROW("\x01\x01o\x89\x01x\x8a\x00\x80\x01k",
		    "ping x;pong;text ok;", 0, NULL),
		ROW("\x01\x01\xc3\x80\x01\xbc", "text \xc3\xbc;", 0, NULL),
		ROW("\x82\x02\x00\x01\x81\x01"
		    "a",
		    "text a;", 0, NULL),
		ROW("\x88\x02\x03\xe8\x81\x01"
		    "a",
		    "close \x03\xe8;", 0, NULL),
		ROW("\x88\x00", "close;", 0, NULL),
		ROW("\x81\x03on", "", 0, NULL),
		ROW("\x81", "", 0, NULL),
		ROW("\x81\x81\x01\x02\x03\x04x", "", REROLL_ERROR_INPUT,
		    "masked"),
		ROW("\xc1\x01x", "", REROLL_ERROR_INPUT, "reserved"),
		ROW("\x83\x01x", "", REROLL_ERROR_INPUT, "unknown kind"),
		ROW("\x8b\x01x", "", REROLL_ERROR_INPUT, "unknown kind"),
		ROW("\x80\x01x", "", REROLL_ERROR_INPUT, "continued"),
		ROW("\x01\x01x\x81\x01x", "", REROLL_ERROR_INPUT, "not ended"),
		ROW("\x09\x01x", "", REROLL_ERROR_INPUT, "control frame"),
		ROW("\x89\x7e\x00\x7e", "", REROLL_ERROR_INPUT,
		    "control frame"),
		ROW("\x88\x01x", "", REROLL_ERROR_INPUT, "half a reason"),
		ROW("\x81\x7e\x00\x7d", "", REROLL_ERROR_INPUT, "a length"),
		ROW("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "",
		    REROLL_ERROR_INPUT, "a length"),
		ROW("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00", "",
		    REROLL_ERROR_INPUT, "a length"),
		ROW("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", "",
		    REROLL_ERROR_LIMIT, "too much"),
		ROW("\x81\x7f\x00\x00\x00\x00\x00\x04\x00\x01", "",
		    REROLL_ERROR_LIMIT, "too much"),
		ROW("\x81\x02\xc3\x28", "", REROLL_ERROR_INPUT, "UTF-8"),
		ROW("\x81\x01\x00", "", REROLL_ERROR_INPUT, "UTF-8"),
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		for (gsize piece = 1; piece < 300; piece = piece * 4 + 3) {
			g_autoptr(GString) all = g_string_new(ANSWER);
			g_autoptr(GError) error = NULL;
			g_autofree char *want = g_strconcat(
				"open;", rows[i].heard, NULL);
			g_autofree char *heard = NULL;

			g_string_append_len(all, rows[i].bytes,
					    (gssize)rows[i].len);
			heard = read_all(all->str, all->len, piece, &error);
			if (strcmp(heard, want) != 0 || !error != !rows[i].says)
				fail_msg("%zu: %s, %s", i, heard,
					 error ? error->message : "no error");
			if (!error)
				continue;
			assert_int_equal(error->code, rows[i].code);
			assert_non_null(strstr(error->message, rows[i].says));
		}
	}
}

static void an_answer_that_is_not_to_the_key_opens_nothing(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\n\r\n",
		"HTTP/1.0 101 X\r\n\r\n",
		"\r\n\r\n",
		"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\n\r\n",
		"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n",
		"HTTP/1.1 101 X\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n",
		"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n",
		"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: "
		"Upgrade\r\n"
		"Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
		"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: "
		"Upgrade\r\n"
		"Sec-WebSocket-Protocol: chat\r\n"
		"Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *heard = read_all(
			answers[i], strlen(answers[i]), 7, &error);

		if (*heard || !error || error->code != REROLL_ERROR_NOT_FOUND)
			fail_msg("%s: %s", answers[i], heard);
	}
}

static void a_text_has_its_limit_in_one_frame_or_many(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		g_autoptr(GString) all = g_string_new(ANSWER);
		g_autofree char *half = g_strnfill(WEBSOCKET_BYTES / 2, 'x');
		g_autofree char *heard = NULL;
		g_autoptr(GError) error = NULL;

		g_string_append_len(all, "\x01\x7f\0\0\0\0\0\x02\0\0", 10);
		g_string_append(all, half);
		g_string_append_len(all, "\x00\x7f\0\0\0\0\0\x02\0\0", 10);
		g_string_append(all, half);
		g_string_append_len(all, more ? "\x80\x01y" : "\x80\x00",
				    more ? 3 : 2);
		heard = read_all(all->str, all->len, 4096, &error);
		if (more) {
			assert_int_equal(error->code, REROLL_ERROR_LIMIT);
			assert_string_equal(heard, "open;");
		} else {
			assert_null(error);
			assert_int_equal(strlen(heard),
					 strlen("open;text ;") +
						 WEBSOCKET_BYTES);
		}
	}
}

/* A byte at a time, the last of a large text costs no more than the first. */
static void time_is_linear_in_what_comes(void **state)
{
	g_autoptr(GString) all = g_string_new(ANSWER);
	g_autofree char *text = g_strnfill(WEBSOCKET_BYTES, 'x');
	g_autofree char *heard = NULL;
	g_autoptr(GError) error = NULL;
	gint64 began_ms = test_cpu_ms();

	(void)state;
	g_string_append_len(all, "\x81\x7f\0\0\0\0\0\x04\0\0", 10);
	g_string_append(all, text);
	heard = read_all(all->str, all->len, 1, &error);
	assert_null(error);
	assert_true(test_cpu_ms() - began_ms < 2000);
}

static void what_the_client_says_is_masked(void **state)
{
	g_autoptr(GByteArray) one = websocket_frame(WEBSOCKET_PONG,
						    (const guint8 *)"beat", 4);
	g_autoptr(GByteArray) two = websocket_frame(WEBSOCKET_PONG,
						    (const guint8 *)"beat", 4);
	g_autofree char *key = websocket_key();
	g_autofree char *other = websocket_key();

	(void)state;
	assert_int_equal(one->len, 10);
	assert_int_equal(one->data[0], 0x8a);
	assert_int_equal(one->data[1], 0x84);
	for (guint i = 0; i < 4; i++)
		assert_int_equal(one->data[6 + i] ^ one->data[2 + i],
				 "beat"[i]);
	assert_memory_not_equal(one->data + 2, two->data + 2, 4);
	assert_int_equal(strlen(key), 24);
	assert_string_not_equal(key, other);
}

static void a_request_names_its_host(void **state)
{
	static const struct {
		const char *url, *begin;
	} rows[] = {
		{"http://lava.example.org/ws/",
		 "GET /ws/ HTTP/1.1\r\nHost: lava.example.org\r\n"},
		{"https://bot:pass@lava.example.org:8443/a%20b/ws/?q#f",
		 "GET /a%20b/ws/ HTTP/1.1\r\nHost: lava.example.org:8443\r\n"},
		{"http://[::1]:80", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n"},
		{"http://a\r\nX: y/", NULL},
		{"nothing", NULL},
		{"", NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = websocket_request(rows[i].url, KEY);

		if (!rows[i].begin) {
			assert_null(text);
			continue;
		}
		assert_true(g_str_has_prefix(text, rows[i].begin));
		assert_non_null(strstr(text, "\r\nSec-WebSocket-Key: " KEY));
		assert_true(g_str_has_suffix(text, "\r\n\r\n"));
	}
}

struct visit {
	GMainLoop *loop;
	struct websocket *socket;
	const char *last; /* the text after which it is left */
	GString *heard;
	GError *error;
};

static gboolean leave(gpointer data)
{
	struct visit *visit = data;

	g_clear_pointer(&visit->socket, websocket_free);
	g_main_loop_quit(visit->loop);
	return G_SOURCE_REMOVE;
}

static void on_opened(gpointer data)
{
	g_string_append(((struct visit *)data)->heard, "open ");
}

static void on_text(const char *text, gsize len, gpointer data)
{
	struct visit *visit = data;

	if (len < 100)
		g_string_append_printf(visit->heard, "%s ", text);
	if (g_strcmp0(text, visit->last) == 0)
		g_idle_add(leave, visit);
}

static void on_closed(const GError *error, gpointer data)
{
	struct visit *visit = data;

	visit->error = g_error_copy(error);
	leave(visit);
}

static void visit_url(struct visit *visit, const char *url, guint ping_ms)
{
	const struct websocket_user user = {.opened = on_opened,
					    .text = on_text,
					    .closed = on_closed,
					    .data = visit,
					    .ping_ms = ping_ms};

	visit->loop = g_main_loop_new(NULL, FALSE);
	visit->heard = g_string_new(NULL);
	visit->socket = websocket_new(url, &user);
	g_main_loop_run(visit->loop);
}

static void visit_clear(struct visit *visit)
{
	g_main_loop_unref(visit->loop);
	g_string_free(visit->heard, TRUE);
	g_clear_error(&visit->error);
}

static void odd_servers_do_no_harm(void **state)
{
	static const struct {
		const char *habit, *last, *heard;
		int code;
		const char *says; /* NULL: it was left */
		guint ping_ms;
	} rows[] = {
		{"good", "two", "open one two ", 0, NULL, 0},
		{"bytewise", "two", "open one two ", 0, NULL, 0},
		{"fragments", "answered", "open one two answered ", 0, NULL, 0},
		{"many", "last", "open last ", 0, NULL, 0},
		{"beats", "alive", "open alive ", 0, NULL, 200},
		{"closes", NULL, "open one ", REROLL_ERROR_TEMP,
		 "the server closed it", 0},
		{"wrong_key", NULL, "", REROLL_ERROR_NOT_FOUND,
		 "something else", 0},
		{"extends", NULL, "", REROLL_ERROR_NOT_FOUND, "something else",
		 0},
		{"missing", NULL, "", REROLL_ERROR_NOT_FOUND,
		 "\"HTTP/1.1 404 Not Found\"", 0},
		{"moved", NULL, "", REROLL_ERROR_NOT_FOUND, "301 Moved", 0},
		{"junk", NULL, "", REROLL_ERROR_LIMIT, "too much", 0},
		{"endless", NULL, "", REROLL_ERROR_LIMIT, "too much", 0},
		{"goes", NULL, "", REROLL_ERROR_TEMP, "is gone", 0},
		{"half_frame", NULL, "open one ", REROLL_ERROR_TEMP, "is gone",
		 0},
		{"huge", NULL, "open ", REROLL_ERROR_LIMIT, "too much", 0},
		{"large", NULL, "open ", REROLL_ERROR_LIMIT, "too much", 0},
		{"masked", NULL, "open ", REROLL_ERROR_INPUT, "masked", 0},
		{"silent", NULL, "", REROLL_ERROR_TEMP, "is silent", 100},
		{"silent_later", NULL, "open one ", REROLL_ERROR_TEMP,
		 "is silent", 200},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *url = g_strconcat(odd_url, rows[i].habit,
						   NULL);
		struct visit visit = {.last = rows[i].last};

		visit_url(&visit, url, rows[i].ping_ms);
		if (strcmp(visit.heard->str, rows[i].heard) != 0 ||
		    !visit.error != !rows[i].says ||
		    (visit.error &&
		     (!strstr(visit.error->message, rows[i].says) ||
		      visit.error->code != rows[i].code)))
			fail_msg("%s: %s, %s", rows[i].habit, visit.heard->str,
				 visit.error ? visit.error->message : "left");
		visit_clear(&visit);
	}
}

static void nobody_there_is_told(void **state)
{
	static const char *const urls[] = {"http://127.0.0.1:1/ws/",
					   "http://nowhere.invalid/ws/",
					   "ftp://127.0.0.1/", "", "what"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
		struct visit visit = {NULL};

		visit_url(&visit, urls[i], 0);
		assert_non_null(visit.error);
		assert_int_equal(visit.error->code, REROLL_ERROR_TEMP);
		visit_clear(&visit);
	}
}

/* At any moment: the thread that makes the connection may be under way. */
static void it_can_be_left_at_any_time(void **state)
{
	static const char *const habits[] = {"good", "silent", "many"};

	(void)state;
	for (guint i = 0; i < 60; i++) {
		g_autofree char *url = g_strconcat(odd_url, habits[i % 3],
						   NULL);
		struct visit visit = {.last = "none"};

		g_timeout_add(i / 6, leave, &visit);
		visit_url(&visit, url, 0);
		assert_null(visit.error);
		visit_clear(&visit);
	}
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void a_server_whose_certificate_nobody_signed_is_none(void **state)
{
	struct visit visit = {NULL};
	g_autofree char *url = NULL;
	struct test_server tls;

	(void)state;
	test_server_start_tls(&tls, "websocket-odd");
	url = g_strdup_printf("https://localhost:%u/good", tls.ports[0]);
	visit_url(&visit, url, 0);
	test_server_stop(&tls);
	assert_int_equal(visit.error->code, REROLL_ERROR_TEMP);
	assert_non_null(strstr(visit.error->message, "certificate"));
	visit_clear(&visit);
}

/* This program again, where the certificate is one that is trusted. */
static void odd_servers_do_no_harm_over_tls(void **state)
{
	static const char trusting[] =
		"mount --bind \"$1\" /etc/ssl/certs/ca-certificates.crt && "
		"exec \"$2\" \"https://localhost:$3/\"";
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *cert = NULL, *port = NULL;
	g_autoptr(GSubprocess) again = NULL;
	struct test_server tls;

	(void)state;
	test_server_start_tls(&tls, "websocket-odd");
	g_close(g_file_open_tmp(NULL, &cert, NULL), NULL);
	assert_true(g_file_set_contents(cert, tls.cert, -1, NULL));
	port = g_strdup_printf("%u", tls.ports[0]);
	again = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE, NULL,
				 "unshare", "--user", "--map-root-user",
				 "--mount", "sh", "-c", trusting, "sh", cert,
				 self, port, NULL);
	assert_true(again && g_subprocess_wait_check(again, NULL, NULL));
	test_server_stop(&tls);
	g_unlink(cert);
}

static int start(void **state)
{
	(void)state;
	test_server_start(&odd, "websocket-odd", NULL);
	odd_url = g_strdup_printf("http://127.0.0.1:%u/", odd.ports[0]);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	test_server_stop(&odd);
	g_clear_pointer(&odd_url, g_free);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest over_tls[] = {
		cmocka_unit_test(odd_servers_do_no_harm),
		cmocka_unit_test(it_can_be_left_at_any_time),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_is_read_in_any_pieces),
		cmocka_unit_test(
			an_answer_that_is_not_to_the_key_opens_nothing),
		cmocka_unit_test(a_text_has_its_limit_in_one_frame_or_many),
		cmocka_unit_test(time_is_linear_in_what_comes),
		cmocka_unit_test(what_the_client_says_is_masked),
		cmocka_unit_test(a_request_names_its_host),
		cmocka_unit_test(odd_servers_do_no_harm),
		cmocka_unit_test(nobody_there_is_told),
		cmocka_unit_test(it_can_be_left_at_any_time),
		cmocka_unit_test(
			a_server_whose_certificate_nobody_signed_is_none),
		cmocka_unit_test(odd_servers_do_no_harm_over_tls),
	};

	g_unsetenv("http_proxy");
	g_unsetenv("https_proxy");
	if (argc > 1) {
		odd_url = argv[1];
		return cmocka_run_group_tests(over_tls, NULL, NULL);
	}
	return cmocka_run_group_tests(tests, start, stop);
}
