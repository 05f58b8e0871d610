/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to a Patchwork, one after the other in the source's thread: each
 * turns a main context of its own until the answer is there.
 */
#include <string.h>

#include "intake/patchwork-internal.h"

#define RETRY_MOST_S 3600

static void on_answer(GObject *source, GAsyncResult *res, gpointer data)
{
	(void)source;
	*(GAsyncResult **)data = g_object_ref(res);
}

struct http_response *patchwork_send(struct patchwork *patchwork,
				     const struct http_request *request,
				     GError **error)
{
	g_autoptr(GAsyncResult) res = NULL;

	g_main_context_push_thread_default(patchwork->context);
	http_send_async(patchwork->http, request, patchwork->cancellable,
			on_answer, &res);
	while (!res)
		g_main_context_iteration(patchwork->context, TRUE);
	g_main_context_pop_thread_default(patchwork->context);
	return http_send_finish(res, error);
}

/* Seconds; a date is taken as a minute. */
static void note_retry_after(struct patchwork *patchwork, const char *text)
{
	guint64 seconds = 60;

	if (!text)
		return;
	if (g_ascii_isdigit(*text))
		seconds = g_ascii_strtoull(text, NULL, 10);
	patchwork->retry_after_ms = (guint)MIN(seconds, RETRY_MOST_S) * 1000;
}

static bool fail(GError **error, enum reroll_error code, const char *path,
		 const char *what)
{
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR, (int)code, "Patchwork %s for %s", what,
		    quoted);
	return false;
}

/* The status says whether there is anything to read. */
static bool check_status(struct patchwork *patchwork,
			 const struct http_response *response, const char *path,
			 GError **error)
{
	bool is_json = g_strcmp0(response->type, "application/json") == 0;
	g_autofree char *said = g_strdup_printf("answered with status %u",
						response->status);

	if (response->status == 200)
		return true;
	if (response->status == 404 && is_json)
		return fail(error, REROLL_ERROR_NOT_FOUND, path, said);
	if (response->status == 401 || response->status == 403)
		return fail(error, REROLL_ERROR_CONFIG, path, said);
	note_retry_after(patchwork, response->retry_after);
	return fail(error, REROLL_ERROR_TEMP, path, said);
}

static struct http_response *get(struct patchwork *patchwork, const char *path,
				 GError **error)
{
	const char *const headers[] = {"Accept: application/json, text/plain",
				       patchwork->token, NULL};
	g_autofree char *url = g_strconcat(patchwork->base, path, NULL);
	const struct http_request request = {
		.url = url,
		.headers = headers,
		.user = patchwork->config->user,
		.password = patchwork->secret,
		.timeout_ms = patchwork->timing.timeout_ms,
		.limit_bytes = patchwork->config->limit_bytes,
		.follow = true,
	};
	g_autoptr(http_response_t)
		response = patchwork_send(patchwork, &request, error);

	if (!response || !check_status(patchwork, response, path, error))
		return NULL;
	return g_steal_pointer(&response);
}

json_t *patchwork_get(struct patchwork *patchwork, GError **error,
		      const char *format, ...)
{
	g_autoptr(http_response_t) response = NULL;
	g_autofree char *path = NULL;
	json_error_t why;
	json_t *value;
	const char *data;
	va_list args;
	gsize len;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	response = get(patchwork, path, error);
	if (!response)
		return NULL;
	if (g_strcmp0(response->type, "application/json") != 0) {
		fail(error, REROLL_ERROR_TEMP, path, "answered with no JSON");
		return NULL;
	}
	data = g_bytes_get_data(response->body, &len);
	value = json_loadb(data ? data : "", len, 0, &why);
	if (!value)
		fail(error, REROLL_ERROR_TEMP, path, "answered broken JSON");
	return value;
}

GBytes *patchwork_get_bytes(struct patchwork *patchwork, GError **error,
			    const char *format, ...)
{
	g_autoptr(http_response_t) response = NULL;
	g_autofree char *path = NULL;
	va_list args;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	response = get(patchwork, path, error);
	if (!response)
		return NULL;
	if (g_strcmp0(response->type, "text/html") == 0) {
		fail(error, REROLL_ERROR_TEMP, path, "answered with HTML");
		return NULL;
	}
	return g_bytes_ref(response->body);
}

/*
 * A redirect means that nothing was done, by no fault of what was sent: what is
 * between us and the server is to be mended.
 */
static bool check_written(const struct http_response *response, GError **error)
{
	gsize len;
	const char *data = g_bytes_get_data(response->body, &len);
	g_autofree char *said = text_quote(data, (gssize)len);
	enum reroll_error code = REROLL_ERROR_INPUT;

	if (response->status == 200 || response->status == 201)
		return true;
	if (response->status == 401 || response->status == 403)
		code = REROLL_ERROR_CONFIG;
	else if (response->status == 404)
		code = REROLL_ERROR_NOT_FOUND;
	else if (response->status == 429 || response->status >= 500 ||
		 response->status < 400)
		code = REROLL_ERROR_TEMP;
	g_set_error(error, REROLL_ERROR, (int)code,
		    "Patchwork refused what was sent with status %u: %s",
		    response->status, said);
	return false;
}

/*
 * On a connection of its own: on one that was used before, libcurl would send
 * the request again when it dies, and the first may have worked.
 */
static struct http_response *send_once(struct patchwork *patchwork,
				       const struct http_request *request,
				       GError **error)
{
	struct http *kept = patchwork->http;
	struct http_response *response;

	g_main_context_push_thread_default(patchwork->context);
	patchwork->http = http_new();
	g_main_context_pop_thread_default(patchwork->context);
	response = patchwork_send(patchwork, request, error);
	http_free(patchwork->http);
	patchwork->http = kept;
	return response;
}

struct http_response *patchwork_write(struct patchwork *patchwork,
				      const struct patchwork_write *what,
				      GError **error)
{
	g_autofree char *type = g_strconcat("Content-Type: ", what->type, NULL);
	g_autofree char *url = g_strconcat(patchwork->base, what->path, NULL);
	const char *const headers[] = {type, "Accept: application/json",
				       patchwork->token, NULL};
	g_autoptr(GBytes) body = g_bytes_new(what->body, strlen(what->body));
	const struct http_request request = {
		.method = what->method,
		.url = url,
		.headers = headers,
		.user = patchwork->config->user,
		.password = patchwork->secret,
		.body = body,
		.timeout_ms = patchwork->timing.timeout_ms,
	};
	g_autoptr(http_response_t)
		response = send_once(patchwork, &request, error);

	if (!response || !check_written(response, error))
		return NULL;
	return g_steal_pointer(&response);
}
