/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a text part: transfer encoding and format=flowed undone as git does.
 */
#include <config.h>
#include <string.h>

#include "mail/mime-walk.h"

void mime_give(struct walk *walk, const char *line, gsize len)
{
	struct mail_body *body = &walk->mail->body;
	bool was_patch = body->in_patch;

	if (walk->skip)
		return;
	if (!walk->charset && !was_patch && !body->error) {
		g_autofree char *quoted = text_quote(walk->charset_name, -1);

		body->error = g_strdup_printf(
			"the charset %s of the mail is not known", quoted);
	}
	mail_body_add(body, walk->charset, line, len);
	if (body->in_patch && !was_patch) {
		walk->mail->embedded = walk->embedded;
		if (walk->html && !walk->seen_plain)
			walk->mail->damage |= DAMAGE_HTML;
	}
}

/* Give what waits in `decoded`. */
void mime_give_pending(struct walk *walk)
{
	if (walk->decoded->len > walk->decoded_start)
		mime_give(walk, walk->decoded->str + walk->decoded_start,
			  walk->decoded->len - walk->decoded_start);
	g_string_truncate(walk->decoded, 0);
	walk->decoded_start = 0;
}

/* A line of the patch ended in a blank, and now runs into the next one. */
static void note_soft_break(struct walk *walk)
{
	if (walk->mail->body.in_patch)
		walk->mail->damage |= DAMAGE_FLOWED;
}

/* RFC 3676, in git's reading; what a soft break ends waits in `decoded`. */
static void give_flowed(struct walk *walk, const char *line, gsize len)
{
	GString *waiting = walk->decoded;
	bool newline = len && line[len - 1] == '\n';
	gsize text = len - newline;

	if (newline && text && line[text - 1] == '\r')
		text--;
	if (text == 3 && memcmp(line, "-- ", 3) == 0) {
		mime_give_pending(walk);
		mime_give(walk, line, len);
		return;
	}
	if (text && *line == ' ') {
		line++;
		text--;
		len--;
	}
	if (text && line[text - 1] == ' ') {
		note_soft_break(walk);
		g_string_append_len(waiting, line,
				    (gssize)(text - walk->delsp));
		return;
	}
	if (!waiting->len) {
		mime_give(walk, line, len);
		return;
	}
	g_string_append_len(waiting, line, (gssize)len);
	mime_give_pending(walk);
}

/* The same line with LF alone at its end. */
static void give_stripped(struct walk *walk, const char *line, gsize len)
{
	g_autoptr(GString) copy = g_string_new_len(line, (gssize)len - 2);

	g_string_append_c(copy, '\n');
	mime_give(walk, copy->str, copy->len);
}

void mime_give_line(struct walk *walk, const char *line, gsize len)
{
	bool dos = len >= 2 && line[len - 2] == '\r' && line[len - 1] == '\n';

	if (walk->is_flowed) {
		give_flowed(walk, line, len);
		return;
	}
	if (dos && walk->mail->body.options->strip_quoted_cr)
		give_stripped(walk, line, len);
	else
		mime_give(walk, line, len);
}

/*
 * What waited in `decoded` has got its newline. Where it is flowed, git takes
 * it for one line from its start, so the blank it looks for is there.
 */
static void give_joined(struct walk *walk)
{
	GString *text = walk->decoded;
	gsize len = text->len - 1;

	if (!walk->is_flowed) {
		mime_give_line(walk, text->str, text->len);
		g_string_truncate(text, 0);
		return;
	}
	if (len > walk->decoded_start && text->str[len - 1] == '\r')
		len--;
	if (len - walk->decoded_start > 0 &&
	    text->str[walk->decoded_start] == ' ')
		walk->decoded_start++;
	if (len > walk->decoded_start && text->str[len - 1] == ' ') {
		note_soft_break(walk);
		g_string_truncate(text, len - walk->delsp);
		return;
	}
	mime_give_pending(walk);
}

/* One encoded line may hold many lines of text, or a piece of one. */
void mime_give_decoded(struct walk *walk)
{
	GString *piece = walk->piece;
	const char *at, *end, *newline;

	g_string_truncate(piece, 0);
	if (walk->transfer == TRANSFER_QP)
		transfer_decode_qp(piece, walk->line, walk->line_len, false);
	else
		transfer_decode_base64(piece, walk->line, walk->line_len);
	at = piece->str;
	end = at + piece->len;
	while (at < end && (newline = memchr(at, '\n', (gsize)(end - at)))) {
		if (at == piece->str && walk->decoded->len) {
			g_string_append_len(walk->decoded, at,
					    newline + 1 - at);
			give_joined(walk);
		} else {
			mime_give_line(walk, at, (gsize)(newline + 1 - at));
		}
		at = newline + 1;
	}
	g_string_append_len(walk->decoded, at, end - at);
}
