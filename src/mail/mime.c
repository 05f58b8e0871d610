/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk through a mail: headers, parts, lines. libetpan parses MIME as
 * RFC 2046 says, but the commit must be the one git am makes of the same mail,
 * and git reads line by line in its own way: it takes text of every part in
 * turn, compares only the start of a boundary line, never looks for a boundary
 * on the first line of a part, adds a newline where a multipart ends, and goes
 * on where a boundary is missing. libetpan also follows nested parts by
 * recursion, as deep as a stranger likes. So the walk is our own, flat, over a
 * stack of at most MAIL_LEVELS_MOST boundaries; libetpan parses the addresses
 * and dates.
 *
 * Where git reads a mail wrongly the walk goes the other way: boundaries are
 * not taken for encoded words, and the HTML twin of a text is passed over.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "mail/mime-walk.h"

static void walk_fail(struct walk *walk, char *error)
{
	if (walk->mail->error)
		g_free(error);
	else
		walk->mail->error = error;
}

/* Put the next line under the eye; false at the end. */
static bool next_line(struct walk *walk)
{
	const char *newline;

	if (walk->at == walk->end)
		return false;
	newline = memchr(walk->at, '\n', (gsize)(walk->end - walk->at));
	walk->line = walk->at;
	walk->at = newline ? newline + 1 : walk->end;
	walk->line_len = (gsize)(walk->at - walk->line);
	return true;
}

static gsize trimmed_len(const char *text, gsize len)
{
	while (len && mail_is_blank(text[len - 1]))
		len--;
	return len;
}

static bool fields_in_limits(struct walk *walk)
{
	if (++walk->n_fields <= MAIL_HEADERS_MOST &&
	    walk->field_bytes <= MAIL_HEADER_BYTES)
		return true;
	walk_fail(walk,
		  g_strdup_printf("the mail has more than %d headers or "
				  "%d KiB of them",
				  MAIL_HEADERS_MOST, MAIL_HEADER_BYTES >> 10));
	return false;
}

/* A line that is not a header, as git hands it on: without blanks at its end.
 */
static void line_from_field(struct walk *walk)
{
	g_string_append_c(walk->field, '\n');
	walk->line = walk->field->str;
	walk->line_len = walk->field->len;
}

/*
 * Put the next header, unfolded, into `field`; false: `line` is past them. In a
 * mail without a body git takes the last header for one, and so do we.
 */
static bool next_field(struct walk *walk)
{
	GString *field = walk->field;

	if (!next_line(walk)) {
		walk->line = field->str;
		walk->line_len = field->len;
		return false;
	}
	g_string_truncate(field, 0);
	g_string_append_len(field, walk->line,
			    (gssize)trimmed_len(walk->line, walk->line_len));
	if (!field->len || !header_is_field(field->str, field->len)) {
		line_from_field(walk);
		return false;
	}
	walk->field_bytes += walk->line_len;
	while (walk->at < walk->end &&
	       (*walk->at == ' ' || *walk->at == '\t') &&
	       walk->field_bytes <= MAIL_HEADER_BYTES && next_line(walk)) {
		gsize len = trimmed_len(walk->line, walk->line_len);

		walk->field_bytes += walk->line_len;
		if (!len)
			continue;
		g_string_append_c(field, ' ');
		g_string_append_len(field, walk->line + 1, (gssize)len - 1);
	}
	return fields_in_limits(walk);
}

static bool is_type(const char *value, const char *type)
{
	return g_ascii_strncasecmp(value, type, strlen(type)) == 0;
}

static bool parameter_is(const char *value, const char *name, const char *want)
{
	g_autofree char *found = header_parameter(value, name);

	return found && g_ascii_strcasecmp(found, want) == 0;
}

static void push_level(struct walk *walk, const char *value)
{
	g_autofree char *boundary = header_parameter(value, "boundary=");
	struct level *level;

	if (!boundary)
		return;
	if (walk->n_levels == MAIL_LEVELS_MOST) {
		walk_fail(walk, g_strdup_printf("the parts of the mail are "
						"nested deeper than %d levels",
						MAIL_LEVELS_MOST));
		return;
	}
	level = &walk->levels[walk->n_levels++];
	level->boundary = g_strconcat("--", boundary, NULL);
	level->len = strlen(level->boundary);
	level->alternative = is_type(value, "multipart/alternative");
	level->has_plain = false;
}

