/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the series code share: series-group.c puts mails together,
 * series-join.c the parts that nothing ties, series-link.c finds the version
 * before, series.c is what the rest of the house sees.
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

/* Put parts of one series into one; NULL stays where a part was. */
void groups_join(GPtrArray *groups);

/* Take a mail into its place, or into `also` when that is taken. */
void group_add(struct group *group, struct message *message);
void group_free(gpointer group);

/* The first mailbox of From; NULL: none. */
const struct mailbox *message_sender(const struct message *message);

/* The ids that a mail answers, the nearest first: the i-th, or NULL. */
const char *message_answers(const struct message *message, guint i);

/* Where the patch with that number is, or would have to be. */
guint series_place(const struct series *series, guint index);

/* Fill in `supersedes`. */
void groups_link(const GPtrArray *groups);

#endif
