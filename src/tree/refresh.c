/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clone brought up to date. The objects come first, as one pack that is
 * complete before it gets its name; no ref leads to them yet. Then the refs are
 * moved: those that the server no longer has go first, since a/b cannot come
 * while a stands, and then all others and HEAD in one transaction. A fetch that
 * is killed at any point leaves every ref as it was or as it should be.
 */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "tree/clones-internal.h"

#define TRIES 3
#define WAIT_MS 1000
#define WAIT_MOST_MS 60000
#define SILENCE_S 60
#define MOST_S (6 * 3600)
#define LOCK_POLL_MS 50
#define STALE_LOCK_S 3600 /* a ref's lock this old has lost its owner */
#define LOCK_DEPTH 32

struct fetch {
	const char *path, *url;
	GCancellable *cancellable;
	struct net_watch *watch;
	git_repository *repo;
	git_remote *remote;
	bool asked_agent;
};

static void fetch_clear(struct fetch *fetch)
{
	git_remote_free(fetch->remote);
	git_repository_free(fetch->repo);
	net_watch_free(fetch->watch);
}
typedef struct fetch fetch_t;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(fetch_t, fetch_clear)

static bool set_cancelled(GCancellable *cancellable, GError **error)
{
	if (!g_cancellable_is_cancelled(cancellable))
		return false;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
		    "the fetch was cancelled");
	return true;
}

/* Let some time go by; false when cancelled meanwhile. */
static bool wait_ms(GCancellable *cancellable, guint ms, GError **error)
{
	GPollFD fd;

	if (g_cancellable_make_pollfd(cancellable, &fd)) {
		g_poll(&fd, 1, (gint)ms);
		g_cancellable_release_fd(cancellable);
	} else {
		g_usleep((gulong)ms * 1000);
	}
	return !set_cancelled(cancellable, error);
}

int clone_lock(const char *path, GCancellable *cancellable, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *name = g_strconcat(path, ".lock", NULL);
	int fd = -1;

	if (g_mkdir_with_parents(folder, 0755) == 0)
		fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		g_autofree char *quoted = text_quote(name, -1);
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the lock %s cannot be made: %s", quoted,
			    g_strerror(errno));
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (!wait_ms(cancellable, LOCK_POLL_MS, error)) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

static int on_progress(const git_indexer_progress *progress, void *data)
{
	struct fetch *fetch = data;

	/* The server has done its part: what is left is to resolve deltas. */
	if (progress->received_objects == progress->total_objects)
		net_watch_pause(fetch->watch, true);
	return g_cancellable_is_cancelled(fetch->cancellable) ? GIT_EUSER : 0;
}

/* The agent is asked once; libgit2 would call again for ever. */
static int on_credentials(git_credential **credential, const char *url,
			  const char *user, unsigned int allowed, void *data)
{
	struct fetch *fetch = data;

	(void)url;
	user = user ? user : "git";
	if (allowed & GIT_CREDENTIAL_USERNAME)
		return git_credential_username_new(credential, user);
	if (!(allowed & GIT_CREDENTIAL_SSH_KEY) || fetch->asked_agent)
		return GIT_EAUTH;
	fetch->asked_agent = true;
	return git_credential_ssh_key_from_agent(credential, user);
}

static int fetch_open(struct fetch *fetch)
{
	git_repository_init_options how = GIT_REPOSITORY_INIT_OPTIONS_INIT;
	int code;

	how.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
	code = git_repository_init_ext(&fetch->repo, fetch->path, &how);
	if (code == 0)
		code = git_remote_create_anonymous(&fetch->remote, fetch->repo,
						   fetch->url);
	return code;
}

static int fetch_objects(struct fetch *fetch)
{
	char *specs[] = {(char *)(gsize) "+refs/heads/*:refs/heads/*",
			 (char *)(gsize) "+refs/tags/*:refs/tags/*"};
	const git_strarray list = {specs, G_N_ELEMENTS(specs)};
	git_remote_connect_options how = GIT_REMOTE_CONNECT_OPTIONS_INIT;
	git_fetch_options what = GIT_FETCH_OPTIONS_INIT;
	int code;

	how.callbacks.credentials = on_credentials;
	how.callbacks.transfer_progress = on_progress;
	how.callbacks.payload = fetch;
	what.callbacks = how.callbacks;
	what.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	code = git_remote_connect_ext(fetch->remote, GIT_DIRECTION_FETCH, &how);
	if (code == 0)
		code = git_remote_download(fetch->remote, &list, &what);
	net_watch_pause(fetch->watch, false);
	return code;
}

