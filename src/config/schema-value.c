/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single values: text to field, field to text, and the words that say what a
 * field takes; a table with one row for each type.
 */
#include <string.h>

#include "base/base.h"
#include "config/schema-internal.h"

const char *const *schema_words(const struct schema_key *key)
{
	return key->names ? key->names() : key->words;
}

static bool allowed(const struct schema_key *key, const char *text)
{
	const char *const *words = schema_words(key);

	return (!words || g_strv_contains(words, text)) &&
	       (!key->expect || !key->expect(text));
}

static bool has_controls(const char *text, const char *but)
{
	for (const char *p = text; *p; p += g_utf8_skip[(guchar)*p]) {
		if (g_unichar_iscntrl(g_utf8_get_char(p)) && !strchr(but, *p))
			return true;
	}
	return false;
}

static bool parse_text(const struct schema_key *key, const char *dir,
		       const char *text, gpointer field)
{
	(void)dir;
	if (!*text || has_controls(text, "") || !allowed(key, text))
		return false;
	*(char **)field = g_strdup(text);
	return true;
}

static bool parse_lines(const struct schema_key *key, const char *dir,
			const char *text, gpointer field)
{
	(void)dir;
	if ((!*text && !(key->flags & KEY_EMPTY)) ||
	    has_controls(text, "\n\t") || !allowed(key, text))
		return false;
	*(char **)field = g_strdup(text);
	return true;
}

static bool parse_path(const struct schema_key *key, const char *dir,
		       const char *text, gpointer field)
{
	if (!*text || has_controls(text, "") || !allowed(key, text))
		return false;
	*(char **)field = g_canonicalize_filename(text, dir);
	return true;
}

/* The words of YAML 1.1, in the three ways it allows to write them. */
static bool parse_bool(const struct schema_key *key, const char *dir,
		       const char *text, gpointer field)
{
	static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
					  "YES",  "on",	  "On",	  "ON",	 NULL};
	static const char *const no[] = {"false", "False", "FALSE", "no",
					 "No",	  "NO",	   "off",   "Off",
					 "OFF",	  NULL};

	(void)key;
	(void)dir;
	*(bool *)field = g_strv_contains(yes, text);
	return *(bool *)field || g_strv_contains(no, text);
}

static bool store_number(const struct schema_key *key, guint64 value,
			 gpointer field)
{
	if (value < key->least || (key->most && value > key->most))
		return false;
	if (key->size == sizeof(guint))
		*(guint *)field = (guint)MIN(value, G_MAXUINT);
	else
		*(guint64 *)field = value;
	return true;
}

static bool parse_count(const struct schema_key *key, const char *dir,
			const char *text, gpointer field)
{
	guint64 value;

	(void)dir;
	return g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &value,
					  NULL) &&
	       store_number(key, value, field);
}

static bool parse_size(const struct schema_key *key, const char *dir,
		       const char *text, gpointer field)
{
	guint64 value;

	(void)dir;
	return text_parse_size(text, &value) && store_number(key, value, field);
}

static bool parse_span(const struct schema_key *key, const char *dir,
		       const char *text, gpointer field)
{
	guint64 value;

	(void)dir;
	return text_parse_span(text, &value) && store_number(key, value, field);
}

static bool parse_word(const struct schema_key *key, const char *dir,
		       const char *text, gpointer field)
{
	(void)dir;
	for (guint i = 0; key->words[i]; i++) {
		if (strcmp(key->words[i], text) == 0) {
			*(guint *)field = i;
			return true;
		}
	}
	return false;
}

/* "Name <name@example.org>" or the address alone. */
static bool parse_mailbox(const struct schema_key *key, const char *dir,
			  const char *text, gpointer field)
{
	const char *open = strrchr(text, '<');
	gsize len = strlen(text);
	g_autofree char *name = NULL, *email = NULL;
	char **both = field;

	(void)key;
	(void)dir;
	if (open && (text[len - 1] != '>' || open == text))
		return false;
	name = open ? g_strndup(text, (gsize)(open - text)) : g_strdup("");
	email = open ? g_strndup(open + 1, len - (gsize)(open - text) - 2)
		     : g_strdup(text);
	if (has_controls(text, "") || expect_address(email))
		return false;
	both[0] = g_strdup(g_strstrip(name));
	both[1] = g_steal_pointer(&email);
	return true;
}

static char *format_text(const struct schema_key *key, gconstpointer field)
{
	(void)key;
	return g_strdup(*(char *const *)field);
}

