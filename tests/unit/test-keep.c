/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders kept between runs: made once, held, shared, and let go. */
#include "test-build.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

#include "build/keep.h"

struct fixture {
	struct tempdir *dir;
	char *path;
	struct keep *keep;
	gint made; /* how often the maker was asked */
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	fixture->path = g_build_filename(fixture->dir->path, "kept", NULL);
	fixture->keep = keep_new(fixture->path, 0, NULL);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	keep_free(fixture->keep);
	tempdir_free(fixture->dir);
	g_free(fixture->path);
	g_free(fixture);
	return 0;
}

/* A folder with one file of 100 kB. */
static bool make(const char *dir, gpointer data, GError **error)
{
	struct fixture *fixture = data;
	g_autofree char *file = g_build_filename(dir, "file", NULL);
	g_autofree char *text = g_strnfill(100000, 'x');

	g_atomic_int_inc(&fixture->made);
	return g_file_set_contents(file, text, -1, error);
}

static bool make_slowly(const char *dir, gpointer data, GError **error)
{
	g_usleep(100000);
	return make(dir, data, error);
}

/* Until somebody kills it. */
static bool make_for_ever(const char *dir, gpointer data, GError **error)
{
	for (;;)
		g_usleep(G_USEC_PER_SEC);
	return make(dir, data, error);
}

static bool make_nothing(const char *dir, gpointer data, GError **error)
{
	make(dir, data, NULL);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP, "no luck");
	return false;
}

static struct kept *get(struct fixture *fixture, const char *key)
{
	g_autoptr(GError) error = NULL;
	struct kept *kept = keep_get(fixture->keep, "things", key, make,
				     fixture, NULL, &error);

	if (!kept)
		fail_msg("%s", error->message);
	return kept;
}

