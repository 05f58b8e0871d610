// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A finding of the base that the series has only carried elsewhere: its
 * function has another name in the same file, or is in another file, or the
 * file has another name. It is the same text at a place that the base has not,
 * and the base's place is one that the series has not. Of each finding of the
 * base there is one such.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"

#define SOURCE_BYTES (4 << 20)

struct moves {
	struct layers before, after;
	GHashTable *by_tail; /* GPtrArray of borrowed prints; see tail_of() */
	GHashTable *places;  /* "1|file|function" to whether it is there */
};

/* The print after its file and function; NULL: it has none. */
static const char *tail_of(const char *print)
{
	const char *bar = strchr(print, '|');

	bar = bar ? strchr(bar + 1, '|') : NULL;
	return bar ? bar + 1 : NULL;
}

static GHashTable *index_by_tail(GHashTable *prints)
{
	GHashTable *index = g_hash_table_new_full(
		g_str_hash, g_str_equal, NULL,
		(GDestroyNotify)g_ptr_array_unref);
	GHashTableIter iter;
	gpointer print;

	g_hash_table_iter_init(&iter, prints);
	while (g_hash_table_iter_next(&iter, &print, NULL)) {
		const char *tail = tail_of(print);
		GPtrArray *list = tail ? g_hash_table_lookup(index, tail)
				       : NULL;

		if (!tail)
			continue;
		if (!list) {
			list = g_ptr_array_new();
			g_hash_table_insert(index, (gpointer)(guintptr)tail,
					    list);
		}
		g_ptr_array_add(list, print);
	}
	return index;
}

static bool has_function(const char *text, const char *function)
{
	while (*text) {
		gsize len = strcspn(text, "\n");
		g_autofree char *name = len ? blame_function_in(text, len)
					    : NULL;

		if (name && strcmp(name, function) == 0)
			return true;
		text += len + (text[len] == '\n');
	}
	return false;
}

/* Whether the sources have that function; "" is the file itself. */
static bool has_place(const struct layers *sources, const char *file,
		      const char *function)
{
	g_autofree char *text = layers_read(sources, file, SOURCE_BYTES);

	return text && (!*function || has_function(text, function));
}

static bool knows_place(const struct moves *moves, bool after, const char *file,
			const char *function)
{
	g_autofree char *key = g_strdup_printf("%d|%s|%s", after, file,
					       function);
	gpointer known;

	if (!g_hash_table_lookup_extended(moves->places, key, NULL, &known)) {
		known = GINT_TO_POINTER(
			has_place(after ? &moves->after : &moves->before, file,
				  function));
		g_hash_table_insert(moves->places, g_steal_pointer(&key),
				    known);
	}
	return GPOINTER_TO_INT(known);
}

/* Whether what the base says in `print` is what is now in file, function. */
static bool is_carried(const struct moves *moves, const char *print,
		       const char *file, const char *function)
{
	g_auto(GStrv) parts = g_strsplit(print, "|", 3);
	const char *old_file = parts[0], *old_function = parts[1];

	if (!*old_file || (strcmp(old_file, file) != 0 &&
			   strcmp(old_function, function) != 0))
		return false;
	return !knows_place(moves, true, old_file, old_function) &&
	       !knows_place(moves, false, file, function);
}

static bool take_carried(const struct moves *moves,
			 const struct diagnostic *diagnostic)
{
	const char *file = diagnostic->finding->file;
	const char *function = diagnostic->function ? diagnostic->function : "";
	g_autofree char *print = diagnostic_fingerprint(diagnostic->finding,
							diagnostic->function);
	const char *tail = tail_of(print);
	GPtrArray *list = tail ? g_hash_table_lookup(moves->by_tail, tail)
			       : NULL;

	for (guint i = 0; file && list && i < list->len; i++) {
		if (is_carried(moves, list->pdata[i], file, function)) {
			g_ptr_array_remove_index_fast(list, i);
			return true;
		}
	}
	return false;
}

void moved_drop(struct build_run *run, const struct base_said *base)
{
	g_autoptr(GHashTable) places = NULL, by_tail = NULL;
	struct moves moves = {0};

	if (!run->sources || run->found->len == 0)
		return;
	places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	by_tail = index_by_tail(base->fingerprints);
	moves = (struct moves){.before = {.top = run->sources->path},
			       .after = run->src->layers,
			       .by_tail = by_tail,
			       .places = places};
	for (guint i = 0; i < run->found->len;) {
		if (take_carried(&moves, run->found->pdata[i]))
			g_ptr_array_remove_index(run->found, i);
		else
			i++;
	}
}
