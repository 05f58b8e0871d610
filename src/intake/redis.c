/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mails out of Redis: a stream with a consumer group, or a plain list.
 *
 * stream: what this consumer was handed and never acknowledged comes first,
 *   then what others left lying (XAUTOCLAIM), then what is new. An entry is
 *   acknowledged once it is stored. A group that is gone, with a server that
 *   was restarted empty, is made anew from the start of the stream.
 * list: an element is moved to LIST:processing, and removed there once it is
 *   stored; what stands there already comes first.
 *
 * When there is nothing a blocking command is left with the server, and its
 * answer makes the socket readable. The server gives up after the interval, so
 * silence for longer means that the connection is dead.
 */
#include <hiredis/hiredis.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>

#include "base/base.h"
#include "intake/intake-backend.h"

#define SILENCE_MS 10000 /* beyond the interval */
#define PORT 6379

struct redis {
	const struct source_config *config;
	struct intake_timing timing;
	GUri *uri;
	char *password, *processing;
	redisContext *context;
	bool waiting;	   /* the answer to a blocking command is due */
	gint64 waits_ms;   /* since when */
	bool pending_read; /* what was ours before has been looked at */
};

static void redis_reset(gpointer state)
{
	struct redis *redis = state;

	g_clear_pointer(&redis->context, redisFree);
	redis->waiting = redis->pending_read = false;
}

static void redis_free(gpointer state)
{
	struct redis *redis = state;

	redis_reset(redis);
	g_uri_unref(redis->uri);
	g_free(redis->password);
	g_free(redis->processing);
	g_free(redis);
}

static gpointer redis_open(const struct source_config *config,
			   const struct intake_timing *timing, GError **error)
{
	g_autoptr(GUri) uri = g_uri_parse(config->url, G_URI_FLAGS_NONE, NULL);
	g_autofree char *password = NULL;
	struct redis *redis;

	if (!uri || g_strcmp0(g_uri_get_scheme(uri), "redis") != 0 ||
	    !g_uri_get_host(uri)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the URL of a Redis is redis://host:port/number");
		return NULL;
	}
	if (config->token_file) {
		password = intake_secret(config, error);
		if (!password)
			return NULL;
	}
	redis = g_new0(struct redis, 1);
	redis->config = config;
	redis->timing = *timing;
	redis->uri = g_steal_pointer(&uri);
	redis->password = g_steal_pointer(&password);
	if (config->list)
		redis->processing = g_strconcat(config->list, ":processing",
						NULL);
	return redis;
}

static bool fail(struct redis *redis, const char *what, const char *why,
		 GError **error)
{
	g_autofree char *quoted = text_quote(why, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "Redis at %s: %s failed: %s", g_uri_get_host(redis->uri),
		    what, quoted);
	redis_reset(redis);
	return false;
}

/* An answer that is no error; to be freed with freeReplyObject(). */
static redisReply *redis_said(struct redis *redis, const char *what,
			      redisReply *reply, GError **error)
{
	if (!reply) {
		fail(redis, what, redis->context->errstr, error);
		return NULL;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		fail(redis, what, reply->str, error);
		freeReplyObject(reply);
		return NULL;
	}
	return reply;
}

static bool redis_ok(struct redis *redis, const char *what, redisReply *reply,
		     GError **error)
{
	reply = redis_said(redis, what, reply, error);
	if (reply)
		freeReplyObject(reply);
	return reply;
}

/* Whatever is in the stream is read: the keys drop what is known. */
static bool make_group(struct redis *redis, GError **error)
{
	redisReply *reply = redisCommand(
		redis->context, "XGROUP CREATE %s %s 0 MKSTREAM",
		redis->config->stream, redis->config->group);

	if (reply && reply->type == REDIS_REPLY_ERROR &&
	    g_str_has_prefix(reply->str, "BUSYGROUP")) {
		freeReplyObject(reply);
		return true;
	}
	return redis_ok(redis, "making the group", reply, error);
}

static bool redis_log_in(struct redis *redis, GError **error)
{
	const char *user = redis->config->user;

	if (!redis->password)
		return true;
	return redis_ok(
		redis, "logging in",
		user ? redisCommand(redis->context, "AUTH %s %s", user,
				    redis->password)
		     : redisCommand(redis->context, "AUTH %s", redis->password),
		error);
}

static bool redis_connect(struct redis *redis, GError **error)
{
	int port = g_uri_get_port(redis->uri);
	const char *path = g_uri_get_path(redis->uri);
	guint ms = redis->timing.timeout_ms;
	struct timeval timeout = {ms / 1000, (ms % 1000) * 1000};

	if (redis->context)
		return true;
	redis->context = redisConnectWithTimeout(
		g_uri_get_host(redis->uri), port > 0 ? port : PORT, timeout);
	if (!redis->context || redis->context->err)
		return fail(redis, "connecting",
			    redis->context ? redis->context->errstr
					   : "no memory",
			    error);
	redisSetTimeout(redis->context, timeout);
	if (!redis_log_in(redis, error))
		return false;
	if (path && path[0] && path[1] &&
	    !redis_ok(redis, "selecting the database",
		      redisCommand(redis->context, "SELECT %s", path + 1),
		      error))
		return false;
	return !redis->config->stream || make_group(redis, error);
}

