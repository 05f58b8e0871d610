/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of the control socket. What only looks (status, show, log) or
 * brings (deliver, submit, wake) is here, and knows nothing of the daemon but
 * its context.
 *
 * Ownership: the context outlives the socket and every call. Whatever may wait
 * is done in a thread.
 */
#ifndef SERVE_OPS_H
#define SERVE_OPS_H

#include "serve/control.h"

struct writer;

/* The first member of what control_new() was given as its data. */
struct ops_context {
	struct writer *writer;
	const char *state_dir;
	/* Something was brought: look for it. On the main loop. */
	void (*wake)(gpointer data);
	/* What only the daemon knows, for "live" of the status: an object. Of
	 * its members people are shown those that are text, or lists of text,
	 * under their names. NULL: there is nothing. */
	json_t *(*live)(gpointer data);
	gpointer data;
};

/* The table for control_new(): each other call of the daemon is a row too. */
extern const struct control_op daemon_ops[];

#endif
