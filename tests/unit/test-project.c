/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include <glib/gstdio.h>

#include "base/base.h"
#include "config/arch.h"
#include "config/forms.h"
#include "config/project.h"
#include "config/testdef.h"

static struct project *parse(const char *text, struct problems *problems)
{
	return project_parse(text, strlen(text), "/nowhere/p.yaml", problems);
}

static void the_form_that_staff_write_loads_with_stated_defaults(void **state)
{
	g_autofree char *path = test_path("projects/proctree-syscall.yaml");
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = project_load(path, problems);
	const struct build_rule *rule;

	(void)state;
	assert_problems(problems, "");
	assert_string_equal(project->name, "Proctree Syscall");
	assert_string_equal(project->tests.path, "epita/proctree.yaml");
	assert_int_equal(project->builds->len, 2);
	rule = project->builds->pdata[0];
	assert_string_equal(rule->arch, "x86_64");
	assert_true(rule->boot);
	assert_int_equal(rule->config->len, 4);
	assert_string_equal(rule->config->pdata[3], "config/overlayfs");
	assert_string_equal(rule->toolchain->pdata[0], "gcc");
	assert_int_equal(rule->defconfig->len, 0);
	assert_int_equal(rule->recipe, RECIPE_KBUILD);
	rule = project->builds->pdata[1];
	assert_false(rule->boot);
	assert_true(project->signoff.required);
	assert_null(project->signoff.roster);
	assert_int_equal(project->signoff.review, REVIEW_HOLD);
	assert_int_equal(project->signoff.unlisted_from, REVIEW_ACCEPT);
	assert_int_equal(project->limits.mail_bytes, 512 << 10);
	assert_int_equal(project->limits.build_s, 1800);
	assert_int_equal(project->style.max_line, 100);
	assert_string_equal(project->style.checker, "checkpatch");
	assert_null(project->base);
	assert_null(project->push);
}

static void the_example_uses_every_key(void **state)
{
	g_autofree char *path = test_path("projects/example.yaml");
	g_autoptr(GBytes) bytes = test_read("projects/example.yaml");
	g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL),
					  g_bytes_get_size(bytes));
	g_autofree char *document = form_document("project");
	g_auto(GStrv) lines = g_strsplit(document, "\n", -1);
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = project_load(path, problems);

	(void)state;
	assert_problems(problems, "");
	assert_int_equal(project->style.ignore->len, 2);
	assert_string_equal(project->push, "refs/heads/tested/example");
	for (guint i = 0; lines[i]; i++) {
		const char *dot = strrchr(lines[i], '.');
		g_autofree char *key = NULL;

		if (!g_str_has_prefix(lines[i], ".It Ic "))
			continue;
		key = g_strdup_printf("%s:",
				      dot > lines[i] ? dot + 1 : lines[i] + 7);
		if (!strstr(text, key))
			fail_msg("%s is not in the example", key);
	}
}

static void an_input_needs_its_build_and_a_name_of_its_own(void **state)
{
	static const char text[] = "name: a\n"
				   "builds:\n"
				   "  - recipe: script\n"
				   "    arch: x86_64\n"
				   "    command: make\n"
				   "    inputs:\n"
				   "      - {name: k, build: kernel}\n"
				   "      - {name: k, build: other}\n"
				   "  - recipe: script\n"
				   "    arch: x86_64\n"
				   "    command: make\n"
				   "    inputs: [{name: ../k, path: /etc}]\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = parse(text, problems);

	(void)state;
	assert_null(project);
	assert_problems(
		problems,
		"/nowhere/p.yaml:8:9: found two inputs named \"k\", expected "
		"a name for each\n"
		"/nowhere/p.yaml:12:14: found no key \"build\", expected it "
		"with a name of letters, digits, \".\", \"_\" and \"-\"\n"
		"/nowhere/p.yaml:12:21: found \"../k\", expected a name of "
		"letters, digits, \".\", \"_\" and \"-\"\n"
		"/nowhere/p.yaml:12:33: found \"/etc\", expected a path "
		"inside the folder, without \"..\"");
}

