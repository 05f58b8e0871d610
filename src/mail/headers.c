/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Header fields: which ones we look at, and what their values say. Encoded
 * words are undone by git's rules (bytes of neighbouring words are joined as
 * they are, so a character cut in two comes out whole), since commit subjects
 * and authors must be git's byte for byte.
 */
#include <config.h>
#include <libetpan/libetpan.h>
#include <string.h>

#include "base/base.h"
#include "mail/compose.h"
#include "mail/mail-internal.h"

#define DATE_BYTES 128
#define DATE_COMMENTS 8
#define REFERENCES_MOST 1000

static const struct {
	const char *name;
	guint len;
} fields[HEADER_COUNT] = {
#define FIELD(header, name) [header] = {name, sizeof(name) - 1}
	FIELD(HEADER_FROM, "From"),
	FIELD(HEADER_SUBJECT, "Subject"),
	FIELD(HEADER_DATE, "Date"),
	FIELD(HEADER_MESSAGE_ID, "Message-ID"),
	FIELD(HEADER_IN_REPLY_TO, "In-Reply-To"),
	FIELD(HEADER_REFERENCES, "References"),
	FIELD(HEADER_REPLY_TO, "Reply-To"),
	FIELD(HEADER_X_ORIGINAL_FROM, "X-Original-From"),
	FIELD(HEADER_LIST_ID, "List-Id"),
	FIELD(HEADER_TO, "To"),
	FIELD(HEADER_CC, "Cc"),
	FIELD(HEADER_AUTO_SUBMITTED, "Auto-Submitted"),
	FIELD(HEADER_PRECEDENCE, "Precedence"),
	FIELD(HEADER_RETURN_PATH, "Return-Path"),
	FIELD(HEADER_X_AUTOREPLY, "X-Autoreply"),
	FIELD(HEADER_LOOP, MAIL_LOOP_HEADER),
	FIELD(HEADER_CONTENT_TYPE, "Content-Type"),
	FIELD(HEADER_CONTENT_TRANSFER_ENCODING, "Content-Transfer-Encoding"),
	FIELD(HEADER_CONTENT_DISPOSITION, "Content-Disposition"),
	FIELD(HEADER_AUTH_RESULTS, "Authentication-Results"),
	FIELD(HEADER_RECEIVED, "Received"),
	FIELD(HEADER_DKIM_SIGNATURE, "DKIM-Signature"),
#undef FIELD
};

enum mail_header header_find(const char *field, const char **value)
{
	guint len = (guint)strcspn(field, ":");

	for (guint i = 0; field[len] && i < HEADER_COUNT; i++) {
		if (fields[i].len != len ||
		    g_ascii_strncasecmp(field, fields[i].name, len) != 0)
			continue;
		for (*value = field + len + 1; mail_is_blank(**value);)
			++*value;
		return (enum mail_header)i;
	}
	return HEADER_COUNT;
}

bool header_is_field(const char *line, gsize len)
{
	if (mail_starts_with(line, len, "From ") ||
	    mail_starts_with(line, len, ">From "))
		return true;
	for (gsize i = 0; i < len; i++) {
		if (line[i] == ':')
			return true;
		if (line[i] < 33 || line[i] > 126)
			return false;
	}
	return false;
}

/* One "=?charset?B?text?=", in its pieces. */
struct word {
	char *charset;
	char encoding;
	const char *text, *end;
};

/* The pieces of the word that starts at `at`; false when it is not whole. */
static bool word_find(struct word *word, const char *at)
{
	const char *charset = at + 2;
	const char *mark = strchr(charset, '?');
	gsize len;

	if (!mark || !mark[1] || mark[2] != '?')
		return false;
	word->encoding = g_ascii_tolower(mark[1]);
	word->text = mark + 3;
	word->end = strstr(word->text, "?=");
	if (!word->end || !strchr("bq", word->encoding))
		return false;
	/* RFC 2231 section 5 lets a language follow the charset. */
	len = strcspn(charset, "*?");
	word->charset = g_strndup(charset, len);
	return true;
}

