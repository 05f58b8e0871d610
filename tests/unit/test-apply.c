/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/test-tree.h"

#define LINES(n) "line " n "\n"
#define TEN                                             \
	"line 01\nline 02\nline 03\nline 04\nline 05\n" \
	"line 06\nline 07\nline 08\nline 09\nline 10\n"
#define EDIT " line 04\n-line 05\n+LINE 05\n line 06\n"

static const char base_files[] =
	"M 100644 inline f\ndata 80\n" TEN
	"M 100755 inline tool\ndata 5\nrun\n\n"
	"M 100644 inline dir/a\ndata 2\na\n"
	"M 100644 inline open\ndata 3\nend\n"
	"M 100644 inline dos\ndata 9\na\r\nb\r\nc\r\n"
	"M 120000 inline link\ndata 3\ndir\n"
	"M 160000 1234567812345678123456781234567812345678 sub\n";

struct apply_case {
	const char *name, *diff;
	const char *path, *content; /* content NULL: no such file */
	const char *mode;	    /* NULL: not looked at */
	enum apply_rung rung;
	enum apply_reason reason;
};

#define HEAD(name) "--- a/" name "\n+++ b/" name "\n"
#define NEW(name, mode)                                              \
	"diff --git a/" name " b/" name "\nnew file mode " mode "\n" \
	"--- /dev/null\n+++ b/" name "\n@@ -0,0 +1 @@\n+x\n"

