/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One contract for every way of making snapshots, on every file system that the
 * test can have: that of TMPDIR, and as root a btrfs in a file. As root all is
 * run a second time as a user without rights.
 */
#include "test-build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "build/sandbox.h"
#include "build/snapshot.h"

#define EDITS 240
#define ROUNDS 6
#define READS 5000

/* Where a way is tried. */
struct place {
	const char *dir;
	const struct snapshot_ops *ops;
};

struct fixture {
	const struct snapshot_ops *ops;
	char *dir, *kept, *view;
	char *before; /* of what is kept */
	struct snapshot *snapshot;
	GString *said;
};

static const struct {
	const char *path;
	mode_t mode;
	const char *content; /* NULL: a folder; "-> x": a link */
} content[] = {
	{"a", 0644, "one\n"},	     {"b", 0600, "two\n"},
	{"c", 0755, "#!/bin/sh\n"},  {"d", 0755, NULL},
	{"d/a", 0644, "three\n"},    {"d/b", 0755, NULL},
	{"d/b/a", 0444, "four\n"},   {"d/b/c", 0644, "five\n"},
	{"d/link", 0, "-> ../a"},    {"empty", 0700, NULL},
	{"link", 0, "-> d/b/c"},     {"folder-link", 0, "-> d"},
	{"out-link", 0, "-> /etc"},  {"broken-link", 0, "-> nothing"},
	{"a b:c,d=\\", 0644, "x\n"}, {"shared", 02755, NULL},
};

static bool is_link(const char *text)
{
	return text && g_str_has_prefix(text, "-> ");
}

/* Dates in the past that differ from file to file by nanoseconds. */
static void date(const char *path, gsize n)
{
	const struct timespec times[] = {
		{.tv_sec = 1000000000 + (time_t)n, .tv_nsec = 1},
		{.tv_sec = 1000000000 + (time_t)n,
		 .tv_nsec = 123456789 + (long)n}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW),
			 0);
}

