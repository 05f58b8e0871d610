/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/test.h"

#include "base/base.h"
#include "mail/patch.h"

#define HUNK "@@ -1 +1 @@\n-a\n+b\n"
#define PLAIN "--- a/f\n+++ b/f\n"

static struct patch *parse(const char *text, GError **error)
{
	g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

	return patch_parse(bytes, error);
}

struct sound_case {
	const char *name, *text;
	const char *old_path, *new_path;
	guint files, hunks, added, deleted;
	guint32 old_mode, new_mode;
	bool is_new, is_delete, is_rename, is_copy, is_binary;
};

static const struct sound_case sound_cases[] = {
	{.name = "a_diff_without_a_git_line_is_read",
	 .text = PLAIN HUNK,
	 .old_path = "f",
	 .new_path = "f",
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "text_around_the_diff_is_passed_over",
	 .text = "some words\n---\n" PLAIN HUNK "-- \n2.39\nfooter\n",
	 .old_path = "f",
	 .new_path = "f",
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "a_removed_line_of_dashes_is_no_header",
	 .text = PLAIN "@@ -1,2 +1 @@\n--- a/x\n-- +++ b/x\n+q\n",
	 .old_path = "f",
	 .new_path = "f",
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 2},
	{.name = "an_index_line_gives_the_mode",
	 .text = "diff --git a/f b/f\nindex 12345..abcde 100755\n" PLAIN HUNK,
	 .old_path = "f",
	 .new_path = "f",
	 .old_mode = 0100755,
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "a_new_empty_file_needs_no_hunk",
	 .text = "diff --git a/f b/f\nnew file mode 100644\nindex 0000000..e69d"
		 "e29\n-- \n2.39\n",
	 .new_path = "f",
	 .new_mode = 0100644,
	 .is_new = true,
	 .files = 1},
	{.name = "a_deleted_file_has_no_new_path",
	 .text = "diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n"
		 "+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
	 .old_path = "f",
	 .old_mode = 0100644,
	 .is_delete = true,
	 .files = 1,
	 .hunks = 1,
	 .deleted = 1},
	{.name = "a_plain_diff_against_dev_null_makes_a_file",
	 .text = "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n",
	 .new_path = "f",
	 .is_new = true,
	 .files = 1,
	 .hunks = 1,
	 .added = 1},
	{.name = "a_date_of_1970_makes_a_file",
	 .text = "--- a/f\t1970-01-01 00:00:00.000000000 +0000\n"
		 "+++ b/f\t2023-11-14 22:13:20.000000000 +0000\n"
		 "@@ -0,0 +1 @@\n+a\n",
	 .new_path = "f",
	 .is_new = true,
	 .files = 1,
	 .hunks = 1,
	 .added = 1},
	{.name = "a_date_behind_a_name_is_cut_off",
	 .text = "--- a/f g\t2023-11-14 22:13:20 +0100\n"
		 "+++ b/f g 2023-11-14 22:13:21 +0100\n" HUNK,
	 .old_path = "f g",
	 .new_path = "f g",
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "names_without_folders_lose_nothing",
	 .text = "--- f.c.orig\n+++ f.c\n" HUNK,
	 .old_path = "f.c",
	 .new_path = "f.c",
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "a_rename_has_two_names",
	 .text = "diff --git a/x/f b/y/g\nsimilarity index 90%\n"
		 "rename from x/f\nrename to y/g\n",
	 .old_path = "x/f",
	 .new_path = "y/g",
	 .is_rename = true,
	 .files = 1},
	{.name = "a_copy_has_two_names",
	 .text = "diff --git a/f b/g\nsimilarity index 100%\ncopy from f\n"
		 "copy to g\n-- \n",
	 .old_path = "f",
	 .new_path = "g",
	 .is_copy = true,
	 .files = 1},
	{.name = "quoted_names_are_bytes",
	 .text = "diff --git \"a/\\303\\244 \\t\" \"b/\\303\\244 \\t\"\n"
		 "old mode 100644\nnew mode 100755\n",
	 .old_path = "\303\244 \t",
	 .new_path = "\303\244 \t",
	 .old_mode = 0100644,
	 .new_mode = 0100755,
	 .files = 1},
	{.name = "a_name_with_blanks_stands_twice",
	 .text = "diff --git a/x y z b/x y z\nold mode 100644\n"
		 "new mode 100755\n",
	 .old_path = "x y z",
	 .new_path = "x y z",
	 .old_mode = 0100644,
	 .new_mode = 0100755,
	 .files = 1},
	{.name = "an_empty_context_line_may_lack_its_blank",
	 .text = PLAIN "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n",
	 .old_path = "f",
	 .new_path = "f",
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "a_missing_newline_belongs_to_the_hunk",
	 .text = PLAIN "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
		       "\\ Kein Zeilenumbruch\n",
	 .old_path = "f",
	 .new_path = "f",
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "dos_newlines_in_the_header_do_no_harm",
	 .text = "diff --git a/f b/f\r\nindex 1234..5678 100644\r\n"
		 "--- a/f\r\n+++ b/f\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n",
	 .old_path = "f",
	 .new_path = "f",
	 .old_mode = 0100644,
	 .files = 1,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "two_sections_for_a_file_are_two",
	 .text = PLAIN HUNK PLAIN HUNK,
	 .old_path = "f",
	 .new_path = "f",
	 .files = 2,
	 .hunks = 1,
	 .added = 1,
	 .deleted = 1},
	{.name = "a_binary_patch_has_data",
	 .text = "diff --git a/f b/f\nindex 12..34 100644\nGIT binary patch\n"
		 "literal 3\nKc${Nk-~s>u0|NsC\n\nliteral 1\nIc${MZ000310RR91\n"
		 "\n",
	 .old_path = "f",
	 .new_path = "f",
	 .old_mode = 0100644,
	 .is_binary = true,
	 .files = 1},
	{.name = "a_binary_notice_has_none",
	 .text = "diff --git a/f b/f\nindex 12..34 100644\n"
		 "Binary files a/f and b/f differ\n-- \n",
	 .old_path = "f",
	 .new_path = "f",
	 .old_mode = 0100644,
	 .is_binary = true,
	 .files = 1},
};

