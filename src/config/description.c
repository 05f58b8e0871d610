/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/description.h"

#include "base/base.h"
#include "config/file.h"
#include "config/schema.h"

#define STEPS_MOST 100
#define EXPECT_MOST 1000

static const struct yaml_limits limits = {DESCRIPTION_BYTES, 2000};

static void description_check(const struct schema_reader *reader,
			      const struct node *node, gpointer row)
{
	const struct description *description = row;

	if (!description->path == !description->steps->len)
		schema_problem(reader, node,
			       "found %s, expected one of \"path\" and "
			       "\"steps\"",
			       description->path ? "both" : "neither");
}

static const struct schema description_form = {
	.size = sizeof(struct description),
	.check = description_check,
	.keys = (const struct schema_key[]){
		{"suite", KEY_TEXT, FIELD(description, suite),
		 .flags = KEY_REQUIRED, .expect = expect_word,
		 .doc = "The name of the tests"},
		{"project", KEY_TEXT, FIELD(description, project),
		 .doc = "The project they are for; must be its name"},
		{"path", KEY_TEXT, FIELD(description, path),
		 .expect = expect_inside,
		 .doc = "A LAVA test definition beside the description"},
		{"steps", KEY_LIST, FIELD(description, steps),
		 .item = KEY_LINES, .most = STEPS_MOST,
		 .doc = "The commands themselves"},
		{"expect", KEY_LIST, FIELD(description, expect),
		 .item = KEY_TEXT, .expect = expect_word, .most = EXPECT_MOST,
		 .doc = "Test cases that must report"},
		{NULL},
	}};

struct description *description_parse(const char *text, gsize len,
				      const char *file,
				      struct problems *problems)
{
	guint before = problems_count(problems);
	g_autoptr(description_t) description = NULL;
	g_autoptr(node_tree_t)
		tree = yaml_read(text, len, file, &limits, problems);
	struct schema_reader reader = {file, "/", problems};

	if (!tree)
		return NULL;
	description = g_new0(struct description, 1);
	description->file = g_strdup(file);
	schema_fill(&description_form, tree->root, &reader, description);
	problems_sort(problems, before, file);
	if (problems_count(problems) > before)
		return NULL;
	return g_steal_pointer(&description);
}

struct description *description_load(const char *path,
				     struct problems *problems)
{
	gsize len;
	g_autofree char *text = file_read(path, DESCRIPTION_BYTES, &len,
					  problems);

	return text ? description_parse(text, len, path, problems) : NULL;
}

void description_free(struct description *description)
{
	if (!description)
		return;
	schema_clear(&description_form, description);
	g_free(description->file);
	g_free(description);
}
