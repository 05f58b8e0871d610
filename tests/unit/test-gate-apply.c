/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate-case.h"

static const char change[] = "diff --git a/a.c b/a.c\n"
			     "--- a/a.c\n"
			     "+++ b/a.c\n"
			     "@@ -1,3 +1,3 @@\n"
			     " one\n"
			     "-two\n"
			     "+second\n"
			     " three\n";

static char *resolve(struct gate_case *c, const char *revision, char *tree)
{
	static char commit[OBJECT_ID_HEX + 1];
	g_autoptr(repo_t) repo = repo_open(c->repo, NULL);

	assert_true(repo_resolve(repo, revision, commit, tree, NULL));
	return commit;
}

static void make_base(struct gate_case *c)
{
	gate_base_file(c, "a.c", "one\ntwo\nthree\n", 0644);
	gate_base_commit(c);
}

static const char *tried(const struct gate_case *c, gsize n, const char *key)
{
	json_t *row = json_array_get(
		json_object_get(c->verdict->detail, "tried"), n);

	return json_string_value(json_object_get(row, key));
}

static void a_series_that_applies_gives_the_tree_to_build(void **state)
{
	struct gate_case *c = *state;
	char tree[OBJECT_ID_HEX + 1];
	struct build_rule rule = {0};
	g_autoptr(GPtrArray) builds = g_ptr_array_new();
	g_autoptr(repo_t) repo = NULL;
	g_autoptr(GBytes) content = NULL;

	make_base(c);
	resolve(c, "main", tree);
	gate_add(c, change);
	g_ptr_array_add(builds, &rule);
	c->project.builds = builds;
	gate_run(c, gate_apply);
	assert_outcome(c, NULL);
	assert_null(c->subject.opened); /* the builds do without it */
	assert_string_equal(c->subject.base_tree, tree);
	assert_int_equal(c->subject.base_at, 1700000000);
	assert_string_equal(tried(c, 0, "base"), "main (base of the project)");
	assert_string_equal(tried(c, 0, "result"), "applied");
	assert_null(tried(c, 1, "base"));

	repo = repo_open_with_objects(c->repo, c->objects, NULL);
	content = repo_read_file(repo, c->subject.applied->tree, "a.c", 100,
				 NULL);
	assert_memory_equal(g_bytes_get_data(content, NULL),
			    "one\nsecond\nthree\n", 17);
}

static void without_builds_nothing_is_written(void **state)
{
	struct gate_case *c = *state;

	make_base(c);
	gate_add(c, change);
	gate_run(c, gate_apply);
	assert_outcome(c, NULL);
	assert_false(g_file_test(c->objects, G_FILE_TEST_EXISTS));
}

static void the_base_repository_is_not_written_to(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(repo_t) repo = NULL;

	make_base(c);
	gate_add(c, change);
	gate_run(c, gate_apply);
	repo = repo_open(c->repo, NULL);
	assert_null(repo_read_file(repo, c->subject.applied->tree, "a.c", 100,
				   NULL));
}

static void a_refusal_names_patch_file_hunk_and_lines(void **state)
{
	struct gate_case *c = *state;
	json_t *detail;
	g_autofree char *expected = NULL, *found = NULL, *diff = NULL;

	gate_base_file(c, "a.c", "one\n2\nthree\n", 0644);
	gate_base_commit(c);
	gate_add(c, change)->damage = DAMAGE_TABS;
	gate_run(c, gate_apply);
	assert_outcome(c, "apply-failed");
	assert_int_equal(c->verdict->findings->len, 1);
	assert_string_equal(gate_finding(c, 0)->file, "a.c");
	assert_int_equal(gate_finding(c, 0)->patch, 1);
	detail = c->verdict->detail;
	assert_string_equal(gate_detail_text(c, "patch_subject"),
			    "tiny: change it");
	assert_string_equal(gate_detail_text(c, "reason"), "context");
	assert_int_equal(json_integer_value(json_object_get(detail, "hunk")),
			 1);
	expected = json_dumps(json_object_get(detail, "expected"), 0);
	found = json_dumps(json_object_get(detail, "found"), 0);
	assert_non_null(strstr(expected, "two"));
	assert_non_null(strstr(found, "2"));
	diff = json_dumps(json_object_get(detail, "diff"), 0);
	assert_string_equal(diff, "[\" one\", \"-two\", \"+2\", \" three\"]");
	assert_true(json_is_null(json_object_get(detail, "sides")));
	assert_int_equal(json_array_size(json_object_get(detail, "damage")), 1);
	assert_string_not_equal(tried(c, 0, "result"), "applied");
}

