/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sources brought becomes revisions with a run each. An event is
 * handled in one transaction with all that it leads to, in the store's thread,
 * where what was kept of a thread is at hand.
 */
#include <string.h>

#include "serve/collect-internal.h"
#include "serve/post.h"

#define TOGETHER_MOST 16
#define AGAIN_MS 1000

static void odd_free(gpointer data)
{
	struct odd *odd = data;

	g_free(odd->kind);
	g_free(odd->about);
	g_free(odd->text);
	g_free(odd);
}

void collect_tell(struct collect *collect, const char *kind, const char *about,
		  const char *text)
{
	struct odd *odd = g_new0(struct odd, 1);

	odd->kind = g_strdup(kind);
	odd->about = g_strdup(about);
	odd->text = g_strdup(text);
	g_ptr_array_add(collect->odd, odd);
}

static bool handle_letter(struct collect *collect, struct store *store,
			  const struct event *event,
			  const struct message *message, GError **error)
{
	struct letter letter;

	if (!collect_put_letter(store, event->id, message, &letter, error))
		return false;
	if (letter.differs)
		return collect_note_difference(collect, store, message,
					       letter.revision, error);
	return !letter.is_new ||
	       collect_assemble(collect, store, message, &letter, error);
}

static bool handle_mail(struct collect *collect, struct store *store,
			const struct event *event, GError **error)
{
	gsize len = 0;
	const char *data = event->mail ? g_bytes_get_data(event->mail, &len)
				       : "";
	const struct command_mail answer = {event->mail,
					    collect->settings->site};
	struct command_effects effects = {collect->queued, collect->stopped,
					  false};
	g_autoptr(message_t)
		message = message_parse(data, len, event->source, NULL);

	if (collect_is_letter(message))
		return handle_letter(collect, store, event, message, error);
	if (message->automatic || message->ours ||
	    message->kind == MESSAGE_ERROR)
		return true;
	if (!command_handle(store, &answer, &effects, error))
		return false;
	collect->mailed = collect->mailed || effects.mailed;
	return true;
}

/* What a person has set a patch to, that makes a verdict on it needless. */
static bool is_final(const char *state)
{
	static const char *const states[] = {"superseded",     "rejected",
					     "not-applicable", "not applicable",
					     "accepted",       "deferred"};

	for (gsize i = 0; state && i < G_N_ELEMENTS(states); i++) {
		if (g_ascii_strcasecmp(state, states[i]) == 0)
			return true;
	}
	return false;
}

static bool handle_state(struct collect *collect, struct store *store,
			 const struct event *event, GError **error)
{
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) runs = NULL;

	if (!event->patches || !is_final(event->state))
		return true;
	if (!store_origin_runs(store, event->source, event->patches, &runs,
			       error))
		return false;
	why = g_strdup_printf("a patch of it is %s in Patchwork now",
			      event->state);
	for (guint i = 0; i < runs->len; i++) {
		if (!store_run_stop(store, runs->pdata[i], why, error) ||
		    !store_trouble_end_of_run(store, runs->pdata[i], error))
			return false;
		g_ptr_array_add(collect->stopped, g_strdup(runs->pdata[i]));
	}
	return true;
}

static bool handle_event(struct collect *collect, struct store *store,
			 const struct event *event, GError **error)
{
	bool ok = true;

	if (event->bad)
		collect_tell(collect, "bad event", event->key, event->bad);
	else if (event->kind == EVENT_MAIL)
		ok = handle_mail(collect, store, event, error);
	else if (event->kind == EVENT_SERIES)
		ok = collect_whole(collect, store, event, error);
	else if (event->kind == EVENT_STATE)
		ok = handle_state(collect, store, event, error);
	ok = ok && store_event_handled(store, event->id, error);
	fault_point(FAULT_EVENT_HANDLED);
	return ok;
}

