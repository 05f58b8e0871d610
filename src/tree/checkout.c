/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees as files. The tree may come from a stranger's patch and the folder may
 * have been a build's, so neither is trusted: every folder is opened beneath
 * the top without following a symlink, what stands in a file's place is removed
 * before it is written, and a symlink that leads out becomes a plain file.
 */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "tree/tree-internal.h"

struct checkout {
	git_repository *git;
	int top, lower; /* -1: none */
	git_tree *tree; /* the new one, where there is a lower folder */
	char *gone;	/* what was removed last, of a view */
	uid_t uid;	/* of who owns the folder */
	gid_t gid;
	bool give;    /* is somebody else */
	char *folder; /* path of the folder that is open, "" the top */
	int folder_fd;
	gint64 mtime_at;
	GCancellable *cancellable;
	GError **error;
};

static bool fail(struct checkout *checkout, const char *path, const char *what)
{
	int cause = errno;
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(checkout->error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be %s: %s", quoted, what, g_strerror(cause));
	return false;
}

static int open_folder(int top, const char *path)
{
	return file_open_beneath(top, path, O_RDONLY | O_DIRECTORY);
}

/* As root: to who owns the folder. */
static bool give(const struct checkout *checkout, int folder, const char *name)
{
	return !checkout->give ||
	       fchownat(folder, name, checkout->uid, checkout->gid,
			AT_SYMLINK_NOFOLLOW) == 0;
}

/* Make the folders on the way to `path`, each opened by its parent. */
static int make_folders(const struct checkout *checkout, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	int fd;

	if (checkout->lower >= 0)
		return overlay_make_folder(checkout->top, checkout->lower,
					   path);
	fd = open_folder(checkout->top, "");

	for (char **name = names; *name && fd >= 0; name++) {
		int parent = fd;

		if (mkdirat(parent, *name, 0777) == 0) {
			(void)give(checkout, parent, *name);
			(void)fchmodat(parent, *name, 0755, 0);
		}
		fd = open_folder(parent, *name);
		close(parent);
	}
	return fd;
}

/*
 * The open folder that holds `path`, and the file's name in it. Paths come
 * sorted, so the one that is open is mostly the right one.
 */
static int enter(struct checkout *checkout, const char *path, bool make,
		 const char **name)
{
	const char *slash = strrchr(path, '/');
	g_autofree char *folder = slash ? g_strndup(path, slash - path)
					: g_strdup("");

	*name = slash ? slash + 1 : path;
	if (checkout->folder && strcmp(folder, checkout->folder) == 0)
		return checkout->folder_fd;
	if (checkout->folder)
		close(checkout->folder_fd);
	g_clear_pointer(&checkout->folder, g_free);
	checkout->folder_fd = open_folder(checkout->top, folder);
	/* In a view a whiteout may be in the way. */
	if (checkout->folder_fd < 0 && make &&
	    (errno == ENOENT || checkout->lower >= 0))
		checkout->folder_fd = make_folders(checkout, folder);
	if (checkout->folder_fd >= 0)
		checkout->folder = g_steal_pointer(&folder);
	return checkout->folder_fd;
}

static void leave(struct checkout *checkout)
{
	if (checkout->folder)
		close(checkout->folder_fd);
	g_clear_pointer(&checkout->folder, g_free);
}

/* Remove folders that hold nothing any more, from `path` upwards. */
static void remove_empty_folders(struct checkout *checkout, const char *path)
{
	g_autofree char *folder = g_strdup(path);
	char *slash;

	while ((slash = strrchr(folder, '/'))) {
		const char *name;
		int parent;

		*slash = '\0';
		leave(checkout);
		parent = enter(checkout, folder, false, &name);
		if (parent < 0 || unlinkat(parent, name, AT_REMOVEDIR) != 0)
			return;
	}
}

/*
 * The topmost folder on the way to `path` that the new tree has not, or has
 * something else in its place; else the path itself.
 */
static char *topmost_gone(git_tree *tree, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		g_autofree char *folder = g_strndup(path, slash - path);
		git_tree_entry *entry = NULL;
		bool stays = git_tree_entry_bypath(&entry, tree, folder) == 0 &&
			     git_tree_entry_type(entry) == GIT_OBJECT_TREE;

		git_tree_entry_free(entry);
		if (!stays)
			return g_steal_pointer(&folder);
	}
	return g_strdup(path);
}

/*
 * The whiteout stands even where something else is to come: it makes a folder
 * opaque that takes its place.
 */
static bool remove_from_view(struct checkout *checkout, const char *path)
{
	g_autofree char *gone = topmost_gone(checkout->tree, path);

	if (g_strcmp0(gone, checkout->gone) == 0)
		return true;
	leave(checkout);
	if (!overlay_remove(checkout->top, checkout->lower, gone))
		return fail(checkout, gone, "removed");
	g_free(checkout->gone);
	checkout->gone = g_steal_pointer(&gone);
	return true;
}

