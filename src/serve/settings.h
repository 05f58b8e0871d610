/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that staff wrote, as one: read together, used together. A run
 * keeps what it began with while newer settings are in force for others.
 *
 * Ownership: counted; the last who lets go frees all. On the main thread.
 */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include "config/cfg.h"
#include "lab/lab.h"
#include "serve/serve.h"

struct settings {
	guint refs;
	struct site *site;
	GPtrArray *projects; /* of struct project */
	GPtrArray *boards;   /* of struct board */
	struct lab_pool *labs;
};

/* CONFIG with every problem of every file, a line each. */
struct settings *settings_load(const struct serve_options *options,
			       GError **error);
struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings *settings);
typedef struct settings settings_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(settings_t, settings_unref)

#endif
