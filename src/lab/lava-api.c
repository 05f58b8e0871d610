// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/lava-internal.h"

#include <string.h>

void lava_answer_free(struct lava_answer *answer)
{
	if (!answer)
		return;
	json_decref(answer->json);
	g_free(answer->text);
	g_free(answer);
}

static char *ask_url(const struct lab *lab, const struct lava_ask *ask)
{
	if (ask->xml)
		return g_strconcat(lab->url, "/RPC2", NULL);
	return g_strconcat(lab->url, "/api/v0.2/", ask->path, NULL);
}

static struct lava_answer *answer_new(const struct http_response *response)
{
	struct lava_answer *answer = g_new0(struct lava_answer, 1);
	gsize len;
	const char *data = g_bytes_get_data(response->body, &len);

	answer->status = response->status;
	if (g_strcmp0(response->type, "application/json") == 0)
		answer->json = json_loadb(len ? data : "", len,
					  JSON_REJECT_DUPLICATES, NULL);
	if (!answer->json)
		answer->text = g_utf8_make_valid(len ? data : "", (gssize)len);
	return answer;
}

static void on_response(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autoptr(http_response_t) response = http_send_finish(res, &error);

	(void)source;
	if (response)
		g_task_return_pointer(task, answer_new(response),
				      (GDestroyNotify)lava_answer_free);
	else
		g_task_return_error(task, error);
}

void lava_ask_async(struct lab *lab, const struct lava_ask *ask,
		    GCancellable *cancellable, GAsyncReadyCallback callback,
		    gpointer user_data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, user_data);
	g_autofree char *url = ask_url(lab, ask);
	g_autofree char *token = g_strconcat("Authorization: Token ",
					     lab->token, NULL);
	const char *const headers[] = {
		ask->xml    ? "Content-Type: text/xml"
		: ask->json ? "Content-Type: application/json"
			    : "Accept: application/json, */*",
		ask->xml ? NULL : token,
		NULL,
	};
	struct http_request request = {
		.method = ask->method,
		.url = url,
		.headers = headers,
		.user = ask->xml ? lab->user : NULL,
		.password = ask->xml ? lab->token : NULL,
		.timeout_ms = ask->timeout_ms,
		.limit_bytes = ask->limit_bytes,
	};
	g_autoptr(GBytes) body = NULL;

	if (ask->xml)
		body = g_bytes_new(ask->xml, strlen(ask->xml));
	else if (ask->json) {
		char *text = json_dumps(ask->json, JSON_COMPACT);

		body = g_bytes_new_with_free_func(text, strlen(text), free,
						  text);
	}
	request.body = body;
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, lab, NULL);
	http_send_async(lab->http, &request, cancellable, on_response, task);
}

struct lava_answer *lava_ask_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}

/* The keys that LAVA uses for it; the text of an HTML page says nothing. */
char *lava_answer_says(const struct lava_answer *answer)
{
	static const char *const keys[] = {"message", "detail"};
	g_autofree char *text = NULL, *line = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		json_t *value = json_object_get(answer->json, keys[i]);

		if (json_is_string(value))
			return text_one_line(json_string_value(value), -1, 400);
	}
	if (!answer->json)
		return g_strdup("no JSON");
	text = json_dumps(answer->json, JSON_COMPACT | JSON_ENCODE_ANY);
	return text_one_line(text, -1, 400);
}

bool lava_answer_ok(struct lab *lab, const struct lava_answer *answer,
		    const char *asked, GError **error)
{
	g_autofree char *says = NULL;
	bool refused = answer->status == 401 || answer->status == 403;

	if (answer->status == 200 && answer->json)
		return true;
	/* A token may have been taken back or made stronger meanwhile. */
	if (refused)
		lab->proven = false;
	says = lava_answer_says(answer);
	g_set_error(error, REROLL_ERROR,
		    refused ? REROLL_ERROR_CONFIG : REROLL_ERROR_TEMP,
		    "asked for %s it answered with status %u: %s", asked,
		    answer->status, says);
	return false;
}