static void make_kept(const char *dir)
{
	for (gsize i = 0; i < G_N_ELEMENTS(content); i++) {
		g_autofree char *path = g_build_filename(dir, content[i].path,
							 NULL);

		if (!content[i].content)
			assert_int_equal(mkdir(path, 0700), 0);
		else if (is_link(content[i].content))
			assert_int_equal(symlink(content[i].content + 3, path),
					 0);
		else
			test_put(dir, content[i].path, content[i].content);
		if (geteuid() == 0)
			assert_int_equal(lchown(path, SANDBOX_UID, SANDBOX_UID),
					 0);
		if (!is_link(content[i].content))
			assert_int_equal(chmod(path, content[i].mode), 0);
	}
	for (gsize i = G_N_ELEMENTS(content); i > 0; i--) {
		g_autofree char *path = g_build_filename(
			dir, content[i - 1].path, NULL);

		date(path, i);
	}
	if (geteuid() == 0)
		assert_int_equal(chown(dir, SANDBOX_UID, SANDBOX_UID), 0);
	date(dir, 0);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *list_names(const char *dir)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) opened = g_dir_open(dir, 0, NULL);
	const char *name;

	while (opened && (name = g_dir_read_name(opened)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	return names;
}

/* Everything there is to know of a folder and all below it. */
static void describe(GString *text, const char *path)
{
	g_autofree char *data = NULL;
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	if (S_ISLNK(st.st_mode))
		data = g_file_read_link(path, NULL);
	else if (S_ISREG(st.st_mode))
		g_file_get_contents(path, &data, NULL, NULL);
	g_string_append_printf(text, "%s %o %u %lld.%09ld %s\n", path,
			       st.st_mode, st.st_uid,
			       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			       data ? data : "");
	if (S_ISDIR(st.st_mode)) {
		g_autoptr(GPtrArray) names = list_names(path);

		for (guint i = 0; i < names->len; i++) {
			g_autofree char *below = g_build_filename(
				path, names->pdata[i], NULL);

			describe(text, below);
		}
	}
}

static char *description(const char *dir)
{
	GString *text = g_string_new(NULL);

	describe(text, dir);
	return g_string_free(text, FALSE);
}

static void kept_is_as_before(const struct fixture *fixture)
{
	g_autofree char *now = description(fixture->kept);

	assert_string_equal(now, fixture->before);
}

static struct snapshot *view_new(const struct fixture *fixture, const char *dir)
{
	g_autoptr(GError) error = NULL;
	struct snapshot *snapshot = snapshot_new(fixture->ops, fixture->kept,
						 dir, NULL, &error);

	if (!snapshot)
		fail_msg("%s", error->message);
	return snapshot;
}

static int set_up(void **state)
{
	const struct place *place = *state;
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autoptr(GError) error = NULL;

	fixture->ops = place->ops;
	fixture->dir = g_build_filename(place->dir, "a:b,c=d\\-XXXXXX", NULL);
	assert_non_null(g_mkdtemp(fixture->dir)); /* only ours: 0700 */
	fixture->kept = g_build_filename(fixture->dir, "kept", NULL);
	fixture->view = g_build_filename(fixture->dir, "view", NULL);
	if (!place->ops->folder_make(fixture->kept, &error))
		fail_msg("%s", error->message);
	make_kept(fixture->kept);
	fixture->before = description(fixture->kept);
	fixture->snapshot = view_new(fixture, fixture->view);
	fixture->said = g_string_new(NULL);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	kept_is_as_before(fixture);
	snapshot_free(fixture->snapshot);
	assert_true(fixture->ops->folder_remove(fixture->kept));
	assert_int_equal(rmdir(fixture->dir), 0); /* nothing is left */
	g_free(fixture->dir);
	g_free(fixture->kept);
	g_free(fixture->view);
	g_free(fixture->before);
	g_string_free(fixture->said, TRUE);
	g_free(fixture);
	return 0;
}

static void take(const char *data, gsize len, gpointer user_data)
{
	g_string_append_len(user_data, data, (gssize)len);
}

/* A script in a view: whether it passed; what it said. */
static bool run_in(struct fixture *fixture, const struct snapshot *snapshot,
		   const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct sandbox_spec spec = {
		.argv = argv,
		.out = snapshot->layers,
		.cwd = SANDBOX_OUT,
		.time_s = 60,
		.sink = take,
		.sink_data = fixture->said,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(sandbox_result_t) result = NULL;

	g_string_truncate(fixture->said, 0);
	result = sandbox_run(&spec, NULL, &error);
	if (!result)
		fail_msg("%s", error->message);
	return process_result_ok(result->process);
}

static void must_run(struct fixture *fixture, const char *script)
{
	if (!run_in(fixture, fixture->snapshot, script))
		fail_msg("%s: %s", script, fixture->said->str);
}

#define LISTING                                                 \
	"find . -printf '%P %y %m %T@ %l\\n' | LC_ALL=C sort; " \
	"cat a b 'a b:c,d=\\' d/link link folder-link/b/a"

static void what_is_kept_is_seen(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"sh", "-c", LISTING, NULL};
	const struct process_spec spec = {.argv = argv,
					  .cwd = fixture->kept,
					  .output_limit_bytes = 1 << 20};
	g_autoptr(process_result_t) host = process_run(&spec, NULL, NULL);
	g_autofree char *expected = g_strndup(g_bytes_get_data(host->out, NULL),
					      g_bytes_get_size(host->out));

	must_run(fixture, LISTING);
	assert_non_null(strstr(expected, ".123456790"));
	assert_string_equal(fixture->said->str, expected);
}

/* Such as the output folder of a base; on btrfs it costs no copy either. */
static void a_folder_of_what_is_kept_has_a_view(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *from = g_build_filename(fixture->kept, "d", NULL);
	g_autofree char *dir = g_build_filename(fixture->dir, "other", NULL);
	g_autofree char *changed = g_build_filename(fixture->kept, "d/new",
						    NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(snapshot_t)
		part = snapshot_new(fixture->ops, from, dir, NULL, &error);
	struct stat here, there;

	if (!part)
		fail_msg("%s", error->message);
	assert_true(run_in(fixture, part, "cat a b/c; : >new; ls"));
	assert_string_equal(fixture->said->str,
			    "three\nfive\na\nb\nlink\nnew\n");
	assert_false(g_file_test(changed, G_FILE_TEST_EXISTS));
	assert_int_equal(stat(fixture->dir, &here), 0);
	assert_int_equal(stat(part->layers.top, &there), 0);
	assert_int_equal(here.st_dev != there.st_dev,
			 strcmp(fixture->ops->name, "btrfs") == 0);
}

static void files_are_read_as_they_are_seen(void **state)
{
	static const struct {
		const char *path, *text;
	} rows[] = {
		{"a", "one\n"},
		{"d/b/c", "five\n"},
		{"./d//b/../a", "three\n"},
		{"link", "five\n"},
		{"d/link", "one\n"},
		{"folder-link/b/a", "four\n"},
		{"out-link/passwd", NULL},
		{"../kept/a", NULL},
		{"d/../../kept/a", NULL},
		{"broken-link", NULL},
		{"d", NULL},
		{"", NULL},
		{"d/none", NULL},
		{"a/none", NULL},
	};
	struct fixture *fixture = *state;
	const struct layers *layers = &fixture->snapshot->layers;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = layers_read(layers, rows[i].path, 100);

		if (g_strcmp0(text, rows[i].text) != 0)
			fail_msg("%s: %s", rows[i].path, text);
		assert_int_equal(layers_has(layers, rows[i].path),
				 rows[i].text != NULL);
	}
	assert_null(layers_read(layers, "a", 2));
}

struct renaming {
	char *from, *to;
	gint stop;
};

/* Until it is stopped: NULL; else why it did not go on. */
static gpointer rename_on(gpointer data)
{
	struct renaming *renaming = data;

	while (!g_atomic_int_get(&renaming->stop)) {
		if (rename(renaming->from, renaming->to) != 0 ||
		    rename(renaming->to, renaming->from) != 0)
			return (gpointer)(guintptr)g_strerror(errno);
	}
	return NULL;
}

/* The kernel is not sure of a "..", while anything is renamed. */
static void what_is_renamed_elsewhere_hides_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct renaming renaming = {
		.from = g_build_filename(fixture->dir, "from", NULL),
		.to = g_build_filename(fixture->dir, "to", NULL),
	};
	GThread *thread;
	const char *why;
	guint seen = 0;

	test_put(fixture->dir, "from", "");
	thread = g_thread_new("renames", rename_on, &renaming);
	for (guint i = 0; i < READS; i++)
		seen += layers_has(&fixture->snapshot->layers, "d/link");
	g_atomic_int_set(&renaming.stop, 1);
	why = g_thread_join(thread);
	unlink(renaming.from);
	g_free(renaming.from);
	g_free(renaming.to);
	assert_null(why);
	assert_int_equal(seen, READS);
}

