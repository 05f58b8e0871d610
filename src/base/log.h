/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line an event, noun first, no last stop: log_event(LOG_INFO, run, "build
 * %s finished in %d ms", ...). Goes to the journal with fields when stderr is
 * the journal, else to stderr as one plain line. Foreign text in an argument is
 * passed through text_quote(). Secrets never.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <glib.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* The least important level that is still written; WARNING at the start. */
void log_set_level(enum log_level level);

/*
 * `run` (an id, NULL when there is none) becomes the field RUN=; what is known
 * of that run PROJECT= and SERIES=.
 */
void log_event(enum log_level level, const char *run, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/*
 * From now on events of this run are about that project and series; either may
 * be NULL. Until it is forgotten, when the run ends.
 */
void log_describe_run(const char *run, const char *project, const char *series);
void log_forget_run(const char *run);

#endif
