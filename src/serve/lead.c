/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/lead.h"
#include "serve/post.h"

#include <string.h>

static void remove_thread(GTask *task, gpointer source, gpointer data,
			  GCancellable *cancellable)
{
	(void)source;
	(void)cancellable;
	tempdir_remove_tree(data);
	g_task_return_boolean(task, TRUE);
}

/* Of a build that can be a million files: nobody waits for that. */
static void remove_folder(char *path)
{
	g_autoptr(GTask) task = NULL;

	if (!path || !g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_free(path);
		return;
	}
	task = g_task_new(NULL, NULL, NULL, NULL);
	g_task_set_task_data(task, path, g_free);
	g_task_run_in_thread(task, remove_thread);
}

void lead_free(gpointer data)
{
	struct lead *lead = data;

	run_report_free(lead->report);
	g_clear_error(&lead->trouble);
	waiting_run_free(lead->run);
	revision_free(lead->revision);
	g_clear_pointer(&lead->mails, g_ptr_array_unref);
	series_set_free(lead->set);
	g_clear_pointer(&lead->looked_up, g_ptr_array_unref);
	g_mutex_clear(&lead->lock);
	remove_folder(lead->work_dir);
	g_object_unref(lead->cancellable);
	settings_unref(lead->settings);
	g_free(lead->out_dir);
	g_free(lead->id);
	g_free(lead);
}

bool is_paused(const struct daemon *daemon, const char *kind, const char *name)
{
	g_autofree char *what = g_strdup_printf("%s %s", kind, name);

	return g_hash_table_contains(daemon->paused, what);
}

static bool may_take(const struct queue_entry *entry, gpointer data)
{
	return !entry->project || !is_paused(data, "project", entry->project);
}

void lead_put(struct daemon *daemon, const struct waiting_run *run)
{
	bool heavy = g_strcmp0(run->stage, "build") == 0 ||
		     g_strcmp0(run->stage, "test") == 0;

	if (run->held || g_hash_table_contains(daemon->leads, run->id))
		return;
	queue_put(heavy ? daemon->builds : daemon->gates,
		  &(struct queue_entry){.id = run->id,
					.submitter = run->submitter,
					.project = run->project,
					.priority = run->priority,
					.next_at = run->next_at});
}

/* A run that was made, or changed, in the store. */
struct made {
	struct daemon *daemon;
	char *id;
	struct waiting_run *run;
};

static bool find_work(struct store *store, gpointer data, GError **error)
{
	struct made *made = data;

	return store_run_get(store, made->id, &made->run, error);
}

void lead_put_later(struct daemon *daemon, const char *run)
{
	if (g_hash_table_contains(daemon->leads, run))
		return;
	queue_put(daemon->gates,
		  &(struct queue_entry){.id = run,
					.submitter = "",
					.next_at = clock_now_at() + LATER_S});
	upkeep_wake(daemon->upkeep);
}

static void found(GObject *source, GAsyncResult *res, gpointer data)
{
	struct made *made = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!writer_do_finish(res, &error)) {
		trouble_note(made->daemon, "run", made->id, error->message);
		lead_put_later(made->daemon, made->id);
	} else if (made->run->stage) {
		lead_put(made->daemon, made->run);
	}
	lead_next(made->daemon);
	upkeep_wake(made->daemon->upkeep);
	waiting_run_free(made->run);
	g_free(made->id);
	g_free(made);
}

void lead_queue(struct daemon *daemon, const char *run)
{
	struct made *made = g_new0(struct made, 1);
	const struct write write = {WRITE_KEPT, find_work, made};
	struct lead *lead = g_hash_table_lookup(daemon->leads, run);

	if (lead)
		lead->again = true;
	made->daemon = daemon;
	made->id = g_strdup(run);
	writer_do_async(daemon->writer, &write, found, made);
}