static void no_edit_reaches_what_is_kept(void **state)
{
	static const char *const edits[] = {
		"echo more >>a",
		"echo new >b",
		"rm c",
		"mv d/a d/b/z",
		"mv d/b e",
		"rm -r d; echo file >d",
		"rm d; mkdir d; echo x >d/new",
		"rm -r e; mkdir e; echo y >e/a",
		"chmod 777 a empty",
		"touch b shared",
		"ln -sfn empty link",
		"echo through >d/../shared/../link/f",
		"mkfifo pipe",
		"find . -mindepth 1 -delete",
		"echo back >a",
	};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(edits); i++) {
		must_run(fixture, edits[i]);
		kept_is_as_before(fixture);
	}
	must_run(fixture, "find . -type f | xargs cat");
	assert_string_equal(fixture->said->str, "back\n");
}

static void a_new_mode_leaves_the_date(void **state)
{
	struct fixture *fixture = *state;

	must_run(fixture, "find a -printf '%T@\n' >before; chmod 755 a; "
			  "find a -printf '%T@\n' | cmp - before");
	must_run(fixture, "touch -d '2001-02-03 04:05:06.123456789' a; "
			  "test \"$(stat -c %y a)\" = "
			  "'2001-02-03 04:05:06.123456789 +0000'");
}

