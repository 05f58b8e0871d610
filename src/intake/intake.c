/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared half of all sources: rounds, one after the other, and the pauses
 * between them. A round is a chain of GTask threads, the sink's calls in them;
 * it holds a reference, so that a source may be freed meanwhile.
 */
#include "intake/intake-backend.h"

#include <glib-unix.h>

#include "base/base.h"

static const struct intake_ops *const sources[] = {
	[SOURCE_PATCHWORK_FDO] = &intake_patchwork_fdo,
	[SOURCE_PATCHWORK] = &intake_patchwork,
	[SOURCE_MAILDIR] = &intake_maildir,
	[SOURCE_IMAP] = &intake_imap,
	[SOURCE_MBOX] = &intake_mbox,
	[SOURCE_REDIS] = &intake_redis,
};

static const struct intake_timing patience = {
	.settle_ms = 10000,
	.overlap_s = 7200,
	.sweep_ms = 3600000,
	.incomplete_ms = 7200000,
	.give_up_ms = 86400000,
	.idle_ms = 600000,
	.backoff_ms = 1000,
	.backoff_most_ms = 300000,
	.timeout_ms = 30000,
};

static guint busy; /* rounds under way */

struct intake {
	guint refs;
	const struct intake_ops *ops;
	const struct source_config *config;
	struct intake_sink sink;
	struct intake_timing timing;
	gpointer state;
	bool running, in_round, woken;
	GCancellable *cancellable; /* of the round under way */
	GSource *pause, *watch;
	struct intake_status status;
};

struct round {
	struct intake *intake;
	struct intake_batch batch;
	char *before;
	guint added, bad, repeated;
};

static void round_begin(struct intake *intake);

guint intake_busy(void)
{
	return busy;
}

struct intake_timing intake_timing_filled(const struct intake_timing *asked)
{
	struct intake_timing filled = patience;
	const guint *from = (const guint *)asked;
	guint *to = (guint *)&filled;

	for (gsize i = 0; asked && i < sizeof(filled) / sizeof(*to); i++)
		to[i] = from[i] ? from[i] : to[i];
	return filled;
}

struct intake *intake_new(const struct source_config *config,
			  const struct intake_sink *sink,
			  const struct intake_timing *timing, GError **error)
{
	struct intake *intake = g_new0(struct intake, 1);

	intake->refs = 1;
	intake->ops = sources[config->kind];
	intake->config = config;
	intake->sink = *sink;
	intake->timing = intake_timing_filled(timing);
	if (!intake->timing.interval_ms)
		intake->timing.interval_ms = (guint)config->interval_s * 1000;
	intake->status.name = config->name;
	intake->status.kind = intake->ops->kind;
	intake->state = intake->ops->open(config, &intake->timing, error);
	if (!intake->state) {
		g_prefix_error(error, "the source %s: ", config->name);
		g_free(intake);
		return NULL;
	}
	return intake;
}

static void intake_unref(struct intake *intake)
{
	if (--intake->refs)
		return;
	intake->ops->free(intake->state);
	g_free(intake->status.trouble);
	g_free(intake);
}

static void source_clear(GSource **source)
{
	if (*source)
		g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void pause_end(struct intake *intake)
{
	source_clear(&intake->pause);
	source_clear(&intake->watch);
}

void intake_free(struct intake *intake)
{
	if (!intake)
		return;
	intake_stop(intake);
	intake_unref(intake);
}

void intake_start(struct intake *intake)
{
	if (intake->running)
		return;
	intake->running = true;
	intake->status.failures = 0;
	intake_wake(intake);
}

void intake_stop(struct intake *intake)
{
	if (!intake->running)
		return;
	intake->running = intake->woken = false;
	pause_end(intake);
	if (intake->in_round)
		g_cancellable_cancel(intake->cancellable);
	else if (intake->ops->reset)
		intake->ops->reset(intake->state);
}

void intake_wake(struct intake *intake)
{
	if (!intake->running)
		return;
	intake->woken = true;
	if (intake->in_round)
		return;
	pause_end(intake);
	round_begin(intake);
}

static gboolean on_pause_over(gpointer data)
{
	intake_wake(data);
	return G_SOURCE_REMOVE;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	intake_wake(data);
	return G_SOURCE_REMOVE;
}

static void source_attach(GSource **to, GSource *source, GSourceFunc call,
			  struct intake *intake)
{
	g_source_set_callback(source, call, intake, NULL);
	g_source_attach(source, g_main_context_get_thread_default());
	*to = source;
}

/* After trouble nothing is watched: what is readable then may stay so. */
static void pause_begin(struct intake *intake, guint ms, bool watch)
{
	int fd = watch && intake->ops->watch ? intake->ops->watch(intake->state)
					     : -1;

	source_attach(&intake->pause, g_timeout_source_new(ms), on_pause_over,
		      intake);
	if (fd >= 0)
		source_attach(
			&intake->watch,
			g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR),
			G_SOURCE_FUNC(on_readable), intake);
}

