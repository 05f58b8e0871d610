/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/orders.h"

#include <string.h>

struct given {
	struct daemon *daemon;
	struct order_of of;
	char *run, *base; /* the texts of it */
	char *id, *text;
	char *queue, *stop; /* runs, when it is done */
	char *project;
	char *login, *posted_from; /* to be remembered; NULL: not known */
	char *roster;
};

static void given_free(gpointer data)
{
	struct given *given = data;

	g_free(given->run);
	g_free(given->base);
	g_free(given->id);
	g_free(given->text);
	g_free(given->queue);
	g_free(given->stop);
	g_free(given->project);
	g_free(given->login);
	g_free(given->posted_from);
	g_free(given->roster);
	g_free(given);
}

static bool refuse(GError **error, const char *run, const char *why)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT, "the run %s %s",
		    run, why);
	return false;
}

static bool check_newest(struct store *store, const struct waiting_run *run,
			 GError **error)
{
	gint64 newer;

	if (!store_revision_newer(store, run->revision, &newer, error))
		return false;
	return !newer ||
	       refuse(error, run->id,
		      "is of a version that a newer one has replaced: only "
		      "the newest version of a series is checked");
}

/* One of the revision that is under way beside `run` gives way to a new one. */
static bool stop_last(struct store *store, struct given *given,
		      const struct waiting_run *last, const char *why,
		      GError **error)
{
	if (!last->stage)
		return true;
	given->stop = g_strdup(last->id);
	return store_run_stop(store, last->id, why, error);
}

/*
 * All of it again, as another run. An answer may get lost, and who gave the
 * order gives it again: what was asked for already is not done twice.
 */
static bool retry_all(struct store *store, struct given *given,
		      const struct waiting_run *run, GError **error)
{
	g_autoptr(waiting_run_t) last = NULL;
	struct queued_run like = {
		.revision = run->revision,
		.base = given->base ? given->base : run->base,
		.approved = run->approved,
		.priority = 1,
	};

	if (!check_newest(store, run, error) ||
	    !store_revision_last_run(store, run->revision, &last, error))
		return false;
	if (last->stage && g_strcmp0(last->base, like.base) == 0) {
		given->text = g_strdup_printf(
			"that was asked for already: run %s does it", last->id);
		return true;
	}
	like.round = last->round + 1;
	if (!stop_last(store, given, last, "it is done on another base", error))
		return false;
	given->queue = lead_make_run(store, &like, error);
	given->text = g_strdup_printf(
		"the revision of run %s is checked again, as run %s", run->id,
		given->queue);
	return given->queue != NULL;
}

static bool order_retry(struct store *store, struct given *given,
			const struct waiting_run *run, GError **error)
{
	if (!run->stage || given->base)
		return retry_all(store, given, run, error);
	if (!run->held && !run->attempts)
		return refuse(error, run->id,
			      "is under way: it needs no retry");
	given->queue = g_strdup(run->id);
	given->text = g_strdup_printf("the run %s goes on", run->id);
	return store_run_release(store, run->id, error);
}

static bool order_cancel(struct store *store, struct given *given,
			 const struct waiting_run *run, GError **error)
{
	if (!run->stage)
		return refuse(error, run->id, "has ended already");
	given->stop = g_strdup(run->id);
	given->text = g_strdup_printf("the run %s is stopped; nobody is told",
				      run->id);
	return store_run_stop(store, run->id, "it was cancelled", error);
}

static char *member_text(json_t *detail, const char *key)
{
	return g_strdup(json_string_value(json_object_get(detail, key)));
}

/* Who the run was found to be of, and where they posted from. */
static bool find_posted(struct store *store, struct given *given,
			const struct waiting_run *run, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(json_t) verdict = NULL;
	json_t *detail;

	if (!given->of.remember)
		return true;
	if (!store_run_verdict(store, run->id, "identify", &text, error))
		return false;
	verdict = text ? json_loads(text, 0, NULL) : NULL;
	detail = json_object_get(verdict, "detail");
	given->project = member_text(detail, "of_project");
	given->login = member_text(detail, "login");
	given->posted_from = member_text(detail, "posted_from");
	return true;
}

/* Who sent the series was not clear, and it has got its answer: it begins
 * anew, once. */
static bool approve_ended(struct store *store, struct given *given,
			  const struct waiting_run *run, GError **error)
{
	g_autoptr(waiting_run_t) last = NULL;
	struct queued_run like = {
		.revision = run->revision,
		.base = run->base,
		.approved = true,
		.priority = 1,
	};

	if (!find_posted(store, given, run, error) ||
	    !check_newest(store, run, error) ||
	    !store_revision_last_run(store, run->revision, &last, error))
		return false;
	if (last->approved) {
		given->text = g_strdup_printf(
			"approved already: the series %s as run %s",
			last->stage ? "goes on" : "was checked", last->id);
		return true;
	}
	like.round = last->round;
	if (!stop_last(store, given, last, "its submitter is approved", error))
		return false;
	given->queue = lead_make_run(store, &like, error);
	given->text = g_strdup_printf("approved: the series goes on as run %s",
				      given->queue);
	return given->queue != NULL;
}

