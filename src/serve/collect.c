/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sources brought becomes revisions with a run each. An event is
 * handled in one transaction with all that it leads to, in the store's thread,
 * where what was kept of a thread is at hand.
 *
 * A mail is put beside those of its sender that may be of the same series; when
 * the series is whole it is queued, else it waits for the rest. A whole series
 * (Patchwork's, a person's) is a revision as it is. The same mail from two
 * sources is one; when its patch is not the same, somebody stands between: no
 * run of it goes on before staff has looked.
 */
#include <string.h>

#include "serve/collect.h"

#define NEAR_S 86400
#define TOGETHER_MOST 16

struct letter_of {
	struct message *message; /* borrowed of the set */
	gint64 id, revision;
};

/* A batch of events, and what the main thread is to do about them. */
struct collect {
	struct daemon *daemon;
	struct settings *settings;
	guint64 wait_s;
	gint64 after; /* events up to this one were handled */
	bool more;
	GPtrArray *queued, *stopped; /* of char *: runs */
	bool mailed;		     /* something is in the outbox */
	GPtrArray *odd;		     /* of struct odd */
};

/* Something for staff. */
struct odd {
	char *kind, *about, *text;
};

static void odd_free(gpointer data)
{
	struct odd *odd = data;

	g_free(odd->kind);
	g_free(odd->about);
	g_free(odd->text);
	g_free(odd);
}

static void tell_odd(struct collect *collect, const char *kind,
		     const char *about, const char *text)
{
	struct odd *odd = g_new0(struct odd, 1);

	odd->kind = g_strdup(kind);
	odd->about = g_strdup(about);
	odd->text = g_strdup(text);
	g_ptr_array_add(collect->odd, odd);
}

/*
 * Where the last hunk ends; what follows is of the mail: a signature, the blank
 * line before the next mail of an mbox. All of it, when no hunk is last.
 */
static gsize diff_end(GBytes *text)
{
	g_autoptr(patch_t) patch = patch_parse(text, NULL);
	const struct patch_file *file;
	const struct patch_hunk *hunk;
	gsize len;
	const char *start = g_bytes_get_data(text, &len);

	if (!patch || patch->files->len == 0)
		return len;
	file = patch->files->pdata[patch->files->len - 1];
	if (file->hunks->len == 0)
		return len;
	hunk = &g_array_index(file->hunks, struct patch_hunk,
			      file->hunks->len - 1);
	return (gsize)(hunk->body + hunk->body_len - start);
}

/* The same for what Patchwork makes of a mail: it serves DOS newlines. */
static char *diff_of(const struct message *message)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize end = message->patch ? diff_end(message->patch) : 0;
	const char *at = end ? g_bytes_get_data(message->patch, NULL) : NULL;
	const char *last = at + end;

	if (!end)
		return g_strdup("");
	while (at < last) {
		const char *newline = memchr(at, '\n', (gsize)(last - at));
		const char *stop = newline ? newline : last;
		gsize len = (gsize)(stop - at);

		while (len && at[len - 1] == '\r')
			len--;
		g_checksum_update(sum, (const guchar *)at, (gssize)len);
		g_checksum_update(sum, (const guchar *)"\n", 1);
		at = newline ? newline + 1 : last;
	}
	return g_strdup(g_checksum_get_string(sum));
}

static const char *thread_of(const struct message *message)
{
	if (message->references && message->references->len)
		return message->references->pdata[0];
	return message->in_reply_to ? message->in_reply_to
				    : message->message_id;
}

static bool is_letter(const struct message *message)
{
	return message->message_id && !message->automatic && !message->ours &&
	       (message->kind == MESSAGE_PATCH ||
		message->kind == MESSAGE_COVER);
}

static bool letter_put(struct store *store, gint64 event,
		       const struct message *message, struct letter *letter,
		       GError **error)
{
	g_autofree char *sender = message_submitter(message);
	g_autofree char *diff = diff_of(message);
	char patch_id[OBJECT_ID_HEX + 1] = "";
	const struct letter_row row = {
		.event = event,
		.sender = sender,
		.message_id = message->message_id,
		.thread = thread_of(message),
		.diff = diff,
		.patch_id = message->patch && history_patch_id(message->patch,
							       patch_id)
				    ? patch_id
				    : NULL,
		.change_id = message->change_id,
	};

	return store_letter_put(store, &row, letter, error);
}

