/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which mails make one series. Only mails of one submitter ever come together,
 * and only what that submitter's own mails refer to counts as their thread, so
 * that a stranger can neither put a patch into a series nor tie two together.
 *
 * 1. A mail seen before (same Message-ID and submitter) is passed over.
 * 2. A cover letter starts a series. A numbered patch belongs to the nearest
 *    cover of its version that it answers, or to the series of the nearest
 *    patch of its version that it answers. 1/m without a cover starts a series;
 *    so does every patch without a number.
 *
 * A number that is taken already goes to `also`. A patch that says no version
 * has that of its cover. What then is still in parts is for series-join.c
 * (rules 3 and 4).
 */
#include <config.h>
#include <string.h>

#include "mail/series-internal.h"

/* One mail that may be part of a series. */
struct member {
	struct message *message;
	guint order, who, thread;
	guint version;
	bool reused;	   /* its Message-ID was another's before */
	struct member *up; /* towards the mail that starts the series */
	struct group *group;
};

struct grouping {
	GPtrArray *members;  /* of struct member, in order of arrival */
	GHashTable *taken;   /* Message-ID -> who had it first */
	GArray *threads;     /* of guint: disjoint sets of ids */
	GHashTable *who;     /* submitter -> number */
	GHashTable *ids;     /* "who id" -> thread node + 1 */
	GHashTable *senders; /* "who id" -> struct member */
	GPtrArray *groups;   /* of struct group */
};

/* Numbers from 1 for texts, in the order they come. */
static guint number_of(GHashTable *table, const char *key)
{
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(table, key));

	if (!number) {
		number = g_hash_table_size(table) + 1;
		g_hash_table_insert(table, g_strdup(key),
				    GUINT_TO_POINTER(number));
	}
	return number;
}

const struct mailbox *message_sender(const struct message *message)
{
	return message->from && message->from->len ? message->from->pdata[0]
						   : NULL;
}

/*
 * A list that rewrites From gives everybody one address ("Ada via list
 * <list@...>"): there the name counts too.
 */
char *message_submitter(const struct message *message)
{
	const struct mailbox *from = message_sender(message);
	g_autofree char *email = NULL;

	if (!from)
		return g_strdup("");
	email = email_key(from->email);
	if (strstr(from->name, " via "))
		return g_strconcat(email, " ", from->name, NULL);
	return g_steal_pointer(&email);
}

static char *own_key(guint who, const char *id)
{
	return g_strdup_printf("%u %s", who, id);
}

static guint thread_root(GArray *threads, guint node)
{
	guint *up = (guint *)(void *)threads->data;

	while (up[node] != node) {
		up[node] = up[up[node]];
		node = up[node];
	}
	return node;
}

static guint thread_node(struct grouping *all, const char *own_id)
{
	guint node = number_of(all->ids, own_id) - 1;

	if (node == all->threads->len)
		g_array_append_val(all->threads, node);
	return node;
}

static void thread_join(struct grouping *all, guint a, guint b)
{
	guint root = thread_root(all->threads, a);
	guint other = thread_root(all->threads, b);

	g_array_index(all->threads, guint, other) = root;
}

const char *message_answers(const struct message *message, guint i)
{
	guint count = message->references ? message->references->len : 0;

	if (message->in_reply_to && i-- == 0)
		return message->in_reply_to;
	return i < count ? message->references->pdata[count - 1 - i] : NULL;
}

static bool is_reused(struct grouping *all, const char *id, guint who)
{
	guint first;

	if (!id)
		return false;
	first = GPOINTER_TO_UINT(g_hash_table_lookup(all->taken, id));
	if (!first)
		g_hash_table_insert(all->taken, (gpointer)(gsize)id,
				    GUINT_TO_POINTER(who));
	return first && first != who;
}

static void add_member(struct grouping *all, struct message *message,
		       guint order)
{
	g_autofree char *submitter = message_submitter(message);
	guint who = number_of(all->who, submitter);
	g_autofree char *made = g_strdup_printf("%u", order);
	const char *id = message->message_id ? message->message_id : made;
	g_autofree char *key = own_key(who, id);
	struct member *member;
	const char *answered;

	if (g_hash_table_contains(all->senders, key))
		return;
	member = g_new0(struct member, 1);
	member->message = message;
	member->reused = is_reused(all, message->message_id, who);
	member->order = order;
	member->who = who;
	member->version = message->version;
	member->thread = thread_node(all, key);
	for (guint i = 0; (answered = message_answers(message, i)); i++) {
		g_autofree char *other = own_key(who, answered);

		thread_join(all, member->thread, thread_node(all, other));
	}
	g_ptr_array_add(all->members, member);
	g_hash_table_insert(all->senders, g_steal_pointer(&key), member);
}

static bool is_candidate(const struct message *message)
{
	return message->kind == MESSAGE_COVER || message->kind == MESSAGE_PATCH;
}

/*
 * A mail without a Message-ID can neither be answered nor told from its copy.
 * It is taken only where no mail has one: files that were never sent.
 */
static void add_members(struct grouping *all, const GPtrArray *messages)
{
	bool sent = false;

	for (guint i = 0; i < messages->len && !sent; i++) {
		const struct message *message = messages->pdata[i];

		sent = message->message_id != NULL;
	}
	for (guint i = 0; i < messages->len; i++) {
		struct message *message = messages->pdata[i];

		if (is_candidate(message) && (message->message_id || !sent))
			add_member(all, message, i);
	}
}

