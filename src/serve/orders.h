/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What staff orders by the control socket and submitters by mail: one way to do
 * each. Every order is one transaction; what is told is a sentence.
 */
#ifndef SERVE_ORDERS_H
#define SERVE_ORDERS_H

#include "serve/daemon.h"

enum order {
	ORDER_RETRY,   /* go on, or do it all again */
	ORDER_CANCEL,  /* stop; no reply */
	ORDER_APPROVE, /* of who staff knows, whatever their mail looks like */
};

struct order_of {
	enum order order;
	const char *run;  /* any beginning that only one run has */
	const char *base; /* of a retry: another base; NULL */
	bool remember;	  /* of an approval: put them on the roster */
};

struct order_result {
	char *text;	    /* a sentence */
	char *queue, *stop; /* runs; NULL: none */
};
void order_result_free(struct order_result *result);
typedef struct order_result order_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(order_result_t, order_result_free)

/*
 * In the store's thread, as a part of a larger step; when that is kept the runs
 * are to be queued and let go of. What is refused (any error but TEMP) has
 * changed nothing.
 */
bool order_give(struct store *store, const struct order_of *of,
		struct order_result *result, GError **error);

/* The text is to be freed. */
void order_async(struct daemon *daemon, const struct order_of *of,
		 GAsyncReadyCallback callback, gpointer user_data);
char *order_finish(GAsyncResult *res, GError **error);

/* Calls of the control socket. */
void op_retry(struct control_call *call);
void op_cancel(struct control_call *call);
void op_approve(struct control_call *call);
void op_pause(struct control_call *call);
void op_resume(struct control_call *call);

#endif
