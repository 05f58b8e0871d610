/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ids of patches, beside those that git writes. */
#include "tests/unit/test-tree.h"

static const char base_files[] =
	"M 100644 inline f\ndata 20\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n"
	"M 100755 inline dir/tool\ndata 5\nrun\n\n"
	"M 100644 inline with blank\ndata 4\nx\ny\n\n"
	"M 100644 inline open\ndata 3\nend\n";

struct id_case {
	const char *name;
	const char *files; /* the change, as git fast-import takes it */
};

static const struct id_case cases[] = {
	{"an_edit_has_the_id_of_git",
	 "M 100644 inline f\ndata 20\na\nb\nc\nd\nE\nf\ng\nh\ni\nj\n\n"},
	{"two_edits_have_the_id_of_git",
	 "M 100644 inline f\ndata 20\nA\nb\nc\nd\ne\nf\ng\nh\ni\nJ\n\n"
	 "M 100644 inline with blank\ndata 2\ny\n\n"},
	{"a_new_file_has_the_id_of_git",
	 "M 100755 inline new/file\ndata 4\nn\tw\n\n"},
	{"a_deleted_file_has_the_id_of_git", "D dir/tool\n"},
	{"a_renamed_file_has_the_id_of_git",
	 "D f\nM 100644 inline g\ndata 20\na\nb\nc\nd\nE\nf\ng\nh\ni\nj\n\n"},
	{"a_mode_has_the_id_of_git",
	 "M 100755 inline f\ndata 20\na\nb\nc\nd\nE\nf\ng\nh\ni\nj\n\n"},
	{"an_open_end_has_the_id_of_git",
	 "M 100644 inline open\ndata 4\nend\n\n"},
};

/* What git format-patch writes of the change below a patch on top of it. */
static char *id_of_git(const struct fixture *fixture)
{
	g_autofree char *text = fixture_git(
		fixture, NULL,
		"format-patch --stdout --base=change~1 next~1..next");
	const char *word = "prerequisite-patch-id: ";
	const char *at = strstr(text, word);

	assert_non_null(at);
	return g_strndup(at + strlen(word), OBJECT_ID_HEX);
}

static void import(const struct fixture *fixture, const char *files)
{
	g_autofree char *stream = g_strdup_printf(
		"commit refs/heads/change\n"
		"committer A <a@example.org> 1700000000 +0000\ndata 1\nc\n"
		"from refs/heads/main\n%s\n"
		"commit refs/heads/next\n"
		"committer A <a@example.org> 1700000000 +0000\ndata 1\nn\n"
		"from refs/heads/change\nM 100644 inline last\ndata 1\nl\n\n",
		files);

	g_free(fixture_git(fixture, stream, "fast-import --quiet"));
}

static void check_case(void **state)
{
	const struct id_case *c = *state;
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autofree char *git_id = NULL, *text = NULL, *whole = NULL;
	g_autoptr(message_t) message = NULL;
	char id[OBJECT_ID_HEX + 1];

	import(fixture, c->files);
	git_id = id_of_git(fixture);
	text = fixture_git(fixture, NULL,
			   "format-patch --stdout change~1..change");
	whole = g_strconcat(text, "\n", NULL);
	message = message_parse(whole, strlen(whole), "test",
				&(struct message_options){0});
	assert_true(history_patch_id(message->patch, id));
	assert_string_equal(id, git_id);
}

static void what_is_no_diff_has_no_id(void **state)
{
	g_autoptr(GBytes) text = g_bytes_new_static("words\n", 6);
	char id[OBJECT_ID_HEX + 1];

	(void)state;
	assert_false(history_patch_id(text, id));
}

int main(void)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	const struct CMUnitTest others[] = {
		cmocka_unit_test(what_is_no_diff_has_no_id),
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
		"patch-id", (struct CMUnitTest *)(gpointer)tests->data,
		tests->len, NULL, NULL);
	g_array_unref(tests);
	return failed;
}
