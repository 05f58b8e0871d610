/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hunks found and applied as git does. The file is a list of lines that point
 * into the old content or into the diff; nothing is copied until the end. A
 * hunk fits where all its old lines stand in a row, none of them put there by
 * an earlier hunk: first where its header says, then ever further away, one
 * line forward, one line back. A hunk that starts at line 1 fits only at the
 * file's beginning, one without context at its end only at the file's end.
 *
 * The search is bounded: all hunks of a file together may look at
 * SEARCH_STEPS lines, so that a made-up diff cannot keep us for hours.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/tree-internal.h"

#define SEARCH_STEPS 400000000
#define NEAREST_STEPS 20000000
#define SHOWN_LINES 12
#define SHOWN_BEFORE 3 /* of them, before the first that differs */

struct line {
	const char *at;
	guint32 len;
	guint32 number; /* in the old content, from 1; 0: a hunk put it there */
};

struct image {
	GArray *lines; /* of struct line */
	gsize size;    /* in bytes */
	gint64 steps;  /* that the search may still take */
};

/* A hunk's two sides. */
struct sides {
	GArray *before, *after; /* of struct line */
	gsize before_size, after_size;
};

static const struct line *line_at(const GArray *lines, guint index)
{
	return &g_array_index(lines, struct line, index);
}

typedef struct sides sides_t;

static void sides_clear(struct sides *sides)
{
	g_array_unref(sides->before);
	g_array_unref(sides->after);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(sides_t, sides_clear)

static void image_split(struct image *image, GBytes *content)
{
	gsize len;
	const char *at = tree_bytes(content, &len), *end = at + len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);
		struct line line = {at,
				    (guint32)(eol ? eol + 1 - at : end - at),
				    image->lines->len + 1};

		g_array_append_val(image->lines, line);
		at += line.len;
	}
	image->size = len;
}

/* A line of the hunk, its mark taken off, and its newline if it had none. */
static void sides_add(struct sides *sides, char mark, struct line line)
{
	if (mark != '+') {
		g_array_append_val(sides->before, line);
		sides->before_size += line.len;
	}
	if (mark != '-') {
		g_array_append_val(sides->after, line);
		sides->after_size += line.len;
	}
}

static void sides_read(struct sides *sides, const struct patch_hunk *hunk)
{
	const char *at = hunk->body, *end = at + hunk->body_len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);
		const char *next = eol ? eol + 1 : end;
		bool open = next < end && *next == '\\';
		struct line line = {at + 1, (guint32)(next - at - 1) - open, 0};

		if (*at == '\n') {
			line = (struct line){at, 1, 0};
			if (!open)
				sides_add(sides, ' ', line);
		} else if (*at != '\\') {
			sides_add(sides, *at, line);
		}
		at = next;
	}
}

/* Whether nothing but blanks follows after the first `from` bytes. */
static bool only_blanks_follow(const struct line *line, guint32 from)
{
	while (from < line->len && strchr(" \t\r\n", line->at[from]) &&
	       line->at[from] != '\0')
		from++;
	return from == line->len;
}

/*
 * The hunk's last old line may lack its newline in the diff where the file has
 * more to come: git takes that, unless the hunk must end with the file.
 */
static bool line_fits(const struct line *have, const struct line *want,
		      bool open_end)
{
	if (have->number == 0 || have->len < want->len ||
	    memcmp(have->at, want->at, want->len) != 0)
		return false;
	return have->len == want->len ||
	       (open_end && only_blanks_follow(have, want->len));
}

struct anchor {
	bool beginning, end;
};

static bool hunk_fits(struct image *image, const GArray *before, guint pos,
		      struct anchor anchor)
{
	guint count = before->len;

	image->steps--;
	if (pos + (guint64)count > image->lines->len ||
	    (anchor.end && pos + count != image->lines->len) ||
	    (anchor.beginning && pos != 0))
		return false;
	for (guint i = 0; i < count; i++) {
		if (!line_fits(line_at(image->lines, pos + i),
			       line_at(before, i),
			       i + 1 == count && !anchor.end))
			return false;
		image->steps--;
	}
	return true;
}

/* The nearest place where the hunk fits, from `start` on; -1: nowhere. */
static gint64 find_hunk(struct image *image, const GArray *before, gint64 start,
			struct anchor anchor)
{
	gint64 count = image->lines->len, back, forward;

	if (anchor.beginning)
		start = 0;
	else if (anchor.end)
		start = count - before->len;
	if (start < 0 || start > count)
		start = count;
	if (hunk_fits(image, before, (guint)start, anchor))
		return start;
	if (anchor.beginning || anchor.end)
		return -1;
	for (back = forward = start;
	     (back > 0 || forward < count) && image->steps > 0;) {
		if (forward < count &&
		    hunk_fits(image, before, (guint)++forward, anchor))
			return forward;
		if (back > 0 && hunk_fits(image, before, (guint)--back, anchor))
			return back;
	}
	return -1;
}

static void image_replace(struct image *image, guint pos,
			  const struct sides *sides)
{
	guint common = MIN(sides->before->len, sides->after->len);

	for (guint i = 0; i < sides->before->len; i++)
		image->size -= line_at(image->lines, pos + i)->len;
	image->size += sides->after_size;
	for (guint i = 0; i < common; i++)
		g_array_index(image->lines, struct line,
			      pos + i) = *line_at(sides->after, i);
	if (sides->before->len > common)
		g_array_remove_range(image->lines, pos + common,
				     sides->before->len - common);
	if (sides->after->len > common)
		g_array_insert_vals(image->lines, pos + common,
				    line_at(sides->after, common),
				    sides->after->len - common);
	if (sides->before->len != sides->after->len)
		image->steps -= (image->lines->len - pos) / 16;
}