static bool order_approve(struct store *store, struct given *given,
			  const struct waiting_run *run, GError **error)
{
	if (run->stage && run->held) {
		given->queue = g_strdup(run->id);
		given->text = g_strdup_printf("the run %s goes on", run->id);
		return store_run_approve(store, run->id, error) &&
		       store_run_release(store, run->id, error);
	}
	if (run->stage)
		return refuse(error, run->id,
			      "waits for nobody: it is under way");
	if (g_strcmp0(run->outcome, "submitter-unclear") == 0)
		return approve_ended(store, given, run, error);
	return refuse(error, run->id,
		      "was not held because its submitter is unclear: "
		      "\"reroll retry\" does it again");
}

static bool order_work(struct store *store, gpointer data, GError **error)
{
	static bool (*const orders[])(
		struct store * store, struct given * given,
		const struct waiting_run *run, GError **error) = {
		[ORDER_RETRY] = order_retry,
		[ORDER_CANCEL] = order_cancel,
		[ORDER_APPROVE] = order_approve,
	};
	struct given *given = data;
	g_autoptr(waiting_run_t) run = NULL;

	given->id = store_run_find(store, given->run, error);
	if (!given->id || !store_run_get(store, given->id, &run, error) ||
	    !orders[given->of.order](store, given, run, error) ||
	    !store_trouble_end_of_run(store, run->id, error))
		return false;
	fault_point(FAULT_ORDER_GIVEN);
	return true;
}

void order_result_free(struct order_result *result)
{
	g_free(result->text);
	g_free(result->queue);
	g_free(result->stop);
	g_free(result);
}

bool order_give(struct store *store, const struct order_of *of,
		struct order_result *result, GError **error)
{
	struct given *given = g_new0(struct given, 1);
	bool ok;

	given->of = *of;
	given->run = g_strdup(of->run);
	given->base = g_strdup(of->base);
	ok = order_work(store, given, error);
	if (ok) {
		result->text = g_steal_pointer(&given->text);
		result->queue = g_steal_pointer(&given->queue);
		result->stop = g_steal_pointer(&given->stop);
	}
	given_free(given);
	return ok;
}

/* The approval stands, whatever becomes of this. */
static char *remember(const struct given *given)
{
	g_autofree char *posted = text_quote(given->posted_from, -1);
	g_autoptr(GError) error = NULL;

	if (!given->login || !given->posted_from)
		return g_strdup("nothing is put on the roster: the run does "
				"not say of whom the address is");
	if (!given->roster)
		return g_strdup("nothing is put on the roster: the project "
				"has none");
	if (roster_add_email(given->roster, given->login, given->posted_from,
			     &error))
		return g_strdup_printf("%s is on the roster now, as %s's",
				       posted, given->login);
	return g_strdup_printf("%s; if it is theirs, add it to the emails of "
			       "%s by hand",
			       error->message, given->login);
}

static void remember_thread(GTask *task, gpointer source, gpointer data,
			    GCancellable *cancellable)
{
	const struct given *given = data;
	g_autofree char *text = remember(given);

	(void)source;
	(void)cancellable;
	g_task_return_pointer(
		task, g_strdup_printf("%s; %s", given->text, text), g_free);
}

/* Takes the task. In a thread of its own, as it waits for the disk. */
static void order_remember(GTask *task)
{
	struct given *given = g_task_get_task_data(task);
	const GPtrArray *projects = given->daemon->settings->projects;

	for (guint i = 0; i < projects->len; i++) {
		const struct project *project = projects->pdata[i];

		if (g_strcmp0(project->name, given->project) == 0)
			given->roster = g_strdup(project->signoff.roster);
	}
	g_task_run_in_thread(task, remember_thread);
	g_object_unref(task);
}

static void order_done(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GTask) task = data;
	struct given *given = g_task_get_task_data(task);
	GError *error = NULL;

	(void)source;
	if (!writer_do_finish(res, &error)) {
		g_task_return_error(task, error);
		return;
	}
	fault_point(FAULT_ORDER_KEPT);
	log_event(LOG_LEVEL_INFO, given->id, "order: %s", given->text);
	trouble_end(given->daemon, "submitter", given->id);
	if (given->stop)
		lead_cancel(given->daemon, given->stop);
	if (given->queue) {
		trouble_end(given->daemon, "run", given->id);
		lead_queue(given->daemon, given->queue);
	}
	if (given->of.order == ORDER_APPROVE && given->of.remember)
		order_remember(g_steal_pointer(&task));
	else
		g_task_return_pointer(task, g_steal_pointer(&given->text),
				      g_free);
}

