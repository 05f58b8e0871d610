/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data that gives too long a reply, made shorter. Nobody is left without an
 * answer because a file name or a log fills a megabyte.
 */
#include "report/reply-internal.h"

#include <string.h>

#include "base/base.h"

/* Our data has five levels at most. */
#define CUT_DEPTH 8

const struct reply_cut reply_cuts[] = {{0, 0}, {10, 300}, {3, 80}};
const gsize reply_cuts_len = G_N_ELEMENTS(reply_cuts);

/* NULL when the text is short enough. */
static json_t *cut_text(const json_t *value, gsize most)
{
	const char *text = json_string_value(value);
	gsize len = most;
	g_autofree char *start = NULL;

	if (!text || json_string_length(value) <= most)
		return NULL;
	while (len > 0 && ((guchar)text[len] & 0xc0) == 0x80)
		len--;
	start = g_strdup_printf("%.*s...", (int)len, text);
	return json_text(start);
}

/* How many items of the list went. */
static gsize cut_list(json_t *list, guint most)
{
	gsize size = json_array_size(list), gone = 0;

	for (; size - gone > most; gone++)
		json_array_remove(list, size - gone - 1);
	return gone;
}

static void cut_value(json_t *value, const struct reply_cut *cut, guint depth);

/* A text that was cut, or NULL when `value` stays, cut inside. */
static json_t *cut_child(json_t *value, const struct reply_cut *cut,
			 guint depth)
{
	if (json_is_string(value))
		return cut_text(value, cut->text_len);
	cut_value(value, cut, depth + 1);
	return NULL;
}

/* How many items more are left out of the list at `key`. */
static void add_more(json_t *object, const char *key, gsize gone)
{
	g_autofree char *name = g_strconcat(key, "_more", NULL);
	json_int_t before = json_integer_value(json_object_get(object, name));

	json_object_set_new(object, name,
			    json_integer(before + (json_int_t)gone));
}

static void cut_object(json_t *object, const struct reply_cut *cut, guint depth)
{
	g_autoptr(json_t) whole = json_copy(object);
	const char *key;
	json_t *item;

	json_object_foreach (whole, key, item) {
		json_t *shorter = cut_child(item, cut, depth);
		gsize gone = json_is_array(item) && strcmp(key, "builds") != 0
				     ? cut_list(item, cut->items)
				     : 0;

		if (shorter)
			json_object_set_new(object, key, shorter);
		if (gone > 0)
			add_more(object, key, gone);
	}
}

static void cut_value(json_t *value, const struct reply_cut *cut, guint depth)
{
	json_t *item;
	gsize i;

	if (depth > CUT_DEPTH)
		return;
	if (json_is_object(value))
		cut_object(value, cut, depth);
	json_array_foreach (value, i, item) {
		json_t *shorter = cut_child(item, cut, depth);

		if (shorter)
			json_array_set_new(value, i, shorter);
	}
}

void reply_data_cut(json_t *data, const struct reply_cut *cut)
{
	if (cut->items == 0)
		return;
	cut_value(data, cut, 0);
	json_object_set_new(data, "cut", json_true());
}
