/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File names in the header lines of a diff, by git's rules: quoted as C strings
 * when they hold odd bytes, with leading folders to take off, with a date
 * behind them in plain diffs. Every function is linear in the line.
 */
#include <config.h>
#include <stdlib.h>
#include <string.h>

#include "mail/patch-internal.h"

/* Blanks as git counts them: no form feed, no vertical tab. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char *name_take(const char *start, gsize len)
{
	if (memchr(start, '\0', len))
		return g_strdup("");
	return g_strndup(start, len);
}

static char *name_squash_slashes(char *name)
{
	char *to = name;

	for (const char *from = name; name && *from; from++) {
		if (*from != '/' || to == name || to[-1] != '/')
			*to++ = *from;
	}
	if (name)
		*to = '\0';
	return name;
}

/* The byte that `*at` (behind a backslash) stands for; -1 when none does. */
static int unescape(const char **at, const char *eol)
{
	static const char from[] = "abfnrtv\\\"", to[] = "\a\b\f\n\r\t\v\\\"";
	const char *c = *at;
	const char *found = *c ? strchr(from, *c) : NULL;

	if (found) {
		*at = c + 1;
		return (guchar)to[found - from];
	}
	if (eol - c < 3 || c[0] < '0' || c[0] > '3' || c[1] < '0' ||
	    c[1] > '7' || c[2] < '0' || c[2] > '7')
		return -1;
	*at = c + 3;
	return (c[0] - '0') << 6 | (c[1] - '0') << 3 | (c[2] - '0');
}

/* A quoted name that starts at `line`; NULL when the quotes are not sound. */
static char *name_unquote(const char *line, const char *eol, const char **after)
{
	g_autoptr(GString) name = g_string_new(NULL);
	const char *at = line + 1;

	while (at < eol && *at != '"') {
		int byte = (guchar)*at++;

		if (byte == '\\')
			byte = at < eol ? unescape(&at, eol) : -1;
		if (byte < 0)
			return NULL;
		g_string_append_c(name, (char)byte);
	}
	if (at >= eol)
		return NULL;
	if (after)
		*after = at + 1;
	return name_take(name->str, name->len);
}

/* Behind `strip` folders; NULL when there are fewer or the path is absolute. */
static const char *name_skip_folders(const char *text, const char *end,
				     guint strip)
{
	if (strip == 0)
		return text < end && *text == '/' ? NULL : text;
	for (const char *at = text; at < end; at++) {
		if (*at == '/' && --strip == 0)
			return at == text ? NULL : at + 1;
	}
	return NULL;
}

static char *name_read_quoted(const char *line, const char *eol, guint strip)
{
	g_autofree char *name = name_unquote(line, eol, NULL);
	const char *at = name;

	if (!name || *name == '\0')
		return g_steal_pointer(&name);
	while (strip-- > 0) {
		at = strchr(at, '/');
		if (!at)
			return NULL;
		at++;
	}
	return name_squash_slashes(g_strdup(at));
}

/* `stop` ends the name at any place; NULL: it ends at a blank. */
static char *name_read_common(const char *line, const char *eol,
			      const char *known, guint strip, enum name_end end)
{
	const char *start = strip == 0 ? line : NULL;
	const char *at = line;
	gsize len;

	for (; at < eol && *at != '\r'; at++) {
		if (*at == '\t' && end == NAME_END_TAB)
			break;
		if (*at == '/' && strip > 0 && --strip == 0)
			start = at + 1;
	}
	if (!start || start >= at)
		return g_strdup(known);
	len = at - start;
	if (known && strlen(known) < len &&
	    strncmp(start, known, strlen(known)) == 0)
		return g_strdup(known);
	return name_squash_slashes(name_take(start, len));
}

char *patch_name_read(const char *line, const char *eol, guint strip,
		      enum name_end end)
{
	char *name = NULL;

	if (line < eol && *line == '"')
		name = name_read_quoted(line, eol, strip);
	return name ? name : name_read_common(line, eol, NULL, strip, end);
}

/*
 * The length of `shape` when `len` bytes at `line` end like it: 9 stands for a
 * digit, + for a sign, anything else for itself.
 */
static gsize ends_in_shape(const char *line, gsize len, const char *shape)
{
	gsize size = strlen(shape);

	if (len < size)
		return 0;
	for (gsize i = 0; i < size; i++) {
		char c = line[len - size + i];
		bool fits = shape[i] == '9'   ? g_ascii_isdigit(c)
			    : shape[i] == '+' ? c == '+' || c == '-'
					      : c == shape[i];
		if (!fits)
			return 0;
	}
	return size;
}

static gsize ends_in_time(const char *line, gsize len)
{
	gsize digits = 0, time;

	time = ends_in_shape(line, len, " 99:99:99");
	if (time > 0)
		return time;
	while (digits < len && g_ascii_isdigit(line[len - digits - 1]))
		digits++;
	if (digits == 0 || digits == len || line[len - digits - 1] != '.')
		return 0;
	time = ends_in_shape(line, len - digits - 1, " 99:99:99");
	return time > 0 ? time + digits + 1 : 0;
}

