/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The set of mails and what it is to the rest of the house. The grouping itself
 * is in series-group.c and series-join.c, the versions are linked in
 * series-link.c; here each series gets its facts (from the cover, then from its
 * patches, never from a reply) and its replies, found by the ids that they
 * answer.
 */
#include <config.h>
#include <string.h>

#include "mail/series-internal.h"
#include "mail/trailers.h"

struct series_set *series_set_new(void)
{
	struct series_set *set = g_new(struct series_set, 1);

	set->messages = g_ptr_array_new_with_free_func(
		(GDestroyNotify)message_free);
	set->series = g_ptr_array_new();
	return set;
}

void series_set_free(struct series_set *set)
{
	if (!set)
		return;
	g_ptr_array_unref(set->series);
	g_ptr_array_unref(set->messages);
	g_free(set);
}

void series_set_add(struct series_set *set, struct message *message)
{
	g_ptr_array_add(set->messages, message);
}

static void take_first(char **to, const char *from)
{
	if (!*to)
		*to = g_strdup(from);
}

static void take_texts(GPtrArray *to, GHashTable *seen, const GPtrArray *from)
{
	for (guint i = 0; from && i < from->len; i++) {
		if (g_hash_table_add(seen, from->pdata[i]))
			g_ptr_array_add(to, g_strdup(from->pdata[i]));
	}
}

struct facts {
	GHashTable *prerequisites, *depends_on;
};

static void take_facts(struct series *series, struct facts *seen,
		       const struct message *message)
{
	if (!series->name && message->commit_subject)
		series->name = g_strdup(message->commit_subject);
	take_first(&series->base_commit, message->base_commit);
	take_first(&series->change_id, message->change_id);
	take_texts(series->prerequisites, seen->prerequisites,
		   message->prerequisites);
	take_texts(series->depends_on, seen->depends_on, message->depends_on);
	series->resend = series->resend || message->resend;
	series->rfc = series->rfc || message->rfc;
}

static void find_facts(struct series *series)
{
	g_autoptr(GHashTable)
		prerequisites = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable)
		depends_on = g_hash_table_new(g_str_hash, g_str_equal);
	struct facts seen = {prerequisites, depends_on};

	series->prerequisites = g_ptr_array_new_with_free_func(g_free);
	series->depends_on = g_ptr_array_new_with_free_func(g_free);
	if (series->cover)
		take_facts(series, &seen, series->cover);
	for (guint i = 0; i < series->patches->len; i++)
		take_facts(series, &seen, series->patches->pdata[i]);
	series->complete = series->total &&
			   series->patches->len >= series->total &&
			   series_patch(series, series->total) ==
				   series->patches->pdata[series->total - 1];
}

static void remember(GHashTable *ids, const struct message *message,
		     struct series *series)
{
	if (message->message_id &&
	    !g_hash_table_contains(ids, message->message_id))
		g_hash_table_insert(ids, message->message_id, series);
}

static void remember_series(GHashTable *ids, struct series *series)
{
	if (series->cover)
		remember(ids, series->cover, series);
	for (guint i = 0; i < series->patches->len; i++)
		remember(ids, series->patches->pdata[i], series);
	for (guint i = 0; i < series->also->len; i++)
		remember(ids, series->also->pdata[i], series);
}

/* What the table knows of the nearest mail that this one answers. */
static gpointer find_answered(GHashTable *ids, const struct message *message)
{
	const GPtrArray *references = message->references;
	gpointer found = NULL;

	if (message->in_reply_to)
		found = g_hash_table_lookup(ids, message->in_reply_to);
	for (guint i = references ? references->len : 0; i-- && !found;)
		found = g_hash_table_lookup(ids, references->pdata[i]);
	return found;
}

/* An answer to an answer is one to the series too, in order of arrival. */
static void find_replies(struct series_set *set)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < set->series->len; i++)
		remember_series(ids, set->series->pdata[i]);
	for (guint i = 0; i < set->messages->len; i++) {
		struct message *message = set->messages->pdata[i];
		struct series *series;

		if (message->kind != MESSAGE_REPLY)
			continue;
		series = find_answered(ids, message);
		if (!series)
			continue;
		g_ptr_array_add(series->replies, message);
		remember(ids, message, series);
	}
}

void series_set_number(struct series_set *set, guint version, guint total)
{
	guint index = 0;

	for (guint i = 0; i < set->messages->len; i++) {
		struct message *message = set->messages->pdata[i];

		message->version = version;
		message->total = total;
		message->numbered = total > 1;
		if (message->kind == MESSAGE_PATCH)
			message->index = ++index;
	}
}

void series_set_assemble(struct series_set *set)
{
	g_ptr_array_unref(set->series);
	set->series = groups_find(set->messages);
	for (guint i = 0; i < set->series->len; i++)
		find_facts(set->series->pdata[i]);
	groups_link(set->series);
	find_replies(set);
}

