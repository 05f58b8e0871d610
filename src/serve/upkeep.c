/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done by the clock. One timer for what is due at a known time (a
 * series that has waited long enough, a run that was put off), and a tick for
 * what is looked at now and then: the disk, the base trees, what staff has to
 * be told, what is too old.
 */
#include <string.h>

#include "serve/daemon.h"
#include "serve/room.h"

#define TICK_MS 10000
#define DIGEST_S 3600
#define FIRST_DIGEST_S 300
#define PURGE_S 3600
#define PURGE_MOST 50
#define WAIT_MOST_S 3600

struct upkeep {
	struct daemon *daemon;
	GSource *due, *tick;
	bool looking; /* for what is due */
	bool look_again;
	bool purging;
	guint fetching; /* trees */
	gint64 digest_at, purge_at;
	GHashTable *fetched; /* tree name -> when, as gint64 * */
	GCancellable *cancellable;
};

static void due_set(struct upkeep *upkeep, gint64 at);

/* Revisions whose time is up, and when the next one is. */
struct due {
	struct upkeep *upkeep;
	GPtrArray *runs; /* of char *: made of those that are due */
	gint64 next_at;
};

static bool due_work(struct store *store, gpointer data, GError **error)
{
	struct due *due = data;
	gint64 now = clock_now_at(), id, newer;

	for (;;) {
		struct queued_run like = {0};
		g_autoptr(revision_t) revision = NULL;
		struct revision_put put;
		char *run;

		if (!store_revision_due(store, now, &id, &due->next_at, error))
			return false;
		if (!id)
			return true;
		if (!store_revision_get(store, id, &revision, error))
			return false;
		put = (struct revision_put){
			.id = id,
			.version = revision->version,
			.n_patches = revision->n_patches,
			.complete = revision->complete,
		};
		like.revision = id;
		if (!store_revision_set(store, &put, error) ||
		    !store_revision_newer(store, id, &newer, error))
			return false;
		if (newer)
			continue;
		run = lead_make_run(store, &like, error);
		if (!run)
			return false;
		g_ptr_array_add(due->runs, run);
		fault_point(FAULT_REVISION_DUE);
	}
}

static gint64 sooner(gint64 a, gint64 b)
{
	return !a ? b : !b ? a : MIN(a, b);
}

static void due_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct due *due = data;
	struct upkeep *upkeep = due->upkeep;
	struct daemon *daemon = upkeep->daemon;
	g_autoptr(GError) error = NULL;
	gint64 now = clock_now_at(), next_at = 0;

	(void)source;
	upkeep->looking = false;
	if (writer_do_finish(res, &error)) {
		for (guint i = 0; i < due->runs->len; i++)
			lead_queue(daemon, due->runs->pdata[i]);
		next_at = due->next_at;
		trouble_end(daemon, "store", "waits");
	} else {
		trouble_note(daemon, "store", "waits", error->message);
	}
	next_at = sooner(next_at, queue_next_at(daemon->gates, now));
	next_at = sooner(next_at, queue_next_at(daemon->builds, now));
	lead_next(daemon);
	due_set(upkeep, upkeep->look_again ? now : next_at);
	upkeep->look_again = false;
	g_ptr_array_unref(due->runs);
	g_free(due);
}

static void look_for_due(struct upkeep *upkeep)
{
	struct due *due = g_new0(struct due, 1);
	const struct write write = {WRITE_KEPT, due_work, due};

	upkeep->looking = true;
	due->upkeep = upkeep;
	due->runs = g_ptr_array_new_with_free_func(g_free);
	writer_do_async(upkeep->daemon->writer, &write, due_done, due);
}