static void a_name_is_anointed_of_a_single_build(void **state)
{
	static const char text[] = "name: a\n"
				   "builds:\n"
				   "  - arch: x86_64\n"
				   "    toolchain: [gcc, clang]\n"
				   "    anoint: kernel\n"
				   "  - arch: x86_64\n"
				   "    anoint: other\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = parse(text, problems);

	(void)state;
	assert_null(project);
	assert_problems(problems,
			"/nowhere/p.yaml:5:13: found the key \"anoint\" with "
			"several builds, expected one defconfig, one toolchain "
			"and nothing left out");
}

static void every_problem_is_told_at_once_in_line_order(void **state)
{
	static const char text[] = "name: [a]\n"
				   "bulids: []\n"
				   "limits: {patches: 0, mail: x}\n"
				   "builds:\n"
				   "  - arch: x86_65\n"
				   "    lava: maybe\n"
				   "    frobnicate: 1\n"
				   "style: {fail-on: warnning}\n"
				   "name: b\n"
				   "signoff: yes\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = parse(text, problems);

	(void)state;
	assert_null(project);
	assert_problems(
		problems,
		"/nowhere/p.yaml:1:7: found a list, expected one line of text\n"
		"/nowhere/p.yaml:2:1: found the key \"bulids\", expected a "
		"known one; did you mean \"builds\"?\n"
		"/nowhere/p.yaml:3:19: found \"0\", expected a number from 1 "
		"to 10000\n"
		"/nowhere/p.yaml:3:28: found \"x\", expected a size such as "
		"512KiB from 1KiB to 1GiB\n"
		"/nowhere/p.yaml:5:11: found \"x86_65\", expected the name of "
		"an architecture; did you mean \"x86_64\"?\n"
		"/nowhere/p.yaml:6:11: found \"maybe\", expected true or "
		"false\n"
		"/nowhere/p.yaml:7:5: found the key \"frobnicate\", expected "
		"one of name, arch, recipe, command, defconfig, seed, "
		"toolchain, config, without, targets, artifacts, extras, "
		"inputs, anoint, "
		"warnings, lava, each-patch\n"
		"/nowhere/p.yaml:8:18: found \"warnning\", expected one of "
		"error, warning, never; did you mean \"warning\"?\n"
		"/nowhere/p.yaml:9:1: found the key \"name\" a second time, "
		"expected it once: the first is in line 1\n"
		"/nowhere/p.yaml:10:10: found \"yes\", expected a map of keys");
}