static bool is_cover(const struct member *member)
{
	return member->message->kind == MESSAGE_COVER;
}

static struct member *member_root(struct member *member)
{
	while (member->up) {
		if (member->up->up)
			member->up = member->up->up;
		member = member->up;
	}
	return member;
}

static struct member *own_answered(const struct grouping *all,
				   const struct member *member, guint i,
				   bool *end)
{
	const char *id = message_answers(member->message, i);
	g_autofree char *key = NULL;

	*end = !id;
	if (!id)
		return NULL;
	key = own_key(member->who, id);
	return g_hash_table_lookup(all->senders, key);
}

/* The mail of the same series that this patch answers; NULL: none. */
static struct member *find_up(const struct grouping *all, struct member *member)
{
	guint index = member->message->index;
	struct member *first = NULL;
	bool end = false;

	for (guint i = 0; !end; i++) {
		struct member *other = own_answered(all, member, i, &end);

		if (!other || other == member || !other->message->numbered)
			continue;
		if (is_cover(other)) {
			bool same = other->version == member->version ||
				    member->version == 1;
			return same ? other : first;
		}
		if (!first && index > 1 && other->version == member->version)
			first = other;
	}
	return first;
}

/* Hang every patch below the cover or patch that it answers. */
static void tie_members(struct grouping *all)
{
	for (guint i = 0; i < all->members->len; i++) {
		struct member *member = all->members->pdata[i];
		struct member *up;

		if (is_cover(member) || !member->message->numbered)
			continue;
		up = find_up(all, member);
		if (up && member_root(up) != member)
			member->up = up;
	}
}

static struct group *group_new(struct grouping *all,
			       const struct member *member)
{
	struct group *group = g_new0(struct group, 1);
	struct series *series = &group->series;

	group->who = member->who;
	group->thread = thread_root(all->threads, member->thread);
	group->order = member->order;
	group->date_at = member->message->date_at;
	group->numbered = member->message->numbered;
	group->reused = true;
	series->patches = g_ptr_array_new();
	series->also = g_ptr_array_new();
	series->replies = g_ptr_array_new();
	series->version = member->version;
	series->total = member->message->total;
	g_ptr_array_add(all->groups, group);
	return group;
}

void group_add(struct group *group, struct message *message)
{
	struct series *series = &group->series;
	bool cover = message->kind == MESSAGE_COVER;

	series->total = MAX(series->total, message->total);
	group->tied = group->tied || message_answers(message, 0);
	if (cover && !series->cover)
		series->cover = message;
	else if (cover || !message->index ||
		 series_patch(series, message->index))
		g_ptr_array_add(series->also, message);
	else
		g_ptr_array_insert(series->patches,
				   (int)series_place(series, message->index),
				   message);
}

static void group_members(struct grouping *all)
{
	for (guint i = 0; i < all->members->len; i++) {
		struct member *member = all->members->pdata[i];
		struct member *root = member_root(member);

		if (!root->group)
			root->group = group_new(all, root);
		root->group->order = MIN(root->group->order, member->order);
		root->group->reused = root->group->reused && member->reused;
		group_add(root->group, member->message);
	}
}

void group_free(gpointer data)
{
	struct group *group = data;
	struct series *series = data;

	if (!group)
		return;
	g_ptr_array_unref(series->patches);
	g_ptr_array_unref(series->also);
	g_ptr_array_unref(series->replies);
	g_clear_pointer(&series->prerequisites, g_ptr_array_unref);
	g_clear_pointer(&series->depends_on, g_ptr_array_unref);
	g_free(series->name);
	g_free(series->base_commit);
	g_free(series->change_id);
	g_free(group);
}

static int compare_order(gconstpointer a, gconstpointer b)
{
	const struct group *group_a = *(const struct group *const *)a;
	const struct group *group_b = *(const struct group *const *)b;

	return group_a->order < group_b->order ? -1 : 1;
}

static void grouping_init(struct grouping *all)
{
	all->members = g_ptr_array_new_with_free_func(g_free);
	all->taken = g_hash_table_new(g_str_hash, g_str_equal);
	all->threads = g_array_new(FALSE, FALSE, sizeof(guint));
	all->who = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	all->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	all->senders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     NULL);
	all->groups = g_ptr_array_new();
}

static void grouping_clear(struct grouping *all)
{
	g_ptr_array_unref(all->members);
	g_hash_table_unref(all->taken);
	g_array_unref(all->threads);
	g_hash_table_unref(all->who);
	g_hash_table_unref(all->ids);
	g_hash_table_unref(all->senders);
	g_ptr_array_unref(all->groups);
}

GPtrArray *groups_find(const GPtrArray *messages)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(group_free);
	struct grouping all = {0};

	grouping_init(&all);
	add_members(&all, messages);
	tie_members(&all);
	group_members(&all);
	groups_join(all.groups);
	for (guint i = 0; i < all.groups->len; i++) {
		if (all.groups->pdata[i])
			g_ptr_array_add(found, all.groups->pdata[i]);
	}
	g_ptr_array_sort(found, compare_order);
	grouping_clear(&all);
	return found;
}
