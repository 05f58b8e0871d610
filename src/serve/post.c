/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/post.h"

#include <string.h>

#define PAUSE_S 30
#define PAUSE_MOST_S 3600

/* One server. */
struct poster {
	struct posts *posts;
	const char *source; /* its name */
	struct patchwork_poster *poster;
	struct post *post; /* that is under way, or being looked for */
	gint64 next_at;
	bool busy, again;
	GSource *timer;
};

struct posts {
	struct daemon *daemon;
	struct settings *settings;
	GPtrArray *posters; /* of struct poster */
	GCancellable *cancellable;
	guint busy;
};

static void poster_look(struct poster *poster);

static void timer_clear(struct poster *poster)
{
	if (poster->timer)
		g_source_destroy(poster->timer);
	g_clear_pointer(&poster->timer, g_source_unref);
}

static void poster_free(gpointer data)
{
	struct poster *poster = data;

	timer_clear(poster);
	post_free(poster->post);
	patchwork_poster_free(poster->poster);
	g_free(poster);
}

static gboolean on_time(gpointer data)
{
	struct poster *poster = data;

	timer_clear(poster);
	poster_look(poster);
	return G_SOURCE_REMOVE;
}

static void poster_wait(struct poster *poster, gint64 next_at)
{
	gint64 wait_s = CLAMP(next_at - clock_now_at(), 0, PAUSE_MOST_S);

	timer_clear(poster);
	poster->timer = g_timeout_source_new((guint)wait_s * 1000);
	g_source_set_callback(poster->timer, on_time, poster, NULL);
	g_source_attach(poster->timer, NULL);
}

/* What was said of the one that was under way is kept: the next one. */
static void poster_idle(struct poster *poster, gint64 next_at)
{
	poster->busy = false;
	poster->posts->busy--;
	g_clear_pointer(&poster->post, post_free);
	if (g_cancellable_is_cancelled(poster->posts->cancellable))
		return;
	if (poster->again)
		poster_look(poster);
	else if (next_at)
		poster_wait(poster, next_at);
}

static char *about_of(const struct poster *poster)
{
	return g_strdup_printf("results to %s", poster->source);
}

/* How a post ended, on its way into the store. */
struct ending {
	struct poster *poster;
	GError *error; /* NULL: it stands there */
	gint64 next_at;
	bool drop;
};

static bool ending_work(struct store *store, gpointer data, GError **error)
{
	const struct ending *ending = data;
	const struct post *post = ending->poster->post;

	if (!ending->error)
		return store_post_done(store, post, error);
	if (ending->drop)
		return store_post_drop(store, post, ending->error->message,
				       error);
	return store_post_put_off(store, post, ending->next_at,
				  ending->error->message, error);
}

static void ending_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct ending *ending = data;
	struct poster *poster = ending->poster;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!writer_do_finish(res, &error))
		log_event(LOG_LEVEL_WARNING, NULL, "post not kept: %s",
			  error->message);
	poster->again = poster->again || !ending->error || ending->drop;
	poster_idle(poster, error ? clock_now_at() + PAUSE_S : ending->next_at);
	g_clear_error(&ending->error);
	g_free(ending);
}

static gint64 pause_of(const struct post *post)
{
	gint64 pause_s = PAUSE_S;

	for (guint i = 0; i < post->attempts; i++)
		pause_s = MIN(pause_s * 2, PAUSE_MOST_S);
	return pause_s;
}

/* What the server does not want it will not want another time. */
static void post_ended(struct poster *poster, GError *error)
{
	struct ending *ending = g_new0(struct ending, 1);
	const struct write write = {WRITE_KEPT, ending_work, ending};
	struct daemon *daemon = poster->posts->daemon;
	g_autofree char *about = about_of(poster);

	ending->poster = poster;
	ending->error = error;
	if (error) {
		ending->drop = g_error_matches(error, REROLL_ERROR,
					       REROLL_ERROR_INPUT) ||
			       g_error_matches(error, REROLL_ERROR,
					       REROLL_ERROR_NOT_FOUND);
		ending->next_at = clock_now_at() + pause_of(poster->post);
		if (!g_error_matches(error, REROLL_ERROR,
				     REROLL_ERROR_CANCELLED))
			trouble_note(daemon, "patchwork", about,
				     error->message);
	} else {
		trouble_end(daemon, "patchwork", about);
	}
	writer_do_async(daemon->writer, &write, ending_done, ending);
}