/* A path of the first few names, one to three of them. */
static char *any_path(GRand *dice)
{
	GString *path = g_string_new(NULL);
	gint32 depth = g_rand_int_range(dice, 1, 4);

	for (gint32 i = 0; i < depth; i++)
		g_string_append_printf(path, "%s%c", i ? "/" : "",
				       'a' + g_rand_int_range(dice, 0, 4));
	return g_string_free(path, FALSE);
}

static void add_edit(GString *script, GRand *dice, guint number)
{
	static const char *const edits[] = {
		"echo @n >@1",
		"rm -rf @1",
		"mkdir -p @1",
		"mv @1 @2",
		"mv -T @1 @2",
		"cp -r @1 @2",
		"ln -sfn @1 @2",
		"ln -sfn ../@1 @2",
		"rm -rf @1; mkdir @1; echo @n >@1/a",
		"rm -rf @1; echo @n >@1",
		"chmod a+x @1",
	};
	g_autoptr(GString) edit = g_string_new(
		edits[g_rand_int_range(dice, 0, G_N_ELEMENTS(edits))]);
	g_autofree char *one = any_path(dice);
	g_autofree char *two = any_path(dice);
	g_autofree char *word = g_strdup_printf("edit-%u", number);

	g_string_replace(edit, "@1", one, 0);
	g_string_replace(edit, "@2", two, 0);
	g_string_replace(edit, "@n", word, 0);
	g_string_append_printf(script, "%s\n", edit->str);
}

/* What a build sees and what we read at every path that there can be. */
static void both_see_the_same(struct fixture *fixture, const char *edits)
{
	static const char names[] = "abcd";
	static const char show[] =
		"for a in a b c d; do for b in '' /a /b /c /d; do "
		"for c in '' /a /b /c /d; do p=$a$b$c; "
		"case $b$c in \"$c\") [ -z \"$c\" ] || continue;; esac; "
		"[ ! -f $p ] || echo $p=$(cat $p); done; done; done";
	g_autofree char *script = g_strconcat(
		"{ ", edits, "\n:; } 2>/dev/null; ", show, NULL);
	g_autoptr(GString) read = g_string_new(NULL);

	must_run(fixture, script);
	for (gsize i = 0; i < 4 * 5 * 5; i++) {
		gsize b = i / 5 % 5, c = i % 5;
		char path[] = {names[i / 25], '/', 0, '/', 0, '\0'};
		g_autofree char *text = NULL;

		if (b == 0 && c != 0)
			continue;
		path[2] = names[b ? b - 1 : 0];
		path[4] = names[c ? c - 1 : 0];
		path[b == 0 ? 1 : c == 0 ? 3 : 5] = '\0';
		text = layers_read(&fixture->snapshot->layers, path, 100);
		if (text)
			g_string_append_printf(read, "%s=%s\n", path,
					       g_strchomp(text));
	}
	assert_string_equal(read->str, fixture->said->str);
}

static void random_edits_are_read_as_a_build_sees_them(void **state)
{
	struct fixture *fixture = *state;
	guint32 seed = g_random_int();
	g_autoptr(GRand) dice = g_rand_new_with_seed(seed);

	print_message("seed %u\n", seed);
	for (guint round = 0; round < ROUNDS; round++) {
		g_autoptr(GString) script = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		g_autofree char *gone = any_path(dice);

		for (guint i = 0; i < EDITS / ROUNDS; i++)
			add_edit(script, dice, round * 1000 + i);
		both_see_the_same(fixture, script->str);
		if (!snapshot_remove(fixture->snapshot, gone, &error))
			fail_msg("%s", error->message);
		both_see_the_same(fixture, ":");
	}
}

