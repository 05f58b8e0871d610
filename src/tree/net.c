/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections of a fetch. libgit2 1.5 waits for a server for ever, and its
 * ssh transport waits inside of libssh2, where no callback is heard. So the
 * sockets below all its protocols (git, http, ssh, and https, whose TLS libgit2
 * lays over them) are made here, and a thread beside each fetch looks at the
 * one that is open: when the server has been silent for too long, or the fetch
 * is cancelled, it shuts the socket down, which ends whatever waits for it.
 */
#include <config.h>
#include <gio/gio.h>
#include <git2/errors.h>
#include <git2/sys/stream.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/base.h"
#include "tree/clones-internal.h"

#define TICK_US (100 * G_TIME_SPAN_MILLISECOND)

struct net_watch {
	struct net_limits limits;
	GCancellable *cancellable;
	gint64 started_ms;
	GThread *thread;
	GMutex mutex; /* of what follows */
	GCond over_cond;
	bool over, paused;
	GSocket *socket; /* NULL: none is open */
	const char *host;
	char *why; /* NULL: not ended by us */
};

/*
 * The first four are as in libgit2's own socket streams: its ssh transport
 * takes every stream for one of those and hands `fd` to libssh2.
 */
struct net_stream {
	git_stream base;
	char *host;
	char *port;
	int fd;
	GSocketConnection *connection;
	struct net_watch *watch;
};

/* The watch of the fetch that runs in this thread. */
static GPrivate current_watch;

static gint64 silent_ms(const struct net_watch *watch)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (g_socket_get_available_bytes(watch->socket) > 0 ||
	    getsockopt(g_socket_get_fd(watch->socket), IPPROTO_TCP, TCP_INFO,
		       &info, &len) != 0)
		return 0;
	return info.tcpi_last_data_recv;
}

/* Why the fetch must end now; NULL: it may go on. */
static char *find_fault(const struct net_watch *watch)
{
	const struct net_limits *limits = &watch->limits;
	gint64 passed_ms = clock_monotonic_ms() - watch->started_ms;

	if (g_cancellable_is_cancelled(watch->cancellable))
		return g_strdup("it was cancelled");
	if (passed_ms > (gint64)limits->most_s * 1000)
		return g_strdup_printf("it took longer than %u seconds",
				       limits->most_s);
	if (watch->socket && !watch->paused &&
	    silent_ms(watch) > (gint64)limits->silence_s * 1000)
		return g_strdup_printf("%s said nothing for %u seconds",
				       watch->host, limits->silence_s);
	return NULL;
}

static gpointer watch_run(gpointer data)
{
	struct net_watch *watch = data;

	g_mutex_lock(&watch->mutex);
	while (!watch->over && !watch->why) {
		watch->why = find_fault(watch);
		if (watch->why && watch->socket)
			g_socket_shutdown(watch->socket, TRUE, TRUE, NULL);
		else
			g_cond_wait_until(&watch->over_cond, &watch->mutex,
					  g_get_monotonic_time() + TICK_US);
	}
	g_mutex_unlock(&watch->mutex);
	return NULL;
}

struct net_watch *net_watch_new(const struct net_limits *limits,
				GCancellable *cancellable)
{
	struct net_watch *watch = g_new0(struct net_watch, 1);

	watch->limits = *limits;
	watch->cancellable = cancellable;
	watch->started_ms = clock_monotonic_ms();
	g_mutex_init(&watch->mutex);
	g_cond_init(&watch->over_cond);
	watch->thread = g_thread_new("fetch-watch", watch_run, watch);
	g_private_set(&current_watch, watch);
	return watch;
}

void net_watch_free(struct net_watch *watch)
{
	if (!watch)
		return;
	g_private_set(&current_watch, NULL);
	g_mutex_lock(&watch->mutex);
	watch->over = true;
	g_cond_signal(&watch->over_cond);
	g_mutex_unlock(&watch->mutex);
	g_thread_join(watch->thread);
	g_mutex_clear(&watch->mutex);
	g_cond_clear(&watch->over_cond);
	g_free(watch->why);
	g_free(watch);
}

void net_watch_pause(struct net_watch *watch, bool paused)
{
	g_mutex_lock(&watch->mutex);
	watch->paused = paused;
	g_mutex_unlock(&watch->mutex);
}

char *net_watch_why(struct net_watch *watch)
{
	char *why;

	g_mutex_lock(&watch->mutex);
	why = g_strdup(watch->why);
	g_mutex_unlock(&watch->mutex);
	return why;
}

