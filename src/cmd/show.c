/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reroll show: one run in full. */
#include <stdio.h>

#include "base/base.h"
#include "cmd/ask.h"

#define FINDINGS_SHOWN 10

struct show {
	struct ask ask;
	gboolean json;
	char **words;
};

static bool parse_options(struct show *show, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		ASK_SITE_OPTION(&show->ask),
		{"json", 0, 0, G_OPTION_ARG_NONE, &show->json,
		 "print one JSON object", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		 &show->words, NULL, "RUN"},
		{NULL},
	};

	if (!cmd_parse_options(argc, argv, entries, "one run in full",
			       "RUN is the beginning of its id, 4 letters or "
			       "more; \"reroll status\" lists runs.\n"
			       "Exit status 0: told, 1: several runs begin so, "
			       "2: there is none, or wrong usage, 3: trouble.",
			       error))
		return false;
	if (g_strv_length(show->words) == 1)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "one RUN at a time");
	return false;
}

/* "2026-01-12 22:00:00 (5m ago)"; to be freed. */
static char *moment(const json_t *row, const char *name)
{
	gint64 at = ask_number(row, name);
	g_autofree char *age = cmd_age_text(at);
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(at);
	g_autofree char *text = time ? g_date_time_format(time,
							  "%Y-%m-%d %H:%M:%S")
				     : NULL;

	if (ask_is_null(row, name) || !text)
		return NULL;
	return at > clock_now_at() ? g_steal_pointer(&text)
				   : g_strdup_printf("%s (%s ago)", text, age);
}

static void print_moment(const json_t *run, const char *name, const char *title)
{
	g_autofree char *text = moment(run, name);

	if (text)
		printf("%-10s %s\n", title, text);
}

/* Nothing for null. */
static void print_member(const json_t *run, const char *name, const char *title)
{
	g_autofree char *text = ask_text(run, name);

	if (*text)
		printf("%-10s %s\n", title, text);
}

static void print_state(const json_t *run)
{
	g_autofree char *stage = ask_text(run, "stage");
	g_autofree char *id = ask_text(run, "id");

	if (*stage)
		printf("%-10s under way: %s, %" G_GINT64_FORMAT
		       " builds and jobs outstanding\n",
		       "state", stage, ask_number(run, "refs"));
	else
		printf("%-10s ended\n", "state");
	print_member(run, "outcome", "outcome");
	print_member(run, "summary", "because");
	print_member(run, "trouble", "trouble");
	if (ask_number(run, "attempts"))
		printf("%-10s %" G_GINT64_FORMAT "\n", "tries",
		       ask_number(run, "attempts"));
	print_moment(run, "next_at", "next try");
	if (*stage && !ask_is_null(run, "trouble") && ask_is_null(run, "held"))
		printf("%-10s \"reroll retry %.12s\" tries it now\n", "", id);
	print_member(run, "held", "held");
	if (*stage && !ask_is_null(run, "held"))
		printf("%-10s \"reroll approve %.12s\" lets it go on, \"reroll "
		       "cancel %.12s\" ends it\n",
		       "", id, id);
}

static void print_head(const json_t *run)
{
	g_autofree char *series = ask_series(run);

	print_member(run, "id", "run");
	printf("%-10s %s, %" G_GINT64_FORMAT " patches\n", "series", series,
	       ask_number(run, "n_patches"));
	print_member(run, "project", "project");
	print_member(run, "base", "base");
	print_member(run, "first_message_id", "mail");
	print_state(run);
	print_moment(run, "queued_at", "queued");
	print_moment(run, "started_at", "started");
	print_moment(run, "ended_at", "ended");
}

static void print_findings(const json_t *verdict)
{
	const json_t *findings = json_object_get(verdict, "findings");
	g_autofree char *summary = ask_text(verdict, "summary");
	json_t *finding;
	gsize i;

	if (*summary)
		printf("      %s\n", summary);
	json_array_foreach (findings, i, finding) {
		g_autofree char *file = ask_text(finding, "file");
		g_autofree char *text = ask_text(finding, "text");

		if (i >= FINDINGS_SHOWN)
			break;
		if (*file)
			printf("      %s:%" G_GINT64_FORMAT ": %s\n", file,
			       ask_number(finding, "line"), text);
		else
			printf("      %s\n", text);
	}
	if (json_array_size(findings) > FINDINGS_SHOWN)
		printf("      and %" G_GSIZE_FORMAT " more\n",
		       json_array_size(findings) - FINDINGS_SHOWN);
}

