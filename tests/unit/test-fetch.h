/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A repository that is served on loopback and our clone of it. */
#ifndef TESTS_UNIT_TEST_FETCH_H
#define TESTS_UNIT_TEST_FETCH_H

#include "test-tree.h"

#define ONE_FILE "M 644 inline a.c\ndata 4\none\n"

struct refresh_case {
	struct fixture *origin; /* the repository that is served */
	struct site site;
	struct tree_config tree;
	char *path;	     /* of the clone */
	GSubprocess *server; /* NULL: none */
};

static inline int set_up(void **state)
{
	struct refresh_case *c = g_new0(struct refresh_case, 1);

	c->origin = fixture_new(ONE_FILE);
	c->site.state = g_build_filename(c->origin->dir->path, "state", NULL);
	c->tree.name = (char *)(gsize) "mainline";
	c->tree.url = g_strconcat("file://", c->origin->path, NULL);
	c->tree.refresh_s = 3600;
	c->path = tree_path(&c->site, &c->tree);
	*state = c;
	return 0;
}

static inline void end_server(struct refresh_case *c)
{
	if (!c->server)
		return;
	g_subprocess_force_exit(c->server);
	g_subprocess_wait(c->server, NULL, NULL);
	g_clear_object(&c->server);
}

static inline int tear_down(void **state)
{
	struct refresh_case *c = *state;

	end_server(c);
	g_free(c->site.state);
	g_free(c->tree.url);
	g_free(c->path);
	fixture_free(c->origin);
	g_free(c);
	return 0;
}

static inline void set_url(struct refresh_case *c, char *url)
{
	g_free(c->tree.url);
	c->tree.url = url;
}

/* A line that the server prints when it is ready. */
static inline char *start(struct refresh_case *c, const char *const *argv,
			  bool is_stderr)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDataInputStream) lines = NULL;
	char *line;

	c->server = g_subprocess_newv(argv,
				      is_stderr
					      ? G_SUBPROCESS_FLAGS_STDERR_PIPE
					      : G_SUBPROCESS_FLAGS_STDOUT_PIPE,
				      &error);
	if (!c->server)
		fail_msg("%s", error->message);
	lines = g_data_input_stream_new(
		is_stderr ? g_subprocess_get_stderr_pipe(c->server)
			  : g_subprocess_get_stdout_pipe(c->server));
	g_filter_input_stream_set_close_base_stream(
		G_FILTER_INPUT_STREAM(lines), FALSE);
	line = g_data_input_stream_read_line(lines, NULL, NULL, &error);
	assert_non_null(line);
	return line;
}

static inline void serve_http(struct refresh_case *c, const char *limit,
			      const char *how)
{
	g_autofree char *script = g_build_filename(g_getenv("top_srcdir"),
						   "tests/unit/git-http", NULL);
	const char *const argv[] = {script, c->origin->dir->path, limit, how,
				    NULL};
	g_autofree char *port = start(c, argv, false);

	set_url(c, g_strdup_printf("http://127.0.0.1:%s/repo/.git", port));
}

/* What the clone or the origin says; "" when it knows no such thing. */
static inline char *ask(const char *path, const char *command)
{
	struct fixture at = {.path = (char *)(gsize)path,
			     .objects = (char *)(gsize) "/nonexistent"};

	return fixture_git(&at, NULL, command);
}

/* git daemon cannot choose a port itself, so one that was free is given. */
static inline guint free_port(void)
{
	g_autoptr(GSocketListener) listener = g_socket_listener_new();

	return g_socket_listener_add_any_inet_port(listener, NULL, NULL);
}

static inline bool fetch(const struct refresh_case *c, GError **error)
{
	const struct fetch_options options = {.tries = 2, .wait_ms = 1};

	return tree_fetch(&c->site, &c->tree, &options, NULL, error);
}

static inline void must_fetch(const struct refresh_case *c)
{
	g_autoptr(GError) error = NULL;

	if (!fetch(c, &error))
		fail_msg("%s", error->message);
}

static inline void assert_same_refs(const struct refresh_case *c)
{
	static const char command[] =
		"for-each-ref --format=%(refname)%(objectname) refs/heads "
		"refs/tags";
	g_autofree char *theirs = ask(c->origin->path, command);
	g_autofree char *ours = ask(c->path, command);
	g_autofree char *fsck = ask(c->path,
				    "fsck --connectivity-only --no-dangling");

	assert_true(*theirs);
	assert_string_equal(theirs, ours);
	assert_string_equal(fsck, "");
}

static inline void add_commit(const struct refresh_case *c, const char *branch,
			      const char *from, const char *text)
{
	g_autofree char *stream = g_strdup_printf(
		"commit refs/heads/%s\n"
		"committer A <a@example.org> 1700000100 +0000\ndata 1\nx\n"
		"%s%s%sM 644 inline a.c\ndata %zu\n%s\n",
		branch, from ? "from " : "", from ? from : "", from ? "\n" : "",
		strlen(text), text);
	g_free(fixture_git(c->origin, stream, "fast-import --quiet --force"));
}

/* Some noise that does not compress, so that the pack is large. */
static inline void add_large_file(const struct refresh_case *c)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	while (text->len < 1 << 20)
		g_string_append_c(text,
				  (char)g_rand_int_range(random, 33, 127));
	add_commit(c, "main", "refs/heads/main^0", text->str);
}

/* What every protocol must bring over. */
static inline void a_tree_is_cloned_and_fetched(struct refresh_case *c)
{
	g_autofree char *tag = NULL, *gone = NULL;
	g_autoptr(tree_status_t) before = tree_status_new(&c->site, &c->tree);
	g_autoptr(tree_status_t) status = NULL;

	assert_false(before->exists);
	must_fetch(c);
	assert_same_refs(c);
	add_commit(c, "main", "refs/heads/main^0", "two");
	add_commit(c, "topic", "refs/heads/main^0", "three");
	tag = fixture_git(c->origin, NULL, "tag v1 main");
	must_fetch(c);
	assert_same_refs(c);
	/* A name becomes a folder, the old branch is rewritten. */
	gone = fixture_git(c->origin, NULL, "branch -m topic topic/one");
	add_commit(c, "main", NULL, "all new");
	must_fetch(c);
	assert_same_refs(c);
	status = tree_status_new(&c->site, &c->tree);
	assert_true(status->exists);
	assert_true(status->fetched_at > 0 && status->size_bytes > 0);
	assert_int_equal(status->head_at, 1700000100);
}

#endif
