/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which commit a series is tried, and what the reply says of it. */
#include "gate-case.h"

static const char change[] = "diff --git a/a.c b/a.c\n"
			     "index 4cb29ea..9ff2ab4 100644\n"
			     "--- a/a.c\n"
			     "+++ b/a.c\n"
			     "@@ -1,3 +1,3 @@\n"
			     " one\n"
			     "-two\n"
			     "+second\n"
			     " three\n";

static const char *tried(const struct gate_case *c, gsize n, const char *key)
{
	json_t *row = json_array_get(
		json_object_get(c->verdict->detail, "tried"), n);

	return json_string_value(json_object_get(row, key));
}

/* A base that the series fits, and one after it that it does not. */
static void make_history(struct gate_case *c)
{
	gate_base_file(c, "a.c", "one\ntwo\nthree\n", 0644);
	gate_base_commit(c);
	gate_base_file(c, "a.c", "all new\n", 0644);
	gate_base_commit(c);
}

static void the_index_lines_lead_to_the_commit(void **state)
{
	struct gate_case *c = *state;

	make_history(c);
	gate_add(c, change);
	gate_run(c, gate_apply);
	assert_outcome(c, NULL);
	assert_string_equal(tried(c, 0, "rule"), "project");
	assert_string_equal(tried(c, 1, "rule"), "blobs");
	assert_string_equal(tried(c, 1, "result"), "applied");
	assert_string_equal(tried(c, 1, "commit"), c->subject.applied->base);
}

static const struct series *find_one(gpointer data, enum series_key key,
				     const char *name)
{
	return key == SERIES_BY_MESSAGE_ID &&
			       strcmp(name, "<first@example.org>") == 0
		       ? data
		       : NULL;
}

/* Two files of one change each; the second is on top of the first. */
static void what_a_series_depends_on_goes_first(void **state)
{
	static const char second[] = "diff --git a/a.c b/a.c\n"
				     "--- a/a.c\n"
				     "+++ b/a.c\n"
				     "@@ -1,3 +1,3 @@\n"
				     " one\n"
				     "-second\n"
				     "+2nd\n"
				     " three\n";
	struct gate_case *c = *state;
	g_autoptr(GPtrArray) patches = g_ptr_array_new();
	g_autoptr(GPtrArray) depends = g_ptr_array_new();
	struct series first = {.name = (char *)(gsize) "first",
			       .complete = true,
			       .patches = patches};
	const struct series_lookup lookup = {find_one, &first};

	gate_base_file(c, "a.c", "one\ntwo\nthree\n", 0644);
	gate_base_commit(c);
	g_ptr_array_add(patches, gate_add(c, change));
	g_ptr_array_steal_index(c->series.patches, 0);
	gate_add(c, second);
	g_ptr_array_add(depends, (gpointer)(gsize) "<first@example.org>");
	g_ptr_array_add(depends, (gpointer)(gsize) "<other@example.org>");
	c->series.depends_on = depends;
	c->subject.lookup = &lookup;
	gate_run(c, gate_apply);
	c->series.depends_on = NULL;
	message_free(patches->pdata[0]);
	assert_outcome(c, NULL);
	assert_string_equal(tried(c, 0, "result"), "not known here");
	assert_string_equal(tried(c, 1, "rule"), "depends-on");
	assert_string_equal(tried(c, 1, "result"), "applied first");
	assert_string_equal(tried(c, 2, "result"), "applied");
}

static void a_series_is_kept_only_when_asked(void **state)
{
	struct gate_case *c = *state;
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];
	g_autoptr(repo_t) repo = NULL;

	gate_base_file(c, "a.c", "one\ntwo\nthree\n", 0644);
	gate_base_commit(c);
	gate_add(c, change);
	c->subject.site = &c->site;
	c->site.policy.keep_refs = true;
	gate_run(c, gate_apply);
	assert_null(c->subject.kept_ref);
	gate_reset(c);
	c->subject.keep_ref = true;
	gate_run(c, gate_apply);
	assert_non_null(c->subject.kept_ref);
	repo = repo_open(c->repo, NULL);
	assert_true(
		repo_resolve(repo, c->subject.kept_ref, commit, tree, NULL));
	assert_string_equal(tree, c->subject.applied->tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(the_index_lines_lead_to_the_commit),
		GATE_TEST(what_a_series_depends_on_goes_first),
		GATE_TEST(a_series_is_kept_only_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