static void what_is_removed_is_gone_from_the_view(void **state)
{
	static const char *const paths[] = {
		"a",	  "d/b/a",	   "d/b",  "d/b",    "empty", "none",
		"none/x", "folder-link/a", "link", "made/x", "made",  "a/x",
	};
	struct fixture *fixture = *state;

	must_run(fixture, "mkdir made; echo >made/x");
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;

		if (!snapshot_remove(fixture->snapshot, paths[i], &error))
			fail_msg("%s", error->message);
		kept_is_as_before(fixture);
	}
	must_run(fixture, "find . -printf '%P ' | tr ' ' '\n' | sort | tr '\n' "
			  "' '; stat -c %a d; cat d/a");
	assert_string_equal(fixture->said->str,
			    " a b b:c,d=\\ broken-link c d d/a d/link "
			    "folder-link out-link shared 755\nthree\n");
	must_run(fixture, "mkdir empty; echo >empty/x; mkdir d/b; ls d/b");
	assert_string_equal(fixture->said->str, "");
}

static void nothing_outside_the_view_is_removed(void **state)
{
	static const char *const paths[] = {"",
					    ".",
					    "..",
					    "../kept/a",
					    "d/../../kept/a",
					    "out-link/passwd"};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;

		if (!snapshot_remove(fixture->snapshot, paths[i], &error) &&
		    error->code != REROLL_ERROR_TEMP)
			fail_msg("%s", error->message);
	}
	kept_is_as_before(fixture);
	assert_true(g_file_test("/etc/passwd", G_FILE_TEST_EXISTS));
	must_run(fixture, "cat a");
}

static void two_views_know_nothing_of_each_other(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *dir = g_build_filename(fixture->dir, "other", NULL);
	g_autoptr(snapshot_t) other = view_new(fixture, dir);

	must_run(fixture, "echo here >a; rm b; echo >new");
	assert_true(run_in(fixture, other,
			   "cat a b; test ! -e new; echo there >a; rm -r d"));
	assert_string_equal(fixture->said->str, "one\ntwo\n");
	must_run(fixture, "cat a d/a");
	assert_string_equal(fixture->said->str, "here\nthree\n");
}

static void what_a_crash_leaves_can_be_removed(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *lost = g_build_filename(fixture->dir, "lost", NULL);
	g_autofree char *dir = g_build_filename(lost, "view", NULL);
	g_autoptr(snapshot_t) other = NULL;

	assert_int_equal(mkdir(lost, 0755), 0);
	other = view_new(fixture, dir);
	assert_true(run_in(fixture, other,
			   "rm -r d; mkdir d d/x; echo >d/x/y; chmod 0 d; "
			   "echo more >>a"));
	assert_true(tempdir_remove_tree(lost));
	assert_false(g_file_test(lost, G_FILE_TEST_EXISTS));
}