static void posted(GObject *source, GAsyncResult *res, gpointer data)
{
	GError *error = NULL;
	bool was_new;

	(void)source;
	patchwork_post_finish(res, &was_new, &error);
	post_ended(data, error);
}

static void states_set(GObject *source, GAsyncResult *res, gpointer data)
{
	GError *error = NULL;
	guint set;

	(void)source;
	patchwork_state_finish(res, &set, &error);
	post_ended(data, error);
}

static enum patchwork_state state_of(const char *name)
{
	static const char *const names[] = {
		[PATCHWORK_PENDING] = "pending",
		[PATCHWORK_SUCCESS] = "success",
		[PATCHWORK_WARNING] = "warning",
		[PATCHWORK_FAILURE] = "failure",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum patchwork_state)i;
	}
	return PATCHWORK_PENDING;
}

static void post_begin(struct poster *poster)
{
	const struct post *post = poster->post;
	const struct site *site = poster->posts->settings->site;
	const char *ours[] = {site->policy.state_passed,
			      site->policy.state_failed, NULL};
	const struct patchwork_states states = {
		.patches = post->patches,
		.state = post->summary,
		.ours = ours[0] ? ours : ours + 1,
	};
	const struct patchwork_result result = {
		.series = post->series,
		.revision = post->version,
		.patches = post->patches,
		.name = post->name,
		.state = state_of(post->state),
		.url = post->url,
		.summary = post->summary,
	};

	if (strcmp(post->state, "patches") == 0)
		patchwork_state_async(poster->poster, &states,
				      poster->posts->cancellable, states_set,
				      poster);
	else
		patchwork_post_async(poster->poster, &result,
				     poster->posts->cancellable, posted,
				     poster);
}

static bool look_work(struct store *store, gpointer data, GError **error)
{
	struct poster *poster = data;

	return store_post_due(store, poster->source, clock_now_at(),
			      &poster->post, &poster->next_at, error);
}

static void looked(GObject *source, GAsyncResult *res, gpointer data)
{
	struct poster *poster = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!writer_do_finish(res, &error) || !poster->post ||
	    g_cancellable_is_cancelled(poster->posts->cancellable))
		poster_idle(poster,
			    error ? clock_now_at() + PAUSE_S : poster->next_at);
	else
		post_begin(poster);
}

static void poster_look(struct poster *poster)
{
	const struct write write = {WRITE_KEPT, look_work, poster};

	poster->again = poster->busy;
	if (poster->busy)
		return;
	timer_clear(poster);
	poster->busy = true;
	poster->posts->busy++;
	writer_do_async(poster->posts->daemon->writer, &write, looked, poster);
}

struct posts *posts_new(struct daemon *daemon, struct settings *settings)
{
	struct posts *posts = g_new0(struct posts, 1);
	const GPtrArray *sources = settings->site->sources;

	posts->daemon = daemon;
	posts->settings = settings_ref(settings);
	posts->cancellable = g_cancellable_new();
	posts->posters = g_ptr_array_new_with_free_func(poster_free);
	for (guint i = 0; i < sources->len; i++) {
		const struct source_config *config = sources->pdata[i];
		struct poster *poster;

		if (!config->token_file ||
		    (config->kind != SOURCE_PATCHWORK &&
		     config->kind != SOURCE_PATCHWORK_FDO))
			continue;
		poster = g_new0(struct poster, 1);
		poster->posts = posts;
		poster->source = config->name;
		poster->poster = patchwork_poster_new(config, NULL, NULL);
		if (poster->poster)
			g_ptr_array_add(posts->posters, poster);
		else
			g_free(poster);
	}
	return posts;
}

