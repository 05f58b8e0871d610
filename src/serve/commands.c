/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands by mail: lines in an answer to a mail of ours. They are obeyed and
 * answered in the step in which the mail is handled: all of it is kept, or
 * none. The submitter of the series may give them, and who the site names; when
 * the site asks for it, only as far as our mail servers vouch for the sender.
 * Nobody else is answered: what a stranger writes leads to no mail.
 */
#include <string.h>

#include "serve/collect.h"
#include "serve/orders.h"

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

/* Whom the run was found to be of, wherever it was posted from. */
static bool is_owner(const struct waiting_run *run, const char *sender)
{
	const char *owner = run->identity;

	if (owner && g_str_has_prefix(owner, RUN_UNLISTED))
		owner += strlen(RUN_UNLISTED);
	return g_strcmp0(owner, sender) == 0;
}

/* NULL: they may; else why not, for the log. */
static char *why_not(const struct site *site, const struct message *message,
		     const struct waiting_run *run)
{
	g_autofree char *sender = message_submitter(message);
	bool submitter = strcmp(sender, run->submitter) == 0 ||
			 is_owner(run, sender);
	char *why = NULL;

	if (!(submitter && is_listed(site->policy.commands, "submitter")) &&
	    !(is_staff(site, sender) &&
	      is_listed(site->policy.commands, "maintainers")))
		return g_strdup("they are neither the submitter nor staff");
	if (site->policy.trust_commands == TRUST_AUTHENTICATED &&
	    !auth_result_vouches(message->auth, message->from, &why))
		return why ? why : g_strdup("nobody vouches for the sender");
	return NULL;
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

/* Nobody can be answered whose address or mail has no name. */
static bool answer_put(struct store *store, const struct site *site,
		       const struct message *message, const char *run,
		       const char *text, GError **error)
{
	const struct mailbox *to = message->from && message->from->len
					   ? message->from->pdata[0]
					   : NULL;
	g_autofree char *id = NULL;
	g_autoptr(GBytes) mail = NULL;
	g_autoptr(GError) local = NULL;
	struct outbox_row row = {.run = run, .outcome = "status"};

	if (!to || !message->message_id)
		return true;
	id = answer_id(site, message);
	mail = compose(site, message, id, text);
	if (!mail)
		return true;
	row.message_id = id;
	row.recipient = to->email;
	row.mail = g_bytes_get_data(mail, &row.mail_len);
	if (store_outbox_put(store, 0, &row, &local) ||
	    g_error_matches(local, REROLL_ERROR, REROLL_ERROR_CONFLICT))
		return true;
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

/* For who knows of no stage: what it is at, and whether to do something. */
static char *status_text(const struct waiting_run *run)
{
	const struct outcome *outcome = outcome_find(run->outcome);

	if (run->held)
		return g_strdup_printf("the series (run %s) waits until staff "
				       "has looked at it; there is nothing "
				       "that you need to do",
				       run->id);
	if (run->stage)
		return g_strdup_printf("the series (run %s) is being checked, "
				       "at the stage \"%s\"; the result comes "
				       "by mail",
				       run->id, run->stage);
	if (outcome)
		return g_strdup_printf("the series (run %s) has been checked: "
				       "%s; the reply says it in full",
				       run->id, outcome->title);
	return g_strdup_printf("the check of the series (run %s) was stopped, "
			       "and nothing is mailed about it: \"reroll: "
			       "retest\" checks the newest version again",
			       run->id);
}

/* What the order says; what it refuses is said, too. */
static bool obey(struct store *store, const struct mail_command *command,
		 const char *run, struct command_effects *effects, char **text,
		 GError **error)
{
	const struct order_of of = {
		.order = command->kind == MAIL_COMMAND_CANCEL ? ORDER_CANCEL
							      : ORDER_RETRY,
		.run = run,
		.base = command->kind == MAIL_COMMAND_BASE ? command->ref
							   : NULL,
	};
	g_autoptr(order_result_t) result = g_new0(struct order_result, 1);
	g_autoptr(GError) local = NULL;

	if (order_give(store, &of, result, &local)) {
		*text = g_steal_pointer(&result->text);
		if (result->stop)
			g_ptr_array_add(effects->stopped,
					g_steal_pointer(&result->stop));
		if (result->queue)
			g_ptr_array_add(effects->queued,
					g_steal_pointer(&result->queue));
		return true;
	}
	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_TEMP)) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	*text = g_strdup(local->message);
	return true;
}

static void add_sentence(GString *said, const char *text)
{
	gsize first = said->len;

	g_string_append(said, text);
	said->str[first] = g_ascii_toupper(said->str[first]);
	if (!strchr(".!?", said->str[said->len - 1]))
		g_string_append_c(said, '.');
	g_string_append_c(said, '\n');
}

static bool obey_all(struct store *store, const struct mail_commands *commands,
		     const struct waiting_run *run,
		     struct command_effects *effects, GString *said,
		     GError **error)
{
	for (guint i = 0; i < commands->commands->len; i++) {
		const struct mail_command *one = commands->commands->pdata[i];
		g_autofree char *text = NULL;

		if (one->kind == MAIL_COMMAND_STATUS)
			text = status_text(run);
		else if (!obey(store, one, run->id, effects, &text, error))
			return false;
		add_sentence(said, text);
	}
	for (guint i = 0; i < commands->problems->len; i++)
		add_sentence(said, commands->problems->pdata[i]);
	return true;
}

bool command_handle(struct store *store, const struct command_mail *mail,
		    struct command_effects *effects, GError **error)
{
	const struct message_options options = {
		.servers = mail->site->policy.servers};
	gsize len = 0;
	const char *data = g_bytes_get_data(mail->mail, &len);
	g_autoptr(message_t) message = message_parse(data, len, "", &options);
	g_autoptr(mail_commands_t) commands = mail_commands_read(message);
	g_autofree char *id = NULL, *why = NULL;
	g_autoptr(waiting_run_t) run = NULL;
	g_autoptr(GString) said = g_string_new(NULL);

	if (!commands->commands->len && !commands->problems->len)
		return true;
	if (!find_run(store, message, &id, error))
		return false;
	if (!id)
		return true;
	if (!store_run_get(store, id, &run, error))
		return false;
	why = why_not(mail->site, message, run);
	if (why) {
		log_event(LOG_LEVEL_WARNING, id,
			  "commands by mail not obeyed: %s", why);
		return true;
	}
	effects->mailed = true;
	return obey_all(store, commands, run, effects, said, error) &&
	       answer_put(store, mail->site, message, id, said->str, error);
}
