/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test definitions in LAVA's own format (Lava-Test Test Definition 1.0), read
 * to be run on any lab: what a lab cannot do is a problem with its place, seen
 * before a machine is used. It may be a stranger's: limits are tight.
 *
 * metadata: {format, name, description, os: [], scope: [], devices: [], ...}
 * params: {NAME: value}            # or `parameters`
 * install: {steps: [...]}          # what needs a network is refused
 * run: {steps: [...]}
 *
 * Shapes: texts are UTF-8 without control characters but for the newline and
 * the tab in a step. Lists are never NULL. Limits: 64 KiB, 1000 steps.
 */
#ifndef CONFIG_TESTDEF_H
#define CONFIG_TESTDEF_H

#include <glib.h>

#include "config/problems.h"

#define TEST_DEFINITION_BYTES (64 << 10)
#define TEST_DEFINITION_STEPS 1000

struct test_param {
	char *name, *value; /* name: of a shell variable */
};

struct test_param *test_param_new(const char *name, const char *value);

struct test_definition {
	char *file;
	char *name;	   /* letters, digits, . _ - */
	char *description; /* NULL: none */
	GPtrArray *params; /* of struct test_param */
	GPtrArray *steps;  /* of char *: those of install, then those of run */
	char *text;	   /* as it was read; YAML in any case */
};

struct test_definition *test_definition_parse(const char *text, gsize len,
					      const char *file,
					      struct problems *problems);
struct test_definition *test_definition_load(const char *path,
					     struct problems *problems);
void test_definition_free(struct test_definition *definition);
typedef struct test_definition test_definition_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(test_definition_t, test_definition_free)

/*
 * The definition that the submitter's description amounts to, when it lists
 * commands itself; NULL when it names a file.
 */
struct description;
struct test_definition *
test_definition_from_description(const struct description *description);

#endif