static guint backoff(const struct intake *intake)
{
	guint64 ms = intake->timing.backoff_ms;

	for (guint i = 1; i < intake->status.failures; i++)
		ms = MIN(ms * 2, intake->timing.backoff_most_ms);
	return (guint)MIN(ms, intake->timing.backoff_most_ms);
}

/* The same trouble again is not told again. */
static void trouble_note(struct intake *intake, const char *message)
{
	struct intake_status *status = &intake->status;

	if (!message) {
		if (status->failures)
			log_event(LOG_LEVEL_INFO, NULL, "source %s works again",
				  status->name);
		status->failures = 0;
		g_clear_pointer(&status->trouble, g_free);
		return;
	}
	if (g_strcmp0(status->trouble, message) != 0)
		log_event(LOG_LEVEL_WARNING, NULL, "source %s: %s",
			  status->name, message);
	status->failures++;
	g_free(status->trouble);
	status->trouble = g_strdup(message);
}

static void round_free(struct round *round)
{
	g_ptr_array_unref(round->batch.items);
	g_free(round->batch.cursor);
	g_free(round->batch.trouble);
	g_free(round->before);
	g_free(round);
}

/* What the round says of when to look again. */
static void round_pause(struct intake *intake, const struct intake_batch *batch)
{
	guint64 ms = intake->timing.interval_ms;

	if (batch->again_ms)
		ms = batch->again_ms;
	if (intake->status.failures)
		ms = MAX(backoff(intake), batch->again_ms);
	if (intake->woken || (batch->more && !intake->status.failures))
		round_begin(intake);
	else
		pause_begin(intake, (guint)MIN(ms, G_MAXINT),
			    !intake->status.failures);
}

/* A round that was cancelled has found nothing out. */
static void round_end(struct round *round, GError *error)
{
	struct intake *intake = round->intake;
	bool stopped = g_cancellable_is_cancelled(intake->cancellable);

	busy--;
	intake->in_round = false;
	g_clear_object(&intake->cancellable);
	if ((error || stopped) && intake->ops->reset)
		intake->ops->reset(intake->state);
	if (!stopped) {
		intake->status.rounds++;
		trouble_note(intake,
			     error ? error->message : round->batch.trouble);
		if (!intake->status.failures)
			intake->status.last_at = clock_now_at();
	}
	if (intake->running)
		round_pause(intake, &round->batch);
	round_free(round);
	g_clear_error(&error);
	intake_unref(intake);
}

/* In a thread, one of a round at a time. */
typedef bool (*step_call)(struct round *round, GCancellable *cancellable,
			  GError **error);