static void check_sound(void **state)
{
	const struct sound_case *c = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(patch_t) patch = parse(c->text, &error);
	const struct patch_file *file;

	if (!patch)
		fail_msg("%s", error->message);
	assert_int_equal(patch->files->len, c->files);
	file = patch->files->pdata[0];
	assert_true(g_strcmp0(file->old_path, c->old_path) == 0);
	assert_true(g_strcmp0(file->new_path, c->new_path) == 0);
	assert_int_equal(file->hunks->len, c->hunks);
	assert_int_equal(file->added, c->added);
	assert_int_equal(file->deleted, c->deleted);
	assert_int_equal(file->old_mode, c->old_mode);
	assert_int_equal(file->new_mode, c->new_mode);
	assert_int_equal(file->is_new, c->is_new);
	assert_int_equal(file->is_delete, c->is_delete);
	assert_int_equal(file->is_rename, c->is_rename);
	assert_int_equal(file->is_copy, c->is_copy);
	assert_int_equal(file->is_binary, c->is_binary);
}

struct broken_case {
	const char *name, *text, *message;
};

static const struct broken_case broken_cases[] = {
	{"an_empty_text_is_refused", "", "line 1: a diff was expected"},
	{"no_diff_at_all_is_refused", "only words\n",
	 "line 1: a diff was expected"},
	{"a_hunk_cut_short_is_refused", PLAIN "@@ -1,3 +1,3 @@\n a\n-b\n+c\n",
	 "line 7: the diff ends"},
	{"a_wrapped_line_is_refused",
	 PLAIN "@@ -1,2 +1,2 @@\n a\nwrapped\n-b\n+c\n", "line 5: "},
	{"a_hunk_without_a_file_is_refused", HUNK, "line 1: a hunk without"},
	{"a_hunk_without_a_change_is_refused",
	 PLAIN "@@ -1,2 +1,2 @@\n a\n b\n", "changes nothing"},
	{"absurd_numbers_are_refused",
	 PLAIN "@@ -99999999999,1 +1 @@\n-a\n+b\n", "line 3: "},
	{"a_header_without_a_change_is_refused",
	 "diff --git a/f b/f\nindex 12..34 100644\n--- a/f\n+++ b/f\n",
	 "has no change"},
	{"names_that_differ_are_refused",
	 "diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/g\n"
	 "@@ -0,0 +1 @@\n+a\n",
	 "called otherwise"},
	{"a_new_file_with_old_lines_is_refused",
	 "diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ "
	 "b/f\n" HUNK,
	 "is new"},
	{"a_deletion_that_leaves_lines_is_refused",
	 "diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n"
	 "+++ /dev/null\n" HUNK,
	 "is deleted"},
	{"a_new_and_deleted_file_is_refused",
	 "diff --git a/f b/f\nnew file mode 100644\ndeleted file mode 100644\n",
	 "contradicts"},
	{"a_mode_of_letters_is_refused",
	 "diff --git a/f b/f\nold mode rwx\nnew mode 100755\n", "no file mode"},
	{"an_index_line_that_runs_into_the_footer_is_refused",
	 "diff --git a/f b/f\nnew file mode 100644\n"
	 "index 0000000..e69de29-- \n2.39\n",
	 "line 3: this is no file mode"},
	{"a_nul_in_a_name_is_refused",
	 "--- \"a/f\\000\"\n+++ \"b/f\\000\"\n" HUNK, "NUL"},
	{"damaged_binary_data_is_refused",
	 "diff --git a/f b/f\nindex 12..34 100644\nGIT binary patch\n"
	 "literal 3\n!!\n\n",
	 "line 5: the binary data"},
	{"binary_data_without_an_end_is_refused",
	 "diff --git a/f b/f\nindex 12..34 100644\nGIT binary patch\n"
	 "literal 3\nKc${Nk-~s>u0|NsC\n",
	 "line 6: the binary data"},
};

