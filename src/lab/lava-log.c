// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line of a LAVA log is YAML that looks like JSON and is not: strings have
 * YAML's escapes, and some values have tags. Of it only what is needed is read:
 * the date, the level, and a message that is a string.
 */
#include "lab/lava-internal.h"

#include <string.h>

struct cursor {
	const char *at, *end;
};

static bool skip(struct cursor *cursor, const char *what)
{
	gsize len = strlen(what);

	if ((gsize)(cursor->end - cursor->at) < len ||
	    memcmp(cursor->at, what, len) != 0)
		return false;
	cursor->at += len;
	return true;
}

/* Up to the next quote. */
static bool read_word(struct cursor *cursor, const char **word, gsize *len)
{
	const char *quote = memchr(cursor->at, '"',
				   (gsize)(cursor->end - cursor->at));

	if (!quote)
		return false;
	*word = cursor->at;
	*len = (gsize)(quote - cursor->at);
	cursor->at = quote + 1;
	return true;
}

/* The escapes of one letter; 0: it is none. */
static gunichar plain_escape(char letter)
{
	static const char letters[] = "abtnvfre \"/\\N_LP";
	static const gunichar stand_for[] = {
		7,   8,	  9,   10,   11,   12,	 13,	 27,
		' ', '"', '/', '\\', 0x85, 0xa0, 0x2028, 0x2029};
	const char *found = letter ? strchr(letters, letter) : NULL;

	return found ? stand_for[found - letters] : 0;
}

static bool hex_escape(struct cursor *cursor, int digits, gunichar *c)
{
	*c = 0;
	if (cursor->end - cursor->at < digits)
		return false;
	for (int i = 0; i < digits; i++) {
		int digit = g_ascii_xdigit_value(cursor->at[i]);

		if (digit < 0)
			return false;
		*c = *c * 16 + (gunichar)digit;
	}
	cursor->at += digits;
	return true;
}

static bool read_escape(struct cursor *cursor, GString *to)
{
	char letter = *cursor->at++;
	int digits = letter == 'x'   ? 2
		     : letter == 'u' ? 4
		     : letter == 'U' ? 8
				     : 0;
	gunichar c = plain_escape(letter);

	if (digits && !hex_escape(cursor, digits, &c))
		return false;
	if (!digits && !c && letter != '0')
		return false;
	if (c == 0 || !g_unichar_validate(c))
		c = 0xfffd;
	g_string_append_unichar(to, c);
	return true;
}

/* A string up to its quote. */
static bool read_string(struct cursor *cursor, GString *to)
{
	while (cursor->at < cursor->end && *cursor->at != '"') {
		const char *from = cursor->at;

		while (cursor->at < cursor->end && *cursor->at != '"' &&
		       *cursor->at != '\\')
			cursor->at++;
		g_string_append_len(to, from, cursor->at - from);
		if (cursor->at < cursor->end && *cursor->at == '\\') {
			cursor->at++;
			if (cursor->at == cursor->end ||
			    !read_escape(cursor, to))
				return false;
		}
	}
	return skip(cursor, "\"");
}

/* "2026-11-21T02:26:04.096208", UTC without saying so. */
static gint64 read_date(const char *word, gsize len)
{
	g_autofree char *text = g_strndup(word, MIN(len, 40));
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(text, utc);

	return date ? g_date_time_to_unix(date) * 1000 +
			       g_date_time_get_microsecond(date) / 1000
		    : 0;
}

bool lava_line_read(const char *text, gsize len, struct lava_line *line)
{
	struct cursor cursor = {text, text + len};
	const char *date;
	gsize date_len;

	g_string_truncate(line->text, 0);
	if (!skip(&cursor, "- {\"dt\": \"") ||
	    !read_word(&cursor, &date, &date_len) ||
	    !skip(&cursor, ", \"lvl\": \"") ||
	    !read_word(&cursor, &line->level_name, &line->level_len) ||
	    !skip(&cursor, ", \"msg\": "))
		return false;
	line->at_ms = read_date(date, date_len);
	line->level = line->level_len == strlen("target") &&
				      memcmp(line->level_name, "target",
					     line->level_len) == 0
			      ? LAVA_CONSOLE
			      : LAVA_OTHER;
	if (skip(&cursor, "\""))
		return read_string(&cursor, line->text) && skip(&cursor, "}");
	/* A list or a mapping, of which nothing is needed. */
	len = (gsize)(cursor.end - cursor.at);
	g_string_append_len(line->text, cursor.at, (gssize)(len ? len - 1 : 0));
	return line->level == LAVA_OTHER;
}
