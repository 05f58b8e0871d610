/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transfer encodings, decoded line by line with git's answer on bad input:
 * base64 without padding gives its last bytes, each line starts afresh and
 * whatever is not of the alphabet is passed over; a bad quoted-printable escape
 * stays as it is, blanks at the end of a line too. libetpan and GLib drop these
 * bytes, and the patch would no longer be the one that git applies.
 */
#include <config.h>
#include <string.h>

#include "mail/mail-internal.h"

static bool has_word(const char *value, const char *word)
{
	gsize len = strlen(word);

	for (; *value; value++) {
		if (g_ascii_strncasecmp(value, word, len) == 0)
			return true;
	}
	return false;
}

enum transfer transfer_from_header(const char *value)
{
	if (has_word(value, "base64"))
		return TRANSFER_BASE64;
	if (has_word(value, "quoted-printable"))
		return TRANSFER_QP;
	return TRANSFER_NONE;
}

/* The "=XX" at `text`, -1 when it is none. */
static int escape_value(const char *text, const char *end)
{
	if (end - text < 3 || !g_ascii_isxdigit(text[1]) ||
	    !g_ascii_isxdigit(text[2]))
		return -1;
	return g_ascii_xdigit_value(text[1]) << 4 |
	       g_ascii_xdigit_value(text[2]);
}

void transfer_decode_qp(GString *out, const char *text, gsize len, bool words)
{
	const char *nul = memchr(text, '\0', len);
	const char *end = nul ? nul : text + len;

	while (text < end) {
		gsize run = 0;
		int value;

		while (text + run < end && text[run] != '=' &&
		       (text[run] != '_' || !words))
			run++;
		g_string_append_len(out, text, (gssize)run);
		text += run;
		if (text == end)
			return;
		if (*text == '=' && (text + 1 == end || text[1] == '\n'))
			return;
		value = escape_value(text, end);
		if (*text == '_')
			g_string_append_c(out, ' ');
		else
			g_string_append_c(out, value < 0 ? '=' : (char)value);
		text += *text == '=' && value >= 0 ? 3 : 1;
	}
}

/* 0 to 63, -1 for what is not of the alphabet. */
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

void transfer_decode_base64(GString *out, const char *text, gsize len)
{
	gsize done = out->len;
	guint bits = 0;
	guint n_bits = 0;

	g_string_set_size(out, done + len / 4 * 3 + 3);
	for (gsize i = 0; i < len && text[i]; i++) {
		int value = base64_value(text[i]);

		if (value < 0)
			continue;
		bits = (bits << 6 | (guint)value) & 0xfff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out->str[done++] = (char)(bits >> n_bits & 0xff);
		}
	}
	g_string_truncate(out, done);
}
