/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A circle of three steps: look which mail is due, send it, note what became of
 * it. At most one is under way, and its callback begins the next. What has to
 * wait (nothing is due, the rate, a pause of all) waits for the one timer. A
 * note that the store did not take is what is done next, and nothing else.
 *
 * Mails are due by a clock that never goes back: the wall clock, or where it
 * would be if it had not been put back since we began.
 */
#include "report/outbox.h"

#include "base/base.h"
#include "report/told.h"
#include "report/way.h"

#define BACKOFF_MS (30 * 1000)
#define BACKOFF_MOST_MS (3600 * 1000)
#define HOUR_S 3600
#define RATE_LOOK_MOST_S 60

#define ABOUT_SERVER "smtp"
#define ABOUT_STORE "outbox"

/* Asked in the store's thread. */
struct look {
	gint64 now, since; /* `since`: an hour ago */
	guint rate;	   /* 0: any */
	bool full;	   /* one is due, but too many were sent */
	struct outbox_mail *mail;
	gint64 next_at;
};

enum note_kind { NOTE_NONE, NOTE_SENT, NOTE_PUT_OFF, NOTE_FAILED };

/* Written in the store's thread. */
struct note {
	enum note_kind kind;
	gint64 id, next_at;
	char *why;
};

struct outbox {
	struct outbox_options options;
	struct way *way;
	gint64 began_at, began_ms;
	GSource *timer;
	bool busy;  /* a step is under way */
	bool woken; /* meanwhile */
	gint64 rest_until_ms;
	guint away; /* how often in a row */
	struct look look;
	struct outbox_mail *mail; /* that is sent or noted */
	struct note note;
	struct told *of_all, *of_mails; /* trouble */
	struct outbox_status status;

	GCancellable *cut_off;
	GSource *stop_source;
	GTask *stop; /* who waits for it */
	bool over;   /* nothing begins any more */
};

static void outbox_step(struct outbox *outbox);

static gint64 outbox_now_at(const struct outbox *outbox)
{
	gint64 ms = clock_monotonic_ms() - outbox->began_ms;

	return MAX(clock_now_at(), outbox->began_at + ms / 1000);
}

struct outbox *outbox_new(const struct outbox_options *options, GError **error)
{
	struct way *way = way_new(options, error);
	struct outbox *outbox;

	if (!way)
		return NULL;
	outbox = g_new0(struct outbox, 1);
	outbox->options = *options;
	outbox->way = way;
	if (!outbox->options.backoff_ms)
		outbox->options.backoff_ms = BACKOFF_MS;
	if (!outbox->options.backoff_most_ms)
		outbox->options.backoff_most_ms = BACKOFF_MOST_MS;
	outbox->began_at = clock_now_at();
	outbox->began_ms = clock_monotonic_ms();
	outbox->of_all = told_new(options->tell, options->data);
	outbox->of_mails = told_new(options->tell, options->data);
	outbox->cut_off = g_cancellable_new();
	return outbox;
}

