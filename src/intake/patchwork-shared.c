/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rounds of both Patchworks. A round lists the events behind the cursor
 * less the overlap, and when it is time sweeps; then each candidate that the
 * store does not know is asked for once it has settled. The cursor never passes
 * an event that waits, so that nothing is lost however long that takes.
 */
#include <string.h>

#include "intake/patchwork-internal.h"

#define FETCHES_MOST 32 /* of a round */
#define FAILURES_MOST 3 /* of a round, then the server has its rest */

gpointer patchwork_new(const struct patchwork_dialect *dialect,
		       const struct source_config *config,
		       const struct intake_timing *timing, GError **error)
{
	g_autofree char *secret = NULL;
	struct patchwork *patchwork;

	if (!g_str_has_prefix(config->url, "http://") &&
	    !g_str_has_prefix(config->url, "https://")) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the URL of a Patchwork begins with https:// or "
			    "http://");
		return NULL;
	}
	if (config->token_file) {
		secret = intake_secret(config, error);
		if (!secret)
			return NULL;
	}
	patchwork = g_new0(struct patchwork, 1);
	patchwork->dialect = dialect;
	patchwork->config = config;
	patchwork->timing = *timing;
	patchwork->base = g_strdup(config->url);
	for (gsize n = strlen(patchwork->base);
	     n && patchwork->base[n - 1] == '/'; n--)
		patchwork->base[n - 1] = '\0';
	if (secret && !config->user)
		patchwork->token = g_strconcat("Authorization: Token ", secret,
					       NULL);
	patchwork->secret = g_steal_pointer(&secret);
	patchwork->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						g_free);
	patchwork->context = g_main_context_new();
	g_main_context_push_thread_default(patchwork->context);
	patchwork->http = http_new();
	g_main_context_pop_thread_default(patchwork->context);
	return patchwork;
}

void patchwork_free(gpointer state)
{
	struct patchwork *patchwork = state;

	http_free(patchwork->http);
	g_main_context_unref(patchwork->context);
	g_hash_table_unref(patchwork->seen);
	g_free(patchwork->base);
	g_free(patchwork->secret);
	g_free(patchwork->token);
	g_free(patchwork->mark);
	g_free(patchwork);
}

static void candidate_free(gpointer data)
{
	struct candidate *candidate = data;

	g_free(candidate->time);
	g_free(candidate);
}

struct candidate *patchwork_add(struct intake_batch *batch,
				enum candidate_kind kind, char *key)
{
	struct candidate *candidate = g_new0(struct candidate, 1);
	struct intake_item *item = intake_batch_add(batch, EVENT_SEEN, key);

	candidate->kind = kind;
	item->own = candidate;
	item->own_free = candidate_free;
	return candidate;
}

gint64 patchwork_age_ms(struct patchwork *patchwork, const char *key)
{
	gint64 now_ms = clock_monotonic_ms();
	const gint64 *first = g_hash_table_lookup(patchwork->seen, key);

	if (first)
		return now_ms - *first;
	g_hash_table_insert(patchwork->seen, g_strdup(key),
			    g_memdup2(&now_ms, sizeof(now_ms)));
	return 0;
}

static gboolean is_old(gpointer key, gpointer value, gpointer data)
{
	const struct patchwork *patchwork = data;
	gint64 most_ms = (gint64)patchwork->timing.give_up_ms +
			 2 * (gint64)patchwork->timing.sweep_ms;

	(void)key;
	return clock_monotonic_ms() - *(const gint64 *)value > most_ms;
}

/* "TIME MARK" apart; what is not there is NULL. */
static void cursor_read(const char *cursor, char **time, char **mark)
{
	g_auto(GStrv) words = g_strsplit(cursor ? cursor : "", " ", 2);

	*time = words[0] && patchwork_time_ok(words[0]) ? g_strdup(words[0])
							: NULL;
	*mark = words[0] && words[1] ? g_strdup(words[1]) : NULL;
}

/*
 * What was there before we came is not ours: only its keys are noted, so that
 * reading behind the cursor does not find it.
 */
static bool gather_first(struct patchwork *patchwork,
			 struct intake_batch *batch, GError **error)
{
	g_autofree char *newest = NULL;
	g_autofree char *since = NULL;

	if (!patchwork->dialect->sweep(patchwork, NULL, batch, &patchwork->mark,
				       error) ||
	    !patchwork->dialect->newest(patchwork, &newest, error))
		return false;
	patchwork->swept_ms = clock_monotonic_ms();
	if (newest) {
		since = patchwork_time_back(newest,
					    patchwork->timing.overlap_s);
		if (!patchwork->dialect->events(patchwork, since, batch, error))
			return false;
	}
	for (guint i = 0; i < batch->items->len; i++) {
		struct intake_item *item = batch->items->pdata[i];

		item->kind = EVENT_SEEN;
		if (item->own_free)
			item->own_free(item->own);
		item->own = NULL;
		item->own_free = NULL;
	}
	batch->cursor = g_strdup_printf("%s %s", newest ? newest : "-",
					patchwork->mark);
	return true;
}

