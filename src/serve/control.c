/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's end of the control socket. A client is read until its line is
 * whole, asked for its right, handed to the call's function, and closed when
 * the answer is written. A client that is not there any more while its call is
 * under way is noticed when it is answered.
 */
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "serve/control-internal.h"

/* So large a request is taken apart by a thread: the loop must not wait. */
#define PARSE_HERE_BYTES (64 << 10)
/* The pause when there is no descriptor for another client. */
#define ACCEPT_AGAIN_MS 500

struct control {
	struct control_socket socket;
	const struct control_op *ops;
	gpointer data;
	GSource *accepting; /* NULL while there are too many */
	GQueue clients;	    /* of struct client */
	gsize bytes;	    /* of requests that are not whole yet */
};

struct client {
	struct control_call call; /* first: a call is its client */
	struct control *control;  /* NULL: that is gone */
	int fd;
	GSource *io, *deadline;
	struct control_line line;
	bool called; /* it has its request: it lives until the answer */
	char *answer;
	gsize answered, answer_len;
};

static void accept_more(struct control *control);

static void source_drop(GSource **source)
{
	if (*source)
		g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void source_start(GSource *source, GSourceFunc function, gpointer data)
{
	g_source_set_callback(source, function, data, NULL);
	g_source_attach(source, g_main_context_get_thread_default());
}

static void client_cut(struct client *client)
{
	source_drop(&client->io);
	source_drop(&client->deadline);
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

static void line_drop(struct client *client)
{
	if (client->line.bytes && client->control)
		client->control->bytes -= client->line.bytes->len;
	control_line_clear(&client->line);
}

static void client_free(struct client *client)
{
	struct control *control = client->control;

	client_cut(client);
	line_drop(client);
	if (control) {
		g_queue_remove(&control->clients, client);
		accept_more(control);
	}
	json_decref(client->call.request);
	g_free(client->answer);
	g_free(client);
}

static gboolean on_deadline(gpointer data)
{
	client_free(data);
	return G_SOURCE_REMOVE;
}

static void client_be_patient(struct client *client)
{
	source_drop(&client->deadline);
	client->deadline = g_timeout_source_new(CONTROL_PATIENCE_MS);
	source_start(client->deadline, on_deadline, client);
}

static gboolean on_writable(int fd, GIOCondition condition, gpointer data)
{
	struct client *client = data;
	ssize_t n = send(fd, client->answer + client->answered,
			 client->answer_len - client->answered, MSG_NOSIGNAL);

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0)
		client->answered += (gsize)n;
	if (n < 0 || client->answered == client->answer_len)
		client_free(client);
	else
		client_be_patient(client);
	return G_SOURCE_CONTINUE;
}

static void client_answer(struct client *client, json_t *answer)
{
	g_autoptr(json_t) taken = answer;

	if (!client->control) {
		client_free(client);
		return;
	}
	line_drop(client);
	client->called = false;
	client->answer = control_answer_write(taken);
	g_assert(client->answer);
	client->answer_len = strlen(client->answer);
	source_drop(&client->io);
	client_be_patient(client);
	client->io = g_unix_fd_source_new(client->fd, G_IO_OUT);
	source_start(client->io, G_SOURCE_FUNC(on_writable), client);
}

void control_answer(struct control_call *call, json_t *answer)
{
	json_object_set_new(answer, "ok", json_true());
	client_answer((struct client *)call, answer);
}

void control_refuse(struct control_call *call, GError *error)
{
	g_autoptr(GError) taken = error;

	client_answer((struct client *)call, control_refusal(taken));
}

static void client_refuse(struct client *client, enum reroll_error code,
			  const char *why)
{
	control_refuse(&client->call,
		       g_error_new_literal(REROLL_ERROR, (int)code, why));
}

static void client_call(struct client *client, json_t *request, GError *error)
{
	const struct control_op *op = NULL;

	client->call.request = request;
	line_drop(client);
	if (!client->control) {
		g_clear_error(&error);
		client_free(client);
		return;
	}
	if (request)
		op = control_op_find(client->control->ops, request, &error);
	if (op && control_op_allows(op, client->call.uid, &error))
		op->run(&client->call);
	else
		control_refuse(&client->call, error);
}

static void parse_thread(GTask *task, gpointer source, gpointer data,
			 GCancellable *cancellable)
{
	const struct client *client = data;
	GError *error = NULL;
	json_t *request = control_request_read(&client->line, &error);

	(void)source;
	(void)cancellable;
	if (request)
		g_task_return_pointer(task, request,
				      (GDestroyNotify)json_decref);
	else
		g_task_return_error(task, error);
}

static void on_parsed(GObject *source, GAsyncResult *res, gpointer data)
{
	GError *error = NULL;
	json_t *request = g_task_propagate_pointer(G_TASK(res), &error);

	(void)source;
	client_call(data, request, error);
}

static void client_parse(struct client *client)
{
	g_autoptr(GTask) task = NULL;
	GError *error = NULL;
	json_t *request;

	source_drop(&client->io);
	source_drop(&client->deadline);
	client->called = true;
	if (client->line.bytes->len <= PARSE_HERE_BYTES) {
		request = control_request_read(&client->line, &error);
		client_call(client, request, error);
		return;
	}
	task = g_task_new(NULL, NULL, on_parsed, client);
	g_task_set_task_data(task, client, NULL);
	g_task_run_in_thread(task, parse_thread);
}

static void client_take(struct client *client, const char *data, gsize len)
{
	struct control *control = client->control;
	gsize before = client->line.bytes->len;
	enum control_line_state state = control_line_add(&client->line, data,
							 len);

	control->bytes += client->line.bytes->len - before;
	if (state == LINE_WHOLE)
		client_parse(client);
	else if (state == LINE_TOO_LONG)
		client_refuse(client, REROLL_ERROR_LIMIT,
			      "the request is larger than the 64 MiB that the "
			      "daemon takes");
	else if (control->bytes > CONTROL_TOGETHER_BYTES)
		client_refuse(client, REROLL_ERROR_TEMP,
			      "the daemon is handed too much at once: try it "
			      "again");
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
	struct client *client = data;
	char buffer[CONTROL_READ_BYTES];
	ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0)
		client_take(client, buffer, (gsize)n);
	else if (n == 0 && client->line.bytes->len)
		client_refuse(client, REROLL_ERROR_INPUT,
			      "the request ends before its line does");
	else
		client_free(client);
	return G_SOURCE_CONTINUE;
}

