/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A checkout in a view is, for a build, what a checkout in a plain folder is.
 * Trees are made by random edits; as root all is run a second time as a user
 * without rights.
 */
#include "test-build.h"
#include "test-tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "build/sandbox.h"
#include "build/snapshot.h"

#define TREES 24
#define EDITS_MOST 6

/* Of files all but who owns them, of folders not their dates. */
#define LISTING                                                 \
	"{ find . ! -type d -printf '%P %y %m %T@ %l\n'; "      \
	"find . -type d -printf '%P %m\n'; } | LC_ALL=C sort; " \
	"find . -type f | LC_ALL=C sort | while read f; do "    \
	"echo \"$f: $(cat \"$f\")\"; done"

static void take(const char *data, gsize len, gpointer user_data)
{
	g_string_append_len(user_data, data, (gssize)len);
}

/* What a build sees of a source. */
static char *seen(const struct layers *src)
{
	g_autoptr(GString) said = g_string_new(NULL);
	const char *const argv[] = {"sh", "-c", LISTING, NULL};
	const struct sandbox_spec spec = {
		.argv = argv,
		.src = *src,
		.cwd = SANDBOX_SRC,
		.time_s = 20,
		.sink = take,
		.sink_data = said,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(sandbox_result_t) result = sandbox_run(&spec, NULL, &error);

	if (!result)
		fail_msg("%s", error->message);
	assert_true(process_result_ok(result->process));
	return g_strdup(said->str);
}

static char *any_path(GRand *dice)
{
	GString *path = g_string_new(NULL);
	gint32 depth = g_rand_int_range(dice, 1, 4);

	for (gint32 i = 0; i < depth; i++)
		g_string_append_printf(path, "%s%c", i ? "/" : "",
				       'a' + g_rand_int_range(dice, 0, 4));
	return g_string_free(path, FALSE);
}

/* A line of git fast-import. */
static void add_edit(GString *stream, GRand *dice, guint number)
{
	static const char *const edits[] = {
		"D @1",
		"D @1",
		"M 100644 inline @1\ndata <<END\n@n\nEND",
		"M 100644 inline @1\ndata <<END\nsame\nEND",
		"M 100755 inline @1\ndata <<END\nsame\nEND",
		"M 120000 inline @1\ndata <<END\n@2\nEND",
		"M 120000 inline @1\ndata 9\n/etc/none",
		"M 160000 1111111111111111111111111111111111111111 @1",
	};
	g_autoptr(GString) edit = g_string_new(
		edits[g_rand_int_range(dice, 0, G_N_ELEMENTS(edits))]);
	g_autofree char *one = any_path(dice);
	g_autofree char *two = any_path(dice);
	g_autofree char *word = g_strdup_printf("edit-%u", number);

	g_string_replace(edit, "@1", one, 0);
	g_string_replace(edit, "@2", two, 0);
	g_string_replace(edit, "@n", word, 0);
	g_string_append_printf(stream, "%s\n", edit->str);
}

/* The branches t0, t1 ..., each some edits after the one before. */
static fixture_t *make_trees(void)
{
	fixture_t *fixture = fixture_new("M 100644 inline a/a/a\ndata 2\nx\n");
	guint32 seed = g_random_int();
	g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
	g_autoptr(GString) stream = g_string_new(NULL);
	g_autofree char *said = NULL;

	print_message("seed %u\n", seed);
	for (guint i = 0; i < TREES; i++) {
		gint32 edits = i == 0 ? 40
				      : g_rand_int_range(dice, 1, EDITS_MOST);

		g_string_append_printf(
			stream,
			"commit refs/heads/t%u\ncommitter A <a@example.org> "
			"1700000000 +0000\ndata 1\nx\n",
			i);
		if (i == 0)
			g_string_append(stream, "from refs/heads/main^0\n");
		else
			g_string_append_printf(stream, "from refs/heads/t%u\n",
					       i - 1);
		for (gint32 n = 0; n < edits; n++)
			add_edit(stream, dice, i * 100 + (guint)n);
		g_string_append_c(stream, '\n');
	}
	said = fixture_git(fixture, stream->str, "fast-import --quiet");
	assert_int_equal(chmod(fixture->dir->path, 0711), 0);
	return fixture;
}

struct views {
	fixture_t *fixture;
	repo_t *repo;
	char *base, *plain, *dir;
	const struct snapshot_ops *ops;
	snapshot_t *view;
};

static int set_up(void **state)
{
	struct views *views = g_new0(struct views, 1);
	g_autoptr(GError) error = NULL;
	const char *top;

	views->fixture = make_trees();
	top = views->fixture->dir->path;
	views->repo = repo_open(views->fixture->path, &error);
	if (!views->repo)
		fail_msg("%s", error->message);
	views->ops = snapshot_choose(top, "overlay", &error);
	if (!views->ops)
		fail_msg("%s", error->message);
	views->base = g_build_filename(top, "base", NULL);
	views->plain = g_build_filename(top, "plain", NULL);
	views->dir = g_build_filename(top, "view", NULL);
	assert_true(repo_checkout(views->repo, "t0", NULL, views->base,
				  1600000000, NULL, NULL));
	*state = views;
	return 0;
}

static int tear_down(void **state)
{
	struct views *views = *state;

	snapshot_free(views->view);
	repo_free(views->repo);
	fixture_free(views->fixture);
	g_free(views->base);
	g_free(views->plain);
	g_free(views->dir);
	g_free(views);
	return 0;
}

/* Views start at t0, once more. */
static void start(struct views *views)
{
	g_clear_pointer(&views->view, snapshot_free);
	assert_true(tempdir_remove_tree(views->plain));
	views->view = snapshot_new(views->ops, views->base, views->dir, NULL,
				   NULL);
	assert_non_null(views->view);
	assert_true(repo_checkout(views->repo, "t0", NULL, views->plain,
				  1600000000, NULL, NULL));
}

static void go_to(struct views *views, guint tree, guint from)
{
	g_autofree char *name = g_strdup_printf("t%u", tree);
	g_autofree char *before = g_strdup_printf("t%u", from);
	const struct checkout_view changes = {
		.tree = name,
		.from_tree = before,
		.top = views->view->layers.top,
		.lower = views->view->layers.lower,
		.mtime_at = 1600000000 + tree,
	};
	const struct layers plain = {.top = views->plain};
	g_autoptr(GError) error = NULL;
	g_autofree char *expected = NULL;
	g_autofree char *got = NULL;

	assert_true(repo_checkout(views->repo, name, before, views->plain,
				  1600000000 + tree, NULL, NULL));
	if (!repo_checkout_view(views->repo, &changes, NULL, &error))
		fail_msg("%s", error->message);
	expected = seen(&plain);
	got = seen(&views->view->layers);
	assert_string_equal(got, expected);
}

static void every_tree_from_the_base_is_the_same(void **state)
{
	struct views *views = *state;

	for (guint i = 1; i < TREES; i++) {
		start(views);
		go_to(views, i, 0);
	}
}

static void one_tree_after_the_other_is_the_same(void **state)
{
	struct views *views = *state;

	start(views);
	for (guint i = 1; i < TREES; i++)
		go_to(views, i, i - 1);
}

static void the_base_is_not_touched_and_back_is_the_base(void **state)
{
	struct views *views = *state;
	const struct layers base = {.top = views->base};
	g_autofree char *before = seen(&base);
	g_autofree char *after = NULL;

	start(views);
	go_to(views, TREES - 1, 0);
	go_to(views, 0, TREES - 1);
	after = seen(&base);
	assert_string_equal(after, before);
}

static void a_folder_that_is_gone_leaves_one_whiteout(void **state)
{
	static const char files[] =
		"M 100644 inline d/e/a\ndata 2\n1\n"
		"M 100644 inline d/e/b\ndata 2\n2\n"
		"M 100644 inline d/f/c\ndata 2\n3\n"
		"M 100644 inline g\ndata 2\n4\n"
		"\ncommit refs/heads/next\ncommitter A <a@example.org> "
		"1700000001 +0000\ndata 1\nx\nfrom refs/heads/main\nD d/e\n";
	g_autoptr(fixture_t) fixture = fixture_new(files);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	const char *dir = fixture->dir->path;
	g_autofree char *base = g_build_filename(dir, "base", NULL);
	g_autofree char *top = g_build_filename(dir, "top", NULL);
	const struct checkout_view view = {
		.tree = "next", .from_tree = "main", .top = top, .lower = base};
	const char *const argv[] = {"find",    top,	  "-mindepth", "1",
				    "-printf", "%P %y\n", NULL};
	const struct process_spec find = {.argv = argv,
					  .output_limit_bytes = 1000};
	g_autoptr(process_result_t) found = NULL;

	(void)state;
	assert_true(repo_checkout(repo, "main", NULL, base, 0, NULL, NULL));
	assert_true(repo_checkout_view(repo, &view, NULL, NULL));
	found = process_run(&find, NULL, NULL);
	assert_int_equal(g_bytes_get_size(found->out), strlen("d d\nd/e c\n"));
	assert_memory_equal(g_bytes_get_data(found->out, NULL), "d d\nd/e c\n",
			    strlen("d d\nd/e c\n"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static int all_cases(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_tree_from_the_base_is_the_same),
		CASE(one_tree_after_the_other_is_the_same),
		CASE(the_base_is_not_touched_and_back_is_the_base),
		cmocka_unit_test(a_folder_that_is_gone_leaves_one_whiteout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return test_as_both(all_cases);
}
