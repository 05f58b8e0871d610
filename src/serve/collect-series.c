/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Letters to revisions. A mail is put beside those of its sender that may be of
 * the same series; when the series is whole it is queued, else it waits for the
 * rest. A whole series (Patchwork's, a person's) is a revision as it is.
 */
#include "serve/collect-internal.h"
#include "serve/post.h"

#define NEAR_S 86400

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
bool collect_assemble(struct collect *collect, struct store *store,
		      const struct message *new, const struct letter *letter,
		      GError **error)
{
	g_autofree char *sender = message_submitter(new);
	const struct letter_row row = {.sender = sender,
				       .thread = collect_thread(new)};
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
		if (!collect_put_letter(store, event->id, message, &letter,
					error))
			return false;
		if (letter.differs &&
		    !collect_note_difference(collect, store, message,
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

/* What came of it before Patchwork had it stands there, too. */
static bool post_outcome(struct store *store, gint64 revision, GError **error)
{
	g_autofree char *name = NULL, *summary = NULL;
	const struct outcome *outcome;

	if (!store_revision_outcome(store, revision, &name, &summary, error))
		return false;
	outcome = outcome_find(name);
	return !outcome ||
	       posts_put_end(store, revision, outcome, summary, error);
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

	return !event->series ||
	       (store_origin_put(store, revision, &row, error) &&
		post_outcome(store, revision, error));
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

bool collect_whole(struct collect *collect, struct store *store,
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
