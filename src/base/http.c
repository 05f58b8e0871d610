// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One GSource watches what libcurl asks to be watched: its sockets as the
 * source's file descriptors, its timer as the source's ready time. What has
 * ended is collected first and returned after libcurl is left, as a callback
 * may send or free.
 */
#include <config.h>

#include <curl/curl.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/http.h"
#include "base/text.h"

#define TIMEOUT_MS 30000
#define CONNECT_MS 15000
#define LIMIT_BYTES (8 << 20)
#define REDIRECTS 5L
#define HOST_CONNECTIONS 16L

struct http_source {
	GSource source;
	struct http *http;
};

struct http {
	gatomicrefcount refs; /* ours, and one while the source dispatches */
	bool closed;
	CURLM *multi;
	GSource *source;
	GHashTable *tags;      /* socket to tag of the source */
	GHashTable *transfers; /* set of struct transfer, under way */
};

struct transfer {
	struct http *http;
	CURL *easy;
	GTask *task;
	GSource *cancelled;
	struct curl_slist *headers;
	GBytes *body;
	GByteArray *received;
	gsize limit;
	bool too_large;
	gint64 started_ms;
	char why[CURL_ERROR_SIZE];
};

void http_response_free(struct http_response *response)
{
	if (!response)
		return;
	g_free(response->type);
	g_free(response->location);
	g_free(response->etag);
	g_free(response->retry_after);
	g_clear_pointer(&response->body, g_bytes_unref);
	g_free(response);
}

static void transfer_free(struct transfer *transfer)
{
	if (transfer->cancelled) {
		g_source_destroy(transfer->cancelled);
		g_source_unref(transfer->cancelled);
	}
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	g_clear_pointer(&transfer->body, g_bytes_unref);
	g_byte_array_unref(transfer->received);
	g_object_unref(transfer->task);
	g_free(transfer);
}

static void http_unref(struct http *http)
{
	if (!g_atomic_ref_count_dec(&http->refs))
		return;
	g_hash_table_unref(http->tags);
	g_hash_table_unref(http->transfers);
	g_free(http);
}

static char *header_value(CURL *easy, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return text_printable(header->value, -1);
}

static char *media_type(const char *value)
{
	g_autofree char *type = value ? text_printable(value, -1) : NULL;

	if (!type)
		return NULL;
	type[strcspn(type, ";")] = '\0';
	g_strstrip(type);
	return g_ascii_strdown(type, -1);
}

static struct http_response *transfer_response(struct transfer *transfer)
{
	struct http_response *response = g_new0(struct http_response, 1);
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	response->status = (guint)status;
	response->type = media_type(type);
	response->location = header_value(transfer->easy, "Location");
	response->etag = header_value(transfer->easy, "ETag");
	response->retry_after = header_value(transfer->easy, "Retry-After");
	response->body = g_byte_array_free_to_bytes(
		g_steal_pointer(&transfer->received));
	transfer->received = g_byte_array_new();
	response->elapsed_ms = clock_monotonic_ms() - transfer->started_ms;
	return response;
}

/* "https://example.org:8080", without what may be secret. */
static char *host_of(CURL *easy)
{
	g_autoptr(GUri) uri = NULL;
	g_autofree char *host = NULL;
	const char *url = NULL;

	curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	uri = url ? g_uri_parse(url, G_URI_FLAGS_PARSE_RELAXED, NULL) : NULL;
	if (!uri || !g_uri_get_host(uri))
		return g_strdup("the server");
	host = g_uri_get_port(uri) > 0
		       ? g_strdup_printf("%s:%d", g_uri_get_host(uri),
					 g_uri_get_port(uri))
		       : g_strdup(g_uri_get_host(uri));
	return text_quote(host, -1);
}

static bool transfer_connected(const struct transfer *transfer)
{
	long connections = 0;
	const char *ip = NULL;

	curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
	curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &ip);
	return connections > 0 || (ip && *ip);
}

static GError *transfer_error(const struct transfer *transfer, CURLcode code)
{
	const char *why = *transfer->why ? transfer->why
					 : curl_easy_strerror(code);
	g_autofree char *host = host_of(transfer->easy);
	g_autofree char *reason = text_one_line(why, -1, 200);

	if (transfer->too_large)
		return g_error_new(REROLL_ERROR, REROLL_ERROR_LIMIT,
				   "the answer of %s is larger than "
				   "%" G_GSIZE_FORMAT " bytes",
				   host, transfer->limit);
	/* An answer that is not HTTP has the code of a URL that is not, too. */
	if (code == CURLE_URL_MALFORMAT ||
	    (code == CURLE_UNSUPPORTED_PROTOCOL &&
	     transfer->received->len == 0 && !transfer_connected(transfer)))
		return g_error_new(REROLL_ERROR, REROLL_ERROR_INPUT,
				   "found no URL of http or https: %s", reason);
	return g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
			   "there is no answer from %s: %s", host, reason);
}

