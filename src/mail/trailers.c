/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lines are trailers, by git's rules. The log ends at a "---" line; blank
 * lines, # comments and an old list of conflicts below the last text do not
 * count. The last paragraph is the block when every line of it is a trailer (or
 * goes on from one), or when one of them was written by git itself and at least
 * a quarter are trailers. In git the first paragraph of a commit message can
 * never be the block, for it is the title; our text starts below the title.
 */
#include <config.h>
#include <string.h>

#include "mail/trailers.h"

static const char conflicts_head[] = "Conflicts:";

struct line {
	const char *text;
	gsize len; /* without its newline */
};

struct trailer *trailer_new(const char *key, const char *value)
{
	struct trailer *trailer = g_new(struct trailer, 1);

	trailer->key = g_strdup(key);
	trailer->value = g_strdup(value);
	return trailer;
}

void trailer_free(struct trailer *trailer)
{
	if (!trailer)
		return;
	g_free(trailer->key);
	g_free(trailer->value);
	g_free(trailer);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The line at `*at`; moves `*at` behind it. False at the end. */
static bool next_line(const char **at, const char *end, struct line *line)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (gsize)(end - *at));
	line->text = *at;
	line->len = (gsize)((newline ? newline : end) - *at);
	*at = newline ? newline + 1 : end;
	return true;
}

/* The line that ends at `*end`; moves `*end` before it. False at the start. */
static bool last_line(const char *start, const char **end, struct line *line)
{
	const char *stop = *end, *begin;

	if (stop <= start)
		return false;
	if (stop[-1] == '\n')
		stop--;
	/* Not memrchr(): AddressSanitizer's looks at all from `start` on. */
	begin = stop;
	while (begin > start && begin[-1] != '\n')
		begin--;
	line->text = begin;
	line->len = (gsize)(stop - begin);
	*end = begin;
	return true;
}

static bool line_is_blank(struct line line)
{
	gsize blanks = 0;

	while (blanks < line.len && is_space(line.text[blanks]))
		blanks++;
	return blanks == line.len;
}

static bool line_starts(struct line line, const char *start)
{
	gsize len = strlen(start);

	return line.len >= len && memcmp(line.text, start, len) == 0;
}

static bool line_is_comment(struct line line)
{
	return line_starts(line, "#");
}

static bool line_is_divider(struct line line)
{
	return line_starts(line, "---") &&
	       (line.len == 3 || is_space(line.text[3]));
}

/* Where the log ends: what is below says nothing to the trailers. */
static const char *log_end(const char *text, const char *end)
{
	const char *at = text;
	const char *ignored = NULL; /* start of the lines that do not count */
	const char *start = at;
	bool conflicts = false;
	struct line line;

	while (next_line(&at, end, &line) && !line_is_divider(line)) {
		bool begins = line.len == strlen(conflicts_head) &&
			      line_starts(line, conflicts_head);

		if (begins || line.len == 0 || line_is_comment(line)) {
			conflicts = conflicts || begins;
			ignored = ignored ? ignored : line.text;
		} else if (!conflicts || line.text[0] != '\t') {
			ignored = NULL;
			conflicts = false;
		}
		start = at;
	}
	return ignored ? ignored : start;
}

/* Length of the key in front of the colon; 0 when the line is no trailer. */
static gsize key_length(struct line line)
{
	gsize len = 0;
	gsize at;

	while (len < line.len &&
	       (g_ascii_isalnum(line.text[len]) || line.text[len] == '-'))
		len++;
	at = len;
	while (len && at < line.len &&
	       (line.text[at] == ' ' || line.text[at] == '\t'))
		at++;
	return at < line.len && line.text[at] == ':' ? len : 0;
}

static bool written_by_git(struct line line)
{
	return line_starts(line, "Signed-off-by: ") ||
	       line_starts(line, "(cherry picked from commit ");
}

struct block_count {
	guint trailers, others, open; /* open: folded, not yet known of what */
	bool by_git;
};

