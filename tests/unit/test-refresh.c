/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clones of real servers on loopback: a folder, git daemon, and git
 * http-backend behind a small server. A server is started by the test that
 * needs it, waited for, and ended by its id.
 */
#include "test-fetch.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 20000

static void serve_git(struct refresh_case *c)
{
	g_autofree char *port = NULL, *base = NULL, *ready = NULL,
			*programs = NULL, *daemon = NULL;
	guint number = free_port();
	const char *argv[] = {
		NULL, "--verbose", "--export-all", "--listen=127.0.0.1", NULL,
		NULL, NULL};

	/* Not by way of git, which would be ended in its place. */
	programs = ask(c->origin->path, "--exec-path");
	argv[0] = daemon = g_build_filename(programs, "git-daemon", NULL);
	argv[4] = port = g_strdup_printf("--port=%u", number);
	argv[5] = base = g_strconcat("--base-path=", c->origin->dir->path,
				     NULL);
	ready = start(c, argv, true);
	assert_non_null(strstr(ready, "Ready to rumble"));
	set_url(c, g_strdup_printf("git://127.0.0.1:%u/repo/.git", number));
}

static void a_folder_is_fetched(void **state)
{
	a_tree_is_cloned_and_fetched(*state);
}

static void the_git_protocol_is_fetched(void **state)
{
	serve_git(*state);
	a_tree_is_cloned_and_fetched(*state);
}

static void http_is_fetched(void **state)
{
	serve_http(*state, NULL, NULL);
	a_tree_is_cloned_and_fetched(*state);
}

static void the_servers_own_branch_becomes_head(void **state)
{
	struct refresh_case *c = *state;
	g_autofree char *name = NULL, *head = NULL;

	add_commit(c, "trunk", "refs/heads/main^0", "two");
	name = fixture_git(c->origin, NULL,
			   "symbolic-ref HEAD refs/heads/trunk");
	must_fetch(c);
	head = ask(c->path, "symbolic-ref HEAD");
	assert_string_equal(head, "refs/heads/trunk");
}

static void a_server_that_is_gone_is_trouble_and_can_come_back(void **state)
{
	struct refresh_case *c = *state;
	g_autofree char *before = NULL, *after = NULL;
	g_autoptr(GError) error = NULL;

	serve_git(c);
	must_fetch(c);
	before = ask(c->path, "for-each-ref");
	add_commit(c, "main", "refs/heads/main^0", "two");
	end_server(c);
	assert_false(fetch(c, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_TEMP));
	assert_non_null(strstr(error->message, "tree mainline: "));
	after = ask(c->path, "for-each-ref");
	assert_string_equal(before, after);
	serve_git(c);
	must_fetch(c);
	assert_same_refs(c);
}

static void a_server_that_breaks_off_moves_no_ref(void **state)
{
	struct refresh_case *c = *state;
	g_autofree char *before = NULL, *after = NULL, *whole = NULL;
	g_autoptr(GError) error = NULL;

	must_fetch(c);
	before = ask(c->path, "for-each-ref");
	add_large_file(c);
	serve_http(c, "65536", NULL);
	assert_false(fetch(c, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_TEMP));
	after = ask(c->path, "for-each-ref");
	assert_string_equal(before, after);
	whole = g_build_filename(c->origin->dir->path, "whole", NULL);
	assert_true(g_file_set_contents(whole, "", 0, NULL));
	must_fetch(c);
	assert_same_refs(c);
}

static pid_t fork_fetch(const struct refresh_case *c)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(fetch(c, NULL) ? 0 : 1);
	assert_true(pid > 0);
	return pid;
}

static void several_processes_fetch_one_tree(void **state)
{
	struct refresh_case *c = *state;
	pid_t pids[4];

	add_large_file(c);
	for (gsize i = 0; i < G_N_ELEMENTS(pids); i++)
		pids[i] = fork_fetch(c);
	for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_same_refs(c);
}

