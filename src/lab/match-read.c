/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A .config in one pass, and the list of artifacts. Lines that are neither a
 * value nor "is not set" are passed over, whatever they are.
 */
#include "lab/match-internal.h"

static void set_value(struct symbol *symbol, const char *text, gsize len)
{
	if (len == 1 && (*text == 'y' || *text == 'm'))
		symbol->kind = *text == 'y' ? KIND_Y : KIND_M;
	else
		symbol->kind = len == 1 && *text == 'n' ? KIND_N : KIND_OTHER;
	symbol->value.text = symbol->kind == KIND_N ? NULL : text;
	symbol->value.len = symbol->kind == KIND_N ? 0 : len;
}

/* "CONFIG_X=value" or "# CONFIG_X is not set"; the last word counts. */
static void read_line(struct matcher *matcher, const char *line,
		      const char *end)
{
	static const char start[] = "CONFIG_", unset[] = " is not set";
	bool comment = end - line > 2 && line[0] == '#' && line[1] == ' ';
	const char *name = line + (comment ? 2 : 0), *stop;
	struct symbol *symbol;

	if ((gsize)(end - name) < sizeof(start) ||
	    memcmp(name, start, sizeof(start) - 1) != 0)
		return;
	name += sizeof(start) - 1;
	stop = memchr(name, comment ? ' ' : '=', (gsize)(end - name));
	if (!stop || (comment && ((gsize)(end - stop) != sizeof(unset) - 1 ||
				  memcmp(stop, unset, sizeof(unset) - 1) != 0)))
		return;
	symbol = g_hash_table_lookup(
		matcher->by_symbol, &(struct name){name, (gsize)(stop - name)});
	if (symbol && comment)
		set_value(symbol, "n", 1);
	else if (symbol)
		set_value(symbol, stop + 1, (gsize)(end - stop) - 1);
}

void matcher_read_config(struct matcher *matcher, const char *text, gsize len)
{
	const char *end = text + len;

	for (guint i = 0; i < matcher->symbols->len; i++)
		set_value(matcher->symbols->pdata[i], "n", 1);
	while (text < end) {
		const char *stop = memchr(text, '\n', (gsize)(end - text));

		if (!stop)
			stop = end;
		read_line(matcher, text, stop);
		text = stop + 1;
	}
}

/* Whether the path is `wanted`, or ends with it and a slash before. */
static bool ends_with(const char *path, const char *wanted)
{
	gsize len = strlen(path), tail = strlen(wanted);

	return len >= tail && strcmp(path + len - tail, wanted) == 0 &&
	       (len == tail || path[len - tail - 1] == '/');
}

static void note_artifact(struct matcher *matcher,
			  const struct artifact *artifact)
{
	int kernel = find_id(matcher->file_ids, "");
	const GArray *alike = g_hash_table_lookup(matcher->by_name,
						  base_of(artifact->path));

	if (kernel >= 0 && g_strcmp0(artifact->role, "kernel") == 0)
		g_array_index(matcher->files, struct file, kernel).there = true;
	for (guint i = 0; alike && i < alike->len; i++) {
		struct file *file = &g_array_index(
			matcher->files, struct file,
			g_array_index(alike, guint, i));

		if (ends_with(artifact->path, file->path))
			file->there = true;
	}
}

void matcher_read_artifacts(struct matcher *matcher, const GPtrArray *artifacts)
{
	for (guint i = 0; i < matcher->files->len; i++)
		g_array_index(matcher->files, struct file, i)
			.there = !artifacts;
	for (guint i = 0; artifacts && i < artifacts->len; i++)
		note_artifact(matcher, artifacts->pdata[i]);
}
