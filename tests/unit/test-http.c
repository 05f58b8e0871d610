// SPDX-License-Identifier: GPL-2.0-or-later
/* base/http against a real server that has every bad habit. */
#include "test.h"

#include "base/base.h"
#include "test-server.h"

static struct test_server odd;

struct answer {
	struct http_response *response;
	GError *error;
	guint callbacks;
};

static void answer_clear(struct answer *answer)
{
	g_clear_pointer(&answer->response, http_response_free);
	g_clear_error(&answer->error);
}

static void on_answer(GObject *source, GAsyncResult *res, gpointer data)
{
	struct answer *answer = data;

	(void)source;
	answer->response = http_send_finish(res, &answer->error);
	answer->callbacks++;
}

static char *url_of(const char *path)
{
	return g_strdup_printf("http://127.0.0.1:%u%s", odd.ports[0], path);
}

/* One request from start to callback; the struct is the caller's to clear. */
static void ask(struct http_request request, const char *path,
		struct answer *answer)
{
	g_autoptr(http_t) http = http_new();
	g_autofree char *url = *path == '/' ? url_of(path) : g_strdup(path);

	*answer = (struct answer){0};
	request.url = url;
	http_send_async(http, &request, NULL, on_answer, answer);
	assert_int_equal(answer->callbacks, 0);
	while (!answer->callbacks)
		g_main_context_iteration(NULL, TRUE);
}

static void a_status_is_a_response_whatever_it_says(void **state)
{
	static const guint codes[] = {200, 201, 204, 301, 400, 401, 403,
				      404, 405, 418, 500, 502, 503};
	struct answer answer;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
		g_autofree char *path = g_strdup_printf("/status/%u", codes[i]);

		ask((struct http_request){0}, path, &answer);
		assert_null(answer.error);
		assert_int_equal(answer.response->status, codes[i]);
		answer_clear(&answer);
	}
}

static void headers_are_told_without_their_parameters(void **state)
{
	struct answer answer;

	(void)state;
	ask((struct http_request){0}, "/headers", &answer);
	assert_string_equal(answer.response->type, "text/html");
	assert_string_equal(answer.response->etag, "\"e\"");
	assert_string_equal(answer.response->retry_after, "7");
	assert_null(answer.response->location);
	answer_clear(&answer);
}

static json_t *told(const struct answer *answer)
{
	gsize len;
	const char *data;

	assert_null(answer->error);
	data = g_bytes_get_data(answer->response->body, &len);
	assert_string_equal(answer->response->type, "application/json");
	return json_loadb(data, len, 0, NULL);
}

static const char *told_header(json_t *echo, const char *name)
{
	return json_string_value(
		json_object_get(json_object_get(echo, "headers"), name));
}

static void what_is_asked_arrives(void **state)
{
	static const char *const headers[] = {"X-One: 1", "Content-Type: a/b",
					      NULL};
	g_autoptr(GBytes) body = g_bytes_new_static("hello", 5);
	g_autoptr(json_t) echo = NULL;
	struct answer answer;

	(void)state;
	ask((struct http_request){.method = "POST",
				  .headers = headers,
				  .user = "bot",
				  .password = "secret",
				  .body = body},
	    "/echo", &answer);
	echo = told(&answer);
	assert_string_equal(json_string_value(json_object_get(echo, "method")),
			    "POST");
	assert_string_equal(json_string_value(json_object_get(echo, "body")),
			    "hello");
	assert_string_equal(told_header(echo, "x-one"), "1");
	assert_string_equal(told_header(echo, "content-type"), "a/b");
	assert_string_equal(told_header(echo, "authorization"),
			    "Basic Ym90OnNlY3JldA==");
	assert_null(told_header(echo, "expect"));
	answer_clear(&answer);
}

static void a_method_without_a_body_is_sent(void **state)
{
	static const char *const methods[] = {"OPTIONS", "POST", "PUT"};
	struct answer answer;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
		g_autoptr(json_t) echo = NULL;

		ask((struct http_request){.method = methods[i]}, "/echo",
		    &answer);
		echo = told(&answer);
		assert_string_equal(
			json_string_value(json_object_get(echo, "method")),
			methods[i]);
		answer_clear(&answer);
	}
	ask((struct http_request){.method = "HEAD"}, "/large/5", &answer);
	assert_int_equal(g_bytes_get_size(answer.response->body), 0);
	answer_clear(&answer);
}

struct failure {
	const char *path;
	struct http_request request;
	enum reroll_error code;
	const char *says;
};

