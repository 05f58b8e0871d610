// SPDX-License-Identifier: GPL-2.0-or-later
/* The LAVA lab as one of the labs, and what it asks of devices. */
#include "lab/lava-events.h"

#include <string.h>

static struct lab *lava_open(const struct lab_config *config,
			     const struct site *site, GError **error)
{
	struct lab *lab;

	if (!config->url || !config->user || !config->token_file ||
	    !config->artifacts) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "expected url, user, token-file and artifacts");
		return NULL;
	}
	lab = g_new0(struct lab, 1);
	lab->config = config;
	lab->site = site;
	lab->url = g_strdup(config->url);
	while (g_str_has_suffix(lab->url, "/"))
		lab->url[strlen(lab->url) - 1] = '\0';
	lab->pause_ms = LAVA_PAUSE_MS;
	lab->http = http_new();
	lab->templates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       g_free);
	lab->running = g_hash_table_new(NULL, NULL);
	lab->events = lava_events_new(lab);
	lab->sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					  NULL);
	lab->told = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					  NULL);
	return lab;
}

static void lava_close(struct lab *lab)
{
	if (!lab)
		return;
	lava_events_free(lab->events);
	http_free(lab->http);
	g_hash_table_unref(lab->templates);
	g_hash_table_unref(lab->running);
	g_hash_table_unref(lab->sent);
	g_hash_table_unref(lab->told);
	g_free(lab->url);
	g_free(lab->token);
	g_free(lab->user);
	g_free(lab);
}

static bool lava_knows(const struct board *board)
{
	return board->device_type && *board->device_type;
}

/*
 * Whether a device is there: the workers that are up, then the numbers of the
 * tags, then the devices, each looked at in the answers.
 */
struct ready {
	struct lab *lab;
	const struct board *board;
	GHashTable *workers; /* set of names */
	GArray *tags;	     /* of gint64 */
};

static void ready_free(gpointer data)
{
	struct ready *ready = data;

	g_hash_table_unref(ready->workers);
	g_array_unref(ready->tags);
	g_free(ready);
}

static bool has(json_t *row, const char *key, const char *value)
{
	return g_strcmp0(json_string_value(json_object_get(row, key)), value) ==
	       0;
}

static bool has_tag(json_t *device, gint64 tag)
{
	json_t *tags = json_object_get(device, "tags");
	json_t *value;
	gsize i;

	json_array_foreach (tags, i, value) {
		if (json_integer_value(value) == tag)
			return true;
	}
	return false;
}

static bool is_usable(const struct ready *ready, json_t *device)
{
	const char *worker = json_string_value(
		json_object_get(device, "worker_host"));

	if (!has(device, "device_type", ready->board->device_type) ||
	    !has(device, "health", "Good") || !worker ||
	    !g_hash_table_contains(ready->workers, worker))
		return false;
	for (guint i = 0; i < ready->tags->len; i++) {
		if (!has_tag(device, g_array_index(ready->tags, gint64, i)))
			return false;
	}
	return true;
}

static void ready_ask(GTask *task, const char *path,
		      GAsyncReadyCallback callback)
{
	struct ready *ready = g_task_get_task_data(task);
	struct lava_ask ask = {.path = path};

	lava_ask_async(ready->lab, &ask, g_task_get_cancellable(task), callback,
		       task);
}

/* The list of an answer, a new reference; NULL: the task has returned. */
static json_t *ready_list(GTask *task, GAsyncResult *res, const char *what)
{
	struct ready *ready = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	json_t *list;

	if (!answer || !lava_answer_ok(ready->lab, answer, what, &error)) {
		g_task_return_error(task, error);
		return NULL;
	}
	list = json_object_get(answer->json, "results");
	return list ? json_incref(list) : json_array();
}

