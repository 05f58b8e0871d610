/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a job, from what is heard of its machine: events of its
 * console, silence, its end. It knows no machine and no clock; times are
 * milliseconds of any clock that does not step back.
 *
 * Whatever looks like the kernel's word may be a program's: it decides nothing
 * while the runner goes on. Private to the lab room.
 */
#ifndef LAB_QEMU_JUDGE_H
#define LAB_QEMU_JUDGE_H

#include <stdbool.h>
#include <stdio.h>

#include "lab/console.h"
#include "lab/job.h"

#define JUDGE_CASES 100000
#define JUDGE_QUIET_MS 60000 /* of a machine that boots */

struct judge {
	const struct lab_job *job; /* borrowed */
	FILE *notes;		   /* what people may want to know; or NULL */
	struct job_result *result;
	bool over;
	GError *trouble; /* with over: no result, but this */

	gint64 began_ms, heard_ms; /* heard: when it last said anything */
	gint64 tests_ms;	   /* when they began; 0: not yet */
	gint64 panic_ms;	   /* when it seemed to panic; 0: it did not */
	bool panic_ended, no_clock, lost;
	guint boots, forged;
	char *panic, *oops; /* the first, in words; or NULL */
	char *suite, *set;
	guint case_line; /* where the case under way began; 0: none does */
	bool all_ended;
};

void judge_init(struct judge *judge, const struct lab_job *job, FILE *notes,
		gint64 now_ms);
void judge_clear(struct judge *judge);

/* Output came, and what it meant. */
void judge_hear(struct judge *judge, gint64 now_ms);
void judge_take(struct judge *judge, const struct console_event *event,
		gint64 now_ms);

/* When to look again if nothing comes, and that look. */
gint64 judge_next_ms(const struct judge *judge);
void judge_look(struct judge *judge, gint64 now_ms);

/* The machine is off; `how` in words. */
void judge_off(struct judge *judge, const char *how);

#endif
