/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the site file; the table of its keys is site-schema.c.
 */
#include "config/site.h"

#include <string.h>

#include "base/base.h"
#include "config/file.h"
#include "config/site-internal.h"

struct site *site_default(void)
{
	struct site *site = g_new0(struct site, 1);

	site->dir = g_get_current_dir();
	schema_fill_defaults(&site_form, site->dir, site);
	return site;
}

void site_free(struct site *site)
{
	if (!site)
		return;
	schema_clear(&site_form, site);
	g_free(site->file);
	g_free(site->dir);
	g_free(site);
}

/* Names of one list of rows, each of which must stand once. */
static void check_names(const struct schema_reader *reader,
			const struct node *root, const char *key)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const struct node *rows = node_value(root, key);

	for (guint i = 0; rows && i < rows->items->len; i++) {
		const struct node *name = node_value(rows->items->pdata[i],
						     "name");
		g_autofree char *quoted = text_quote(name->text, -1);

		if (!g_hash_table_add(seen, name->text))
			schema_problem(reader, name,
				       "found the name %s a second time in "
				       "%s, expected another",
				       quoted, key);
	}
}

struct site *site_parse(const char *text, gsize len, const char *file,
			struct problems *problems)
{
	static const char *const named[] = {"sources", "labs", "rootfs", NULL};
	guint before = problems_count(problems);
	g_autofree char *absolute = g_canonicalize_filename(file, NULL);
	g_autoptr(site_t) site = NULL;
	g_autoptr(node_tree_t) tree = yaml_read(text, len, file,
						&yaml_limits_default, problems);
	struct schema_reader reader = {file, NULL, problems};

	if (!tree)
		return NULL;
	site = g_new0(struct site, 1);
	site->file = g_strdup(file);
	site->dir = g_path_get_dirname(absolute);
	reader.dir = site->dir;
	schema_fill(&site_form, tree->root, &reader, site);
	problems_sort(problems, before, file);
	if (problems_count(problems) > before)
		return NULL;
	for (gsize i = 0; named[i]; i++)
		check_names(&reader, tree->root, named[i]);
	if (problems_count(problems) > before)
		return NULL;
	return g_steal_pointer(&site);
}

struct site *site_load(const char *path, struct problems *problems)
{
	gsize len;
	g_autofree char *text = file_read(path, YAML_BYTES, &len, problems);

	return text ? site_parse(text, len, path, problems) : NULL;
}

char *site_print(const struct site *site)
{
	return schema_print(&site_form, site);
}

const struct tree_config *site_tree(const struct site *site, const char *name)
{
	for (guint i = 0; i < site->trees->len; i++) {
		const struct tree_config *tree = site->trees->pdata[i];

		if (!name || strcmp(tree->name, name) == 0)
			return tree;
	}
	return NULL;
}

bool site_has_toolchain(const struct site *site, const char *name)
{
	for (guint i = 0; i < site->toolchains->len; i++) {
		const struct toolchain *toolchain = site->toolchains->pdata[i];

		if (strcmp(toolchain->name, name) == 0)
			return true;
	}
	return false;
}
