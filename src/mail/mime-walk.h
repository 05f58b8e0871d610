/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk through a mail, shared by its two files: mime.c goes from line to
 * line and from part to part, mime-text.c makes of the lines of a text what
 * they say.
 */
#ifndef MAIL_MIME_WALK_H
#define MAIL_MIME_WALK_H

#include "base/base.h"
#include "mail/mail-internal.h"

struct level {
	char *boundary; /* with its two dashes */
	gsize len;
	bool alternative; /* multipart/alternative: its parts are twins */
	bool has_plain;
};

struct walk {
	struct mime_mail *mail;
	const char *at, *end;
	const char *line; /* the line under the eye, with its newline */
	gsize line_len;
	GString *field;	  /* the header field under the eye; also `line` */
	GString *decoded; /* text that waits for the end of its line */
	gsize decoded_start;
	GString *piece; /* what one encoded line decodes to */
	struct level *levels;
	guint n_levels, n_parts, n_fields;
	gsize field_bytes;
	enum transfer transfer;
	struct charset *charset;
	char *charset_name;
	bool is_flowed, delsp;
	bool skip; /* this part is a twin */
	bool html, embedded, seen_plain;
	bool at_part; /* reading the headers of a part, not of the mail */
	struct auth_reader *auth; /* NULL: no server of ours is known */
	guint n_leaves;
	bool attached; /* this part is no text that the sender typed */
	bool own;      /* the lines are the sender's own text */
	bool nested;   /* this part is a multipart */
};

/* A piece of text as it is: 0 bytes end what was begun. */
void mime_give(struct walk *walk, const char *line, gsize len);

/* A line of text, decoded; flowed ones are joined. */
void mime_give_line(struct walk *walk, const char *line, gsize len);

/* The line under the eye, which is encoded: many lines, or a piece of one. */
void mime_give_decoded(struct walk *walk);

/* What waits for the rest of its line, when there is no more. */
void mime_give_pending(struct walk *walk);

#endif
