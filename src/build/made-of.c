// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/made-of.h"

#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "build/kbuild-cmd.h"
#include "build/kbuild-path.h"

#define CHUNK_BYTES 4096

struct made_of {
	char *text; /* of the file */
};

struct reading {
	const char *src;
	GStringChunk *folders;
	GHashTable *sources; /* char * to a GHashTable set of places */
};

static const char *place_of(const struct reading *reading, const char *target)
{
	g_autofree char *folder = NULL;

	if (!target || !g_str_has_suffix(target, ".o"))
		return MADE_OTHER;
	if (!kbuild_is_plain(target))
		return MADE_ELSEWHERE;
	folder = g_path_get_dirname(target);
	return g_string_chunk_insert_const(reading->folders, folder);
}

/* The source that a word names; NULL: it names none. */
static char *source_of(const struct reading *reading, const char *word,
		       gsize len)
{
	gsize top = strlen(reading->src);
	g_autofree char *path = NULL;

	if (len <= top + 1 || strncmp(word, reading->src, top) != 0 ||
	    word[top] != '/')
		return NULL;
	path = kbuild_cmd_path_of(word + top, len - top);
	return g_strdup(path + 1);
}

static void add(struct reading *reading, const char *source, const char *place)
{
	GHashTable *places = g_hash_table_lookup(reading->sources, source);

	if (kbuild_is_of_all(source) && strcmp(place, MADE_OTHER) != 0)
		return;
	if (!places) {
		places = g_hash_table_new(g_str_hash, g_str_equal);
		g_hash_table_insert(reading->sources, g_strdup(source), places);
	}
	g_hash_table_add(places, (gpointer)(guintptr)place);
}

static bool read_cmd(const char *text, gpointer data)
{
	struct reading *reading = data;
	g_autofree char *target = kbuild_cmd_target(text);
	const char *place = place_of(reading, target);

	while (*text) {
		gsize len = strcspn(text, " \t\n");
		g_autofree char *source = source_of(reading, text, len);

		if (source)
			add(reading, source, place);
		text += len + (text[len] != '\0');
	}
	return true;
}

static char *format(GHashTable *sources)
{
	g_autoptr(GString) text = g_string_new("\n");
	GHashTableIter iter, inner;
	gpointer source, places, place;

	g_hash_table_iter_init(&iter, sources);
	while (g_hash_table_iter_next(&iter, &source, &places)) {
		g_string_append_printf(text, "%s\t", (char *)source);
		g_hash_table_iter_init(&inner, places);
		while (g_hash_table_iter_next(&inner, &place, NULL))
			g_string_append_printf(text, "%s ", (char *)place);
		g_string_truncate(text, text->len - 1);
		g_string_append_c(text, '\n');
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

bool made_of_write(const char *out, const char *src, const char *path,
		   GError **error)
{
	g_autoptr(GHashTable) sources = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free,
		(GDestroyNotify)g_hash_table_unref);
	struct reading reading = {.src = src, .sources = sources};
	g_autofree char *text = NULL;
	bool whole;

	reading.folders = g_string_chunk_new(CHUNK_BYTES);
	whole = kbuild_cmd_walk(out, 0, read_cmd, &reading) &&
		g_hash_table_size(sources) > 0;
	text = whole ? format(sources) : NULL;
	g_string_chunk_free(reading.folders);
	if (!whole) {
		log_event(LOG_LEVEL_INFO, NULL,
			  "what %s was made of cannot be read: make will go "
			  "everywhere",
			  out);
		return true;
	}
	if (g_file_set_contents(path, text, -1, NULL))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be written: %s", path, g_strerror(errno));
	return false;
}

struct made_of *made_of_read(const char *path)
{
	struct made_of *made = g_new0(struct made_of, 1);

	if (g_file_get_contents(path, &made->text, NULL, NULL))
		return made;
	g_free(made);
	return NULL;
}

void made_of_free(struct made_of *made)
{
	g_free(made->text);
	g_free(made);
}

char **made_of_find(const struct made_of *made, const char *source)
{
	g_autofree char *start = g_strconcat("\n", source, "\t", NULL);
	const char *line = strstr(made->text, start);
	g_autofree char *list = NULL;

	if (!line)
		return g_new0(char *, 1);
	line += strlen(start);
	list = g_strndup(line, strcspn(line, "\n"));
	return g_strsplit(list, " ", -1);
}