static bool has(struct fixture *fixture, const char *name)
{
	g_autofree char *path = g_build_filename(fixture->path, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* As if it had last been used then. */
static void age(struct fixture *fixture, const char *key, gint64 at)
{
	g_autofree char *path = g_strdup_printf("%s/things/%s.lock",
						fixture->path, key);
	const struct utimbuf times = {at, at};

	assert_int_equal(utime(path, &times), 0);
}

static void a_folder_is_made_once(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(kept_t) first = get(fixture, "a");
	g_autoptr(kept_t) second = get(fixture, "a");

	assert_int_equal(fixture->made, 1);
	assert_string_equal(first->path, second->path);
	assert_true(has(fixture, "things/a/file"));
}

static void what_is_not_there_is_no_error(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	assert_null(keep_get(fixture->keep, "things", "a", NULL, NULL, NULL,
			     &error));
	assert_null(error);
	assert_false(has(fixture, "things"));
}

static void a_folder_that_cannot_be_made_is_not_there(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	assert_null(keep_get(fixture->keep, "things", "a", make_nothing,
			     fixture, NULL, &error));
	assert_string_equal(error->message, "no luck");
	assert_false(has(fixture, "things/a"));
	assert_false(has(fixture, "things/a.new"));
	kept_free(get(fixture, "a"));
	assert_int_equal(fixture->made, 2);
}

/* What a process that died has left is no folder, and in nobody's way. */
static void half_a_folder_is_made_again(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *half = g_build_filename(fixture->path, "things/a.new",
						 NULL);

	g_mkdir_with_parents(half, 0755);
	test_put(half, "rubbish", "x");
	kept_free(get(fixture, "a"));
	assert_false(has(fixture, "things/a.new"));
	assert_false(has(fixture, "things/a/rubbish"));
}

static gpointer get_in_thread(gpointer data)
{
	struct fixture *fixture = data;

	return keep_get(fixture->keep, "things", "a", make_slowly, fixture,
			NULL, NULL);
}

static void those_who_come_at_once_wait_for_one(void **state)
{
	struct fixture *fixture = *state;
	GThread *threads[8];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new(NULL, get_in_thread, fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
		g_autoptr(kept_t) kept = g_thread_join(threads[i]);

		assert_non_null(kept);
	}
	assert_int_equal(fixture->made, 1);
}

static gpointer cancel_soon(gpointer cancellable)
{
	g_usleep(50000);
	g_cancellable_cancel(cancellable);
	return NULL;
}

static void who_waits_can_be_cancelled(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	GThread *maker = g_thread_new(NULL, get_in_thread, fixture);
	GThread *canceller;

	while (!has(fixture, "things/a.new"))
		g_usleep(1000);
	canceller = g_thread_new(NULL, cancel_soon, cancellable);
	assert_null(keep_get(fixture->keep, "things", "a", make, fixture,
			     cancellable, &error));
	assert_int_equal(error->code, REROLL_ERROR_CANCELLED);
	g_thread_join(canceller);
	kept_free(g_thread_join(maker));
}

static void the_least_recently_used_go_first(void **state)
{
	struct fixture *fixture = *state;

	keep_free(fixture->keep);
	fixture->keep = keep_new(fixture->path, 250000, NULL);
	kept_free(get(fixture, "a"));
	kept_free(get(fixture, "b"));
	age(fixture, "a", 2000);
	age(fixture, "b", 1000);
	kept_free(get(fixture, "c"));
	assert_true(has(fixture, "things/a"));
	assert_false(has(fixture, "things/b"));
	assert_false(has(fixture, "things/b.lock"));
	assert_true(has(fixture, "things/c"));
}

static void what_is_held_or_pinned_stays(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(kept_t) held = NULL;
	g_autoptr(GPtrArray) entries = NULL;
	const struct keep_entry *entry;

	held = get(fixture, "a");
	kept_free(get(fixture, "b"));
	keep_trim(fixture->keep);
	assert_true(has(fixture, "things/b"));
	keep_set_limit(fixture->keep, 1);
	assert_int_equal(keep_limit(fixture->keep), 1);
	keep_trim(fixture->keep);
	assert_false(has(fixture, "things/b"));
	assert_true(keep_pin(fixture->keep, "things", "a", "good", NULL));
	g_clear_pointer(&held, kept_free);
	keep_trim(fixture->keep);
	entries = keep_list(fixture->keep);
	assert_int_equal(entries->len, 1);
	entry = entries->pdata[0];
	assert_string_equal(entry->key, "a");
	assert_true(entry->pinned);
	assert_false(entry->held);
	assert_true(entry->bytes >= 100000);
	assert_true(keep_unpin(fixture->keep, "things", "a", NULL));
	keep_trim(fixture->keep);
	assert_false(has(fixture, "things/a"));
}

static void one_that_is_held_or_pinned_is_not_removed(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(kept_t) held = get(fixture, "a");
	g_autoptr(GError) busy = NULL, pinned = NULL, gone = NULL;

	assert_false(keep_remove(fixture->keep, "things", "a", &busy));
	assert_int_equal(busy->code, REROLL_ERROR_CONFLICT);
	assert_non_null(strstr(busy->message, "a build uses it"));
	g_clear_pointer(&held, kept_free);
	assert_true(keep_pin(fixture->keep, "things", "a", "good", NULL));
	assert_false(keep_remove(fixture->keep, "things", "a", &pinned));
	assert_non_null(strstr(pinned->message, "it is pinned"));
	assert_true(keep_unpin(fixture->keep, "things", "a", NULL));
	assert_true(keep_remove(fixture->keep, "things", "a", NULL));
	assert_false(has(fixture, "things/a"));
	assert_false(has(fixture, "things/a.lock"));
	assert_false(keep_remove(fixture->keep, "things", "a", &gone));
	assert_int_equal(gone->code, REROLL_ERROR_NOT_FOUND);
}

static void nothing_can_be_pinned_that_is_not_there(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	assert_false(keep_pin(fixture->keep, "things", "a", "x", &error));
	assert_int_equal(error->code, REROLL_ERROR_NOT_FOUND);
}

/* Another process that dies while it makes one gives its lock back. */
static void a_maker_that_is_killed_holds_nobody_up(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		g_autofree char *lock = g_build_filename(fixture->path,
							 "things", NULL);

		g_mkdir_with_parents(lock, 0755);
		keep_get(fixture->keep, "things", "a", make_for_ever, fixture,
			 NULL, NULL);
		_exit(0);
	}
	while (!has(fixture, "things/a.new"))
		g_usleep(1000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	kept_free(get(fixture, "a"));
	assert_true(has(fixture, "things/a/file"));
}

/* Nobody will ask for that key again: it goes with the next trim. */
static void what_a_killed_maker_left_goes(void **state)
{
	struct fixture *fixture = *state;
	const struct utimbuf old = {1000, 1000};
	g_autofree char *probe = g_build_filename(fixture->path, "probe-old",
						  NULL);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		keep_get(fixture->keep, "things", "a", make_for_ever, fixture,
			 NULL, NULL);
		_exit(0);
	}
	while (!has(fixture, "things/a.new"))
		g_usleep(1000);
	keep_trim(fixture->keep);
	assert_true(has(fixture, "things/a.new"));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	test_put(fixture->path, "things/b.lock", "");
	test_put(fixture->path, "probe-new/x", "");
	test_put(fixture->path, "probe-old/x", "");
	assert_int_equal(utime(probe, &old), 0);
	keep_trim(fixture->keep);
	assert_false(has(fixture, "things/a.new"));
	assert_false(has(fixture, "things/a.lock"));
	assert_false(has(fixture, "things/b.lock"));
	assert_false(has(fixture, "probe-old"));
	assert_true(has(fixture, "probe-new"));
}

static bool make_shared(const char *dir, gpointer data, GError **error)
{
	struct fixture *fixture = data;
	g_autofree char *file = g_build_filename(dir, "file", NULL);

	return make(dir, data, error) &&
	       keep_share(fixture->keep, "0123", file, error);
}

static void a_file_of_several_counts_once(void **state)
{
	struct fixture *fixture = *state;
	static const char *const keys[] = {"a", "b", "c"};
	g_autoptr(GPtrArray) entries = NULL;

	keep_free(fixture->keep);
	fixture->keep = keep_new(fixture->path, 150000, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		kept_free(keep_get(fixture->keep, "things", keys[i],
				   make_shared, fixture, NULL, NULL));
	entries = keep_list(fixture->keep);
	assert_int_equal(entries->len, G_N_ELEMENTS(keys));
	kept_free(get(fixture, "d"));
	assert_false(has(fixture, "things/a"));
	assert_false(has(fixture, "files/0123"));
	assert_true(has(fixture, "things/d"));
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void one_content_is_one_file(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(kept_t) a = get(fixture, "a"), b = get(fixture, "b");
	g_autofree char *one = g_build_filename(a->path, "file", NULL);
	g_autofree char *two = g_build_filename(b->path, "file", NULL);

	assert_true(keep_share(fixture->keep, "0123", one, NULL));
	assert_true(keep_share(fixture->keep, "0123", two, NULL));
	assert_true(keep_share(fixture->keep, "0123", two, NULL));
	assert_true(inode_of(one) == inode_of(two));
	assert_false(has(fixture, "things/b/file.new"));
	assert_true(has(fixture, "files/0123"));
}

static void a_file_that_was_cut_short_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(kept_t) a = get(fixture, "a");
	g_autofree char *one = g_build_filename(a->path, "file", NULL);
	g_autofree char *file = g_build_filename(fixture->path, "files/0123",
						 NULL);

	test_put(fixture->path, "files/0123", "half");
	assert_true(keep_share(fixture->keep, "0123", one, NULL));
	assert_true(inode_of(one) == inode_of(file));
	assert_false(has(fixture, "files/0123.new"));
}

static void a_file_of_nobody_goes(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(kept_t) kept = NULL;
	g_autofree char *one = NULL;

	keep_free(fixture->keep);
	fixture->keep = keep_new(fixture->path, 1, NULL);
	kept = get(fixture, "a");
	one = g_build_filename(kept->path, "file", NULL);
	assert_true(keep_share(fixture->keep, "0123", one, NULL));
	g_clear_pointer(&kept, kept_free);
	keep_trim(fixture->keep);
	assert_false(has(fixture, "files/0123"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_folder_is_made_once),
		CASE(what_is_not_there_is_no_error),
		CASE(a_folder_that_cannot_be_made_is_not_there),
		CASE(half_a_folder_is_made_again),
		CASE(those_who_come_at_once_wait_for_one),
		CASE(who_waits_can_be_cancelled),
		CASE(the_least_recently_used_go_first),
		CASE(what_is_held_or_pinned_stays),
		CASE(one_that_is_held_or_pinned_is_not_removed),
		CASE(nothing_can_be_pinned_that_is_not_there),
		CASE(a_maker_that_is_killed_holds_nobody_up),
		CASE(what_a_killed_maker_left_goes),
		CASE(a_file_of_several_counts_once),
		CASE(one_content_is_one_file),
		CASE(a_file_that_was_cut_short_is_replaced),
		CASE(a_file_of_nobody_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
