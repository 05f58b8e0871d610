/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patchwork as freedesktop.org has it. Its events have no id: a revision's key
 * is the series and the revision. What has no event at all is found by sweeps:
 * revisions that changed, incomplete ones, and patches that the server failed
 * to put into any.
 */
#include <string.h>

#include "intake/patchwork-internal.h"

#define PAGES_MOST 1000
#define ROWS "100"
#define API "/api/1.0"

static bool fdo_check(struct patchwork *patchwork, GError **error)
{
	g_autoptr(json_t) root = patchwork_get(patchwork, error, API "/");
	g_autoptr(json_t) project = NULL;

	if (!root)
		return false;
	if (patchwork_int(root, "revision") < 1) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the server is no Patchwork of freedesktop.org's "
			    "kind, try the kind patchwork");
		return false;
	}
	project = patchwork_get(patchwork, error, API "/projects/%s/",
				patchwork->config->project);
	return project;
}

typedef bool (*page_reader)(struct patchwork *patchwork, const json_t *row,
			    gpointer data);

/*
 * Rows of a list until there are no more or the reader has enough. `path` has
 * its query already.
 */
static bool read_list(struct patchwork *patchwork, const char *path,
		      page_reader reader, gpointer data, GError **error)
{
	for (guint number = 1; number <= PAGES_MOST; number++) {
		g_autoptr(GError) local = NULL;
		g_autoptr(json_t) page = patchwork_get(
			patchwork, &local, "%s&page=%u", path, number);
		const json_t *rows = json_object_get(page, "results");

		if (number > 1 && g_error_matches(local, REROLL_ERROR,
						  REROLL_ERROR_NOT_FOUND))
			return true;
		if (!page) {
			g_propagate_error(error, g_steal_pointer(&local));
			return false;
		}
		for (gsize i = 0; i < json_array_size(rows); i++) {
			if (!reader(patchwork, json_array_get(rows, i), data))
				return true;
		}
		if (!patchwork_text(page, "next"))
			return true;
	}
	return true;
}

static bool fdo_newest(struct patchwork *patchwork, char **time, GError **error)
{
	g_autoptr(json_t) page = patchwork_get(
		patchwork, error,
		API "/projects/%s/events/?ordering=-event_time&perpage=1",
		patchwork->config->project);
	const char *said = patchwork_text(
		json_array_get(json_object_get(page, "results"), 0),
		"event_time");

	*time = patchwork_time_ok(said) ? g_strdup(said) : NULL;
	return page;
}

static bool fdo_events(struct patchwork *patchwork, const char *since,
		       struct intake_batch *batch, GError **error)
{
	for (guint number = 1; number <= PAGES_MOST; number++) {
		g_autoptr(GError) local = NULL;
		g_autoptr(json_t) page = patchwork_get(
			patchwork, &local,
			API
			"/projects/%s/events/?name=series-new-revision,"
			"patch-state-change&ordering=event_time&perpage=" ROWS
			"%s%s&page=%u",
			patchwork->config->project, since ? "&since=" : "",
			since ? since : "", number);

		if (number > 1 && g_error_matches(local, REROLL_ERROR,
						  REROLL_ERROR_NOT_FOUND))
			return true;
		if (!page) {
			g_propagate_error(error, g_steal_pointer(&local));
			return false;
		}
		if (!patchwork_fdo_read_events(page, batch)) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    "Patchwork answered events of no known "
				    "shape");
			return false;
		}
		if (!patchwork_text(page, "next"))
			return true;
	}
	return true;
}

static enum fetched fdo_fetch_patch(struct patchwork *patchwork,
				    const struct candidate *candidate,
				    struct intake_item *item, GError **error)
{
	g_autoptr(json_t) ids = json_pack("[I]", (json_int_t)candidate->patch);
	g_autofree char *path = g_strdup_printf(
		API "/patches/%" G_GINT64_FORMAT "/mbox/", candidate->patch);

	item->url = g_strdup_printf("%s/patch/%" G_GINT64_FORMAT "/",
				    patchwork->base, candidate->patch);
	return patchwork_fetch_mbox(patchwork, ids, item, path, error);
}

