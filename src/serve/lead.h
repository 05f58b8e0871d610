/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run while it is led: from the queue, read from the store, through the
 * pipeline, until what came of it is written down.
 */
#ifndef SERVE_LEAD_H
#define SERVE_LEAD_H

#include "serve/collect.h"

#define ATTEMPTS_MOST 8
#define LATER_S 60

struct lead {
	struct daemon *daemon;
	struct settings *settings;
	char *id;
	bool heavy;  /* it has a place of the builds, not of the gates */
	bool begun;  /* the pipeline has it */
	bool let_go; /* it was stopped, or is to begin again */
	bool again;  /* it is to be put into the queue when it has ended */
	gint64 since_at;
	const char *stage; /* that it is at; NULL: none yet */
	GCancellable *cancellable;

	/* Read from the store, in its thread. */
	struct waiting_run *run;
	struct revision *revision;
	GPtrArray *mails; /* of GBytes */
	char *base;

	/* Made of that. */
	char *work_dir; /* private; made by what needs it */
	struct series_set *set;
	const struct series *series;
	struct series_lookup lookup;
	GPtrArray *looked_up; /* of struct series_set */
	GMutex lock;	      /* of looked_up: gates are threads */
	char *out_dir;
	struct run_options options;

	/* Of its end. */
	struct run_report *report;
	GError *trouble;
	gint64 next_at;
};

void lead_free(gpointer lead);

/* The store could not be written or asked: after a while it is begun again,
 * and what it is at is read then. */
void lead_put_later(struct daemon *daemon, const char *run);

/* Take it off the books, and begin others. */
void lead_over(struct lead *lead);

/* What came of it: an outcome, trouble, or a place to wait for. */
void lead_ended(struct lead *lead);

#endif
