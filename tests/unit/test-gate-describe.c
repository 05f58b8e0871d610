/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate-case.h"

#define PATTERN "tests/*/reroll.yaml"

#define NEW(path, count, lines)              \
	"diff --git a/" path " b/" path "\n" \
	"new file mode 100644\n"             \
	"index 0000000..1111111\n"           \
	"--- /dev/null\n"                    \
	"+++ b/" path "\n"                   \
	"@@ -0,0 +1," count " @@\n" lines

#define VALID "+suite: dummy\n+steps: [\"./dummy\"]\n"

static void use_pattern(struct gate_case *c, bool required)
{
	c->project.description.path = (char *)(gsize)PATTERN;
	c->project.description.required = required;
	gate_base_file(c, "tests/old/reroll.yaml",
		       "suite: old\nsteps: [\"./old\"]\n", 0644);
	gate_base_file(c, "tests/old/lava.yaml", "x: 1\n", 0644);
	gate_base_commit(c);
}

static void a_description_in_the_series_is_read(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, NEW("kernel/a.c", "1", "+int a;\n"));
	gate_add(c, NEW("tests/dummy/reroll.yaml", "2", VALID));
	gate_run(c, gate_describe);
	assert_outcome(c, NULL);
	assert_string_equal(c->subject.description->suite, "dummy");
	assert_null(c->subject.applied);
}

static void a_missing_one_is_told_with_an_example(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, NEW("tests/dummy/deep/reroll.yaml", "2", VALID));
	gate_run(c, gate_describe);
	assert_outcome(c, "description-invalid");
	assert_non_null(strstr(gate_finding(c, 0)->text, PATTERN));
	assert_string_equal(gate_detail_text(c, "expected_path"), PATTERN);
	assert_string_equal(gate_detail_text(c, "example_path"),
			    "tests/mine/reroll.yaml");

	gate_reset(c);
	c->project.description.required = false;
	gate_run(c, gate_describe);
	assert_outcome(c, NULL);
	assert_null(c->subject.description);
}

static void problems_are_findings_with_their_place(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, NEW("tests/dummy/reroll.yaml", "2",
			"+suite: dummy calls\n+stepps: [\"./dummy\"]\n"));
	gate_run(c, gate_describe);
	assert_outcome(c, "description-invalid");
	assert_true(c->verdict->findings->len >= 2);
	assert_finding(c, 0, "tests/dummy/reroll.yaml", 1, "description");
	assert_finding(c, 1, "tests/dummy/reroll.yaml", 2, "description");
	assert_int_equal(gate_finding(c, 0)->patch, 1);
	assert_true(gate_finding(c, 0)->column > 0);
}

static void a_changed_description_is_read_after_the_series(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, "diff --git a/tests/old/reroll.yaml "
		    "b/tests/old/reroll.yaml\n"
		    "--- a/tests/old/reroll.yaml\n"
		    "+++ b/tests/old/reroll.yaml\n"
		    "@@ -1,2 +1,2 @@\n"
		    "-suite: old\n"
		    "+suite: new\n"
		    " steps: [\"./old\"]\n");
	gate_run(c, gate_describe);
	assert_outcome(c, NULL);
	assert_string_equal(c->subject.description->suite, "new");
	assert_true(c->subject.applied->applied);
}

static void a_series_that_does_not_apply_is_left_to_the_apply_gate(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, "diff --git a/tests/old/reroll.yaml "
		    "b/tests/old/reroll.yaml\n"
		    "--- a/tests/old/reroll.yaml\n"
		    "+++ b/tests/old/reroll.yaml\n"
		    "@@ -1,2 +1,2 @@\n"
		    "-suite: another\n"
		    "+suite: new\n"
		    " steps: [\"./old\"]\n");
	gate_run(c, gate_describe);
	assert_outcome(c, NULL);
	assert_null(c->subject.description);
	gate_run(c, gate_apply);
	assert_outcome(c, "apply-failed");
}

static void what_it_names_must_fit(void **state)
{
	static const struct {
		const char *lines, *count;
		const char *outcome;
	} rows[] = {
		{"+suite: dummy\n+path: lava.yaml\n", "2",
		 "description-invalid"},
		{"+suite: dummy\n+path: ../old/lava.yaml\n", "2",
		 "description-invalid"},
		{"+suite: dummy\n+path: ../../../etc/passwd\n", "2",
		 "description-invalid"},
		{"+suite: dummy\n+path: run.yaml\n", "2", NULL},
		{"+suite: dummy\n+project: Tiny\n+steps: [a]\n", "3", NULL},
		{"+suite: dummy\n+project: Tinier\n+steps: [a]\n", "3",
		 "description-invalid"},
	};
	struct gate_case *c = *state;

	use_pattern(c, true);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *diff = g_strdup_printf(
			NEW("tests/dummy/reroll.yaml", "%s", "%s")
				NEW("tests/dummy/run.yaml", "1", "+x: 1\n"),
			rows[i].count, rows[i].lines);

		gate_drop_patches(c);
		gate_add(c, diff);
		gate_run(c, gate_describe);
		assert_outcome(c, rows[i].outcome);
	}
}