static char *job_key(const struct candidate *candidate, const json_t *patches)
{
	g_autofree char *ids = patchwork_ids(patches);

	return g_strdup_printf("series/%" G_GINT64_FORMAT "/%u/%s",
			       candidate->series, candidate->revision,
			       ids ? ids : "");
}

static enum fetched fdo_fetch(struct patchwork *patchwork,
			      const struct candidate *candidate,
			      struct intake_item *item, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(json_t) revision = NULL;
	const json_t *patches;
	g_autofree char *path = g_strdup_printf(
		API "/series/%" G_GINT64_FORMAT "/revisions/%u/",
		candidate->series, candidate->revision);
	g_autofree char *mbox = g_strconcat(path, "mbox/", NULL);

	if (candidate->kind == CANDIDATE_PATCH)
		return fdo_fetch_patch(patchwork, candidate, item, error);
	revision = patchwork_get(patchwork, &local, "%s", path);
	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_NOT_FOUND))
		return FETCH_GONE;
	if (!revision) {
		g_propagate_error(error, g_steal_pointer(&local));
		return FETCH_FAILED;
	}
	patches = json_object_get(revision, "patches");
	g_free(item->key);
	item->key = job_key(candidate, patches);
	item->series = candidate->series;
	item->version = candidate->revision;
	if (candidate->kind != CANDIDATE_INCOMPLETE)
		item->total = (guint)json_array_size(patches);
	if (!item->url)
		item->url = g_strdup_printf("%s/series/%" G_GINT64_FORMAT "/",
					    patchwork->base, candidate->series);
	return patchwork_fetch_mbox(patchwork, patches, item, mbox, error);
}

/* A sweep: series newest first down to the mark, then patches. */
struct sweep {
	struct intake_batch *batch;
	char *since;	   /* a time */
	bool is_first;	   /* only what a later one would see again */
	gint64 last_patch; /* looked at by the sweep before */
	char *newest;
	gint64 newest_patch;
	GPtrArray *changed; /* of json_t: series */
	GHashTable *placed; /* patches of some revision */
};

static void sweep_free(struct sweep *sweep)
{
	g_free(sweep->since);
	g_free(sweep->newest);
	g_ptr_array_unref(sweep->changed);
	g_hash_table_unref(sweep->placed);
	g_free(sweep);
}
typedef struct sweep sweep_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sweep_t, sweep_free)

static struct sweep *sweep_new(const struct patchwork *patchwork,
			       const char *mark, struct intake_batch *batch)
{
	struct sweep *sweep = g_new0(struct sweep, 1);
	g_auto(GStrv) parts = g_strsplit(mark ? mark : "", "/", 2);

	sweep->batch = batch;
	if (parts[0] && patchwork_time_ok(parts[0]))
		sweep->since = patchwork_time_back(parts[0],
						   patchwork->timing.overlap_s);
	sweep->is_first = !mark;
	if (!mark)
		sweep->last_patch = G_MAXINT64;
	if (parts[0] && parts[1])
		sweep->last_patch = g_ascii_strtoll(parts[1], NULL, 10);
	sweep->changed = g_ptr_array_new_with_free_func(
		(GDestroyNotify)json_decref);
	sweep->placed = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					      g_free, NULL);
	return sweep;
}

static bool sweep_series(struct patchwork *patchwork, const json_t *row,
			 gpointer data)
{
	struct sweep *sweep = data;
	const char *updated = patchwork_text(row, "last_updated");

	if (!patchwork_time_ok(updated))
		return true;
	if (!sweep->newest && !patchwork_time_is_future(updated))
		sweep->newest = g_strdup(updated);
	if (!sweep->since && sweep->newest && sweep->is_first)
		sweep->since = patchwork_time_back(updated,
						   patchwork->timing.overlap_s);
	if (sweep->since && strcmp(updated, sweep->since) < 0)
		return false;
	g_ptr_array_add(sweep->changed, json_deep_copy(row));
	return true;
}

struct sweep_of_one {
	struct sweep *sweep;
	gint64 series;
	guint version; /* the last complete one; 0: none */
};

