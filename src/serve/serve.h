/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's room: what leads events to replies for ever, and how the other
 * commands talk to it.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <glib.h>
#include <stdbool.h>

#include "serve/bring.h"
#include "serve/control.h"
#include "serve/look.h"
#include "serve/ops.h"
#include "serve/room.h"

struct serve_options {
	const char *site_path;	   /* NULL: there is none */
	const char *projects_path; /* overrides the site's; or NULL */
	const char *dry_maildir;   /* replies go there; NULL: to the server */
	bool no_sandbox;
	bool until_idle; /* end when nothing is left to do; idle.c says what */
};

/*
 * Run until SIGTERM or SIGINT. CONFIG when what staff wrote cannot be used;
 * CONFLICT when another daemon has the state folder; TEMP when the store cannot
 * be opened. State is what the store has: it can be killed at any instruction,
 * and the next one goes on from there.
 */
bool serve_run(const struct serve_options *options, GError **error);

#endif
