/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the listener share: web.c has the socket, the loop and the
 * connections, web-request.c one request and its answer.
 */
#ifndef WEB_WEB_INTERNAL_H
#define WEB_WEB_INTERNAL_H

#include <microhttpd.h>
#include <stdbool.h>

#include "web/web.h"

struct web_limits {
	guint connections;
	guint request_ms; /* from the connection to the end of its answer */
};

extern const struct web_limits web_limits_default;

struct web {
	const struct web_route *routes;
	gpointer data;
	struct web_limits limits;
	struct MHD_Daemon *daemon;
	GSource *source;
	GQueue links; /* of struct web_link, the oldest first */
	bool closed;  /* a connection was, in this turn */
};

struct web *web_new_with(const char *listen, const struct web_route *routes,
			 gpointer data, const struct web_limits *limits,
			 GError **error);

/* The port that it listens at, for one that asked for any. */
guint web_port(const struct web *web);

/* What libmicrohttpd calls; `data` is the struct web. */
enum MHD_Result web_on_request(void *data, struct MHD_Connection *connection,
			       const char *url, const char *method,
			       const char *version, const char *upload,
			       size_t *upload_len, void **state);
void web_on_completed(void *data, struct MHD_Connection *connection,
		      void **state, enum MHD_RequestTerminationCode code);

#endif