static void step_thread(GTask *task, gpointer source, gpointer data,
			GCancellable *cancellable)
{
	step_call call = (step_call)g_task_get_source_tag(task);
	GError *error = NULL;

	(void)source;
	if (call(data, cancellable, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static void round_step(struct round *round, step_call call,
		       GAsyncReadyCallback then)
{
	g_autoptr(GTask) task = g_task_new(NULL, round->intake->cancellable,
					   then, round);

	g_task_set_source_tag(task, (gpointer)call);
	g_task_set_task_data(task, round, NULL);
	g_task_set_check_cancellable(task, FALSE);
	g_task_run_in_thread(task, step_thread);
}

/* The end of a step; false when it was the round's end too. */
static bool step_ok(struct round *round, GAsyncResult *res)
{
	GError *error = NULL;
	bool ok = g_task_propagate_boolean(G_TASK(res), &error);

	if (ok && !g_cancellable_is_cancelled(round->intake->cancellable))
		return true;
	round_end(round, error);
	return false;
}

static void on_settled(GObject *source, GAsyncResult *res, gpointer data)
{
	(void)source;
	if (step_ok(data, res))
		round_end(data, NULL);
}

static bool round_settle(struct round *round, GCancellable *cancellable,
			 GError **error)
{
	return round->intake->ops->settle(round->intake->state, &round->batch,
					  cancellable, error);
}

static bool is_new(const struct intake_item *item)
{
	return !item->known && !item->waiting;
}

static struct event_row row_of(const struct intake_item *item)
{
	return (struct event_row){
		.key = item->key,
		.kind = item->kind,
		.bad = item->bad,
		.mail = item->mail,
		.url = item->url,
		.series = item->series,
		.version = item->version,
		.total = item->total,
		.patches = item->patches,
		.state = item->state,
	};
}

static bool round_store(struct round *round, GError **error)
{
	const struct intake *intake = round->intake;
	g_autoptr(GArray)
		rows = g_array_new(FALSE, FALSE, sizeof(struct event_row));
	struct event_take take = {.source = intake->config->name,
				  .cursor = round->batch.cursor};

	for (guint i = 0; i < round->batch.items->len; i++) {
		struct intake_item *item = round->batch.items->pdata[i];
		struct event_row row = row_of(item);

		if (is_new(item))
			g_array_append_val(rows, row);
		if (is_new(item) && item->bad)
			round->bad++;
	}
	take.rows = (struct event_row *)(gpointer)rows->data;
	take.count = rows->len;
	if (!take.count && g_strcmp0(take.cursor, round->before) == 0)
		return true;
	fault_point(FAULT_EVENT_BEFORE_STORE);
	if (!intake->sink.take(intake->sink.data, &take, &round->added, error))
		return false;
	fault_point(FAULT_EVENT_KEPT);
	return true;
}

static bool round_complete(struct round *round, GCancellable *cancellable,
			   GError **error)
{
	const struct intake *intake = round->intake;

	if (intake->ops->complete &&
	    !intake->ops->complete(intake->state, &round->batch, cancellable,
				   error))
		return false;
	return g_cancellable_is_cancelled(cancellable) ||
	       round_store(round, error);
}

static void on_completed(GObject *source, GAsyncResult *res, gpointer data)
{
	struct round *round = data;
	struct intake *intake = round->intake;

	(void)source;
	intake->status.taken += round->added;
	intake->status.bad += round->bad;
	intake->status.repeated += round->repeated;
	if (round->added && intake->sink.arrived)
		intake->sink.arrived(intake->sink.arrived_data);
	if (!step_ok(round, res))
		return;
	if (intake->ops->settle && round->batch.items->len)
		round_step(round, round_settle, on_settled);
	else
		round_end(round, NULL);
}

static bool drop_known(struct round *round, GError **error)
{
	const struct intake *intake = round->intake;

	for (guint i = 0; i < round->batch.items->len; i++) {
		struct intake_item *item = round->batch.items->pdata[i];

		if (!item->known &&
		    !intake->sink.known(intake->sink.data, intake->config->name,
					item->key, &item->known, error))
			return false;
		round->repeated += item->known;
	}
	return true;
}

static bool round_gather(struct round *round, GCancellable *cancellable,
			 GError **error)
{
	const struct intake *intake = round->intake;

	if (!intake->sink.cursor(intake->sink.data, intake->config->name,
				 &round->before, error))
		return false;
	round->batch.before = round->before;
	return intake->ops->gather(intake->state, &round->batch, cancellable,
				   error) &&
	       drop_known(round, error);
}

static void on_gathered(GObject *source, GAsyncResult *res, gpointer data)
{
	(void)source;
	if (step_ok(data, res))
		round_step(data, round_complete, on_completed);
}

static void round_begin(struct intake *intake)
{
	struct round *round = g_new0(struct round, 1);

	intake->woken = false;
	intake->in_round = true;
	intake->refs++;
	busy++;
	intake->cancellable = g_cancellable_new();
	round->intake = intake;
	round->batch.items = g_ptr_array_new_with_free_func(
		(GDestroyNotify)intake_item_free);
	round_step(round, round_gather, on_gathered);
}

void intake_status(const struct intake *intake, struct intake_status *status)
{
	*status = intake->status;
	status->running = intake->running;
	status->trouble = g_strdup(intake->status.trouble);
}

char *intake_status_text(const struct intake *intake)
{
	const struct intake_status *status = &intake->status;
	g_autofree char *counts = g_strdup_printf(
		"%" G_GUINT64_FORMAT " taken, %" G_GUINT64_FORMAT " bad",
		status->taken, status->bad);

	if (!intake->running)
		return g_strconcat(counts, ", stopped", NULL);
	if (status->failures)
		return g_strdup_printf("%s, failed %u times: %s", counts,
				       status->failures, status->trouble);
	return g_strconcat(counts, ", working", NULL);
}