static bool remove_file(struct checkout *checkout,
			const struct tree_delta *delta)
{
	int flags = delta->old_mode == GIT_FILEMODE_COMMIT ? AT_REMOVEDIR : 0;
	const char *name;
	int folder;

	if (checkout->lower >= 0)
		return remove_from_view(checkout, delta->path);
	folder = enter(checkout, delta->path, false, &name);
	if (folder >= 0 && unlinkat(folder, name, flags) != 0 &&
	    errno != ENOENT)
		return fail(checkout, delta->path, "removed");
	if (folder < 0 && errno != ENOENT)
		return fail(checkout, delta->path, "removed");
	remove_empty_folders(checkout, delta->path);
	return true;
}

/*
 * Whether a link at `path` stays in the tree: it first goes up, no further than
 * the top, and then only down. One that goes up again behind a name may be led
 * out by another link.
 */
static bool link_stays_inside(const char *path, const char *target, gsize len)
{
	gsize depth = 0;
	bool down = false;
	const char *end = target + len;

	if (len == 0 || *target == '/' || memchr(target, '\0', len))
		return false;
	for (; *path; path++)
		depth += *path == '/';
	while (target < end) {
		const char *slash = memchr(target, '/', end - target);
		gsize part = (slash ? slash : end) - target;

		if (part == 2 && memcmp(target, "..", 2) == 0) {
			if (down || depth-- == 0)
				return false;
		} else if (part > 0 && !(part == 1 && *target == '.')) {
			down = true;
		}
		target += part + 1;
	}
	return true;
}

static bool write_plain(int folder, const char *name, GBytes *content,
			mode_t mode)
{
	gsize len;
	const char *data = tree_bytes(content, &len);
	int fd = openat(folder, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0644);
	bool ok;

	if (fd < 0)
		return false;
	ok = file_write_all(fd, data, len) && fchmod(fd, mode) == 0;
	return close(fd) == 0 && ok;
}

static bool write_content(int folder, const char *name,
			  const git_diff_file *file, GBytes *content)
{
	gsize len;
	const char *data = tree_bytes(content, &len);

	if (file->mode == GIT_FILEMODE_LINK &&
	    link_stays_inside(file->path, data, len)) {
		g_autofree char *target = g_strndup(data, len);

		return symlinkat(target, folder, name) == 0;
	}
	return write_plain(folder, name, content,
			   file->mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755
								      : 0644);
}

static void blob_free(gpointer blob)
{
	git_blob_free(blob);
}

static GBytes *read_blob(struct checkout *checkout, const git_diff_file *file)
{
	git_blob *blob = NULL;
	int code = git_blob_lookup(&blob, checkout->git, &file->id);

	if (code != 0) {
		tree_set_git_error(checkout->error, code,
				   "a file of the tree cannot be read");
		return NULL;
	}
	/* Not copied: the kernel has a file of 24 MB. */
	return g_bytes_new_with_free_func(git_blob_rawcontent(blob),
					  (gsize)git_blob_rawsize(blob),
					  blob_free, blob);
}

/* Where the tree has a repository of its own. */
static bool write_empty_folder(struct checkout *checkout, const char *path)
{
	int fd = make_folders(checkout, path);

	if (fd < 0)
		return fail(checkout, path, "made");
	close(fd);
	return true;
}

