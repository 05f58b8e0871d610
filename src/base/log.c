/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

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

void log_event(enum log_level level, const char *run, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if ((int)level > g_atomic_int_get(&most))
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (g_log_writer_is_journald(STDERR_FILENO)) {
		const GLogField fields[] = {
			{"MESSAGE", text, -1},
			{"PRIORITY", levels[level].priority, -1},
			{"SYSLOG_IDENTIFIER", "reroll", -1},
			{"RUN", run ? run : "", -1},
		};

		g_log_writer_journald(levels[level].glib, fields, run ? 4 : 3,
				      NULL);
		return;
	}
	fprintf(stderr, "reroll: %s: %s%s%s%s\n", levels[level].name, text,
		run ? " (run " : "", run ? run : "", run ? ")" : "");
}