static const struct apply_case cases[] = {
	{.name = "a_hunk_applies_where_it_says",
	 .diff = HEAD("f") "@@ -4,3 +4,3 @@\n" EDIT,
	 .path = "f",
	 .content = LINES("01") LINES("02") LINES("03")
		 LINES("04") "LINE 05\n" LINES("06") LINES("07") LINES("08")
			 LINES("09") LINES("10")},
	{.name = "a_hunk_applies_at_an_offset",
	 .diff = HEAD("f") "@@ -8,3 +8,3 @@\n" EDIT,
	 .rung = RUNG_OFFSET,
	 .path = "f",
	 .content = LINES("01") LINES("02") LINES("03")
		 LINES("04") "LINE 05\n" LINES("06") LINES("07") LINES("08")
			 LINES("09") LINES("10")},
	{.name = "a_hunk_at_line_one_stays_at_the_beginning",
	 .diff = HEAD("f") "@@ -1,3 +1,3 @@\n" EDIT,
	 .reason = APPLY_CONTEXT},
	{.name = "a_hunk_without_context_behind_it_stays_at_the_end",
	 .diff = HEAD("f") "@@ -4,2 +4,2 @@\n line 04\n-line 05\n+LINE 05\n",
	 .reason = APPLY_CONTEXT},
	{.name = "other_context_is_refused",
	 .diff = HEAD("f") "@@ -4,3 +4,3 @@\n line 4\n-line 05\n+x\n line 06\n",
	 .reason = APPLY_CONTEXT},
	{.name = "an_executable_stays_one_without_a_mode_line",
	 .diff = HEAD("tool") "@@ -1,2 +1,2 @@\n-run\n+walk\n \n",
	 .path = "tool",
	 .content = "walk\n\n",
	 .mode = "100755"},
	{.name = "a_mode_alone_can_change",
	 .diff = "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n",
	 .path = "f",
	 .content = TEN,
	 .mode = "100755"},
	{.name = "a_new_file_brings_its_folders",
	 .diff = NEW("new/deep/file", "100755"),
	 .path = "new/deep/file",
	 .content = "x\n",
	 .mode = "100755"},
	{.name = "a_symlink_without_a_target_is_refused",
	 .diff = "diff --git a/l b/l\nnew file mode 120000\n"
		 "index 0000000..e69de29\n",
	 .reason = APPLY_SYMLINK},
	{.name = "a_new_file_that_exists_is_refused",
	 .diff = NEW("f", "100644"),
	 .reason = APPLY_EXISTS},
	{.name = "a_new_file_below_a_file_is_refused",
	 .diff = NEW("f/x", "100644"),
	 .reason = APPLY_EXISTS},
	{.name = "a_new_file_in_a_folders_place_is_refused",
	 .diff = NEW("dir", "100644"),
	 .reason = APPLY_EXISTS},
	{.name = "the_last_file_takes_its_folder_along",
	 .diff = "diff --git a/dir/a b/dir/a\ndeleted file mode 100644\n"
		 "--- a/dir/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n" NEW(
			 "dir", "100644"),
	 .path = "dir",
	 .content = "x\n"},
	{.name = "a_deletion_of_other_content_is_refused",
	 .diff = "--- a/dir/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n",
	 .reason = APPLY_CONTEXT},
	{.name = "a_rename_takes_the_content_along",
	 .diff = "diff --git a/f b/g\nrename from f\nrename to g\n",
	 .path = "g",
	 .content = TEN},
	{.name = "a_rename_leaves_nothing_behind",
	 .diff = "diff --git a/f b/g\nrename from f\nrename to g\n",
	 .path = "f"},
	{.name = "a_copy_takes_the_content_from_before_the_patch",
	 .diff = HEAD("dir/a") "@@ -1 +1 @@\n-a\n+b\n"
			       "diff --git a/dir/a b/c\ncopy from dir/a\ncopy "
			       "to c\n",
	 .path = "c",
	 .content = "a\n"},
	{.name = "a_second_section_sees_the_first",
	 .diff = HEAD("dir/a") "@@ -1 +1 @@\n-a\n+b\n" HEAD(
		 "dir/a") "@@ -1 +1 @@\n-b\n+c\n",
	 .path = "dir/a",
	 .content = "c\n"},
	{.name = "a_missing_newline_is_added",
	 .diff = HEAD("open") "@@ -1 +1 @@\n-end\n"
			      "\\ No newline at end of file\n+end\n",
	 .path = "open",
	 .content = "end\n"},
	{.name = "the_last_words_of_a_patch_may_lack_their_newline",
	 .diff = "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n"
		 "\\ No newline at end of file",
	 .path = "new",
	 .content = "x"},
	{.name = "a_dos_file_takes_a_patch_that_lost_its_dos_newlines",
	 .diff = HEAD("dos") "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
	 .rung = RUNG_CRLF,
	 .path = "dos",
	 .content = "a\r\nB\r\nc\r\n"},
	{.name = "a_patch_of_dos_newlines_fits_a_file_without",
	 .diff = "--- a/dir/a\r\n+++ b/dir/a\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n",
	 .rung = RUNG_CRLF,
	 .path = "dir/a",
	 .content = "b\n"},
	{.name = "a_damaged_patch_is_not_read_with_its_dos_newlines",
	 .diff = "diff --git \"a/n\\tw\" \"b/n\\tw\"\r\n"
		 "new file mode 100644\r\n"
		 "index 0000000000000000000000000000000000000000.."
		 "59379c9ff51d9d8cd7119c49600ca7393829e939\r\n"
		 "GIT binary patch\r\nGIT binary patch\r\nliteral 1\r\n"
		 "Ic${MZ000310RR91\r\n\r\n",
	 .reason = APPLY_MALFORMED},
	{.name = "a_symlink_becomes_a_file",
	 .diff = "diff --git a/link b/link\ndeleted file mode 120000\n"
		 "--- a/link\n+++ /dev/null\n@@ -1 +0,0 @@\n-dir\n"
		 "\\ No newline at end of file\n" NEW("link", "100644"),
	 .path = "link",
	 .content = "x\n",
	 .mode = "100644"},
	{.name = "writing_below_a_symlink_is_refused",
	 .diff = NEW("link/x", "100644"),
	 .reason = APPLY_SYMLINK},
	{.name = "writing_below_a_symlink_of_the_same_patch_is_refused",
	 .diff = NEW("new", "120000") NEW("new/x", "100644"),
	 .reason = APPLY_SYMLINK},
	{.name = "changing_a_file_behind_a_symlink_is_refused",
	 .diff = HEAD("link/a") "@@ -1 +1 @@\n-a\n+b\n",
	 .reason = APPLY_MISSING},
	{.name = "writing_into_a_submodule_is_refused",
	 .diff = NEW("sub/x", "100644"),
	 .reason = APPLY_SUBMODULE},
	{.name = "a_new_submodule_is_refused",
	 .diff = NEW("more", "160000"),
	 .reason = APPLY_SUBMODULE},
	{.name = "a_file_that_is_not_there_is_refused",
	 .diff = HEAD("gone") "@@ -1 +1 @@\n-a\n+b\n",
	 .reason = APPLY_MISSING},
	{.name = "another_type_is_refused",
	 .diff = "diff --git a/f b/f\nindex 1234..5678 120000\n" HEAD(
		 "f") "@@ -4,3 +4,3 @@\n" EDIT,
	 .reason = APPLY_MODE},
	{.name = "the_mode_of_a_folder_is_refused",
	 .diff = NEW("x", "040000"),
	 .reason = APPLY_MODE},
	{.name = "a_broken_diff_is_refused",
	 .diff = HEAD("f") "@@ -4,3 +4,3 @@\n line 04\n",
	 .reason = APPLY_MALFORMED},
	{.name = "a_mail_without_a_diff_is_refused",
	 .diff = "",
	 .reason = APPLY_EMPTY},
	{.name = "a_binary_patch_without_full_ids_is_refused",
	 .diff = "diff --git a/f b/f\nindex 1234..5678 100644\n"
		 "GIT binary patch\nliteral 1\nIc${MZ000310RR91\n\n",
	 .reason = APPLY_BINARY},
	{.name = "damaged_binary_data_is_told_before_lines_that_do_not_fit",
	 .diff = HEAD("f") "@@ -4,3 +4,3 @@\n line 4\n-line 05\n+x\n line 06\n"
			   "diff --git a/dir/a b/dir/a\nindex 1234..5678\n"
			   "GIT binary patch\nliteral 2\n"
			   "Ic${MZ000310RR91\n\n",
	 .reason = APPLY_BINARY},
	{.name = "a_path_to_the_parent_is_refused",
	 .diff = NEW("../x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "an_absolute_path_is_refused",
	 .diff = NEW("/etc/x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "a_path_with_a_dot_is_refused",
	 .diff = NEW("a/./x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "the_repository_is_refused",
	 .diff = NEW(".git/hooks/x", "100755"),
	 .reason = APPLY_PATH},
	{.name = "the_repository_in_capitals_is_refused",
	 .diff = NEW("sub2/.GiT/x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "the_repository_with_blanks_behind_is_refused",
	 .diff = NEW(".git. /x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "the_repository_as_a_stream_is_refused",
	 .diff = NEW(".git::$INDEX_ALLOCATION/x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "the_repository_by_its_short_name_is_refused",
	 .diff = NEW("GIT~1/x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "the_repository_behind_a_backslash_is_refused",
	 .diff = NEW("a\\.git\\x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "the_repository_with_a_character_of_no_width_is_refused",
	 .diff = NEW(".g\342\200\214it/x", "100644"),
	 .reason = APPLY_PATH},
	{.name = "a_symlink_for_submodule_settings_is_refused",
	 .diff = NEW(".gitmodules", "120000"),
	 .reason = APPLY_PATH},
	{.name = "too_long_a_name_is_refused",
	 .diff = NEW(
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "100644"),
	 .reason = APPLY_PATH},
};

static struct message *message_of(const char *diff, const char *subject)
{
	g_autofree char *mail = g_strdup_printf(
		"From: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>\n"
		"Date: Tue, 14 Nov 2023 22:15:20 +0130\n"
		"Subject: [PATCH] %s\n\nWords.  \n\n\nMore.\n---\n%s-- "
		"\n2.39\n",
		subject, diff);

	return message_parse(mail, strlen(mail), "test",
			     &(struct message_options){0});
}

static GPtrArray *series_of(const char *const diffs[])
{
	GPtrArray *series = g_ptr_array_new_with_free_func(
		(GDestroyNotify)message_free);

	for (; *diffs; diffs++) {
		struct message *message = message_of(*diffs, "change");

		g_clear_pointer(&message->patch, g_bytes_unref);
		message->patch = g_bytes_new(*diffs, strlen(*diffs));
		g_ptr_array_add(series, message);
	}
	return series;
}

static struct apply_result *apply(const struct fixture *fixture,
				  const char *const diffs[],
				  const struct apply_options *options)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) series = series_of(diffs);
	g_autoptr(repo_t) repo = repo_open(fixture->path, &error);
	struct apply_result *result = apply_series(repo, "main", series,
						   options, NULL, &error);

	if (!result)
		fail_msg("%s", error->message);
	return result;
}

static void check_file(const struct fixture *fixture, const char *tree,
		       const struct apply_case *c)
{
	g_autoptr(repo_t) repo = repo_open_with_objects(fixture->path,
							fixture->objects, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes)
		content = repo_read_file(repo, tree, c->path, 10000, &error);
	g_autofree char *command = g_strdup_printf("ls-tree %s %s", tree,
						   c->path);
	g_autofree char *entry = fixture_git(fixture, NULL, command);

	if (!c->content) {
		assert_true(g_error_matches(error, REROLL_ERROR,
					    REROLL_ERROR_NOT_FOUND));
		return;
	}
	assert_non_null(content);
	assert_int_equal(g_bytes_get_size(content), strlen(c->content));
	assert_memory_equal(g_bytes_get_data(content, NULL), c->content,
			    strlen(c->content));
	if (c->mode)
		assert_true(g_str_has_prefix(entry, c->mode));
}

static void check_case(void **state)
{
	const struct apply_case *c = *state;
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const diffs[] = {c->diff, NULL};
	struct apply_options options = {.keep = true,
					.objects_dir = fixture->objects};
	g_autoptr(apply_result_t) result = apply(fixture, diffs, &options);
	const struct applied_patch *patch;

	assert_int_equal(result->applied, c->reason == APPLY_OK);
	if (!result->applied) {
		assert_string_equal(apply_reason_name(result->failure->reason),
				    apply_reason_name(c->reason));
		assert_int_equal(result->failure->patch, 1);
		assert_false(g_file_test(fixture->objects, G_FILE_TEST_EXISTS));
		return;
	}
	patch = result->patches->pdata[0];
	assert_string_equal(apply_rung_name(patch->rung),
			    apply_rung_name(c->rung));
	check_file(fixture, result->tree, c);
}

static void a_refusal_shows_what_is_there(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const diffs[] = {
		HEAD("dir/a") "@@ -1 +1 @@\n-a\n+b\n",
		HEAD("f") "@@ -2,3 +2,3 @@\n line 02\n-line 03\n+x\n line 04\n"
			  "@@ -3,5 +3,5 @@\n line 06\n line 07\n-old\n+new\n"
			  " line 09\n line 10\n",
		NULL};
	struct apply_options options = {.three_way = true};
	g_autoptr(apply_result_t) result = apply(fixture, diffs, &options);
	const struct apply_failure *failure = result->failure;

	(void)state;
	assert_false(result->applied);
	assert_int_equal(failure->patch, 2);
	assert_string_equal(failure->file, "f");
	assert_int_equal(failure->hunk, 2);
	assert_int_equal(failure->line, 3);
	assert_int_equal(failure->reason, APPLY_CONTEXT);
	assert_int_equal(failure->expected->len, 5);
	assert_string_equal(failure->expected->pdata[2], "old");
	assert_int_equal(failure->found->len, 5);
	assert_string_equal(failure->found->pdata[0], "x");
	assert_int_equal(failure->nearest, 6);
}

static void assert_diff(const struct apply_result *result, const char *wanted)
{
	g_autofree char *diff = NULL;

	assert_false(result->applied);
	assert_non_null(result->failure->diff);
	g_ptr_array_add(result->failure->diff, NULL);
	diff = g_strjoinv("|", (char **)result->failure->diff->pdata);
	assert_string_equal(diff, wanted);
}

/* At the nearest place, though the hunk says another line. */
static void a_refusal_shows_a_small_diff(void **state)
{
	static const struct {
		const char *diff, *wanted;
	} rows[] = {
		{HEAD("f") "@@ -1,4 +1,4 @@\n line 06\n-line 7\n+x\n line 08\n"
			   " line 09\n",
		 " line 06|-line 7|+line 07| line 08| line 09"},
		{HEAD("f") "@@ -2,3 +2,3 @@\n line 02\n-line 04\n+x\n line "
			   "05\n",
		 "-line 02|+line 03| line 04| line 05"},
		{HEAD("dir/a") "@@ -1,2 +1,2 @@\n-b\n+x\n c\n", "-b|-c|+a"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(fixture_t) fixture = fixture_new(base_files);
		const char *const diffs[] = {rows[i].diff, NULL};
		g_autoptr(apply_result_t) result = apply(
			fixture, diffs, &(struct apply_options){0});

		assert_diff(result, rows[i].wanted);
	}
}

static void a_long_hunk_is_shown_where_it_differs(void **state)
{
	g_autoptr(GString) files = g_string_new(NULL);
	g_autoptr(GString)
		diff = g_string_new(HEAD("long") "@@ -1,30 +1,30 @@\n");
	g_autoptr(GString) lines = g_string_new(NULL);
	g_autoptr(fixture_t) fixture = NULL;
	g_autoptr(apply_result_t) result = NULL;
	const char *diffs[] = {NULL, NULL};

	(void)state;
	for (int i = 1; i <= 30; i++) {
		g_string_append_printf(lines, "%d\n", i);
		g_string_append_printf(diff, i == 20 ? " twenty\n" : " %d\n",
				       i);
	}
	g_string_truncate(diff, diff->len - strlen(" 30\n"));
	g_string_append(diff, "-30\n+x\n");
	g_string_append_printf(
		files, "M 100644 inline long\ndata %" G_GSIZE_FORMAT "\n%s\n",
		lines->len, lines->str);
	fixture = fixture_new(files->str);
	diffs[0] = diff->str;
	result = apply(fixture, diffs, &(struct apply_options){0});
	assert_diff(result, " 17| 18| 19|-twenty|+20| 21| 22| 23| 24| 25| 26"
			    "| 27| 28");
}

static void a_refused_series_leaves_the_tree_of_the_base(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const diffs[] = {HEAD("dir/a") "@@ -1 +1 @@\n-a\n+b\n",
				     HEAD("gone") "@@ -1 +1 @@\n-a\n+b\n",
				     NULL};
	struct apply_options options = {.ref = "refs/reroll/x/1"};
	g_autoptr(apply_result_t) result = apply(fixture, diffs, &options);
	g_autofree char *tree = fixture_git(fixture, NULL,
					    "rev-parse main^{tree}");
	g_autofree char *refs = fixture_git(fixture, NULL, "for-each-ref");

	(void)state;
	assert_false(result->applied);
	assert_string_equal(result->tree, tree);
	assert_string_equal(result->head, "");
	assert_null(strstr(refs, "reroll"));
}

static void judging_writes_nothing(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const diffs[] = {NEW("new", "100644"), NULL};
	g_autofree char *before = fixture_git(fixture, NULL,
					      "count-objects -v");
	g_autoptr(apply_result_t)
		result = apply(fixture, diffs, &(struct apply_options){0});
	g_autofree char *after = fixture_git(fixture, NULL, "count-objects -v");

	(void)state;
	assert_true(result->applied);
	assert_string_equal(before, after);
	assert_string_equal(result->head, "");
}

static void a_ref_holds_the_commits_git_am_would_make(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const diffs[] = {HEAD("dir/a") "@@ -1 +1 @@\n-a\n+b\n",
				     HEAD("dir/a") "@@ -1 +1 @@\n-b\n+c\n",
				     NULL};
	struct apply_options options = {.ref = "refs/reroll/x/1",
					.committer_name = "Bot",
					.committer_email = "bot@example.org",
					.committer_at = 1700001000};
	g_autoptr(apply_result_t) result = apply(fixture, diffs, &options);
	g_autofree char *head = fixture_git(fixture, NULL,
					    "rev-parse refs/reroll/x/1");
	g_autofree char *log = fixture_git(
		fixture, NULL,
		"log -1 --date=raw --format=%an|%ae|%ad|%cn|%ct|%B "
		"refs/reroll/x/1");
	g_autofree char *count = fixture_git(
		fixture, NULL, "rev-list --count main..refs/reroll/x/1");
	g_autofree char *fsck = fixture_git(fixture, NULL, "fsck --strict");

	(void)state;
	assert_true(result->applied);
	assert_string_equal(result->head, head);
	assert_string_equal(count, "2");
	assert_string_equal(log, "Zo\303\253|zoe@example.org|1699994720 +0130|"
				 "Bot|1700001000|change\n\nWords.\n\nMore.");
	assert_string_equal(fsck, "");
}

static void a_known_blob_lets_other_context_be_merged(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const other[] = {
		HEAD("f") "@@ -6,3 +6,3 @@\n line 06\n-line 07\n+LINE 07\n"
			  " line 08\n",
		NULL};
	struct apply_options keep = {.ref = "refs/heads/main"};
	g_autofree char *id = fixture_git(fixture, NULL, "rev-parse main:f");
	g_autofree char *diff = g_strdup_printf(
		"diff --git a/f b/f\nindex %.8s..12345678 100644\n" HEAD(
			"f") "@@ -3,5 +3,5 @@\n line 03\n-line 04\n+LINE 04\n "
			     "line 05\n"
			     " line 06\n line 07\n",
		id);
	const char *const diffs[] = {diff, NULL};
	struct apply_options merge = {.three_way = true};
	g_autoptr(apply_result_t) first = apply(fixture, other, &keep);
	g_autoptr(apply_result_t)
		strict = apply(fixture, diffs, &(struct apply_options){0});
	g_autoptr(apply_result_t) merged = apply(fixture, diffs, &merge);

	(void)state;
	assert_true(first->applied);
	assert_false(strict->applied);
	assert_true(merged->applied);
	assert_int_equal(
		((struct applied_patch *)merged->patches->pdata[0])->rung,
		RUNG_3WAY);
}

static void a_series_that_is_in_the_base_is_told_so(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autofree char *id = fixture_git(fixture, NULL, "rev-parse main:f");
	g_autofree char *diff = g_strdup_printf(
		"diff --git a/f b/f\nindex %.8s..12345678 100644\n" HEAD(
			"f") "@@ -4,3 +4,3 @@\n" EDIT,
		id);
	const char *const diffs[] = {diff, NULL};
	struct apply_options keep = {.ref = "refs/heads/main"};
	struct apply_options merge = {.three_way = true};
	g_autoptr(apply_result_t) first = apply(fixture, diffs, &keep);
	g_autoptr(apply_result_t) again = apply(fixture, diffs, &merge);

	(void)state;
	assert_true(first->applied);
	assert_false(again->applied);
	assert_int_equal(again->failure->reason, APPLY_ALREADY);
}

static void a_patch_in_the_history_is_named_by_its_commit(void **state)
{
	static const char *const diffs[] = {
		HEAD("f") "@@ -4,3 +4,3 @@\n" EDIT,
		HEAD("f") "@@ -3,5 +3,5 @@\n line 03\n line 04\n"
			  "-LINE 05\n+other\n line 06\n line 07\n"};
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const one[] = {diffs[0], NULL}, *const two[] = {diffs[1],
								    NULL};
	struct apply_options keep = {.ref = "refs/heads/main"};
	g_autoptr(apply_result_t) first = apply(fixture, one, &keep);
	g_autoptr(apply_result_t) next = apply(fixture, two, &keep);
	g_autoptr(apply_result_t)
		again = apply(fixture, one, &(struct apply_options){0});

	(void)state;
	assert_true(first->applied && next->applied);
	assert_false(again->applied);
	assert_int_equal(again->failure->reason, APPLY_ALREADY);
	assert_string_equal(again->failure->commit, first->head);
	assert_non_null(strstr(again->failure->text, "in the base already"));
}

static void newlines_of_a_file_sent_encoded_are_kept(void **state)
{
	static const struct {
		bool encoded;
		const char *content;
	} rows[] = {{false, "x\n"}, {true, "x\r\n"}};
	const char *const diffs[] = {
		"--- /dev/null\r\n+++ b/new\r\n@@ -0,0 +1 @@\r\n+x\r\n", NULL};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(fixture_t) fixture = fixture_new(base_files);
		g_autoptr(GPtrArray) series = series_of(diffs);
		g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
		struct apply_options keep = {.ref = "refs/x/1"};
		g_autoptr(apply_result_t) result = NULL;
		g_autoptr(GBytes) content = NULL;

		((struct message *)series->pdata[0])->encoded = rows[i].encoded;
		result = apply_series(repo, "main", series, &keep, NULL, NULL);
		assert_true(result->applied);
		content = repo_read_file(repo, result->tree, "new", 10, NULL);
		assert_int_equal(g_bytes_get_size(content),
				 strlen(rows[i].content));
	}
}

static void a_file_over_the_limit_is_refused(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	const char *const diffs[] = {HEAD("f") "@@ -4,3 +4,3 @@\n" EDIT, NULL};
	struct apply_options options = {.file_limit_bytes = 79};
	g_autoptr(apply_result_t) result = apply(fixture, diffs, &options);

	(void)state;
	assert_false(result->applied);
	assert_int_equal(result->failure->reason, APPLY_TOO_LARGE);
}

static void the_answer_has_every_field(void **state)
{
	static const char *const keys[] = {
		"patch",    "file",  "hunk",	"line", "reason", "text",
		"expected", "found", "nearest", "diff", "sides",  "commit"};
	g_autoptr(apply_result_t)
		result = apply_result_refused(APPLY_MALFORMED, "why");
	g_autoptr(json_t) answer = apply_result_to_json(result);
	json_t *error = json_object_get(answer, "error");

	(void)state;
	assert_string_equal(
		json_string_value(json_object_get(answer, "result")),
		"refused");
	assert_true(json_is_null(json_object_get(answer, "base")));
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		assert_non_null(json_object_get(error, keys[i]));
}

int main(void)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_refusal_shows_what_is_there),
		cmocka_unit_test(a_refusal_shows_a_small_diff),
		cmocka_unit_test(a_long_hunk_is_shown_where_it_differs),
		cmocka_unit_test(a_refused_series_leaves_the_tree_of_the_base),
		cmocka_unit_test(judging_writes_nothing),
		cmocka_unit_test(a_ref_holds_the_commits_git_am_would_make),
		cmocka_unit_test(a_known_blob_lets_other_context_be_merged),
		cmocka_unit_test(a_series_that_is_in_the_base_is_told_so),
		cmocka_unit_test(a_patch_in_the_history_is_named_by_its_commit),
		cmocka_unit_test(newlines_of_a_file_sent_encoded_are_kept),
		cmocka_unit_test(a_file_over_the_limit_is_refused),
		cmocka_unit_test(the_answer_has_every_field),
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
		"apply", (struct CMUnitTest *)(gpointer)tests->data, tests->len,
		NULL, NULL);
	g_array_unref(tests);
	return failed;
}