static bool has_pack(const char *path)
{
	g_autofree char *folder = g_build_filename(path, "objects/pack", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

	return dir && g_dir_read_name(dir);
}

/* Killed once anything at all was written: what is there is whole. */
static void
a_fetch_that_is_killed_leaves_a_clone_that_can_be_fetched(void **state)
{
	struct refresh_case *c = *state;
	gint64 end_ms = clock_monotonic_ms() + DEADLINE_MS;
	pid_t pid;
	int status;

	add_large_file(c);
	serve_http(c, NULL, NULL);
	pid = fork_fetch(c);
	while (!has_pack(c->path) && clock_monotonic_ms() < end_ms)
		g_thread_yield();
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	must_fetch(c);
	assert_same_refs(c);
}

static void a_fresh_tree_is_not_fetched_again(void **state)
{
	struct refresh_case *c = *state;
	const struct fetch_options fresh = {.older_s = 3600};
	g_autoptr(GError) error = NULL;

	assert_true(tree_fetch(&c->site, &c->tree, &fresh, NULL, &error));
	set_url(c, g_strdup("file:///nonexistent"));
	assert_true(tree_fetch(&c->site, &c->tree, &fresh, NULL, &error));
	assert_false(fetch(c, &error));
}

static void a_tree_with_a_path_is_not_ours(void **state)
{
	struct refresh_case *c = *state;
	g_autoptr(GError) error = NULL;

	c->tree.path = c->origin->path;
	assert_false(fetch(c, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG));
	c->tree.path = NULL;
}

static void a_cancelled_fetch_says_so(void **state)
{
	struct refresh_case *c = *state;
	const struct fetch_options options = {0};
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	g_cancellable_cancel(cancellable);
	assert_false(
		tree_fetch(&c->site, &c->tree, &options, cancellable, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED));
}

/* A lock of git that somebody killed has left behind. */
static void a_lock_left_behind_is_cleared_once_it_is_old(void **state)
{
	struct refresh_case *c = *state;
	g_autofree char *lock = g_build_filename(c->path,
						 "refs/heads/main.lock", NULL);
	const struct timespec old[2] = {{.tv_sec = 1700000000},
					{.tv_sec = 1700000000}};
	g_autoptr(GError) error = NULL;

	must_fetch(c);
	add_commit(c, "main", "refs/heads/main^0", "two");
	assert_true(g_file_set_contents(lock, "", 0, NULL));
	assert_false(fetch(c, &error));
	assert_int_equal(utimensat(AT_FDCWD, lock, old, 0), 0);
	must_fetch(c);
	assert_same_refs(c);
}

/* Reads the tip and every file of it, as an apply does, until it is told. */
static gpointer read_on(gpointer data)
{
	const struct refresh_case *c = ((gpointer *)data)[0];
	GCancellable *stop = ((gpointer *)data)[1];
	gsize rounds = 0;

	while (!g_cancellable_is_cancelled(stop)) {
		g_autoptr(repo_t) repo = repo_open(c->path, NULL);
		char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];
		g_autoptr(GBytes) text = NULL;

		if (!repo || !repo_resolve(repo, "main", commit, tree, NULL))
			return GSIZE_TO_POINTER(0);
		text = repo_read_file(repo, tree, "a.c", 1 << 21, NULL);
		if (!text)
			return GSIZE_TO_POINTER(0);
		rounds++;
	}
	return GSIZE_TO_POINTER(rounds);
}

static void a_fetch_and_a_gc_do_not_disturb_a_reader(void **state)
{
	struct refresh_case *c = *state;
	g_autoptr(GCancellable) stop = g_cancellable_new();
	gpointer data[] = {c, stop};
	GThread *reader;

	must_fetch(c);
	reader = g_thread_new("reader", read_on, data);
	for (guint i = 0; i < 12; i++) {
		g_autofree char *text = g_strdup_printf("round %u", i);
		g_autofree char *gc = NULL;

		add_commit(c, "main", i % 3 ? "refs/heads/main^0" : NULL, text);
		must_fetch(c);
		gc = ask(c->path, "gc -q --prune=1.day.ago");
	}
	g_cancellable_cancel(stop);
	assert_true(GPOINTER_TO_SIZE(g_thread_join(reader)) > 0);
	assert_same_refs(c);
}

static void series_that_are_old_are_forgotten_and_branches_kept(void **state)
{
	struct refresh_case *c = *state;
	g_autofree char *a = NULL, *b = NULL, *left = NULL;
	g_autoptr(tree_status_t) status = NULL;
	g_autoptr(GError) error = NULL;
	guint removed;

	add_commit(c, "new", "refs/heads/main^0", "two");
	must_fetch(c);
	a = ask(c->path, "update-ref refs/reroll/old/v1 main");
	b = ask(c->path, "update-ref refs/reroll/new/v1 new");
	must_fetch(c);
	status = tree_status_new(&c->site, &c->tree);
	assert_int_equal(status->kept, 2);
	assert_true(
		tree_prune(&c->site, &c->tree, 1700000050, &removed, &error));
	assert_int_equal(removed, 1);
	left = ask(c->path, "for-each-ref --format=%(refname)");
	assert_string_equal(left, "refs/heads/main\nrefs/heads/new\n"
				  "refs/reroll/new/v1");
}

static void a_strangers_name_makes_a_safe_ref(void **state)
{
	static const char *const names[] = {"../../heads/main",
					    "a..b",
					    "x.lock",
					    "@{-1}",
					    "",
					    "\xff\xfe\n\t",
					    "-rf ~^:?*[\\",
					    "syscall: add dummy"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *ref = tree_series_ref(names[i], "a@b", 3);
		g_autofree char *other = tree_series_ref(names[i], "c@d", 3);
		const char *name = ref + strlen("refs/reroll/");

		assert_true(g_str_has_prefix(ref, "refs/reroll/"));
		assert_true(g_str_has_suffix(ref, "/v3"));
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz"
					      "0123456789-"),
				 strlen(name) - 3);
		assert_true(*name != '-');
		assert_string_not_equal(ref, other);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_folder_is_fetched),
		TEST(the_git_protocol_is_fetched),
		TEST(http_is_fetched),
		TEST(the_servers_own_branch_becomes_head),
		TEST(a_server_that_is_gone_is_trouble_and_can_come_back),
		TEST(a_server_that_breaks_off_moves_no_ref),
		TEST(several_processes_fetch_one_tree),
		TEST(a_fetch_that_is_killed_leaves_a_clone_that_can_be_fetched),
		TEST(a_fresh_tree_is_not_fetched_again),
		TEST(a_tree_with_a_path_is_not_ours),
		TEST(a_cancelled_fetch_says_so),
		TEST(a_lock_left_behind_is_cleared_once_it_is_old),
		TEST(a_fetch_and_a_gc_do_not_disturb_a_reader),
		TEST(series_that_are_old_are_forgotten_and_branches_kept),
		cmocka_unit_test(a_strangers_name_makes_a_safe_ref),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