static void what_is_no_answer_is_an_error_that_names_the_host(void **state)
{
	static const struct failure failures[] = {
		{"/large/1001",
		 {.limit_bytes = 1000},
		 REROLL_ERROR_LIMIT,
		 "larger than 1000"},
		{"/endless", {0}, REROLL_ERROR_LIMIT, "127.0.0.1"},
		{"/hang", {.timeout_ms = 100}, REROLL_ERROR_TEMP, "127.0.0.1"},
		{"/drip", {.timeout_ms = 300}, REROLL_ERROR_TEMP, "127.0.0.1"},
		{"/half", {0}, REROLL_ERROR_TEMP, "127.0.0.1"},
		{"/reset", {0}, REROLL_ERROR_TEMP, "127.0.0.1"},
		{"/garbage", {0}, REROLL_ERROR_TEMP, "127.0.0.1"},
		{"http://127.0.0.1:1/", {0}, REROLL_ERROR_TEMP, "127.0.0.1:1"},
		{"http://a.invalid/", {0}, REROLL_ERROR_TEMP, "a.invalid"},
		{"file:///etc/passwd", {0}, REROLL_ERROR_INPUT, "no URL"},
		{"ftp://127.0.0.1/", {0}, REROLL_ERROR_INPUT, "no URL"},
		{"", {0}, REROLL_ERROR_INPUT, "no URL"},
		{"/file", {.follow = true}, REROLL_ERROR_TEMP, "file"},
		{"/round", {.follow = true}, REROLL_ERROR_TEMP, "redirects"},
	};
	struct answer answer;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
		ask(failures[i].request, failures[i].path, &answer);
		assert_null(answer.response);
		if (!g_error_matches(answer.error, REROLL_ERROR,
				     (int)failures[i].code) ||
		    !strstr(answer.error->message, failures[i].says))
			fail_msg("%s: %s", failures[i].path,
				 answer.error->message);
		answer_clear(&answer);
	}
}

static void a_body_of_just_the_limit_is_taken(void **state)
{
	struct answer answer;

	(void)state;
	ask((struct http_request){.limit_bytes = 1000}, "/large/1000", &answer);
	assert_null(answer.error);
	assert_int_equal(g_bytes_get_size(answer.response->body), 1000);
	answer_clear(&answer);
}

static void a_redirect_is_followed_only_when_asked(void **state)
{
	struct answer answer;

	(void)state;
	ask((struct http_request){0}, "/here", &answer);
	assert_int_equal(answer.response->status, 302);
	assert_string_equal(answer.response->location, "/echo");
	answer_clear(&answer);
	ask((struct http_request){.follow = true}, "/here", &answer);
	assert_int_equal(answer.response->status, 200);
	answer_clear(&answer);
}

static void a_redirect_of_a_post_is_never_followed(void **state)
{
	g_autoptr(GBytes) body = g_bytes_new_static("x", 1);
	struct answer answer;

	(void)state;
	ask((struct http_request){.method = "POST",
				  .body = body,
				  .follow = true},
	    "/here", &answer);
	assert_int_equal(answer.response->status, 302);
	answer_clear(&answer);
	ask((struct http_request){.method = "POST", .follow = true}, "/here",
	    &answer);
	assert_int_equal(answer.response->status, 302);
	answer_clear(&answer);
}

static void credentials_stay_with_their_host(void **state)
{
	static const char *const headers[] = {"Authorization: Token secret",
					      NULL};
	g_autoptr(json_t) by_header = NULL, by_name = NULL, same = NULL;
	struct answer answer;

	(void)state;
	ask((struct http_request){.headers = headers, .follow = true}, "/there",
	    &answer);
	by_header = told(&answer);
	assert_null(told_header(by_header, "authorization"));
	answer_clear(&answer);
	ask((struct http_request){.user = "bot",
				  .password = "secret",
				  .follow = true},
	    "/there", &answer);
	by_name = told(&answer);
	assert_null(told_header(by_name, "authorization"));
	answer_clear(&answer);
	ask((struct http_request){.headers = headers, .follow = true}, "/here",
	    &answer);
	same = told(&answer);
	assert_string_equal(told_header(same, "authorization"), "Token secret");
	answer_clear(&answer);
}

static void a_cancelled_request_calls_back_once(void **state)
{
	g_autoptr(http_t) http = http_new();
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autofree char *url = url_of("/hang");
	struct http_request request = {.url = url};
	struct answer answers[2] = {{0}, {0}};

	(void)state;
	http_send_async(http, &request, cancellable, on_answer, &answers[0]);
	for (int i = 0; i < 20; i++)
		g_main_context_iteration(NULL, FALSE);
	g_cancellable_cancel(cancellable);
	http_send_async(http, &request, cancellable, on_answer, &answers[1]);
	assert_int_equal(answers[1].callbacks, 0);
	while (!answers[0].callbacks || !answers[1].callbacks)
		g_main_context_iteration(NULL, TRUE);
	for (int i = 0; i < 2; i++) {
		assert_true(g_error_matches(answers[i].error, REROLL_ERROR,
					    REROLL_ERROR_CANCELLED));
		assert_int_equal(answers[i].callbacks, 1);
		answer_clear(&answers[i]);
	}
}

