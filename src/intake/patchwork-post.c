/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intake/intake.h"

#include <string.h>

#include "intake/patchwork-internal.h"

#define URL_BYTES 200
#define SLUG_BYTES 255

struct posting {
	struct poster_call call;
	gint64 series;
	guint revision;
	char *patch; /* the last one's id */
	char *name, *url, *summary;
	enum patchwork_state state;
	bool posted;
};

static void posting_free(gpointer data)
{
	struct posting *posting = data;

	g_free(posting->patch);
	g_free(posting->name);
	g_free(posting->url);
	g_free(posting->summary);
	g_free(posting);
}

struct patchwork_poster *
patchwork_poster_new(const struct source_config *config,
		     const struct intake_timing *timing, GError **error)
{
	const struct intake_timing filled = intake_timing_filled(timing);
	struct patchwork_poster *poster;
	struct patchwork *patchwork;

	if ((config->kind != SOURCE_PATCHWORK &&
	     config->kind != SOURCE_PATCHWORK_FDO) ||
	    !config->token_file) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "results go to a Patchwork with a token-file");
		return NULL;
	}
	patchwork = patchwork_new(NULL, config, &filled, error);
	if (!patchwork)
		return NULL;
	poster = g_new0(struct patchwork_poster, 1);
	poster->patchwork = patchwork;
	poster->is_fdo = config->kind == SOURCE_PATCHWORK_FDO;
	g_mutex_init(&poster->busy);
	return poster;
}

void patchwork_poster_free(struct patchwork_poster *poster)
{
	if (!poster)
		return;
	patchwork_free(poster->patchwork);
	g_mutex_clear(&poster->busy);
	g_free(poster->user);
	g_free(poster);
}

/* Servers check more of a URL than we: what may be refused is left out. */
static char *usable_url(const char *url)
{
	g_autoptr(GUri) uri = url ? g_uri_parse(url, G_URI_FLAGS_NONE, NULL)
				  : NULL;

	if (!uri || strlen(url) > URL_BYTES || !g_uri_get_host(uri) ||
	    !strchr(g_uri_get_host(uri), '.'))
		return NULL;
	return g_strdup(url);
}

static char *usable_name(const char *name, bool is_fdo)
{
	char *usable = text_one_line(name, -1, SLUG_BYTES);

	if (!is_fdo)
		g_strcanon(usable, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-",
			   '-');
	return usable;
}

static const char *state_word(const struct posting *posting)
{
	static const char *const fdo[] = {"pending", "success", "warning",
					  "failure"};
	static const char *const upstream[] = {"pending", "success", "warning",
					       "fail"};

	return posting->call.poster->is_fdo ? fdo[posting->state]
					    : upstream[posting->state];
}

static char *path_of(const struct posting *posting)
{
	if (posting->call.poster->is_fdo)
		return g_strdup_printf("/api/1.0/series/%" G_GINT64_FORMAT
				       "/revisions/%u/test-results/",
				       posting->series, posting->revision);
	return g_strdup_printf("/api/1.2/patches/%s/checks/", posting->patch);
}

/* The body to post; its members are what is compared with what is there. */
static json_t *body_of(const struct posting *posting)
{
	bool is_fdo = posting->call.poster->is_fdo;
	json_t *body = json_object();

	json_object_set_new(body, is_fdo ? "test_name" : "context",
			    json_text(posting->name));
	json_object_set_new(body, "state", json_string(state_word(posting)));
	json_object_set_new(body, is_fdo ? "url" : "target_url",
			    json_text(posting->url));
	json_object_set_new(body, is_fdo ? "summary" : "description",
			    json_text(posting->summary));
	return body;
}

/* An absent text may come back as an empty one. */
static bool is_same(const json_t *there, json_t *body)
{
	const char *key;
	json_t *value;

	json_object_foreach (body, key, value) {
		const char *a = json_string_value(value);
		const char *b = patchwork_text(there, key);

		if (strcmp(a ? a : "", b ? b : "") != 0)
			return false;
	}
	return true;
}

/* The newest of ours: upstream keeps all, freedesktop.org one of a name. */
static const json_t *newest_of(const struct posting *posting,
			       const json_t *list, const char *user)
{
	const char *name = posting->call.poster->is_fdo ? "test_name"
							: "context";
	const json_t *newest = NULL;

	for (gsize i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *by = patchwork_text(json_object_get(one, "user"),
						"username");

		if (g_strcmp0(patchwork_text(one, name), posting->name) != 0 ||
		    (user && by && strcmp(by, user) != 0))
			continue;
		if (!newest ||
		    patchwork_int(one, "id") >= patchwork_int(newest, "id"))
			newest = one;
	}
	return newest;
}

