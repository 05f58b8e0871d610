/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading projects. The table of keys is project-schema.c, what belongs to a
 * project is decided in match.c.
 */
#include "config/project.h"

#include <string.h>

#include "base/base.h"
#include "config/arch.h"
#include "config/file.h"
#include "config/project-internal.h"

#define FRAGMENT_BYTES (1 << 20)

void build_rule_free(gpointer row)
{
	const struct schema_key *key = project_form.keys;

	while (key->type != KEY_ROWS)
		key++;
	schema_clear(key->form, row);
	g_free(row);
}

void build_input_free(gpointer data)
{
	struct build_input *input = data;

	g_free(input->name);
	g_free(input->build);
	g_free(input->path);
	g_free(input);
}

struct build_input *build_input_copy(const struct build_input *input)
{
	struct build_input *copy = g_new0(struct build_input, 1);

	copy->name = g_strdup(input->name);
	copy->build = g_strdup(input->build);
	copy->path = g_strdup(input->path);
	return copy;
}

/* A line of a fragment: blank, a remark, or a symbol with its value. */
static bool is_fragment_line(const char *line)
{
	gsize name;

	if (!*line || *line == '#')
		return true;
	if (!g_str_has_prefix(line, "CONFIG_"))
		return false;
	name = strspn(line + 7, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789_");
	return name > 0 && line[7 + name] == '=' && line[8 + name];
}

/* Told at (line, column), or at the lines of a file of its own. */
static void check_lines(const struct schema_reader *reader, const char *file,
			const struct node *at, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_autofree char *quoted = NULL;

		g_strstrip(lines[i]);
		if (is_fragment_line(lines[i]))
			continue;
		quoted = text_quote(lines[i], -1);
		problems_add(reader->problems, file, at ? at->line : i + 1,
			     at ? at->column : 1,
			     "found %s, expected CONFIG_X=y or "
			     "# CONFIG_X is not set",
			     quoted);
	}
}

/*
 * A fragment that is not beside the project file is no problem here: it may
 * come from the base tree, which the plan of a build knows.
 */
static void check_fragment(const struct schema_reader *reader,
			   const struct node *item)
{
	g_autofree char *path = NULL, *text = NULL;
	gsize len;

	if (g_str_has_prefix(item->text, "CONFIG_") ||
	    g_str_has_prefix(item->text, "# CONFIG_")) {
		check_lines(reader, reader->file, item, item->text);
		return;
	}
	path = g_build_filename(reader->dir, item->text, NULL);
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return;
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		g_autofree char *quoted = text_quote(item->text, -1);

		schema_problem(reader, item,
			       "found %s to be no regular file, expected a "
			       "fragment",
			       quoted);
		return;
	}
	text = file_read(path, FRAGMENT_BYTES, &len, reader->problems);
	if (text)
		check_lines(reader, path, NULL, text);
}

static bool list_has(const GPtrArray *list, const char *text)
{
	for (guint i = 0; i < list->len; i++) {
		if (strcmp(list->pdata[i], text) == 0)
			return true;
	}
	return false;
}

static void check_without(const struct schema_reader *reader,
			  const struct node *node,
			  const struct build_rule *rule)
{
	const struct node *without = node_value(node, "without");

	for (guint i = 0; i < rule->without->len; i++) {
		g_autofree char *quoted = NULL;

		if (list_has(rule->config, rule->without->pdata[i]))
			continue;
		quoted = text_quote(rule->without->pdata[i], -1);
		schema_problem(reader, without->items->pdata[i],
			       "found %s, expected one of the fragments in "
			       "config",
			       quoted);
	}
}