static void source_clear(GSource **source)
{
	if (*source)
		g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static gboolean on_due(gpointer data)
{
	struct upkeep *upkeep = data;

	source_clear(&upkeep->due);
	look_for_due(upkeep);
	return G_SOURCE_REMOVE;
}

/* The wall clock may be set meanwhile: never sleep for long. */
static void due_set(struct upkeep *upkeep, gint64 at)
{
	gint64 wait_s = at ? CLAMP(at - clock_now_at(), 0, WAIT_MOST_S)
			   : WAIT_MOST_S;

	source_clear(&upkeep->due);
	upkeep->due = g_timeout_source_new((guint)wait_s * 1000);
	g_source_set_callback(upkeep->due, on_due, upkeep, NULL);
	g_source_attach(upkeep->due, NULL);
}

void upkeep_wake(struct upkeep *upkeep)
{
	if (!upkeep)
		return;
	if (upkeep->looking)
		upkeep->look_again = true;
	else
		due_set(upkeep, clock_now_at());
}

/* Before it is full, nothing more is begun or taken: what came is safe. */
static void look_at_disk(struct upkeep *upkeep)
{
	struct daemon *daemon = upkeep->daemon;
	bool low = room_is_low(daemon->state_dir, daemon->free_least_bytes);

	if (low == daemon->disk_low)
		return;
	daemon->disk_low = low;
	for (guint i = 0; i < daemon->intakes->len; i++) {
		if (low)
			intake_stop(daemon->intakes->pdata[i]);
		else
			intake_start(daemon->intakes->pdata[i]);
	}
	if (low) {
		trouble_note(daemon, "disk", daemon->state_dir,
			     "the disk is nearly full: nothing more is taken "
			     "or begun until there is room");
		return;
	}
	trouble_end(daemon, "disk", daemon->state_dir);
	lead_next(daemon);
}

/* One look at one tree, in a thread. */
struct fetch {
	struct upkeep *upkeep;
	struct settings *settings;
	const struct tree_config *tree;
	bool moved;
};

static void fetch_free(gpointer data)
{
	struct fetch *fetch = data;

	settings_unref(fetch->settings);
	g_free(fetch);
}

static void fetch_thread(GTask *task, gpointer source, gpointer data,
			 GCancellable *cancellable)
{
	struct fetch *fetch = data;
	const struct site *site = fetch->settings->site;
	const struct fetch_options options = {0};
	g_autoptr(tree_status_t) before = tree_status_new(site, fetch->tree);
	g_autoptr(tree_status_t) after = NULL;
	GError *error = NULL;

	(void)source;
	if (!tree_fetch(site, fetch->tree, &options, cancellable, &error)) {
		g_task_return_error(task, error);
		return;
	}
	after = tree_status_new(site, fetch->tree);
	fetch->moved = strcmp(before->head, after->head) != 0;
	g_task_return_boolean(task, TRUE);
}

static void ahead_done(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	if (!g_subprocess_wait_check_finish(G_SUBPROCESS(source), res, &error))
		log_event(LOG_LEVEL_INFO, NULL, "builds made ahead: %s",
			  error->message);
}

/* The builds of the new base, so that its first series does not wait. */
static void make_ahead(struct daemon *daemon)
{
	g_autoptr(GSubprocess) child = NULL;
	g_autoptr(GError) error = NULL;
	const char *argv[] = {
		"/proc/self/exe", "builds", "--make", NULL, NULL, NULL};

	if (daemon->options->site_path) {
		argv[3] = "--site";
		argv[4] = daemon->options->site_path;
	}
	child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
				  &error);
	if (child)
		g_subprocess_wait_check_async(child, NULL, ahead_done, NULL);
	else
		log_event(LOG_LEVEL_WARNING, NULL, "builds not made ahead: %s",
			  error->message);
}

static void fetch_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fetch *fetch = data;
	struct upkeep *upkeep = fetch->upkeep;
	g_autoptr(GError) error = NULL;

	(void)source;
	upkeep->fetching--;
	if (g_cancellable_is_cancelled(upkeep->cancellable))
		return;
	if (!g_task_propagate_boolean(G_TASK(res), &error)) {
		trouble_note(upkeep->daemon, "tree", fetch->tree->name,
			     error->message);
		return;
	}
	trouble_end(upkeep->daemon, "tree", fetch->tree->name);
	if (fetch->moved)
		make_ahead(upkeep->daemon);
}

static void fetch_tree(struct upkeep *upkeep, const struct tree_config *tree)
{
	struct fetch *fetch = g_new0(struct fetch, 1);
	g_autoptr(GTask)
		task = g_task_new(NULL, upkeep->cancellable, fetch_done, fetch);

	fetch->upkeep = upkeep;
	fetch->settings = settings_ref(upkeep->daemon->settings);
	fetch->tree = tree;
	upkeep->fetching++;
	g_task_set_task_data(task, fetch, fetch_free);
	g_task_run_in_thread(task, fetch_thread);
}

static void look_at_trees(struct upkeep *upkeep)
{
	const struct site *site = upkeep->daemon->settings->site;
	gint64 now = clock_now_at();

	for (guint i = 0; !upkeep->fetching && i < site->trees->len; i++) {
		const struct tree_config *tree = site->trees->pdata[i];
		gint64 *at = g_hash_table_lookup(upkeep->fetched, tree->name);

		if (!tree_is_ours(tree) || !tree->refresh_s ||
		    (at && now < *at + (gint64)tree->refresh_s))
			continue;
		at = g_new(gint64, 1);
		*at = now;
		g_hash_table_insert(upkeep->fetched, g_strdup(tree->name), at);
		fetch_tree(upkeep, tree);
	}
}

