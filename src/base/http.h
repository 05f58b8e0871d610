/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP requests by libcurl's multi handle on the main loop.
 *
 * Any answer of a server is a response, whatever its status: what a 404 means
 * is the caller's to say. No redirect is followed unless asked, and never on
 * anything but GET and HEAD; credentials are never sent on to another host.
 * Limits: the whole request's time, the size of the body; only http and https.
 * Errors: TEMP no answer (refused, reset, time, name, certificate), with the
 * host and why; LIMIT the body is too large; INPUT no URL; CANCELLED.
 * Ownership: the request and all it points to may go once send returns.
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include <gio/gio.h>
#include <stdbool.h>

struct http; /* connections that are kept; one a main context */

struct http *http_new(void);
void http_free(struct http *http); /* cancels what is under way */
typedef struct http http_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(http_t, http_free)

struct http_request {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value", ends with NULL; or NULL */
	const char *user, *password; /* Basic; NULL: none */
	GBytes *body;		     /* NULL: none */
	guint timeout_ms;	     /* 0: 30 s */
	gsize limit_bytes;	     /* of the body; 0: 8 MiB */
	bool follow;		     /* redirects of GET, five at most */
};

struct http_response {
	guint status;
	char *type; /* content type, lower case, without parameters; or NULL */
	char *location, *etag, *retry_after; /* or NULL */
	GBytes *body;
	gint64 elapsed_ms;
};

void http_response_free(struct http_response *response);
typedef struct http_response http_response_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(http_response_t, http_response_free)

void http_send_async(struct http *http, const struct http_request *request,
		     GCancellable *cancellable, GAsyncReadyCallback callback,
		     gpointer user_data);
struct http_response *http_send_finish(GAsyncResult *res, GError **error);

#endif