guint series_place(const struct series *series, guint index)
{
	guint low = 0;
	guint high = series->patches->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		const struct message *patch = series->patches->pdata[middle];

		if (patch->index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct message *series_patch(const struct series *series, guint index)
{
	guint place = series_place(series, index);
	struct message *patch;

	if (place == series->patches->len)
		return NULL;
	patch = series->patches->pdata[place];
	return patch->index == index ? patch : NULL;
}

GArray *series_missing(const struct series *series)
{
	GArray *missing = g_array_new(FALSE, FALSE, sizeof(guint));
	guint place = 0;

	for (guint index = 1; index <= series->total; index++) {
		const struct message *patch = NULL;

		if (place < series->patches->len)
			patch = series->patches->pdata[place];
		if (patch && patch->index == index)
			place++;
		else
			g_array_append_val(missing, index);
	}
	return missing;
}

struct message *series_first(const struct series *series)
{
	if (series->cover || !series->patches->len)
		return series->cover;
	return series->patches->pdata[0];
}

struct message *series_reply_target(const struct series *series)
{
	if (series->patches->len)
		return series->patches->pdata[series->patches->len - 1];
	return series->cover;
}

/* The NUL after a text keeps "ab", "c" from being "a", "bc". */
static void checksum_add_text(GChecksum *checksum, const char *text)
{
	if (text)
		g_checksum_update(checksum, (const guchar *)text,
				  (gssize)strlen(text));
	g_checksum_update(checksum, (const guchar *)"", 1);
}

static void checksum_add_bytes(GChecksum *checksum, GBytes *bytes)
{
	gsize len = 0;
	const guchar *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;
	g_autofree char *size = g_strdup_printf("%" G_GSIZE_FORMAT, len);

	checksum_add_text(checksum, size);
	if (len > 0)
		g_checksum_update(checksum, data, (gssize)len);
}

char *series_key(const struct series *series)
{
	g_autoptr(GChecksum) checksum = NULL;
	const struct message *first = series_first(series);
	g_autofree char *version = g_strdup_printf("%u", series->version);

	if (first && first->message_id)
		return g_strdup(first->message_id);
	checksum = g_checksum_new(G_CHECKSUM_SHA256);
	checksum_add_text(checksum, series->name);
	checksum_add_text(checksum, version);
	for (guint i = 0; first && i < series->patches->len; i++) {
		const struct message *patch = series->patches->pdata[i];

		checksum_add_bytes(checksum, patch->log);
		checksum_add_bytes(checksum, patch->patch);
	}
	return g_strconcat("sha256:", g_checksum_get_string(checksum), NULL);
}

char *series_submitter(const struct series *series)
{
	const struct message *first = series_first(series);

	return first ? message_submitter(first) : g_strdup("");
}

static void take_reply_trailers(GPtrArray *list, const struct message *reply)
{
	for (guint i = 0; reply->trailers && i < reply->trailers->len; i++) {
		const struct trailer *trailer = reply->trailers->pdata[i];

		g_ptr_array_add(list,
				trailer_new(trailer->key, trailer->value));
	}
}

/* An answer to the cover counts for every patch. */
GPtrArray *series_followup_trailers(const struct series *series, guint index)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(
		(GDestroyNotify)trailer_free);
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	struct message *patch = series_patch(series, index);

	for (guint i = 0; i < series->patches->len; i++) {
		struct message *other = series->patches->pdata[i];

		if (other->message_id)
			g_hash_table_insert(ids, other->message_id, other);
	}
	if (series->cover && series->cover->message_id)
		g_hash_table_insert(ids, series->cover->message_id,
				    series->cover);
	for (guint i = 0; patch && i < series->replies->len; i++) {
		struct message *reply = series->replies->pdata[i];
		const struct message *about = find_answered(ids, reply);

		if (reply->message_id && about &&
		    !g_hash_table_contains(ids, reply->message_id))
			g_hash_table_insert(ids, reply->message_id,
					    (gpointer)(gsize)about);
		if (about == patch || (about && about == series->cover))
			take_reply_trailers(list, reply);
	}
	return list;
}

bool series_is_superseded(const struct series_set *set,
			  const struct series *series)
{
	for (guint i = 0; i < set->series->len; i++) {
		const struct series *other = set->series->pdata[i];

		if (other->supersedes == series)
			return true;
	}
	return false;
}

/* An empty array costs as much as a full one: very many share this one. */
static void share_empty(GPtrArray **array)
{
	static GPtrArray *empty;

	if (!empty)
		empty = g_ptr_array_new();
	g_ptr_array_unref(*array);
	*array = g_ptr_array_ref(empty);
}

void message_slim(struct message *message)
{
	GPtrArray **lists[] = {&message->references, &message->prerequisites,
			       &message->depends_on};
	char **texts[] = {
		&message->file,
		&message->subject,
		&message->author,
		&message->email,
		&message->date,
		&message->from_raw,
		&message->reply_to,
		&message->inbody_from,
		&message->list_id,
		&message->to,
		&message->cc,
		&message->error,
		&message->x_original_from,
	};

	g_clear_pointer(&message->log, g_bytes_unref);
	g_clear_pointer(&message->patch, g_bytes_unref);
	share_empty(&message->trailers);
	share_empty(&message->prefixes);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		if (!(*lists[i])->len)
			share_empty(lists[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_clear_pointer(texts[i], g_free);
}
