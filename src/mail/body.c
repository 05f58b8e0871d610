/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoded lines of a mail parted into in-body headers, log and patch, as
 * git mailinfo parts them. In-body headers are From, Subject and Date at the
 * very top (a blank line ends them); the patch starts at the first line that
 * looks like a diff, an "Index:" or a "---" of its own, and takes all the rest.
 *
 * One thing git does not do: text signed inline with OpenPGP has "- " before
 * each line that starts with a dash (RFC 4880 section 7.1), which makes every
 * such patch corrupt; the armour is taken off here.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "mail/mail-internal.h"

static const struct {
	const char *name;
	enum mail_header header;
} inbody_fields[] = {
	{"From:", HEADER_FROM},
	{"Subject:", HEADER_SUBJECT},
	{"Date:", HEADER_DATE},
};

enum pgp { PGP_NONE, PGP_HEADERS, PGP_TEXT, PGP_SIGNATURE };

void mail_body_init(struct mail_body *body,
		    const struct message_options *options)
{
	memset(body, 0, sizeof(*body));
	body->options = options;
	body->log = g_string_new(NULL);
	body->patch = g_string_new(NULL);
	body->folding = g_string_new(NULL);
	body->in_headers = true;
}

void mail_body_clear(struct mail_body *body)
{
	for (gsize i = 0; i < G_N_ELEMENTS(body->inbody); i++)
		g_free(body->inbody[i]);
	g_string_free(body->log, TRUE);
	if (body->patch)
		g_string_free(body->patch, TRUE);
	g_string_free(body->folding, TRUE);
	g_free(body->error);
	memset(body, 0, sizeof(*body));
}

/* Which in-body header the line is; HEADER_COMMIT for none. */
static enum mail_header inbody_find(const char *line, gsize len,
				    const char **value)
{
	for (gsize i = 0; i < G_N_ELEMENTS(inbody_fields); i++) {
		gsize n = strlen(inbody_fields[i].name);

		if (len < n ||
		    g_ascii_strncasecmp(line, inbody_fields[i].name, n) != 0)
			continue;
		*value = line + n;
		return inbody_fields[i].header;
	}
	return HEADER_COMMIT;
}

static void inbody_set(struct mail_body *body, enum mail_header header,
		       const char *value, gsize len)
{
	while (len && mail_is_blank(*value)) {
		value++;
		len--;
	}
	g_free(body->inbody[header]);
	body->inbody[header] = g_strndup(value, len);
}

static void flush_folding(struct mail_body *body)
{
	const char *value = NULL;
	enum mail_header header = inbody_find(body->folding->str,
					      body->folding->len, &value);

	if (header < HEADER_COMMIT)
		inbody_set(body, header, value,
			   (gsize)(body->folding->str + body->folding->len -
				   value));
	g_string_truncate(body->folding, 0);
}

/*
 * Scissors: at least 8 columns with a pair of scissors, the dashes and scissors
 * more than a third of what is seen, blanks less than half of the perforation.
 */
struct perforation {
	guint width, gap, scissors;
	bool inside;
};

/* How many columns the mark at `at` takes. */
static gsize perforation_add(struct perforation *cut, const char *at,
			     gsize left)
{
	static const char *const marks[] = {">8", "8<", ">%", "%<"};

	if (mail_is_blank(*at)) {
		cut->width += cut->inside;
		cut->gap += cut->inside;
		return 1;
	}
	if (*at == '-') {
		cut->inside = true;
		cut->width++;
		return 1;
	}
	cut->inside = false;
	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
		if (!mail_starts_with(at, left, marks[i]))
			continue;
		cut->inside = true;
		cut->width += 2;
		cut->scissors += 2;
		return 2;
	}
	return 1;
}

static bool is_scissors(const char *line, gsize len)
{
	struct perforation cut = {0};
	gsize first = 0, last = len;

	while (last && mail_is_blank(line[last - 1]))
		last--;
	while (first < last && mail_is_blank(line[first]))
		first++;
	for (gsize i = first; i < len && line[i];)
		i += perforation_add(&cut, line + i, len - i);
	return cut.scissors && last - first >= 8 &&
	       last - first < (gsize)cut.width * 3 && cut.gap * 2 < cut.width;
}

/* "From <40 hex digits> Mon Sep 17 00:00:00 2001", as git format-patch says. */
static bool is_format_patch_line(const char *line, gsize len)
{
	static const char tail[] = " Mon Sep 17 00:00:00 2001\n";
	const gsize id = strlen("From ");

	if (len != id + 40 + strlen(tail))
		return false;
	for (gsize i = id; i < id + 40; i++) {
		if (!g_ascii_isdigit(line[i]) &&
		    (line[i] < 'a' || line[i] > 'f'))
			return false;
	}
	return memcmp(line + id + 40, tail, strlen(tail)) == 0;
}

/* Whether the line goes on the in-body header before it; takes it if so. */
static bool take_continuation(struct mail_body *body, const char *line,
			      gsize len)
{
	GString *folding = body->folding;

	if (!folding->len || (*line != ' ' && *line != '\t'))
		return false;
	if (body->options->scissors && is_scissors(line, len))
		return false;
	if (folding->str[folding->len - 1] == '\n')
		g_string_truncate(folding, folding->len - 1);
	g_string_append_len(folding, line, (gssize)len);
	return true;
}

