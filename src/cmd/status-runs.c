/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is under way, for people: first what waits for them, then the rest. Each
 * line that asks for something says what to type.
 */
#include <stdio.h>

#include "base/base.h"
#include "cmd/ask.h"

#define ID_LETTERS 12
#define ENDED_SHOWN 5

/* "5m ago", "in 2m", "never"; to be freed. */
static char *when(const json_t *row, const char *name)
{
	gint64 at = ask_number(row, name), now = clock_now_at();
	g_autofree char *span = cmd_age_text(at > now ? 2 * now - at : at);

	if (ask_is_null(row, name))
		return g_strdup("never");
	return at > now ? g_strdup_printf("in %s", span)
			: g_strdup_printf("%s ago", span);
}

char *ask_series(const json_t *run)
{
	g_autofree char *name = ask_text(run, "name");
	g_autofree char *who = ask_text(run, "submitter");

	return g_strdup_printf("%s v%" G_GINT64_FORMAT " of %s", name,
			       ask_number(run, "version"), who);
}

static void print_run(const json_t *run)
{
	g_autofree char *id = ask_text(run, "id");
	g_autofree char *stage = ask_text(run, "stage");
	g_autofree char *outcome = ask_text(run, "outcome");
	g_autofree char *project = ask_text(run, "project");
	g_autofree char *series = ask_series(run);
	g_autofree char *trouble = ask_text(run, "trouble");
	g_autofree char *age = when(run, *stage ? "queued_at" : "ended_at");

	printf("  %-*.*s  %-16s %-8s  %s%s%s\n", ID_LETTERS, ID_LETTERS, id,
	       *stage ? stage : outcome, age, project, *project ? ": " : "",
	       series);
	if (*stage && *trouble) {
		g_autofree char *next = when(run, "next_at");

		printf("      in trouble, try %" G_GINT64_FORMAT ", again %s: "
		       "%s\n",
		       ask_number(run, "attempts"), next, trouble);
	}
}

static void print_list(const json_t *runs, gsize most, gint64 all)
{
	gsize shown = 0, i;
	json_t *run;

	json_array_foreach (runs, i, run) {
		if (i < most && ++shown)
			print_run(run);
	}
	if (all > (gint64)shown)
		printf("  and %" G_GINT64_FORMAT " more\n",
		       all - (gint64)shown);
}

static void print_held(const json_t *runs)
{
	json_t *run;
	gsize i;

	json_array_foreach (runs, i, run) {
		g_autofree char *id = ask_text(run, "id");
		g_autofree char *why = ask_text(run, "held");
		g_autofree char *series = ask_series(run);

		printf("  %.*s  %s\n      %s\n      \"reroll approve %.*s\" "
		       "lets it go on, \"reroll cancel %.*s\" ends it\n",
		       ID_LETTERS, id, series, why, ID_LETTERS, id, ID_LETTERS,
		       id);
	}
}

static void print_troubles(const json_t *troubles)
{
	json_t *trouble;
	gsize i;

	json_array_foreach (troubles, i, trouble) {
		g_autofree char *kind = ask_text(trouble, "kind");
		g_autofree char *about = ask_text(trouble, "about");
		g_autofree char *text = ask_text(trouble, "text");
		g_autofree char *first = when(trouble, "first_at");
		g_autofree char *last = when(trouble, "last_at");

		printf("  %s %s: %s ", kind, about, text);
		if (ask_number(trouble, "count") > 1)
			printf("(%" G_GINT64_FORMAT " times, first %s, last "
			       "%s)\n",
			       ask_number(trouble, "count"), first, last);
		else
			printf("(%s)\n", first);
	}
}

static void print_pauses(const json_t *pauses)
{
	json_t *pause;
	gsize i;

	json_array_foreach (pauses, i, pause) {
		g_autofree char *what = ask_text(pause, "what");
		g_autofree char *since = when(pause, "since_at");

		printf("  %s, since %s: \"reroll resume%s%s\"\n", what, since,
		       g_str_equal(what, "all") ? "" : " ",
		       g_str_equal(what, "all") ? "" : what);
	}
}

