/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a command finds the daemon of a site, or what it has left, and says of a
 * run what people want to know. Private to the commands.
 */
#ifndef CMD_ASK_H
#define CMD_ASK_H

#include <jansson.h>

#include "cmd/cmd.h"

struct ask {
	char *site_path; /* as the options have it; NULL: the usual one */
	struct site *site;
	char *socket;
	char *without; /* why an answer is not the daemon's; NULL: it is */
};

void ask_clear(struct ask *ask);

/* The --site option of an ask. */
#define ASK_SITE_OPTION(ask)                                              \
	{                                                                 \
		"site", 's', 0, G_OPTION_ARG_FILENAME, &(ask)->site_path, \
			"site file (default: ./reroll.yaml "              \
			"or " REROLL_SITE_FILE ")",                       \
			"FILE"                                            \
	}

/* Read the site file. */
bool ask_open(struct ask *ask, GError **error);

/* What only the daemon can do: TEMP, with how to start it, when none runs.
 * `request` is taken. */
json_t *ask_daemon(const struct ask *ask, json_t *request, GError **error);

/* What can be looked at: from the daemon, or, when it does not answer, from
 * what it has left. `request` is taken. */
json_t *ask_look(struct ask *ask, json_t *request, GError **error);

/* Tell a daemon, if one listens, that there is something new. */
void ask_wake(const struct ask *ask);

/* A member as one line of text, "" for null; to be freed. */
char *ask_text(const json_t *object, const char *name);
gint64 ask_number(const json_t *object, const char *name);
bool ask_is_null(const json_t *object, const char *name);

/* "name v2 of somebody"; to be freed. */
char *ask_series(const json_t *run);

/* What a status says, for people: of the runs and all about them, of the
 * daemon itself. */
void print_runs(const json_t *status);
void print_daemon(json_t *status, const struct ask *ask);

#endif
