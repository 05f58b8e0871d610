/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/test-tree.h"

#include <sys/stat.h>
#include <unistd.h>

#define FILE(mode, path, size, text) \
	"M " mode " inline " path "\ndata " size "\n" text "\n"

static const char base_files[] = FILE("100644", "f", "2", "a\n")
	FILE("100755", "tool", "3", "run") FILE("100644", "dir/sub/a", "1", "a")
		FILE("100644", "dir/b.c", "1", "b")
			FILE("120000", "dir/in", "4", "../f")
				FILE("120000", "out", "11", "/etc/passwd")
					FILE("120000", "dir/up", "7", "../../x")
						FILE("120000", "round", "9",
						     "dir/in/..");

static char *file_in(const char *dir, const char *path)
{
	g_autofree char *full = g_build_filename(dir, path, NULL);
	char *text = NULL;

	g_file_get_contents(full, &text, NULL, NULL);
	return text;
}

static bool is_link(const char *dir, const char *path)
{
	g_autofree char *full = g_build_filename(dir, path, NULL);

	return g_file_test(full, G_FILE_TEST_IS_SYMLINK);
}

static gint64 date_of(const char *dir, const char *path)
{
	g_autofree char *full = g_build_filename(dir, path, NULL);
	struct stat info;

	return lstat(full, &info) == 0 ? info.st_mtime : -1;
}

static void a_missing_repository_is_a_configuration_error(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(repo_open("/nonexistent/repo", &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG));
}

static void a_revision_names_a_commit_and_its_tree(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *want = fixture_git(fixture, NULL, "rev-parse main");
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];

	(void)state;
	assert_true(repo_resolve(repo, "main", commit, tree, NULL));
	assert_string_equal(commit, want);
	assert_false(repo_resolve(repo, "nothing", commit, tree, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND));
}

static void a_file_is_read_up_to_a_limit(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autoptr(GError) large = NULL, folder = NULL;
	g_autoptr(GBytes)
		content = repo_read_file(repo, "main", "dir/sub/a", 1, NULL);

	(void)state;
	assert_int_equal(g_bytes_get_size(content), 1);
	assert_null(repo_read_file(repo, "main", "tool", 2, &large));
	assert_true(g_error_matches(large, REROLL_ERROR, REROLL_ERROR_LIMIT));
	assert_null(repo_read_file(repo, "main", "dir", 9, &folder));
	assert_true(
		g_error_matches(folder, REROLL_ERROR, REROLL_ERROR_NOT_FOUND));
}

static void files_are_listed_by_a_pattern(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autoptr(GPtrArray)
		deep = repo_list_files(repo, "main", "dir/**", NULL);
	g_autoptr(GPtrArray)
		flat = repo_list_files(repo, "main", "dir/*.c", NULL);

	(void)state;
	assert_int_equal(deep->len, 4);
	assert_int_equal(flat->len, 1);
	assert_string_equal(flat->pdata[0], "dir/b.c");
}

static void a_checkout_writes_files_modes_and_safe_links(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autofree char *dir = g_build_filename(fixture->dir->path, "files",
						NULL);
	g_autofree char *tool = g_build_filename(dir, "tool", NULL);
	g_autofree char *f = NULL, *out = NULL;

	(void)state;
	assert_true(
		repo_checkout(repo, "main", NULL, dir, 1600000000, NULL, NULL));
	f = file_in(dir, "f");
	out = file_in(dir, "out");
	assert_string_equal(f, "a\n");
	assert_int_equal(access(tool, X_OK), 0);
	assert_int_equal(date_of(dir, "dir/sub/a"), 1600000000);
	assert_true(is_link(dir, "dir/in"));
	assert_false(is_link(dir, "out"));
	assert_string_equal(out, "/etc/passwd");
	assert_false(is_link(dir, "dir/up"));
	assert_false(is_link(dir, "round"));
}