static char *format_bool(const struct schema_key *key, gconstpointer field)
{
	(void)key;
	return g_strdup(*(const bool *)field ? "true" : "false");
}

struct unit {
	const char *name;
	guint64 factor;
};

/* With the largest unit that leaves a whole number. */
static char *format_number(const struct schema_key *key, gconstpointer field,
			   const struct unit *units)
{
	guint64 value = key->size == sizeof(guint) ? *(const guint *)field
						   : *(const guint64 *)field;

	for (; units->factor > 1; units++) {
		if (value && value % units->factor == 0)
			break;
	}
	return g_strdup_printf("%" G_GUINT64_FORMAT "%s", value / units->factor,
			       units->name);
}

static char *format_count(const struct schema_key *key, gconstpointer field)
{
	static const struct unit units[] = {{"", 1}};

	return format_number(key, field, units);
}

static char *format_size(const struct schema_key *key, gconstpointer field)
{
	static const struct unit units[] = {
		{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}};

	return format_number(key, field, units);
}

static char *format_span(const struct schema_key *key, gconstpointer field)
{
	static const struct unit units[] = {
		{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};

	return format_number(key, field, units);
}

static char *format_word(const struct schema_key *key, gconstpointer field)
{
	return g_strdup(key->words[*(const guint *)field]);
}

static char *format_mailbox(const struct schema_key *key, gconstpointer field)
{
	char *const *both = field;

	(void)key;
	if (!both[1] || !*both[0])
		return g_strdup(both[1]);
	return g_strdup_printf("%s <%s>", both[0], both[1]);
}

static const struct {
	bool (*parse)(const struct schema_key *key, const char *dir,
		      const char *text, gpointer field);
	char *(*format)(const struct schema_key *key, gconstpointer field);
	const char *expected;
} types[] = {
	[KEY_TEXT] = {parse_text, format_text, "one line of text"},
	[KEY_LINES] = {parse_lines, format_text, "text"},
	[KEY_PATH] = {parse_path, format_text, "a path"},
	[KEY_BOOL] = {parse_bool, format_bool, "true or false"},
	[KEY_COUNT] = {parse_count, format_count, "a number"},
	[KEY_SIZE] = {parse_size, format_size, "a size such as 512KiB"},
	[KEY_SPAN] = {parse_span, format_span, "a time such as 30m"},
	[KEY_WORD] = {parse_word, format_word, "a word"},
	[KEY_MAILBOX] = {parse_mailbox, format_mailbox,
			 "Name <name@example.org>"},
	[KEY_LIST] = {NULL, NULL, "a list"},
	[KEY_SECTION] = {NULL, NULL, "a map of keys"},
	[KEY_ROWS] = {NULL, NULL, "a list of maps"},
	[KEY_NAMED] = {NULL, NULL, "a map of names"},
	[KEY_CHOICES] = {NULL, NULL, "a list"},
	[KEY_REFUSED] = {NULL, NULL, "nothing"},
};

bool schema_is_scalar(enum key_type type)
{
	return types[type].parse;
}

bool schema_parse(const struct schema_key *key, enum key_type type,
		  const char *dir, const char *text, gpointer field)
{
	return types[type].parse(key, dir, text, field);
}

char *schema_format(const struct schema_key *key, enum key_type type,
		    gconstpointer field)
{
	return types[type].format(key, field);
}

static char *expected_number(const struct schema_key *key, enum key_type type)
{
	struct schema_key wide = {.size = sizeof(guint64)};
	g_autofree char *least = schema_format(&wide, type, &key->least);
	g_autofree char *most = schema_format(&wide, type, &key->most);

	if (key->most)
		return g_strdup_printf("%s from %s to %s", types[type].expected,
				       least, most);
	if (key->least)
		return g_strdup_printf("%s, at least %s", types[type].expected,
				       least);
	return g_strdup(types[type].expected);
}

char *schema_expected(const struct schema_key *key, enum key_type type)
{
	const char *const *words = schema_is_scalar(type) ? schema_words(key)
							  : NULL;
	g_autofree char *joined = NULL;

	if (type == KEY_COUNT || type == KEY_SIZE || type == KEY_SPAN)
		return expected_number(key, type);
	if (schema_is_scalar(type) && key->expect)
		return g_strdup(key->expect(""));
	if (!words)
		return g_strdup(types[type].expected);
	if (key->names)
		return g_strdup("the name of an architecture");
	joined = g_strjoinv(", ", (char **)(gsize)words);
	return g_strdup_printf("one of %s", joined);
}
