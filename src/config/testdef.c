// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The form of a test definition as LAVA 2023.01 has it. What a lab would get
 * from a network is refused here, where its place is known.
 */
#include "config/testdef.h"

#include <string.h>

#include "base/base.h"
#include "config/description.h"
#include "config/file.h"
#include "config/testdef-internal.h"

#define FORMAT "Lava-Test Test Definition 1.0"
#define PARAMS_MOST 200
#define NO_NETWORK \
	"the machine has no network: put it into the root file system"

static const struct yaml_limits limits = {TEST_DEFINITION_BYTES, 4000};

/* What the keys are read into. */
struct keys {
	char *format, *name, *description, *version;
	GPtrArray *environment, *devices, *maintainer, *scope, *os;
	GPtrArray *params, *parameters; /* of struct test_param */
	GPtrArray *install, *run;
};

static void param_free(gpointer data)
{
	struct test_param *param = data;

	g_free(param->name);
	g_free(param->value);
	g_free(param);
}

struct test_param *test_param_new(const char *name, const char *value)
{
	struct test_param *param = g_new0(struct test_param, 1);

	param->name = g_strdup(name);
	param->value = g_strdup(value);
	return param;
}

const struct schema test_param_form = {
	.size = sizeof(struct test_param),
	.name = offsetof(struct test_param, name),
	.free = param_free,
	.keys = (const struct schema_key[]){
		{"", KEY_LINES, FIELD(test_param, value), .flags = KEY_EMPTY,
		 .doc = "Its value"},
		{NULL},
	}};

static const char *const formats[] = {FORMAT, NULL};

static const struct schema metadata_form = {
	.keys = (const struct schema_key[]){
		{"format", KEY_TEXT, FIELD(keys, format), .flags = KEY_REQUIRED,
		 .words = formats, .doc = "The format that the file is in"},
		{"name", KEY_TEXT, FIELD(keys, name), .flags = KEY_REQUIRED,
		 .expect = expect_word, .doc = "The name of the tests"},
		{"description", KEY_LINES, FIELD(keys, description),
		 .flags = KEY_EMPTY, .doc = "What they are for"},
		{"version", KEY_TEXT, FIELD(keys, version),
		 .doc = "The version of the definition"},
		{"environment", KEY_LIST, FIELD(keys, environment),
		 .item = KEY_TEXT, .doc = "What runs them: lava-test-shell"},
		{"devices", KEY_LIST, FIELD(keys, devices), .item = KEY_TEXT,
		 .doc = "Device types that they were tried on"},
		{"maintainer", KEY_LIST, FIELD(keys, maintainer),
		 .item = KEY_TEXT, .doc = "Who looks after them"},
		{"scope", KEY_LIST, FIELD(keys, scope), .item = KEY_TEXT,
		 .doc = "What they are about"},
		{"os", KEY_LIST, FIELD(keys, os), .item = KEY_TEXT,
		 .doc = "Systems that they run on"},
		{NULL},
	}};

static const struct schema install_form = {
	.keys = (const struct schema_key[]){
		{"steps", KEY_LIST, FIELD(keys, install), .item = KEY_LINES,
		 .most = TEST_DEFINITION_STEPS,
		 .doc = "Commands before those of run"},
		{"deps", KEY_REFUSED, .doc = NO_NETWORK},
		{"git-repos", KEY_REFUSED, .doc = NO_NETWORK},
		{"keys", KEY_REFUSED, .doc = NO_NETWORK},
		{"sources", KEY_REFUSED, .doc = NO_NETWORK},
		{NULL},
	}};

static const struct schema run_form = {
	.keys = (const struct schema_key[]){
		{"steps", KEY_LIST, FIELD(keys, run), .item = KEY_LINES,
		 .flags = KEY_REQUIRED, .most = TEST_DEFINITION_STEPS,
		 .doc = "The commands"},
		{NULL},
	}};

static void check(const struct schema_reader *reader, const struct node *node,
		  gpointer row)
{
	const struct keys *keys = row;
	const struct node *second = node_value(node, "parameters");

	if (keys->install->len + keys->run->len == 0)
		schema_problem(reader, node,
			       "found no step, expected one in run: steps");
	if (keys->params->len > 0 && keys->parameters->len > 0)
		schema_problem(reader, second,
			       "found the key \"parameters\" beside "
			       "\"params\", expected one of them");
}