static bool write_file(struct checkout *checkout, const git_diff_file *file)
{
	struct timespec times[2] = {{.tv_sec = checkout->mtime_at},
				    {.tv_sec = checkout->mtime_at}};
	g_autoptr(GBytes) content = NULL;
	const char *name;
	int folder = enter(checkout, file->path, true, &name);

	if (folder < 0)
		return fail(checkout, file->path, "written");
	if (file->mode == GIT_FILEMODE_COMMIT)
		return write_empty_folder(checkout, file->path);
	content = read_blob(checkout, file);
	if (!content)
		return false;
	if (!write_content(folder, name, file, content) &&
	    (errno != EEXIST || unlinkat(folder, name, 0) != 0 ||
	     !write_content(folder, name, file, content)))
		return fail(checkout, file->path, "written");
	if (!give(checkout, folder, name))
		return fail(checkout, file->path, "given away");
	if (checkout->mtime_at != 0 &&
	    utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return fail(checkout, file->path, "dated");
	return true;
}

/* The path must not be one that nobody may write. */
static bool check_path(struct checkout *checkout, const git_diff_file *file)
{
	const char *fault = path_fault(file->path, file->mode);
	g_autofree char *quoted = NULL;

	if (!fault)
		return true;
	quoted = text_quote(file->path, -1);
	g_set_error(checkout->error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the tree cannot be checked out: the path %s %s", quoted,
		    fault);
	return false;
}

static bool check_cancelled(struct checkout *checkout)
{
	if (!g_cancellable_is_cancelled(checkout->cancellable))
		return true;
	g_set_error(checkout->error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
		    "the checkout was cancelled");
	return false;
}

static git_diff_file new_file(const struct tree_delta *delta)
{
	return (git_diff_file){.id = delta->new_id,
			       .path = delta->path,
			       .mode = (uint16_t)delta->new_mode};
}

/* Whether the old file has to go before there can be a new one. */
static bool goes_first(const struct tree_delta *delta)
{
	return delta->old_mode != 0 &&
	       (delta->new_mode & MODE_TYPE) != (delta->old_mode & MODE_TYPE);
}

static bool checkout_delta(struct checkout *checkout,
			   const struct tree_delta *delta)
{
	const git_diff_file file = new_file(delta);

	return check_cancelled(checkout) &&
	       (delta->new_mode == 0 || write_file(checkout, &file));
}

/* All that goes first, so that a folder can take a file's place. */
static bool checkout_deltas(struct checkout *checkout, const GPtrArray *deltas)
{
	for (guint i = 0; i < deltas->len; i++) {
		const git_diff_file file = new_file(deltas->pdata[i]);

		if (!check_path(checkout, &file))
			return false;
	}
	for (guint i = 0; i < deltas->len; i++) {
		const struct tree_delta *delta = deltas->pdata[i];

		if (goes_first(delta) && !remove_file(checkout, delta))
			return false;
	}
	leave(checkout);
	for (guint i = 0; i < deltas->len; i++) {
		if (!checkout_delta(checkout, deltas->pdata[i]))
			return false;
	}
	return true;
}

static int checkout_entry(const char *root, const git_tree_entry *entry,
			  void *data)
{
	struct checkout *checkout = data;
	g_autofree char *path = g_strconcat(root, git_tree_entry_name(entry),
					    NULL);
	git_diff_file file = {
		.id = *git_tree_entry_id(entry),
		.path = path,
		.mode = (uint16_t)git_tree_entry_filemode(entry),
	};

	if (file.mode == GIT_FILEMODE_TREE)
		return 0;
	return check_path(checkout, &file) && check_cancelled(checkout) &&
			       write_file(checkout, &file)
		       ? 0
		       : -1;
}

/* A whole tree, folder by folder: it is never in memory as a list. */
static bool checkout_whole(struct checkout *checkout, struct repo *repo,
			   const char *treeish)
{
	git_tree *tree = repo_tree(repo, treeish, checkout->error);
	int code;

	if (!tree)
		return false;
	code = git_tree_walk(tree, GIT_TREEWALK_PRE, checkout_entry, checkout);
	git_tree_free(tree);
	if (code != 0 && checkout->error && !*checkout->error)
		tree_set_git_error(checkout->error, code,
				   "the tree cannot be read");
	return code == 0;
}

static bool checkout_changes(struct checkout *checkout, struct repo *repo,
			     const char *from_tree, const char *tree)
{
	g_autoptr(GPtrArray)
		deltas = repo_deltas(repo, from_tree, tree, checkout->error);

	return deltas && checkout_deltas(checkout, deltas);
}

static bool checkout_open(struct checkout *checkout, struct repo *repo,
			  const struct checkout_view *view)
{
	struct stat st;

	(void)g_mkdir_with_parents(view->top, 0755);
	checkout->top = open(view->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (checkout->top < 0 || fstat(checkout->top, &st) < 0)
		return fail(checkout, view->top, "opened");
	checkout->uid = st.st_uid;
	checkout->gid = st.st_gid;
	checkout->give = geteuid() == 0 && st.st_uid != 0;
	if (!view->lower)
		return true;
	checkout->lower = open(view->lower, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (checkout->lower < 0)
		return fail(checkout, view->lower, "opened");
	checkout->tree = repo_tree(repo, view->tree, checkout->error);
	return checkout->tree != NULL;
}

static void checkout_clear(struct checkout *checkout)
{
	leave(checkout);
	git_tree_free(checkout->tree);
	g_free(checkout->gone);
	if (checkout->top >= 0)
		close(checkout->top);
	if (checkout->lower >= 0)
		close(checkout->lower);
}

bool repo_checkout_view(struct repo *repo, const struct checkout_view *view,
			GCancellable *cancellable, GError **error)
{
	struct checkout checkout = {.git = repo_git(repo),
				    .top = -1,
				    .lower = -1,
				    .mtime_at = view->mtime_at,
				    .cancellable = cancellable,
				    .error = error};
	bool ok;

	g_assert(view->from_tree || !view->lower);
	ok = checkout_open(&checkout, repo, view) &&
	     (view->from_tree ? checkout_changes(&checkout, repo,
						 view->from_tree, view->tree)
			      : checkout_whole(&checkout, repo, view->tree));
	checkout_clear(&checkout);
	return ok;
}

bool repo_checkout(struct repo *repo, const char *tree, const char *from_tree,
		   const char *dir, gint64 mtime_at, GCancellable *cancellable,
		   GError **error)
{
	const struct checkout_view view = {.tree = tree,
					   .from_tree = from_tree,
					   .top = dir,
					   .mtime_at = mtime_at};

	return repo_checkout_view(repo, &view, cancellable, error);
}
