/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll log: what a build or a boot of a run has said, part by part as the
 * daemon hands it out. Strangers wrote it: to a terminal it goes without what
 * would command that.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "cmd/ask.h"

#define AGAIN_MS 500
#define LINE_BYTES 65536

struct log {
	struct ask ask;
	gboolean json, follow;
	char **words;
	char *run;     /* its whole id */
	GString *rest; /* for a terminal: the line that has no end yet */
};

static bool parse_options(struct log *log, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		ASK_SITE_OPTION(&log->ask),
		{"follow", 'f', 0, G_OPTION_ARG_NONE, &log->follow,
		 "print more as it is written, until the run has ended", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &log->json,
		 "print the list of logs as one JSON object", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		 &log->words, NULL, "RUN [BUILD]"},
		{NULL},
	};
	guint words;

	if (!cmd_parse_options(argc, argv, entries,
			       "what a build or a boot of a run has said",
			       "RUN is the beginning of its id, 4 letters or "
			       "more. BUILD is the name of a build or boot, or "
			       "a part of it; without it the logs are listed.\n"
			       "Exit status 0: told, 1: several are called so, "
			       "2: there is none, or wrong usage, 3: trouble.",
			       error))
		return false;
	words = g_strv_length(log->words);
	if (words <= 2 && !(log->json && words == 2) &&
	    !(log->follow && words == 1))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG, "%s",
		    words > 2	? "only RUN and BUILD come after the options"
		    : log->json ? "--json is of the list: leave BUILD out"
				: "--follow takes a BUILD: \"reroll log RUN\" "
				  "lists them");
	return false;
}

static json_t *ask_part(struct log *log, gint64 offset, GError **error)
{
	const char *run = log->run ? log->run : log->words[0];
	json_t *request = json_pack("{s:s, s:o}", "call", "log", "run",
				    json_text(run));

	if (log->words[1]) {
		json_object_set_new(request, "log", json_text(log->words[1]));
		json_object_set_new(request, "offset", json_integer(offset));
	}
	return ask_look(&log->ask, request, error);
}

static bool list(struct log *log, GError **error)
{
	g_autoptr(json_t) answer = ask_part(log, 0, error);
	const json_t *logs = json_object_get(answer, "logs");
	json_t *one;
	gsize i;

	if (!answer)
		return false;
	if (log->json) {
		json_write(answer, stdout, 1);
		return cmd_print_end(error);
	}
	json_array_foreach (logs, i, one) {
		g_autofree char *name = ask_text(one, "name");
		g_autofree char *age = cmd_age_text(
			ask_number(one, "changed_at"));
		g_autofree char *size = text_format_size(
			(guint64)ask_number(one, "bytes"));

		printf("%10s  %4s ago  %s\n", size, age, name);
	}
	if (json_array_size(logs) == 0)
		puts(json_is_true(json_object_get(answer, "ended"))
			     ? "the run has no logs: nothing was built, or "
			       "they are older than retention.logs"
			     : "the run has no logs yet");
	return cmd_print_end(error);
}

static void print_rest(struct log *log, gsize len)
{
	g_autofree char *text = text_printable(log->rest->str, (gssize)len);

	fputs(text, stdout);
	g_string_erase(log->rest, 0, (gssize)len);
}

static void print_data(struct log *log, const char *data, gsize len)
{
	const char *newline;

	if (!log->rest) {
		fwrite(data, 1, len, stdout);
		return;
	}
	g_string_append_len(log->rest, data, (gssize)len);
	newline = memrchr(log->rest->str, '\n', log->rest->len);
	if (newline)
		print_rest(log, (gsize)(newline + 1 - log->rest->str));
	else if (log->rest->len > LINE_BYTES)
		print_rest(log, log->rest->len);
}

/* What is new of it; how much that was. -1 with an error. */
static gssize print_part(struct log *log, gint64 offset, bool *ended,
			 GError **error)
{
	g_autoptr(json_t) answer = ask_part(log, offset, error);
	const char *text = json_string_value(json_object_get(answer, "data"));
	g_autofree guchar *data = NULL;
	gsize len = 0;

	if (!answer)
		return -1;
	if (!log->run)
		log->run = ask_text(answer, "run");
	data = g_base64_decode(text ? text : "", &len);
	*ended = json_is_true(json_object_get(answer, "ended"));
	print_data(log, (const char *)data, len);
	return (gssize)len;
}

static bool print_log(struct log *log, GError **error)
{
	gint64 offset = 0;
	bool ended = false;
	gssize n;

	if (isatty(STDOUT_FILENO))
		log->rest = g_string_new(NULL);
	for (;;) {
		n = print_part(log, offset, &ended, error);
		if (n < 0)
			return false;
		offset += n;
		if (n > 0)
			continue;
		if (!log->follow || ended)
			break;
		if (!cmd_print_end(error))
			return false;
		g_usleep(AGAIN_MS * 1000);
	}
	if (log->rest)
		print_rest(log, log->rest->len);
	return cmd_print_end(error);
}

int cmd_log(int argc, char **argv)
{
	struct log log = {{NULL}};
	g_autoptr(GError) error = NULL;

	if (parse_options(&log, &argc, &argv, &error) &&
	    ask_open(&log.ask, &error))
		(void)(log.words[1] ? print_log(&log, &error)
				    : list(&log, &error));
	if (error)
		cmd_print_error("log", error);
	ask_clear(&log.ask);
	g_strfreev(log.words);
	g_free(log.run);
	if (log.rest)
		g_string_free(log.rest, TRUE);
	return error_exit_status(error);
}