static bool client_who(struct client *client)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	client->call.uid = peer.uid;
	client->call.pid = (guint)peer.pid;
	return true;
}

static void client_new(struct control *control, int fd)
{
	struct client *client = g_new0(struct client, 1);

	client->fd = fd;
	client->control = control;
	client->call.data = control->data;
	control_line_init(&client->line, CONTROL_REQUEST_BYTES);
	g_queue_push_tail(&control->clients, client);
	if (!client_who(client)) {
		client_free(client);
		return;
	}
	client_be_patient(client);
	client->io = g_unix_fd_source_new(fd, G_IO_IN);
	source_start(client->io, G_SOURCE_FUNC(on_readable), client);
}

static gboolean on_accept_again(gpointer data)
{
	struct control *control = data;

	source_drop(&control->accepting);
	accept_more(control);
	return G_SOURCE_REMOVE;
}

static gboolean on_client(int listening, GIOCondition condition, gpointer data)
{
	struct control *control = data;
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)condition;
	if (fd >= 0) {
		client_new(control, fd);
		if (control->clients.length >= CONTROL_CLIENTS)
			source_drop(&control->accepting);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		log_event(LOG_LEVEL_WARNING, NULL,
			  "control socket cannot take a client: %s",
			  g_strerror(errno));
		source_drop(&control->accepting);
		control->accepting = g_timeout_source_new(ACCEPT_AGAIN_MS);
		source_start(control->accepting, on_accept_again, control);
	}
	return G_SOURCE_CONTINUE;
}

static void accept_more(struct control *control)
{
	if (control->accepting || control->socket.fd < 0 ||
	    control->clients.length >= CONTROL_CLIENTS)
		return;
	control->accepting = g_unix_fd_source_new(control->socket.fd, G_IO_IN);
	source_start(control->accepting, G_SOURCE_FUNC(on_client), control);
}

struct control *control_new(const char *path, const struct control_op *ops,
			    gpointer data, GError **error)
{
	g_autofree struct control *control = g_new0(struct control, 1);

	if (!control_socket_open(&control->socket, path, error))
		return NULL;
	control->ops = ops;
	control->data = data;
	g_queue_init(&control->clients);
	accept_more(control);
	return g_steal_pointer(&control);
}

void control_free(struct control *control)
{
	struct client *client;

	if (!control)
		return;
	source_drop(&control->accepting);
	control_socket_close(&control->socket);
	control->socket.fd = -1;
	while ((client = g_queue_pop_head(&control->clients))) {
		client->control = NULL;
		client_cut(client);
		if (!client->called)
			client_free(client);
	}
	g_free(control);
}