static void each_mistake_is_told_by_place_and_expectation(void **state)
{
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{"[]", "1:1: found a list, expected a map of keys"},
		{"builds: []",
		 "1:1: found no key \"name\", expected it with one line of "
		 "text"},
		{"name:", "1:6: found nothing, expected one line of text"},
		{"name: ''", "1:7: found \"\", expected one line of text"},
		{"name: \"a\\nb\"",
		 "1:7: found \"a\\x0ab\", expected one line of text"},
		{"name: a\nbase: a/../b",
		 "2:7: found \"a/../b\", expected a tree of the site file, or "
		 "tree/ref"},
		{"name: a\nstyle: {strict: 'true'}",
		 "2:17: found \"true\", expected true or false"},
		{"name: a\nlimits: {files: '3'}",
		 "2:17: found \"3\", expected a number from 1 to 1000000"},
		{"name: a\nlimits: {build-time: soon}",
		 "2:22: found \"soon\", expected a time such as 30m from 1s "
		 "to 7d"},
		{"name: a\nlimits: {processes: -1}",
		 "2:21: found \"-1\", expected a number from 16 to 1000000"},
		{"name: a\nlimits: {files: 99999999999999999999}",
		 "2:17: found \"99999999999999999999\", expected a number "
		 "from 1 to 1000000"},
		{"name: a\nmatch: {subject: x}",
		 "2:18: found \"x\", expected a list"},
		{"name: a\nmatch: {subject: [[x]]}",
		 "2:19: found a list, expected one line of text"},
		{"name: a\nbuilds: {arch: arm}",
		 "2:9: found a map of keys, expected a list of maps"},
		{"name: a\nbuilds: [arm]",
		 "2:10: found \"arm\", expected a map of keys"},
		{"name: a\nbuilds: [{}]",
		 "2:10: found no key \"arch\", expected it with the name of "
		 "an architecture"},
		{"name: a\nbuilds: [{recipe: script}]",
		 "2:10: found no key \"command\", expected it with the recipe "
		 "script"},
		{"name: a\nbuilds: [{arch: arm, command: x}]",
		 "2:31: found the key \"command\", expected recipe: script "
		 "with it"},
		{"name: a\nbuilds: [{arch: arm, config: [/etc/passwd]}]",
		 "2:31: found \"/etc/passwd\", expected the path of a "
		 "fragment, \"CONFIG_X=y\" or \"# CONFIG_X is not set\""},
		{"name: a\nbuilds: [{arch: arm, config: [../x]}]",
		 "2:31: found \"../x\", expected the path of a fragment, "
		 "\"CONFIG_X=y\" or \"# CONFIG_X is not set\""},
		{"name: a\nbuilds: [{arch: arm, config: [CONFIG_X]}]",
		 "2:31: found \"CONFIG_X\", expected CONFIG_X=y or # CONFIG_X "
		 "is not set"},
		{"name: a\nbuilds: [{arch: arm, without: [x]}]",
		 "2:32: found \"x\", expected one of the fragments in config"},
		{"name: a\nbuilds: [{arch: arm, artifacts: [/x]}]",
		 "2:34: found \"/x\", "
		 "expected a path inside the folder, without \"..\", that "
		 "is none of log, config, series.mbox, reproduce.sh, "
		 "manifest.json, SHA256SUMS, result.json and meta.json"},
		{"name: a\nbuilds: [{arch: arm, artifacts: [log]}]",
		 "2:34: found \"log\", "
		 "expected a path inside the folder, without \"..\", that "
		 "is none of log, config, series.mbox, reproduce.sh, "
		 "manifest.json, SHA256SUMS, result.json and meta.json"},
		{"name: a\nbuilds: [{arch: arm, artifacts: [a/log, ./log/x]}]",
		 "2:41: found \"./log/x\", "
		 "expected a path inside the folder, without \"..\", that "
		 "is none of log, config, series.mbox, reproduce.sh, "
		 "manifest.json, SHA256SUMS, result.json and meta.json"},
		{"name: a\nbuilds: [{arch: arm, targets: [CC=x]}]",
		 "2:32: found \"CC=x\", expected a target of make, without "
		 "blanks"},
		{"name: a\nreply: {cc: [staff]}",
		 "2:14: found \"staff\", expected an address such as "
		 "name@example.org"},
		{"name: a\nreply: {on: [verdikt]}",
		 "2:14: found \"verdikt\", expected one of verdict, "
		 "incomplete, trouble; did you mean \"verdict\"?"},
		{"name: a\nreply: {language: English}",
		 "2:19: found \"English\", expected a language such as en or "
		 "pt_BR"},
		{"name: a\ngate: {push: master}",
		 "2:14: found \"master\", expected a full ref such as "
		 "refs/heads/tested"},
		{"name: a\nsignoff: {roster: x.csv}",
		 "2:19: found no file \"/nowhere/x.csv\", expected it to "
		 "exist"},
		{"name: a\nsignoff: {review: maybe}",
		 "2:19: found \"maybe\", expected one of hold, reject, "
		 "accept"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(project_t) project = parse(rows[i].text, problems);
		g_autofree char *line = g_strdup_printf("/nowhere/p.yaml:%s",
							rows[i].problem);

		assert_null(project);
		assert_problems(problems, line);
	}
}

