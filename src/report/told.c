/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/told.h"

#include <stdbool.h>

struct told {
	told_tell tell;
	gpointer data;
	GHashTable *known; /* about to text */
};

struct told *told_new(told_tell tell, gpointer data)
{
	struct told *told = g_new0(struct told, 1);

	told->tell = tell;
	told->data = data;
	told->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					    g_free);
	return told;
}

void told_free(struct told *told)
{
	if (!told)
		return;
	g_hash_table_unref(told->known);
	g_free(told);
}

static const char *skip_digits(const char *text)
{
	while (g_ascii_isdigit(*text))
		text++;
	return text;
}

static bool says_the_same(const char *a, const char *b)
{
	a = skip_digits(a);
	b = skip_digits(b);
	while (*a && *a == *b) {
		a = skip_digits(a + 1);
		b = skip_digits(b + 1);
	}
	return *a == *b;
}

void told_trouble(struct told *told, const char *about, const char *text)
{
	const char *known = told_text(told, about);

	if (known && says_the_same(known, text))
		return;
	if (known || g_hash_table_size(told->known) < TOLD_MOST)
		g_hash_table_insert(told->known, g_strdup(about),
				    g_strdup(text));
	if (told->tell)
		told->tell(about, text, told->data);
}

void told_over(struct told *told, const char *about)
{
	if (g_hash_table_remove(told->known, about) && told->tell)
		told->tell(about, NULL, told->data);
}

const char *told_text(const struct told *told, const char *about)
{
	return g_hash_table_lookup(told->known, about);
}
