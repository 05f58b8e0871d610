// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference tests of a project: rows that say where a definition comes
 * from. One that is written in the row, or stands beside the project file, is
 * read here already, so that lint tells what is wrong with it.
 */
#include <string.h>

#include "base/base.h"
#include "config/project-internal.h"
#include "config/testdef-internal.h"

/* In the order of enum suite_from. */
static const char *const from_words[] = {"file", "inline", "git", "url", NULL};

static void suite_rule_free(gpointer row)
{
	schema_clear(&suite_form, row);
	g_free(row);
}

/* What a row of each kind needs; a key that another kind needs is amiss. */
static const struct {
	const char *key;
	enum suite_from from;
	bool needed;
} kind_keys[] = {
	{"path", SUITE_FILE, true},	 {"definition", SUITE_INLINE, true},
	{"repository", SUITE_GIT, true}, {"path", SUITE_GIT, true},
	{"branch", SUITE_GIT, false},	 {"revision", SUITE_GIT, false},
	{"url", SUITE_URL, true},	 {"sha256", SUITE_URL, true},
};

static bool kind_takes(enum suite_from from, const char *key)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kind_keys); i++) {
		if (kind_keys[i].from == from &&
		    strcmp(kind_keys[i].key, key) == 0)
			return true;
	}
	return false;
}

static void check_keys(const struct schema_reader *reader,
		       const struct node *node, const struct suite_rule *rule)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kind_keys); i++) {
		const char *key = kind_keys[i].key;
		const struct node *value = node_value(node, key);

		if (kind_keys[i].from == rule->from && kind_keys[i].needed &&
		    !value)
			schema_problem(reader, node,
				       "found no key \"%s\", expected it with "
				       "from: %s",
				       key, from_words[rule->from]);
		if (value && kind_keys[i].from != rule->from &&
		    !kind_takes(rule->from, key))
			schema_problem(reader, value,
				       "found the key \"%s\", expected from: "
				       "%s with it",
				       key, from_words[kind_keys[i].from]);
	}
}

/* Its lines are told from the first of the text on. */
static void check_inline(const struct schema_reader *reader,
			 const struct node *node, const char *text)
{
	g_autoptr(problems_t) problems = problems_new();

	test_definition_free(test_definition_parse(text, strlen(text),
						   reader->file, problems));
	for (guint i = 0; i < problems->list->len; i++) {
		const struct problem *problem = problems->list->pdata[i];

		schema_problem(reader, node, "in line %u of the definition: %s",
			       MAX(problem->line, 1), problem->text);
	}
}

/* One that is not there may be in the base tree. */
static void check_beside(const struct schema_reader *reader, const char *path)
{
	g_autofree char *file = g_build_filename(reader->dir, path, NULL);

	if (g_file_test(file, G_FILE_TEST_EXISTS))
		test_definition_free(
			test_definition_load(file, reader->problems));
}

static void suite_rule_check(const struct schema_reader *reader,
			     const struct node *node, gpointer row)
{
	const struct suite_rule *rule = row;

	check_keys(reader, node, rule);
	if (rule->from == SUITE_FILE && rule->path)
		check_beside(reader, rule->path);
	if (rule->from == SUITE_INLINE && rule->definition)
		check_inline(reader, node_value(node, "definition"),
			     rule->definition);
}

void project_check(const struct schema_reader *reader, const struct node *node,
		   gpointer row)
{
	const struct project *project = row;

	(void)node;
	if (project->tests.path)
		check_beside(reader, project->tests.path);
}

const struct schema suite_form = {
	.size = sizeof(struct suite_rule),
	.free = suite_rule_free,
	.check = suite_rule_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(suite_rule, name),
		 .expect = expect_word,
		 .doc = "The name of the suite; without it that of the "
			"definition"},
		{"from", KEY_WORD, FIELD(suite_rule, from), .fallback = "file",
		 .words = from_words,
		 .doc = "Where the definition is: a file beside the project "
			"file or else in the base tree, in this row, in a git "
			"repository, or at a URL"},
		{"path", KEY_TEXT, FIELD(suite_rule, path),
		 .expect = expect_inside,
		 .doc = "The file; its steps start in its folder, unless that "
			"is the project file's, and of a git repository at its "
			"top"},
		{"definition", KEY_LINES, FIELD(suite_rule, definition),
		 .doc = "The text of the definition, with from: inline"},
		{"repository", KEY_TEXT, FIELD(suite_rule, repository),
		 .expect = expect_url, .doc = "The URL of a git repository"},
		{"branch", KEY_TEXT, FIELD(suite_rule, branch),
		 .expect = expect_base,
		 .doc = "A branch of it; without one HEAD"},
		{"revision", KEY_TEXT, FIELD(suite_rule, revision),
		 .expect = expect_word,
		 .doc = "A commit of it, or a tag; without one the newest of "
			"the branch"},
		{"url", KEY_TEXT, FIELD(suite_rule, url), .expect = expect_url,
		 .doc = "Where the definition is fetched from"},
		{"sha256", KEY_TEXT, FIELD(suite_rule, sha256),
		 .expect = expect_sha256,
		 .doc = "The checksum that it must have there"},
		{"parameters", KEY_NAMED, FIELD(suite_rule, parameters),
		 .form = &test_param_form, .expect = expect_variable,
		 .most = 200,
		 .doc = "Values in the place of the definition's own params"},
		{"expect", KEY_LIST, FIELD(suite_rule, expect),
		 .item = KEY_TEXT, .most = 1000,
		 .doc = "Test cases that must report"},
		{NULL},
	}};