static bool hold_all(struct store *store, gint64 revision, const char *why,
		     GError **error)
{
	g_autoptr(GPtrArray) runs = NULL;

	if (!store_revision_runs(store, revision, &runs, error))
		return false;
	for (guint i = 0; i < runs->len; i++) {
		if (!store_run_hold(store, runs->pdata[i], why, error))
			return false;
		fault_point(FAULT_DIFFERENCE_HELD);
	}
	return true;
}

/* Somebody has changed a mail on its way, here or there. */
static bool note_difference(struct collect *collect, struct store *store,
			    const struct message *message, gint64 revision,
			    GError **error)
{
	g_autofree char *id = text_quote(message->message_id, -1);
	g_autofree char *text = g_strdup_printf(
		"the mail %s has come twice, with two different patches: "
		"compare them before it goes on",
		id);
	g_autoptr(GPtrArray) runs = NULL;

	tell_odd(collect, "difference", message->message_id, text);
	if (!revision)
		return true;
	if (!store_revision_runs(store, revision, &runs, error))
		return false;
	for (guint i = 0; i < runs->len; i++)
		g_ptr_array_add(collect->stopped, g_strdup(runs->pdata[i]));
	return hold_all(store, revision, text, error);
}

static bool queue_run(struct collect *collect, struct store *store,
		      gint64 revision, GError **error)
{
	const struct queued_run like = {.revision = revision};
	char *run = lead_make_run(store, &like, error);

	if (!run)
		return false;
	g_ptr_array_add(collect->queued, run);
	return true;
}

/* A part of it was taken, as the rest took too long: here is the rest. */
static bool stop_part(struct collect *collect, struct store *store,
		      gint64 revision, GError **error)
{
	g_autoptr(GPtrArray) runs = NULL;

	if (!store_revision_runs(store, revision, &runs, error))
		return false;
	for (guint i = 0; i < runs->len; i++) {
		if (!store_run_stop(store, runs->pdata[i],
				    "the rest of it has come", error))
			return false;
		g_ptr_array_add(collect->stopped, g_strdup(runs->pdata[i]));
	}
	return true;
}

/*
 * It is whole: the versions before it have had their time; or it has, when the
 * next one was faster.
 */
static bool revision_ready(struct collect *collect, struct store *store,
			   gint64 revision, GError **error)
{
	g_autoptr(GPtrArray) stopped = NULL;
	gint64 newer = 0;

	fault_point(FAULT_REVISION_MADE);
	if (!store_revision_supersede(store, revision, &stopped, error))
		return false;
	if (stopped->len)
		fault_point(FAULT_REVISION_SUPERSEDED);
	for (guint i = 0; i < stopped->len; i++)
		g_ptr_array_add(collect->stopped, g_strdup(stopped->pdata[i]));
	return stop_part(collect, store, revision, error) &&
	       store_revision_newer(store, revision, &newer, error) &&
	       (newer || queue_run(collect, store, revision, error));
}

static const struct letter_of *find_letter(const GArray *letters,
					   const struct message *message)
{
	for (guint i = 0; i < letters->len; i++) {
		const struct letter_of *one = &g_array_index(
			letters, struct letter_of, i);

		if (one->message == message)
			return one;
	}
	return NULL;
}

/* Of struct letter_of: what the series is made of. */
static GArray *members_of(const GArray *letters, const struct series *series)
{
	GArray *members = g_array_new(FALSE, FALSE, sizeof(struct letter_of));
	const struct letter_of *one = series->cover ? find_letter(letters,
								  series->cover)
						    : NULL;

	if (one)
		g_array_append_vals(members, one, 1);
	for (guint i = 0; i < series->patches->len; i++) {
		one = find_letter(letters, series->patches->pdata[i]);
		if (one)
			g_array_append_vals(members, one, 1);
	}
	return members;
}

static gint64 revision_of(const GArray *members)
{
	gint64 revision = 0;

	for (guint i = 0; i < members->len; i++) {
		gint64 one = g_array_index(members, struct letter_of, i)
				     .revision;

		if (one && (!revision || one < revision))
			revision = one;
	}
	return revision;
}

static bool join_all(struct store *store, const GArray *members,
		     gint64 revision, GError **error)
{
	for (guint i = 0; i < members->len; i++) {
		const struct letter_of *one = &g_array_index(
			members, struct letter_of, i);

		if (one->revision != revision &&
		    !store_letter_join(store, one->id, revision, error))
			return false;
	}
	return true;
}