void order_async(struct daemon *daemon, const struct order_of *of,
		 GAsyncReadyCallback callback, gpointer user_data)
{
	struct given *given = g_new0(struct given, 1);
	GTask *task = g_task_new(NULL, NULL, callback, user_data);
	const struct write write = {WRITE_SYNCED, order_work, given};

	given->daemon = daemon;
	given->of = *of;
	given->run = g_strdup(of->run);
	given->base = g_strdup(of->base);
	g_task_set_task_data(task, given, given_free);
	writer_do_async(daemon->writer, &write, order_done, task);
}

char *order_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}

static void answer_text(struct control_call *call, const char *text)
{
	control_answer(call, json_pack("{s:o}", "text", json_text(text)));
}

static void op_done(GObject *source, GAsyncResult *res, gpointer data)
{
	GError *error = NULL;
	g_autofree char *text = order_finish(res, &error);

	(void)source;
	if (text)
		answer_text(data, text);
	else
		control_refuse(data, error);
}

static const char *text_of(const struct control_call *call, const char *key)
{
	return json_string_value(json_object_get(call->request, key));
}

static void order_call(struct control_call *call, enum order order)
{
	const struct order_of of = {
		.order = order,
		.run = text_of(call, "run"),
		.base = text_of(call, "base"),
		.remember = json_is_true(
			json_object_get(call->request, "remember")),
	};

	if (of.run)
		order_async(call->data, &of, op_done, call);
	else
		control_refuse(call,
			       g_error_new(REROLL_ERROR, REROLL_ERROR_INPUT,
					   "the request names no \"run\""));
}

void op_retry(struct control_call *call)
{
	order_call(call, ORDER_RETRY);
}

void op_cancel(struct control_call *call)
{
	order_call(call, ORDER_CANCEL);
}

void op_approve(struct control_call *call)
{
	order_call(call, ORDER_APPROVE);
}

/* A pause, or its end, on its way into the store. */
struct pausing {
	struct control_call *call;
	char *what;
	bool pause;
};

static bool pause_work(struct store *store, gpointer data, GError **error)
{
	const struct pausing *pausing = data;

	return pausing->pause ? store_pause(store, pausing->what, error)
			      : store_resume(store, pausing->what, error);
}

/* Of a lab its pool is told; of all else the queues ask. */
static void tell_lab(const struct daemon *daemon, const char *what, bool paused)
{
	if (g_str_has_prefix(what, "lab "))
		lab_pool_pause(daemon->settings->labs, what + strlen("lab "),
			       paused);
}

static void pause_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct pausing *pausing = data;
	struct daemon *daemon = pausing->call->data;
	g_autofree char *what = pausing->what;
	GError *error = NULL;

	(void)source;
	fault_point(FAULT_PAUSE_KEPT);
	if (!writer_do_finish(res, &error)) {
		control_refuse(pausing->call, error);
	} else if (pausing->pause) {
		g_hash_table_add(daemon->paused, g_strdup(what));
		tell_lab(daemon, what, true);
		answer_text(pausing->call,
			    "paused: what is under way ends, nothing more is "
			    "begun");
	} else {
		bool was = g_hash_table_remove(daemon->paused, what);

		tell_lab(daemon, what, false);
		answer_text(pausing->call,
			    was ? "it goes on" : "it was not paused");
		lead_next(daemon);
	}
	g_free(pausing);
}

/* NULL with INPUT when nothing of that name can be paused. */
static char *what_of(const struct control_call *call, GError **error)
{
	const struct daemon *daemon = call->data;
	const struct settings *settings = daemon->settings;
	const char *what = text_of(call, "what");
	g_autofree char *quoted = text_quote(what ? what : "", -1);
	const char *name = what ? strchr(what, ' ') : NULL;

	if (!what || strcmp(what, "all") == 0)
		return g_strdup("all");
	for (guint i = 0; name && i < settings->projects->len; i++) {
		const struct project *project = settings->projects->pdata[i];

		if (g_str_has_prefix(what, "project ") &&
		    strcmp(project->name, name + 1) == 0)
			return g_strdup(what);
	}
	for (guint i = 0; name && i < settings->site->labs->len; i++) {
		const struct lab_config *lab = settings->site->labs->pdata[i];

		if (g_str_has_prefix(what, "lab ") &&
		    strcmp(lab->name, name + 1) == 0)
			return g_strdup(what);
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "nothing is called %s: it is \"project NAME\", \"lab "
		    "NAME\" or nothing, for all",
		    quoted);
	return NULL;
}

static void set_pause(struct control_call *call, bool pause)
{
	struct daemon *daemon = call->data;
	GError *error = NULL;
	char *what = what_of(call, &error);
	struct pausing *pausing;
	struct write write = {WRITE_SYNCED, pause_work, NULL};

	if (!what) {
		control_refuse(call, error);
		return;
	}
	pausing = g_new0(struct pausing, 1);
	*pausing = (struct pausing){call, what, pause};
	write.data = pausing;
	writer_do_async(daemon->writer, &write, pause_done, pausing);
}

void op_pause(struct control_call *call)
{
	set_pause(call, true);
}

void op_resume(struct control_call *call)
{
	set_pause(call, false);
}