static bool is_ours_to_move(const char *name)
{
	return g_str_has_prefix(name, "refs/heads/") ||
	       (g_str_has_prefix(name, "refs/tags/") &&
		!g_str_has_suffix(name, "^{}"));
}

/* Refs here that the server does not have; of char *. */
static int find_gone(struct fetch *fetch, const git_remote_head **heads,
		     size_t n, GPtrArray *gone)
{
	g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
	git_strarray here = {0};
	int code = git_reference_list(&here, fetch->repo);

	for (size_t i = 0; i < n; i++)
		g_hash_table_add(there, heads[i]->name);
	for (size_t i = 0; i < here.count; i++) {
		if (is_ours_to_move(here.strings[i]) &&
		    !g_hash_table_contains(there, here.strings[i]))
			g_ptr_array_add(gone, g_strdup(here.strings[i]));
	}
	git_strarray_dispose(&here);
	return code;
}

static int remove_refs(struct fetch *fetch, const GPtrArray *gone)
{
	git_transaction *transaction = NULL;
	int code;

	if (gone->len == 0)
		return 0;
	code = git_transaction_new(&transaction, fetch->repo);
	for (guint i = 0; code == 0 && i < gone->len; i++) {
		code = git_transaction_lock_ref(transaction, gone->pdata[i]);
		if (code == 0)
			code = git_transaction_remove(transaction,
						      gone->pdata[i]);
	}
	if (code == 0)
		code = git_transaction_commit(transaction);
	git_transaction_free(transaction);
	return code;
}

static bool stands_there(struct fetch *fetch, const git_remote_head *head)
{
	git_oid id;

	return git_reference_name_to_id(&id, fetch->repo, head->name) == 0 &&
	       git_oid_equal(&id, &head->oid);
}

/* HEAD of a bare clone says which branch the server takes for its own. */
static int move_head(struct fetch *fetch, git_transaction *transaction,
		     const git_remote_head *head)
{
	g_autofree char *now = NULL;
	git_reference *old = NULL;
	int code;

	if (!head->symref_target || !is_ours_to_move(head->symref_target))
		return 0;
	if (git_reference_lookup(&old, fetch->repo, "HEAD") == 0)
		now = g_strdup(git_reference_symbolic_target(old));
	git_reference_free(old);
	if (g_strcmp0(now, head->symref_target) == 0)
		return 0;
	code = git_transaction_lock_ref(transaction, "HEAD");
	return code == 0 ? git_transaction_set_symbolic_target(
				   transaction, "HEAD", head->symref_target,
				   NULL, "reroll: fetch")
			 : code;
}

static int move_ref(struct fetch *fetch, git_transaction *transaction,
		    const git_remote_head *head)
{
	int code;

	if (strcmp(head->name, "HEAD") == 0)
		return move_head(fetch, transaction, head);
	if (!is_ours_to_move(head->name) || stands_there(fetch, head))
		return 0;
	code = git_transaction_lock_ref(transaction, head->name);
	return code == 0 ? git_transaction_set_target(transaction, head->name,
						      &head->oid, NULL,
						      "reroll: fetch")
			 : code;
}

static int fetch_refs(struct fetch *fetch)
{
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
	const git_remote_head **heads = NULL;
	git_transaction *transaction = NULL;
	size_t n = 0;
	int code = git_remote_ls(&heads, &n, fetch->remote);

	if (code == 0)
		code = find_gone(fetch, heads, n, gone);
	if (code == 0)
		code = remove_refs(fetch, gone);
	if (code == 0)
		code = git_transaction_new(&transaction, fetch->repo);
	for (size_t i = 0; code == 0 && i < n; i++)
		code = move_ref(fetch, transaction, heads[i]);
	if (code == 0)
		code = git_transaction_commit(transaction);
	git_transaction_free(transaction);
	return code;
}