/* The second alias is the very node of the first. */
static void a_value_that_two_equal_keys_share_is_taken_once(void **state)
{
	static const char text[] = "name: a\n"
				   "base: &b [x]\n"
				   "base: *b\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = parse(text, problems);

	(void)state;
	assert_null(project);
	assert_problems(
		problems,
		"/nowhere/p.yaml:2:7: found a list, expected a tree of the "
		"site file, or tree/ref\n"
		"/nowhere/p.yaml:3:1: found the key \"base\" a second time, "
		"expected it once: the first is in line 2");
}

static void thousands_of_problems_are_counted_and_the_first_kept(void **state)
{
	g_autoptr(GString) text = g_string_new("name: a\n");
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = NULL;

	(void)state;
	for (int i = 0; i < 9000; i++)
		g_string_append_printf(text, "key%d: x\n", i);
	project = parse(text->str, problems);
	assert_null(project);
	assert_int_equal(problems->list->len, PROBLEMS_MOST);
	assert_int_equal(problems_count(problems), 9000);
}

static void a_bool_has_the_words_of_yaml(void **state)
{
	static const struct {
		const char *word;
		bool value;
	} rows[] = {
		{"true", true},	  {"True", true}, {"TRUE", true},
		{"yes", true},	  {"on", true},	  {"false", false},
		{"False", false}, {"No", false},  {"OFF", false},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf(
			"name: a\ntests: {student: %s}\n", rows[i].word);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(project_t) project = parse(text, problems);

		assert_problems(problems, "");
		assert_int_equal(project->tests.student, rows[i].value);
	}
}

static void what_is_printed_loads_to_the_same(void **state)
{
	static const char *const files[] = {"projects/proctree-syscall.yaml",
					    "projects/example.yaml"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = test_path(files[i]);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(project_t) project = project_load(path, problems);
		g_autofree char *printed = project_print(project);
		g_autoptr(project_t) again = project_parse(
			printed, strlen(printed), path, problems);
		g_autofree char *twice = NULL;

		assert_problems(problems, "");
		twice = project_print(again);
		assert_string_equal(printed, twice);
	}
}

static void a_fragment_beside_is_read_and_one_elsewhere_is_not(void **state)
{
	g_autofree char *dir = g_dir_make_tmp("reroll-XXXXXX", NULL);
	g_autofree char *fragment = g_build_filename(dir, "frag", NULL);
	g_autofree char *file = g_build_filename(dir, "p.yaml", NULL);
	g_autofree char *expected = g_strdup_printf(
		"%s:3:1: found \"NET=y\", expected CONFIG_X=y or # CONFIG_X is "
		"not set\n%s:4:1: found \"CONFIG_=y\", expected CONFIG_X=y or "
		"# CONFIG_X is not set",
		fragment, fragment);
	static const char text[] =
		"name: a\nbuilds: [{arch: arm, config: [frag, base/frag]}]\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = NULL;

	(void)state;
	assert_true(g_file_set_contents(fragment,
					"# x\nCONFIG_A=\"b c\"\nNET=y\n"
					"CONFIG_=y\n",
					-1, NULL));
	project = project_parse(text, sizeof(text) - 1, file, problems);
	assert_null(project);
	assert_problems(problems, expected);
	assert_int_equal(g_remove(fragment), 0);
	assert_int_equal(g_rmdir(dir), 0);
}

