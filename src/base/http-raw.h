/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bare connection to where requests go, for what begins as HTTP and goes on
 * as something else. libcurl makes it: certificates, proxies and name look-ups
 * are those of http.h.
 *
 * Errors: TEMP there is none to be had, with the host and why; CANCELLED.
 * Async: it is made in a thread, as libcurl waits there; all else never waits.
 */
#ifndef BASE_HTTP_RAW_H
#define BASE_HTTP_RAW_H

#include <gio/gio.h>
#include <stdbool.h>

struct http_raw;

/* `url`: http or https; of it only the host is used. */
void http_raw_open_async(const char *url, GCancellable *cancellable,
			 GAsyncReadyCallback callback, gpointer user_data);
struct http_raw *http_raw_open_finish(GAsyncResult *res, GError **error);
void http_raw_free(struct http_raw *raw);

/* Readable when there may be more; read until nothing comes. */
int http_raw_fd(const struct http_raw *raw);

enum http_raw_got { HTTP_RAW_SOME, HTTP_RAW_NONE, HTTP_RAW_END };
enum http_raw_got http_raw_read(struct http_raw *raw, guint8 *bytes, gsize most,
				gsize *len);

/* False when it does not go out at once, whole. */
bool http_raw_write(struct http_raw *raw, const guint8 *bytes, gsize len);

#endif
