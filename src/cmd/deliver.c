/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll deliver: one mail from an MTA, into the store, or by way of the daemon
 * where that alone may write there. EX_OK is only said of what is on the disk;
 * of everything else that is not the mail's fault EX_TEMPFAIL, so that the MTA
 * keeps it and comes again.
 */
#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/base.h"
#include "cmd/ask.h"
#include "intake/intake.h"
#include "serve/serve.h"

static bool parse_options(struct ask *ask, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		ASK_SITE_OPTION(ask),
		{NULL},
	};

	if (!cmd_parse_options(argc, argv, entries, "take one mail from an MTA",
			       "The mail is read from standard input. Exit "
			       "status, as sysexits.h has it: 0: it is stored, "
			       "64: wrong usage, 66: there is no mail, 75: not "
			       "now: the MTA is to keep it and try again.",
			       error))
		return false;
	if (*argc == 1)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the mail is read from standard input: nothing comes after "
		    "the options");
	return false;
}

/* As much as is looked at, and one byte that says there is more. */
static GBytes *read_mail(GError **error)
{
	g_autoptr(GByteArray) mail = g_byte_array_new();
	guint8 buffer[16384];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    "the mail cannot be read: %s",
				    g_strerror(errno));
			return NULL;
		}
		if (mail->len <= BRING_BYTES)
			g_byte_array_append(mail, buffer, (guint)n);
	}
	g_byte_array_set_size(mail, MIN(mail->len, BRING_BYTES + 1));
	return g_byte_array_free_to_bytes(g_steal_pointer(&mail));
}

static bool store_it(struct ask *ask, struct store *store, GBytes *mail,
		     GError **error)
{
	const struct intake_sink sink = intake_store_sink(store);
	bool added;

	fault_point(FAULT_DELIVER_BEFORE_STORE);
	if (!bring_mail(&sink, mail, &added, error))
		return false;
	fault_point(FAULT_DELIVER_KEPT);
	if (added)
		ask_wake(ask);
	return true;
}

static bool hand_over(const struct ask *ask, GBytes *mail, GError **error)
{
	gsize len;
	const guchar *data = g_bytes_get_data(mail, &len);
	g_autofree char *text = g_base64_encode(data, len);
	g_autoptr(json_t) answer = ask_daemon(
		ask, json_pack("{s:s, s:s}", "call", "deliver", "mail", text),
		error);

	return answer != NULL;
}

static bool take(struct ask *ask, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(store_t) store = NULL;
	g_autoptr(GBytes) mail = read_mail(error);

	if (!mail || !ask_open(ask, error))
		return false;
	if (g_bytes_get_size(mail) == 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "there is no mail on standard input");
		return false;
	}
	if (!room_check(ask->site->state, error))
		return false;
	store = bring_open(ask->site->state, &local);
	if (store)
		return store_it(ask, store, mail, error);
	if (hand_over(ask, mail, error))
		return true;
	g_prefix_error(error, "%s; ", local->message);
	return false;
}

int cmd_deliver(int argc, char **argv)
{
	struct ask ask = {NULL};
	g_autoptr(GError) error = NULL;
	int status = EX_OK;

	if (!parse_options(&ask, &argc, &argv, &error))
		status = EX_USAGE;
	else if (!take(&ask, &error))
		status = g_error_matches(error, REROLL_ERROR,
					 REROLL_ERROR_INPUT)
				 ? EX_NOINPUT
				 : EX_TEMPFAIL;
	if (error)
		cmd_print_error("deliver", error);
	ask_clear(&ask);
	return status;
}