/* The revision of the version before it, as far as it is among the letters. */
static gint64 revision_before(const GArray *letters,
			      const struct series *series)
{
	g_autoptr(GArray)
		members = series->supersedes
				  ? members_of(letters, series->supersedes)
				  : NULL;

	return members ? revision_of(members) : 0;
}

static bool put_revision(struct collect *collect, struct store *store,
			 const GArray *letters, const struct series *series,
			 struct revision_put *put, GError **error)
{
	g_autofree char *submitter = series_submitter(series);
	g_autofree char *key = series_key(series);

	put->after = revision_before(letters, series);
	put->submitter = submitter;
	put->name = series->name ? series->name : "";
	put->key = key;
	put->version = series->version;
	put->n_patches = series->total;
	put->complete = series->complete;
	put->due_at = series->complete
			      ? 0
			      : clock_now_at() + (gint64)collect->wait_s;
	return store_revision_set(store, put, error);
}

/*
 * A series as it is now. One that was whole before has its run; one that was
 * taken in parts, because the rest took too long, is taken again as a whole.
 */
static bool settle(struct collect *collect, struct store *store,
		   const GArray *letters, const struct series *series,
		   GError **error)
{
	g_autoptr(GArray) members = members_of(letters, series);
	struct revision_put put = {.id = revision_of(members)};
	g_autoptr(revision_t) before = NULL;

	if (put.id && !store_revision_get(store, put.id, &before, error))
		return false;
	if (before && before->complete)
		return join_all(store, members, put.id, error);
	return put_revision(collect, store, letters, series, &put, error) &&
	       join_all(store, members, put.id, error) &&
	       (!put.complete || revision_ready(collect, store, put.id, error));
}

static bool series_has(const struct series *series,
		       const struct message *message)
{
	return series->cover == message ||
	       g_ptr_array_find(series->patches, message, NULL);
}

/* Every mail that may be of its series, read. Of struct letter_of. */
static GArray *read_near(const GPtrArray *near, struct series_set *set,
			 gint64 id, struct message **message)
{
	GArray *letters = g_array_new(FALSE, FALSE, sizeof(struct letter_of));

	for (guint i = 0; i < near->len; i++) {
		const struct near_letter *one = near->pdata[i];
		gsize len = 0;
		const char *data = g_bytes_get_data(one->mail, &len);
		struct letter_of letter = {message_parse(data, len, "", NULL),
					   one->id, one->revision};

		series_set_add(set, letter.message);
		g_array_append_val(letters, letter);
		if (one->id == id)
			*message = letter.message;
	}
	return letters;
}

/* Put a new patch or cover letter beside the others of its sender. */
static bool assemble(struct collect *collect, struct store *store,
		     const struct message *new, const struct letter *letter,
		     GError **error)
{
	g_autofree char *sender = message_submitter(new);
	const struct letter_row row = {.sender = sender,
				       .thread = thread_of(new)};
	g_autoptr(series_set_t) set = series_set_new();
	g_autoptr(GPtrArray) near = NULL;
	g_autoptr(GArray) letters = NULL;
	struct message *message = NULL;

	if (!store_letters_near(store, &row, clock_now_at() - NEAR_S, &near,
				error))
		return false;
	letters = read_near(near, set, letter->id, &message);
	series_set_assemble(set);
	for (guint i = 0; message && i < set->series->len; i++) {
		const struct series *series = set->series->pdata[i];

		if (series_has(series, message))
			return settle(collect, store, letters, series, error);
	}
	return true;
}

static bool handle_letter(struct collect *collect, struct store *store,
			  const struct event *event,
			  const struct message *message, GError **error)
{
	struct letter letter;

	if (!letter_put(store, event->id, message, &letter, error))
		return false;
	if (letter.differs)
		return note_difference(collect, store, message, letter.revision,
				       error);
	return !letter.is_new ||
	       assemble(collect, store, message, &letter, error);
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

	if (is_letter(message))
		return handle_letter(collect, store, event, message, error);
	if (message->automatic || message->ours ||
	    message->kind == MESSAGE_ERROR)
		return true;
	if (!command_handle(store, &answer, &effects, error))
		return false;
	collect->mailed = collect->mailed || effects.mailed;
	return true;
}