/* Whether the line is an in-body header or part of one; takes it if so. */
static bool take_inbody(struct mail_body *body, const char *line, gsize len)
{
	const char *value;
	enum mail_header header;
	bool indented = body->folding->len && (*line == ' ' || *line == '\t');

	if (take_continuation(body, line, len))
		return true;
	flush_folding(body);
	if (indented)
		return false;
	if (mail_starts_with(line, len, ">From") && len > 5 &&
	    mail_is_blank(line[5]))
		return is_format_patch_line(line + 1, len - 1);
	if (mail_starts_with(line, len, "[PATCH]") && len > 7 &&
	    mail_is_blank(line[7])) {
		inbody_set(body, HEADER_SUBJECT, line, len);
		return true;
	}
	header = inbody_find(line, len, &value);
	if (header == HEADER_COMMIT || body->inbody[header])
		return false;
	g_string_append_len(body->folding, line, (gssize)len);
	return true;
}

/* Whether the line belongs to the top of the body; takes it if so. */
static bool take_top(struct mail_body *body, const char *line, gsize len)
{
	if (!body->in_headers)
		return false;
	if (!len || (len == 1 && *line == '\n')) {
		if (body->folding->len) {
			flush_folding(body);
			body->in_headers = false;
		}
		return true;
	}
	body->in_headers = !body->options->no_inbody &&
			   take_inbody(body, line, len);
	return body->in_headers;
}

/* "---" alone, or "--- name": not "--- " and a blank, which people type. */
static bool is_dashes(const char *line, gsize len)
{
	gsize i = 3;

	if (len < 4 || !mail_starts_with(line, len, "---"))
		return false;
	if (line[3] == ' ' && !(len > 4 && mail_is_blank(line[4])))
		return true;
	while (i < len && line[i] != '\n' && mail_is_blank(line[i]))
		i++;
	return i < len && line[i] == '\n';
}

static bool is_patch_start(const char *line, gsize len)
{
	return mail_starts_with(line, len, "diff -") ||
	       mail_starts_with(line, len, "Index: ") || is_dashes(line, len);
}

/* All above the scissors is forgotten, in-body headers too. */
static void cut_here(struct mail_body *body)
{
	g_string_truncate(body->log, 0);
	body->in_headers = true;
	for (gsize i = 0; i < G_N_ELEMENTS(body->inbody); i++)
		g_clear_pointer(&body->inbody[i], g_free);
}

static void add_to_log(struct mail_body *body, struct charset *charset,
		       const char *line, gsize len)
{
	gsize before = body->log->len;
	const char *text;
	gsize text_len;

	if (!charset_append(charset, body->log, line, len)) {
		body->error = g_strdup("the text of the mail cannot be "
				       "converted from the charset it names");
		return;
	}
	text = body->log->str + before;
	text_len = body->log->len - before;
	if (body->options->scissors && is_scissors(text, text_len)) {
		cut_here(body);
	} else if (is_patch_start(text, text_len)) {
		body->in_patch = true;
		g_string_append_len(body->patch, text, (gssize)text_len);
		g_string_truncate(body->log, before);
	}
}

static bool is_armour(const char *line, gsize len, const char *what)
{
	while (len && mail_is_blank(line[len - 1]))
		len--;
	return len == strlen(what) && memcmp(line, what, len) == 0;
}

/* Whether the line is OpenPGP's own; `dashed`: "- " stands before the text. */
static bool take_armour(struct mail_body *body, const char *line, gsize len,
			bool *dashed)
{
	switch (body->pgp) {
	case PGP_NONE:
		if (body->in_patch ||
		    !is_armour(line, len, "-----BEGIN PGP SIGNED MESSAGE-----"))
			return false;
		body->pgp = PGP_HEADERS;
		return true;
	case PGP_HEADERS:
		if (is_armour(line, len, ""))
			body->pgp = PGP_TEXT;
		return true;
	case PGP_TEXT:
		*dashed = mail_starts_with(line, len, "- ");
		if (!is_armour(line, len, "-----BEGIN PGP SIGNATURE-----"))
			return false;
		body->pgp = PGP_SIGNATURE;
		return true;
	default:
		if (is_armour(line, len, "-----END PGP SIGNATURE-----"))
			body->pgp = PGP_NONE;
		return true;
	}
}

void mail_body_add(struct mail_body *body, struct charset *charset,
		   const char *line, gsize len)
{
	bool dashed = false;

	if (body->error)
		return;
	if (len && (body->pgp || *line == '-') &&
	    take_armour(body, line, len, &dashed))
		return;
	if (dashed) {
		line += 2;
		len -= 2;
	}
	if (body->in_patch)
		g_string_append_len(body->patch, line, (gssize)len);
	else if (!take_top(body, line, len))
		add_to_log(body, charset, line, len);
}

void mail_body_end(struct mail_body *body)
{
	flush_folding(body);
}
