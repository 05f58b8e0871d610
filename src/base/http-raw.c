// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/http-raw.h"
#include "base/text.h"

#define CONNECT_MS 15000L

struct http_raw {
	CURL *easy;
	curl_socket_t fd;
	char why[CURL_ERROR_SIZE];
};

void http_raw_free(struct http_raw *raw)
{
	if (!raw)
		return;
	curl_easy_cleanup(raw->easy);
	g_free(raw);
}

/* Asked several times a second: whether to give up. */
static int on_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t c,
		       curl_off_t d)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return data && g_cancellable_is_cancelled(data);
}

static void raw_set(struct http_raw *raw, const char *url,
		    GCancellable *cancellable)
{
	CURL *easy = raw->easy;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, raw->why);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, cancellable);
}

static void raw_return_error(GTask *task, const struct http_raw *raw,
			     CURLcode code)
{
	g_autofree char *why = text_one_line(
		*raw->why ? raw->why : curl_easy_strerror(code), -1, 200);

	if (g_cancellable_is_cancelled(g_task_get_cancellable(task)))
		g_task_return_new_error(task, REROLL_ERROR,
					REROLL_ERROR_CANCELLED,
					"the connection was cancelled");
	else
		g_task_return_new_error(task, REROLL_ERROR, REROLL_ERROR_TEMP,
					"there is no connection: %s", why);
}

static void raw_open(GTask *task, gpointer source, gpointer url,
		     GCancellable *cancellable)
{
	struct http_raw *raw = g_new0(struct http_raw, 1);
	CURLcode code;

	(void)source;
	raw->easy = curl_easy_init();
	raw_set(raw, url, cancellable);
	code = curl_easy_perform(raw->easy);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(raw->easy, CURLINFO_ACTIVESOCKET,
					 &raw->fd);
	/* Neither outlives this. */
	curl_easy_setopt(raw->easy, CURLOPT_NOPROGRESS, 1L);
	curl_easy_setopt(raw->easy, CURLOPT_XFERINFODATA, NULL);
	if (code == CURLE_OK) {
		g_task_return_pointer(task, raw, (GDestroyNotify)http_raw_free);
		return;
	}
	raw_return_error(task, raw, code);
	http_raw_free(raw);
}

void http_raw_open_async(const char *url, GCancellable *cancellable,
			 GAsyncReadyCallback callback, gpointer user_data)
{
	static gsize ready;
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);

	if (g_once_init_enter(&ready)) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		g_once_init_leave(&ready, 1);
	}
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, g_strdup(url), g_free);
	g_task_run_in_thread(task, raw_open);
}

struct http_raw *http_raw_open_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}

int http_raw_fd(const struct http_raw *raw)
{
	return raw->fd;
}

enum http_raw_got http_raw_read(struct http_raw *raw, guint8 *bytes, gsize most,
				gsize *len)
{
	CURLcode code = curl_easy_recv(raw->easy, bytes, most, len);

	return code == CURLE_AGAIN	      ? HTTP_RAW_NONE
	       : code == CURLE_OK && *len > 0 ? HTTP_RAW_SOME
					      : HTTP_RAW_END;
}

bool http_raw_write(struct http_raw *raw, const guint8 *bytes, gsize len)
{
	size_t sent = 0;

	return curl_easy_send(raw->easy, bytes, len, &sent) == CURLE_OK &&
	       sent == len;
}