/* The letters of a whole series; `same`: a revision that has them all. */
static bool put_letters(struct collect *collect, struct store *store,
			const struct event *event, struct series_set *set,
			GArray *letters, GError **error)
{
	for (guint i = 0; i < set->messages->len; i++) {
		struct message *message = set->messages->pdata[i];
		struct letter letter;
		struct letter_of one = {.message = message};

		if (!message->message_id)
			continue;
		if (!letter_put(store, event->id, message, &letter, error))
			return false;
		if (letter.differs && !note_difference(collect, store, message,
						       letter.revision, error))
			return false;
		one.id = letter.id;
		one.revision = letter.is_new ? 0 : letter.revision;
		g_array_append_val(letters, one);
	}
	return true;
}

/* A revision that was made of just these mails; 0: there is none. */
static gint64 revision_of_all(const GArray *letters)
{
	gint64 revision = 0;

	for (guint i = 0; i < letters->len; i++) {
		gint64 one = g_array_index(letters, struct letter_of, i)
				     .revision;

		if (!one || (revision && one != revision))
			return 0;
		revision = one;
	}
	return revision;
}

static bool put_origin(struct store *store, const struct event *event,
		       gint64 revision, GError **error)
{
	const struct origin_row row = {
		.source = event->source,
		.series = event->series,
		.version = event->version,
		.patches = event->patches ? event->patches : "",
		.url = event->url,
	};

	return !event->series || store_origin_put(store, revision, &row, error);
}

/* A part of it may wait for the rest, which is here: that one is it. */
static bool find_waiting(struct store *store, const GArray *letters,
			 gint64 *revision, GError **error)
{
	gint64 some = revision_of(letters);
	g_autoptr(revision_t) known = NULL;

	if (!some)
		return true;
	if (!store_revision_get(store, some, &known, error))
		return false;
	if (!known->complete)
		*revision = some;
	return true;
}

/* Of Patchwork's series: the revision before this one. */
static bool find_before(struct store *store, const struct event *event,
			gint64 *revision, GError **error)
{
	const struct origin_row row = {.source = event->source,
				       .series = event->series};

	return !event->series ||
	       store_origin_find(store, &row, revision, error);
}

static bool handle_whole(struct collect *collect, struct store *store,
			 const struct event *event, const struct series *series,
			 const GArray *letters, GError **error)
{
	g_autoptr(GArray) members = members_of(letters, series);
	g_autofree char *submitter = series_submitter(series);
	g_autofree char *key = event->series
				       ? g_strdup_printf("%s %s", event->source,
							 event->key)
				       : series_key(series);
	struct revision_put put = {
		.event = event->id,
		.submitter = submitter,
		.name = series->name ? series->name : "",
		.key = key,
		.version = series->version,
		.n_patches = series->total,
		.complete = series->complete,
	};
	gint64 same = revision_of_all(members);
	g_autoptr(revision_t) known = NULL;

	if (same && !store_revision_get(store, same, &known, error))
		return false;
	if (known && known->complete && known->version == put.version &&
	    known->n_patches == put.n_patches)
		return put_origin(store, event, same, error);
	return find_waiting(store, members, &put.id, error) &&
	       find_before(store, event, &put.after, error) &&
	       store_revision_set(store, &put, error) &&
	       join_all(store, members, put.id, error) &&
	       put_origin(store, event, put.id, error) &&
	       revision_ready(collect, store, put.id, error);
}

static bool handle_series(struct collect *collect, struct store *store,
			  const struct event *event, GError **error)
{
	g_autoptr(GPtrArray) mails = g_ptr_array_new();
	g_autoptr(series_set_t) set = NULL;
	g_autoptr(GArray)
		letters = g_array_new(FALSE, FALSE, sizeof(struct letter_of));

	g_ptr_array_add(mails, event->mail);
	set = collect_read(mails, event->version, event->total);
	if (!put_letters(collect, store, event, set, letters, error))
		return false;
	for (guint i = 0; i < set->series->len; i++) {
		const struct series *series = set->series->pdata[i];

		if (series_reply_target(series) &&
		    !series_is_superseded(set, series) &&
		    !handle_whole(collect, store, event, series, letters,
				  error))
			return false;
	}
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
		if (!store_run_stop(store, runs->pdata[i], why, error))
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
		tell_odd(collect, "bad event", event->key, event->bad);
	else if (event->kind == EVENT_MAIL)
		ok = handle_mail(collect, store, event, error);
	else if (event->kind == EVENT_SERIES)
		ok = handle_series(collect, store, event, error);
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
	upkeep_wake(daemon->upkeep);
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