static void a_folder_gives_its_projects_in_name_order(void **state)
{
	g_autofree char *dir = g_dir_make_tmp("reroll-XXXXXX", NULL);
	g_autofree char *a = g_build_filename(dir, "a.yaml", NULL);
	g_autofree char *b = g_build_filename(dir, "b.yaml", NULL);
	g_autofree char *other = g_build_filename(dir, "c.txt", NULL);
	g_autofree char *expected = g_strdup_printf(
		"%s: found the project name \"one\", expected one that %s does "
		"not have",
		b, a);
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) projects = NULL, twice = NULL;

	(void)state;
	g_file_set_contents(b, "name: two\n", -1, NULL);
	g_file_set_contents(a, "name: one\n", -1, NULL);
	g_file_set_contents(other, "junk", -1, NULL);
	projects = projects_load(dir, problems);
	assert_problems(problems, "");
	assert_int_equal(projects->len, 2);
	assert_string_equal(((struct project *)projects->pdata[0])->name,
			    "one");
	g_file_set_contents(b, "name: one\n", -1, NULL);
	twice = projects_load(dir, problems);
	assert_null(twice);
	assert_problems(problems, expected);
	g_remove(a);
	g_remove(b);
	g_remove(other);
	assert_int_equal(g_rmdir(dir), 0);
}

static void a_project_takes_the_series_its_match_names(void **state)
{
	static const struct {
		const char *match, *subject, *list, *cover;
		bool matches;
	} rows[] = {
		{"{}", "[PATCH] x", NULL, NULL, true},
		{"{paths: [a]}", "[PATCH] x", NULL, NULL, true},
		{"{subject: [proctree]}", "[PATCH proctree v2 1/2] x: y", NULL,
		 NULL, true},
		{"{subject: [proctree]}", "[ProcTree] [PATCH] x: y", NULL, NULL,
		 true},
		{"{subject: [proctree]}", "[PATCH] PROCTREE: add", NULL, NULL,
		 true},
		{"{subject: [proctree]}", "[PATCH] x: proctree: add", NULL,
		 NULL, false},
		{"{subject: [proctree]}", "[PATCH] proctrees: add", NULL, NULL,
		 false},
		{"{subject: [proctree]}", "proctree", NULL, NULL, false},
		{"{subject: [proctree]}", "[PATCH] x", NULL,
		 "Project: Proctree", false},
		{"{cover: 'Project: Proctree'}", "[PATCH] x", NULL,
		 "Hi\n\n  project:  PROCTREE\nbye", true},
		{"{cover: 'Project: Proctree'}", "[PATCH] x", NULL,
		 "the Project: Proctree is", false},
		{"{cover: 'Project: Proctree'}", "[PATCH] x", NULL, NULL,
		 false},
		{"{cover: C, subject: [s]}", "[PATCH] s: x", NULL, NULL, true},
		{"{cover: C, subject: [s]}", "[PATCH] x", NULL, "c", true},
		{"{list: l.example.org}", "[PATCH] x", "L.Example.ORG", NULL,
		 true},
		{"{list: l.example.org}", "[PATCH] x", "The <l.example.org>",
		 NULL, true},
		{"{list: l.example.org}", "[PATCH] x", "m.example.org", NULL,
		 false},
		{"{list: l.example.org}", "[PATCH] x", NULL, NULL, false},
		{"{list: l.example.org, subject: [s]}", "[PATCH] x",
		 "l.example.org", NULL, false},
		{"{subject: [s]}", NULL, NULL, NULL, false},
		{"{subject: [s]}", "[s", NULL, NULL, false},
		{"{subject: [s]}", "\xff: x", NULL, NULL, false},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf("name: a\nmatch: %s\n",
							rows[i].match);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(project_t) project = parse(text, problems);
		const struct match_facts facts = {
			.subject = rows[i].subject,
			.list_id = rows[i].list,
			.cover_text = rows[i].cover,
		};

		assert_problems(problems, "");
		if (project_matches(project, &facts) != rows[i].matches)
			fail_msg("row %d: %s", (int)i, rows[i].match);
	}
}

static void paths_outside_the_patterns_are_not_allowed(void **state)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) open = parse("name: a\n", problems);
	g_autoptr(project_t) narrow = parse(
		"name: a\nmatch: {paths: ['kernel/p*', 'include/**']}\n",
		problems);

	(void)state;
	assert_true(project_path_allowed(open, "any/thing"));
	assert_true(project_path_allowed(narrow, "kernel/p.c"));
	assert_true(project_path_allowed(narrow, "include/a/b.h"));
	assert_false(project_path_allowed(narrow, "kernel/q.c"));
}

