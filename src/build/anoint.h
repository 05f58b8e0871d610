/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anointed builds: a kept result that staff, or a project's rule, marked as
 * good under a name, for other builds to take as input: a kernel for an
 * installer, modules for another run. It is pinned while the name holds.
 *
 * Shape, beside the kinds of the keep: anointed/NAME.json is which result it
 * is, since when, and which were revoked; anointed/NAME.uses has a line of JSON
 * for each build that used it, and only grows.
 * Units: names are letters, digits, ".", "_" and "-", at most 64, no "." first.
 * Errors: CONFIG a name that is none; NOT_FOUND nothing is kept, or anointed,
 * as that; CONFLICT it may not be anointed: the message says why; TEMP disk.
 */
#ifndef BUILD_ANOINT_H
#define BUILD_ANOINT_H

#include <gio/gio.h>
#include <stdbool.h>

#include "build/keep.h"

struct anointed_use {
	char *project, *build, *run; /* "" where it is not known */
	char *key;		     /* of the result that was used */
	gint64 at;
};

struct anointed {
	char *name;
	char *key;	 /* of "results"; NULL: revoked */
	gint64 at;	 /* of the last change */
	GPtrArray *bad;	 /* of char *: keys that were revoked */
	GPtrArray *uses; /* of struct anointed_use, oldest first */
};

void anointed_free(struct anointed *anointed);
typedef struct anointed anointed_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(anointed_t, anointed_free)

/* Of struct anointed, by name; those that were revoked too. */
GPtrArray *anointed_list(struct keep *keep);

/* NOT_FOUND when there never was one of that name. */
struct anointed *anointed_find(struct keep *keep, const char *name,
			       GError **error);

/*
 * Give the name to results/KEY, taking it from another. The result must have
 * passed, on a base that did. One that was revoked under this name is anointed
 * again only with `again`.
 */
bool anoint(struct keep *keep, const char *key, const char *name, bool again,
	    GError **error);

/* The name holds for nothing any more. */
bool anoint_revoke(struct keep *keep, const char *name, GError **error);

/* Note who used it; `use`'s date is set here. */
bool anoint_use(struct keep *keep, const char *name,
		const struct anointed_use *use, GError **error);

#endif