/* Take it out of libcurl; what is left is the task to return. */
static void transfer_detach(struct transfer *transfer)
{
	g_hash_table_remove(transfer->http->transfers, transfer);
	curl_multi_remove_handle(transfer->http->multi, transfer->easy);
}

static void transfer_end(struct transfer *transfer, CURLcode code)
{
	g_autoptr(GTask) task = g_object_ref(transfer->task);
	g_autoptr(GError) error = NULL;
	struct http_response *response = NULL;

	if (code == CURLE_OK)
		response = transfer_response(transfer);
	else
		error = transfer_error(transfer, code);
	transfer_free(transfer);
	if (response)
		g_task_return_pointer(task, response,
				      (GDestroyNotify)http_response_free);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

static void transfer_cancel(struct transfer *transfer)
{
	g_autoptr(GTask) task = g_object_ref(transfer->task);

	transfer_detach(transfer);
	transfer_free(transfer);
	g_task_return_new_error(task, REROLL_ERROR, REROLL_ERROR_CANCELLED,
				"the request was cancelled");
}

static gboolean on_cancelled(GCancellable *cancellable, gpointer data)
{
	(void)cancellable;
	transfer_cancel(data);
	return G_SOURCE_REMOVE;
}

struct ended {
	struct transfer *transfer;
	CURLcode code;
};

/* A callback may end the others: each is looked up before it is returned. */
static void http_collect(struct http *http)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct ended));
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		struct ended ended = {.code = message->data.result};

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  (char **)&ended.transfer);
		g_array_append_val(all, ended);
	}
	for (guint i = 0; i < all->len && !http->closed; i++) {
		struct ended *ended = &g_array_index(all, struct ended, i);

		if (!g_hash_table_contains(http->transfers, ended->transfer))
			continue;
		transfer_detach(ended->transfer);
		transfer_end(ended->transfer, ended->code);
	}
}

static int actions_of(GIOCondition condition)
{
	return (condition & (G_IO_IN | G_IO_HUP) ? CURL_CSELECT_IN : 0) |
	       (condition & G_IO_OUT ? CURL_CSELECT_OUT : 0) |
	       (condition & G_IO_ERR ? CURL_CSELECT_ERR : 0);
}

static void http_act(struct http *http, gpointer socket)
{
	gpointer tag = g_hash_table_lookup(http->tags, socket);
	int actions, running;

	if (!tag)
		return;
	actions = actions_of(g_source_query_unix_fd(http->source, tag));
	if (actions)
		curl_multi_socket_action(http->multi, GPOINTER_TO_INT(socket),
					 actions, &running);
}

static gboolean http_dispatch(GSource *source, GSourceFunc callback,
			      gpointer data)
{
	struct http *http = ((struct http_source *)source)->http;
	g_autoptr(GList) sockets = g_hash_table_get_keys(http->tags);
	gint64 ready = g_source_get_ready_time(source);
	int running;

	(void)callback;
	(void)data;
	g_atomic_ref_count_inc(&http->refs);
	for (GList *at = sockets; at; at = at->next)
		http_act(http, at->data);
	if (ready >= 0 && ready <= g_source_get_time(source)) {
		g_source_set_ready_time(source, -1);
		curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0,
					 &running);
	}
	http_collect(http);
	http_unref(http);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs http_funcs = {.dispatch = http_dispatch};

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data,
		     void *tag)
{
	struct http *http = data;
	gpointer key = GINT_TO_POINTER(socket);
	GIOCondition condition = G_IO_HUP | G_IO_ERR;

	(void)easy;
	(void)tag;
	tag = g_hash_table_lookup(http->tags, key);
	if (what == CURL_POLL_REMOVE) {
		if (tag)
			g_source_remove_unix_fd(http->source, tag);
		g_hash_table_remove(http->tags, key);
		return 0;
	}
	condition |= what & CURL_POLL_IN ? G_IO_IN : 0;
	condition |= what & CURL_POLL_OUT ? G_IO_OUT : 0;
	if (tag)
		g_source_modify_unix_fd(http->source, tag, condition);
	else
		g_hash_table_insert(
			http->tags, key,
			g_source_add_unix_fd(http->source, socket, condition));
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *data)
{
	struct http *http = data;

	(void)multi;
	g_source_set_ready_time(
		http->source,
		ms < 0 ? -1 : g_get_monotonic_time() + (gint64)ms * 1000);
	return 0;
}