/* The bytes of the date at the line's end with the blank before it; 0 none. */
static gsize ends_in_date(const char *line, gsize len)
{
	gsize left = len, zone, date;

	if (len == 0 || !g_ascii_isdigit(line[len - 1]))
		return 0;
	zone = ends_in_shape(line, left, " +9999");
	left -= zone > 0 ? zone : ends_in_shape(line, left, " +99:99");
	left -= ends_in_time(line, left);
	date = ends_in_shape(line, left, "9999-99-99");
	if (date == 0)
		date = ends_in_shape(line, left, "99-99-99");
	left -= date;
	if (date == 0 || left == 0)
		return 0;
	if (line[left - 1] == '\t')
		return len - left + 1;
	if (line[left - 1] != ' ')
		return 0;
	while (left > 0 && line[left - 1] == ' ')
		left--;
	return len - left;
}

char *patch_name_read_plain(const char *line, const char *eol,
			    const char *known, guint strip)
{
	gsize date;

	if (line < eol && *line == '"') {
		char *name = name_read_quoted(line, eol, strip);
		if (name)
			return name;
	}
	date = ends_in_date(line, eol - line);
	return name_read_common(line, eol - date, known, strip,
				date > 0 ? NAME_END_LINE : NAME_END_TAB);
}

/* The quoted first name of a "diff --git" line, if the second is the same. */
static char *git_name_quoted(const char *line, const char *eol, guint strip)
{
	const char *second = NULL;
	g_autofree char *first = name_unquote(line, eol, &second);
	g_autofree char *other = NULL;
	const char *a, *b;

	if (!first)
		return NULL;
	while (second < eol && is_blank(*second))
		second++;
	other = second < eol && *second == '"'
			? name_unquote(second, eol, NULL)
			: name_take(second, eol - second);
	if (!other)
		return NULL;
	a = name_skip_folders(first, first + strlen(first), strip);
	b = name_skip_folders(other, other + strlen(other), strip);
	return a && b && strcmp(a, b) == 0 ? g_strdup(a) : NULL;
}

/* An unquoted first name before a quoted second one. */
static char *git_name_half_quoted(const char *name, const char *second,
				  const char *eol, guint strip)
{
	g_autofree char *other = name_unquote(second, eol, NULL);
	const char *b;
	gsize len;

	if (!other)
		return NULL;
	b = name_skip_folders(other, other + strlen(other), strip);
	len = b ? strlen(b) : 0;
	if (len == 0 || len >= (gsize)(second - name) ||
	    strncmp(b, name, len) != 0 || !is_blank(name[len]))
		return NULL;
	return g_strdup(b);
}

char *patch_name_read_git(const char *line, const char *eol, guint strip)
{
	const char *name, *quote, *slash = NULL;

	if (line < eol && *line == '"')
		return git_name_quoted(line, eol, strip);
	name = name_skip_folders(line, eol, strip);
	if (!name)
		return NULL;
	quote = memchr(name, '"', eol - name);
	if (quote)
		return git_name_half_quoted(name, quote, eol, strip);
	/*
	 * Any blank may be the one between the two names; it is when the same
	 * name stands on both sides of it. The second name starts behind a
	 * slash further on, so the place of that slash tells its length.
	 */
	for (const char *at = name; at < eol; at++) {
		gsize len = at - name;

		if (*at != ' ' && *at != '\t')
			continue;
		if (!slash || slash <= at + 1)
			slash = name_skip_folders(at + 1, eol, strip);
		if (!slash)
			return NULL;
		if ((gsize)(eol - slash) == len &&
		    memcmp(name, slash, len) == 0)
			return name_take(name, len);
	}
	return NULL;
}

bool patch_name_is_null(const char *line, const char *eol)
{
	return eol - line >= 9 && memcmp(line, "/dev/null", 9) == 0 &&
	       is_blank(line[9]);
}

bool patch_name_has_epoch(const char *line, const char *eol)
{
	g_autoptr(GRegex) shape = g_regex_new(
		"\\A(1969-12-31|1970-01-01) ([0-2][0-9]):([0-5][0-9]):00"
		"(?:\\.0+)? ([-+])([0-2][0-9]):?([0-5][0-9])\\z",
		G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	const char *stamp = memrchr(line, '\t', eol - line);
	int part[7] = {0}, zone;

	if (!stamp || !g_regex_match_full(shape, stamp + 1, eol - stamp - 1, 0,
					  0, &match, NULL))
		return false;
	for (int i = 2; i <= 6; i++) {
		g_autofree char *text = g_match_info_fetch(match, i);
		part[i] = i == 4 ? (*text == '-' ? -1 : 1) : atoi(text);
	}
	zone = part[4] * (part[5] * 60 + part[6]);
	return part[2] * 60 + part[3] - zone == (stamp[3] == '6' ? 24 * 60 : 0);
}
