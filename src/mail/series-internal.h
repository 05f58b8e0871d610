/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the three halves of the series code share: series-group.c puts mails
 * together, series-link.c finds the version before, series.c is what the rest
 * of the house sees.
 */
#ifndef MAIL_SERIES_INTERNAL_H
#define MAIL_SERIES_INTERNAL_H

#include "mail/series.h"

/* How many of the latest series are looked at when one is to be joined. */
#define SERIES_LOOK_BACK 64

/* A series with what only the grouping needs to know of it. */
struct group {
	struct series series; /* first, so that the one is the other */
	guint who;	      /* number of the submitter */
	guint thread;	      /* number of the thread of this submitter */
	guint order;	      /* place of its first mail */
	gint64 date_at;	      /* of its first mail; 0: unknown */
	bool numbered;	      /* its mails have an n/m */
	bool tied;	      /* a mail of it answers something */
	bool reused;	      /* all its Message-IDs were others' before */
};

/* Of struct group, in order of their first mail; owned. */
GPtrArray *groups_find(const GPtrArray *messages);

/* Fill in `supersedes`. */
void groups_link(const GPtrArray *groups);

#endif