static void set_charset(struct walk *walk, const char *name)
{
	if (walk->charset && g_strcmp0(name, walk->charset_name) == 0)
		return;
	g_clear_pointer(&walk->charset, charset_free);
	g_free(walk->charset_name);
	walk->charset_name = g_strdup(name);
	walk->charset = charset_open(name);
}

/* The HTML that repeats a text which was already read is passed over. */
static void judge_part(struct walk *walk, const char *value)
{
	struct level *top = walk->n_levels ? &walk->levels[walk->n_levels - 1]
					   : NULL;
	bool plain = is_type(value, "text/plain");

	walk->attached |= !plain;
	walk->html = is_type(value, "text/html");
	walk->embedded = is_type(value, "message/rfc822");
	walk->skip = walk->html && top && top->alternative && top->has_plain;
	walk->seen_plain |= plain;
	if (plain && top)
		top->has_plain = true;
}

static void take_content_type(struct walk *walk, const char *value)
{
	g_autofree char *charset = header_parameter(value, "charset=");

	walk->is_flowed = parameter_is(value, "format=", "flowed");
	walk->delsp = parameter_is(value, "delsp=", "yes");
	judge_part(walk, value);
	push_level(walk, value);
	if (charset)
		set_charset(walk, charset);
}

/* Take what a header says; those of a part may stand in for the mail's own. */
static void take_field(struct walk *walk)
{
	const char *value;
	enum mail_header header = header_find(walk->field->str, &value);
	char **slot;

	if (header == HEADER_COUNT)
		return;
	if (walk->auth && !walk->at_part)
		auth_reader_take(walk->auth, header, value);
	if (header == HEADER_CONTENT_TYPE)
		take_content_type(walk, value);
	else if (header == HEADER_CONTENT_DISPOSITION)
		walk->attached |= is_type(value, "attachment");
	else if (header == HEADER_CONTENT_TRANSFER_ENCODING)
		walk->transfer = transfer_from_header(value);
	slot = &walk->mail->headers[header];
	if (walk->at_part && header >= HEADER_COMMIT)
		return;
	if (!walk->at_part && header == HEADER_DATE)
		g_clear_pointer(slot, g_free);
	if (!*slot)
		*slot = g_strdup(value);
}

static bool is_boundary(const struct walk *walk)
{
	const struct level *top;

	if (!walk->n_levels)
		return false;
	top = &walk->levels[walk->n_levels - 1];
	return walk->line_len >= top->len &&
	       memcmp(walk->line, top->boundary, top->len) == 0;
}

static bool is_last_boundary(const struct walk *walk)
{
	gsize len = walk->levels[walk->n_levels - 1].len;

	return walk->line_len >= len + 2 &&
	       memcmp(walk->line + len, "--", 2) == 0;
}

static bool find_boundary(struct walk *walk)
{
	if (!walk->n_levels)
		return false;
	while (next_line(walk)) {
		if (is_boundary(walk))
			return true;
	}
	return false;
}

static void pop_level(struct walk *walk)
{
	g_free(walk->levels[--walk->n_levels].boundary);
	walk->skip = false;
}

/* Leave the multiparts that end here; false when nothing comes after. */
static bool leave_levels(struct walk *walk)
{
	bool told = false;

	while (is_last_boundary(walk)) {
		pop_level(walk);
		mime_give(walk, "\n", told ? 0 : 1);
		told = true;
		if (walk->mail->body.error || !find_boundary(walk))
			return false;
	}
	return true;
}

/* The first part that holds no others is what people read as the mail. */
static void begin_leaf(struct walk *walk)
{
	walk->own = walk->n_leaves++ == 0 && !walk->attached;
}

static void end_leaf(struct walk *walk)
{
	if (walk->own)
		walk->mail->body.own_bytes = walk->mail->body.log->len;
	walk->own = false;
}

/* Reads the headers of the part that starts here; false at the end. */
static bool enter_one(struct walk *walk)
{
	guint levels;

	end_leaf(walk);
	if (!leave_levels(walk))
		return false;
	if (++walk->n_parts > MAIL_PARTS_MOST) {
		walk_fail(walk, g_strdup_printf("the mail has more than %d "
						"parts",
						MAIL_PARTS_MOST));
		return false;
	}
	walk->transfer = TRANSFER_NONE;
	set_charset(walk, "");
	walk->skip = walk->html = walk->embedded = walk->attached = false;
	walk->n_fields = 0;
	walk->field_bytes = 0;
	walk->at_part = true;
	levels = walk->n_levels;
	while (next_field(walk))
		take_field(walk);
	walk->nested = walk->n_levels > levels;
	if (!walk->nested)
		begin_leaf(walk);
	return next_line(walk);
}

