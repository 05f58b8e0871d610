/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a patch and the base have changed the same lines: the first such place
 * in its three sides, as the merge itself marks it.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/merge-internal.h"

#define MARK_BYTES 97 /* longer than what stands in files */
#define LINES_MOST 12
#define AROUND_LINES 3 /* that tell a place from others like it */

enum side { SIDE_OURS, SIDE_BASE, SIDE_THEIRS, SIDE_COUNT };

/* Slices of the merged text: between its marks, and around them. */
struct place {
	const char *at[SIDE_COUNT];
	gsize len[SIDE_COUNT];
	const char *start, *before, *after, *end;
};

static gsize line_len(const char *at, const char *end)
{
	const char *eol = memchr(at, '\n', end - at);

	return eol ? (gsize)(eol - at) + 1 : (gsize)(end - at);
}

static bool is_mark(const char *at, gsize len, char mark)
{
	if (len < MARK_BYTES)
		return false;
	for (gsize i = 0; i < MARK_BYTES; i++) {
		if (at[i] != mark)
			return false;
	}
	return true;
}

/* The sides of the first conflict; false: there is none. */
static bool place_find(struct place *place, const char *text, gsize size)
{
	static const char marks[] = "<|=>";
	const char *at = text, *end = text + size;
	guint seen = 0;

	*place = (struct place){.start = text, .end = end};
	while (at < end && seen <= SIDE_COUNT) {
		gsize len = line_len(at, end);

		if (is_mark(at, len, marks[seen])) {
			if (seen == 0)
				place->before = at;
			if (seen < SIDE_COUNT)
				place->at[seen] = at + len;
			if (seen > 0)
				place->len[seen - 1] = at - place->at[seen - 1];
			seen++;
		}
		at += len;
	}
	place->after = at;
	return seen > SIDE_COUNT;
}

static GPtrArray *place_lines(const struct place *place, enum side side)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	const char *at = place->at[side], *end = at + place->len[side];

	while (at < end && lines->len < LINES_MOST) {
		gsize len = line_len(at, end);

		g_ptr_array_add(
			lines, text_printable(at, len - (at[len - 1] == '\n')));
		at += len;
	}
	return lines;
}

/* What is to be found in a file: the side with a few lines around it. */
struct needle {
	GString *text;
	guint lines;	  /* of it, before the side */
	bool first, last; /* in the file */
};
typedef struct needle needle_t;

static void needle_clear(struct needle *needle)
{
	g_string_free(needle->text, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(needle_t, needle_clear)

static void needle_make(struct needle *needle, const struct place *place,
			enum side side, guint around)
{
	const char *from = place->before, *to = place->after;

	for (; needle->lines < around && from > place->start; needle->lines++) {
		const char *eol = memrchr(place->start, '\n',
					  from - 1 - place->start);

		from = eol ? eol + 1 : place->start;
	}
	for (guint i = 0; i < around && to < place->end; i++)
		to += line_len(to, place->end);
	needle->first = place->before == place->start;
	needle->last = place->after == place->end;
	g_string_append_len(needle->text, from, place->before - from);
	g_string_append_len(needle->text, place->at[side],
			    (gssize)place->len[side]);
	g_string_append_len(needle->text, place->after, to - place->after);
}

/* The line of the needle in the file, from 1; 0: it is not there. */
static guint needle_find(const struct needle *needle, GBytes *content)
{
	gsize len, size = needle->text->len;
	const char *start = tree_bytes(content, &len), *at = start;
	const char *end = start + len;

	for (guint line = 1; (gsize)(end - at) >= size && at < end; line++) {
		if (memcmp(at, needle->text->str, size) == 0 &&
		    (!needle->first || at == start) &&
		    (!needle->last || at + size == end))
			return line + needle->lines;
		at += line_len(at, end);
	}
	return 0;
}

/* The line where the side stands in its file; 0: nobody can tell. */
static guint place_line(const struct place *place, enum side side,
			GBytes *content)
{
	guint line = 0;

	for (guint around = AROUND_LINES + 1; around > 0 && line == 0;
	     around--) {
		g_auto(needle_t) needle = {.text = g_string_new(NULL)};

		needle_make(&needle, place, side, around - 1);
		if (needle.text->len > 0)
			line = needle_find(&needle, content);
	}
	return line;
}

/* The hunk that reaches to the line of the file before the patch, or after. */
static guint find_hunk(const struct patch_file *file, guint old_line,
		       guint new_line)
{
	for (guint i = 0; i < file->hunks->len; i++) {
		const struct patch_hunk *hunk = &g_array_index(
			file->hunks, struct patch_hunk, i);
		guint64 last = old_line > 0 ? (guint64)hunk->old_start +
						      hunk->old_count
					    : (guint64)hunk->new_start +
						      hunk->new_count;

		if (last >= (old_line > 0 ? old_line : new_line))
			return i + 1;
	}
	return file->hunks->len;
}

static void tell_place(const struct conflict *conflict,
		       const struct place *place, struct apply_failure *failure)
{
	guint old_line = place_line(place, SIDE_BASE, conflict->base);
	guint new_line = place_line(place, SIDE_THEIRS, conflict->theirs);

	failure->line = place_line(place, SIDE_OURS, conflict->ours);
	if (failure->line == 0)
		failure->line = old_line;
	if (conflict->file)
		failure->hunk = find_hunk(conflict->file, old_line, new_line);
	failure->expected = place_lines(place, SIDE_BASE);
	failure->found = place_lines(place, SIDE_OURS);
	failure->diff = failure_diff(failure->expected, failure->found);
	failure->base = place_lines(place, SIDE_BASE);
	failure->ours = place_lines(place, SIDE_OURS);
	failure->theirs = place_lines(place, SIDE_THEIRS);
}

void conflict_describe(const struct conflict *conflict,
		       struct apply_failure *failure)
{
	GBytes *const contents[] = {conflict->base, conflict->ours,
				    conflict->theirs};
	git_merge_file_input inputs[3];
	git_merge_file_options options = GIT_MERGE_FILE_OPTIONS_INIT;
	git_merge_file_result result = {0};
	struct place place;

	for (int i = 0; i < 3; i++) {
		git_merge_file_input_init(&inputs[i],
					  GIT_MERGE_FILE_INPUT_VERSION);
		inputs[i].ptr = tree_bytes(contents[i], &inputs[i].size);
	}
	options.flags = GIT_MERGE_FILE_STYLE_DIFF3;
	options.marker_size = MARK_BYTES;
	if (git_merge_file(&result, &inputs[0], &inputs[1], &inputs[2],
			   &options) == 0 &&
	    result.ptr && place_find(&place, result.ptr, result.len))
		tell_place(conflict, &place, failure);
	git_merge_file_result_free(&result);
}
