/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What compilers, linkers, modpost, kconfig and make say in a build log, as
 * findings in the series' own terms. Private to the build room.
 *
 * Shapes: the log comes in pieces of any size; a line past LINE_BYTES loses its
 * tail. Files are relative to the source's top; one outside stays absolute.
 * Limits: FINDINGS_MOST different ones are kept, errors before warnings.
 */
#ifndef BUILD_DIAGNOSTICS_H
#define BUILD_DIAGNOSTICS_H

#include <glib.h>
#include <stdbool.h>

#include "report/report.h"

#define DIAGNOSTICS_MOST 2000
#define DIAGNOSTICS_LINE_BYTES 4096

struct diagnostic {
	struct finding *finding;
	char *function; /* the enclosing one as the compiler says; or NULL */
};

void diagnostic_free(struct diagnostic *diagnostic);

/*
 * What stays the same when lines move: file, enclosing function, and the text
 * without its numbers. `function` may be NULL.
 */
char *diagnostic_fingerprint(const struct finding *finding,
			     const char *function);

struct diagnostics;

/* `tops`: NULL-terminated, the folders that paths are shown relative to. */
struct diagnostics *diagnostics_new(const char *const *tops);
void diagnostics_free(struct diagnostics *diagnostics);
typedef struct diagnostics diagnostics_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(diagnostics_t, diagnostics_free)

void diagnostics_feed(struct diagnostics *diagnostics, const char *data,
		      gsize len);

/*
 * Of struct diagnostic, errors first, each once. With `failed` there is always
 * an error: the likeliest line of the log, at worst its last ones.
 */
GPtrArray *diagnostics_finish(struct diagnostics *diagnostics, bool failed);

#endif