static void print_stage(const json_t *stage)
{
	g_autofree char *name = ask_text(stage, "stage");
	g_autofree char *result = ask_text(stage, "result");

	printf("  %-10s %-8s %7" G_GINT64_FORMAT " ms\n", name, result,
	       ask_number(stage, "elapsed_ms"));
	print_findings(json_object_get(stage, "verdict"));
}

static void print_build(const json_t *build)
{
	g_autofree char *name = ask_text(build, "name");
	g_autofree char *status = ask_text(build, "status");
	g_autofree char *summary = ask_text(json_object_get(build, "report"),
					    "summary");

	printf("  %-40s %s%s%s\n", name, *status ? status : "under way",
	       *summary ? ": " : "", summary);
}

static void print_job(const json_t *job)
{
	g_autofree char *build = ask_text(job, "build");
	g_autofree char *name = ask_text(job, "name");
	g_autofree char *lab = ask_text(job, "lab");
	g_autofree char *lab_job = ask_text(job, "lab_job");
	g_autofree char *status = ask_text(job, "status");

	printf("  %s on %s: %s%s%s%s%s\n", build, name,
	       *status ? status : "under way", *lab ? ", lab " : "", lab,
	       *lab_job ? " job " : "", lab_job);
}

static void print_reply(const json_t *reply)
{
	g_autofree char *outcome = ask_text(reply, "outcome");
	g_autofree char *to = ask_text(reply, "recipient");
	g_autofree char *why = ask_text(reply, "last_error");
	g_autofree char *sent = moment(reply, "sent_at");
	g_autofree char *failed = moment(reply, "failed_at");
	g_autofree char *next = moment(reply, "next_at");

	if (sent)
		printf("  %s to %s: sent %s\n", outcome, to, sent);
	else if (failed)
		printf("  %s to %s: given up %s: %s\n", outcome, to, failed,
		       why);
	else
		printf("  %s to %s: unsent, next try %s%s%s\n", outcome, to,
		       next ? next : "at once", *why ? ": " : "", why);
}

static void print_origin(const json_t *origin)
{
	g_autofree char *source = ask_text(origin, "source");
	g_autofree char *url = ask_text(origin, "url");

	printf("  %s series %" G_GINT64_FORMAT " %s\n", source,
	       ask_number(origin, "series"), url);
}

static void print_other(const json_t *run)
{
	g_autofree char *id = ask_text(run, "id");
	g_autofree char *outcome = ask_text(run, "outcome");
	g_autofree char *queued = moment(run, "queued_at");

	printf("  %s %s %s\n", id, *outcome ? outcome : "under way",
	       queued ? queued : "");
}

static const struct {
	const char *name, *title;
	void (*print)(const json_t *row);
} lists[] = {
	{"origins", "in Patchwork", print_origin},
	{"stages", "stages", print_stage},
	{"builds", "builds", print_build},
	{"jobs", "boots", print_job},
	{"replies", "replies", print_reply},
	{"runs", "other runs of the same mails", print_other},
};

static void print_run(const json_t *run)
{
	print_head(run);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		const json_t *rows = json_object_get(run, lists[i].name);
		json_t *row;
		gsize k;

		if (json_array_size(rows))
			puts(lists[i].title);
		json_array_foreach (rows, k, row)
			lists[i].print(row);
	}
}

static bool show_run(struct show *show, GError **error)
{
	g_autoptr(json_t) answer = NULL;

	if (!ask_open(&show->ask, error))
		return false;
	answer = ask_look(&show->ask,
			  json_pack("{s:s, s:o}", "call", "show", "run",
				    json_text(show->words[0])),
			  error);
	if (!answer)
		return false;
	if (show->json)
		json_write(json_object_get(answer, "run"), stdout, 1);
	else
		print_run(json_object_get(answer, "run"));
	return cmd_print_end(error);
}

int cmd_show(int argc, char **argv)
{
	struct show show = {{NULL}};
	g_autoptr(GError) error = NULL;

	if (parse_options(&show, &argc, &argv, &error))
		show_run(&show, &error);
	if (error)
		cmd_print_error("show", error);
	ask_clear(&show.ask);
	g_strfreev(show.words);
	return error_exit_status(error);
}
