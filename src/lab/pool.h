/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The labs of a site as one: a job goes to a lab that has its board, is ready
 * and has a slot free; each lab has a queue of its own, so that a slow or dead
 * one delays nobody else's. Trouble is tried again, on another lab that has the
 * board if there is one, after a pause that doubles, up to a ceiling.
 *
 * Errors of a job: NOT_FOUND no lab has the board; TEMP all that have it are
 * away, or were in trouble to the ceiling: the job was not run; CONFIG none of
 * them can be used until staff have acted: told at once; CANCELLED.
 * Async: the callback comes once, in the context of the caller; then the job is
 * no lab's any more, though one that was asked in vain may still answer.
 */
#ifndef LAB_POOL_H
#define LAB_POOL_H

#include "lab/lab-ops.h"

struct lab_pool;

/* A site without labs has one: QEMU, here, with as many slots as CPUs. */
struct lab_pool *lab_pool_new(const struct site *site, GError **error);
void lab_pool_free(struct lab_pool *pool); /* no job may be under way */
typedef struct lab_pool lab_pool_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lab_pool_t, lab_pool_free)

/* Whether any lab of it takes jobs for the board. */
bool lab_pool_knows(const struct lab_pool *pool, const struct board *board);

/* A lab that is paused begins nothing; what waits for it waits on, or goes to
 * another that has the board. */
void lab_pool_pause(struct lab_pool *pool, const char *name, bool paused);

/* A call of a lab's server, for the lab of that name; see struct lab_ops. */
enum lab_call lab_pool_call(struct lab_pool *pool, const char *name,
			    const char *token, GBytes *body);

void lab_pool_run_async(struct lab_pool *pool, const struct lab_job *job,
			GCancellable *cancellable, GAsyncReadyCallback callback,
			gpointer user_data);
struct job_result *lab_pool_run_finish(GAsyncResult *res, GError **error);

#endif