void posts_wake(struct posts *posts)
{
	for (guint i = 0; posts && i < posts->posters->len; i++)
		poster_look(posts->posters->pdata[i]);
}

void posts_free(struct posts *posts)
{
	if (!posts)
		return;
	g_cancellable_cancel(posts->cancellable);
	while (posts->busy)
		g_main_context_iteration(NULL, TRUE);
	g_ptr_array_unref(posts->posters);
	g_object_unref(posts->cancellable);
	settings_unref(posts->settings);
	g_free(posts);
}

/* A state on its way into the store. */
struct noting {
	struct daemon *daemon;
	gint64 revision;
	char *name, *summary;
	const char *state;
};

static bool note_work(struct store *store, gpointer data, GError **error)
{
	const struct noting *noting = data;

	return store_post_put(store, noting->revision,
			      &(struct post_row){noting->name, noting->state,
						 noting->summary},
			      error);
}

static void noted(GObject *source, GAsyncResult *res, gpointer data)
{
	struct noting *noting = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!writer_do_finish(res, &error))
		log_event(LOG_LEVEL_WARNING, NULL, "post not kept: %s",
			  error->message);
	posts_wake(noting->daemon->posts);
	g_free(noting->name);
	g_free(noting->summary);
	g_free(noting);
}

static void note(struct daemon *daemon, gint64 revision, const char *name,
		 const char *state, const char *summary)
{
	struct noting *noting;
	struct write write = {WRITE_KEPT, note_work, NULL};

	if (!daemon->posts || daemon->posts->posters->len == 0)
		return;
	noting = g_new0(struct noting, 1);
	noting->daemon = daemon;
	noting->revision = revision;
	noting->name = g_strdup(name);
	noting->state = state;
	noting->summary = g_strdup(summary);
	write.data = noting;
	writer_do_async(daemon->writer, &write, noted, noting);
}

void posts_stage(struct daemon *daemon, gint64 revision, const char *stage,
		 const char *state, const char *summary)
{
	g_autofree char *name = g_strdup_printf("reroll-%s", stage);

	note(daemon, revision, name, state, summary);
}

/* The one word on the whole of it. */
static struct post_row end_row(const struct outcome *outcome,
			       const char *summary)
{
	return (struct post_row){"reroll",
				 outcome->passed ? "success" : "failure",
				 summary ? summary : outcome->title};
}

bool posts_put_end(struct store *store, gint64 revision,
		   const struct outcome *outcome, const char *summary,
		   GError **error)
{
	const struct post_row row = end_row(outcome, summary);

	return store_post_put(store, revision, &row, error);
}

static const char *build_state(const char *status)
{
	if (g_strcmp0(status, "passed") == 0)
		return "success";
	return g_strcmp0(status, "warned") == 0 ? "warning" : "failure";
}

static void post_builds(struct daemon *daemon, gint64 revision,
			const json_t *builds)
{
	const json_t *build;
	gsize i;

	json_array_foreach (builds, i, build) {
		const char *id = json_string_value(
			json_object_get(build, "id"));
		const char *status = json_string_value(
			json_object_get(build, "status"));
		g_autofree char *name = g_strdup_printf("reroll-build-%s", id);

		note(daemon, revision, name, build_state(status),
		     json_string_value(json_object_get(build, "summary")));
	}
}

void posts_end(struct daemon *daemon, gint64 revision,
	       const struct run_report *report)
{
	const struct site *site = daemon->settings->site;
	const struct post_row end = end_row(report->outcome,
					    report->verdict->summary);
	const char *state = report->outcome->passed ? site->policy.state_passed
						    : site->policy.state_failed;

	post_builds(daemon, revision, json_object_get(report->json, "builds"));
	note(daemon, revision, end.name, end.state, end.summary);
	if (state && *state)
		note(daemon, revision, "reroll patch state", "patches", state);
}