struct http *http_new(void)
{
	static gsize ready;
	struct http *http = g_new0(struct http, 1);

	if (g_once_init_enter(&ready)) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		g_once_init_leave(&ready, 1);
	}
	g_atomic_ref_count_init(&http->refs);
	http->tags = g_hash_table_new(NULL, NULL);
	http->transfers = g_hash_table_new(NULL, NULL);
	http->source = g_source_new(&http_funcs, sizeof(struct http_source));
	((struct http_source *)http->source)->http = http;
	http->multi = curl_multi_init();
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			  HOST_CONNECTIONS);
	g_source_attach(http->source, g_main_context_get_thread_default());
	return http;
}

void http_free(struct http *http)
{
	g_autoptr(GList) left = NULL;

	if (!http)
		return;
	left = g_hash_table_get_keys(http->transfers);
	http->closed = true;
	for (GList *at = left; at; at = at->next) {
		if (g_hash_table_contains(http->transfers, at->data))
			transfer_cancel(at->data);
	}
	curl_multi_cleanup(http->multi);
	g_source_destroy(http->source);
	g_source_unref(http->source);
	http_unref(http);
}

static size_t on_body(char *data, size_t one, size_t len, void *user_data)
{
	struct transfer *transfer = user_data;

	len *= one;
	if (len > transfer->limit - transfer->received->len) {
		transfer->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	g_byte_array_append(transfer->received, (const guint8 *)data,
			    (guint)len);
	return len;
}

static bool only_reads(const struct http_request *request)
{
	return !request->method || strcmp(request->method, "GET") == 0 ||
	       strcmp(request->method, "HEAD") == 0;
}

/* What is sent: the method with its body, headers, who we are. */
static void set_request(struct transfer *transfer,
			const struct http_request *request)
{
	CURL *easy = transfer->easy;
	gsize len;

	if (request->body ||
	    (request->method && !strcmp(request->method, "POST"))) {
		transfer->body = request->body ? g_bytes_ref(request->body)
					       : g_bytes_new(NULL, 0);
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(
			easy, CURLOPT_POSTFIELDS,
			g_bytes_get_data(transfer->body, &len)
				? g_bytes_get_data(transfer->body, NULL)
				: "");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)len);
	}
	if (request->method && strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (request->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	for (gsize i = 0; request->headers && request->headers[i]; i++)
		transfer->headers = curl_slist_append(transfer->headers,
						      request->headers[i]);
	/* Without a server that asks for it, waiting for a 100 is a delay. */
	transfer->headers = curl_slist_append(transfer->headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "reroll/" PACKAGE_VERSION);
	if (request->user) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD,
				 request->password ? request->password : "");
	}
}

/* How long, how much, and where it may lead. */
static void set_limits(struct transfer *transfer,
		       const struct http_request *request)
{
	CURL *easy = transfer->easy;
	long timeout_ms = request->timeout_ms ? (long)request->timeout_ms
					      : TIMEOUT_MS;

	transfer->limit = request->limit_bytes ? request->limit_bytes
					       : LIMIT_BYTES;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			 MIN(timeout_ms, (long)CONNECT_MS));
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS);
	curl_easy_setopt(
		easy, CURLOPT_FOLLOWLOCATION,
		request->follow && only_reads(request) && !request->body ? 1L
									 : 0L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->why);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
}

static void watch_cancellable(struct transfer *transfer,
			      GCancellable *cancellable)
{
	if (!cancellable)
		return;
	transfer->cancelled = g_cancellable_source_new(cancellable);
	g_source_set_callback(transfer->cancelled, G_SOURCE_FUNC(on_cancelled),
			      transfer, NULL);
	g_source_attach(transfer->cancelled,
			g_task_get_context(transfer->task));
}

void http_send_async(struct http *http, const struct http_request *request,
		     GCancellable *cancellable, GAsyncReadyCallback callback,
		     gpointer user_data)
{
	struct transfer *transfer = g_new0(struct transfer, 1);

	transfer->http = http;
	transfer->task = g_task_new(NULL, cancellable, callback, user_data);
	g_task_set_check_cancellable(transfer->task, FALSE);
	g_task_set_source_tag(transfer->task, http_send_async);
	transfer->easy = curl_easy_init();
	transfer->received = g_byte_array_new();
	transfer->started_ms = clock_monotonic_ms();
	curl_easy_setopt(transfer->easy, CURLOPT_URL,
			 request->url ? request->url : "");
	set_limits(transfer, request);
	set_request(transfer, request);
	watch_cancellable(transfer, cancellable);
	g_hash_table_add(http->transfers, transfer);
	curl_multi_add_handle(http->multi, transfer->easy);
}

struct http_response *http_send_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}
