/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patchwork as getpatchwork has it. An event's key is its id; the series behind
 * it may not be whole yet when it is told of. A series that never completes has
 * no event: sweeps take it as it is after a while.
 */
#include "intake/patchwork-internal.h"

#define PAGES_MOST 1000
#define API "/api/1.2" /* without a version the shape would change */

static bool upstream_check(struct patchwork *patchwork, GError **error)
{
	g_autoptr(json_t) root = patchwork_get(patchwork, error, API "/");
	g_autoptr(json_t) project = NULL;

	if (!root)
		return false;
	if (!patchwork_text(root, "events")) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the server is no Patchwork that has events");
		return false;
	}
	project = patchwork_get(patchwork, error, API "/projects/%s/",
				patchwork->config->project);
	return project;
}

/* A page of a list; NULL without an error behind the last. */
static json_t *get_page(struct patchwork *patchwork, const char *path,
			guint number, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(json_t) page = patchwork_get(patchwork, &local, "%s&page=%u",
					       path, number);

	if (number > 1 &&
	    g_error_matches(local, REROLL_ERROR, REROLL_ERROR_NOT_FOUND))
		return NULL;
	if (!page) {
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	if (!json_is_array(page)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "Patchwork answered a list of no known shape");
		return NULL;
	}
	return json_array_size(page) ? g_steal_pointer(&page) : NULL;
}

static bool upstream_newest(struct patchwork *patchwork, char **time,
			    GError **error)
{
	g_autoptr(json_t) page = patchwork_get(
		patchwork, error,
		API "/events/?project=%s&order=-date&per_page=1",
		patchwork->config->project);
	const char *said = patchwork_text(json_array_get(page, 0), "date");

	*time = patchwork_time_ok(said) ? g_strdup(said) : NULL;
	return page;
}

/* Of several categories in one question only the last would count. */
static bool upstream_events(struct patchwork *patchwork, const char *since,
			    struct intake_batch *batch, GError **error)
{
	static const char *const categories[] = {"series-completed",
						 "patch-state-changed"};

	for (gsize i = 0; i < G_N_ELEMENTS(categories); i++) {
		g_autoptr(GError) local = NULL;
		g_autofree char *path = g_strdup_printf(
			API "/events/?project=%s&category=%s&order=date"
			    "&per_page=250%s%s",
			patchwork->config->project, categories[i],
			since ? "&since=" : "", since ? since : "");

		for (guint number = 1; number <= PAGES_MOST; number++) {
			g_autoptr(json_t) page = get_page(patchwork, path,
							  number, &local);

			if (!page)
				break;
			patchwork_read_events(page, batch);
		}
		if (local) {
			g_propagate_error(error, g_steal_pointer(&local));
			return false;
		}
	}
	return true;
}

static char *job_key(const json_t *series)
{
	g_autofree char *ids = patchwork_ids(
		json_object_get(series, "patches"));

	return ids ? g_strdup_printf("series/%" G_GINT64_FORMAT "/%s",
				     patchwork_int(series, "id"), ids)
		   : NULL;
}

/* Its flag may be true before all of its patches are in it, and the reverse. */
static bool is_whole(const json_t *series)
{
	gsize there = json_array_size(json_object_get(series, "patches"));

	return json_is_true(json_object_get(series, "received_all")) && there &&
	       there == (gsize)patchwork_int(series, "received_total");
}

static enum fetched upstream_fetch(struct patchwork *patchwork,
				   const struct candidate *candidate,
				   struct intake_item *item, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(json_t) series = patchwork_get(
		patchwork, &local, API "/series/%" G_GINT64_FORMAT "/",
		candidate->series);
	g_autofree char *key = job_key(series);
	g_autofree char *path = g_strdup_printf(
		"/series/%" G_GINT64_FORMAT "/mbox/", candidate->series);

	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_NOT_FOUND))
		return FETCH_GONE;
	if (!series) {
		g_propagate_error(error, g_steal_pointer(&local));
		return FETCH_FAILED;
	}
	if (!key ||
	    (candidate->kind != CANDIDATE_INCOMPLETE && !is_whole(series)))
		return FETCH_LATER;
	g_free(item->key);
	item->key = g_steal_pointer(&key);
	item->series = candidate->series;
	item->version = (guint)patchwork_int(series, "version");
	item->total = (guint)patchwork_int(series, "total");
	if (!item->url)
		item->url = g_strdup_printf(
			"%s/project/%s/list/?series=%" G_GINT64_FORMAT,
			patchwork->base, patchwork->config->project,
			candidate->series);
	return patchwork_fetch_mbox(patchwork,
				    json_object_get(series, "patches"), item,
				    path, error);
}

static void sweep_series(struct intake_batch *batch, const json_t *series)
{
	g_autofree char *key = job_key(series);

	if (!key)
		return;
	patchwork_add(batch,
		      is_whole(series) ? CANDIDATE_SWEPT : CANDIDATE_INCOMPLETE,
		      g_steal_pointer(&key))
		->series = patchwork_int(series, "id");
}

/* The mark is a series' id; without one only the newest is looked at. */
static bool upstream_sweep(struct patchwork *patchwork, const char *mark,
			   struct intake_batch *batch, char **next,
			   GError **error)
{
	gint64 last = mark ? g_ascii_strtoll(mark, NULL, 10) : G_MAXINT64;
	gint64 newest = 0, id = G_MAXINT64;
	g_autoptr(GError) local = NULL;
	g_autofree char *path = g_strdup_printf(
		API "/series/?project=%s&order=-id&per_page=%s",
		patchwork->config->project, mark ? "100" : "1");

	for (guint number = 1;
	     number <= PAGES_MOST && (number == 1 || id > last); number++) {
		g_autoptr(json_t)
			page = get_page(patchwork, path, number, &local);

		if (!page)
			break;
		for (gsize i = 0; i < json_array_size(page); i++) {
			const json_t *series = json_array_get(page, i);

			id = patchwork_int(series, "id");
			newest = MAX(newest, id);
			if (id > last)
				sweep_series(batch, series);
		}
	}
	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	*next = g_strdup_printf("%" G_GINT64_FORMAT,
				mark ? MAX(newest, last) : newest);
	return true;
}

static const struct patchwork_dialect upstream = {
	.check = upstream_check,
	.newest = upstream_newest,
	.events = upstream_events,
	.fetch = upstream_fetch,
	.sweep = upstream_sweep,
};

static gpointer upstream_open(const struct source_config *config,
			      const struct intake_timing *timing,
			      GError **error)
{
	return patchwork_new(&upstream, config, timing, error);
}

const struct intake_ops intake_patchwork = {
	.kind = "patchwork",
	.open = upstream_open,
	.gather = patchwork_gather,
	.complete = patchwork_complete,
	.free = patchwork_free,
};