static bool sweep_is_due(const struct patchwork *patchwork)
{
	return patchwork->sweep_soon || !patchwork->swept_ms ||
	       clock_monotonic_ms() - patchwork->swept_ms >=
		       (gint64)patchwork->timing.sweep_ms;
}

static bool gather_sweep(struct patchwork *patchwork, const char *mark,
			 struct intake_batch *batch, GError **error)
{
	patchwork->sweep_soon = false;
	if (!patchwork->dialect->sweep(patchwork, mark, batch, &patchwork->mark,
				       error))
		return false;
	patchwork->swept_ms = clock_monotonic_ms();
	g_hash_table_foreach_remove(patchwork->seen, is_old, patchwork);
	return true;
}

bool patchwork_gather(gpointer state, struct intake_batch *batch,
		      GCancellable *cancellable, GError **error)
{
	struct patchwork *patchwork = state;
	g_autofree char *time = NULL;
	g_autofree char *mark = NULL;
	g_autofree char *since = NULL;

	patchwork->cancellable = cancellable;
	patchwork->retry_after_ms = 0;
	g_clear_pointer(&patchwork->mark, g_free);
	if (!patchwork->checked && !patchwork->dialect->check(patchwork, error))
		return false;
	patchwork->checked = true;
	if (!batch->before)
		return gather_first(patchwork, batch, error);
	cursor_read(batch->before, &time, &mark);
	if (time)
		since = patchwork_time_back(time, patchwork->timing.overlap_s);
	if (!patchwork->dialect->events(patchwork, since, batch, error)) {
		batch->again_ms = patchwork->retry_after_ms;
		return false;
	}
	return !sweep_is_due(patchwork) ||
	       gather_sweep(patchwork, mark, batch, error);
}

/*
 * A candidate that came to nothing for too long: its mark is stored, and once
 * for each revision, whatever told of it, that staff have to look.
 */
static void give_up(struct intake_batch *batch,
		    const struct candidate *candidate, const char *why)
{
	struct intake_item *item = intake_batch_add(
		batch, EVENT_SERIES,
		g_strdup_printf("given-up/%" G_GINT64_FORMAT
				"/%u/%" G_GINT64_FORMAT,
				candidate->series, candidate->revision,
				candidate->patch));

	item->series = candidate->series;
	item->version = candidate->revision;
	item->bad = g_strdup(why);
}

struct fetching {
	struct patchwork *patchwork;
	struct intake_batch *batch;
	guint fetches, failures;
};

/* An event's job is stored beside the event; a sweep finds jobs. */
static struct intake_item *job_of(struct fetching *fetching,
				  struct intake_item *item)
{
	const struct candidate *candidate = item->own;

	return candidate->kind == CANDIDATE_EVENT
		       ? intake_batch_add(fetching->batch, EVENT_SEEN,
					  g_strdup(item->key))
		       : item;
}

static void note_trouble(struct fetching *fetching, const GError *error)
{
	fetching->failures++;
	if (error && !fetching->batch->trouble)
		fetching->batch->trouble = g_strdup(error->message);
}

/* Ask for what the candidate stands for; it waits unless that is there. */
static void fetch(struct fetching *fetching, struct intake_item *item)
{
	struct patchwork *patchwork = fetching->patchwork;
	const struct candidate *candidate = item->own;
	gint64 age_ms = patchwork_age_ms(patchwork, item->key);
	struct intake_item *job = job_of(fetching, item);
	g_autoptr(GError) error = NULL;
	enum fetched fetched = patchwork->dialect->fetch(patchwork, candidate,
							 job, &error);

	fetching->fetches++;
	item->waiting = job->waiting = fetched != FETCHED;
	if (fetched == FETCHED || job->bad) {
		item->waiting = job->waiting = false;
		job->kind = candidate->kind == CANDIDATE_PATCH ? EVENT_MAIL
							       : EVENT_SERIES;
		g_hash_table_remove(patchwork->seen, item->key);
	} else if (fetched == FETCH_GONE &&
		   age_ms > (gint64)patchwork->timing.incomplete_ms) {
		item->waiting = false;
	} else if (age_ms > (gint64)patchwork->timing.give_up_ms) {
		item->waiting = false;
		give_up(fetching->batch, candidate,
			error ? error->message
			      : "Patchwork never had all of its patches");
	}
	if (fetched == FETCH_FAILED && !job->bad)
		note_trouble(fetching, error);
}

