/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll approve, cancel, pause, resume, retry: what staff tell the daemon to
 * do. Each is one call of the same name, answered by a sentence.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "cmd/ask.h"

struct given {
	struct ask ask;
	char **words;
	gboolean json, remember;
};

struct order {
	const char *name, *doc;
	const char *words; /* what comes after it, as the usage line has it */
	const char *more;
	/* The request's own part; NULL with CONFIG. */
	json_t *(*request)(const struct order *order, const struct given *given,
			   GError **error);
};

static json_t *request_of_run(const struct order *order,
			      const struct given *given, GError **error)
{
	if (g_strv_length(given->words) == 1)
		return json_pack("{s:s, s:o}", "call", order->name, "run",
				 json_text(given->words[0]));
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "one RUN at a time, as \"reroll status\" shows it");
	return NULL;
}

static json_t *request_of_approval(const struct order *order,
				   const struct given *given, GError **error)
{
	json_t *request = request_of_run(order, given, error);

	if (request)
		json_object_set_new(request, "remember",
				    json_boolean(given->remember));
	return request;
}

/* As the store names what is paused: "all", "project NAME", "lab NAME". */
static json_t *request_of_pause(const struct order *order,
				const struct given *given, GError **error)
{
	g_autofree char *what = given->words ? g_strjoinv(" ", given->words)
					     : g_strdup("all");
	bool named = g_str_has_prefix(what, "project ") ||
		     g_str_has_prefix(what, "lab ");
	const char *name = strchr(what, ' ');
	g_autofree char *quoted = text_quote(what, -1);

	if (g_str_equal(what, "all") || (named && name[strspn(name, " ")]))
		return json_pack("{s:s, s:o}", "call", order->name, "what",
				 json_text(what));
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "%s can not be paused: it takes \"project NAME\", \"lab "
		    "NAME\", or nothing for everything",
		    quoted);
	return NULL;
}

static const struct order approve = {
	"approve", "let a run go on that waits for staff", "RUN",
	"RUN is the beginning of its id, 4 letters or more; \"reroll status\" "
	"lists what is held, and why.",
	request_of_approval};
static const struct order cancel = {
	"cancel", "end a run without a reply", "RUN",
	"Its builds and jobs are stopped. What was mailed stays mailed.",
	request_of_run};
static const struct order pause_ = {
	"pause", "start nothing more: of all, a project, a lab", "[WHAT]",
	"WHAT is project NAME or lab NAME; without it everything is meant. "
	"What runs goes on to its end, and mails are still taken in.",
	request_of_pause};
static const struct order resume = {
	"resume", "go on with what was paused", "[WHAT]",
	"WHAT is as it was with reroll pause.", request_of_pause};
static const struct order retry = {
	"retry", "do a run again from where it failed", "RUN",
	"RUN is the beginning of its id, 4 letters or more.", request_of_run};

static bool parse_options(const struct order *order, struct given *given,
			  int *argc, char ***argv, GError **error)
{
	const GOptionEntry entries[] = {
		ASK_SITE_OPTION(&given->ask),
		{"json", 0, 0, G_OPTION_ARG_NONE, &given->json,
		 "print the daemon's answer as JSON", NULL},
		{"remember", 0, order == &approve ? 0 : G_OPTION_FLAG_HIDDEN,
		 G_OPTION_ARG_NONE, &given->remember,
		 "add the address to the roster: it is not asked about again",
		 NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		 &given->words, NULL, order->words},
		{NULL},
	};
	g_autofree char *more = g_strconcat(
		order->more,
		"\nExit status 0: done, 1: it cannot be done to this run, 2: "
		"wrong usage, 3: no daemon runs.",
		NULL);

	if (!cmd_parse_options(argc, argv, entries, order->doc, more, error))
		return false;
	if (!given->remember || order == &approve)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "--remember is of \"reroll approve\"");
	return false;
}

static bool give(const struct order *order, struct given *given, GError **error)
{
	json_t *request = order->request(order, given, error);
	g_autoptr(json_t) answer = NULL;
	g_autofree char *text = NULL;

	if (!request)
		return false;
	if (!ask_open(&given->ask, error)) {
		json_decref(request);
		return false;
	}
	answer = ask_daemon(&given->ask, request, error);
	if (!answer)
		return false;
	text = ask_text(answer, "text");
	if (given->json)
		json_write(answer, stdout, 1);
	else
		puts(*text ? text : "done");
	return cmd_print_end(error);
}

static int order_main(const struct order *order, int argc, char **argv)
{
	struct given given = {{NULL}};
	g_autoptr(GError) error = NULL;

	if (parse_options(order, &given, &argc, &argv, &error))
		give(order, &given, &error);
	if (error)
		cmd_print_error(order->name, error);
	ask_clear(&given.ask);
	g_strfreev(given.words);
	return error_exit_status(error);
}

int cmd_approve(int argc, char **argv)
{
	return order_main(&approve, argc, argv);
}

int cmd_cancel(int argc, char **argv)
{
	return order_main(&cancel, argc, argv);
}

int cmd_pause(int argc, char **argv)
{
	return order_main(&pause_, argc, argv);
}

int cmd_resume(int argc, char **argv)
{
	return order_main(&resume, argc, argv);
}

int cmd_retry(int argc, char **argv)
{
	return order_main(&retry, argc, argv);
}
