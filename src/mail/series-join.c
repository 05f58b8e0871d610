/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of one series that no mail ties together, because what they answer
 * never came or is known by another id.
 *
 * 3. Parts with the same version and total and different numbers are joined
 *    when they are of one thread, or were sent within an hour while not both
 *    answer something; of several, the one with the same area ("mm:") and the
 *    nearest date.
 * 4. A cover all alone takes in the patches that answer it and come from the
 *    same name at another address: people have two. Who is responsible is
 *    decided patch by patch all the same.
 *
 * Mails whose Message-IDs were all used by others before, and that are not even
 * a whole series, are dropped. Every search is bounded, so the whole is linear.
 */
#include <config.h>
#include <string.h>

#include "base/text.h"
#include "mail/series-internal.h"

#define JOIN_WITHIN_S 3600

struct joining {
	GPtrArray *groups; /* NULL where a group went into another */
	GHashTable *open;  /* what joins -> GPtrArray of struct group */
};

/* Whether no place is taken in both. */
static bool are_disjoint(const struct series *a, const struct series *b)
{
	if (a->cover && b->cover)
		return false;
	if (a->patches->len > b->patches->len)
		return are_disjoint(b, a);
	for (guint i = 0; i < a->patches->len; i++) {
		const struct message *patch = a->patches->pdata[i];

		if (series_patch(b, patch->index))
			return false;
	}
	return true;
}

/* Parts that answer nothing, or a cover whose patches know another id for it.
 */
static bool may_be_loose(const struct group *a, const struct group *b)
{
	bool near = !a->date_at || !b->date_at ||
		    ABS(a->date_at - b->date_at) <= JOIN_WITHIN_S;

	return near && (!a->tied || !b->tied || !a->series.patches->len ||
			!b->series.patches->len);
}

static const char *group_title(const struct group *group)
{
	const struct message *message = group->series.cover;

	if (!message && group->series.patches->len)
		message = group->series.patches->pdata[0];
	return message && message->commit_subject ? message->commit_subject
						  : "";
}

static bool same_area(const struct group *a, const struct group *b)
{
	const char *title_a = group_title(a);
	const char *title_b = group_title(b);
	gsize len = strcspn(title_a, ":");

	return title_a[len] && strncmp(title_a, title_b, len + 1) == 0;
}

/* Less is better: another area weighs more than any time between them. */
static gint64 join_distance(const struct group *a, const struct group *b)
{
	gint64 seconds = MIN(ABS(a->date_at - b->date_at), G_MAXINT32);

	return same_area(a, b) ? seconds : seconds + G_MAXINT32;
}

/* The latest groups that this one could be a part of. */
static GPtrArray *open_groups(struct joining *all, const struct group *group,
			      bool threaded)
{
	g_autofree char *key = g_strdup_printf(
		"%u %u %u %u", group->who, threaded ? group->thread + 1 : 0,
		group->series.version, group->series.total);
	GPtrArray *open = g_hash_table_lookup(all->open, key);

	if (!open) {
		open = g_ptr_array_new();
		g_hash_table_insert(all->open, g_steal_pointer(&key), open);
	}
	return open;
}

static struct group *find_partner(const GPtrArray *open,
				  const struct group *group, bool threaded)
{
	struct group *best = NULL;

	for (guint i = 0; i < open->len && i < SERIES_LOOK_BACK; i++) {
		struct group *other = open->pdata[open->len - 1 - i];

		if ((!threaded && !may_be_loose(other, group)) ||
		    !are_disjoint(&other->series, &group->series))
			continue;
		if (!best ||
		    join_distance(other, group) < join_distance(best, group))
			best = other;
	}
	return best;
}

/* A patch alone in a thread where its number is taken: sent again. */
static struct group *find_original(const GPtrArray *open,
				   const struct group *group)
{
	const struct series *series = &group->series;
	const struct message *patch;

	if (series->cover || series->patches->len != 1 || !group->tied ||
	    !open->len)
		return NULL;
	patch = series->patches->pdata[0];
	return patch->index > 1 ? open->pdata[open->len - 1] : NULL;
}

