/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reply goes to the submitter, into the thread of their last patch. Whom it
 * must never go to is looked at first: a bot that answers a bot, a bounce or
 * itself makes a loop.
 */
#include "report/reply-internal.h"

#include <string.h>

#include "base/base.h"

static const char *submitter_email(const struct reply_context *context,
				   const struct message *target)
{
	const struct mailbox *from;

	if (context->submitter && context->submitter->email &&
	    *context->submitter->email)
		return context->submitter->email;
	if (!target || !target->from || target->from->len == 0)
		return NULL;
	from = target->from->pdata[0];
	return from->email;
}

/* Nobody reads what is sent there, or a program does and answers. */
static bool is_nobody(const char *email)
{
	static const char *const locals[] = {
		"mailer-daemon", "postmaster", "no-reply", "noreply",
		"donotreply",	 "bounce",     "bounces",  "nobody"};
	const char *at = strchr(email, '@');

	for (gsize i = 0; at && i < G_N_ELEMENTS(locals); i++) {
		if (strlen(locals[i]) == (gsize)(at - email) &&
		    g_ascii_strncasecmp(email, locals[i], strlen(locals[i])) ==
			    0)
			return true;
	}
	return !at;
}

/* Why nobody is answered; NULL when somebody is. */
static const char *why_unsent(const struct reply_context *context,
			      const struct message *target, const char *to)
{
	if (context->kept)
		return context->kept;
	if (!target)
		return "the series has no mail to answer";
	if (target->ours)
		return "the mail is our own";
	if (target->automatic)
		return "the mail is automatic";
	if (!to || !*to)
		return "nobody's address is known";
	if (is_nobody(to))
		return "nobody reads mail at that address";
	if (email_equal(to, context->from->email))
		return "the address is our own";
	return NULL;
}

static char *reply_subject(const struct message *target, const char *fallback)
{
	const char *subject = target && target->subject ? target->subject
			      : fallback		? fallback
							: "your patch";

	while (g_ascii_isspace(*subject))
		subject++;
	if (g_ascii_strncasecmp(subject, "re:", 3) == 0)
		return g_strdup(subject);
	return g_strconcat("Re: ", subject, NULL);
}

/*
 * The same for the same revision and outcome, whoever asks and when. A revision
 * is of one submitter: who takes somebody else's Message-ID gets another.
 */
static char *fixed_message_id(const struct reply_context *context,
			      const struct outcome *outcome)
{
	g_autofree char *id = series_key(context->series);
	g_autofree char *submitter = series_submitter(context->series);
	const char *at = strrchr(context->from->email, '@');
	g_autofree char *domain = at && at[1] ? g_hostname_to_ascii(at + 1)
					      : NULL;
	g_autofree char *key = g_strdup_printf(
		context->round ? "%s\n%s\n%u\n%s\n%u" : "%s\n%s\n%u\n%s",
		submitter, id, context->series->version, outcome->name,
		context->round);
	g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
							     key, -1);

	return g_strdup_printf("<reroll.%s@%s>", hex,
			       domain ? domain : "localhost");
}

static GPtrArray *thread_references(const struct message *target)
{
	GPtrArray *references = g_ptr_array_new();
	guint n = target->references ? target->references->len : 0;

	for (guint i = 0; i < n; i++)
		g_ptr_array_add(references, target->references->pdata[i]);
	if (n == 0 && target->in_reply_to)
		g_ptr_array_add(references, target->in_reply_to);
	if (target->message_id)
		g_ptr_array_add(references, target->message_id);
	return references;
}

static GBytes *compose(const struct reply_context *context,
		       const struct outcome *outcome, const struct reply *reply,
		       GError **error)
{
	const struct message *target = series_reply_target(context->series);
	g_autoptr(GPtrArray) references = thread_references(target);
	const char *name = context->submitter ? context->submitter->name : NULL;
	g_autoptr(mailbox_t) to = mailbox_new(name ? name : "", reply->to);
	g_autofree char *loop = g_strdup_printf(
		"%s; run=%s", outcome->name,
		context->run_id ? context->run_id : "none");
	const struct outgoing_mail mail = {
		.from = context->from,
		.to = to,
		.cc = context->cc,
		.subject = reply->subject,
		.message_id = reply->message_id,
		.in_reply_to = target->message_id,
		.references = references,
		.date_at = clock_now_at(),
		.loop_value = loop,
		.body = reply->text,
	};

	return mail_compose(&mail, error);
}

/* An address that cannot be written is theirs, not a failure of the run. */
static bool fill_mail(const struct reply_context *context,
		      const struct outcome *outcome, struct reply *reply,
		      GError **error)
{
	g_autoptr(GError) local = NULL;

	reply->mail = compose(context, outcome, reply, &local);
	if (reply->mail)
		return true;
	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_INPUT)) {
		reply->unsent = g_strdup(local->message);
		return true;
	}
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

/* A text over the template engine's limits is tried again with less in it. */
static char *render(const struct reply_context *context,
		    const struct outcome *outcome,
		    const struct verdict *verdict, GError **error)
{
	g_autoptr(GError) local = NULL;
	char *text = NULL;

	for (gsize i = 0; !text && i < reply_cuts_len; i++) {
		g_autoptr(json_t) data = reply_data_within(
			context, outcome, verdict, &reply_cuts[i]);

		g_clear_error(&local);
		text = reply_render(outcome->name, context->template_dirs, data,
				    &local);
		if (!g_error_matches(local, REROLL_ERROR, REROLL_ERROR_LIMIT))
			break;
	}
	if (!text)
		g_propagate_error(error, g_steal_pointer(&local));
	return text;
}

struct reply *reply_new(const struct reply_context *context,
			const struct outcome *outcome,
			const struct verdict *verdict, GError **error)
{
	g_autoptr(reply_t) reply = g_new0(struct reply, 1);
	const struct message *target = series_reply_target(context->series);
	const char *to = submitter_email(context, target);
	g_autofree char *text = NULL;

	reply->outcome = outcome;
	reply->message_id = fixed_message_id(context, outcome);
	reply->subject = reply_subject(target, context->series->name);
	reply->to = g_strdup(to);
	reply->cc = context->cc ? g_ptr_array_ref(context->cc) : NULL;
	text = render(context, outcome, verdict, error);
	if (!text)
		return NULL;
	reply->text = text_printable(text, -1);
	reply->unsent = g_strdup(why_unsent(context, target, to));
	if (!reply->unsent && !fill_mail(context, outcome, reply, error))
		return NULL;
	return g_steal_pointer(&reply);
}

char *reply_copies(const struct reply *reply)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	for (guint i = 0; reply->cc && i < reply->cc->len; i++) {
		const struct mailbox *one = reply->cc->pdata[i];

		g_string_append_printf(lines, "%s\n", one->email);
	}
	return lines->len ? g_string_free(g_steal_pointer(&lines), FALSE)
			  : NULL;
}

void reply_free(struct reply *reply)
{
	if (!reply)
		return;
	g_free(reply->message_id);
	g_free(reply->to);
	g_free(reply->subject);
	g_free(reply->text);
	g_free(reply->unsent);
	g_clear_pointer(&reply->cc, g_ptr_array_unref);
	if (reply->mail)
		g_bytes_unref(reply->mail);
	g_free(reply);
}
