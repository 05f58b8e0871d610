/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trouble that lasts, told once until it changes, and its end. Private to this
 * room: the outbox tells by it.
 *
 * Shapes: `about` names what has trouble, `text` is a sentence; a text that
 * differs in its digits alone has not changed: servers count seconds and mails.
 * Limits: TOLD_MOST at a time are known; more are told each time, and their
 * end is not.
 */
#ifndef REPORT_TOLD_H
#define REPORT_TOLD_H

#include <glib.h>

#define TOLD_MOST 1000

struct told;

/* NULL text: it is over. */
typedef void (*told_tell)(const char *about, const char *text, gpointer data);

struct told *told_new(told_tell tell, gpointer data);
void told_free(struct told *told);
typedef struct told told_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(told_t, told_free)

void told_trouble(struct told *told, const char *about, const char *text);
void told_over(struct told *told, const char *about);

/* What it is now; NULL: there is none. */
const char *told_text(const struct told *told, const char *about);

#endif
