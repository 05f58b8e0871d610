// SPDX-License-Identifier: GPL-2.0-or-later
/* A redis-server of the test's own as a world, read as a stream and a list. */
#include "intake-fixture.h"

#include <hiredis/hiredis.h>

struct redis_world {
	GSubprocess *process;
	GDataInputStream *out;
};

static struct redis_world server;

static guint free_port(void)
{
	g_autoptr(GSocketListener) listener = g_socket_listener_new();

	return g_socket_listener_add_any_inet_port(listener, NULL, NULL);
}

static void redis_appear(struct fixture *fixture)
{
	g_autofree char *port = g_strdup_printf("%u", fixture->ports[0]);
	g_autofree char *line = NULL;

	server.process = g_subprocess_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, "redis-server", "--port",
		port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", fixture->dir, NULL);
	if (!server.process)
		fail_msg("redis-server does not start: it must be installed");
	server.out = g_data_input_stream_new(
		g_subprocess_get_stdout_pipe(server.process));
	do {
		g_free(line);
		line = g_data_input_stream_read_line(server.out, NULL, NULL,
						     NULL);
		if (!line)
			fail_msg("redis-server has ended");
	} while (!strstr(line, "Ready to accept connections"));
}

static void redis_vanish(struct fixture *fixture)
{
	(void)fixture;
	g_subprocess_force_exit(server.process);
	g_subprocess_wait(server.process, NULL, NULL);
	g_clear_object(&server.out);
	g_clear_object(&server.process);
}

static void set_up(struct fixture *fixture, const char *what)
{
	fixture->ports[0] = free_port();
	redis_appear(fixture);
	fixture_configure(fixture,
			  "kind: redis, url: 'redis://127.0.0.1:%u/1', "
			  "%s: events, limit: 64KiB",
			  fixture->ports[0], what);
}

static void stream_set_up(struct fixture *fixture)
{
	set_up(fixture, "stream");
}

static void list_set_up(struct fixture *fixture)
{
	set_up(fixture, "list");
}

static redisContext *talk(struct fixture *fixture)
{
	redisContext *context = redisConnect("127.0.0.1",
					     (int)fixture->ports[0]);
	redisReply *reply;

	assert_non_null(context);
	assert_int_equal(context->err, 0);
	reply = redisCommand(context, "SELECT 1");
	assert_non_null(reply);
	freeReplyObject(reply);
	return context;
}

static void post_bytes(struct fixture *fixture, GBytes *mail, const char *how)
{
	redisContext *context = talk(fixture);
	gsize len;
	const char *data = g_bytes_get_data(mail, &len);
	redisReply *reply = redisCommand(context, how, data, len);

	assert_non_null(reply);
	assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
	freeReplyObject(reply);
	redisFree(context);
}

static void stream_post_bytes(struct fixture *fixture, GBytes *mail)
{
	post_bytes(fixture, mail, "XADD events * mail %b");
}

static void list_post_bytes(struct fixture *fixture, GBytes *mail)
{
	post_bytes(fixture, mail, "LPUSH events %b");
}

static void stream_post(struct fixture *fixture, guint number)
{
	g_autoptr(GBytes) mail = fixture_mail(number);

	stream_post_bytes(fixture, mail);
}

static void list_post(struct fixture *fixture, guint number)
{
	g_autoptr(GBytes) mail = fixture_mail(number);

	list_post_bytes(fixture, mail);
}

static guint number_of(struct fixture *fixture, const char *command)
{
	redisContext *context = talk(fixture);
	redisReply *reply = redisCommand(context, command);
	guint number = 0;

	if (reply && reply->type == REDIS_REPLY_INTEGER)
		number = (guint)reply->integer;
	/* XINFO GROUPS: what was read and not acknowledged, and the rest. */
	else if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements)
		number = (guint)(reply->element[0]->element[5]->integer +
				 reply->element[0]->element[11]->integer);
	if (reply)
		freeReplyObject(reply);
	redisFree(context);
	return number;
}

static guint stream_left(struct fixture *fixture)
{
	return number_of(fixture, "XINFO GROUPS events");
}

static guint list_left(struct fixture *fixture)
{
	return number_of(fixture, "LLEN events") +
	       number_of(fixture, "LLEN events:processing");
}

const struct world world_redis = {
	.name = "redis stream",
	.set_up = stream_set_up,
	.tear_down = redis_vanish,
	.post = stream_post,
	.post_bytes = stream_post_bytes,
	.vanish = redis_vanish,
	.appear = redis_appear,
	.left = stream_left,
};

const struct world world_redis_list = {
	.name = "redis list",
	.set_up = list_set_up,
	.tear_down = redis_vanish,
	.post = list_post,
	.post_bytes = list_post_bytes,
	.vanish = redis_vanish,
	.appear = redis_appear,
	.left = list_left,
};
