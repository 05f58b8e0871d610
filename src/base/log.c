/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static int most = LOG_LEVEL_WARNING;

static const struct {
	GLogLevelFlags glib;
	const char *name;
	const char *priority; /* as syslog numbers them */
} levels[] = {
	[LOG_LEVEL_ERROR] = {G_LOG_LEVEL_CRITICAL, "error", "3"},
	[LOG_LEVEL_WARNING] = {G_LOG_LEVEL_WARNING, "warning", "4"},
	[LOG_LEVEL_INFO] = {G_LOG_LEVEL_INFO, "info", "6"},
	[LOG_LEVEL_DEBUG] = {G_LOG_LEVEL_DEBUG, "debug", "7"},
};

void log_set_level(enum log_level level)
{
	g_atomic_int_set(&most, (int)level);
}

struct about {
	char *project, *series;
};

static GMutex lock;
static GHashTable *runs; /* id to struct about */

static void about_free(gpointer data)
{
	struct about *about = data;

	g_free(about->project);
	g_free(about->series);
	g_free(about);
}

void log_describe_run(const char *run, const char *project, const char *series)
{
	struct about *about = g_new(struct about, 1);

	about->project = g_strdup(project);
	about->series = g_strdup(series);
	g_mutex_lock(&lock);
	if (!runs)
		runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     about_free);
	g_hash_table_replace(runs, g_strdup(run), about);
	g_mutex_unlock(&lock);
}

void log_forget_run(const char *run)
{
	g_mutex_lock(&lock);
	if (runs)
		g_hash_table_remove(runs, run);
	if (runs && !g_hash_table_size(runs))
		g_clear_pointer(&runs, g_hash_table_unref);
	g_mutex_unlock(&lock);
}

static struct about look_up(const char *run)
{
	struct about found = {NULL, NULL};
	const struct about *about;

	g_mutex_lock(&lock);
	about = runs && run ? g_hash_table_lookup(runs, run) : NULL;
	if (about) {
		found.project = g_strdup(about->project);
		found.series = g_strdup(about->series);
	}
	g_mutex_unlock(&lock);
	return found;
}

/* False: the journal does not take it. */
static bool write_journal(enum log_level level, const char *run,
			  const char *text)
{
	struct about about = look_up(run);
	const struct {
		const char *name, *value;
	} known[] = {
		{"MESSAGE", text},
		{"PRIORITY", levels[level].priority},
		{"SYSLOG_IDENTIFIER", "reroll"},
		{"RUN", run},
		{"PROJECT", about.project},
		{"SERIES", about.series},
	};
	GLogField fields[G_N_ELEMENTS(known)];
	gsize n = 0;
	bool taken;

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		if (known[i].value)
			fields[n++] = (GLogField){known[i].name, known[i].value,
						  -1};
	}
	taken = g_log_writer_journald(levels[level].glib, fields, n, NULL) ==
		G_LOG_WRITER_HANDLED;
	g_free(about.project);
	g_free(about.series);
	return taken;
}

void log_event(enum log_level level, const char *run, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if ((int)level > g_atomic_int_get(&most))
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (g_log_writer_is_journald(STDERR_FILENO) &&
	    write_journal(level, run, text))
		return;
	fprintf(stderr, "reroll: %s: %s%s%s%s\n", levels[level].name, text,
		run ? " (run " : "", run ? run : "", run ? ")" : "");
}
