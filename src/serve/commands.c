/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands by mail: lines in an answer to a mail of ours. The submitter of the
 * series may give them, and who the site names; when the site asks for it, only
 * as far as our mail servers vouch for the sender. Nobody else is answered:
 * what a stranger writes leads to no mail.
 */
#include <string.h>

#include "serve/collect.h"
#include "serve/orders.h"

void answered_free(gpointer data)
{
	struct answered *answered = data;

	g_free(answered->run);
	g_free(answered->submitter);
	g_free(answered->identity);
	message_free(answered->message);
	mail_commands_free(answered->commands);
	g_free(answered);
}

/* The run that a mail of ours was about which this one answers; NULL: none. */
static bool find_run(struct store *store, const struct message *message,
		     char **run, GError **error)
{
	guint count = message->references ? message->references->len : 0;

	*run = NULL;
	if (message->in_reply_to &&
	    !store_outbox_find(store, message->in_reply_to, run, error))
		return false;
	for (guint i = count; i-- > 0 && !*run;) {
		if (!store_outbox_find(store, message->references->pdata[i],
				       run, error))
			return false;
	}
	return true;
}

bool command_find(struct store *store, GBytes *mail,
		  const struct message_options *options, GPtrArray *answered,
		  GError **error)
{
	gsize len = 0;
	const char *data = g_bytes_get_data(mail, &len);
	g_autoptr(message_t) message = message_parse(data, len, "", options);
	g_autoptr(mail_commands_t) commands = mail_commands_read(message);
	g_autofree char *run = NULL;
	g_autoptr(waiting_run_t) row = NULL;
	struct answered *one;

	if (!commands->commands->len && !commands->problems->len)
		return true;
	if (!find_run(store, message, &run, error))
		return false;
	if (!run)
		return true;
	if (!store_run_get(store, run, &row, error))
		return false;
	one = g_new0(struct answered, 1);
	one->run = g_steal_pointer(&run);
	one->submitter = g_strdup(row->submitter);
	one->identity = g_strdup(row->identity);
	one->message = g_steal_pointer(&message);
	one->commands = g_steal_pointer(&commands);
	g_ptr_array_add(answered, one);
	return true;
}

static bool is_listed(const GPtrArray *list, const char *word)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)(gintptr)list,
						word, g_str_equal, NULL);
}

static bool is_staff(const struct site *site, const char *sender)
{
	const GPtrArray *lists[] = {site->mail.staff, site->mail.cc};

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		for (guint k = 0; k < lists[i]->len; k++) {
			if (email_equal(lists[i]->pdata[k], sender))
				return true;
		}
	}
	return false;
}

/* NULL: they may; else why not, for the log. */
static char *why_not(const struct site *site, const struct answered *answered)
{
	g_autofree char *sender = message_submitter(answered->message);
	bool submitter = strcmp(sender, answered->submitter) == 0 ||
			 g_strcmp0(sender, answered->identity) == 0;
	char *why = NULL;

	if (!(submitter && is_listed(site->policy.commands, "submitter")) &&
	    !(is_staff(site, sender) &&
	      is_listed(site->policy.commands, "maintainers")))
		return g_strdup("they are neither the submitter nor staff");
	if (site->policy.trust_commands == TRUST_AUTHENTICATED &&
	    !auth_result_vouches(answered->message->auth,
				 answered->message->from, &why))
		return why ? why : g_strdup("nobody vouches for the sender");
	return NULL;
}

/* An answer to a command: what is to be said, and to whom. */
struct answer {
	struct daemon *daemon;
	GBytes *mail;
	char *message_id, *to, *run;
};

static void answer_free(struct answer *answer)
{
	g_clear_pointer(&answer->mail, g_bytes_unref);
	g_free(answer->message_id);
	g_free(answer->to);
	g_free(answer->run);
	g_free(answer);
}

static bool answer_work(struct store *store, gpointer data, GError **error)
{
	const struct answer *answer = data;
	struct outbox_row row = {
		.run = answer->run,
		.outcome = "status",
		.message_id = answer->message_id,
		.recipient = answer->to,
	};

	row.mail = g_bytes_get_data(answer->mail, &row.mail_len);
	return store_outbox_put(store, 0, &row, error);
}

static void answer_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct answer *answer = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (writer_do_finish(res, &error))
		outbox_wake(answer->daemon->outbox);
	else if (!g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFLICT))
		trouble_note(answer->daemon, "store", "answers",
			     error->message);
	answer_free(answer);
}

static char *subject_of(const struct message *message)
{
	const char *subject = message->subject ? message->subject : "";

	return g_ascii_strncasecmp(subject, "re:", 3) == 0
		       ? g_strdup(subject)
		       : g_strconcat("Re: ", subject, NULL);
}

/* The same for the same mail, so that it is answered once. */
static char *answer_id(const struct site *site, const struct message *message)
{
	g_autofree char *sum = g_compute_checksum_for_string(
		G_CHECKSUM_SHA256, message->message_id, -1);
	const char *at = strrchr(site->mail.from_email, '@');

	return g_strdup_printf("<reroll.answer.%s@%s>", sum,
			       at ? at + 1 : "localhost");
}