/* How long this kind has to lie still before it is believed. */
static gint64 settles_ms(const struct patchwork *patchwork,
			 const struct candidate *candidate)
{
	return candidate->kind == CANDIDATE_INCOMPLETE
		       ? patchwork->timing.incomplete_ms
		       : patchwork->timing.settle_ms;
}

static void look_at(struct fetching *fetching, struct intake_item *item)
{
	struct patchwork *patchwork = fetching->patchwork;
	const struct candidate *candidate = item->own;
	gint64 left_ms;

	if (item->known || !candidate || candidate->kind == CANDIDATE_STATE)
		return;
	left_ms = settles_ms(patchwork, candidate) -
		  patchwork_age_ms(patchwork, item->key);
	item->waiting = true;
	if (left_ms > 0 && candidate->kind != CANDIDATE_INCOMPLETE)
		fetching->batch->again_ms = patchwork->timing.settle_ms;
	if (left_ms <= 0 && fetching->fetches >= FETCHES_MOST)
		fetching->batch->more = true;
	else if (left_ms <= 0 && fetching->failures < FAILURES_MOST)
		fetch(fetching, item);
	if (item->waiting && candidate->kind != CANDIDATE_EVENT &&
	    candidate->kind != CANDIDATE_INCOMPLETE)
		patchwork->sweep_soon = true;
}

/* As far as nothing waits behind it, and never back. */
static char *cursor_time(const struct intake_batch *batch, const char *old)
{
	const char *last = old, *first_waiting = NULL;

	for (guint i = 0; i < batch->items->len; i++) {
		const struct intake_item *item = batch->items->pdata[i];
		const struct candidate *candidate = item->own;
		const char *time = candidate ? candidate->time : NULL;

		if (!time || patchwork_time_is_future(time))
			continue;
		if (item->waiting &&
		    (!first_waiting || strcmp(time, first_waiting) < 0))
			first_waiting = time;
		if (!last || strcmp(time, last) > 0)
			last = time;
	}
	if (first_waiting && last && strcmp(first_waiting, last) < 0)
		last = old && strcmp(old, first_waiting) > 0 ? old
							     : first_waiting;
	return g_strdup(last ? last : "-");
}

/* A sweep that left something waiting has to come again from its start. */
static const char *cursor_mark(const struct patchwork *patchwork,
			       const struct intake_batch *batch,
			       const char *old)
{
	if (!patchwork->mark)
		return old;
	for (guint i = 0; i < batch->items->len; i++) {
		const struct intake_item *item = batch->items->pdata[i];
		const struct candidate *candidate = item->own;

		if (item->waiting && candidate &&
		    candidate->kind != CANDIDATE_EVENT)
			return old;
	}
	return patchwork->mark;
}

bool patchwork_complete(gpointer state, struct intake_batch *batch,
			GCancellable *cancellable, GError **error)
{
	struct patchwork *patchwork = state;
	struct fetching fetching = {patchwork, batch, 0, 0};
	guint count = batch->items->len;
	g_autofree char *old_time = NULL;
	g_autofree char *old_mark = NULL;
	g_autofree char *time = NULL;
	const char *mark;

	(void)error;
	if (!batch->before)
		return true;
	for (guint i = 0; i < count; i++) {
		if (g_cancellable_is_cancelled(cancellable))
			return true;
		look_at(&fetching, batch->items->pdata[i]);
	}
	cursor_read(batch->before, &old_time, &old_mark);
	time = cursor_time(batch, old_time);
	mark = cursor_mark(patchwork, batch, old_mark);
	batch->cursor = g_strdup_printf("%s %s", time, mark ? mark : "0");
	if (patchwork->retry_after_ms)
		batch->again_ms = patchwork->retry_after_ms;
	return true;
}

enum fetched patchwork_fetch_mbox(struct patchwork *patchwork,
				  const json_t *patches,
				  struct intake_item *item, const char *path,
				  GError **error)
{
	g_autofree char *ids = patchwork_ids(patches);
	g_autoptr(GBytes) mbox = NULL;
	g_autoptr(GError) local = NULL;

	if (!ids)
		return FETCH_LATER;
	mbox = patchwork_get_bytes(patchwork, &local, "%s", path);
	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_LIMIT))
		item->bad = g_strdup(local->message);
	if (local) {
		item->patches = g_steal_pointer(&ids);
		g_propagate_error(error, g_steal_pointer(&local));
		return FETCH_FAILED;
	}
	if (!patchwork_mbox_has(mbox, ids))
		return FETCH_LATER;
	item->mail = g_steal_pointer(&mbox);
	item->patches = g_steal_pointer(&ids);
	return FETCHED;
}
