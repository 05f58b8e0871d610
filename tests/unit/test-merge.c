/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patches that only a merge can apply, each given to git am -3 too: the trees
 * must be the same, or both refuse.
 */
#include "tests/unit/test-tree.h"

#define LINES "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"
#define TOP "one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"
#define TOP_TOO "ONE\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"
#define SECOND "1\ntwo\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"
#define BOTTOM "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\ntwelve\n"
#define BOTH "one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\ntwelve\n"
#define DOS                                                           \
	"1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n11\r\n12" \
	"\r\n"

#define FILE_OF(mode, path, text) \
	"M " mode " inline " path "\ndata <<END\n" text "END\n\n"
#define PLAIN(path, text) FILE_OF("100644", path, text)
#define TOOL(path, text) FILE_OF("100755", path, text)
#define LINK(path) "M 120000 inline " path "\ndata 4\naway\n"
#define EMPTY(path) "M 100644 inline " path "\ndata 0\n\n"

struct merge_case {
	const char *name;
	const char *old, *new;	/* the trees the patch is between */
	const char *base;	/* the one it is to go on */
	const char *options;	/* of git diff; NULL: none */
	const char *replace[2]; /* words of the diff, and what for; or NULL */
	enum apply_reason reason;
	const char *path, *content; /* looked at; NULL: no such file */
	bool base64;		    /* the mail is so encoded */
};

static const struct merge_case cases[] = {
	{.name = "changes_of_different_lines_are_merged",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("f", TOP),
	 .base = PLAIN("f", "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n11\n12\n"),
	 .options = "-U8",
	 .path = "f",
	 .content = "one\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n11\n12\n"},
	{.name = "changes_of_the_same_line_conflict",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("f", TOP),
	 .base = PLAIN("f", TOP_TOO),
	 .reason = APPLY_CONTEXT},
	{.name = "a_file_that_the_base_renamed_is_changed_there",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("f", TOP),
	 .base = PLAIN("else/where", BOTTOM),
	 .path = "else/where",
	 .content = BOTH},
	{.name = "a_file_that_the_patch_moves_takes_the_change_of_the_base",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("g", LINES),
	 .base = PLAIN("f", BOTTOM),
	 .options = "--no-renames",
	 .path = "g",
	 .content = BOTTOM},
	{.name = "a_file_that_the_patch_moves_and_edits_takes_it_too",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("g", TOP),
	 .base = PLAIN("f", BOTTOM),
	 .options = "--no-renames",
	 .path = "g",
	 .content = BOTH},
	{.name = "a_file_that_both_move_to_one_name_is_merged_there",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("g", TOP),
	 .base = PLAIN("g", BOTTOM),
	 .path = "g",
	 .content = BOTH},
	{.name = "a_file_that_both_move_to_different_names_conflicts",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("g", LINES),
	 .base = PLAIN("h", LINES),
	 .reason = APPLY_MISSING},
	{.name = "different_files_moved_to_one_name_conflict",
	 .old = PLAIN("f", LINES) PLAIN("k", "k\nl\nm\nn\n"),
	 .new = PLAIN("g", LINES) PLAIN("k", "k\nl\nm\no\n"),
	 .base = PLAIN("f", LINES) PLAIN("g", "k\nl\nm\nn\n"),
	 .reason = APPLY_EXISTS},
	{.name = "a_file_that_the_base_moved_is_not_deleted",
	 .old = PLAIN("f", LINES) PLAIN("k", "k\n"),
	 .new = PLAIN("k", "k\n"),
	 .base = PLAIN("g", LINES) PLAIN("k", "k\n"),
	 .reason = APPLY_MISSING},
	{.name = "a_file_that_the_base_deleted_is_not_changed",
	 .old = PLAIN("f", LINES) PLAIN("k", "k\n"),
	 .new = PLAIN("f", TOP) PLAIN("k", "k\n"),
	 .base = PLAIN("k", "k\n"),
	 .reason = APPLY_MISSING},
	{.name = "a_file_of_its_name_alone_is_the_one_that_moved",
	 .old = PLAIN("a/f", LINES),
	 .new = PLAIN("a/f", TOP),
	 .base = PLAIN("b/f", BOTTOM) PLAIN("b/g", LINES "more\n"),
	 .path = "b/f",
	 .content = BOTH},
	{.name = "the_likest_file_is_the_one_that_moved",
	 .old = PLAIN("a/f", LINES),
	 .new = PLAIN("a/f", TOP),
	 .base = PLAIN("b/g", "1\n2\n3\n4\n5\n6\n7\n8\nx\ny\n")
		 PLAIN("b/h", BOTTOM),
	 .path = "b/h",
	 .content = BOTH},
	{.name = "a_type_that_the_base_has_changed_as_well_is_there_already",
	 .old = PLAIN("f", LINES) PLAIN("k", "k\n"),
	 .new = LINK("f") PLAIN("k", "k\n"),
	 .base = LINK("f") PLAIN("k", "k\n"),
	 .reason = APPLY_ALREADY},
	{.name = "a_folder_that_the_base_has_made_of_it_is_there_already",
	 .old = PLAIN("f", LINES) PLAIN("k", "k\n"),
	 .new = PLAIN("f/in", LINES) PLAIN("k", "k\n"),
	 .base = PLAIN("f/in", LINES) PLAIN("k", "k\n"),
	 .options = "--no-renames",
	 .reason = APPLY_ALREADY},
	{.name = "a_type_changed_by_the_patch_needs_the_file_unchanged",
	 .old = PLAIN("f", LINES) PLAIN("k", LINES),
	 .new = LINK("f") PLAIN("k", TOP),
	 .base = PLAIN("f", TOP) PLAIN("k", SECOND),
	 .reason = APPLY_CONTEXT},
	{.name = "a_mode_no_file_has_is_one_that_git_stores",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("g", LINES),
	 .base = PLAIN("f", BOTTOM),
	 .options = "--no-renames",
	 .replace = {"deleted file mode 100644", "deleted file mode 100664"},
	 .path = "g",
	 .content = BOTTOM},
	{.name = "an_empty_file_gives_way_to_the_one_of_the_patch",
	 .old = PLAIN("k", LINES),
	 .new = PLAIN("k", LINES) PLAIN("new", "x\n"),
	 .base = PLAIN("k", LINES) EMPTY("new"),
	 .path = "new",
	 .content = "x\n"},
	{.name = "a_new_file_of_other_content_conflicts",
	 .old = PLAIN("k", LINES),
	 .new = PLAIN("k", LINES) PLAIN("new", "x\n"),
	 .base = PLAIN("k", LINES) PLAIN("new", "y\n"),
	 .reason = APPLY_CONTEXT},
	{.name = "a_binary_file_that_both_changed_conflicts",
	 .old = "M 100644 inline f\ndata 4\n1\n\1\n\n" PLAIN("k", LINES),
	 .new = PLAIN("f", "a\n"),
	 .base = PLAIN("f", "b\n"),
	 .reason = APPLY_CONTEXT},
	{.name = "a_diff_without_index_lines_is_not_merged",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("f", TOP "13\n"),
	 .base = PLAIN("f", "zero\n" LINES),
	 .replace = {"index ", "nothing "},
	 .reason = APPLY_CONTEXT},
	{.name = "a_mode_of_the_base_is_kept",
	 .old = PLAIN("f", LINES),
	 .new = PLAIN("f", TOP),
	 .base = TOOL("f", "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n11\n12\n"),
	 .options = "-U8",
	 .path = "f",
	 .content = "one\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n11\n12\n"},
	{.name = "dos_newlines_that_came_encoded_are_merged_as_they_are",
	 .old = PLAIN("f", LINES) PLAIN("k", LINES),
	 .new = PLAIN("f", DOS) PLAIN("k", TOP),
	 .base = PLAIN("f", BOTTOM) PLAIN("k", LINES),
	 .reason = APPLY_CONTEXT,
	 .base64 = true},
};

