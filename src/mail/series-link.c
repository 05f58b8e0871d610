/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which series takes the place of which. The version before is always of the
 * same submitter: the greatest lower version, or for a RESEND, or a series that
 * follows its own RFC, the latest earlier one of the same version. It is looked
 * for by change-id, then by title, then in the thread, and last by the titles
 * of the single patches.
 */
#include <config.h>
#include <string.h>

#include "base/text.h"
#include "mail/series-internal.h"

static char *link_key(const struct group *group, char what, const char *text)
{
	g_autofree char *fold = g_str_is_ascii(text) ? g_ascii_strdown(text, -1)
						     : text_fold(text);

	return g_strdup_printf("%u%c%s", group->who, what, fold);
}

static char *thread_key(const struct group *group)
{
	return g_strdup_printf("%u#%u", group->who, group->thread);
}

static GPtrArray *group_keys(const struct group *group)
{
	GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
	const struct series *series = &group->series;

	if (series->change_id)
		g_ptr_array_add(keys, link_key(group, '=', series->change_id));
	if (series->name && *series->name)
		g_ptr_array_add(keys, link_key(group, ':', series->name));
	g_ptr_array_add(keys, thread_key(group));
	for (guint i = 0; i < series->patches->len; i++) {
		const struct message *patch = series->patches->pdata[i];

		if (patch->commit_subject && *patch->commit_subject)
			g_ptr_array_add(keys, link_key(group, ':',
						       patch->commit_subject));
	}
	return keys;
}

static int compare_rank(gconstpointer a, gconstpointer b)
{
	const struct group *x = *(const struct group *const *)a;
	const struct group *y = *(const struct group *const *)b;

	if (x->series.version != y->series.version)
		return x->series.version < y->series.version ? -1 : 1;
	if (x->date_at != y->date_at)
		return x->date_at < y->date_at ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return 0;
}

static bool comes_before(const struct group *older, const struct group *newer)
{
	if (compare_rank(&older, &newer) >= 0)
		return false;
	return older->series.version < newer->series.version ||
	       newer->series.resend ||
	       (older->series.rfc && !newer->series.rfc);
}

/* The nearest one before `group` in its sorted bucket. */
static struct group *find_before(const GPtrArray *bucket,
				 const struct group *group)
{
	guint low = 0;
	guint high = bucket->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (compare_rank(&bucket->pdata[middle], &group) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (guint i = 0; i < low && i < SERIES_LOOK_BACK; i++) {
		struct group *older = bucket->pdata[low - 1 - i];

		if (comes_before(older, group))
			return older;
	}
	return NULL;
}

static void add_keys(GHashTable *buckets, const GPtrArray *keys,
		     struct group *group)
{
	for (guint i = 0; i < keys->len; i++) {
		char *key = keys->pdata[i];
		GPtrArray *bucket = g_hash_table_lookup(buckets, key);

		if (!bucket) {
			bucket = g_ptr_array_new();
			g_hash_table_insert(buckets, key, bucket);
		}
		if (!bucket->len || bucket->pdata[bucket->len - 1] != group)
			g_ptr_array_add(bucket, group);
	}
}

static void link_group(GHashTable *buckets, const GPtrArray *keys,
		       struct group *group)
{
	struct group *older = NULL;

	for (guint i = 0; i < keys->len && !older; i++)
		older = find_before(
			g_hash_table_lookup(buckets, keys->pdata[i]), group);
	group->series.supersedes = older ? &older->series : NULL;
}

static void sort_bucket(gpointer key, gpointer bucket, gpointer data)
{
	(void)key;
	(void)data;
	g_ptr_array_sort(bucket, compare_rank);
}

void groups_link(const GPtrArray *groups)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GHashTable) buckets = g_hash_table_new_full(
		g_str_hash, g_str_equal, NULL,
		(GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < groups->len; i++) {
		g_ptr_array_add(keys, group_keys(groups->pdata[i]));
		add_keys(buckets, keys->pdata[i], groups->pdata[i]);
	}
	g_hash_table_foreach(buckets, sort_bucket, NULL);
	for (guint i = 0; i < groups->len; i++)
		link_group(buckets, keys->pdata[i], groups->pdata[i]);
}
