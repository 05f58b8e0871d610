/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The series that must be applied before this one: named by Message-ID or
 * change-id in Depends-on, Based-on and their kin, or by the ids of single
 * patches, as git format-patch --base writes them. What they depend on comes
 * before them. Names are a stranger's: they are looked up and never opened.
 */
#include <string.h>

#include "gate/base.h"

#define NEEDS_MOST 16
#define DEPTH_MOST 8

struct needs {
	struct gate_subject *subject;
	GHashTable *seen; /* of struct series */
	GPtrArray *found; /* of const struct series */
	guint unknown;	  /* patches by their id */
	const char *unknown_id;
};

/* "https://lore.example/r/ID/": the last part that is not empty. */
static char *last_part(const char *url)
{
	g_autofree char *copy = g_strdup(url);
	char *slash;

	while (g_str_has_suffix(copy, "/"))
		copy[strlen(copy) - 1] = '\0';
	slash = strrchr(copy, '/');
	return g_strdup(slash ? slash + 1 : copy);
}

/* What the text names, as the lookup wants it; `key` is what kind it is. */
static char *read_name(const char *text, enum series_key *key)
{
	const char *open = strchr(text, '<');
	const char *close = open ? strchr(open, '>') : NULL;
	g_autofree char *part = NULL;

	*key = SERIES_BY_MESSAGE_ID;
	if (close)
		return g_strndup(open, (gsize)(close + 1 - open));
	part = strstr(text, "://") ? last_part(text) : g_strdup(text);
	g_strstrip(part);
	if (strchr(part, '@'))
		return g_strdup_printf("<%s>", part);
	*key = SERIES_BY_CHANGE_ID;
	part[strcspn(part, " \t:")] = '\0';
	return g_steal_pointer(&part);
}

static const struct series *look_up(const struct needs *needs,
				    enum series_key key, const char *name)
{
	const struct series_lookup *lookup = needs->subject->lookup;

	return lookup ? lookup->find(lookup->data, key, name) : NULL;
}

static void add_needs_of(struct needs *needs, const struct series *series,
			 guint depth);

static void add_series(struct needs *needs, const struct series *series,
		       guint depth)
{
	if (depth >= DEPTH_MOST || needs->found->len >= NEEDS_MOST ||
	    !g_hash_table_add(needs->seen, (gpointer)(gsize)series))
		return;
	add_needs_of(needs, series, depth + 1);
	if (series->complete)
		g_ptr_array_add(needs->found, (gpointer)(gsize)series);
	else
		base_note(needs->subject,
			  &(struct base_try){.base = series->name,
					     .what = "the series depends on it",
					     .rule = "depends-on",
					     .result = "not complete here"});
}

static void add_named(struct needs *needs, const char *text, guint depth)
{
	enum series_key key;
	g_autofree char *name = read_name(text, &key);
	const struct series *series = look_up(needs, key, name);

	if (series)
		add_series(needs, series, depth);
	else if (depth == 0)
		base_note(needs->subject,
			  &(struct base_try){.base = name,
					     .what = "the series depends on it",
					     .rule = "depends-on",
					     .result = "not known here"});
}

static void add_patch(struct needs *needs, const char *id, guint depth)
{
	const struct series *series = look_up(needs, SERIES_BY_PATCH_ID, id);

	if (series) {
		add_series(needs, series, depth);
	} else if (depth == 0) {
		needs->unknown++;
		needs->unknown_id = id;
	}
}

static void add_needs_of(struct needs *needs, const struct series *series,
			 guint depth)
{
	for (guint i = 0; series->depends_on && i < series->depends_on->len;
	     i++)
		add_named(needs, series->depends_on->pdata[i], depth);
	for (guint i = 0;
	     series->prerequisites && i < series->prerequisites->len; i++)
		add_patch(needs, series->prerequisites->pdata[i], depth);
}

GPtrArray *base_needs(struct gate_subject *subject)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	struct needs needs = {subject, seen, g_ptr_array_new(), 0, NULL};

	g_hash_table_add(seen, (gpointer)(gsize)subject->series);
	add_needs_of(&needs, subject->series, 0);
	if (needs.unknown) {
		g_autofree char *what = g_strdup_printf(
			"prerequisite-patch-id%s",
			needs.unknown > 1 ? " and others" : "");

		base_note(subject,
			  &(struct base_try){.base = needs.unknown_id,
					     .what = what,
					     .rule = "prerequisite",
					     .result = "not known here"});
	}
	return needs.found;
}

struct set_lookup {
	const struct series_set *set;
	GHashTable *patches; /* id -> struct series; made when asked for */
};

static void index_patches(struct set_lookup *lookup)
{
	lookup->patches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						NULL);
	for (guint i = 0; i < lookup->set->series->len; i++) {
		struct series *series = lookup->set->series->pdata[i];

		for (guint k = 0; k < series->patches->len; k++) {
			const struct message *patch = series->patches->pdata[k];
			char id[OBJECT_ID_HEX + 1];

			if (patch->patch && history_patch_id(patch->patch, id))
				g_hash_table_insert(lookup->patches,
						    g_strdup(id), series);
		}
	}
}

static bool has_message(const struct series *series, const char *id)
{
	if (series->cover && g_strcmp0(series->cover->message_id, id) == 0)
		return true;
	for (guint i = 0; i < series->patches->len; i++) {
		const struct message *patch = series->patches->pdata[i];

		if (g_strcmp0(patch->message_id, id) == 0)
			return true;
	}
	return false;
}

static const struct series *find_in_set(gpointer data, enum series_key key,
					const char *name)
{
	struct set_lookup *lookup = data;
	const struct series *found = NULL;

	if (key == SERIES_BY_PATCH_ID) {
		if (!lookup->patches)
			index_patches(lookup);
		return g_hash_table_lookup(lookup->patches, name);
	}
	for (guint i = 0; i < lookup->set->series->len; i++) {
		const struct series *series = lookup->set->series->pdata[i];

		if (key == SERIES_BY_MESSAGE_ID
			    ? has_message(series, name)
			    : g_strcmp0(series->change_id, name) == 0)
			found = series;
	}
	return found;
}

struct series_lookup *series_lookup_new(const struct series_set *set)
{
	struct series_lookup *lookup = g_new0(struct series_lookup, 1);
	struct set_lookup *data = g_new0(struct set_lookup, 1);

	data->set = set;
	lookup->find = find_in_set;
	lookup->data = data;
	return lookup;
}

void series_lookup_free(struct series_lookup *lookup)
{
	struct set_lookup *data = lookup ? lookup->data : NULL;

	if (!data)
		return;
	g_clear_pointer(&data->patches, g_hash_table_unref);
	g_free(data);
	g_free(lookup);
}
