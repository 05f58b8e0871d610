/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trouble is logged when it is new, kept in the store until it is over, and
 * told to staff by mail: soon when it is new, at most once an hour, all that
 * has gathered at once.
 */
#include "serve/daemon.h"

#include <string.h>

/* With pauses of 1, 2, 4 ... s it has failed for half a minute by then. */
#define FAILURES_TOLD 6

/* A note on its way into the store. */
struct note {
	struct daemon *daemon;
	char *kind, *about, *text; /* NULL text: it is over */
};

static void note_free(struct note *note)
{
	g_free(note->kind);
	g_free(note->about);
	g_free(note->text);
	g_free(note);
}

static bool note_work(struct store *store, gpointer data, GError **error)
{
	const struct note *note = data;

	fault_point(FAULT_TROUBLE_NOTED);
	return note->text ? store_trouble_note(store, note->kind, note->about,
					       note->text, error)
			  : store_trouble_end(store, note->kind, note->about,
					      error);
}

static void note_done(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!writer_do_finish(res, &error))
		log_event(LOG_LEVEL_ERROR, NULL, "trouble not kept: %s",
			  error->message);
	note_free(data);
}

static void note_write(struct daemon *daemon, const char *kind,
		       const char *about, const char *text)
{
	struct note *note = g_new0(struct note, 1);
	const struct write write = {WRITE_KEPT, note_work, note};

	note->daemon = daemon;
	note->kind = g_strdup(kind);
	note->about = g_strdup(about);
	note->text = g_strdup(text);
	writer_do_async(daemon->writer, &write, note_done, note);
}

/* Those that are open, so that what works is not written down every time. */
static char *open_key(const char *kind, const char *about)
{
	return g_strdup_printf("%s %s", kind, about);
}

void trouble_note(struct daemon *daemon, const char *kind, const char *about,
		  const char *text)
{
	g_autofree char *key = open_key(kind, about);
	const char *before = g_hash_table_lookup(daemon->troubles, key);

	if (g_strcmp0(before, text) != 0)
		log_event(LOG_LEVEL_WARNING, NULL, "%s %s: %s", kind, about,
			  text);
	g_hash_table_insert(daemon->troubles, g_steal_pointer(&key),
			    g_strdup(text));
	note_write(daemon, kind, about, text);
}

void trouble_end(struct daemon *daemon, const char *kind, const char *about)
{
	g_autofree char *key = open_key(kind, about);

	if (!g_hash_table_remove(daemon->troubles, key))
		return;
	log_event(LOG_LEVEL_INFO, NULL, "%s %s: no more trouble", kind, about);
	note_write(daemon, kind, about, NULL);
}

void trouble_take_up(struct daemon *daemon, const GPtrArray *open)
{
	for (guint i = 0; i < open->len; i++) {
		const struct trouble_row *row = open->pdata[i];

		g_hash_table_insert(daemon->troubles,
				    open_key(row->kind, row->about),
				    g_strdup(row->text));
	}
}

/* A source tries again with growing pauses: what is over in a minute is no
 * news, and what lasts is told once. */
static void trouble_of_source(struct daemon *daemon,
			      const struct intake_status *status)
{
	g_autofree char *key = open_key("source", status->name);

	if (!status->failures)
		trouble_end(daemon, "source", status->name);
	else if (status->failures >= FAILURES_TOLD &&
		 !g_hash_table_contains(daemon->troubles, key))
		trouble_note(daemon, "source", status->name, status->trouble);
}

void trouble_of_sources(struct daemon *daemon)
{
	for (guint i = 0; i < daemon->intakes->len; i++) {
		struct intake_status status;

		intake_status(daemon->intakes->pdata[i], &status);
		trouble_of_source(daemon, &status);
		g_free(status.trouble);
	}
}

static char *time_text(gint64 at)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at);

	return time ? g_date_time_format(time, "%Y-%m-%d %H:%M UTC")
		    : g_strdup("?");
}

static void add_row(GString *body, const struct trouble_row *row)
{
	g_autofree char *first = time_text(row->first_at);
	g_autofree char *last = time_text(row->last_at);
	g_autofree char *about = text_one_line(row->about, -1, 120);
	g_autofree char *text = text_printable(row->text, -1);

	g_string_append_printf(body, "%s %s\n  %s\n", row->kind, about, text);
	if (row->count > 1)
		g_string_append_printf(body, "  %u times, %s to %s\n",
				       row->count, first, last);
	else
		g_string_append_printf(body, "  %s\n", first);
	if (row->ended_at) {
		g_autofree char *ended = time_text(row->ended_at);

		g_string_append_printf(body, "  over since %s\n", ended);
	}
	g_string_append_c(body, '\n');
}