static const struct schema form = {
	.size = sizeof(struct keys),
	.check = check,
	.keys = (const struct schema_key[]){
		{"metadata", KEY_SECTION, .form = &metadata_form,
		 .flags = KEY_REQUIRED, .doc = "What the file is"},
		{"params", KEY_NAMED, FIELD(keys, params),
		 .form = &test_param_form, .expect = expect_variable,
		 .most = PARAMS_MOST,
		 .doc = "Variables of the shell that runs the steps"},
		{"parameters", KEY_NAMED, FIELD(keys, parameters),
		 .form = &test_param_form, .expect = expect_variable,
		 .most = PARAMS_MOST, .doc = "The same as params"},
		{"install", KEY_SECTION, .form = &install_form,
		 .doc = "What comes before the tests"},
		{"run", KEY_SECTION, .form = &run_form, .flags = KEY_REQUIRED,
		 .doc = "The tests"},
		{"parse", KEY_REFUSED,
		 .doc = "no output is searched for results: report them with "
			"lava-test-case"},
		{NULL},
	}};

static void move_all(GPtrArray *to, GPtrArray **from)
{
	g_ptr_array_extend_and_steal(to, g_steal_pointer(from));
}

static struct test_definition *definition_new(const char *file)
{
	struct test_definition *definition = g_new0(struct test_definition, 1);

	definition->file = g_strdup(file);
	definition->params = g_ptr_array_new_with_free_func(param_free);
	definition->steps = g_ptr_array_new_with_free_func(g_free);
	return definition;
}

static struct test_definition *take_keys(struct keys *keys, const char *file)
{
	struct test_definition *definition = definition_new(file);

	definition->name = g_steal_pointer(&keys->name);
	if (keys->description && *keys->description)
		definition->description = g_steal_pointer(&keys->description);
	move_all(definition->params, &keys->params);
	move_all(definition->params, &keys->parameters);
	move_all(definition->steps, &keys->install);
	move_all(definition->steps, &keys->run);
	return definition;
}

struct test_definition *test_definition_parse(const char *text, gsize len,
					      const char *file,
					      struct problems *problems)
{
	guint before = problems_count(problems);
	g_autoptr(test_definition_t) definition = NULL;
	g_autoptr(node_tree_t)
		tree = yaml_read(text, len, file, &limits, problems);
	struct schema_reader reader = {file, "/", problems};
	struct keys keys = {NULL};

	if (!tree)
		return NULL;
	schema_fill(&form, tree->root, &reader, &keys);
	problems_sort(problems, before, file);
	if (problems_count(problems) == before) {
		definition = take_keys(&keys, file);
		definition->text = g_strndup(text, len);
	}
	schema_clear(&form, &keys);
	return g_steal_pointer(&definition);
}

struct test_definition *test_definition_load(const char *path,
					     struct problems *problems)
{
	gsize len;
	g_autofree char *text = file_read(path, TEST_DEFINITION_BYTES, &len,
					  problems);

	return text ? test_definition_parse(text, len, path, problems) : NULL;
}

void test_definition_free(struct test_definition *definition)
{
	if (!definition)
		return;
	g_free(definition->file);
	g_free(definition->name);
	g_free(definition->description);
	g_ptr_array_unref(definition->params);
	g_ptr_array_unref(definition->steps);
	g_free(definition->text);
	g_free(definition);
}

/* As a file of the format would have it. */
static char *print(const struct test_definition *definition)
{
	char format[] = FORMAT;
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	struct keys keys = {
		.format = format,
		.name = definition->name,
		.environment = none,
		.devices = none,
		.maintainer = none,
		.scope = none,
		.os = none,
		.params = definition->params,
		.parameters = none,
		.install = none,
		.run = definition->steps,
	};

	return schema_print(&form, &keys);
}

struct test_definition *
test_definition_from_description(const struct description *description)
{
	struct test_definition *definition;

	if (description->path)
		return NULL;
	definition = definition_new(description->file);
	definition->name = g_strdup(description->suite);
	for (guint i = 0; i < description->steps->len; i++)
		g_ptr_array_add(definition->steps,
				g_strdup(description->steps->pdata[i]));
	definition->text = print(definition);
	return definition;
}
