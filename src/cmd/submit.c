/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll submit: the series of some mails, each one event of the store, or
 * handed to the daemon where that alone may write there. The same mails twice
 * are the same event.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "cmd/ask.h"
#include "mail/mail.h"
#include "serve/serve.h"
#include "store/store.h"

struct submit {
	struct ask ask;
	gboolean json;
	char **files;
	struct series_set *set;
	GHashTable *raw; /* GBytes by message */
	guint unread;	 /* mails that say nothing */
	struct store *store;
	json_t *submitted;
	bool any_new;
};

static void submit_clear(struct submit *submit)
{
	ask_clear(&submit->ask);
	g_strfreev(submit->files);
	series_set_free(submit->set);
	g_clear_pointer(&submit->raw, g_hash_table_unref);
	store_close(submit->store);
	json_decref(submit->submitted);
}

static bool parse_options(struct submit *submit, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		ASK_SITE_OPTION(&submit->ask),
		{"json", 0, 0, G_OPTION_ARG_NONE, &submit->json,
		 "print one JSON object", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &submit->files, NULL, "FILE..."},
		{NULL},
	};

	return cmd_parse_options(
		argc, argv, entries, "hand patch series to the daemon",
		"FILE is an mbox, a Maildir, a folder of mails, a single mail, "
		"or - for standard input.\n"
		"Exit status 0: taken or known, 1: there is no series in it, "
		"2: wrong usage or configuration, 3: trouble.",
		error);
}

static void add_mail(struct submit *submit, const struct raw_mail *raw)
{
	const struct message_options options = {.too_large = raw->too_large};
	struct message *message = message_parse(raw->data, raw->len, raw->file,
						&options);

	submit->unread += message->kind == MESSAGE_ERROR;
	g_hash_table_insert(submit->raw, message,
			    g_bytes_new(raw->data, raw->len));
	series_set_add(submit->set, message);
}

static bool read_mails(struct submit *submit, GError **error)
{
	g_autoptr(mail_reader_t) reader = mail_reader_new(
		(const char *const *)submit->files, MAIL_LIMIT_BYTES);
	g_autoptr(GError) local = NULL;
	struct raw_mail raw;

	submit->set = series_set_new();
	submit->raw = g_hash_table_new_full(NULL, NULL, NULL,
					    (GDestroyNotify)g_bytes_unref);
	while (mail_reader_next(reader, &raw, &local))
		add_mail(submit, &raw);
	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	series_set_assemble(submit->set);
	if (submit->set->series->len)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "there is no patch series in these mails%s",
		    submit->unread ? "; some of them cannot be read, \"reroll "
				     "parse\" tells why"
				   : "");
	return false;
}

static bool is_from(const char *line, const char *end)
{
	while (line < end && *line == '>')
		line++;
	return end - line >= 5 && memcmp(line, "From ", 5) == 0;
}

/* As mboxrd: one ">" more before what looks like the start of a mail. */
static void add_to_mbox(const struct submit *submit, gpointer message,
			GString *mbox)
{
	GBytes *raw = g_hash_table_lookup(submit->raw, message);
	const char *at, *end;
	gsize len;

	if (!raw)
		return;
	at = g_bytes_get_data(raw, &len);
	end = at + len;
	if (is_from(at, end)) /* its own, of the mbox that it was in */
		at = memchr(at, '\n', len);
	at = !at ? end : *at == '\n' ? at + 1 : at;
	g_string_append(mbox, "From mboxrd@z Thu Jan  1 00:00:00 1970\n");
	while (at < end) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		const char *next = newline ? newline + 1 : end;

		if (is_from(at, end))
			g_string_append_c(mbox, '>');
		g_string_append_len(mbox, at, next - at);
		at = next;
	}
	if (mbox->str[mbox->len - 1] != '\n')
		g_string_append_c(mbox, '\n');
}

static GBytes *make_mbox(const struct submit *submit,
			 const struct series *series)
{
	const GPtrArray *lists[] = {series->patches, series->also,
				    series->replies};
	GString *mbox = g_string_new(NULL);

	if (series->cover)
		add_to_mbox(submit, series->cover, mbox);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		for (guint k = 0; lists[i] && k < lists[i]->len; k++)
			add_to_mbox(submit, lists[i]->pdata[k], mbox);
	}
	return g_string_free_to_bytes(mbox);
}