static void an_architecture_has_the_names_staff_write(void **state)
{
	static const char *const rows[][2] = {
		{"x86_64", "x86_64"},
		{"i386", "i386"},
		{"arm", "arm"},
		{"aarch64", "arm64"},
		{"powerpc", "powerpc"},
		{"powerpc64", "powerpc64"},
		{"ppc64le", "powerpc64le"},
		{"riscv64", "riscv"},
		{"mips", "mips"},
		{"m68k", "m68k"},
		{"sparc64", "sparc64"},
		{"s390x", "s390x"},
		{"hppa", "parisc"},
		{"alpha", "alpha"},
		{"um", "um"},
	};
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const char *const *names = arch_names();

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_string_equal(arch_find(rows[i][0])->name, rows[i][1]);
	assert_null(arch_find("vax"));
	for (gsize i = 0; names[i]; i++) {
		assert_true(g_hash_table_add(seen, (gpointer)(gsize)names[i]));
		assert_non_null(arch_find(names[i]));
	}
}

static void every_key_is_documented(void **state)
{
	static const char *const forms[] = {"project", "site"};

	(void)state;
	assert_null(form_document("nothing"));
	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *document = form_document(forms[i]);
		g_auto(GStrv) lines = g_strsplit(document, "\n", -1);
		guint keys = 0;

		for (guint j = 0; lines[j]; j++) {
			if (!g_str_has_prefix(lines[j], ".It Ic "))
				continue;
			keys++;
			if (strlen(lines[j + 1]) < 8 ||
			    !g_str_has_suffix(lines[j + 1], "."))
				fail_msg("%s has no sentence", lines[j]);
		}
		assert_true(keys > 40);
	}
}

static struct project *parse_tests(const char *tests, struct problems *problems)
{
	g_autofree char *text = g_strdup_printf("name: a\ntests:\n%s", tests);

	return project_parse(text, strlen(text), "/nowhere/p.yaml", problems);
}

#define SHA256                             \
	"0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"

static void test_definitions_come_from_four_places(void **state)
{
	static const char text[] =
		"  definitions:\n  - path: a/b.yaml\n"
		"  - from: inline\n    name: smoke\n    expect: [x]\n"
		"    parameters: {A: 1, B: \"\"}\n    definition: |\n"
		"      metadata: {format: Lava-Test Test Definition 1.0,"
		" name: t}\n"
		"      run: {steps: [\"true\"]}\n"
		"  - {from: git, repository: \"https://h/x\", path: c.yaml}\n"
		"  - {from: url, url: \"https://h/x\", sha256: " SHA256 "}\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = parse_tests(text, problems);
	g_autoptr(project_t) again = NULL;
	g_autofree char *printed = NULL;
	const struct suite_rule *rule;

	(void)state;
	assert_problems(problems, "");
	assert_int_equal(project->tests.definitions->len, 4);
	rule = project->tests.definitions->pdata[1];
	assert_int_equal(rule->from, SUITE_INLINE);
	assert_int_equal(rule->parameters->len, 2);
	printed = project_print(project);
	again = project_parse(printed, strlen(printed), "/nowhere/p.yaml",
			      problems);
	assert_problems(problems, "");
	rule = again->tests.definitions->pdata[1];
	assert_string_equal(rule->name, "smoke");
	assert_string_equal(
		((struct test_param *)rule->parameters->pdata[1])->value, "");
	rule = again->tests.definitions->pdata[3];
	assert_string_equal(rule->sha256, SHA256);
}