static void group_take(struct group *group, struct group *part)
{
	const struct series *series = &part->series;

	if (series->cover) {
		group_add(group, series->cover);
		group->series.version = series->version;
	}
	for (guint i = 0; i < series->patches->len; i++)
		group_add(group, series->patches->pdata[i]);
	for (guint i = 0; i < series->also->len; i++)
		group_add(group, series->also->pdata[i]);
	group->order = MIN(group->order, part->order);
	group->reused = group->reused && part->reused;
	group_free(part);
}

static void join_groups(struct joining *all, bool threaded)
{
	g_hash_table_remove_all(all->open);
	for (guint i = 0; i < all->groups->len; i++) {
		struct group *group = all->groups->pdata[i];
		GPtrArray *open;
		struct group *other;

		if (!group || !group->numbered)
			continue;
		open = open_groups(all, group, threaded);
		other = find_partner(open, group, threaded);
		if (!other && threaded)
			other = find_original(open, group);
		if (!other) {
			g_ptr_array_add(open, group);
			continue;
		}
		all->groups->pdata[i] = NULL;
		group_take(other, group);
	}
}

/* Parts whose ids were all another's before say nothing that can be trusted. */
static void drop_reused(const GPtrArray *groups)
{
	for (guint i = 0; i < groups->len; i++) {
		struct group *group = groups->pdata[i];

		if (!group || !group->reused ||
		    group->series.patches->len >= group->series.total)
			continue;
		groups->pdata[i] = NULL;
		group_free(group);
	}
}

static bool same_name(const struct message *a, const struct message *b)
{
	const struct mailbox *from_a = message_sender(a);
	const struct mailbox *from_b = message_sender(b);
	g_autofree char *fold_a = NULL;
	g_autofree char *fold_b = NULL;

	if (!from_a || !from_b || !*from_a->name)
		return false;
	fold_a = text_fold(from_a->name);
	fold_b = text_fold(from_b->name);
	return strcmp(fold_a, fold_b) == 0;
}

/* The group of a lone cover that this group of patches answers, or NULL. */
static struct group **find_lone_cover(GHashTable *covers,
				      const struct group *group)
{
	const struct message *patch;
	const char *id;

	if (group->series.cover || !group->series.patches->len)
		return NULL;
	patch = group->series.patches->pdata[0];
	for (guint i = 0; (id = message_answers(patch, i)); i++) {
		struct group **at = g_hash_table_lookup(covers, id);

		if (at && *at && *at != group &&
		    (*at)->series.total == group->series.total &&
		    (*at)->series.version == group->series.version &&
		    same_name((*at)->series.cover, patch))
			return at;
	}
	return NULL;
}

static void adopt_groups(const GPtrArray *groups)
{
	g_autoptr(GHashTable)
		covers = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < groups->len; i++) {
		struct group *group = groups->pdata[i];

		if (group && group->series.cover &&
		    group->series.cover->message_id &&
		    !group->series.patches->len)
			g_hash_table_insert(covers,
					    group->series.cover->message_id,
					    &groups->pdata[i]);
	}
	for (guint i = 0; i < groups->len; i++) {
		struct group *group = groups->pdata[i];
		struct group **lone = group ? find_lone_cover(covers, group)
					    : NULL;

		if (!lone)
			continue;
		groups->pdata[i] = NULL;
		group_take(*lone, group);
		g_hash_table_remove(covers, (*lone)->series.cover->message_id);
	}
}

void groups_join(GPtrArray *groups)
{
	g_autoptr(GHashTable)
		open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     (GDestroyNotify)g_ptr_array_unref);
	struct joining all = {groups, open};

	join_groups(&all, true);
	join_groups(&all, false);
	adopt_groups(groups);
	drop_reused(groups);
}