static void import(const struct fixture *fixture, const char *branch,
		   const char *files)
{
	g_autofree char *stream = g_strdup_printf(
		"commit refs/heads/%s\n"
		"committer A <a@example.org> 1700000000 +0000\ndata 1\nx\n"
		"deleteall\n%s\n",
		branch, files);

	g_free(fixture_git(fixture, stream, "fast-import --quiet --force"));
}

static char *make_diff(const struct fixture *fixture,
		       const struct merge_case *c)
{
	g_autofree char *command = g_strdup_printf(
		"diff --binary %s old new", c->options ? c->options : "-M");
	g_autofree char *text = fixture_git(fixture, NULL, command);
	g_auto(GStrv) parts = NULL;

	if (!c->replace[0])
		return g_steal_pointer(&text);
	parts = g_strsplit(text, c->replace[0], -1);
	assert_non_null(parts[1]);
	return g_strjoinv(c->replace[1], parts);
}

static char *make_mail(const struct merge_case *c, const char *diff)
{
	g_autofree char *body = g_strdup_printf("Words.\n---\n%s\n-- \n2.39\n",
						diff);
	g_autofree char *coded = g_base64_encode((const guchar *)body,
						 strlen(body));

	return g_strdup_printf(
		"From 1111111111111111111111111111111111111111 Mon Sep 17 "
		"00:00:00 2001\n"
		"From: A <a@example.org>\n"
		"Date: Tue, 14 Nov 2023 22:15:20 +0000\n"
		"Subject: [PATCH] change\n"
		"Content-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: %s\n\n%s\n",
		c->base64 ? "base64" : "8bit", c->base64 ? coded : body);
}

