/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What came of a build. A build that failed because of what is in the tree is a
 * result; one that could not be done (no tool, no disk, no sandbox) is a GError
 * of the executor.
 */
#ifndef BUILD_RESULT_H
#define BUILD_RESULT_H

#include <glib.h>
#include <jansson.h>

#include "report/report.h"

enum build_status {
	BUILD_PASSED,
	BUILD_WARNED,	 /* done, but it warns where the base does not */
	BUILD_FAILED,	 /* the compiler, the config or the command said no */
	BUILD_TIMED_OUT, /* stopped at the project's time limit */
	BUILD_TOO_LARGE, /* wrote more than the project allows */
};

struct artifact {
	char *role; /* "kernel", "config", "log", "modules", "file" */
	char *path; /* below the build's artifact folder */
	guint64 size;
	char *sha256; /* hex */
};

/* A requested symbol that the final .config does not have so. */
struct lost_symbol {
	char *symbol;	/* "CONFIG_TMPFS" */
	char *wanted;	/* "y" */
	char *got;	/* "n", or "not there" */
	char *fragment; /* who asked */
	char *reason;	/* "depends on SHMEM, which is n" */
};

/* A file that the series touches and this build has not compiled. */
struct uncompiled {
	char *file;
	char *needs; /* "CONFIG_X with CONFIG_NET"; NULL: nobody knows */
};

/* The patch that brings what the build says. */
struct culprit {
	guint patch, patches; /* 2 of 3 */
	char *subject;
	bool breaks; /* else it brings a warning */
	bool mended; /* by a later one */
	char *what;  /* "kernel/sys.c:12: 'x' undeclared" */
};

struct build_result {
	enum build_status status;
	char *summary;		 /* "make exited with 2 at kernel/sys.c:12" */
	GPtrArray *findings;	 /* of struct finding; errors first */
	struct culprit *culprit; /* NULL: not known, or the only patch */
	GPtrArray *lost;	 /* of struct lost_symbol */
	GPtrArray *artifacts;	 /* of struct artifact */
	GPtrArray *uncompiled;	 /* of struct uncompiled; NULL: nobody knows */
	char *log_path;		 /* the whole log (middle cut when too long) */
	char *log_tail;		 /* its last 40 lines, printable */
	gint64 elapsed_ms, config_ms;
	bool reused; /* nothing was built: it was before */
	/* Space, memory or the machine: it may do at the next try. */
	bool transient;
};

struct build_result *build_result_new(void);
void build_result_free(struct build_result *result);
typedef struct build_result build_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(build_result_t, build_result_free)

void culprit_free(struct culprit *culprit);

/* "patch 2/3 \"sys: add a call\" breaks it: kernel/sys.c:12: ..." */
char *culprit_text(const struct culprit *culprit);

const char *build_status_name(enum build_status status); /* "passed", ... */
json_t *build_result_to_json(const struct build_result *result);

/* What build_result_to_json() wrote; NULL when it is anything else. */
struct build_result *build_result_from_json(json_t *json);

#endif