static void a_file_of_the_base_may_be_named(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, NEW("tests/old/reroll.yaml", "2",
			"+suite: dummy\n+path: lava.yaml\n"));
	gate_run(c, gate_describe);
	assert_outcome(c, NULL);
	assert_string_equal(c->subject.description->path, "lava.yaml");
}

static void a_file_that_the_series_takes_away_may_not_be_named(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_base_file(c, "tests/new/lava.yaml", "x: 1\n", 0644);
	gate_base_commit(c);
	gate_add(c, "diff --git a/tests/new/lava.yaml b/tests/new/lava.yaml\n"
		    "deleted file mode 100644\n"
		    "--- a/tests/new/lava.yaml\n"
		    "+++ /dev/null\n"
		    "@@ -1 +0,0 @@\n"
		    "-x: 1\n");
	gate_add(c, NEW("tests/new/reroll.yaml", "2",
			"+suite: dummy\n+path: lava.yaml\n"));
	gate_run(c, gate_describe);
	assert_outcome(c, "description-invalid");
	assert_non_null(
		strstr(gate_finding(c, 0)->text, "\"tests/new/lava.yaml\""));
}

static void several_are_a_note_where_none_is_required(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, false);
	gate_add(c, NEW("tests/a/reroll.yaml", "2", VALID)
			    NEW("tests/b/reroll.yaml", "2", VALID));
	gate_run(c, gate_describe);
	assert_outcome(c, NULL);
	assert_null(c->subject.description);
	assert_int_equal(c->verdict->findings->len, 2);
	assert_int_equal(gate_finding(c, 0)->severity, SEVERITY_NOTE);
}

static void a_long_path_is_cut_where_it_is_told(void **state)
{
	struct gate_case *c = *state;
	g_autofree char *name = g_strnfill(2000, 'p');
	g_autofree char *path = g_strconcat("tests/", name, "/reroll.yaml",
					    NULL);
	g_autofree char *diff = g_strdup_printf("diff --git a/%s b/%s\n"
						"new file mode 100644\n"
						"--- /dev/null\n"
						"+++ b/%s\n"
						"@@ -0,0 +1,2 @@\n"
						"+suit: x\n"
						"+step: y\n",
						path, path, path);

	use_pattern(c, true);
	gate_add(c, diff);
	gate_run(c, gate_describe);
	assert_outcome(c, "description-invalid");
	assert_true(strlen(c->verdict->summary) < 400);
	for (guint i = 0; i < c->verdict->findings->len; i++)
		assert_true(strlen(gate_finding(c, i)->file) <= 300);
}

static void two_descriptions_are_one_too_many(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, NEW("tests/a/reroll.yaml", "2", VALID)
			    NEW("tests/b/reroll.yaml", "2", VALID));
	gate_run(c, gate_describe);
	assert_outcome(c, "description-invalid");
	assert_finding(c, 0, "tests/a/reroll.yaml", 0, "description");
	assert_finding(c, 1, "tests/b/reroll.yaml", 0, "description");
}

static void a_deleted_or_renamed_one_does_not_count(void **state)
{
	struct gate_case *c = *state;

	use_pattern(c, true);
	gate_add(c, NEW("tests/a/reroll.yaml", "2", VALID));
	gate_add(c, "diff --git a/tests/a/reroll.yaml b/tests/b/reroll.yaml\n"
		    "similarity index 100%\n"
		    "rename from tests/a/reroll.yaml\n"
		    "rename to tests/b/reroll.yaml\n");
	gate_add(c, "diff --git a/tests/old/reroll.yaml "
		    "b/tests/old/reroll.yaml\n"
		    "deleted file mode 100644\n"
		    "--- a/tests/old/reroll.yaml\n"
		    "+++ /dev/null\n"
		    "@@ -1,2 +0,0 @@\n"
		    "-suite: old\n"
		    "-steps: [\"./old\"]\n");
	gate_run(c, gate_describe);
	assert_outcome(c, NULL);
	assert_string_equal(c->subject.description->suite, "dummy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(a_description_in_the_series_is_read),
		GATE_TEST(a_missing_one_is_told_with_an_example),
		GATE_TEST(problems_are_findings_with_their_place),
		GATE_TEST(a_changed_description_is_read_after_the_series),
		GATE_TEST(
			a_series_that_does_not_apply_is_left_to_the_apply_gate),
		GATE_TEST(what_it_names_must_fit),
		GATE_TEST(a_file_of_the_base_may_be_named),
		GATE_TEST(a_file_that_the_series_takes_away_may_not_be_named),
		GATE_TEST(several_are_a_note_where_none_is_required),
		GATE_TEST(a_long_path_is_cut_where_it_is_told),
		GATE_TEST(two_descriptions_are_one_too_many),
		GATE_TEST(a_deleted_or_renamed_one_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
