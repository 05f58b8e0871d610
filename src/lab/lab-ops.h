/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab: where jobs run. One row of functions a kind.
 *
 * Errors of a job: TEMP (the lab is away, the device broke, our disk is full:
 * trouble, tried again here or elsewhere), CONFIG (the token is refused or too
 * strong, QEMU is not installed: says the cure), CANCELLED. What the kernel or
 * the tests did is a result, never an error. A message does not name the lab:
 * whoever holds several of them does.
 * Async: everything is on the context that opened the lab; a callback comes
 * once. After it nothing of the job runs here any more.
 */
#ifndef LAB_LAB_OPS_H
#define LAB_LAB_OPS_H

#include <gio/gio.h>

#include "lab/job.h"

struct lab; /* of its kind */

/* What a lab says to a call of its server; the later, the less it knew. */
enum lab_call {
	LAB_CALL_TAKEN,
	LAB_CALL_BAD,	  /* not what such a call is made of */
	LAB_CALL_REFUSED, /* no job here has that id and token */
	LAB_CALL_UNKNOWN, /* there is no such lab, or it takes no calls */
};

struct lab_ops {
	const char *kind; /* "qemu" */

	/* Nothing is asked of the lab yet. */
	struct lab *(*open)(const struct lab_config *config,
			    const struct site *site, GError **error);
	/* No job may be under way. */
	void (*close)(struct lab *lab);

	/* Whether the record has what this kind needs to boot it. */
	bool (*knows)(const struct board *board);

	/*
	 * Whether the lab would start a job on that board soon: true, or an
	 * error that says why not (TEMP), or CONFIG.
	 */
	void (*ready_async)(struct lab *lab, const struct board *board,
			    GCancellable *cancellable,
			    GAsyncReadyCallback callback, gpointer user_data);
	bool (*ready_finish)(GAsyncResult *res, GError **error);

	void (*run_async)(struct lab *lab, const struct lab_job *job,
			  GCancellable *cancellable,
			  GAsyncReadyCallback callback, gpointer user_data);
	struct job_result *(*run_finish)(GAsyncResult *res, GError **error);

	/*
	 * What would be sent, for people: a LAVA job, or QEMU's command line.
	 * Makes and fetches nothing.
	 */
	char *(*print)(struct lab *lab, const struct lab_job *job,
		       GError **error);

	/*
	 * A call of the lab's server about a job: a hint to look at it, never
	 * more. `token` NULL: it had none. Never waits. NULL: it makes none.
	 */
	enum lab_call (*call)(struct lab *lab, const char *token, GBytes *body);
};

extern const struct lab_ops lab_qemu, lab_lava;

/* By kind, ended by NULL. */
extern const struct lab_ops *const lab_table[];

#endif