static void count_line(struct block_count *count, struct line line)
{
	if (written_by_git(line) || key_length(line)) {
		count->by_git = count->by_git || written_by_git(line);
		count->trailers++;
		count->open = 0;
	} else if (is_space(line.text[0])) {
		count->open++;
	} else {
		count->others += 1 + count->open;
		count->open = 0;
	}
}

static bool is_block(const struct block_count *count)
{
	guint others = count->others + count->open;

	if (count->by_git && (guint64)count->trailers * 3 >= others)
		return true;
	return count->trailers && !others;
}

/* Where the trailer block starts; `end` when there is none. */
static const char *block_start(const char *text, const char *end)
{
	struct block_count count = {0};
	const char *at = end;
	const char *start = end;
	bool seen = false;
	struct line line;

	while (last_line(text, &at, &line)) {
		if (line_is_comment(line)) {
			count.others += count.open;
			count.open = 0;
		} else if (!line_is_blank(line)) {
			count_line(&count, line);
			seen = true;
		} else if (seen) {
			break;
		}
		start = line.text;
	}
	return is_block(&count) ? start : end;
}

/* UTF-8 of one line: every run of blanks with a newline in it as one space. */
static char *unfold(const char *text, gsize len)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)len);
	g_autoptr(GString) out = g_string_sized_new(len + 1);

	for (const char *at = valid; *at; at++) {
		if (*at != '\n') {
			g_string_append_c(out, *at);
			continue;
		}
		while (out->len && is_space(out->str[out->len - 1]))
			g_string_truncate(out, out->len - 1);
		while (is_space(at[1]))
			at++;
		g_string_append_c(out, ' ');
	}
	return g_strstrip(g_string_free(g_steal_pointer(&out), FALSE));
}

/* The trailer whose first line is `line`, its folded lines included. */
static struct trailer *take_trailer(struct line line, const char **at,
				    const char *end)
{
	struct trailer *trailer = g_new0(struct trailer, 1);
	const char *value = memchr(line.text, ':', line.len);
	const char *stop = line.text + line.len;

	while (*at < end && is_space(**at) && next_line(at, end, &line))
		stop = line.text + line.len;
	value++;
	trailer->value = unfold(value, (gsize)(stop - value));
	return trailer;
}

static guint count_trailers(const char *at, const char *end)
{
	guint count = 0;
	struct line line;

	while (next_line(&at, end, &line))
		count += key_length(line) > 0;
	return count;
}

GPtrArray *trailers_parse(const char *text, gsize len)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(
		(GDestroyNotify)trailer_free);
	const char *end = log_end(text, text + len);
	const char *at = block_start(text, end);
	guint left = count_trailers(at, end);
	struct line line;

	while (next_line(&at, end, &line)) {
		gsize key = key_length(line);

		if (key && left-- <= TRAILERS_MOST) {
			struct trailer *trailer = take_trailer(line, &at, end);

			trailer->key = g_strndup(line.text, key);
			g_ptr_array_add(list, trailer);
		}
	}
	return list;
}

/* "...-by", of any case: what a reviewer gives. */
static bool is_given(struct line line, gsize key)
{
	return key > 3 &&
	       g_ascii_strncasecmp(line.text + key - 3, "-by", 3) == 0;
}

GPtrArray *trailers_scan_reply(const char *text, gsize len)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(
		(GDestroyNotify)trailer_free);
	const char *end = text + len;
	const char *at = text;
	struct line line;

	while (list->len < TRAILERS_MOST && next_line(&at, end, &line) &&
	       !(line.len == 3 && line_starts(line, "-- "))) {
		gsize key = key_length(line);

		if (key && is_given(line, key)) {
			struct trailer *trailer = take_trailer(line, &at, end);

			trailer->key = g_strndup(line.text, key);
			g_ptr_array_add(list, trailer);
		}
	}
	return list;
}