static char *digest_body(const GPtrArray *rows)
{
	g_autoptr(GString) body = g_string_new(
		"This is what went wrong on the side of the bot. Submitters "
		"are not blamed\nfor any of it. \"reroll status\" shows what "
		"is still open, \"reroll show RUN\"\none run, \"reroll retry "
		"RUN\" lets it go on.\n\n");

	for (guint i = 0; i < rows->len; i++)
		add_row(body, rows->pdata[i]);
	return g_string_free(g_steal_pointer(&body), FALSE);
}

struct digest {
	struct daemon *daemon;
	struct settings *settings;
	bool told;
};

static GBytes *digest_mail(const struct digest *digest, const GPtrArray *rows,
			   const char *message_id, GError **error)
{
	const struct site *site = digest->settings->site;
	g_autoptr(GPtrArray) cc = g_ptr_array_new_with_free_func(
		(GDestroyNotify)mailbox_free);
	struct mailbox from = {site->mail.from_name, site->mail.from_email};
	struct mailbox to = {(char *)(gintptr) "", site->mail.staff->pdata[0]};
	g_autofree char *body = digest_body(rows);
	g_autofree char *subject = g_strdup_printf(
		"reroll: %u %s of trouble", rows->len,
		rows->len == 1 ? "piece" : "pieces");

	for (guint i = 1; i < site->mail.staff->len; i++)
		g_ptr_array_add(cc,
				mailbox_new("", site->mail.staff->pdata[i]));
	return mail_compose(&(struct outgoing_mail){.from = &from,
						    .to = &to,
						    .cc = cc,
						    .subject = subject,
						    .message_id = message_id,
						    .date_at = clock_now_at(),
						    .loop_value = "digest",
						    .body = body},
			    error);
}

/* The mail, and that it has told them: both, or neither. */
static bool digest_put(struct store *store, const struct digest *digest,
		       const GPtrArray *rows, GError **error)
{
	const struct site *site = digest->settings->site;
	const char *at = strrchr(site->mail.from_email, '@');
	g_autofree char *id = clock_new_id();
	g_autofree char *message_id = g_strdup_printf(
		"<reroll.digest.%s@%s>", id, at ? at + 1 : "localhost");
	g_autoptr(GBytes) mail = digest_mail(digest, rows, message_id, error);
	g_autofree char *copies = g_strjoinv(
		"\n", (char **)site->mail.staff->pdata + 1);
	struct outbox_row row = {
		.outcome = "digest",
		.message_id = message_id,
		.recipient = site->mail.staff->pdata[0],
		.copies = *copies ? copies : NULL,
	};

	if (!mail)
		return false;
	row.mail = g_bytes_get_data(mail, &row.mail_len);
	if (!store_outbox_put(store, 0, &row, error))
		return false;
	for (guint i = 0; i < rows->len; i++) {
		const struct trouble_row *one = rows->pdata[i];

		if (!store_trouble_told(store, one->id, error))
			return false;
	}
	fault_point(FAULT_DIGEST_WRITTEN);
	return true;
}

static bool digest_work(struct store *store, gpointer data, GError **error)
{
	struct digest *digest = data;
	g_autoptr(GPtrArray) rows = NULL;

	if (!store_troubles_untold(store, &rows, error))
		return false;
	digest->told = rows->len > 0;
	return !digest->told || digest_put(store, digest, rows, error);
}

static void digest_kept(struct daemon *daemon)
{
	fault_point(FAULT_DIGEST_KEPT);
	outbox_wake(daemon->outbox);
}

static void digest_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct digest *digest = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!writer_do_finish(res, &error))
		log_event(LOG_LEVEL_ERROR, NULL, "no digest for staff: %s",
			  error->message);
	else if (digest->told)
		digest_kept(digest->daemon);
	settings_unref(digest->settings);
	g_free(digest);
}

void trouble_digest(struct daemon *daemon)
{
	struct digest *digest;
	struct write write = {WRITE_SYNCED, digest_work, NULL};

	if (daemon->settings->site->mail.staff->len == 0)
		return;
	digest = g_new0(struct digest, 1);
	digest->daemon = daemon;
	digest->settings = settings_ref(daemon->settings);
	write.data = digest;
	writer_do_async(daemon->writer, &write, digest_done, digest);
}