void lead_cancel(struct daemon *daemon, const char *run)
{
	struct lead *lead = g_hash_table_lookup(daemon->leads, run);

	queue_remove(daemon->gates, run);
	queue_remove(daemon->builds, run);
	trouble_end(daemon, "run", run);
	trouble_end(daemon, "submitter", run);
	if (!lead)
		return;
	lead->let_go = true;
	g_cancellable_cancel(lead->cancellable);
}

const char *lead_stage(const struct daemon *daemon, const char *run)
{
	const struct lead *lead = g_hash_table_lookup(daemon->leads, run);

	return lead ? lead->stage ? lead->stage : stages[0].name : NULL;
}

void lead_cut_off(struct lead *lead)
{
	g_cancellable_cancel(lead->cancellable);
}

/* Somebody stands between the submitter and us: staff has to look first. */
static bool hold_if_differs(struct store *store, const struct queued_run *run,
			    GError **error)
{
	bool differs;

	if (!store_revision_differs(store, run->revision, &differs, error))
		return false;
	return !differs || store_run_hold(store, run->id,
					  "a mail of it has come twice, with "
					  "two different patches",
					  error);
}

char *lead_make_run(struct store *store, const struct queued_run *like,
		    GError **error)
{
	g_autofree char *id = clock_new_id();
	struct queued_run run = *like;

	run.id = id;
	if (!store_run_queue(store, &run, stages[0].name, error) ||
	    (!run.approved && !hold_if_differs(store, &run, error)))
		return NULL;
	fault_point(FAULT_RUN_QUEUED);
	return g_steal_pointer(&id);
}

void lead_over(struct lead *lead)
{
	struct daemon *daemon = lead->daemon;
	g_autofree char *again = lead->again ? g_strdup(lead->id) : NULL;

	if (lead->heavy)
		daemon->builds_busy--;
	else
		daemon->gates_busy--;
	log_forget_run(lead->id);
	g_hash_table_remove(daemon->leads, lead->id);
	if (again)
		lead_queue(daemon, again);
	if (daemon->draining && g_hash_table_size(daemon->leads) == 0)
		g_main_loop_quit(daemon->loop);
	else
		lead_next(daemon);
}

static void run_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lead *lead = data;

	(void)source;
	lead->report = run_finish(res, &lead->trouble);
	lead_ended(lead);
}

static const struct stage *find_stage(const char *name)
{
	for (const struct stage *stage = stages; stage->name; stage++) {
		if (strcmp(stage->name, name) == 0)
			return stage;
	}
	return NULL;
}

/*
 * Patchwork sees a stage when it has ended, and slow ones when they begin. A
 * run that has waited for a place passes the quick ones again, which says
 * nothing new.
 */
static void tell_patchwork(const struct lead *lead, const struct stage *stage,
			   const char *result)
{
	const char *state = !result			     ? "pending"
			    : g_str_equal(result, "passed")  ? "success"
			    : g_str_equal(result, "refused") ? "failure"
							     : "pending";

	if (result || stage->slow)
		posts_stage(lead->daemon, lead->run->revision, stage->name,
			    state, NULL);
}

static void observe(enum run_event event, const char *subject,
		    const char *detail, gpointer data)
{
	struct lead *lead = data;
	const struct stage *stage = event == RUN_STAGE_STARTED ||
						    event == RUN_STAGE_ENDED
					    ? find_stage(subject)
					    : NULL;

	if (!stage)
		return;
	if (event == RUN_STAGE_STARTED)
		lead->stage = stage->name;
	tell_patchwork(lead, stage, event == RUN_STAGE_ENDED ? detail : NULL);
}

static bool may_begin(const struct project *project, gpointer data)
{
	const struct lead *lead = data;

	return !is_paused(lead->daemon, "project", project->name);
}

/* A place of the gates is given back for one of the builds, if there is one. */
static bool may_build(const struct project *project, gpointer data)
{
	struct lead *lead = data;
	struct daemon *daemon = lead->daemon;

	if (lead->heavy)
		return true;
	if (daemon->draining || is_paused(daemon, "project", project->name) ||
	    daemon->builds_busy >= daemon->builds_most ||
	    queue_length(daemon->builds) > 0)
		return false;
	lead->heavy = true;
	daemon->gates_busy--;
	daemon->builds_busy++;
	lead_next(daemon);
	return true;
}