static void the_base_commit_of_the_series_comes_first(void **state)
{
	struct gate_case *c = *state;
	char tree[OBJECT_ID_HEX + 1], old[OBJECT_ID_HEX + 1];

	make_base(c);
	memcpy(old, resolve(c, "main", tree), sizeof(old));
	gate_base_file(c, "a.c", "all new\n", 0644);
	gate_base_commit(c);
	c->series.base_commit = old;
	gate_add(c, change);
	gate_run(c, gate_apply);
	assert_outcome(c, NULL);
	assert_string_equal(c->subject.applied->base, old);
	assert_string_equal(c->subject.base_tree, tree);
	assert_null(tried(c, 1, "base"));
}

static void a_base_commit_that_does_not_help_is_listed(void **state)
{
	static const struct {
		const char *base;
		bool listed;
	} rows[] = {
		{"1111111111111111111111111111111111111111", true},
		{"HEAD", false},
		{":/base", false},
		{"111111111111", false},
		{NULL, false},
	};
	struct gate_case *c = *state;

	make_base(c);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		c->series.base_commit = (char *)(gsize)rows[i].base;
		gate_add(c, change);
		gate_run(c, gate_apply);
		assert_outcome(c, NULL);
		if (rows[i].listed)
			assert_string_equal(tried(c, 0, "result"),
					    "not in the base repository");
		assert_string_equal(tried(c, rows[i].listed, "base"),
				    "main (base of the project)");
	}
}

static void both_bases_are_told_when_neither_fits(void **state)
{
	struct gate_case *c = *state;
	char tree[OBJECT_ID_HEX + 1], old[OBJECT_ID_HEX + 1];

	gate_base_file(c, "a.c", "old\n", 0644);
	gate_base_commit(c);
	memcpy(old, resolve(c, "main", tree), sizeof(old));
	gate_base_file(c, "a.c", "new\n", 0644);
	gate_base_commit(c);
	c->series.base_commit = old;
	gate_add(c, change);
	gate_run(c, gate_apply);
	assert_outcome(c, "apply-failed");
	assert_true(g_str_has_prefix(tried(c, 0, "base"), old));
	assert_string_equal(tried(c, 1, "base"), "main (base of the project)");
	assert_null(tried(c, 2, "base"));
}

static void what_is_refused_for_safety_is_a_matter_of_content(void **state)
{
	struct gate_case *c = *state;
	g_autofree char *link = g_build_filename(c->repo, "link", NULL);

	gate_base_file(c, "a.c", "one\n", 0644);
	assert_int_equal(symlink("/etc", link), 0);
	gate_base_commit(c);
	gate_add(c, "diff --git a/link/x b/link/x\n"
		    "new file mode 100644\n"
		    "index 0000000..1111111\n"
		    "--- /dev/null\n"
		    "+++ b/link/x\n"
		    "@@ -0,0 +1 @@\n"
		    "+x\n");
	gate_run(c, gate_apply);
	assert_outcome(c, "content-refused");
	assert_string_equal(gate_detail_text(c, "reason"), "symlink");
}

static void a_missing_base_is_no_fault_of_the_series(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GError) error = NULL;

	make_base(c);
	gate_add(c, change);
	c->subject.base = "no-such-branch";
	assert_false(gate_apply(&c->subject, c->verdict, NULL, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND));
	g_clear_error(&error);
	c->subject.repo = "/nonexistent";
	assert_false(gate_apply(&c->subject, c->verdict, NULL, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG));
	assert_outcome(c, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(a_series_that_applies_gives_the_tree_to_build),
		GATE_TEST(without_builds_nothing_is_written),
		GATE_TEST(the_base_repository_is_not_written_to),
		GATE_TEST(a_refusal_names_patch_file_hunk_and_lines),
		GATE_TEST(the_base_commit_of_the_series_comes_first),
		GATE_TEST(a_base_commit_that_does_not_help_is_listed),
		GATE_TEST(both_bases_are_told_when_neither_fits),
		GATE_TEST(what_is_refused_for_safety_is_a_matter_of_content),
		GATE_TEST(a_missing_base_is_no_fault_of_the_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