static bool word_append(GString *out, const struct word *word, GError **error)
{
	g_autoptr(charset_t) charset = charset_open(word->charset);
	g_autoptr(GString) bytes = g_string_new(NULL);
	gsize len = (gsize)(word->end - word->text);
	g_autofree char *quoted = NULL;

	if (word->encoding == 'b')
		transfer_decode_base64(bytes, word->text, len);
	else
		transfer_decode_qp(bytes, word->text, len, true);
	if (charset && charset_append(charset, out, bytes->str, bytes->len))
		return true;
	quoted = text_quote(word->charset, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "a header cannot be converted from the charset %s", quoted);
	return false;
}

static bool all_blank(const char *text, const char *end)
{
	while (text < end && mail_is_blank(*text))
		text++;
	return text == end;
}

char *header_decode(const char *value, gsize len, GError **error)
{
	g_autoptr(GString) out = NULL;
	g_autofree char *raw = g_strndup(value, len);
	const char *in = raw;
	const char *at;

	if (!strstr(raw, "=?"))
		return g_steal_pointer(&raw);
	out = g_string_sized_new(len + 1);
	while ((at = strstr(in, "=?"))) {
		struct word word = {0};
		bool decoded;

		if (in == raw || !all_blank(in, at))
			g_string_append_len(out, in, at - in);
		if (!word_find(&word, at))
			return g_steal_pointer(&raw);
		decoded = word_append(out, &word, error);
		g_free(word.charset);
		if (!decoded)
			return NULL;
		in = word.end + 2;
	}
	g_string_append(out, in);
	if (memchr(out->str, '\0', out->len)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "A header has a NUL byte in it");
		return NULL;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static const char *find_case(const char *text, const char *word)
{
	gsize len = strlen(word);

	for (; *text; text++) {
		if (g_ascii_strncasecmp(text, word, len) == 0)
			return text;
	}
	return NULL;
}

char *header_parameter(const char *value, const char *name)
{
	const char *at = find_case(value, name);

	if (!at)
		return NULL;
	at += strlen(name);
	if (*at == '"')
		return g_strndup(at + 1, strcspn(at + 1, "\""));
	return g_strndup(at, strcspn(at, "; \t"));
}

void header_fold_blanks(char *text)
{
	char *to = text;

	while (*text) {
		if (!mail_is_blank(*text)) {
			*to++ = *text++;
			continue;
		}
		while (mail_is_blank(*text))
			text++;
		*to++ = ' ';
	}
	*to = '\0';
}

/* An id goes into the headers of our replies: blanks and controls go. */
static char *id_clean(const char *id, gsize len)
{
	g_autofree char *copy = g_malloc(len + 1);
	gsize n = 0;

	for (gsize i = 0; i < len; i++) {
		if ((guchar)id[i] > ' ' && id[i] != 0x7f)
			copy[n++] = id[i];
	}
	copy[n] = '\0';
	return charset_repair(copy);
}

GPtrArray *header_message_ids(const char *value)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	const char *open, *close;

	while (value && ids->len < REFERENCES_MOST &&
	       (open = strchr(value, '<')) && (close = strchr(open, '>'))) {
		g_ptr_array_add(ids, id_clean(open, (gsize)(close - open) + 1));
		value = close + 1;
	}
	return ids;
}

/* libetpan follows nested comments by recursion: keep them few. */
static bool date_is_harmless(const char *value)
{
	guint comments = 0;
	gsize len = 0;

	for (; len <= DATE_BYTES && value[len]; len++)
		comments += value[len] == '(';
	return len <= DATE_BYTES && comments <= DATE_COMMENTS;
}

/* Minutes east of Greenwich of a zone like -0730 read as the number -730. */
static gint64 zone_minutes(int zone)
{
	return zone / 100 * 60 + zone % 100;
}

gint64 header_date(const char *value)
{
	struct mailimf_date_time *date = NULL;
	g_autoptr(GDateTime) local = NULL;
	gint64 zone_s;
	size_t at = 0;

	if (!date_is_harmless(value) ||
	    mailimf_date_time_parse(value, strlen(value), &at, &date) !=
		    MAILIMF_NO_ERROR)
		return 0;
	local = g_date_time_new_utc(date->dt_year, date->dt_month, date->dt_day,
				    date->dt_hour, date->dt_min,
				    MIN(date->dt_sec, 59));
	zone_s = zone_minutes(date->dt_zone) * 60;
	mailimf_date_time_free(date);
	return local ? g_date_time_to_unix(local) - zone_s : 0;
}