static struct apply_result *apply(const struct fixture *fixture,
				  const char *mail)
{
	const struct apply_options options = {.three_way = true,
					      .ref = "refs/x/1"};
	g_autoptr(GPtrArray) patches = g_ptr_array_new_with_free_func(
		(GDestroyNotify)message_free);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autoptr(GError) error = NULL;
	const char *headers = strchr(mail, '\n') + 1;
	struct apply_result *result;

	g_ptr_array_add(patches, message_parse(headers, strlen(headers), "test",
					       &(struct message_options){0}));
	result = apply_series(repo, "base", patches, &options, NULL, &error);
	if (!result)
		fail_msg("%s", error->message);
	return result;
}

static void check_content(const struct fixture *fixture, const char *tree,
			  const struct merge_case *c)
{
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autoptr(GBytes)
		content = repo_read_file(repo, tree, c->path, 10000, NULL);

	assert_non_null(content);
	assert_int_equal(g_bytes_get_size(content), strlen(c->content));
	assert_memory_equal(g_bytes_get_data(content, NULL), c->content,
			    strlen(c->content));
}

static void check_case(void **state)
{
	const struct merge_case *c = *state;
	g_autoptr(fixture_t) fixture = fixture_new("");
	g_autofree char *diff = NULL, *mail = NULL, *tree = NULL;
	g_autoptr(apply_result_t) result = NULL;

	import(fixture, "old", c->old);
	import(fixture, "new", c->new);
	import(fixture, "base", c->base);
	diff = make_diff(fixture, c);
	mail = make_mail(c, diff);
	result = apply(fixture, mail);
	g_free(fixture_git(fixture, NULL, "checkout -q -f base"));
	g_free(fixture_git(fixture, mail,
			   "-c user.name=C -c user.email=c@example.org am "
			   "-3 -q"));
	tree = fixture_git(fixture, NULL, "rev-parse HEAD^{tree}");
	assert_string_equal(result->tree, tree);
	assert_int_equal(result->applied, c->reason == APPLY_OK);
	if (result->applied)
		check_content(fixture, tree, c);
	else
		assert_string_equal(apply_reason_name(result->failure->reason),
				    apply_reason_name(c->reason));
}

static void assert_lines(const GPtrArray *lines, const char *wanted)
{
	g_autoptr(GString) text = g_string_new(NULL);

	assert_non_null(lines);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(text, "%s|", (char *)lines->pdata[i]);
	assert_string_equal(text->str, wanted);
}

/* The second of two hunks conflicts. */
static void a_conflict_shows_its_three_sides(void **state)
{
	static const struct merge_case c = {
		.old = PLAIN("f", LINES LINES),
		.new = PLAIN("f", TOP BOTTOM),
		.base = PLAIN("f",
			      "1\n2\n3\n4\n5\nhalf\n6\n7\n8\n9\n10\n11\n12\n"
			      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\ndozen\n"
			      "13\n"),
	};
	g_autoptr(fixture_t) fixture = fixture_new("");
	g_autofree char *diff = NULL, *mail = NULL;
	g_autoptr(apply_result_t) result = NULL;
	g_autoptr(json_t) answer = NULL;
	const struct apply_failure *failure;
	json_t *theirs;

	(void)state;
	import(fixture, "old", c.old);
	import(fixture, "new", c.new);
	import(fixture, "base", c.base);
	diff = make_diff(fixture, &c);
	mail = make_mail(&c, diff);
	result = apply(fixture, mail);
	assert_false(result->applied);
	failure = result->failure;
	assert_int_equal(failure->patch, 1);
	assert_string_equal(failure->file, "f");
	assert_int_equal(failure->hunk, 2);
	assert_int_equal(failure->line, 25);
	assert_lines(failure->base, "12|");
	assert_lines(failure->ours, "dozen|13|");
	assert_lines(failure->theirs, "twelve|");
	assert_lines(failure->expected, "12|");
	assert_lines(failure->found, "dozen|13|");
	answer = apply_result_to_json(result);
	theirs = json_object_get(
		json_object_get(json_object_get(answer, "error"), "sides"),
		"theirs");
	assert_string_equal(json_string_value(json_array_get(theirs, 0)),
			    "twelve");
}

int main(void)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_conflict_shows_its_three_sides),
	};
	int failed;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct CMUnitTest test = {
			.name = cases[i].name,
			.test_func = check_case,
			.initial_state = (gpointer)(gsize)&cases[i]};
		g_array_append_val(tests, test);
	}
	g_array_append_vals(tests, others, G_N_ELEMENTS(others));
	failed = _cmocka_run_group_tests(
		"merge", (struct CMUnitTest *)(gpointer)tests->data, tests->len,
		NULL, NULL);
	g_array_unref(tests);
	return failed;
}