static void print_late(const json_t *mails)
{
	json_t *mail;
	gsize i;

	json_array_foreach (mails, i, mail) {
		g_autofree char *to = ask_text(mail, "recipient");
		g_autofree char *outcome = ask_text(mail, "outcome");
		g_autofree char *why = ask_text(mail, "last_error");
		g_autofree char *next = when(mail, "next_at");

		if (ask_is_null(mail, "failed_at"))
			printf("  %s to %s, again %s: %s\n", outcome, to, next,
			       why);
		else
			printf("  %s to %s is not sent any more: %s\n", outcome,
			       to, why);
	}
}

static void print_sources(const json_t *sources)
{
	json_t *source;
	gsize i;

	json_array_foreach (sources, i, source) {
		g_autofree char *name = ask_text(source, "source");
		g_autofree char *moved = when(source, "moved_at");

		printf("  %s, something new %s\n", name, moved);
	}
}

/* A list under a line that counts it; nothing when it is empty. */
static void print_part(const json_t *status, const char *name,
		       const char *title, void (*print)(const json_t *rows))
{
	const json_t *rows = json_object_get(status, name);

	if (json_array_size(rows) == 0)
		return;
	printf("%-10s %" G_GSIZE_FORMAT "\n", title, json_array_size(rows));
	print(rows);
}

static void print_outbox(const json_t *status)
{
	const json_t *outbox = json_object_get(status, "outbox");

	printf("%-10s %" G_GINT64_FORMAT " unsent, %" G_GINT64_FORMAT
	       " given up\n",
	       "outbox", ask_number(outbox, "unsent"),
	       ask_number(outbox, "failed"));
	print_late(json_object_get(outbox, "late"));
}

static void print_waiting(const json_t *status)
{
	const json_t *events = json_object_get(status, "events");
	const json_t *posts = json_object_get(status, "posts");

	printf("%-10s %" G_GINT64_FORMAT " to be looked at, %" G_GINT64_FORMAT
	       " to be posted to Patchwork\n",
	       "events", ask_number(events, "waiting"),
	       ask_number(posts, "waiting"));
}

void print_runs(const json_t *status)
{
	const json_t *runs = json_object_get(status, "runs");
	const json_t *under_way = json_object_get(status, "under_way");
	gint64 count = ask_number(runs, "under_way");

	print_part(status, "troubles", "troubles", print_troubles);
	print_part(status, "pauses", "paused", print_pauses);
	print_part(status, "held", "held", print_held);
	printf("%-10s %" G_GINT64_FORMAT " under way, %" G_GINT64_FORMAT
	       " of them held, %" G_GINT64_FORMAT " in trouble\n",
	       "runs", count, ask_number(runs, "held"),
	       ask_number(runs, "in_trouble"));
	print_list(under_way, json_array_size(under_way), count);
	if (json_array_size(json_object_get(status, "ended"))) {
		puts("ended last");
		print_list(json_object_get(status, "ended"), ENDED_SHOWN, 0);
	}
	print_outbox(status);
	print_waiting(status);
	print_part(status, "sources", "sources", print_sources);
}

static void print_live_row(const char *name, const json_t *value)
{
	json_t *line;
	gsize i;

	if (json_is_string(value)) {
		g_autofree char *text = text_one_line(json_string_value(value),
						      -1, 400);

		printf("%-10s %s\n", name, text);
	}
	json_array_foreach (value, i, line) {
		g_autofree char *text = text_one_line(json_string_value(line),
						      -1, 400);

		if (json_is_string(line))
			printf("%-10s %s\n", i ? "" : name, text);
	}
}

void print_daemon(json_t *status, const struct ask *ask)
{
	json_t *live = json_object_get(status, "live");
	const char *name;
	json_t *value;

	if (ask->without) {
		printf("%-10s %s; what follows is from its store\n", "daemon",
		       ask->without);
		return;
	}
	printf("%-10s runs, and listens at %s\n", "daemon", ask->socket);
	json_object_foreach (live, name, value)
		print_live_row(name, value);
}