/* A second commit on top of main; the branch is `next`. */
static void commit_next(const struct fixture *fixture, const char *changes)
{
	g_autofree char *stream = g_strdup_printf(
		"commit refs/heads/next\n"
		"committer A <a@example.org> 1700000001 +0000\ndata 4\nnext\n"
		"from refs/heads/main\n%s\n",
		changes);

	g_free(fixture_git(fixture, stream, "fast-import --quiet"));
}

static void a_checkout_from_another_tree_touches_what_differs(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autofree char *dir = g_build_filename(fixture->dir->path, "files",
						NULL);
	g_autofree char *f = NULL, *sub = NULL;
	g_autoptr(repo_t) repo = NULL;
	g_autoptr(GPtrArray) changed = NULL;

	(void)state;
	commit_next(fixture,
		    FILE("100644", "f", "2", "b\n") "D dir/sub/a\n" FILE(
			    "100644", "dir/sub", "1", "s"));
	repo = repo_open(fixture->path, NULL);
	assert_true(
		repo_checkout(repo, "main", NULL, dir, 1600000000, NULL, NULL));
	assert_true(repo_checkout(repo, "next", "main", dir, 1600000009, NULL,
				  NULL));
	f = file_in(dir, "f");
	sub = file_in(dir, "dir/sub");
	assert_string_equal(f, "b\n");
	assert_string_equal(sub, "s");
	assert_int_equal(date_of(dir, "f"), 1600000009);
	assert_int_equal(date_of(dir, "tool"), 1600000000);
	changed = repo_changes(repo, "main", "next", NULL);
	assert_int_equal(changed->len, 3);
}

static void a_checkout_follows_no_link_that_a_build_left(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autofree char *dir = g_build_filename(fixture->dir->path, "files",
						NULL);
	g_autofree char *trap = g_build_filename(dir, "dir/sub", NULL);
	g_autofree char *file = g_build_filename(trap, "a", NULL);
	g_autofree char *away = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(repo_t) repo = NULL;

	(void)state;
	commit_next(fixture, FILE("100644", "dir/sub/a", "1", "b"));
	repo = repo_open(fixture->path, NULL);
	assert_true(repo_checkout(repo, "main", NULL, dir, 0, NULL, NULL));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(trap), 0);
	assert_int_equal(symlink(fixture->dir->path, trap), 0);
	assert_false(repo_checkout(repo, "next", "main", dir, 0, NULL, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_TEMP));
	away = file_in(fixture->dir->path, "a");
	assert_null(away);
}

static void a_tree_with_a_hostile_name_is_not_checked_out(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_build_filename(fixture->dir->path, "files",
						NULL);
	g_autofree char *blob = fixture_git(fixture, "x",
					    "hash-object -w --stdin");
	g_autofree char *listing = g_strdup_printf("100644 blob %s\t.GIT\n",
						   blob);
	g_autofree char *tree = fixture_git(fixture, listing, "mktree");
	g_autofree char *written = NULL;

	(void)state;
	assert_false(repo_checkout(repo, tree, NULL, dir, 0, NULL, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_INPUT));
	written = file_in(dir, ".GIT");
	assert_null(written);
}

static void a_cancelled_checkout_says_so(void **state)
{
	g_autoptr(fixture_t) fixture = fixture_new(base_files);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_build_filename(fixture->dir->path, "files",
						NULL);

	(void)state;
	g_cancellable_cancel(cancellable);
	assert_false(
		repo_checkout(repo, "main", NULL, dir, 0, cancellable, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_repository_is_a_configuration_error),
		cmocka_unit_test(a_revision_names_a_commit_and_its_tree),
		cmocka_unit_test(a_file_is_read_up_to_a_limit),
		cmocka_unit_test(files_are_listed_by_a_pattern),
		cmocka_unit_test(a_checkout_writes_files_modes_and_safe_links),
		cmocka_unit_test(
			a_checkout_from_another_tree_touches_what_differs),
		cmocka_unit_test(a_checkout_follows_no_link_that_a_build_left),
		cmocka_unit_test(a_tree_with_a_hostile_name_is_not_checked_out),
		cmocka_unit_test(a_cancelled_checkout_says_so),
	};

	return cmocka_run_group_tests_name("repo", tests, NULL, NULL);
}
