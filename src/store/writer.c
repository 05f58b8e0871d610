/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everybody's steps of a transaction are told together when it is kept, in the
 * order in which they were handed over.
 */
#include "store/store-internal.h"

#include "base/base.h"

#define TOGETHER_MOST 256

/* One thing to do. Who waits for it has a task, or looks at `done`. */
struct job {
	struct write write;
	GTask *task;
	GError *error;
	bool done;
};

struct writer {
	struct store *store;
	GThread *thread;
	GMutex lock;
	GCond changed; /* something to do, something done, or the end */
	GQueue waiting;
	bool ending;
};

static gpointer writer_main(gpointer data);

struct writer *writer_new(struct store *store)
{
	struct writer *writer = g_new0(struct writer, 1);

	writer->store = store;
	g_mutex_init(&writer->lock);
	g_cond_init(&writer->changed);
	g_queue_init(&writer->waiting);
	writer->thread = g_thread_new("store", writer_main, writer);
	return writer;
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	g_mutex_lock(&writer->lock);
	writer->ending = true;
	g_cond_broadcast(&writer->changed);
	g_mutex_unlock(&writer->lock);
	g_thread_join(writer->thread);
	g_cond_clear(&writer->changed);
	g_mutex_clear(&writer->lock);
	g_free(writer);
}

static void job_add(struct writer *writer, struct job *job)
{
	g_mutex_lock(&writer->lock);
	g_queue_push_tail(&writer->waiting, job);
	g_cond_broadcast(&writer->changed);
	g_mutex_unlock(&writer->lock);
}

static void job_free(gpointer data)
{
	struct job *job = data;

	g_clear_error(&job->error);
	g_free(job);
}

void writer_do_async(struct writer *writer, const struct write *write,
		     GAsyncReadyCallback callback, gpointer user_data)
{
	struct job *job = g_new0(struct job, 1);

	job->write = *write;
	job->task = g_task_new(NULL, NULL, callback, user_data);
	g_task_set_task_data(job->task, job, job_free);
	job_add(writer, job);
}

bool writer_do_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_boolean(G_TASK(res), error);
}

bool writer_do(struct writer *writer, const struct write *write, GError **error)
{
	struct job job = {.write = *write};

	job_add(writer, &job);
	g_mutex_lock(&writer->lock);
	while (!job.done)
		g_cond_wait(&writer->changed, &writer->lock);
	g_mutex_unlock(&writer->lock);
	if (!job.error)
		return true;
	g_propagate_error(error, job.error);
	return false;
}

/* Waits for something to do; empty at the end. Of struct job. */
static GPtrArray *take_together(struct writer *writer)
{
	GPtrArray *jobs = g_ptr_array_new();

	g_mutex_lock(&writer->lock);
	while (!writer->ending && g_queue_is_empty(&writer->waiting))
		g_cond_wait(&writer->changed, &writer->lock);
	while (jobs->len < TOGETHER_MOST && !g_queue_is_empty(&writer->waiting))
		g_ptr_array_add(jobs, g_queue_pop_head(&writer->waiting));
	g_mutex_unlock(&writer->lock);
	return jobs;
}

static enum durability durability_of(const GPtrArray *jobs)
{
	for (guint i = 0; i < jobs->len; i++) {
		const struct job *job = jobs->pdata[i];

		if (job->write.durability == WRITE_SYNCED)
			return WRITE_SYNCED;
	}
	return WRITE_KEPT;
}

/* Each in a savepoint of its own: its failure is nobody else's. */
static void job_run(struct store *store, struct job *job)
{
	bool ok;

	g_clear_error(&job->error);
	if (!transaction_begin(store, &job->error))
		return;
	ok = job->write.work(store, job->write.data, &job->error);
	g_assert(ok || job->error);
	transaction_end(store, ok, ok ? &job->error : NULL);
}

static void all_fail(const GPtrArray *jobs, const GError *error)
{
	for (guint i = 0; i < jobs->len; i++) {
		struct job *job = jobs->pdata[i];

		if (!job->error)
			job->error = g_error_copy(error);
	}
}

static void run_together(struct writer *writer, const GPtrArray *jobs)
{
	g_autoptr(GError) error = NULL;

	if (!store_set_durability(writer->store, durability_of(jobs), &error) ||
	    !transaction_begin(writer->store, &error)) {
		all_fail(jobs, error);
		return;
	}
	fault_point(FAULT_WRITER_BEGUN);
	for (guint i = 0; i < jobs->len; i++)
		job_run(writer->store, jobs->pdata[i]);
	fault_point(FAULT_WRITER_BEFORE_COMMIT);
	if (!transaction_end(writer->store, true, &error))
		all_fail(jobs, error);
	fault_point(FAULT_WRITER_COMMITTED);
}

static void job_end(struct job *job)
{
	g_autoptr(GTask) task = job->task;
	GError *error = g_steal_pointer(&job->error);

	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
}

static void end_together(struct writer *writer, const GPtrArray *jobs)
{
	g_mutex_lock(&writer->lock);
	for (guint i = 0; i < jobs->len; i++) {
		struct job *job = jobs->pdata[i];

		if (job->task)
			job_end(job);
		else
			job->done = true;
	}
	g_cond_broadcast(&writer->changed);
	g_mutex_unlock(&writer->lock);
}

static gpointer writer_main(gpointer data)
{
	struct writer *writer = data;

	for (;;) {
		g_autoptr(GPtrArray) jobs = take_together(writer);

		if (jobs->len == 0)
			return NULL;
		run_together(writer, jobs);
		end_together(writer, jobs);
	}
}
