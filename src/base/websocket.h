/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's end of a websocket, to hear texts of a server. It says nothing
 * but what the protocol wants, and asks now and then whether the server is
 * still there.
 *
 * Shapes: a text is valid UTF-8, whole, however many frames it came in; it ends
 * with a NUL. Binary messages are passed over.
 * Limits: WEBSOCKET_BYTES of a text, 8 KiB of the answer that opens it.
 * Errors: NOT_FOUND the server speaks HTTP there but no websocket; LIMIT and
 * INPUT it says what it must not; TEMP anything else, its end too.
 * Async: callbacks come from the main context of the thread, never before
 * websocket_new() has returned; after `closed` none. Only `closed` may free it.
 * Source: RFC 6455; without extensions and subprotocols.
 */
#ifndef BASE_WEBSOCKET_H
#define BASE_WEBSOCKET_H

#include <glib.h>

#define WEBSOCKET_BYTES (256 << 10)
#define WEBSOCKET_PING_MS                                  \
	30000 /* a server is silent for twice that at most \
	       */

struct websocket_user {
	void (*opened)(gpointer data);
	void (*text)(const char *text, gsize len, gpointer data);
	void (*closed)(const GError *error, gpointer data);
	gpointer data;
	guint ping_ms; /* 0: WEBSOCKET_PING_MS; it must answer within that */
};

struct websocket;

/* `url`: http or https. Both are copied. */
struct websocket *websocket_new(const char *url,
				const struct websocket_user *user);
void websocket_free(struct websocket *socket);
typedef struct websocket websocket_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(websocket_t, websocket_free)

#endif
