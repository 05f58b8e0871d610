/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of look.h share. Private to the room. */
#ifndef SERVE_LOOK_INTERNAL_H
#define SERVE_LOOK_INTERNAL_H

#include <stdbool.h>

#include "serve/look.h"

/* One log of a run, for a request that names it, or their list. */
struct look_log {
	const char *state_dir, *run;
	const char *name; /* NULL: the list */
	gint64 offset;
	bool ended;
};

json_t *look_log(const struct look_log *log, GError **error);

#endif
