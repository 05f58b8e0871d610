// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl 7.88 has websockets only where it was built with them, which Debian's
 * is not; so it makes the connection, and the frames are our own. What happens
 * while bytes are read is noted, and told when the reading is over, as whoever
 * is told of the end may free all.
 */
#include "base/websocket.h"

#include <gio/gio.h>
#include <glib-unix.h>

#include "base/error.h"
#include "base/http-raw.h"
#include "base/websocket-read.h"

#define PIECE_BYTES 16384
#define PIECES 16 /* read at a time; then others have their turn */

struct websocket {
	char *url;
	struct websocket_user user;
	GMainContext *context;
	GCancellable *opening; /* NULL: it was opened, or could not be */
	struct http_raw *raw;
	GSource *readable, *timer;
	struct websocket_reader reader;
	bool reading; /* the reader is set up */
	bool heard;   /* something since the last look */
	GError *error;
};

static void drop_source(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void socket_shut(struct websocket *socket)
{
	drop_source(&socket->readable);
	drop_source(&socket->timer);
	g_clear_pointer(&socket->raw, http_raw_free);
}

/* The user may free it. Takes the error. */
static void socket_end(struct websocket *socket, GError *error)
{
	g_autoptr(GError) why = error;

	socket_shut(socket);
	socket->user.closed(why, socket->user.data);
}

static bool socket_say(struct websocket *socket, enum websocket_opcode opcode,
		       const guint8 *bytes, gsize len)
{
	g_autoptr(GByteArray) frame = websocket_frame(opcode, bytes, len);

	return http_raw_write(socket->raw, frame->data, frame->len);
}

static void note_end(struct websocket *socket, const char *why)
{
	if (!socket->error)
		socket->error = g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					    "the connection ended: %s", why);
}

static void on_message(enum websocket_opcode what, const guint8 *bytes,
		       gsize len, gpointer data)
{
	struct websocket *socket = data;

	switch (what) {
	case WEBSOCKET_OPEN:
		socket->user.opened(socket->user.data);
		break;
	case WEBSOCKET_TEXT:
		socket->user.text((const char *)bytes, len, socket->user.data);
		break;
	case WEBSOCKET_PING:
		if (!socket_say(socket, WEBSOCKET_PONG, bytes, len))
			note_end(socket, "it takes no more");
		break;
	case WEBSOCKET_CLOSE:
		/* With the server's own reason; it is the last that is said. */
		socket_say(socket, WEBSOCKET_CLOSE, bytes, MIN(len, 2));
		note_end(socket, "the server closed it");
		break;
	default:
		break;
	}
}

/* False: nothing more is there now. */
static bool read_piece(struct websocket *socket)
{
	guint8 bytes[PIECE_BYTES];
	gsize len = 0;

	switch (http_raw_read(socket->raw, bytes, sizeof(bytes), &len)) {
	case HTTP_RAW_NONE:
		return false;
	case HTTP_RAW_END:
		note_end(socket, "the server is gone");
		return false;
	case HTTP_RAW_SOME:
		break;
	}
	socket->heard = true;
	return websocket_reader_feed(&socket->reader, bytes, len, on_message,
				     socket,
				     socket->error ? NULL : &socket->error) &&
	       !socket->error;
}

/* What TLS has taken already makes nothing readable. */
static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	struct websocket *socket = data;
	guint pieces = 0;

	(void)fd;
	(void)condition;
	while (pieces < PIECES && read_piece(socket))
		pieces++;
	g_source_set_ready_time(socket->readable, pieces < PIECES ? -1 : 0);
	if (socket->error)
		socket_end(socket, g_steal_pointer(&socket->error));
	return G_SOURCE_CONTINUE;
}

/* Silent since the last look means gone, as it was asked something then. */
static gboolean on_timer(gpointer data)
{
	struct websocket *socket = data;

	if (!socket->heard)
		note_end(socket, "the server is silent");
	else if (socket->reader.open &&
		 !socket_say(socket, WEBSOCKET_PING, NULL, 0))
		note_end(socket, "it takes no more");
	socket->heard = false;
	if (socket->error)
		socket_end(socket, g_steal_pointer(&socket->error));
	return G_SOURCE_CONTINUE;
}

static void socket_begin(struct websocket *socket)
{
	g_autofree char *key = websocket_key();
	g_autofree char *request = websocket_request(socket->url, key);

	websocket_reader_init(&socket->reader, key);
	socket->reading = true;
	socket->readable = g_unix_fd_source_new(http_raw_fd(socket->raw),
						G_IO_IN);
	g_source_set_callback(socket->readable, G_SOURCE_FUNC(on_readable),
			      socket, NULL);
	g_source_attach(socket->readable, socket->context);
	socket->timer = g_timeout_source_new(socket->user.ping_ms);
	g_source_set_callback(socket->timer, on_timer, socket, NULL);
	g_source_attach(socket->timer, socket->context);
	if (!request || !http_raw_write(socket->raw, (const guint8 *)request,
					strlen(request)))
		note_end(socket, "it takes no request");
}

/* The socket may be gone by then: that is when it was cancelled. */
static void on_open(GObject *source, GAsyncResult *res, gpointer data)
{
	struct websocket *socket = data;
	GCancellable *opening = g_task_get_cancellable(G_TASK(res));
	GError *error = NULL;
	struct http_raw *raw = http_raw_open_finish(res, &error);

	(void)source;
	if (g_cancellable_is_cancelled(opening)) {
		http_raw_free(raw);
		g_clear_error(&error);
		return;
	}
	g_clear_object(&socket->opening);
	socket->raw = raw;
	if (raw)
		socket_begin(socket);
	else
		socket->error = error;
	if (socket->error)
		socket_end(socket, g_steal_pointer(&socket->error));
}

struct websocket *websocket_new(const char *url,
				const struct websocket_user *user)
{
	struct websocket *socket = g_new0(struct websocket, 1);

	socket->url = g_strdup(url);
	socket->user = *user;
	if (!socket->user.ping_ms)
		socket->user.ping_ms = WEBSOCKET_PING_MS;
	socket->context = g_main_context_ref_thread_default();
	socket->opening = g_cancellable_new();
	http_raw_open_async(url, socket->opening, on_open, socket);
	return socket;
}

void websocket_free(struct websocket *socket)
{
	if (!socket)
		return;
	if (socket->opening) {
		g_cancellable_cancel(socket->opening);
		g_object_unref(socket->opening);
	}
	if (socket->raw && socket->reader.open)
		socket_say(socket, WEBSOCKET_CLOSE, NULL, 0);
	socket_shut(socket);
	if (socket->reading)
		websocket_reader_clear(&socket->reader);
	g_clear_error(&socket->error);
	g_main_context_unref(socket->context);
	g_free(socket->url);
	g_free(socket);
}