/* How often trouble of a kind is tried: what staff wrote seldom mends itself.
 */
static guint attempts_most(const GError *trouble)
{
	static const struct {
		enum reroll_error code;
		guint attempts;
	} kinds[] = {
		{REROLL_ERROR_CONFIG, 3},
		{REROLL_ERROR_TIMEOUT, 4},
		{REROLL_ERROR_LIMIT, 3},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_error_matches(trouble, REROLL_ERROR, (int)kinds[i].code))
			return kinds[i].attempts;
	}
	return ATTEMPTS_MOST;
}

static bool give_up(const GError *trouble, gpointer data)
{
	const struct lead *lead = data;

	return !lead->let_go &&
	       !g_cancellable_is_cancelled(lead->cancellable) &&
	       lead->run->attempts + 1 >= attempts_most(trouble);
}

/* Another series by a name that a stranger wrote; in a thread of the gates. */
struct lookup {
	enum letter_key key;
	const char *name;
	struct revision *revision;
	GPtrArray *mails;
};

static bool lookup_work(struct store *store, gpointer data, GError **error)
{
	struct lookup *lookup = data;
	gint64 id;

	return store_letter_find(store, lookup->key, lookup->name, &id,
				 error) &&
	       (!id ||
		(store_revision_get(store, id, &lookup->revision, error) &&
		 store_revision_mails(store, id, &lookup->mails, error)));
}

static const struct series *look_up(gpointer data, enum series_key key,
				    const char *name)
{
	static const enum letter_key keys[] = {
		[SERIES_BY_MESSAGE_ID] = LETTER_MESSAGE_ID,
		[SERIES_BY_PATCH_ID] = LETTER_PATCH_ID,
		[SERIES_BY_CHANGE_ID] = LETTER_CHANGE_ID,
	};
	struct lead *lead = data;
	struct lookup lookup = {keys[key], name, NULL, NULL};
	const struct write write = {WRITE_KEPT, lookup_work, &lookup};
	g_autoptr(GMutexLocker)
		locked G_GNUC_UNUSED = g_mutex_locker_new(&lead->lock);
	const struct series *found = NULL;

	if (writer_do(lead->daemon->writer, &write, NULL) && lookup.mails) {
		struct series_set *set = collect_read(lookup.mails,
						      lookup.revision->version,
						      lookup.revision->total);

		g_ptr_array_add(lead->looked_up, set);
		found = collect_choose(set);
	}
	revision_free(lookup.revision);
	g_clear_pointer(&lookup.mails, g_ptr_array_unref);
	return found;
}

static void fill_options(struct lead *lead)
{
	struct daemon *daemon = lead->daemon;
	const struct settings *settings = lead->settings;

	lead->lookup = (struct series_lookup){look_up, lead};
	lead->options = (struct run_options){
		.writer = daemon->writer,
		.run_id = lead->id,
		.revision = lead->run->revision,
		.round = lead->run->round,
		.approved = lead->run->approved,
		.may_begin = may_begin,
		.may_build = may_build,
		.give_up = give_up,
		.executor = &executor_local,
		.series = lead->series,
		.projects = settings->projects,
		.site = settings->site,
		.base = lead->run->base,
		.keep = daemon->keep,
		.work_dir = lead->work_dir,
		.out_dir = lead->out_dir,
		.served_dir = daemon->runs_dir,
		.boards = settings->boards,
		.boards_dir = daemon->boards_dir,
		.labs = settings->labs,
		.lookup = &lead->lookup,
		.no_sandbox = daemon->options->no_sandbox,
		.verify = settings->site->workers.verify,
		.slots = daemon->slots,
		.observer = observe,
		.observer_data = lead,
	};
}

