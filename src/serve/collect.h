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

/* A mail that may answer one of ours, with commands in it. */
struct command_mail {
	GBytes *mail;
	const struct site *site;
};

/* What the main thread is to do when that is kept. */
struct command_effects {
	GPtrArray *queued, *stopped; /* of char *: runs; borrowed */
	bool mailed;		     /* there is an answer in the outbox */
};

/* In the store's thread: obey its commands, if there are any. */
bool command_handle(struct store *store, const struct command_mail *mail,
		    struct command_effects *effects, GError **error);

#endif