/* From now on this is the connection that is watched; NULL: none. */
static void watch_stream(struct net_watch *watch,
			 const struct net_stream *stream)
{
	g_mutex_lock(&watch->mutex);
	watch->socket = stream ? g_socket_connection_get_socket(
					 stream->connection)
			       : NULL;
	watch->host = stream ? stream->host : NULL;
	if (watch->why && watch->socket)
		g_socket_shutdown(watch->socket, TRUE, TRUE, NULL);
	g_mutex_unlock(&watch->mutex);
}

/* Nobody hears of a host that never answered but by this. */
static void note_silence(struct net_watch *watch, const char *host)
{
	g_mutex_lock(&watch->mutex);
	if (!watch->why)
		watch->why = g_strdup_printf("%s said nothing for %u seconds",
					     host, watch->limits.silence_s);
	g_mutex_unlock(&watch->mutex);
}

static int stream_connect(git_stream *base)
{
	struct net_stream *stream = (struct net_stream *)base;
	struct net_watch *watch = stream->watch;
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GError) cause = NULL;
	guint64 port;

	if (!g_ascii_string_to_unsigned(stream->port, 10, 1, G_MAXUINT16, &port,
					&cause)) {
		git_error_set_str(GIT_ERROR_NET, cause->message);
		return -1;
	}
	g_socket_client_set_enable_proxy(client, FALSE);
	g_socket_client_set_timeout(client, watch->limits.silence_s);
	stream->connection = g_socket_client_connect_to_host(
		client, stream->host, (guint16)port, watch->cancellable,
		&cause);
	if (!stream->connection) {
		if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
			note_silence(watch, stream->host);
		git_error_set_str(GIT_ERROR_NET, cause->message);
		return -1;
	}
	g_socket_set_timeout(g_socket_connection_get_socket(stream->connection),
			     0);
	stream->fd = g_socket_get_fd(
		g_socket_connection_get_socket(stream->connection));
	watch_stream(watch, stream);
	return 0;
}

static ssize_t stream_read(git_stream *base, void *data, size_t len)
{
	struct net_stream *stream = (struct net_stream *)base;
	g_autoptr(GError) cause = NULL;
	gssize n = g_socket_receive(
		g_socket_connection_get_socket(stream->connection), data, len,
		NULL, &cause);

	if (n < 0)
		git_error_set_str(GIT_ERROR_NET, cause->message);
	return n;
}

static ssize_t stream_write(git_stream *base, const char *data, size_t len,
			    int flags)
{
	struct net_stream *stream = (struct net_stream *)base;
	GOutputStream *output = g_io_stream_get_output_stream(
		G_IO_STREAM(stream->connection));
	g_autoptr(GError) cause = NULL;

	(void)flags;
	if (g_output_stream_write_all(output, data, len, NULL, NULL, &cause))
		return (ssize_t)len;
	git_error_set_str(GIT_ERROR_NET, cause->message);
	return -1;
}

static int stream_close(git_stream *base)
{
	struct net_stream *stream = (struct net_stream *)base;

	if (!stream->connection)
		return 0;
	watch_stream(stream->watch, NULL);
	g_io_stream_close(G_IO_STREAM(stream->connection), NULL, NULL);
	g_clear_object(&stream->connection);
	stream->fd = -1;
	return 0;
}

static void stream_free(git_stream *base)
{
	struct net_stream *stream = (struct net_stream *)base;

	stream_close(base);
	g_free(stream->host);
	g_free(stream->port);
	g_free(stream);
}

static int stream_new(git_stream **out, const char *host, const char *port)
{
	struct net_stream *stream = g_new0(struct net_stream, 1);

	stream->base.version = GIT_STREAM_VERSION;
	stream->base.connect = stream_connect;
	stream->base.read = stream_read;
	stream->base.write = stream_write;
	stream->base.close = stream_close;
	stream->base.free = stream_free;
	stream->host = g_strdup(host);
	stream->port = g_strdup(port);
	stream->fd = -1;
	stream->watch = g_private_get(&current_watch);
	g_assert(stream->watch);
	*out = &stream->base;
	return 0;
}

void net_start(void)
{
	static gsize started;

	if (g_once_init_enter(&started)) {
		git_stream_registration streams = {
			.version = GIT_STREAM_VERSION,
			.init = stream_new,
		};

		git_stream_register(GIT_STREAM_STANDARD, &streams);
		g_once_init_leave(&started, 1);
	}
}
