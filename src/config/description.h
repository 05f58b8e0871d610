/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The submitter's own test description, a small YAML file that comes in the
 * series. It is a stranger's: the same schema checks, but every problem is told
 * to its author, and limits are tight (64 KiB, 100 steps).
 *
 * suite: dummy                  # name of the tests; letters, digits, . _ -
 * project: HTS Syscall          # optional: must be the project's name
 * path: dummy.yaml              # a LAVA test definition beside it, or
 * steps: ["./dummy"]            # the commands themselves
 * expect: [dummy-1, dummy-2]    # optional: cases that must report
 */
#ifndef CONFIG_DESCRIPTION_H
#define CONFIG_DESCRIPTION_H

#include <glib.h>

#include "config/problems.h"

#define DESCRIPTION_BYTES (64 << 10)

struct description {
	char *file; /* where it stands: in the series, its path there */
	char *suite;
	char *project;
	char *path;
	GPtrArray *steps, *expect; /* of char * */
};

struct description *description_parse(const char *text, gsize len,
				      const char *file,
				      struct problems *problems);

/* The same from a file, for `reroll lint`. */
struct description *description_load(const char *path,
				     struct problems *problems);
void description_free(struct description *description);
typedef struct description description_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(description_t, description_free)

#endif
