/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subject line, read twice. The commit's subject is what git mailinfo leaves:
 * reply marks, blanks, colons and every [..] at the front are taken off. The
 * words in those brackets say what the mail is: PATCH, RFC, RESEND, v2, 3/7 (or
 * "3 of 7", as Mercurial writes it). Patchwork hands patches out as
 * [net,v2,3/7] and drops the word PATCH, so in a bracket without it commas part
 * words too.
 *
 * Of two versions or counts the last one holds. A count has at most four digits
 * on each side, so that 10/9/2023 is none; a version over VERSION_MOST is that,
 * so that it is still newer than v2 and there is a number behind it.
 */
#include <config.h>
#include <string.h>

#include "mail/message.h"

#define COUNT_DIGITS 4
#define VERSION_MOST 9999

static const char *const reply_marks[] = {
	"re:",	 "aw:",	  "fwd:",   "fw:",   "sv:",
	"antw:", "回复:", "回复：", "答复:", "答复：",
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *at)
{
	while (is_blank(*at))
		at++;
	return at;
}

static bool is_git_reply(const char *at)
{
	return g_ascii_strncasecmp(at, "re:", 3) == 0 && at[3];
}

/* Where the subject of the commit starts, by git mailinfo's rules. */
static const char *commit_subject_start(const char *at)
{
	for (;;) {
		const char *end;

		if (is_git_reply(at))
			at += 3;
		else if (*at == ' ' || *at == '\t' || *at == ':')
			at++;
		else if (*at == '[' && (end = strchr(at, ']')))
			at = end + 1;
		else
			return at;
	}
}

/* Every run of blanks as one space, none at the ends. */
static char *fold_blanks(const char *text)
{
	g_autoptr(GString) out = g_string_sized_new(strlen(text) + 1);

	text = skip_blanks(text);
	while (*text) {
		if (!is_blank(*text)) {
			g_string_append_c(out, *text++);
			continue;
		}
		text = skip_blanks(text);
		if (*text)
			g_string_append_c(out, ' ');
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static bool all_digits(const char *text, gsize len)
{
	gsize digits = 0;

	while (digits < len && g_ascii_isdigit(text[digits]))
		digits++;
	return len > 0 && digits == len;
}

static bool is_version(const char *word)
{
	return (*word == 'v' || *word == 'V') &&
	       all_digits(word + 1, strlen(word + 1));
}

static void take_version(struct subject *subject, const char *word)
{
	guint64 version = g_ascii_strtoull(word + 1, NULL, 10);

	subject->version = (guint)MIN(version, VERSION_MOST);
}

/* `index` and `total` are followed by something that is no digit. */
static bool take_count(struct subject *subject, const char *index,
		       const char *total)
{
	gsize index_len = strspn(index, "0123456789");
	gsize total_len = strspn(total, "0123456789");
	guint most = (guint)g_ascii_strtoull(total, NULL, 10);

	if (!index_len || index_len > COUNT_DIGITS || !total_len ||
	    total_len > COUNT_DIGITS || !most)
		return false;
	subject->index = (guint)g_ascii_strtoull(index, NULL, 10);
	subject->total = most;
	subject->numbered = true;
	return true;
}

static void take_slash_count(struct subject *subject, const char *word)
{
	const char *slash = strchr(word, '/');

	if (slash && all_digits(word, (gsize)(slash - word)) &&
	    all_digits(slash + 1, strlen(slash + 1)))
		take_count(subject, word, slash + 1);
}

static bool starts_with(const char *word, const char *start)
{
	return g_ascii_strncasecmp(word, start, strlen(start)) == 0;
}

static void take_word(struct subject *subject, const char *word, gsize len)
{
	char *copy = g_strndup(word, len);

	g_ptr_array_add(subject->prefixes, copy);
	if (is_version(copy))
		take_version(subject, copy);
	else if (starts_with(copy, "rfc"))
		subject->rfc = true;
	else if (starts_with(copy, "resend"))
		subject->resend = true;
	else if (starts_with(copy, "patch"))
		subject->patch = true;
	else
		take_slash_count(subject, copy);
}

/* "PATCHv2" is two words; all others are one. */
static void take_chunk(struct subject *subject, const char *chunk, gsize len)
{
	const gsize patch_len = strlen("patch");
	g_autofree char *copy = g_strndup(chunk, len);

	if (starts_with(copy, "patch") && is_version(copy + patch_len)) {
		take_word(subject, copy, patch_len);
		take_word(subject, copy + patch_len, len - patch_len);
	} else {
		take_word(subject, copy, len);
	}
}

/* "3 of 7" at the end of the words so far. */
static void take_spelled_count(struct subject *subject)
{
	const GPtrArray *words = subject->prefixes;
	const char *index, *of, *total;

	if (words->len < 3)
		return;
	index = words->pdata[words->len - 3];
	of = words->pdata[words->len - 2];
	total = words->pdata[words->len - 1];
	if (g_ascii_strcasecmp(of, "of") == 0 &&
	    all_digits(index, strlen(index)) &&
	    all_digits(total, strlen(total)))
		take_count(subject, index, total);
}

static bool has_patch_word(const char *text, gsize len)
{
	g_autofree char *group = g_ascii_strdown(text, (gssize)len);

	return strstr(group, "patch") != NULL;
}

/* One bracket; true when it has the word PATCH in it. */
static bool take_group(struct subject *subject, const char *text, gsize len)
{
	bool patch = has_patch_word(text, len);
	const char *parting = patch ? " \t\r\n" : " \t\r\n,";
	const char *end = text + len;

	while (text < end) {
		gsize word = 0;

		text += strspn(text, parting);
		while (text + word < end && !strchr(parting, text[word]))
			word++;
		if (!word || text >= end)
			break;
		take_chunk(subject, text, word);
		take_spelled_count(subject);
		text += word;
	}
	return patch;
}

static bool is_reply_mark(const char *at)
{
	for (gsize i = 0; i < G_N_ELEMENTS(reply_marks); i++) {
		if (starts_with(at, reply_marks[i]))
			return true;
	}
	return false;
}

/* A reply says nothing about itself in the brackets: they are another's. */
static void make_reply(struct subject *subject)
{
	g_ptr_array_set_size(subject->prefixes, 0);
	subject->rfc = subject->resend = subject->numbered = false;
	subject->version = subject->index = subject->total = 0;
	subject->reply = true;
}

struct subject *subject_parse(const char *text)
{
	struct subject *subject = g_new0(struct subject, 1);
	const char *at = skip_blanks(text);
	const char *end;

	subject->clean = fold_blanks(commit_subject_start(at));
	subject->prefixes = g_ptr_array_new_with_free_func(g_free);
	while (!is_reply_mark(at)) {
		if (*at != '[' || !(end = strchr(at, ']')))
			return subject;
		take_group(subject, at + 1, (gsize)(end - at - 1));
		at = skip_blanks(end + 1);
		if (subject->patch && is_reply_mark(at))
			return subject;
	}
	make_reply(subject);
	return subject;
}

void subject_free(struct subject *subject)
{
	if (!subject)
		return;
	g_free(subject->clean);
	g_ptr_array_unref(subject->prefixes);
	g_free(subject);
}
