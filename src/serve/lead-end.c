/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a run, written down: nothing more is done before it is. */
#include "serve/lead.h"
#include "serve/post.h"

#define PAUSE_S 60
#define PAUSE_MOST_S 3600

static void written(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lead *lead = data;
	struct daemon *daemon = lead->daemon;
	g_autoptr(GError) error = NULL;
	g_autofree char *later = NULL;

	(void)source;
	fault_point(lead->report ? FAULT_RUN_HELD_KEPT
				 : FAULT_RUN_PUT_OFF_KEPT);
	if (!writer_do_finish(res, &error) &&
	    !g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFLICT)) {
		trouble_note(daemon, "run", lead->id, error->message);
		later = g_strdup(lead->id);
	} else if (lead->next_at) {
		lead->again = true;
	}
	if (lead->report)
		outbox_wake(daemon->outbox);
	lead_over(lead);
	if (later)
		lead_put_later(daemon, later);
}

static void write_down(struct lead *lead, writer_work work)
{
	const struct write write = {lead->report ? WRITE_SYNCED : WRITE_KEPT,
				    work, lead};

	writer_do_async(lead->daemon->writer, &write, written, lead);
}

static bool put_off_work(struct store *store, gpointer data, GError **error)
{
	const struct lead *lead = data;

	if (!store_run_put_off(store, lead->id, lead->next_at,
			       lead->trouble->message, error))
		return false;
	fault_point(FAULT_RUN_PUT_OFF);
	return true;
}

/* Doubled each time: trouble of a minute is over in one, and a day of it is not
 * asked after every minute. */
static void put_off(struct lead *lead)
{
	gint64 pause_s = PAUSE_S;

	for (guint i = 0; lead->run && i < lead->run->attempts; i++)
		pause_s = MIN(pause_s * 2, PAUSE_MOST_S);
	lead->next_at = clock_now_at() + pause_s;
	log_event(LOG_LEVEL_WARNING, lead->id, "put off for %d s: %s",
		  (int)pause_s, lead->trouble->message);
	trouble_note(lead->daemon, "run", lead->id, lead->trouble->message);
	write_down(lead, put_off_work);
}

static bool hold_work(struct store *store, gpointer data, GError **error)
{
	const struct lead *lead = data;
	const struct reply *reply = lead->report->reply;
	g_autofree char *copies = reply_copies(reply);
	struct outbox_row row = {
		.run = lead->id,
		.outcome = lead->report->outcome->name,
		.message_id = reply->message_id,
		.recipient = reply->to,
		.copies = copies,
	};
	g_autoptr(GError) local = NULL;

	if (!store_run_hold(store, lead->id, lead->report->trouble->message,
			    error))
		return false;
	fault_point(FAULT_RUN_HELD);
	if (!reply->mail)
		return true;
	row.mail = g_bytes_get_data(reply->mail, &row.mail_len);
	if (store_outbox_put(store, lead->run->revision, &row, &local) ||
	    g_error_matches(local, REROLL_ERROR, REROLL_ERROR_CONFLICT))
		return true;
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

static void hold(struct lead *lead)
{
	const char *why = lead->report->trouble->message;

	log_event(LOG_LEVEL_ERROR, lead->id, "held for staff: %s", why);
	trouble_note(lead->daemon, "run", lead->id, why);
	write_down(lead, hold_work);
}

static void parked(struct lead *lead)
{
	fault_point(FAULT_RUN_PARKED);
	lead->again = true;
	lead_over(lead);
}

/* Who sent it is for staff to say. */
static void tell_unclear(const struct lead *lead)
{
	const struct run_report *report = lead->report;
	g_autofree char *text = NULL;

	if (!g_str_equal(report->outcome->name, "submitter-unclear"))
		return;
	text = g_strdup_printf("%s; \"reroll approve %s\" lets it go on",
			       report->verdict->summary, lead->id);
	trouble_note(lead->daemon, "submitter", lead->id, text);
}

void lead_ended(struct lead *lead)
{
	struct daemon *daemon = lead->daemon;

	if (lead->let_go || daemon->draining ||
	    g_cancellable_is_cancelled(lead->cancellable)) {
		lead_over(lead);
	} else if (!lead->report) {
		put_off(lead);
	} else if (lead->report->parked) {
		parked(lead);
	} else if (lead->report->trouble) {
		hold(lead);
	} else {
		log_event(LOG_LEVEL_INFO, lead->id, "ended: %s",
			  lead->report->outcome->name);
		trouble_end(daemon, "run", lead->id);
		tell_unclear(lead);
		posts_end(daemon, lead->run->revision, lead->report);
		outbox_wake(daemon->outbox);
		lead_over(lead);
	}
}