static GBytes *image_join(const struct image *image)
{
	char *data = g_malloc(image->size + 1), *to = data;

	for (guint i = 0; i < image->lines->len; i++) {
		const struct line *line = line_at(image->lines, i);

		memcpy(to, line->at, line->len);
		to += line->len;
	}
	return g_bytes_new_take(data, image->size);
}

static GPtrArray *shown_lines(const GArray *lines, gint64 from, guint count)
{
	GPtrArray *shown = g_ptr_array_new_with_free_func(g_free);

	for (gint64 i = from; i < from + MIN(count, SHOWN_LINES); i++) {
		const struct line *line;

		if (i < 0 || i >= lines->len)
			continue;
		line = line_at(lines, (guint)i);
		g_ptr_array_add(
			shown,
			text_printable(
				line->at,
				line->len - (line->len > 0 &&
					     line->at[line->len - 1] == '\n')));
	}
	return shown;
}

static bool line_same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* Index of the line where most of the old ones stand, at least half; or -1. */
static gint64 nearest_place(const struct image *image, const GArray *before)
{
	guint best = before->len / 2;
	gint64 place = -1, steps = NEAREST_STEPS;

	for (guint pos = 0; pos < image->lines->len && steps > 0; pos++) {
		guint hits = 0;

		for (guint i = 0; i < before->len && steps > 0; i++, steps--) {
			if (pos + i < image->lines->len &&
			    line_same(line_at(image->lines, pos + i),
				      line_at(before, i)))
				hits++;
		}
		if (hits > best) {
			best = hits;
			place = pos;
		}
	}
	return place;
}

/* The number of a line in the file as it is in the tree, where it has one. */
static guint line_number(const struct image *image, gint64 pos)
{
	guint number = line_at(image->lines, (guint)pos)->number;

	return number > 0 ? number : (guint)pos + 1;
}

/* How far into a long hunk to begin showing it: where it first differs. */
static guint shown_from(const struct image *image, const GArray *before,
			gint64 pos)
{
	guint same = 0;

	while (same < before->len && pos + same < image->lines->len &&
	       line_same(line_at(image->lines, (guint)pos + same),
			 line_at(before, same)))
		same++;
	if (before->len <= SHOWN_LINES || same <= SHOWN_BEFORE)
		return 0;
	return MIN(same - SHOWN_BEFORE, before->len - SHOWN_LINES);
}

static void describe_lines(struct apply_failure *failure,
			   const struct image *image, const GArray *before,
			   gint64 pos)
{
	gint64 nearest = nearest_place(image, before);
	gint64 place = nearest >= 0 ? nearest : pos;
	guint from = shown_from(image, before, place);
	g_autoptr(GPtrArray) there = shown_lines(image->lines, place + from,
						 before->len - from);

	failure->expected = shown_lines(before, from, before->len - from);
	failure->found = shown_lines(image->lines, pos + from,
				     before->len - from);
	if (nearest >= 0)
		failure->nearest = line_number(image, nearest);
	failure->diff = failure_diff(failure->expected, there);
}

/* What a person needs to see why the hunk does not fit. */
static void describe_failure(struct apply_failure *failure,
			     const struct image *image,
			     const struct patch_hunk *hunk,
			     const GArray *before)
{
	gint64 pos = hunk->new_start > 0 ? (gint64)hunk->new_start - 1 : 0;

	failure->reason = APPLY_CONTEXT;
	failure->line = hunk->old_start;
	describe_lines(failure, image, before, pos);
	if (image->steps <= 0) {
		failure->reason = APPLY_TOO_LARGE;
		failure->text = g_strdup(
			"the place of the hunk takes too long to "
			"find in a file this large");
	} else if (before->len == 0 || hunk->leading + hunk->trailing == 0) {
		failure->text = g_strdup("the hunk has no context and does "
					 "not fit where it says");
	} else {
		failure->text = g_strdup_printf(
			"the lines expected at line %u are not there",
			hunk->old_start);
	}
}

static bool apply_hunk(struct image *image, const struct patch_hunk *hunk,
		       struct hunk_search *search,
		       struct apply_failure *failure)
{
	g_auto(sides_t)
		sides = {g_array_new(FALSE, FALSE, sizeof(struct line)),
			 g_array_new(FALSE, FALSE, sizeof(struct line)), 0, 0};
	struct anchor anchor = {hunk->old_start <= 1, hunk->trailing == 0};
	gint64 start = hunk->new_start > 0 ? (gint64)hunk->new_start - 1 : 0;
	gint64 pos;

	sides_read(&sides, hunk);
	pos = find_hunk(image, sides.before, start, anchor);
	if (pos < 0) {
		describe_failure(failure, image, hunk, sides.before);
		return false;
	}
	if (pos != start)
		search->moved = true;
	image_replace(image, (guint)pos, &sides);
	if (image->size <= search->size_limit)
		return true;
	failure->reason = APPLY_TOO_LARGE;
	failure->text = g_strdup("the file would be larger than the limit");
	return false;
}

GBytes *hunks_apply(struct hunk_search *search, struct apply_failure *failure)
{
	const GArray *hunks = search->file->hunks;
	g_autoptr(GArray)
		lines = g_array_new(FALSE, FALSE, sizeof(struct line));
	struct image image = {lines, 0, SEARCH_STEPS};

	if (hunks->len == 0)
		return g_bytes_ref(search->old_content);
	image_split(&image, search->old_content);
	for (guint i = 0; i < hunks->len; i++) {
		const struct patch_hunk *hunk = &g_array_index(
			hunks, struct patch_hunk, i);

		failure->hunk = i + 1;
		if (!apply_hunk(&image, hunk, search, failure))
			return NULL;
	}
	failure->hunk = 0;
	return image_join(&image);
}
