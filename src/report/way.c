/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/way.h"

#include <string.h>

#include "base/base.h"
#include "mail/mail.h"

#define TIMEOUT_S 120

struct way {
	const char *maildir; /* NULL: the server */
	const struct site *site;
	struct smtp_server server;
	char *password;
	GPtrArray *recipients; /* of the mail under way: char *, then NULL */
};

static char *read_password(const char *path, GError **error)
{
	g_autoptr(GError) local = NULL;
	char *text = NULL;

	if (g_file_get_contents(path, &text, NULL, &local)) {
		text[strcspn(text, "\r\n")] = '\0';
		return text;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the mail server's password file cannot be read: %s",
		    local->message);
	return NULL;
}

static bool has_way_out(const struct outbox_options *options, GError **error)
{
	if (options->dry_maildir || options->site->mail.smtp)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the site has no mail server (smtp in the section mail)");
	return false;
}

struct way *way_new(const struct outbox_options *options, GError **error)
{
	const struct site *site = options->site;
	g_autofree char *password = NULL;
	struct way *way;

	if (!has_way_out(options, error))
		return NULL;
	if (site->mail.password_file && !options->dry_maildir) {
		password = read_password(site->mail.password_file, error);
		if (!password)
			return NULL;
	}
	way = g_new0(struct way, 1);
	way->maildir = options->dry_maildir;
	way->site = site;
	way->password = g_steal_pointer(&password);
	way->server = (struct smtp_server){
		.url = site->mail.smtp,
		.user = site->mail.user,
		.password = way->password,
		.ca = site->mail.ca,
		.timeout_s = options->timeout_s ? options->timeout_s
						: TIMEOUT_S,
	};
	return way;
}

void way_free(struct way *way)
{
	if (!way)
		return;
	g_clear_pointer(&way->recipients, g_ptr_array_unref);
	g_free(way->password);
	g_free(way);
}

guint way_rate(const struct way *way)
{
	return way->maildir ? 0 : (guint)way->site->mail.rate_per_hour;
}

struct delivery {
	const char *maildir;
	GBytes *mail;
};

static void deliver_run(GTask *task, gpointer source, gpointer data,
			GCancellable *cancellable)
{
	const struct delivery *delivery = data;
	GError *error = NULL;

	(void)source;
	(void)cancellable;
	if (maildir_deliver(delivery->maildir, delivery->mail, NULL, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

/* It takes a moment, so there is no cancelling. */
static void deliver_async(const char *maildir, GBytes *mail,
			  GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, user_data);
	struct delivery *delivery = g_new0(struct delivery, 1);

	delivery->maildir = maildir;
	delivery->mail = mail;
	g_task_set_task_data(task, delivery, g_free);
	g_task_run_in_thread(task, deliver_run);
}

static bool is_among(const GPtrArray *addresses, const char *address)
{
	for (guint i = 0; i < addresses->len; i++) {
		if (email_equal(addresses->pdata[i], address))
			return true;
	}
	return false;
}

/* Each once: who gets copies may be who is answered. */
static GPtrArray *mail_recipients(const struct outbox_mail *mail)
{
	GPtrArray *recipients = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv)
		copies = g_strsplit(mail->copies ? mail->copies : "", "\n", -1);

	g_ptr_array_add(recipients, g_strdup(mail->recipient));
	for (char **copy = copies; *copy; copy++) {
		if (**copy && !is_among(recipients, *copy))
			g_ptr_array_add(recipients, g_strdup(*copy));
	}
	g_ptr_array_add(recipients, NULL);
	return recipients;
}

void way_send_async(struct way *way, const struct outbox_mail *mail,
		    GCancellable *cancellable, GAsyncReadyCallback callback,
		    gpointer user_data)
{
	struct smtp_mail sent = {
		.envelope_from = way->site->mail.envelope
					 ? way->site->mail.envelope
					 : way->site->mail.from_email,
		.mail = mail->mail,
	};

	if (way->maildir) {
		deliver_async(way->maildir, mail->mail, callback, user_data);
		return;
	}
	g_clear_pointer(&way->recipients, g_ptr_array_unref);
	way->recipients = mail_recipients(mail);
	sent.recipients = (const char *const *)way->recipients->pdata;
	smtp_send_async(&way->server, &sent, cancellable, callback, user_data);
}

bool way_send_finish(struct way *way, GAsyncResult *res, bool *of_all,
		     GError **error)
{
	if (!way->maildir)
		return smtp_send_finish(res, of_all, error);
	*of_all = true;
	return g_task_propagate_boolean(G_TASK(res), error);
}