static void clear_source(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void outbox_let_go(struct outbox *outbox)
{
	g_clear_pointer(&outbox->mail, outbox_mail_free);
	g_clear_pointer(&outbox->note.why, g_free);
	outbox->note.kind = NOTE_NONE;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	g_assert(!outbox->busy);
	clear_source(&outbox->timer);
	clear_source(&outbox->stop_source);
	outbox_let_go(outbox);
	told_free(outbox->of_all);
	told_free(outbox->of_mails);
	g_object_unref(outbox->cut_off);
	way_free(outbox->way);
	g_free(outbox);
}

static gboolean on_timer(gpointer data)
{
	struct outbox *outbox = data;

	clear_source(&outbox->timer);
	outbox_step(outbox);
	return G_SOURCE_REMOVE;
}

static void outbox_wait(struct outbox *outbox, gint64 ms)
{
	clear_source(&outbox->timer);
	outbox->timer = g_timeout_source_new(
		(guint)CLAMP(ms, 0, HOUR_S * 1000));
	g_source_set_callback(outbox->timer, on_timer, outbox, NULL);
	g_source_attach(outbox->timer, g_main_context_get_thread_default());
}

/* After so many times in a row. */
static guint outbox_pause_ms(const struct outbox *outbox, guint times)
{
	guint64 ms = outbox->options.backoff_ms;

	while (times-- > 1 && ms < outbox->options.backoff_most_ms)
		ms *= 2;
	return (guint)MIN(ms, outbox->options.backoff_most_ms);
}

static void outbox_rest(struct outbox *outbox, guint times)
{
	outbox->rest_until_ms = clock_monotonic_ms() +
				outbox_pause_ms(outbox, times);
}

static void outbox_end(struct outbox *outbox)
{
	g_autoptr(GTask) task = g_steal_pointer(&outbox->stop);

	clear_source(&outbox->timer);
	clear_source(&outbox->stop_source);
	outbox_let_go(outbox);
	g_task_return_boolean(task, TRUE);
}

static bool note_work(struct store *store, gpointer data, GError **error)
{
	const struct note *note = data;

	fault_point(FAULT_OUTBOX_BEFORE_MARK);
	switch (note->kind) {
	case NOTE_SENT:
		return store_outbox_sent(store, note->id, error);
	case NOTE_PUT_OFF:
		return store_outbox_put_off(store, note->id, note->next_at,
					    note->why, error);
	case NOTE_FAILED:
		return store_outbox_failed(store, note->id, note->why, error);
	case NOTE_NONE:
		break;
	}
	g_assert_not_reached();
}

/* Whether the store did it; if not, all has a rest. */
static bool outbox_kept(struct outbox *outbox, GAsyncResult *res)
{
	g_autoptr(GError) error = NULL;

	outbox->busy = false;
	if (writer_do_finish(res, &error)) {
		told_over(outbox->of_all, ABOUT_STORE);
		return true;
	}
	outbox_rest(outbox, 1);
	told_trouble(outbox->of_all, ABOUT_STORE, error->message);
	return false;
}

static void on_noted(GObject *source, GAsyncResult *res, gpointer data)
{
	struct outbox *outbox = data;

	(void)source;
	fault_point(FAULT_OUTBOX_MARK_KEPT);
	if (outbox_kept(outbox, res))
		outbox_let_go(outbox);
	outbox_step(outbox);
}

static void outbox_note(struct outbox *outbox)
{
	const struct write write = {
		outbox->note.kind == NOTE_SENT ? WRITE_SYNCED : WRITE_KEPT,
		note_work, &outbox->note};

	clear_source(&outbox->timer);
	outbox->busy = true;
	outbox->note.id = outbox->mail->id;
	writer_do_async(outbox->options.writer, &write, on_noted, outbox);
}

/* The server has listened to that mail, whatever it says of it. */
static void server_is_there(struct outbox *outbox)
{
	outbox->away = 0;
	told_over(outbox->of_all, ABOUT_SERVER);
}

static void mail_accepted(struct outbox *outbox)
{
	g_autofree char *about = g_strdup_printf("mail to %s",
						 outbox->mail->recipient);

	fault_point(FAULT_OUTBOX_ACCEPTED);
	outbox->note.kind = NOTE_SENT;
	outbox->status.sent++;
	outbox->status.last_at = clock_now_at();
	server_is_there(outbox);
	told_over(outbox->of_mails, about);
	log_event(LOG_LEVEL_INFO, outbox->mail->run, "mail %s to %s accepted",
		  outbox->mail->message_id, outbox->mail->recipient);
}

static void mail_failed(struct outbox *outbox, const GError *error)
{
	g_autofree char *about = g_strdup_printf("mail to %s",
						 outbox->mail->recipient);

	outbox->note.kind = NOTE_FAILED;
	outbox->note.why = g_strdup(error->message);
	outbox->status.failed++;
	server_is_there(outbox);
	told_trouble(outbox->of_mails, about, error->message);
}

static void mail_put_off(struct outbox *outbox, const GError *error)
{
	g_autofree char *about = g_strdup_printf("mail to %s",
						 outbox->mail->recipient);
	guint ms = outbox_pause_ms(outbox, outbox->mail->attempts + 1);

	outbox->note.kind = NOTE_PUT_OFF;
	outbox->note.next_at = outbox_now_at(outbox) + (ms + 999) / 1000;
	outbox->note.why = g_strdup(error->message);
	outbox->status.put_off++;
	server_is_there(outbox);
	told_trouble(outbox->of_mails, about, error->message);
}

/* Put off as long as all: after the pause another mail is the first. */
static void server_is_away(struct outbox *outbox, const GError *error)
{
	guint ms = outbox_pause_ms(outbox, ++outbox->away);

	outbox->note.kind = NOTE_PUT_OFF;
	outbox->note.next_at = outbox_now_at(outbox) + ms / 1000;
	outbox->note.why = g_strdup(error->message);
	outbox->status.put_off++;
	outbox_rest(outbox, outbox->away);
	told_trouble(outbox->of_all, ABOUT_SERVER, error->message);
}

static void on_sent(GObject *source, GAsyncResult *res, gpointer data)
{
	struct outbox *outbox = data;
	g_autoptr(GError) error = NULL;
	bool of_all;

	(void)source;
	outbox->busy = false;
	if (way_send_finish(outbox->way, res, &of_all, &error))
		mail_accepted(outbox);
	else if (error->code == REROLL_ERROR_CANCELLED)
		outbox_let_go(outbox);
	else if (of_all)
		server_is_away(outbox, error);
	else if (error->code == REROLL_ERROR_INPUT)
		mail_failed(outbox, error);
	else
		mail_put_off(outbox, error);
	if (outbox->note.kind)
		outbox_note(outbox);
	else
		outbox_step(outbox);
}

static bool look_work(struct store *store, gpointer data, GError **error)
{
	struct look *look = data;
	guint sent;

	if (!store_outbox_due(store, look->now, &look->mail, &look->next_at,
			      error))
		return false;
	if (!look->mail || !look->rate)
		return true;
	if (!store_outbox_count(store, look->since, &sent, error))
		return false;
	look->full = sent >= look->rate;
	return true;
}

/* What nobody knows is when the hour of the first of them is over. */
static void outbox_wait_for_rate(struct outbox *outbox)
{
	outbox_wait(outbox,
		    CLAMP(HOUR_S / outbox->look.rate, 1, RATE_LOOK_MOST_S) *
			    1000);
}

static void on_looked(GObject *source, GAsyncResult *res, gpointer data)
{
	struct outbox *outbox = data;
	struct look *look = &outbox->look;
	g_autoptr(outbox_mail_t) mail = NULL;
	bool ok = outbox_kept(outbox, res);

	(void)source;
	mail = g_steal_pointer(&look->mail);
	if (!ok || outbox->stop) {
		outbox_step(outbox);
		return;
	}
	if (mail && !look->full) {
		fault_point(FAULT_OUTBOX_BEFORE_CONNECT);
		outbox->busy = true;
		outbox->mail = g_steal_pointer(&mail);
		way_send_async(outbox->way, outbox->mail, outbox->cut_off,
			       on_sent, outbox);
	} else if (outbox->woken) {
		outbox_step(outbox);
	} else if (mail) {
		outbox_wait_for_rate(outbox);
	} else if (look->next_at) {
		outbox_wait(outbox, (look->next_at - look->now) * (gint64)1000);
	}
}

static void outbox_look(struct outbox *outbox)
{
	const struct write write = {WRITE_KEPT, look_work, &outbox->look};

	clear_source(&outbox->timer);
	outbox->busy = true;
	outbox->woken = false;
	outbox->look = (struct look){
		.now = outbox_now_at(outbox),
		.since = clock_now_at() - HOUR_S,
		.rate = way_rate(outbox->way),
	};
	writer_do_async(outbox->options.writer, &write, on_looked, outbox);
}

static void outbox_step(struct outbox *outbox)
{
	gint64 rest_ms = outbox->rest_until_ms - clock_monotonic_ms();

	if (outbox->stop && (!outbox->note.kind || !outbox->stop_source))
		outbox_end(outbox);
	else if (rest_ms > 0)
		outbox_wait(outbox, rest_ms);
	else if (outbox->note.kind)
		outbox_note(outbox);
	else
		outbox_look(outbox);
}

void outbox_wake(struct outbox *outbox)
{
	outbox->woken = true;
	if (!outbox->busy && !outbox->over)
		outbox_step(outbox);
}

static gboolean on_cut_off(GCancellable *cancellable, gpointer data)
{
	struct outbox *outbox = data;

	(void)cancellable;
	clear_source(&outbox->stop_source);
	g_cancellable_cancel(outbox->cut_off);
	if (!outbox->busy)
		outbox_step(outbox);
	return G_SOURCE_REMOVE;
}

void outbox_stop_async(struct outbox *outbox, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer user_data)
{
	g_assert(!outbox->over);
	outbox->over = true;
	outbox->stop = g_task_new(NULL, NULL, callback, user_data);
	g_task_set_source_tag(outbox->stop, outbox_stop_async);
	if (cancellable) {
		outbox->stop_source = g_cancellable_source_new(cancellable);
		g_source_set_callback(outbox->stop_source,
				      G_SOURCE_FUNC(on_cut_off), outbox, NULL);
		g_source_attach(outbox->stop_source,
				g_main_context_get_thread_default());
	}
	if (outbox->busy)
		return;
	if (outbox->note.kind)
		outbox_note(outbox);
	else
		outbox_end(outbox);
}

bool outbox_stop_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_boolean(G_TASK(res), error);
}

void outbox_status(const struct outbox *outbox, struct outbox_status *status)
{
	const char *trouble = told_text(outbox->of_all, ABOUT_STORE);

	if (!trouble)
		trouble = told_text(outbox->of_all, ABOUT_SERVER);
	*status = outbox->status;
	status->trouble = g_strdup(trouble);
}