struct old {
	struct upkeep *upkeep;
	struct purge purge;
	bool more;
};

static bool purge_work(struct store *store, gpointer data, GError **error)
{
	struct old *old = data;

	return store_purge(store, &old->purge, &old->more, error);
}

static void purge_start(struct upkeep *upkeep);

static void purge_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct old *old = data;
	struct upkeep *upkeep = old->upkeep;
	g_autoptr(GError) error = NULL;

	(void)source;
	upkeep->purging = false;
	if (!writer_do_finish(res, &error))
		trouble_note(upkeep->daemon, "store", "old runs",
			     error->message);
	else
		trouble_end(upkeep->daemon, "store", "old runs");
	if (!error && old->more)
		purge_start(upkeep);
	g_clear_pointer(&old->purge.runs, g_ptr_array_unref);
	g_free(old);
}

static void purge_start(struct upkeep *upkeep)
{
	const struct site *site = upkeep->daemon->settings->site;
	struct old *old = g_new0(struct old, 1);
	const struct write write = {WRITE_KEPT, purge_work, old};

	upkeep->purging = true;
	old->upkeep = upkeep;
	old->purge.most = PURGE_MOST;
	old->purge.runs_before = clock_now_at() -
				 (gint64)site->retention.runs_s;
	writer_do_async(upkeep->daemon->writer, &write, purge_done, old);
}

/* Folders of runs: the artifacts go first, the rest with the logs. */
static void old_thread(GTask *task, gpointer source, gpointer data,
		       GCancellable *cancellable)
{
	(void)source;
	(void)cancellable;
	runs_trim(data);
	g_task_return_boolean(task, TRUE);
}

static void look_at_old(struct upkeep *upkeep)
{
	struct daemon *daemon = upkeep->daemon;
	const struct site *site = daemon->settings->site;
	struct runs_limits *limits = g_new0(struct runs_limits, 1);
	g_autoptr(GTask) task = g_task_new(NULL, NULL, NULL, NULL);

	limits->dir = g_strdup(daemon->runs_dir);
	limits->logs_before = clock_now_at() - (gint64)site->retention.logs_s;
	limits->artifacts_before = clock_now_at() -
				   (gint64)site->retention.artifacts_s;
	g_task_set_task_data(task, limits, runs_limits_free);
	g_task_run_in_thread(task, old_thread);
	if (!upkeep->purging)
		purge_start(upkeep);
}

static gboolean on_tick(gpointer data)
{
	struct upkeep *upkeep = data;
	struct daemon *daemon = upkeep->daemon;
	gint64 now = clock_now_at();

	look_at_disk(upkeep);
	if (daemon->draining)
		return G_SOURCE_CONTINUE;
	collect_wake(daemon);
	trouble_of_sources(daemon);
	look_at_trees(upkeep);
	if (now >= upkeep->digest_at) {
		upkeep->digest_at = now + DIGEST_S;
		trouble_digest(daemon);
	}
	if (now >= upkeep->purge_at) {
		upkeep->purge_at = now + PURGE_S;
		look_at_old(upkeep);
	}
	return G_SOURCE_CONTINUE;
}

struct upkeep *upkeep_new(struct daemon *daemon)
{
	struct upkeep *upkeep = g_new0(struct upkeep, 1);

	upkeep->daemon = daemon;
	upkeep->cancellable = g_cancellable_new();
	upkeep->fetched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						g_free);
	upkeep->digest_at = clock_now_at() + FIRST_DIGEST_S;
	upkeep->tick = g_timeout_source_new(TICK_MS);
	g_source_set_callback(upkeep->tick, on_tick, upkeep, NULL);
	g_source_attach(upkeep->tick, NULL);
	look_at_disk(upkeep);
	look_for_due(upkeep);
	look_at_trees(upkeep);
	return upkeep;
}

void upkeep_free(struct upkeep *upkeep)
{
	if (!upkeep)
		return;
	g_cancellable_cancel(upkeep->cancellable);
	while (upkeep->fetching || upkeep->looking || upkeep->purging)
		g_main_context_iteration(NULL, TRUE);
	source_clear(&upkeep->due);
	source_clear(&upkeep->tick);
	g_hash_table_unref(upkeep->fetched);
	g_object_unref(upkeep->cancellable);
	g_free(upkeep);
}