/* What a run left that was cut off is in nobody's way. */
static void name_folders(struct lead *lead)
{
	g_autofree char *name = clock_new_id();

	lead->work_dir = g_build_filename(lead->daemon->dir->path, name, NULL);
	lead->out_dir = g_build_filename(lead->daemon->runs_dir, lead->id,
					 NULL);
	tempdir_remove_tree(lead->out_dir);
}

static const struct series *find_series(const struct lead *lead)
{
	for (guint i = 0; i < lead->set->series->len; i++) {
		const struct series *series = lead->set->series->pdata[i];
		g_autofree char *key = series_key(series);

		if (g_strcmp0(key, lead->revision->key) == 0)
			return series;
	}
	return collect_choose(lead->set);
}

static void read_thread(GTask *task, gpointer source, gpointer data,
			GCancellable *cancellable)
{
	struct lead *lead = data;

	(void)source;
	(void)cancellable;
	lead->set = collect_read(lead->mails, lead->revision->version,
				 lead->revision->total);
	g_clear_pointer(&lead->mails, g_ptr_array_unref);
	lead->series = find_series(lead);
	name_folders(lead);
	if (lead->series)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_new_error(task, REROLL_ERROR, REROLL_ERROR_TEMP,
					"its mails are not in the store");
}

static void read_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lead *lead = data;

	(void)source;
	if (!g_task_propagate_boolean(G_TASK(res), &lead->trouble)) {
		lead_ended(lead);
		return;
	}
	log_describe_run(lead->id, lead->run->project, lead->revision->name);
	fill_options(lead);
	run_async(&lead->options, lead->cancellable, run_done, lead);
}

static bool load_work(struct store *store, gpointer data, GError **error)
{
	struct lead *lead = data;

	if (!store_run_get(store, lead->id, &lead->run, error))
		return false;
	lead->let_go = lead->let_go || lead->run->held || !lead->run->stage;
	return lead->let_go || (store_revision_get(store, lead->run->revision,
						   &lead->revision, error) &&
				store_revision_mails(store, lead->run->revision,
						     &lead->mails, error));
}

static void load_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lead *lead = data;
	g_autoptr(GTask) task = NULL;

	(void)source;
	if (!writer_do_finish(res, &lead->trouble) || lead->let_go) {
		lead_ended(lead);
		return;
	}
	fault_point(FAULT_RUN_LOADED);
	task = g_task_new(NULL, lead->cancellable, read_done, lead);
	g_task_set_task_data(task, lead, NULL);
	g_task_run_in_thread(task, read_thread);
}

static void lead_begin(struct daemon *daemon, const char *id, bool heavy)
{
	struct lead *lead = g_new0(struct lead, 1);
	const struct write write = {WRITE_KEPT, load_work, lead};

	lead->daemon = daemon;
	lead->settings = settings_ref(daemon->settings);
	lead->id = g_strdup(id);
	lead->heavy = heavy;
	lead->since_at = clock_now_at();
	lead->cancellable = g_cancellable_new();
	lead->looked_up = g_ptr_array_new_with_free_func(
		(GDestroyNotify)series_set_free);
	g_mutex_init(&lead->lock);
	g_hash_table_insert(daemon->leads, lead->id, lead);
	if (heavy)
		daemon->builds_busy++;
	else
		daemon->gates_busy++;
	writer_do_async(daemon->writer, &write, load_done, lead);
}

static bool begin_one(struct daemon *daemon, bool heavy)
{
	g_autofree char *id = queue_take(heavy ? daemon->builds : daemon->gates,
					 clock_now_at(), may_take, daemon);

	if (!id)
		return false;
	lead_begin(daemon, id, heavy);
	return true;
}

void lead_next(struct daemon *daemon)
{
	if (daemon->draining || daemon->disk_low ||
	    g_hash_table_contains(daemon->paused, "all"))
		return;
	while (daemon->builds_busy < daemon->builds_most &&
	       begin_one(daemon, true))
		;
	while (daemon->gates_busy < daemon->gates_most &&
	       begin_one(daemon, false))
		;
}