static void a_folder_that_is_not_there_is_trouble(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *none = g_build_filename(fixture->dir, "none", NULL);
	g_autofree char *dir = g_build_filename(fixture->dir, "other", NULL);
	g_autoptr(GError) error = NULL;

	assert_null(snapshot_new(fixture->ops, none, dir, NULL, &error));
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
	assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

static void a_view_of_nothing_is_an_empty_folder(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *dir = g_build_filename(fixture->dir, "other", NULL);
	g_autoptr(snapshot_t)
		other = snapshot_new(fixture->ops, NULL, dir, NULL, NULL);

	assert_true(run_in(fixture, other, "ls -A; echo x >made"));
	assert_string_equal(fixture->said->str, "");
	assert_true(layers_has(&other->layers, "made"));
}

static void the_way_is_found_by_its_name(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	assert_ptr_equal(
		snapshot_choose(fixture->dir, fixture->ops->name, NULL),
		fixture->ops);
	assert_non_null(snapshot_choose(fixture->dir, NULL, NULL));
	assert_null(snapshot_choose(fixture->dir, "magic", &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	assert_non_null(
		strstr(error->message, "only overlay, btrfs, reflink, copy"));
	g_clear_error(&error);
	assert_null(snapshot_choose("/proc/self", fixture->ops->name, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
}

#define CASE(f)                                \
	{                                      \
#f, f, set_up, tear_down, NULL \
	}

static const struct CMUnitTest contract[] = {
	CASE(what_is_kept_is_seen),
	CASE(a_folder_of_what_is_kept_has_a_view),
	CASE(files_are_read_as_they_are_seen),
	CASE(what_is_renamed_elsewhere_hides_nothing),
	CASE(no_edit_reaches_what_is_kept),
	CASE(a_new_mode_leaves_the_date),
	CASE(random_edits_are_read_as_a_build_sees_them),
	CASE(what_is_removed_is_gone_from_the_view),
	CASE(nothing_outside_the_view_is_removed),
	CASE(two_views_know_nothing_of_each_other),
	CASE(what_a_crash_leaves_can_be_removed),
	CASE(a_folder_that_is_not_there_is_trouble),
	CASE(a_view_of_nothing_is_an_empty_folder),
	CASE(the_way_is_found_by_its_name),
};

static int try_way(const struct place *place, const char *file_system)
{
	struct CMUnitTest tests[G_N_ELEMENTS(contract)];
	g_autofree char *group = g_strdup_printf("%s on %s as user %u",
						 place->ops->name, file_system,
						 (guint)geteuid());

	for (gsize i = 0; i < G_N_ELEMENTS(contract); i++) {
		tests[i] = contract[i];
		tests[i].initial_state = (void *)(guintptr)place;
	}
	print_message("%s\n", group);
	return _cmocka_run_group_tests(group, tests, G_N_ELEMENTS(contract),
				       NULL, NULL);
}

/* All that work below `dir`, of which `needed` must. */
static int try_ways(const char *dir, const char *file_system,
		    const char *const *needed)
{
	int failed = 0;

	for (gsize i = 0; snapshot_table[i]; i++) {
		const struct place place = {dir, snapshot_table[i]};
		g_autoptr(GError) error = NULL;

		if (place.ops->works(dir, &error)) {
			failed += try_way(&place, file_system);
			continue;
		}
		print_message("%s on %s is not tried: %s\n", place.ops->name,
			      file_system, error->message);
		failed += g_strv_contains(needed, place.ops->name);
	}
	return failed;
}

static char *btrfs_dir; /* NULL: there is none */

static int all_ways(void)
{
	static const char *const everywhere[] = {"overlay", "copy", NULL};
	static const char *const on_btrfs[] = {"overlay", "btrfs", "reflink",
					       "copy", NULL};
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	int failed = try_ways(dir->path, "TMPDIR", everywhere);

	if (btrfs_dir)
		failed += try_ways(btrfs_dir, "btrfs", on_btrfs);
	return failed;
}

static bool run_tool(const char *const *argv)
{
	const struct process_spec spec = {.argv = argv,
					  .output_limit_bytes = 1000};
	g_autoptr(GError) error = NULL;
	g_autoptr(process_result_t) result = process_run(&spec, NULL, &error);

	if (result && process_result_ok(result))
		return true;
	print_message(
		"%s: %s\n", argv[0],
		error ? error->message
		      : (const char *)g_bytes_get_data(result->err, NULL));
	return false;
}

/*
 * A btrfs in a file, seen by us alone. False only when a tool is missing: some
 * containers have no loop devices.
 */
static bool make_btrfs(const struct tempdir *dir)
{
	g_autofree char *file = g_build_filename(dir->path, "btrfs", NULL);
	g_autofree char *at = g_build_filename(dir->path, "mount", NULL);
	g_autofree char *tool = g_find_program_in_path("mkfs.btrfs");
	const char *const format[] = {"mkfs.btrfs", "-q", file, NULL};
	const char *const attach[] = {"mount", "-o", "loop", file, at, NULL};
	int fd;

	if (!tool) {
		print_message("no mkfs.btrfs: apt-get install btrfs-progs\n");
		return false;
	}
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 256 << 20) < 0 || mkdir(at, 0777) < 0 ||
	    close(fd) < 0 || chmod(dir->path, 0711) < 0 ||
	    unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !run_tool(format) || !run_tool(attach) || chmod(at, 0777) < 0)
		print_message("btrfs is not tried\n");
	else
		btrfs_dir = g_steal_pointer(&at);
	return true;
}

int main(void)
{
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	int failed = 1;

	if (geteuid() != 0 || make_btrfs(dir))
		failed = test_as_both(all_ways);
	if (btrfs_dir)
		umount2(btrfs_dir, MNT_DETACH);
	g_free(btrfs_dir);
	return failed ? 1 : 0;
}