static void on_devices(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GTask) task = data;
	struct ready *ready = g_task_get_task_data(task);
	g_autoptr(json_t) list = ready_list(task, res, "devices");
	json_t *device;
	gsize i;

	(void)source;
	if (!list)
		return;
	json_array_foreach (list, i, device) {
		if (is_usable(ready, device)) {
			g_task_return_boolean(task, TRUE);
			return;
		}
	}
	g_task_return_new_error(
		task, REROLL_ERROR, REROLL_ERROR_TEMP,
		"no device of type %s%s is usable", ready->board->device_type,
		ready->tags->len ? " with the board's tags" : "");
}

static void ask_devices(GTask *task)
{
	struct ready *ready = g_task_get_task_data(task);
	g_autofree char *type = g_uri_escape_string(ready->board->device_type,
						    NULL, FALSE);
	g_autofree char *path = g_strdup_printf(
		"devices/?device_type__name=%s&health=Good&"
		"worker_host__state=Online&worker_host__health=Active&"
		"limit=1000",
		type);

	ready_ask(task, path, on_devices);
}

static bool find_tag(struct ready *ready, json_t *list, const char *name)
{
	json_t *tag;
	gsize i;

	json_array_foreach (list, i, tag) {
		gint64 id = json_integer_value(json_object_get(tag, "id"));

		if (has(tag, "name", name)) {
			g_array_append_val(ready->tags, id);
			return true;
		}
	}
	return false;
}

static void on_tags(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GTask) task = data;
	struct ready *ready = g_task_get_task_data(task);
	const GPtrArray *tags = ready->board->tags;
	g_autoptr(json_t) list = ready_list(task, res, "tags");

	(void)source;
	if (!list)
		return;
	for (guint i = 0; i < tags->len; i++) {
		if (find_tag(ready, list, tags->pdata[i]))
			continue;
		g_task_return_new_error(task, REROLL_ERROR, REROLL_ERROR_TEMP,
					"no device has the tag %s",
					(char *)tags->pdata[i]);
		return;
	}
	ask_devices(g_steal_pointer(&task));
}

static void on_workers(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GTask) task = data;
	struct ready *ready = g_task_get_task_data(task);
	g_autoptr(json_t) list = ready_list(task, res, "workers");
	json_t *worker;
	gsize i;

	(void)source;
	if (!list)
		return;
	json_array_foreach (list, i, worker) {
		const char *name = json_string_value(
			json_object_get(worker, "hostname"));

		if (name && has(worker, "state", "Online") &&
		    has(worker, "health", "Active"))
			g_hash_table_add(ready->workers, g_strdup(name));
	}
	if (ready->board->tags->len > 0)
		ready_ask(g_steal_pointer(&task), "tags/?limit=1000", on_tags);
	else
		ask_devices(g_steal_pointer(&task));
}

static void on_proven(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;

	(void)source;
	if (lava_prove_finish(res, &error))
		ready_ask(g_steal_pointer(&task),
			  "workers/?state=Online&health=Active&limit=1000",
			  on_workers);
	else
		g_task_return_error(task, error);
}

static void lava_ready_async(struct lab *lab, const struct board *board,
			     GCancellable *cancellable,
			     GAsyncReadyCallback callback, gpointer user_data)
{
	struct ready *ready = g_new0(struct ready, 1);
	GTask *task = g_task_new(NULL, cancellable, callback, user_data);

	ready->lab = lab;
	ready->board = board;
	ready->workers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       NULL);
	ready->tags = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, ready, ready_free);
	lava_prove_async(lab, cancellable, on_proven, task);
}

static bool lava_ready_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_boolean(G_TASK(res), error);
}

static char *lava_print(struct lab *lab, const struct lab_job *job,
			GError **error)
{
	g_autoptr(lava_files_t) files = lava_files_name(lab, job);
	g_autoptr(lava_try_t) attempt = lava_try_new(job, 1);

	return lava_text(lab, job, files, attempt, error);
}

const struct lab_ops lab_lava = {
	.kind = "lava",
	.open = lava_open,
	.close = lava_close,
	.knows = lava_knows,
	.ready_async = lava_ready_async,
	.ready_finish = lava_ready_finish,
	.run_async = lava_run_async,
	.run_finish = lava_run_finish,
	.print = lava_print,
	.call = lava_callback,
};
