// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A definition from a URL: the request runs on a main context of its own, as
 * the thread that asks for it has none.
 */
#include <string.h>

#include "base/base.h"
#include "base/http.h"
#include "lab/suites-internal.h"

struct fetch {
	GMainLoop *loop;
	struct http_response *response;
	GError *error;
};

static void fetched(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fetch *fetch = data;

	(void)source;
	fetch->response = http_send_finish(res, &fetch->error);
	g_main_loop_quit(fetch->loop);
}

static void run(struct fetch *fetch, const char *url, GCancellable *cancellable)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	const struct http_request request = {
		.url = url,
		.limit_bytes = TEST_DEFINITION_BYTES,
		.follow = true};
	struct http *http;

	g_main_context_push_thread_default(context);
	fetch->loop = g_main_loop_new(context, FALSE);
	http = http_new();
	http_send_async(http, &request, cancellable, fetched, fetch);
	g_main_loop_run(fetch->loop);
	http_free(http);
	g_main_loop_unref(fetch->loop);
	g_main_context_pop_thread_default(context);
}

static GBytes *check(const struct http_response *response, const char *shown,
		     const char *sha256, GError **error)
{
	g_autofree char *sum = NULL;

	if (response->status != 200) {
		g_set_error(error, REROLL_ERROR,
			    response->status >= 500 ? REROLL_ERROR_TEMP
						    : REROLL_ERROR_CONFIG,
			    "the test definition %s cannot be fetched: the "
			    "server answers %u",
			    shown, response->status);
		return NULL;
	}
	sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, response->body);
	if (strcmp(sum, sha256) == 0)
		return g_bytes_ref(response->body);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the test definition %s has the SHA-256 %s, expected %s",
		    shown, sum, sha256);
	return NULL;
}

GBytes *suite_fetch(const char *url, const char *sha256,
		    GCancellable *cancellable, GError **error)
{
	g_autofree char *shown = text_quote(url, -1);
	struct fetch fetch = {NULL};
	g_autoptr(http_response_t) response = NULL;

	run(&fetch, url, cancellable);
	response = fetch.response;
	if (response)
		return check(response, shown, sha256, error);
	g_propagate_prefixed_error(
		error, fetch.error,
		"the test definition %s cannot be fetched: ", shown);
	return NULL;
}
