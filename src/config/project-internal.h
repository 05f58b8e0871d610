/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the project's table and what is done with it.
 */
#ifndef CONFIG_PROJECT_INTERNAL_H
#define CONFIG_PROJECT_INTERNAL_H

#include "config/project.h"
#include "config/schema.h"

extern const struct schema project_form, suite_form;

/* What the whole project tells of its tests. */
void project_check(const struct schema_reader *reader, const struct node *node,
		   gpointer row);

void build_rule_free(gpointer row);

/* What one key of a build cannot tell alone; fragments that are beside. */
void build_rule_check(const struct schema_reader *reader,
		      const struct node *node, gpointer row);

#endif