/* Whoever held these was killed: we have the clone's lock, git is quick. */
static void drop_stale_locks(const char *folder, guint depth)
{
	g_autoptr(GDir) dir = depth < LOCK_DEPTH ? g_dir_open(folder, 0, NULL)
						 : NULL;
	gint64 now_at = g_get_real_time() / G_USEC_PER_SEC;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat info;

		if (lstat(path, &info) != 0)
			continue;
		if (S_ISDIR(info.st_mode))
			drop_stale_locks(path, depth + 1);
		else if (g_str_has_suffix(name, ".lock") &&
			 info.st_mtime < now_at - STALE_LOCK_S)
			g_unlink(path);
	}
}

static void set_fetch_error(const struct fetch *fetch, int code, GError **error)
{
	const git_error *last = git_error_last();
	bool refused = code == GIT_EAUTH || code == GIT_ECERTIFICATE;
	g_autofree char *quoted = text_quote(fetch->url, -1);
	g_autofree char *why = text_one_line(
		last ? last->message : "libgit2 does not say why", -1, 300);
	g_autofree char *ended = net_watch_why(fetch->watch);

	if (set_cancelled(fetch->cancellable, error))
		return;
	g_set_error(error, REROLL_ERROR,
		    refused && !ended ? REROLL_ERROR_CONFIG : REROLL_ERROR_TEMP,
		    "%s cannot be fetched: %s", quoted, ended ? ended : why);
}

static bool fetch_once(const char *path, const char *url,
		       const struct fetch_options *options,
		       GCancellable *cancellable, GError **error)
{
	const struct net_limits limits = {
		.silence_s = options->silence_s ? options->silence_s
						: SILENCE_S,
		.most_s = options->most_s ? options->most_s : MOST_S,
	};
	g_auto(fetch_t) fetch = {path, url, cancellable};
	g_autofree char *refs = g_build_filename(path, "refs", NULL);
	gint64 started_at = clock_now_at();
	int code;

	if (set_cancelled(cancellable, error))
		return false;
	repo_start();
	net_start();
	fetch.watch = net_watch_new(&limits, cancellable);
	drop_stale_locks(refs, 0);
	code = fetch_open(&fetch);
	if (code == 0)
		code = fetch_objects(&fetch);
	if (code == 0)
		code = fetch_refs(&fetch);
	if (code == 0)
		return clone_stamp(path, started_at, error);
	set_fetch_error(&fetch, code, error);
	return false;
}

/* Again with growing pauses, as long as it may help. */
static bool fetch_patiently(const char *path, const char *url,
			    const struct fetch_options *options,
			    GCancellable *cancellable, GError **error)
{
	guint tries = options->tries ? options->tries : TRIES;
	guint pause_ms = options->wait_ms ? options->wait_ms : WAIT_MS;

	for (guint i = 1;; i++) {
		g_autoptr(GError) cause = NULL;

		if (fetch_once(path, url, options, cancellable, &cause))
			return true;
		if (i >= tries ||
		    !g_error_matches(cause, REROLL_ERROR, REROLL_ERROR_TEMP)) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return false;
		}
		log_event(LOG_LEVEL_INFO, NULL, "fetch tried again: %s",
			  cause->message);
		if (!wait_ms(cancellable, pause_ms, error))
			return false;
		pause_ms = MIN(pause_ms * 2, WAIT_MOST_MS);
	}
}

/* Whether somebody fetched after we were asked, or it is fresh enough. */
static bool is_fresh(const char *path, gint64 asked_at, gint64 older_s)
{
	gint64 at = clone_fetched_at(path);

	return at > asked_at ||
	       (older_s > 0 && at > 0 && at + older_s >= asked_at);
}

bool tree_fetch(const struct site *site, const struct tree_config *tree,
		const struct fetch_options *options, GCancellable *cancellable,
		GError **error)
{
	g_autofree char *path = tree_path(site, tree);
	gint64 asked_at = clock_now_at();
	bool done;
	int lock;

	if (!tree_is_ours(tree)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the tree %s has a path: it is not ours to fetch",
			    tree->name);
		return false;
	}
	if (is_fresh(path, asked_at, options->older_s))
		return true;
	lock = clone_lock(path, cancellable, error);
	if (lock < 0)
		return false;
	done = is_fresh(path, asked_at, options->older_s) ||
	       fetch_patiently(path, tree->url, options, cancellable, error);
	close(lock);
	if (!done)
		g_prefix_error(error, "tree %s: ", tree->name);
	return done;
}
