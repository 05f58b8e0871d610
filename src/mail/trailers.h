/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trailers: the "Key: value" lines at the end of a commit log, and those that
 * reviewers write anywhere in a reply. Called for every mail that is read.
 *
 * Shapes: text is bytes of any kind, counted; keys and values come out as valid
 * UTF-8 on one line (a folded value is unfolded), blanks taken off their ends.
 * Limits: linear in the text; nothing is kept of it. Of more than TRAILERS_MOST
 * trailers the last ones are given, of a reply the first ones.
 * Source: git-interpret-trailers(1).
 */
#ifndef MAIL_TRAILERS_H
#define MAIL_TRAILERS_H

#include "mail/message.h"

#define TRAILERS_MOST 1000

/*
 * The trailer block of the log below its subject, as `git interpret-trailers
 * --parse` reports it. Of struct trailer, owned; empty when there is none.
 */
GPtrArray *trailers_parse(const char *text, gsize len);

/*
 * The "...-by: Name <address>" lines of a reply that nobody quoted, wherever
 * they stand above the signature. Of struct trailer, owned.
 */
GPtrArray *trailers_scan_reply(const char *text, gsize len);

struct trailer *trailer_new(const char *key, const char *value);
void trailer_free(struct trailer *trailer);

#endif
