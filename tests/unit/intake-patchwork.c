// SPDX-License-Identifier: GPL-2.0-or-later
/* Both Patchworks of tests/servers/patchwork as worlds. */
#include "intake-fixture.h"

void fixture_keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
	(void)source;
	*(GAsyncResult **)data = g_object_ref(res);
}

/* In a context of its own: the source must not move meanwhile. */
json_t *fixture_order(struct fixture *fixture, json_t *order)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/",
					       fixture->server.ports[1]);
	char *text = json_dumps(order, 0);
	g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
	const struct http_request request = {
		.method = "POST", .url = url, .body = body};
	g_autoptr(http_response_t) response = NULL;
	g_autoptr(GAsyncResult) res = NULL;
	g_autoptr(http_t) http = NULL;
	const char *data;
	json_t *answer;
	gsize len;

	free(text);
	json_decref(order);
	g_main_context_push_thread_default(context);
	http = http_new();
	http_send_async(http, &request, NULL, fixture_keep_result, &res);
	while (!res)
		g_main_context_iteration(context, TRUE);
	response = http_send_finish(res, NULL);
	g_main_context_pop_thread_default(context);
	assert_non_null(response);
	assert_int_equal(response->status, 200);
	data = g_bytes_get_data(response->body, &len);
	answer = json_loadb(data, len, JSON_DECODE_ANY, NULL);
	assert_non_null(answer);
	return answer;
}

static void tell(struct fixture *fixture, json_t *order)
{
	json_decref(fixture_order(fixture, order));
}

static void start(struct fixture *fixture, const char *edition,
		  const char *kind)
{
	const char *const arguments[] = {edition, NULL};

	test_server_start(&fixture->server, "patchwork", arguments);
	fixture_configure(fixture,
			  "kind: %s, url: 'http://127.0.0.1:%u/', project: "
			  "linux-course",
			  kind, fixture->server.ports[0]);
}

static void upstream_set_up(struct fixture *fixture)
{
	start(fixture, "upstream", "patchwork");
}

static void fdo_set_up(struct fixture *fixture)
{
	start(fixture, "fdo", "patchwork-fdo");
}

static void patchwork_tear_down(struct fixture *fixture)
{
	test_server_stop(&fixture->server);
}

static void patchwork_post(struct fixture *fixture, guint number)
{
	g_autofree char *name = g_strdup_printf("event-%u.", number);

	tell(fixture, json_pack("{ss ss si}", "op", "series", "name", name,
				"patches", 1));
}

static void patchwork_vanish(struct fixture *fixture)
{
	tell(fixture, json_pack("{ss}", "op", "vanish"));
}

static void patchwork_appear(struct fixture *fixture)
{
	tell(fixture, json_pack("{ss}", "op", "appear"));
}

const struct world world_patchwork = {
	.name = "patchwork",
	.set_up = upstream_set_up,
	.tear_down = patchwork_tear_down,
	.post = patchwork_post,
	.vanish = patchwork_vanish,
	.appear = patchwork_appear,
	.keeps = true,
};

const struct world world_fdo = {
	.name = "patchwork-fdo",
	.set_up = fdo_set_up,
	.tear_down = patchwork_tear_down,
	.post = patchwork_post,
	.vanish = patchwork_vanish,
	.appear = patchwork_appear,
	.keeps = true,
};

void fixture_configure_patchwork(struct fixture *fixture, bool is_fdo,
				 const char *secret, const char *user)
{
	g_autofree char *token = fixture_path(fixture, "token");

	assert_true(g_file_set_contents_full(
		token, secret, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	fixture_configure(fixture,
			  "kind: %s, url: 'http://127.0.0.1:%u', project: "
			  "linux-course, token-file: token%s%s",
			  is_fdo ? "patchwork-fdo" : "patchwork",
			  fixture->server.ports[0], is_fdo ? ", user: " : "",
			  is_fdo ? user : "");
}

struct fixture *fixture_new_patchwork(bool is_fdo, int patches)
{
	const char *const arguments[] = {is_fdo ? "fdo" : "upstream", NULL};
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture_set_up(fixture);
	test_server_start(&fixture->server, "patchwork", arguments);
	fixture_configure_patchwork(fixture, is_fdo,
				    is_fdo ? CIBOT_PASSWORD : CIBOT_TOKEN,
				    "cibot");
	json_decref(fixture_order(fixture, json_pack("{ss si}", "op", "series",
						     "patches", patches)));
	return fixture;
}

void fixture_free_patchwork(struct fixture *fixture)
{
	test_server_stop(&fixture->server);
	fixture_tear_down(fixture);
	g_free(fixture);
}
