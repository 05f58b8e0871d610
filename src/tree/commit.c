/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commit git am would make of a mail: author and date of the mail, the
 * subject and the log with blanks at line ends and surplus blank lines taken
 * off, the committer given by the caller.
 */
#include <config.h>
#include <stdio.h>
#include <string.h>

#include "tree/tree-internal.h"

/* Lines without blanks at their ends, never two empty ones in a row. */
static void append_cleaned(GString *to, const char *at, const char *end)
{
	gsize start = to->len;
	bool gap = false;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);
		gsize len = (eol ? eol : end) - at;

		while (len > 0 && g_ascii_isspace(at[len - 1]))
			len--;
		if (len > 0) {
			if (gap && to->len > start)
				g_string_append_c(to, '\n');
			g_string_append_len(to, at, (gssize)len);
			g_string_append_c(to, '\n');
		}
		gap = len == 0;
		at = eol ? eol + 1 : end;
	}
}

static bool is_crud(char c)
{
	return (guchar)c <= ' ' || strchr(".,:;<>\"\\'", c);
}

/* A name or address as git writes it: no crud around it, no brackets in it. */
static void append_person(GString *to, const char *text)
{
	const char *end;

	while (*text && is_crud(*text))
		text++;
	end = text + strlen(text);
	while (end > text && is_crud(end[-1]))
		end--;
	for (; text < end; text++) {
		if (!strchr("\n<>", *text))
			g_string_append_c(to, *text);
	}
}

static int month_of(const char *name)
{
	static const char *const months[] = {"jan", "feb", "mar", "apr",
					     "may", "jun", "jul", "aug",
					     "sep", "oct", "nov", "dec"};

	for (int i = 0; i < 12; i++) {
		if (g_ascii_strncasecmp(name, months[i], 3) == 0)
			return i + 1;
	}
	return 0;
}

/* "+0130", or a name that stood in mails before there were numbers. */
static int zone_of(const char *text)
{
	static const struct {
		const char *name;
		int zone;
	} zones[] = {
		{"EST", -500}, {"EDT", -400}, {"CST", -600}, {"CDT", -500},
		{"MST", -700}, {"MDT", -600}, {"PST", -800}, {"PDT", -700},
		{"BST", 100},  {"CET", 100},  {"CEST", 200}, {"EET", 200},
		{"EEST", 300}, {"JST", 900},
	};
	int zone = 0;

	while (g_ascii_isspace(*text))
		text++;
	for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
		gsize len = strlen(zones[i].name);

		if (g_ascii_strncasecmp(text, zones[i].name, len) == 0 &&
		    !g_ascii_isalnum(text[len]))
			return zones[i].zone;
	}
	(void)sscanf(text, "%5d", &zone);
	return zone;
}

/* "Tue, 14 Nov 2023 22:15:20 +0000"; false when the text is no such date. */
static bool parse_date(const char *text, gint64 *at, int *zone)
{
	g_autoptr(GDateTime) date = NULL;
	char month[4] = "";
	int day, year, hour, minute, second = 0, used = 0;
	const char *comma = strchr(text, ',');

	*zone = 0;
	if (sscanf(comma ? comma + 1 : text, " %2d %3s%*[a-z] %4d%n", &day,
		   month, &year, &used) < 3 &&
	    sscanf(comma ? comma + 1 : text, " %2d %3s %4d%n", &day, month,
		   &year, &used) < 3)
		return false;
	text = (comma ? comma + 1 : text) + used;
	if (sscanf(text, " %2d:%2d:%2d%n", &hour, &minute, &second, &used) <
		    3 &&
	    sscanf(text, " %2d:%2d%n", &hour, &minute, &used) < 2)
		return false;
	*zone = zone_of(text + used);
	if (year < 100)
		year += year < 70 ? 2000 : 1900;
	date = g_date_time_new_utc(year, month_of(month), day, hour, minute,
				   MIN(second, 59));
	if (!date || *zone < -2400 || *zone > 2400)
		return false;
	*at = g_date_time_to_unix(date) + MAX(second - 59, 0) -
	      (*zone / 100 * 60 + *zone % 100) * (gint64)60;
	return true;
}

/* "author NAME <EMAIL> TIME ZONE" */
static void append_author(GString *to, const struct message *message,
			  gint64 fallback_at)
{
	gint64 at = message->date_at > 0 ? message->date_at : fallback_at;
	int zone = 0;

	if (message->date)
		parse_date(message->date, &at, &zone);
	g_string_append(to, "author ");
	append_person(to, message->author ? message->author : "");
	g_string_append(to, " <");
	append_person(to, message->email ? message->email : "");
	g_string_append_printf(to, "> %" G_GINT64_FORMAT " %c%04d\n", at,
			       zone < 0 ? '-' : '+', ABS(zone));
}

bool commit_write(struct objects *objects, const struct message *message,
		  const struct commit_details *details, git_oid *id,
		  GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) words = g_string_new(message->commit_subject);
	g_autoptr(GBytes) data = NULL;
	gsize len = 0;
	const char *log = message->log ? tree_bytes(message->log, &len) : NULL;

	g_string_append(words, "\n\n");
	g_string_append_len(words, log ? log : "", (gssize)len);
	g_string_append_printf(text, "tree %s\n",
			       git_oid_tostr_s(details->tree));
	g_string_append_printf(text, "parent %s\n",
			       git_oid_tostr_s(details->parent));
	append_author(text, message, details->committer_at);
	g_string_append(text, "committer ");
	append_person(text, details->committer_name);
	g_string_append(text, " <");
	append_person(text, details->committer_email);
	g_string_append_printf(text, "> %" G_GINT64_FORMAT " +0000\n\n",
			       details->committer_at);
	append_cleaned(text, words->str, words->str + words->len);
	data = g_string_free_to_bytes(g_steal_pointer(&text));
	return objects_add(objects, GIT_OBJECT_COMMIT, data, id, error);
}