static json_t *hand_over(const struct submit *submit,
			 const struct brought_series *brought, GError **error)
{
	gsize len;
	const guchar *data = g_bytes_get_data(brought->mbox, &len);
	g_autofree char *text = g_base64_encode(data, len);

	return ask_daemon(&submit->ask,
			  json_pack("{s:s, s:s, s:I, s:I}", "call", "submit",
				    "mbox", text, "version",
				    (json_int_t)brought->version, "total",
				    (json_int_t)brought->total),
			  error);
}

static json_t *submit_series(struct submit *submit, const struct series *series,
			     GError **error)
{
	g_autoptr(GBytes) mbox = make_mbox(submit, series);
	struct brought_series brought = {mbox, series->version, series->total,
					 NULL};

	if (g_bytes_get_size(mbox) > BRING_BYTES) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "the series has more than the 32 MiB that are "
			    "taken");
		return NULL;
	}
	if (!submit->store)
		return hand_over(submit, &brought, error);
	if (bring_series(submit->store, &brought, error))
		return brought.answer;
	json_decref(brought.answer);
	return NULL;
}

static char *what_became(const json_t *answer, bool is_new)
{
	const json_t *event = json_object_get(answer, "event");
	const json_t *runs = json_object_get(event, "runs");
	g_autofree char *run = ask_text(json_array_get(runs, 0), "id");

	if (is_new)
		return g_strdup("taken");
	if (*run)
		return g_strdup_printf("known already: \"reroll show %.12s\"",
				       run);
	return g_strdup(ask_is_null(event, "handled_at")
				? "known already, and waits to be looked at"
				: "known already, and made no run");
}

static void tell(struct submit *submit, const struct series *series,
		 json_t *answer)
{
	bool is_new = json_is_true(json_object_get(answer, "new"));
	g_autofree char *became = what_became(answer, is_new);
	g_autofree char *name = text_one_line(series->name, -1, 200);

	submit->any_new |= is_new;
	json_object_set_new(answer, "name", json_text(series->name));
	json_object_set_new(answer, "version",
			    json_integer((json_int_t)series->version));
	json_array_append(submit->submitted, answer);
	if (!submit->json)
		printf("%s v%u, %u of %u patches: %s\n", name, series->version,
		       series->patches->len, series->total, became);
}

/* The last line: what happens to it now. */
static bool end(struct submit *submit, GError **error)
{
	g_autoptr(json_t)
		whole = json_pack("{s:O}", "submitted", submit->submitted);
	int fd;

	if (submit->json) {
		json_write(whole, stdout, 1);
		return cmd_print_end(error);
	}
	if (submit->unread)
		printf("%u mail%s cannot be read and %s left out: \"reroll "
		       "parse\" tells why\n",
		       submit->unread, submit->unread == 1 ? "" : "s",
		       submit->unread == 1 ? "was" : "were");
	fd = control_connect(submit->ask.socket, NULL);
	if (fd >= 0)
		close(fd);
	else if (submit->any_new)
		puts("no daemon runs now: it is looked at when one starts");
	return cmd_print_end(error);
}

static bool submit_all(struct submit *submit, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (!read_mails(submit, error) || !ask_open(&submit->ask, error) ||
	    !room_check(submit->ask.site->state, error))
		return false;
	submit->submitted = json_array();
	submit->store = bring_open(submit->ask.site->state, &local);
	for (guint i = 0; i < submit->set->series->len; i++) {
		const struct series *series = submit->set->series->pdata[i];
		g_autoptr(json_t) answer = submit_series(submit, series, error);

		if (!answer) {
			if (!submit->store)
				g_prefix_error(error, "%s; ", local->message);
			return false;
		}
		tell(submit, series, answer);
	}
	if (submit->any_new && submit->store)
		ask_wake(&submit->ask);
	return end(submit, error);
}

int cmd_submit(int argc, char **argv)
{
	struct submit submit = {{NULL}};
	g_autoptr(GError) error = NULL;

	if (parse_options(&submit, &argc, &argv, &error))
		submit_all(&submit, &error);
	if (error)
		cmd_print_error("submit", error);
	submit_clear(&submit);
	return error_exit_status(error);
}
