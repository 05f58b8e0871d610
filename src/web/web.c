// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libmicrohttpd without threads: its epoll descriptor is what a GSource waits
 * for. Its own time limit begins anew with each byte, so that a connection
 * could be kept for ever; ours does not: what is too old is shut down, which
 * libmicrohttpd sees as the end of its input.
 */
#include <config.h>

#include <fcntl.h>
#include <gio/gio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "web/web-internal.h"

const struct web_limits web_limits_default = {
	.connections = WEB_CONNECTIONS,
	.request_ms = WEB_REQUEST_MS,
};

/* A connection that has its time yet. */
struct web_link {
	GList node;
	struct MHD_Connection *connection;
	gint64 until_ms;
	bool cut; /* it is in the queue no more */
};

struct web_source {
	GSource source;
	struct web *web;
};

static void on_connection(void *data, struct MHD_Connection *connection,
			  void **state,
			  enum MHD_ConnectionNotificationCode code)
{
	struct web *web = data;
	struct web_link *link = *state;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		link = g_new0(struct web_link, 1);
		link->node.data = link;
		link->connection = connection;
		link->until_ms = clock_monotonic_ms() + web->limits.request_ms;
		g_queue_push_tail_link(&web->links, &link->node);
		*state = link;
	} else if (link) {
		web->closed = true;
		if (!link->cut)
			g_queue_unlink(&web->links, &link->node);
		g_free(link);
	}
}

static void cut_old(struct web *web)
{
	gint64 now_ms = clock_monotonic_ms();
	struct web_link *link;

	while ((link = g_queue_peek_head(&web->links)) &&
	       link->until_ms <= now_ms) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(
			link->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

		g_queue_unlink(&web->links, &link->node);
		link->cut = true;
		shutdown(info->connect_fd, SHUT_RDWR);
	}
}

/* When to look again though nobody has said anything. */
static void plan(const struct web *web)
{
	const struct web_link *oldest = web->links.head ? web->links.head->data
							: NULL;
	gint64 now_ms = clock_monotonic_ms(), wait_ms = -1;
	MHD_UNSIGNED_LONG_LONG own_ms;

	if (oldest)
		wait_ms = MAX(oldest->until_ms - now_ms, 0);
	if (MHD_get_timeout(web->daemon, &own_ms) == MHD_YES &&
	    (wait_ms < 0 || own_ms < (guint64)wait_ms))
		wait_ms = (gint64)own_ms;
	g_source_set_ready_time(
		web->source,
		wait_ms < 0 ? -1 : g_get_monotonic_time() + wait_ms * 1000);
}

static gboolean web_dispatch(GSource *source, GSourceFunc callback,
			     gpointer data)
{
	struct web *web = ((struct web_source *)source)->web;

	(void)callback;
	(void)data;
	/* Whoever waits for a place is only taken at the next turn. */
	do {
		web->closed = false;
		MHD_run(web->daemon);
	} while (web->closed);
	cut_old(web);
	plan(web);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs web_funcs = {.dispatch = web_dispatch};

static GSocketAddress *parse_address(const char *listen, GError **error)
{
	g_autoptr(GSocketConnectable)
		parsed = g_network_address_parse(listen, 0, error);
	GNetworkAddress *address;
	const char *host;

	if (!parsed)
		return NULL;
	address = G_NETWORK_ADDRESS(parsed);
	host = g_network_address_get_hostname(address);
	if (g_strcmp0(host, "localhost") == 0)
		host = "127.0.0.1";
	if (!g_hostname_is_ip_address(host)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			    "expected an address such as 127.0.0.1:8080");
		return NULL;
	}
	return g_inet_socket_address_new_from_string(
		host, g_network_address_get_port(address));
}

/* A descriptor that is the caller's; -1 with an error. */
static int listen_at(const char *listen, GError **error)
{
	g_autoptr(GSocketAddress) address = parse_address(listen, error);
	g_autoptr(GSocket) socket = NULL;

	if (!address)
		return -1;
	socket = g_socket_new(g_socket_address_get_family(address),
			      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
			      error);
	if (!socket || !g_socket_bind(socket, address, TRUE, error) ||
	    !g_socket_listen(socket, error))
		return -1;
	return fcntl(g_socket_get_fd(socket), F_DUPFD_CLOEXEC, 3);
}

/* A path is decoded by its request, which has to know what was a slash. */
static size_t leave_escaped(void *data, struct MHD_Connection *connection,
			    char *text)
{
	(void)data;
	(void)connection;
	return strlen(text);
}

static bool web_start(struct web *web, int fd)
{
	const union MHD_DaemonInfo *info;

	web->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, web_on_request, web,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		web->limits.connections, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, web, MHD_OPTION_NOTIFY_COMPLETED,
		web_on_completed, web, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_escaped, NULL, MHD_OPTION_END);
	if (!web->daemon)
		return false;
	info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	web->source = g_source_new(&web_funcs, sizeof(struct web_source));
	((struct web_source *)web->source)->web = web;
	g_source_add_unix_fd(web->source, info->epoll_fd, G_IO_IN);
	g_source_attach(web->source, g_main_context_get_thread_default());
	return true;
}

struct web *web_new_with(const char *listen, const struct web_route *routes,
			 gpointer data, const struct web_limits *limits,
			 GError **error)
{
	g_autoptr(web_t) web = g_new0(struct web, 1);
	g_autoptr(GError) why = NULL;
	g_autofree char *quoted = text_quote(listen, -1);
	int fd = listen_at(listen, &why);

	web->routes = routes;
	web->data = data;
	web->limits = *limits;
	if (fd >= 0 && web_start(web, fd))
		return g_steal_pointer(&web);
	if (fd >= 0)
		close(fd);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "cannot listen at %s: %s: choose another address by the "
		    "key \"listen\" of \"web\" in the site file",
		    quoted, why ? why->message : "no memory is left");
	return NULL;
}

struct web *web_new(const char *listen, const struct web_route *routes,
		    gpointer data, GError **error)
{
	return web_new_with(listen, routes, data, &web_limits_default, error);
}

void web_free(struct web *web)
{
	if (!web)
		return;
	if (web->source) {
		g_source_destroy(web->source);
		g_source_unref(web->source);
	}
	if (web->daemon)
		MHD_stop_daemon(web->daemon);
	g_free(web);
}

guint web_port(const struct web *web)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
		web->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	g_autoptr(GSocket)
		socket = g_socket_new_from_fd(dup(info->listen_fd), NULL);
	g_autoptr(GSocketAddress)
		address = g_socket_get_local_address(socket, NULL);

	return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address));
}