/* The mail in it, or all of it when it is one that nothing can be made of. */
static void add_mail(struct redis *redis, struct intake_batch *batch,
		     const redisReply *text, const char *id)
{
	struct intake_mail mail = {.size = text->len};
	struct intake_item *item;
	gsize len = text->len;

	mail.too_large = mail.size > redis->config->limit_bytes;
	if (mail.too_large)
		len = INTAKE_HEAD_BYTES;
	mail.mail = g_bytes_new(text->str, len);
	item = intake_batch_add_mail(batch, redis->config, &mail);
	g_bytes_unref(mail.mail);
	/* A list's element is named by what it is. */
	item->own = id ? (gpointer)g_strdup(id)
		       : (gpointer)g_bytes_new(text->str, text->len);
	item->own_free = id ? g_free
			    : (GDestroyNotify)(void (*)(void))g_bytes_unref;
}

static const redisReply *field_of(const redisReply *fields, const char *name)
{
	for (gsize i = 0;
	     fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements;
	     i += 2) {
		const redisReply *key = fields->element[i];

		if (key->type == REDIS_REPLY_STRING &&
		    strcmp(key->str, name) == 0 &&
		    fields->element[i + 1]->type == REDIS_REPLY_STRING)
			return fields->element[i + 1];
	}
	return NULL;
}

static void add_bad(struct intake_batch *batch, const char *id, const char *why)
{
	struct intake_item *item = intake_batch_add(
		batch, EVENT_MAIL, g_strconcat("entry/", id, NULL));

	item->bad = g_strdup(why);
	item->own = g_strdup(id);
	item->own_free = g_free;
}

static void add_entry(struct redis *redis, struct intake_batch *batch,
		      const redisReply *entry)
{
	const redisReply *mail, *mbox;
	const char *id;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
	    entry->element[0]->type != REDIS_REPLY_STRING)
		return;
	id = entry->element[0]->str;
	mail = field_of(entry->element[1], "mail");
	mbox = field_of(entry->element[1], "mbox");
	if (!mail && !mbox) {
		add_bad(batch, id, "the entry has neither mail nor mbox in it");
		return;
	}
	add_mail(redis, batch, mail ? mail : mbox, id);
	if (!mail) {
		struct intake_item
			*item = batch->items->pdata[batch->items->len - 1];

		item->kind = EVENT_SERIES;
	}
}

static void add_entries(struct redis *redis, struct intake_batch *batch,
			const redisReply *entries)
{
	for (gsize i = 0;
	     entries->type == REDIS_REPLY_ARRAY && i < entries->elements; i++)
		add_entry(redis, batch, entries->element[i]);
}

/* [[stream, entries]], or nil when there is nothing. */
static void add_streams(struct redis *redis, struct intake_batch *batch,
			const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
	    reply->element[0]->type == REDIS_REPLY_ARRAY &&
	    reply->element[0]->elements == 2)
		add_entries(redis, batch, reply->element[0]->element[1]);
}

static bool read_stream(struct redis *redis, struct intake_batch *batch,
			const char *from, GError **error)
{
	const struct source_config *config = redis->config;
	redisReply *reply = redis_said(
		redis, "reading",
		redisCommand(redis->context,
			     "XREADGROUP GROUP %s %s COUNT %d STREAMS %s %s",
			     config->group, config->name, INTAKE_BATCH_ITEMS,
			     config->stream, from),
		error);

	if (!reply)
		return false;
	add_streams(redis, batch, reply);
	freeReplyObject(reply);
	return true;
}

/* What another consumer, perhaps ourselves by another name, left lying. */
static bool claim(struct redis *redis, struct intake_batch *batch,
		  GError **error)
{
	const struct source_config *config = redis->config;
	redisReply *reply = redis_said(
		redis, "claiming",
		redisCommand(redis->context,
			     "XAUTOCLAIM %s %s %s %u 0 COUNT %d",
			     config->stream, config->group, config->name,
			     redis->timing.idle_ms, INTAKE_BATCH_ITEMS),
		error);

	if (!reply)
		return false;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2)
		add_entries(redis, batch, reply->element[1]);
	freeReplyObject(reply);
	return true;
}

static bool gather_stream(struct redis *redis, struct intake_batch *batch,
			  GError **error)
{
	if (!redis->pending_read && !read_stream(redis, batch, "0", error))
		return false;
	redis->pending_read = !batch->items->len;
	return batch->items->len ||
	       (claim(redis, batch, error) &&
		(batch->items->len || read_stream(redis, batch, ">", error)));
}