/* With a token nobody has told us. */
static const char *user_of(const struct patchwork_poster *poster)
{
	const char *user = poster->patchwork->config->user;

	return user ? user : poster->user;
}

static bool is_there(struct posting *posting, json_t *body, bool *there,
		     GError **error)
{
	struct patchwork *patchwork = posting->call.poster->patchwork;
	g_autofree char *path = path_of(posting);
	g_autofree char *query = posting->call.poster->is_fdo
					 ? g_strdup("")
					 : g_strconcat("?per_page=250&context=",
						       posting->name, NULL);
	g_autoptr(json_t)
		list = patchwork_get(patchwork, error, "%s%s", path, query);
	const json_t *newest;

	if (!list)
		return false;
	newest = newest_of(posting, list, user_of(posting->call.poster));
	*there = newest && is_same(newest, body);
	return true;
}

static void note_user(struct patchwork_poster *poster, const json_t *said)
{
	const char *user = patchwork_text(json_object_get(said, "user"),
					  "username");

	if (!user)
		return;
	g_free(poster->user);
	poster->user = g_strdup(user);
}

/* The server answers with what it keeps; a proxy in its place does not. */
static bool is_kept(const struct posting *posting, json_t *body, GBytes *answer)
{
	const char *name = posting->call.poster->is_fdo ? "test_name"
							: "context";
	gsize len;
	const char *data = g_bytes_get_data(answer, &len);
	g_autoptr(json_t) said = json_loadb(data ? data : "", len, 0, NULL);

	note_user(posting->call.poster, said);
	return g_strcmp0(patchwork_text(said, "state"),
			 patchwork_text(body, "state")) == 0 &&
	       g_strcmp0(patchwork_text(said, name),
			 patchwork_text(body, name)) == 0;
}

static bool post(struct posting *posting, json_t *body, GError **error)
{
	g_autofree char *path = path_of(posting);
	char *text = json_dumps(body, JSON_COMPACT);
	const struct patchwork_write what = {"POST", path, "application/json",
					     text};
	g_autoptr(http_response_t) response = patchwork_write(
		posting->call.poster->patchwork, &what, error);

	free(text);
	if (!response || is_kept(posting, body, response->body))
		return response;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "Patchwork took a result and did not say that it has it");
	return false;
}

static bool post_if_new(gpointer data, GError **error)
{
	struct posting *posting = data;
	g_autoptr(json_t) body = body_of(posting);
	bool there = false;

	if (!is_there(posting, body, &there, error) ||
	    (!there && !post(posting, body, error)))
		return false;
	posting->posted = !there;
	return true;
}

static void call_thread(GTask *task, gpointer source, gpointer data,
			GCancellable *cancellable)
{
	struct poster_call *call = data;
	GError *error = NULL;
	bool ok;

	(void)source;
	g_mutex_lock(&call->poster->busy);
	call->poster->patchwork->cancellable = cancellable;
	ok = call->run(data, &error);
	g_mutex_unlock(&call->poster->busy);
	if (ok)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void poster_call_start(GTask *task, gpointer data, GDestroyNotify data_free)
{
	g_task_set_task_data(task, data, data_free);
	g_task_set_check_cancellable(task, FALSE);
	g_task_run_in_thread(task, call_thread);
}

void patchwork_post_async(struct patchwork_poster *poster,
			  const struct patchwork_result *result,
			  GCancellable *cancellable,
			  GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);
	struct posting *posting = g_new0(struct posting, 1);
	const char *comma = strrchr(result->patches, ',');

	posting->call = (struct poster_call){poster, post_if_new};
	posting->series = result->series;
	posting->revision = result->revision;
	posting->patch = g_strdup(comma ? comma + 1 : result->patches);
	posting->name = usable_name(result->name, poster->is_fdo);
	posting->state = result->state;
	posting->url = usable_url(result->url);
	posting->summary = result->summary ? text_printable(result->summary, -1)
					   : NULL;
	poster_call_start(task, posting, posting_free);
}

bool patchwork_post_finish(GAsyncResult *res, bool *posted, GError **error)
{
	const struct posting *posting = g_task_get_task_data(G_TASK(res));

	*posted = posting->posted;
	return g_task_propagate_boolean(G_TASK(res), error);
}
