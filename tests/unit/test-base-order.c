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

static const char on_top[] = "diff --git a/a.c b/a.c\n"
			     "--- a/a.c\n"
			     "+++ b/a.c\n"
			     "@@ -1,3 +1,3 @@\n"
			     " one\n"
			     "-second\n"
			     "+2nd\n"
			     " three\n";

/* A set with one series, of `change`; the case's own is on top of it. */
struct known {
	struct series first;
	GPtrArray *patches, *all, *names;
	struct series_set set;
	struct series_lookup *lookup;
};

static void known_init(struct known *known, struct gate_case *c)
{
	gate_base_file(c, "a.c", "one\ntwo\nthree\n", 0644);
	gate_base_commit(c);
	known->patches = g_ptr_array_new_with_free_func(
		(GDestroyNotify)message_free);
	g_ptr_array_add(known->patches, gate_add(c, change));
	g_ptr_array_steal_index(c->series.patches, 0);
	gate_add(c, on_top);
	known->first = (struct series){.name = (char *)(gsize) "first",
				       .change_id = (char *)(gsize) "I1234",
				       .complete = true,
				       .patches = known->patches};
	known->all = g_ptr_array_new();
	g_ptr_array_add(known->all, &known->first);
	known->set = (struct series_set){.series = known->all};
	known->lookup = series_lookup_new(&known->set);
	known->names = g_ptr_array_new();
	c->subject.lookup = known->lookup;
}

static void known_clear(struct known *known, struct gate_case *c)
{
	c->subject.lookup = NULL;
	c->series.prerequisites = c->series.depends_on = NULL;
	series_lookup_free(known->lookup);
	g_ptr_array_unref(known->names);
	g_ptr_array_unref(known->all);
	g_ptr_array_unref(known->patches);
}

static void a_patch_id_leads_to_the_series_before(void **state)
{
	struct gate_case *c = *state;
	struct known known;
	char id[OBJECT_ID_HEX + 1];

	known_init(&known, c);
	assert_true(history_patch_id(
		((struct message *)known.patches->pdata[0])->patch, id));
	g_ptr_array_add(known.names, id);
	c->series.prerequisites = known.names;
	gate_run(c, gate_apply);
	assert_outcome(c, NULL);
	assert_string_equal(tried(c, 0, "rule"), "depends-on");
	assert_string_equal(tried(c, 0, "result"), "applied first");
	assert_string_equal(tried(c, 1, "result"), "applied");
	known_clear(&known, c);
}

static void a_patch_id_that_nobody_knows_is_listed(void **state)
{
	struct gate_case *c = *state;
	struct known known;

	known_init(&known, c);
	g_ptr_array_add(known.names,
			(gpointer)(gsize) "1111111111111111111111111111111111"
					  "111111");
	c->series.prerequisites = known.names;
	gate_run(c, gate_apply);
	assert_outcome(c, "apply-failed");
	assert_string_equal(tried(c, 0, "rule"), "prerequisite");
	assert_string_equal(tried(c, 0, "result"), "not known here");
	known_clear(&known, c);
}

static void a_change_id_leads_to_the_series_before(void **state)
{
	struct gate_case *c = *state;
	struct known known;

	known_init(&known, c);
	g_ptr_array_add(known.names, (gpointer)(gsize) "I1234: v2");
	c->series.depends_on = known.names;
	gate_run(c, gate_apply);
	assert_outcome(c, NULL);
	assert_string_equal(tried(c, 0, "base"),
			    "first (the series depends on it)");
	assert_string_equal(tried(c, 0, "result"), "applied first");
	known_clear(&known, c);
}

static void a_change_id_that_nobody_knows_is_listed(void **state)
{
	struct gate_case *c = *state;
	struct known known;

	known_init(&known, c);
	g_ptr_array_add(known.names, (gpointer)(gsize) "I9999");
	c->series.depends_on = known.names;
	gate_run(c, gate_apply);
	assert_outcome(c, "apply-failed");
	assert_string_equal(tried(c, 0, "result"), "not known here");
	known_clear(&known, c);
}

/* The first commit of the base is of 2020, the others of 2023. */
static void make_old_base(struct gate_case *c, char old[OBJECT_ID_HEX + 1])
{
	char tree[OBJECT_ID_HEX + 1];
	g_autoptr(repo_t) repo = NULL;

	gate_base_file(c, "a.c", "one\ntwo\nthree\n", 0644);
	GIT(c->repo, "add", "-A");
	GIT(c->repo, "-c",
	    "alias.long-ago=!GIT_COMMITTER_DATE='1600000000 +0000' git commit "
	    "-q -m old",
	    "long-ago");
	gate_base_file(c, "a.c", "all new\n", 0644);
	gate_base_commit(c);
	repo = repo_open(c->repo, NULL);
	assert_true(repo_resolve(repo, "main~1", old, tree, NULL));
}

static void a_base_older_than_the_window_is_named_as_such(void **state)
{
	static const struct {
		const char *diff, *result;
	} rows[] = {
		{change, "too old: 1157 days before the project's base, which "
			 "takes no more than 365; the series applies there"},
		{on_top, "too old: 1157 days before the project's base, which "
			 "takes no more than 365"},
	};
	struct gate_case *c = *state;
	char old[OBJECT_ID_HEX + 1];

	make_old_base(c, old);
	c->project.limits.base_window_s = 365 * 86400;
	c->series.base_commit = old;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		gate_add(c, rows[i].diff);
		gate_run(c, gate_apply);
		assert_outcome(c, "apply-failed");
		assert_string_equal(tried(c, 0, "rule"), "base-commit");
		assert_string_equal(tried(c, 0, "result"), rows[i].result);
	}
	c->series.base_commit = NULL;
}

static void index_lines_lead_to_no_base_older_than_the_window(void **state)
{
	struct gate_case *c = *state;
	char old[OBJECT_ID_HEX + 1];

	make_old_base(c, old);
	c->project.limits.base_window_s = 365 * 86400;
	gate_add(c, change);
	gate_run(c, gate_apply);
	assert_outcome(c, "apply-failed");
	assert_string_equal(tried(c, 1, "rule"), "blobs");
	assert_string_equal(tried(c, 1, "result"),
			    "no commit known here has them");
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
		GATE_TEST(a_patch_id_leads_to_the_series_before),
		GATE_TEST(a_patch_id_that_nobody_knows_is_listed),
		GATE_TEST(a_change_id_leads_to_the_series_before),
		GATE_TEST(a_change_id_that_nobody_knows_is_listed),
		GATE_TEST(a_base_older_than_the_window_is_named_as_such),
		GATE_TEST(index_lines_lead_to_no_base_older_than_the_window),
		GATE_TEST(a_series_is_kept_only_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
