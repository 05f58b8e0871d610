/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a revision share: made of mails, read from them. */
#ifndef SERVE_COLLECT_H
#define SERVE_COLLECT_H

#include "serve/daemon.h"

/*
 * The mails of events (each one or an mbox, of GBytes) as a set. With a version
 * and total, as Patchwork says them, all patches are one series in the order in
 * which they are there, whatever their subjects say; 0: they are grouped.
 */
struct series_set *collect_read(const GPtrArray *mails, guint version,
				guint total);

/* Of a set the series that most of the mails are of; NULL: there is none. */
const struct series *collect_choose(const struct series_set *set);

/* A mail that answers one of ours, with commands in it. */
struct answered {
	char *run;	 /* that ours was about */
	char *submitter; /* of that run's series, as a key */
	char *identity;	 /* whom the run found them to be; NULL: nobody */
	struct message *message;
	struct mail_commands *commands;
};
void answered_free(gpointer answered);

/* Whether the mail is one: then it is added. */
bool command_find(struct store *store, GBytes *mail,
		  const struct message_options *options, GPtrArray *answered,
		  GError **error);
/* Takes the mail and its commands out of it. */
void command_obey(struct daemon *daemon, struct answered *answered);

#endif