/* Keys of one recipe that stand in the other. */
static void check_recipe(const struct schema_reader *reader,
			 const struct node *node, const struct build_rule *rule)
{
	static const struct {
		enum recipe_kind recipe;
		const char *key, *expected;
	} only[] = {
		{RECIPE_SCRIPT, "command", "recipe: script with it"},
		{RECIPE_KBUILD, "defconfig", "recipe: kbuild with it"},
		{RECIPE_KBUILD, "config", "recipe: kbuild with it"},
		{RECIPE_KBUILD, "without", "recipe: kbuild with it"},
		{RECIPE_KBUILD, "targets", "recipe: kbuild with it"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(only); i++) {
		const struct node *value = node_value(node, only[i].key);

		if (value && only[i].recipe != rule->recipe &&
		    (value->kind == NODE_SCALAR || value->items->len > 0))
			schema_problem(reader, value,
				       "found the key \"%s\", expected %s",
				       only[i].key, only[i].expected);
	}
}

/* A name is that of one build; a folder that of one input. */
static void check_names(const struct schema_reader *reader,
			const struct node *node, const struct build_rule *rule)
{
	const struct node *inputs = node_value(node, "inputs");
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	if (rule->anoint &&
	    (rule->defconfig->len > 1 || rule->toolchain->len > 1 ||
	     rule->without->len > 0))
		schema_problem(reader, node_value(node, "anoint"),
			       "found the key \"anoint\" with several builds, "
			       "expected one defconfig, one toolchain and "
			       "nothing left out");
	for (guint i = 0; inputs && i < rule->inputs->len; i++) {
		const struct build_input *input = rule->inputs->pdata[i];

		if (!g_hash_table_add(names, input->name))
			schema_problem(
				reader, inputs->items->pdata[i],
				"found two inputs named \"%s\", expected "
				"a name for each",
				input->name);
	}
}

void build_rule_check(const struct schema_reader *reader,
		      const struct node *node, gpointer row)
{
	struct build_rule *rule = row;
	const struct arch *machine = arch_of_machine();
	const struct node *config = node_value(node, "config");

	check_recipe(reader, node, rule);
	check_without(reader, node, rule);
	check_names(reader, node, rule);
	if (rule->recipe == RECIPE_SCRIPT && !rule->command)
		schema_problem(reader, node,
			       "found no key \"command\", expected it with the "
			       "recipe script");
	if (rule->recipe == RECIPE_SCRIPT && !rule->arch && machine)
		rule->arch = g_strdup(machine->name);
	if (!rule->arch)
		schema_problem(reader, node,
			       "found no key \"arch\", expected it with the "
			       "name of an architecture");
	for (guint i = 0; config && i < config->items->len; i++)
		check_fragment(reader, config->items->pdata[i]);
}

void project_free(struct project *project)
{
	if (!project)
		return;
	schema_clear(&project_form, project);
	g_free(project->file);
	g_free(project->dir);
	g_free(project);
}

struct project *project_parse(const char *text, gsize len, const char *file,
			      struct problems *problems)
{
	guint before = problems_count(problems);
	g_autofree char *absolute = g_canonicalize_filename(file, NULL);
	g_autoptr(project_t) project = NULL;
	g_autoptr(node_tree_t) tree = yaml_read(text, len, file,
						&yaml_limits_default, problems);
	struct schema_reader reader = {file, NULL, problems};

	if (!tree)
		return NULL;
	project = g_new0(struct project, 1);
	project->file = g_strdup(file);
	project->dir = g_path_get_dirname(absolute);
	reader.dir = project->dir;
	schema_fill(&project_form, tree->root, &reader, project);
	problems_sort(problems, before, file);
	if (problems_count(problems) > before)
		return NULL;
	return g_steal_pointer(&project);
}

struct project *project_load(const char *path, struct problems *problems)
{
	gsize len;
	g_autofree char *text = file_read(path, YAML_BYTES, &len, problems);

	return text ? project_parse(text, len, path, problems) : NULL;
}

/* The project is kept when its name is new. */
static void add_project(GPtrArray *projects, struct project *project,
			struct problems *problems)
{
	for (guint i = 0; i < projects->len; i++) {
		const struct project *other = projects->pdata[i];

		if (strcmp(other->name, project->name) == 0) {
			g_autofree char *quoted = text_quote(project->name, -1);

			problems_add(problems, project->file, 0, 0,
				     "found the project name %s, expected one "
				     "that %s does not have",
				     quoted, other->file);
		}
	}
	g_ptr_array_add(projects, project);
}

GPtrArray *projects_load(const char *path, struct problems *problems)
{
	guint before = problems_count(problems);
	g_autoptr(GPtrArray) files = file_list_yaml(path);
	g_autoptr(GPtrArray) projects = g_ptr_array_new_with_free_func(
		(GDestroyNotify)project_free);

	for (guint i = 0; i < files->len; i++) {
		struct project *project = project_load(files->pdata[i],
						       problems);

		if (project)
			add_project(projects, project, problems);
	}
	if (files->len == 0)
		problems_add(problems, path, 0, 0,
			     "found no *.yaml file, expected a project");
	if (problems_count(problems) > before)
		return NULL;
	return g_steal_pointer(&projects);
}

char *project_print(const struct project *project)
{
	return schema_print(&project_form, project);
}
