// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One request: its route is found before any of its body is taken, and what is
 * wrong by then is answered at once.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "web/web-internal.h"

struct web_request {
	struct MHD_Connection *connection;
	const struct web_route *route; /* NULL: there is none */
	char *rest;
	GByteArray *received;
	GBytes *body;
	guint status; /* 0: not known yet */
};

static const struct {
	guint status;
	const char *text;
} texts[] = {
	{200, "taken\n"},
	{400, "the body is not what is expected here\n"},
	{403, "refused\n"},
	{404, "there is nothing here\n"},
	{405, "another method is expected here\n"},
	{413, "the body is too large\n"},
};

const char *web_request_rest(const struct web_request *request)
{
	return request->rest;
}

GBytes *web_request_body(const struct web_request *request)
{
	return request->body;
}

const char *web_request_header(const struct web_request *request,
			       const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
					   name);
}

static enum MHD_Result answer(const struct web_request *request)
{
	struct MHD_Response *response;
	enum MHD_Result queued;
	gsize i = 0;

	while (i + 1 < G_N_ELEMENTS(texts) &&
	       texts[i].status != request->status)
		i++;
	response = MHD_create_response_from_buffer(strlen(texts[i].text),
						   (void *)(gsize)texts[i].text,
						   MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Content-Type",
				"text/plain; charset=utf-8");
	MHD_add_response_header(response, "Connection", "close");
	if (request->status == 405)
		MHD_add_response_header(response, "Allow",
					request->route->method);
	queued = MHD_queue_response(request->connection, texts[i].status,
				    response);
	MHD_destroy_response(response);
	return queued;
}

/* NULL when the path is not that of the route and one more part. */
static char *rest_of(const struct web_route *route, const char *url)
{
	g_autofree char *rest = NULL;

	if (!g_str_has_prefix(url, route->path))
		return NULL;
	rest = g_uri_unescape_string(url + strlen(route->path), "/");
	if (!rest || !*rest || strchr(rest, '/') ||
	    !g_utf8_validate(rest, -1, NULL))
		return NULL;
	return g_steal_pointer(&rest);
}

static void find_route(const struct web *web, struct web_request *request,
		       const char *url, const char *method)
{
	request->status = 404;
	for (const struct web_route *route = web->routes; route->method;
	     route++) {
		g_autofree char *rest = rest_of(route, url);

		if (!rest)
			continue;
		request->route = route;
		request->status = strcmp(route->method, method) ? 405 : 0;
		if (request->status)
			continue;
		request->rest = g_steal_pointer(&rest);
		return;
	}
}

static bool is_too_long(const struct web_request *request)
{
	const char *text = web_request_header(request, "Content-Length");
	guint64 len;

	return text && (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64,
						    &len, NULL) ||
			len > request->route->body_most);
}

static struct web_request *request_new(const struct web *web,
				       struct MHD_Connection *connection,
				       const char *url, const char *method)
{
	struct web_request *request = g_new0(struct web_request, 1);

	request->connection = connection;
	request->received = g_byte_array_new();
	find_route(web, request, url, method);
	if (!request->status && is_too_long(request))
		request->status = 413;
	return request;
}

static void request_free(struct web_request *request)
{
	g_free(request->rest);
	if (request->received)
		g_byte_array_unref(request->received);
	if (request->body)
		g_bytes_unref(request->body);
	g_free(request);
}

/* Of a body without a length what is too much is dropped, to its end. */
static void take(struct web_request *request, const char *upload, gsize len)
{
	if (len > request->route->body_most - request->received->len)
		request->status = 413;
	if (!request->status)
		g_byte_array_append(request->received, (const guint8 *)upload,
				    (guint)len);
}

enum MHD_Result web_on_request(void *data, struct MHD_Connection *connection,
			       const char *url, const char *method,
			       const char *version, const char *upload,
			       size_t *upload_len, void **state)
{
	const struct web *web = data;
	struct web_request *request = *state;

	(void)version;
	if (!request) {
		request = request_new(web, connection, url, method);
		*state = request;
		return request->status ? answer(request) : MHD_YES;
	}
	if (*upload_len) {
		take(request, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	if (!request->status) {
		request->body = g_byte_array_free_to_bytes(
			g_steal_pointer(&request->received));
		request->status = request->route->handle(request, web->data);
	}
	return answer(request);
}

void web_on_completed(void *data, struct MHD_Connection *connection,
		      void **state, enum MHD_RequestTerminationCode code)
{
	(void)data;
	(void)connection;
	(void)code;
	g_clear_pointer((struct web_request **)state, request_free);
}