static bool handle_some(struct collect *collect, struct store *store,
			GError **error)
{
	for (guint i = 0; i < TOGETHER_MOST; i++) {
		g_autoptr(event_t) event = NULL;

		if (!store_event_next(store, 0, &event, error))
			return false;
		if (!event)
			return true;
		if (!handle_event(collect, store, event, error)) {
			g_prefix_error(error, "event %" G_GINT64_FORMAT ": ",
				       event->id);
			return false;
		}
	}
	collect->more = true;
	return true;
}

/* Staff is told of what was odd in the same step: it is not found again. */
static bool collect_work(struct store *store, gpointer data, GError **error)
{
	struct collect *collect = data;

	if (!handle_some(collect, store, error))
		return false;
	for (guint i = 0; i < collect->odd->len; i++) {
		const struct odd *odd = collect->odd->pdata[i];

		if (!store_trouble_note(store, odd->kind, odd->about, odd->text,
					error))
			return false;
	}
	return true;
}

static void collect_free(struct collect *collect)
{
	g_ptr_array_unref(collect->queued);
	g_ptr_array_unref(collect->stopped);
	g_ptr_array_unref(collect->odd);
	settings_unref(collect->settings);
	g_free(collect);
}

static void tell_all(const struct collect *collect)
{
	struct daemon *daemon = collect->daemon;

	for (guint i = 0; i < collect->odd->len; i++) {
		const struct odd *odd = collect->odd->pdata[i];

		log_event(LOG_LEVEL_WARNING, NULL, "%s %s: %s", odd->kind,
			  odd->about, odd->text);
	}
	for (guint i = 0; i < collect->stopped->len; i++)
		lead_cancel(daemon, collect->stopped->pdata[i]);
	for (guint i = 0; i < collect->queued->len; i++) {
		trouble_end(daemon, "run", collect->queued->pdata[i]);
		lead_queue(daemon, collect->queued->pdata[i]);
	}
	if (collect->mailed)
		outbox_wake(daemon->outbox);
	posts_wake(daemon->posts);
	upkeep_wake(daemon->upkeep);
}

static gboolean on_collect_again(gpointer data)
{
	struct daemon *daemon = data;

	daemon->collect_timer = 0;
	collect_wake(daemon);
	return G_SOURCE_REMOVE;
}

/* The store is in use, or has no room: what came is there, and is to be looked
 * at as soon as that is over. */
static void collect_again_soon(struct daemon *daemon)
{
	if (!daemon->collect_timer && !daemon->draining)
		daemon->collect_timer = g_timeout_add(AGAIN_MS,
						      on_collect_again, daemon);
}

static void collect_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct collect *collect = data;
	struct daemon *daemon = collect->daemon;
	g_autoptr(GError) error = NULL;
	bool again = daemon->collect_again || collect->more;

	(void)source;
	daemon->collecting = daemon->collect_again = false;
	if (writer_do_finish(res, &error)) {
		fault_point(FAULT_EVENTS_KEPT);
		trouble_end(daemon, "store", "events");
		tell_all(collect);
		if (again)
			collect_wake(daemon);
	} else {
		trouble_note(daemon, "store", "events", error->message);
		collect_again_soon(daemon);
	}
	collect_free(collect);
}

void collect_wake(struct daemon *daemon)
{
	struct collect *collect;
	struct write write = {WRITE_KEPT, collect_work, NULL};

	if (daemon->collecting) {
		daemon->collect_again = true;
		return;
	}
	collect = g_new0(struct collect, 1);
	collect->daemon = daemon;
	collect->settings = settings_ref(daemon->settings);
	collect->wait_s = daemon->settings->site->policy.wait_s;
	collect->queued = g_ptr_array_new_with_free_func(g_free);
	collect->stopped = g_ptr_array_new_with_free_func(g_free);
	collect->odd = g_ptr_array_new_with_free_func(odd_free);
	daemon->collecting = true;
	write.data = collect;
	writer_do_async(daemon->writer, &write, collect_done, collect);
}