static bool gather_processing(struct redis *redis, struct intake_batch *batch,
			      GError **error)
{
	redisReply *reply = redis_said(
		redis, "reading",
		redisCommand(redis->context, "LRANGE %s 0 %d",
			     redis->processing, INTAKE_BATCH_ITEMS - 1),
		error);

	if (!reply)
		return false;
	for (gsize i = 0;
	     reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
		add_mail(redis, batch, reply->element[i], NULL);
	freeReplyObject(reply);
	return true;
}

static bool gather_list(struct redis *redis, struct intake_batch *batch,
			GError **error)
{
	bool moved = true;

	if (!gather_processing(redis, batch, error))
		return false;
	while (moved && !intake_batch_full(batch)) {
		redisReply *reply = redis_said(
			redis, "moving",
			redisCommand(redis->context, "LMOVE %s %s RIGHT LEFT",
				     redis->config->list, redis->processing),
			error);

		if (!reply)
			return false;
		moved = reply->type == REDIS_REPLY_STRING;
		if (moved)
			add_mail(redis, batch, reply, NULL);
		freeReplyObject(reply);
	}
	return true;
}

/*
 * The answer to the blocking command, if it is there. What it holds is this
 * consumer's now, and is read again as such by the caller.
 */
static bool end_wait(struct redis *redis, GError **error)
{
	struct pollfd poll_fd = {redis->context->fd, POLLIN, 0};
	gint64 silent_ms = clock_monotonic_ms() - redis->waits_ms;
	void *reply = NULL;

	if (poll(&poll_fd, 1, 0) == 0) {
		if (silent_ms > (gint64)redis->timing.interval_ms + SILENCE_MS)
			return fail(redis, "waiting", "no answer", error);
		return true;
	}
	redis->waiting = redis->pending_read = false;
	if (redisGetReply(redis->context, &reply) != REDIS_OK)
		reply = NULL;
	return redis_ok(redis, "waiting", reply, error);
}

/* Leave a command with the server that ends when something comes. */
static bool begin_wait(struct redis *redis, GError **error)
{
	const struct source_config *config = redis->config;
	guint ms = redis->timing.interval_ms;
	g_autofree char *seconds = g_strdup_printf("%u.%03u", ms / 1000,
						   ms % 1000);
	int done = 0;

	if (config->stream)
		redisAppendCommand(redis->context,
				   "XREADGROUP GROUP %s %s COUNT 1 BLOCK %u "
				   "STREAMS %s >",
				   config->group, config->name, ms,
				   config->stream);
	else
		redisAppendCommand(redis->context, "BLMOVE %s %s RIGHT LEFT %s",
				   config->list, redis->processing, seconds);
	while (!done) {
		if (redisBufferWrite(redis->context, &done) != REDIS_OK)
			return fail(redis, "waiting", redis->context->errstr,
				    error);
	}
	redis->waiting = true;
	redis->waits_ms = clock_monotonic_ms();
	return true;
}

static bool redis_gather(gpointer state, struct intake_batch *batch,
			 GCancellable *cancellable, GError **error)
{
	struct redis *redis = state;

	(void)cancellable;
	if (!redis_connect(redis, error))
		return false;
	if (redis->waiting && !end_wait(redis, error))
		return false;
	if (!redis->waiting) {
		if (!(redis->config->stream ? gather_stream(redis, batch, error)
					    : gather_list(redis, batch, error)))
			return false;
		batch->more = batch->items->len;
		if (!batch->more && !begin_wait(redis, error))
			return false;
	}
	if (redis->waiting)
		batch->again_ms = redis->timing.interval_ms + SILENCE_MS;
	return true;
}

static redisReply *acknowledge(struct redis *redis,
			       const struct intake_item *item)
{
	const struct source_config *config = redis->config;
	const char *data;
	gsize len;

	if (config->stream)
		return redisCommand(redis->context, "XACK %s %s %s",
				    config->stream, config->group,
				    (const char *)item->own);
	data = g_bytes_get_data(item->own, &len);
	return redisCommand(redis->context, "LREM %s 1 %b", redis->processing,
			    data ? data : "", len);
}

static bool redis_settle(gpointer state, struct intake_batch *batch,
			 GCancellable *cancellable, GError **error)
{
	struct redis *redis = state;

	(void)cancellable;
	for (guint i = 0; i < batch->items->len; i++) {
		fault_point(FAULT_REDIS_BEFORE_ACK);
		if (!redis_ok(redis, "acknowledging",
			      acknowledge(redis, batch->items->pdata[i]),
			      error))
			return false;
		fault_point(FAULT_REDIS_ACKED);
	}
	return true;
}

static int redis_watch(gpointer state)
{
	const struct redis *redis = state;

	return redis->waiting ? redis->context->fd : -1;
}

const struct intake_ops intake_redis = {
	.kind = "redis",
	.open = redis_open,
	.gather = redis_gather,
	.settle = redis_settle,
	.watch = redis_watch,
	.reset = redis_reset,
	.free = redis_free,
};
