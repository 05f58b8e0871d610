/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A git repository with one source file, and builds of it by the local
 * executor. Every build is checked to leave no process and no private folder.
 */
#ifndef EXECUTOR_FIXTURE_H
#define EXECUTOR_FIXTURE_H

#include "test-build.h"

#include "build/build-internal.h"

struct fixture {
	struct tempdir *dir;
	char *repo, *work, *out, *mark;
	char *base, *tree; /* ids */
	const struct build_patch *patches;
	guint n_patches;
	struct keep *keep;
	struct build_spec spec;
	char *id, *command, *toolchain;
	GString *lines; /* of progress */
	GMainContext *seen_in;
	bool no_sandbox, verify, make_base, fresh;
};

#define FIXTURE_CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_set_up, fixture_tear_down)

#define COMPILE "mkdir -p obj; gcc -Wall -c src/a.c -o obj/a.o"
#define CLEAN "int f(void);\nint f(void)\n{\n\treturn 1;\n}\n"
#define WARNS "int g(void);\nint g(void)\n{\n\tint unused;\n\treturn 1;\n}\n"

int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* Other sources: what was there before becomes the base. */
void fixture_set_source(struct fixture *fixture, const char *text);

/* The tree id of what is in the repository's folder now. */
char *fixture_take_tree(const struct fixture *fixture);

void fixture_set_command(struct fixture *fixture, const char *command);

/* A small tree that offers what a kernel's Makefile does. */
void fixture_set_kernel(struct fixture *fixture, const char *fragment);

struct build_result *fixture_build(struct fixture *fixture,
				   GCancellable *cancellable, GError **error);
struct build_result *fixture_build_ok(struct fixture *fixture);

const struct finding *result_finding(const struct build_result *result,
				     guint i);
const struct artifact *result_artifact(const struct build_result *result,
				       const char *role);

#endif
