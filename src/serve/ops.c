/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/ops.h"

#include <string.h>

#include "base/base.h"
#include "intake/intake.h"
#include "serve/bring.h"
#include "serve/look.h"
#include "serve/orders.h"
#include "serve/room.h"
#include "store/store.h"

static struct ops_context *context_of(const struct control_call *call)
{
	return call->data;
}

/* A call that a thread works for: its answer, or NULL. */
typedef json_t *(*ops_work)(const struct ops_context *context,
			    const json_t *request, GError **error);

/* On the main loop: what is still to be said or done about an answer. */
typedef void (*ops_after)(const struct ops_context *context, json_t *answer);

struct ops_job {
	struct control_call *call;
	ops_work work;
	ops_after after; /* or NULL */
};

static void job_thread(GTask *task, gpointer source, gpointer data,
		       GCancellable *cancellable)
{
	const struct ops_job *job = data;
	GError *error = NULL;
	json_t *answer = job->work(context_of(job->call), job->call->request,
				   &error);

	(void)source;
	(void)cancellable;
	if (answer)
		g_task_return_pointer(task, answer,
				      (GDestroyNotify)json_decref);
	else
		g_task_return_error(task, error);
}

static void job_done(GObject *source, GAsyncResult *res, gpointer data)
{
	const struct ops_job *job = g_task_get_task_data(G_TASK(res));
	GError *error = NULL;
	json_t *answer = g_task_propagate_pointer(G_TASK(res), &error);

	(void)source;
	(void)data;
	if (answer && job->after)
		job->after(context_of(job->call), answer);
	if (answer)
		control_answer(job->call, answer);
	else
		control_refuse(job->call, error);
}

static void job_start(struct control_call *call, ops_work work, ops_after after)
{
	struct ops_job *job = g_new0(struct ops_job, 1);
	g_autoptr(GTask) task = g_task_new(NULL, NULL, job_done, NULL);

	*job = (struct ops_job){call, work, after};
	g_task_set_task_data(task, job, g_free);
	g_task_run_in_thread(task, job_thread);
}

static json_t *work_look(const struct ops_context *context,
			 const json_t *request, GError **error)
{
	return look_answer(context->state_dir, request, error);
}

static void after_status(const struct ops_context *context, json_t *answer)
{
	json_t *status = json_object_get(answer, "status");
	json_t *live = context->live ? context->live(context->data) : NULL;

	json_object_set_new(status, "live", live ? live : json_null());
}

static void op_status(struct control_call *call)
{
	job_start(call, work_look, after_status);
}

static void op_look(struct control_call *call)
{
	job_start(call, work_look, NULL);
}

/* What stands in base64 there; NULL with INPUT. */
static GBytes *request_bytes(const json_t *request, const char *name,
			     GError **error)
{
	const char *text = json_string_value(json_object_get(request, name));
	gsize len = 0;
	guchar *data = text ? g_base64_decode(text, &len) : NULL;

	if (len > 0)
		return g_bytes_new_take(data, len);
	g_free(data);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the request has no \"%s\" in base64", name);
	return NULL;
}

static json_t *work_deliver(const struct ops_context *context,
			    const json_t *request, GError **error)
{
	const struct intake_sink sink = intake_writer_sink(context->writer);
	g_autoptr(GBytes) mail = request_bytes(request, "mail", error);
	bool added;

	if (!mail || !room_check(context->state_dir, error) ||
	    !bring_mail(&sink, mail, &added, error))
		return NULL;
	fault_point(FAULT_DELIVER_KEPT);
	return json_pack("{s:b}", "new", added);
}

static bool request_count(const json_t *request, const char *name,
			  guint *number, GError **error)
{
	json_int_t n = json_integer_value(json_object_get(request, name));

	*number = (guint)n;
	if (n > 0 && n <= G_MAXINT)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the request has no \"%s\" that is a number from 1", name);
	return false;
}

static json_t *work_submit(const struct ops_context *context,
			   const json_t *request, GError **error)
{
	g_autoptr(GBytes) mbox = request_bytes(request, "mbox", error);
	struct brought_series series = {.mbox = mbox};
	const struct write write = {WRITE_SYNCED, bring_series, &series};

	if (!mbox || !room_check(context->state_dir, error) ||
	    !request_count(request, "version", &series.version, error) ||
	    !request_count(request, "total", &series.total, error))
		return NULL;
	if (g_bytes_get_size(mbox) > BRING_BYTES) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "the series has more than the 32 MiB that are "
			    "taken");
		return NULL;
	}
	if (writer_do(context->writer, &write, error)) {
		fault_point(FAULT_SUBMIT_KEPT);
		return series.answer;
	}
	json_decref(series.answer);
	return NULL;
}

static void after_bringing(const struct ops_context *context, json_t *answer)
{
	if (json_is_true(json_object_get(answer, "new")))
		context->wake(context->data);
}

static void op_deliver(struct control_call *call)
{
	job_start(call, work_deliver, after_bringing);
}

static void op_submit(struct control_call *call)
{
	job_start(call, work_submit, after_bringing);
}

static void op_wake(struct control_call *call)
{
	const struct ops_context *context = context_of(call);

	context->wake(context->data);
	control_answer(call, json_object());
}

const struct control_op daemon_ops[] = {
	{"status", RIGHT_GROUP, op_status},
	{"show", RIGHT_GROUP, op_look},
	{"log", RIGHT_GROUP, op_look},
	{"deliver", RIGHT_GROUP, op_deliver},
	{"submit", RIGHT_GROUP, op_submit},
	{"wake", RIGHT_GROUP, op_wake},
	{"retry", RIGHT_STAFF, op_retry},
	{"cancel", RIGHT_STAFF, op_cancel},
	{"approve", RIGHT_STAFF, op_approve},
	{"pause", RIGHT_STAFF, op_pause},
	{"resume", RIGHT_STAFF, op_resume},
	{NULL},
};
