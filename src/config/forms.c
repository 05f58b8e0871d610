/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/forms.h"

#include <string.h>

#include "config/board-internal.h"
#include "config/file.h"
#include "config/project-internal.h"
#include "config/site-internal.h"

/* A person has a name as well. */
static enum form_kind guess_list(const struct node *list)
{
	for (guint i = 0; i < list->items->len; i++) {
		if (schema_known_keys(&board_form, list->items->pdata[i]) > 1)
			return FORM_BOARDS;
	}
	return FORM_ROSTER;
}

enum form_kind form_guess(const char *path)
{
	/* Larger than any one form takes, as the form is not known yet. */
	static const struct yaml_limits limits = {4 << 20, 1 << 20};
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t) tree = NULL;
	g_autofree char *text = NULL;
	gsize len;

	if (g_str_has_suffix(path, ".csv"))
		return FORM_ROSTER;
	text = file_read(path, limits.bytes, &len, problems);
	if (text)
		tree = yaml_read(text, len, path, &limits, problems);
	if (!tree)
		return FORM_PROJECT;
	if (tree->root->kind == NODE_LIST)
		return guess_list(tree->root);
	if (node_value(tree->root, "suite"))
		return FORM_DESCRIPTION;
	if (node_value(tree->root, "metadata") || node_value(tree->root, "run"))
		return FORM_TESTDEF;
	return schema_known_keys(&site_form, tree->root) >
			       schema_known_keys(&project_form, tree->root)
		       ? FORM_SITE
		       : FORM_PROJECT;
}

char *form_document(const char *name)
{
	if (strcmp(name, "project") == 0)
		return schema_document(&project_form);
	if (strcmp(name, "site") == 0)
		return schema_document(&site_form);
	if (strcmp(name, "boards") == 0)
		return schema_document(&board_form);
	return NULL;
}