/* Whether git is about to take the first boundary of a multipart for text. */
static bool is_overlooked(struct walk *walk)
{
	bool overlooked = walk->nested && is_boundary(walk);

	walk->mail->misread |= overlooked;
	return overlooked && walk->mail->body.options->all_boundaries;
}

static bool enter_part(struct walk *walk)
{
	do {
		if (!enter_one(walk))
			return false;
	} while (is_overlooked(walk));
	return true;
}

/* The last line of a part may lack its newline; git adds it. */
static void complete_line(struct walk *walk)
{
	if (walk->line_len && walk->line[walk->line_len - 1] == '\n')
		return;
	g_string_truncate(walk->field, 0);
	g_string_append_len(walk->field, walk->line, (gssize)walk->line_len);
	line_from_field(walk);
}

static void read_body(struct walk *walk)
{
	if (walk->n_levels && !find_boundary(walk))
		return;
	if (!walk->n_levels)
		begin_leaf(walk);
	do {
		if (is_boundary(walk)) {
			mime_give_pending(walk);
			if (!enter_part(walk))
				return;
			complete_line(walk);
		}
		if (walk->transfer == TRANSFER_NONE)
			mime_give_line(walk, walk->line, walk->line_len);
		else
			mime_give_decoded(walk);
		if (walk->mail->body.in_patch &&
		    walk->transfer != TRANSFER_NONE)
			walk->mail->encoded = true;
		if (walk->mail->error || walk->mail->body.error)
			return;
	} while (next_line(walk));
	mime_give_pending(walk);
	end_leaf(walk);
	mail_body_end(&walk->mail->body);
}

static void walk_clear(struct walk *walk)
{
	while (walk->n_levels)
		g_free(walk->levels[--walk->n_levels].boundary);
	g_free(walk->levels);
	auth_reader_free(walk->auth);
	charset_free(walk->charset);
	g_free(walk->charset_name);
	g_string_free(walk->field, TRUE);
	g_string_free(walk->decoded, TRUE);
	g_string_free(walk->piece, TRUE);
}

static void walk_mail(struct walk *walk)
{
	while (walk->at < walk->end && mail_is_blank(*walk->at))
		walk->at++;
	if (walk->at == walk->end) {
		walk_fail(walk, g_strdup("the mail is empty"));
		return;
	}
	set_charset(walk, "");
	while (next_field(walk))
		take_field(walk);
	if (!walk->mail->error)
		read_body(walk);
	if (walk->mail->body.error)
		walk_fail(walk, g_steal_pointer(&walk->mail->body.error));
}

/* A mail as SMTP carries it, CR LF at every line; git mailsplit strips it. */
static bool is_dos(const char *data, gsize len)
{
	const char *newline = memchr(data, '\n', len);

	return newline && newline > data && newline[-1] == '\r';
}

static GString *strip_cr(const char *data, gsize len)
{
	GString *out = g_string_sized_new(len + 1);
	const char *end = data + len;

	while (data < end) {
		const char *cr = memchr(data, '\r', (gsize)(end - data));
		const char *stop = cr ? cr : end;
		bool dos = cr && cr + 1 < end && cr[1] == '\n';

		if (cr && !dos)
			stop++;
		g_string_append_len(out, data, stop - data);
		data = stop + dos;
	}
	return out;
}

void mime_mail_read(struct mime_mail *mail, const char *data, gsize len,
		    const struct message_options *options)
{
	g_autoptr(GString) stripped = NULL;
	struct walk walk = {.mail = mail};

	memset(mail, 0, sizeof(*mail));
	mail_body_init(&mail->body, options);
	if (is_dos(data, len)) {
		stripped = strip_cr(data, len);
		data = stripped->str;
		len = stripped->len;
	}
	walk.at = data;
	walk.end = data + len;
	walk.field = g_string_new(NULL);
	walk.decoded = g_string_new(NULL);
	walk.piece = g_string_new(NULL);
	walk.levels = g_new(struct level, MAIL_LEVELS_MOST);
	if (options->servers && options->servers->len)
		walk.auth = auth_reader_new(options->servers);
	walk_mail(&walk);
	mail->auth = walk.auth ? auth_reader_end(walk.auth) : auth_result_new();
	walk_clear(&walk);
}

void mime_mail_clear(struct mime_mail *mail)
{
	for (gsize i = 0; i < HEADER_COUNT; i++)
		g_free(mail->headers[i]);
	mail_body_clear(&mail->body);
	auth_result_free(mail->auth);
	g_free(mail->error);
}
