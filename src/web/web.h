/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listener: requests over HTTP to functions, by a table of routes. It knows
 * nothing of what they are about.
 *
 * Shapes: a path is that of a route with one part behind it, which comes to the
 * handler decoded; a query is dropped. Every answer is one line of text, after
 * which the connection is closed.
 * Limits: whoever asks is a stranger, so a whole request has WEB_REQUEST_MS, a
 * body what its route takes, and there are WEB_CONNECTIONS at once; whoever
 * comes beyond that waits. A handler runs on the main loop and must not wait.
 * Source: RFC 9110.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <glib.h>

#define WEB_CONNECTIONS 256
#define WEB_REQUEST_MS 20000

struct web_request;

/* The part of the path behind the route's; never "", never with a slash. */
const char *web_request_rest(const struct web_request *request);

/* Never NULL. */
GBytes *web_request_body(const struct web_request *request);

/* NULL: it has none of that name. */
const char *web_request_header(const struct web_request *request,
			       const char *name);

struct web_route {
	const char *method; /* "POST" */
	const char *path;   /* "/lava/" */
	gsize body_most;    /* bytes */
	/* The status of the answer: 200, 400, 403 or 404. */
	guint (*handle)(const struct web_request *request, gpointer data);
};

struct web;

/*
 * Listen at "ADDRESS:PORT", with the main context of this thread. `routes` ends
 * with a row without a method and outlives it. CONFIG, which names the address,
 * when it is taken or not ours.
 */
struct web *web_new(const char *listen, const struct web_route *routes,
		    gpointer data, GError **error);
void web_free(struct web *web); /* connections are cut */
typedef struct web web_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(web_t, web_free)

#endif