static bool sweep_revision(struct patchwork *patchwork, const json_t *row,
			   gpointer data)
{
	struct sweep_of_one *one = data;
	struct sweep *sweep = one->sweep;
	const json_t *patches = json_object_get(row, "patches");
	gint64 revision = patchwork_int(row, "version");
	struct candidate found = {.series = one->series,
				  .revision = (guint)revision};
	struct candidate *candidate;

	(void)patchwork;
	for (gsize i = 0; i < json_array_size(patches); i++) {
		gint64 id = json_integer_value(json_array_get(patches, i));

		g_hash_table_add(sweep->placed, g_memdup2(&id, sizeof(id)));
	}
	if (!revision || revision > G_MAXINT || found.revision < one->version ||
	    !json_array_size(patches))
		return true;
	candidate = patchwork_add(sweep->batch,
				  found.revision == one->version
					  ? CANDIDATE_SWEPT
					  : CANDIDATE_INCOMPLETE,
				  job_key(&found, patches));
	candidate->series = one->series;
	candidate->revision = found.revision;
	return true;
}

static bool sweep_revisions(struct patchwork *patchwork, const json_t *series,
			    struct sweep *sweep, GError **error)
{
	struct sweep_of_one one = {sweep, patchwork_int(series, "id"), 0};
	g_autoptr(GError) local = NULL;
	g_autofree char *path = g_strdup_printf(API "/series/%" G_GINT64_FORMAT
						    "/revisions/?perpage=" ROWS,
						one.series);

	if (g_strcmp0(patchwork_text(series, "state"), "incomplete") != 0)
		one.version = (guint)patchwork_int(series, "version");
	if (read_list(patchwork, path, sweep_revision, &one, &local) ||
	    g_error_matches(local, REROLL_ERROR, REROLL_ERROR_NOT_FOUND))
		return true;
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

static bool sweep_patch(struct patchwork *patchwork, const json_t *row,
			gpointer data)
{
	struct sweep *sweep = data;
	gint64 id = patchwork_int(row, "id");

	(void)patchwork;
	if (!sweep->newest_patch)
		sweep->newest_patch = id;
	if (id <= sweep->last_patch)
		return false;
	if (!g_hash_table_contains(sweep->placed, &id) &&
	    patchwork_text(row, "content"))
		patchwork_add(sweep->batch, CANDIDATE_PATCH,
			      g_strdup_printf("patch/%" G_GINT64_FORMAT, id))
			->patch = id;
	return true;
}

/* Without a mark the overlap behind the newest series is looked at. */
static bool fdo_sweep(struct patchwork *patchwork, const char *mark,
		      struct intake_batch *batch, char **next, GError **error)
{
	g_autoptr(sweep_t) sweep = sweep_new(patchwork, mark, batch);
	g_autofree char *series = g_strdup_printf(
		API "/projects/%s/series/?ordering=-last_updated&perpage=" ROWS,
		patchwork->config->project);
	g_autofree char *patches = g_strdup_printf(
		API "/projects/%s/patches/?ordering=-id&perpage=" ROWS,
		patchwork->config->project);

	if (!read_list(patchwork, series, sweep_series, sweep, error))
		return false;
	for (guint i = 0; i < sweep->changed->len; i++) {
		if (!sweep_revisions(patchwork, sweep->changed->pdata[i], sweep,
				     error))
			return false;
	}
	if (!read_list(patchwork, patches, sweep_patch, sweep, error))
		return false;
	*next = g_strdup_printf(
		"%s/%" G_GINT64_FORMAT, sweep->newest ? sweep->newest : "-",
		MAX(sweep->newest_patch, mark ? sweep->last_patch : 0));
	return true;
}

static const struct patchwork_dialect fdo = {
	.check = fdo_check,
	.newest = fdo_newest,
	.events = fdo_events,
	.fetch = fdo_fetch,
	.sweep = fdo_sweep,
};

static gpointer fdo_open(const struct source_config *config,
			 const struct intake_timing *timing, GError **error)
{
	if (config->token_file && !config->user) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "this kind of Patchwork knows no tokens: it wants "
			    "a user and a password");
		return NULL;
	}
	return patchwork_new(&fdo, config, timing, error);
}

const struct intake_ops intake_patchwork_fdo = {
	.kind = "patchwork-fdo",
	.open = fdo_open,
	.gather = patchwork_gather,
	.complete = patchwork_complete,
	.free = patchwork_free,
};