static void a_definition_says_where_it_is_from(void **state)
{
	static const struct {
		const char *text, *problems;
	} rows[] = {
		{"  definitions: [{from: svn}]\n",
		 "/nowhere/p.yaml:3:24: found \"svn\", expected one of file, "
		 "inline, git, url"},
		{"  definitions: [{name: x}]\n",
		 "/nowhere/p.yaml:3:17: found no key \"path\", expected it "
		 "with from: file"},
		{"  definitions: [{from: url, url: \"http://x/\"}]\n",
		 "/nowhere/p.yaml:3:17: found no key \"sha256\", expected it "
		 "with from: url"},
		{"  definitions: [{path: x, sha256: " SHA256 "}]\n",
		 "/nowhere/p.yaml:3:35: found the key \"sha256\", expected "
		 "from: url with it"},
		{"  definitions: [{path: ../x}]\n",
		 "/nowhere/p.yaml:3:24: found \"../x\", expected a path inside "
		 "the folder, without \"..\""},
		{"  definitions: [{path: x, parameters: {a-b: c}}]\n",
		 "/nowhere/p.yaml:3:40: found \"a-b\", expected the name of a "
		 "shell variable"},
		{"  definitions:\n  - from: inline\n    definition: |\n"
		 "      metadata: {format: Lava-Test Test Definition 1.0,"
		 " name: t}\n      run: {step: [a]}\n",
		 "/nowhere/p.yaml:5:17: in line 2 of the definition: found no "
		 "key \"steps\", expected it with a list\n"
		 "/nowhere/p.yaml:5:17: in line 2 of the definition: found the "
		 "key \"step\", expected a known one; did you mean "
		 "\"steps\"?"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(project_t)
			project = parse_tests(rows[i].text, problems);

		assert_problems(problems, rows[i].problems);
		assert_null(project);
	}
}

static void a_definition_beside_the_project_is_read_with_it(void **state)
{
	static const char text[] = "name: a\ntests: {path: t/x.yaml}\n";
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	g_autofree char *folder = g_build_filename(dir->path, "t", NULL);
	g_autofree char *file = g_build_filename(folder, "x.yaml", NULL);
	g_autofree char *path = g_build_filename(dir->path, "p.yaml", NULL);
	g_autofree char *expected = g_strdup_printf(
		"%s:1:1: found no key \"metadata\", expected it with a map of "
		"keys",
		file);
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(project_t) project = NULL;

	(void)state;
	g_mkdir(folder, 0700);
	assert_true(g_file_set_contents(file, "run: {steps: [a]}\n", -1, NULL));
	assert_true(g_file_set_contents(path, text, -1, NULL));
	project = project_load(path, problems);
	assert_null(project);
	assert_problems(problems, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_form_that_staff_write_loads_with_stated_defaults),
		cmocka_unit_test(the_example_uses_every_key),
		cmocka_unit_test(
			an_input_needs_its_build_and_a_name_of_its_own),
		cmocka_unit_test(a_name_is_anointed_of_a_single_build),
		cmocka_unit_test(every_problem_is_told_at_once_in_line_order),
		cmocka_unit_test(each_mistake_is_told_by_place_and_expectation),
		cmocka_unit_test(
			a_value_that_two_equal_keys_share_is_taken_once),
		cmocka_unit_test(
			thousands_of_problems_are_counted_and_the_first_kept),
		cmocka_unit_test(a_bool_has_the_words_of_yaml),
		cmocka_unit_test(what_is_printed_loads_to_the_same),
		cmocka_unit_test(
			a_fragment_beside_is_read_and_one_elsewhere_is_not),
		cmocka_unit_test(a_folder_gives_its_projects_in_name_order),
		cmocka_unit_test(a_project_takes_the_series_its_match_names),
		cmocka_unit_test(paths_outside_the_patterns_are_not_allowed),
		cmocka_unit_test(an_architecture_has_the_names_staff_write),
		cmocka_unit_test(every_key_is_documented),
		cmocka_unit_test(test_definitions_come_from_four_places),
		cmocka_unit_test(a_definition_says_where_it_is_from),
		cmocka_unit_test(
			a_definition_beside_the_project_is_read_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