static void freeing_cancels_what_is_under_way(void **state)
{
	struct http *http = http_new();
	g_autofree char *url = url_of("/hang");
	struct http_request request = {.url = url};
	struct answer answers[3] = {{0}, {0}, {0}};

	(void)state;
	for (int i = 0; i < 3; i++)
		http_send_async(http, &request, NULL, on_answer, &answers[i]);
	http_free(http);
	while (!answers[2].callbacks)
		g_main_context_iteration(NULL, TRUE);
	for (int i = 0; i < 3; i++) {
		assert_true(g_error_matches(answers[i].error, REROLL_ERROR,
					    REROLL_ERROR_CANCELLED));
		answer_clear(&answers[i]);
	}
}

static void on_answer_free(GObject *source, GAsyncResult *res, gpointer data)
{
	struct http **http = data;

	(void)source;
	http_response_free(http_send_finish(res, NULL));
	g_clear_pointer(http, http_free);
}

static void a_callback_may_free_the_client(void **state)
{
	struct http *http = http_new();
	g_autofree char *url = url_of("/echo");
	struct http_request request = {.url = url};

	(void)state;
	http_send_async(http, &request, NULL, on_answer_free, &http);
	while (http)
		g_main_context_iteration(NULL, TRUE);
	assert_null(http);
}

#define MANY 1000

static void on_many(GObject *source, GAsyncResult *res, gpointer data)
{
	guint *left = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(http_response_t) response = http_send_finish(res, &error);

	(void)source;
	assert_null(error);
	assert_int_equal(response->status, 200);
	(*left)--;
}

static void a_thousand_requests_leave_the_loop_free(void **state)
{
	g_autoptr(http_t) http = http_new();
	g_autofree char *url = url_of("/echo");
	struct http_request request = {.url = url};
	guint left = MANY, most = 0;

	(void)state;
	for (guint i = 0; i < MANY; i++)
		http_send_async(http, &request, NULL, on_many, &left);
	while (left) {
		guint before = left;

		g_main_context_iteration(NULL, TRUE);
		most = MAX(most, before - left);
	}
	print_message("answers in one turn: %u at most\n", most);
	assert_true(most <= MANY / 10);
}

static void a_certificate_that_nobody_signed_is_refused(void **state)
{
	g_autoptr(GError) error = NULL;
	struct test_server tls;
	g_autofree char *url = NULL;
	struct answer answer;

	(void)state;
	test_server_start_tls(&tls, "http-odd");
	url = g_strdup_printf("https://localhost:%u/echo", tls.ports[0]);
	ask((struct http_request){0}, url, &answer);
	test_server_stop(&tls);
	assert_true(
		g_error_matches(answer.error, REROLL_ERROR, REROLL_ERROR_TEMP));
	assert_non_null(strstr(answer.error->message, "certificate"));
	answer_clear(&answer);
}

static int start(void **state)
{
	(void)state;
	test_server_start(&odd, "http-odd", NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	test_server_stop(&odd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_a_response_whatever_it_says),
		cmocka_unit_test(headers_are_told_without_their_parameters),
		cmocka_unit_test(what_is_asked_arrives),
		cmocka_unit_test(a_method_without_a_body_is_sent),
		cmocka_unit_test(
			what_is_no_answer_is_an_error_that_names_the_host),
		cmocka_unit_test(a_body_of_just_the_limit_is_taken),
		cmocka_unit_test(a_redirect_is_followed_only_when_asked),
		cmocka_unit_test(a_redirect_of_a_post_is_never_followed),
		cmocka_unit_test(credentials_stay_with_their_host),
		cmocka_unit_test(a_cancelled_request_calls_back_once),
		cmocka_unit_test(freeing_cancels_what_is_under_way),
		cmocka_unit_test(a_callback_may_free_the_client),
		cmocka_unit_test(a_thousand_requests_leave_the_loop_free),
		cmocka_unit_test(a_certificate_that_nobody_signed_is_refused),
	};

	g_unsetenv("http_proxy");
	g_unsetenv("https_proxy");
	g_unsetenv("all_proxy");
	return cmocka_run_group_tests(tests, start, stop);
}
