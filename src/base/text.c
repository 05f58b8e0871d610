/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <string.h>

/* The length of the valid, printable UTF-8 character at `p`, 0 if there is
 * none. */
static gsize printable_char(const char *p, gsize left)
{
	gunichar c = g_utf8_get_char_validated(p, (gssize)left);

	if (c == (gunichar)-1 || c == (gunichar)-2 || g_unichar_iscntrl(c) ||
	    g_unichar_type(c) == G_UNICODE_FORMAT)
		return 0;
	return (gsize)g_utf8_skip[(guchar)*p];
}

static void append_escaped(GString *out, const char *p, gsize len)
{
	g_string_append_printf(out, "\\x%02x", (guint8)p[0]);
	g_assert(len > 0);
}

char *text_quote(const char *text, gssize len)
{
	g_autoptr(GString) out = g_string_new("\"");
	const char *p = text ? text : "";
	const char *end = p + (len < 0 ? strlen(p) : (gsize)len);

	while (p < end) {
		gsize n = printable_char(p, (gsize)(end - p));

		if (out->len >= TEXT_QUOTE_BYTES) {
			g_string_append(out, "...");
			break;
		}
		if (n)
			g_string_append_len(out, p, (gssize)n);
		else
			append_escaped(out, p, (gsize)(end - p));
		p += n ? n : 1;
	}
	g_string_append_c(out, '"');
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *text_one_line(const char *text, gssize len, gsize most)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *p = text ? text : "";
	const char *end = p + (len < 0 ? strlen(p) : (gsize)len);
	bool blank = false;

	while (p < end) {
		gsize n = printable_char(p, (gsize)(end - p));

		if (g_ascii_isspace(*p) || *p == '\0') {
			blank = out->len > 0;
			p++;
			continue;
		}
		if (out->len + blank + (n ? n : 4) > most)
			break;
		if (blank)
			g_string_append_c(out, ' ');
		blank = false;
		if (n)
			g_string_append_len(out, p, (gssize)n);
		else if (!g_ascii_iscntrl(*p))
			append_escaped(out, p, (gsize)(end - p));
		p += n ? n : 1;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *text_printable(const char *text, gssize len)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *p = text ? text : "";
	const char *end = p + (len < 0 ? strlen(p) : (gsize)len);

	while (p < end) {
		gsize n = printable_char(p, (gsize)(end - p));

		if (*p == '\n' || *p == '\t')
			g_string_append_c(out, *p);
		else if (n)
			g_string_append_len(out, p, (gssize)n);
		else if (*p != '\r' || p + 1 == end || p[1] != '\n')
			append_escaped(out, p, (gsize)(end - p));
		p += n ? n : 1;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Edit distance (Levenshtein), case-blind; words past 63 bytes are far off. */
static guint distance(const char *a, const char *b)
{
	guint row[64];
	gsize la = strlen(a), lb = strlen(b);

	if (la >= G_N_ELEMENTS(row) || lb >= G_N_ELEMENTS(row))
		return G_MAXUINT;
	for (gsize j = 0; j <= lb; j++)
		row[j] = (guint)j;
	for (gsize i = 1; i <= la; i++) {
		guint diagonal = row[0];

		row[0] = (guint)i;
		for (gsize j = 1; j <= lb; j++) {
			bool same = g_ascii_tolower(a[i - 1]) ==
				    g_ascii_tolower(b[j - 1]);
			guint best = diagonal + !same;

			diagonal = row[j];
			best = MIN(best, row[j - 1] + 1);
			row[j] = MIN(best, diagonal + 1);
		}
	}
	return row[lb];
}

const char *text_nearest(const char *word, const char *const *list)
{
	const char *nearest = NULL;
	guint least = G_MAXUINT;

	for (gsize i = 0; list[i]; i++) {
		guint d = distance(word, list[i]);
		guint most = (guint)MAX(strlen(word), strlen(list[i]));

		if (d < least && d * 3 <= most) {
			least = d;
			nearest = list[i];
		}
	}
	return nearest;
}

char *text_fold(const char *text)
{
	g_autofree char *folded = NULL, *normal = NULL;
	g_autofree char *first = g_utf8_normalize(text, -1,
						  G_NORMALIZE_ALL_COMPOSE);
	g_autoptr(GString) out = g_string_new(NULL);
	bool blank = false;

	if (!first)
		return g_strdup("");
	folded = g_utf8_casefold(first, -1);
	normal = g_utf8_normalize(folded, -1, G_NORMALIZE_ALL_COMPOSE);
	for (const char *p = normal; *p; p += g_utf8_skip[(guchar)*p]) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_isspace(c)) {
			blank = out->len > 0;
			continue;
		}
		if (blank)
			g_string_append_c(out, ' ');
		blank = false;
		g_string_append_unichar(out, c);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Where in the pattern a match may stand, one flag a byte and its end. */
static void glob_pass_stars(const char *pattern, bool *at)
{
	for (gsize i = 0; pattern[i]; i++) {
		bool deep = pattern[i] == '*' && pattern[i + 1] == '*';

		if (!at[i] || pattern[i] != '*')
			continue;
		at[i + 1 + deep] = true;
		if (deep && pattern[i + 2] == '/')
			at[i + 3] = true;
	}
}

/* Over one byte of the path; true when all that follows is taken too. */
static bool glob_step(const char *pattern, const bool *at, char c, bool *next)
{
	for (gsize i = 0; pattern[i]; i++) {
		if (!at[i])
			continue;
		if (pattern[i] == '*')
			next[i] = next[i] || c != '/' || pattern[i + 1] == '*';
		else if (pattern[i] == c && c == '/' && !pattern[i + 1])
			return true;
		else if (pattern[i] == '?' ? c != '/' : pattern[i] == c)
			next[i + 1] = true;
	}
	return false;
}

/*
 * All places where the match may stand go forward together, so no pattern and
 * no path costs more than |pattern| x |path|.
 */
bool text_glob(const char *pattern, const char *path)
{
	gsize len = strlen(pattern);
	g_autofree bool *flags = g_new0(bool, 2 * (len + 1));
	bool *at = flags, *next = flags + len + 1;

	at[0] = true;
	/* Until no place is left; a bool that is true is the byte 1. */
	for (; *path && memchr(at, 1, len + 1); path++) {
		bool *old = at;

		glob_pass_stars(pattern, at);
		if (glob_step(pattern, at, *path, next))
			return true;
		at = next;
		next = old;
		memset(next, 0, len + 1);
	}
	glob_pass_stars(pattern, at);
	return at[len];
}

struct unit {
	const char *name;
	guint64 factor;
};

static bool parse_with_unit(const char *text, const struct unit *units,
			    gsize n_units, guint64 *value)
{
	char *end;
	guint64 number;

	if (!g_ascii_isdigit(*text))
		return false;
	number = g_ascii_strtoull(text, &end, 10);
	if (number > G_MAXINT64)
		return false;
	while (*end == ' ')
		end++;
	for (gsize i = 0; i < n_units; i++) {
		if (g_ascii_strcasecmp(end, units[i].name) != 0)
			continue;
		return g_uint64_checked_mul(value, number, units[i].factor);
	}
	return false;
}

bool text_parse_size(const char *text, guint64 *bytes)
{
	static const struct unit units[] = {
		{"", 1},
		{"B", 1},
		{"K", 1 << 10},
		{"KiB", 1 << 10},
		{"M", 1 << 20},
		{"MiB", 1 << 20},
		{"G", 1 << 30},
		{"GiB", 1 << 30},
		{"T", G_GUINT64_CONSTANT(1) << 40},
		{"TiB", G_GUINT64_CONSTANT(1) << 40},
	};

	return parse_with_unit(text, units, G_N_ELEMENTS(units), bytes);
}

bool text_parse_span(const char *text, guint64 *seconds)
{
	static const struct unit units[] = {
		{"", 1},     {"s", 1},	   {"m", 60},	     {"min", 60},
		{"h", 3600}, {"d", 86400}, {"w", 7 * 86400},
	};

	return parse_with_unit(text, units, G_N_ELEMENTS(units), seconds);
}

char *text_format_size(guint64 bytes)
{
	return g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
}
