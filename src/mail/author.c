/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The author of a commit out of a decoded From, by git mailinfo's rules: the
 * word around the first "@" is the address, what is left is the name, without
 * quotes and without the brackets of a comment that is all of it. A name that
 * is empty, longer than 60 bytes or looks like an address gives way to the
 * address.
 */
#include <config.h>
#include <string.h>

#include "mail/mail-internal.h"

#define NAME_BYTES 60

/* Quotes and the backslashes inside them and inside comments go. */
static GString *unquote(const char *text)
{
	GString *out = g_string_sized_new(strlen(text) + 1);
	bool quoted = false;
	guint depth = 0;

	for (; *text; text++) {
		bool inside = quoted || depth;

		if (inside && *text == '\\') {
			if (!*++text)
				break;
		} else if (*text == '"' && !depth) {
			quoted = !quoted;
			continue;
		} else if (*text == '(' && !quoted) {
			depth++;
		} else if (*text == ')' && depth) {
			depth--;
		}
		g_string_append_c(out, *text);
	}
	return out;
}

static char *sane_name(const char *name, const char *email)
{
	gsize len = strlen(name);

	if (!len || len > NAME_BYTES || strpbrk(name, "@<>"))
		return g_strdup(email);
	return g_strdup(name);
}

static void trim(GString *text)
{
	gsize start = 0;

	while (text->len && mail_is_blank(text->str[text->len - 1]))
		g_string_truncate(text, text->len - 1);
	while (start < text->len && mail_is_blank(text->str[start]))
		start++;
	g_string_erase(text, 0, (gssize)start);
}

/* "Name <word>" where the word is no address. */
static void split_bracketed(const char *from, char **name, char **email)
{
	const char *open = strchr(from, '<');
	const char *close = open ? strchr(open, '>') : NULL;
	g_autoptr(GString) rest = NULL;

	if (!close) {
		*name = g_strdup("");
		*email = g_strdup("");
		return;
	}
	*email = g_strndup(open + 1, (gsize)(close - open - 1));
	rest = g_string_new_len(from, open - from);
	trim(rest);
	*name = sane_name(rest->str, *email);
}

/* What is left of From without its address is the name. */
static char *name_of_rest(GString *rest, const char *email)
{
	header_fold_blanks(rest->str);
	g_string_truncate(rest, strlen(rest->str));
	trim(rest);
	if (rest->len && rest->str[0] == '(' &&
	    rest->str[rest->len - 1] == ')') {
		g_string_truncate(rest, rest->len - 1);
		g_string_erase(rest, 0, rest->len ? 1 : 0);
	}
	return sane_name(rest->str, email);
}

void author_split(const char *from, char **name, char **email)
{
	g_autoptr(GString) rest = unquote(from);
	const char *at = strchr(rest->str, '@');
	gsize start, len;

	if (!at) {
		split_bracketed(from, name, email);
		return;
	}
	start = (gsize)(at - rest->str);
	while (start > 0 && !mail_is_blank(rest->str[start - 1]) &&
	       rest->str[start - 1] != '<')
		start--;
	if (start > 0 && rest->str[start - 1] == '<')
		rest->str[start - 1] = ' ';
	len = strcspn(rest->str + start, " \n\t\r\v\f>");
	*email = g_strndup(rest->str + start, len);
	if (rest->str[start + len])
		len++;
	g_string_erase(rest, (gssize)start, (gssize)len);
	*name = name_of_rest(rest, *email);
}