static GBytes *compose(const struct site *site, const struct message *message,
		       const char *message_id, const char *text)
{
	const struct mailbox *to = message->from->pdata[0];
	struct mailbox from = {site->mail.from_name, site->mail.from_email};
	g_autoptr(GPtrArray) references = g_ptr_array_new();
	g_autofree char *subject = subject_of(message);
	guint count = message->references ? message->references->len : 0;

	for (guint i = 0; i < count; i++)
		g_ptr_array_add(references, message->references->pdata[i]);
	g_ptr_array_add(references, message->message_id);
	return mail_compose(
		&(struct outgoing_mail){.from = &from,
					.to = to,
					.subject = subject,
					.message_id = message_id,
					.in_reply_to = message->message_id,
					.references = references,
					.date_at = clock_now_at(),
					.loop_value = "status",
					.body = text},
		NULL);
}

static void answer_send(struct daemon *daemon, const struct answered *answered,
			const char *text)
{
	const struct site *site = daemon->settings->site;
	const struct message *message = answered->message;
	const struct mailbox *to = message->from && message->from->len
					   ? message->from->pdata[0]
					   : NULL;
	struct answer *answer;
	struct write write = {WRITE_SYNCED, answer_work, NULL};

	if (!to || !message->message_id)
		return;
	answer = g_new0(struct answer, 1);
	answer->daemon = daemon;
	answer->message_id = answer_id(site, message);
	answer->to = g_strdup(to->email);
	answer->run = g_strdup(answered->run);
	answer->mail = compose(site, message, answer->message_id, text);
	if (!answer->mail) {
		answer_free(answer);
		return;
	}
	write.data = answer;
	writer_do_async(daemon->writer, &write, answer_done, answer);
}

/* Commands of one mail, one after the other; what came of them is one answer.
 */
struct obeying {
	struct daemon *daemon;
	struct answered answered; /* borrowed texts are copied */
	guint next;
	GString *text;
};

static void obey_next(struct obeying *obeying);

static void add_line(struct obeying *obeying, const char *line)
{
	g_string_append_printf(obeying->text, "%s.\n", line);
}

static void ordered(GObject *source, GAsyncResult *res, gpointer data)
{
	struct obeying *obeying = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = order_finish(res, &error);

	(void)source;
	add_line(obeying, text ? text : error->message);
	obey_next(obeying);
}

static void say_status(struct obeying *obeying)
{
	const struct daemon *daemon = obeying->daemon;
	const char *run = obeying->answered.run;
	const char *stage = lead_stage(daemon, run);
	g_autofree char *line = NULL;

	if (stage)
		line = g_strdup_printf("the run %s is at the stage \"%s\" now",
				       run, stage);
	else if (queue_has(daemon->gates, run) ||
		 queue_has(daemon->builds, run))
		line = g_strdup_printf("the run %s waits for its turn", run);
	else
		line = g_strdup_printf("the run %s is not under way: what came "
				       "of it has been mailed, or it waits for "
				       "staff",
				       run);
	add_line(obeying, line);
	obey_next(obeying);
}

static void obey_end(struct obeying *obeying)
{
	const GPtrArray *problems = obeying->answered.commands->problems;

	for (guint i = 0; i < problems->len; i++)
		add_line(obeying, problems->pdata[i]);
	answer_send(obeying->daemon, &obeying->answered, obeying->text->str);
	g_string_free(obeying->text, TRUE);
	g_free(obeying->answered.run);
	message_free(obeying->answered.message);
	mail_commands_free(obeying->answered.commands);
	g_free(obeying);
}

static void obey_next(struct obeying *obeying)
{
	const GPtrArray *commands = obeying->answered.commands->commands;
	const struct mail_command *command;
	struct order_of of = {.run = obeying->answered.run};

	if (obeying->next == commands->len) {
		obey_end(obeying);
		return;
	}
	command = commands->pdata[obeying->next++];
	if (command->kind == MAIL_COMMAND_STATUS) {
		say_status(obeying);
		return;
	}
	of.order = command->kind == MAIL_COMMAND_CANCEL ? ORDER_CANCEL
							: ORDER_RETRY;
	of.base = command->kind == MAIL_COMMAND_BASE ? command->ref : NULL;
	order_async(obeying->daemon, &of, ordered, obeying);
}

void command_obey(struct daemon *daemon, struct answered *answered)
{
	g_autofree char *why = why_not(daemon->settings->site, answered);
	struct obeying *obeying;

	if (why) {
		log_event(LOG_LEVEL_WARNING, answered->run,
			  "commands by mail not obeyed: %s", why);
		return;
	}
	obeying = g_new0(struct obeying, 1);
	obeying->daemon = daemon;
	obeying->answered.run = g_strdup(answered->run);
	obeying->answered.message = g_steal_pointer(&answered->message);
	obeying->answered.commands = g_steal_pointer(&answered->commands);
	obeying->text = g_string_new(NULL);
	obey_next(obeying);
}