static void check_broken(void **state)
{
	const struct broken_case *c = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(patch_t) patch = parse(c->text, &error);

	assert_null(patch);
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_INPUT));
	if (!strstr(error->message, c->message))
		fail_msg("%s", error->message);
}

static void more_files_than_the_limit_are_refused(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	for (int i = 0; i <= PATCH_FILES_MOST; i++)
		g_string_append(text, PLAIN HUNK);
	assert_null(parse(text->str, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_LIMIT));
}

/* A diff of one file whose name is `part` over and over, then "f". */
static char *diff_of_path(const char *part, guint times)
{
	g_autoptr(GString) path = g_string_new(NULL);

	for (guint i = 0; i < times; i++)
		g_string_append(path, part);
	return g_strdup_printf("--- a/%sf\n+++ b/%sf\n" HUNK, path->str,
			       path->str);
}

static void a_path_longer_than_any_kernel_opens_is_refused(void **state)
{
	static const struct {
		const char *part;
		guint times;
		bool fits;
	} rows[] = {
		{"ab", 2047, true}, {"ab", 2048, false},   {"a/", 511, true},
		{"a/", 512, false}, {"a/", 120000, false},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = diff_of_path(rows[i].part,
						     rows[i].times);
		g_autoptr(GError) error = NULL;
		g_autoptr(patch_t) patch = parse(text, &error);

		assert_int_equal(patch != NULL, rows[i].fits);
		if (!patch)
			assert_true(g_error_matches(error, REROLL_ERROR,
						    REROLL_ERROR_LIMIT));
	}
}

static void a_hunk_knows_its_context(void **state)
{
	g_autoptr(patch_t) patch = parse(
		PLAIN "@@ -7,5 +9,4 @@ function\n a\n b\n-c\n-d\n+e\n f\n",
		NULL);
	const struct patch_file *file = patch->files->pdata[0];
	const struct patch_hunk *hunk = &g_array_index(file->hunks,
						       struct patch_hunk, 0);

	(void)state;
	assert_int_equal(hunk->line, 3);
	assert_int_equal(hunk->old_start, 7);
	assert_int_equal(hunk->old_count, 5);
	assert_int_equal(hunk->new_start, 9);
	assert_int_equal(hunk->new_count, 4);
	assert_int_equal(hunk->leading, 2);
	assert_int_equal(hunk->trailing, 1);
	assert_int_equal(hunk->body_len, 18);
}

int main(void)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	const struct CMUnitTest others[] = {
		cmocka_unit_test(more_files_than_the_limit_are_refused),
		cmocka_unit_test(
			a_path_longer_than_any_kernel_opens_is_refused),
		cmocka_unit_test(a_hunk_knows_its_context),
	};
	int failed;

	for (gsize i = 0; i < G_N_ELEMENTS(sound_cases); i++) {
		struct CMUnitTest test = {
			.name = sound_cases[i].name,
			.test_func = check_sound,
			.initial_state = (gpointer)(gsize)&sound_cases[i]};
		g_array_append_val(tests, test);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(broken_cases); i++) {
		struct CMUnitTest test = {
			.name = broken_cases[i].name,
			.test_func = check_broken,
			.initial_state = (gpointer)(gsize)&broken_cases[i]};
		g_array_append_val(tests, test);
	}
	g_array_append_vals(tests, others, G_N_ELEMENTS(others));
	failed = _cmocka_run_group_tests(
		"patch", (struct CMUnitTest *)(gpointer)tests->data, tests->len,
		NULL, NULL);
	g_array_unref(tests);
	return failed;
}
