/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One patch onto a tree, by the rules of git apply --index. First every file
 * section is checked and its new content made, in order, with what the earlier
 * sections of the same patch did in mind; only then is the tree changed: all
 * old paths go, then all new ones come. A rename or copy takes the content its
 * source had before the patch.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/tree-internal.h"

#define GITLINK_WORDS "Subproject commit "

/* A file section with what the tree and its neighbours say about it. */
struct change {
	const struct patch_file *file;
	const char *old_path, *new_path; /* NULL: there is none */
	guint32 old_mode, new_mode;
	bool is_new;
	GBytes *content; /* of the new file */
};

/* What the sections seen so far, or those to come, do to a path. */
enum fate { FATE_NONE, FATE_GOES, FATE_GONE, FATE_CHANGED };
struct touched {
	enum fate fate;
	const struct change *change; /* the last that wrote it */
};

struct checks {
	struct attempt *attempt;
	const struct patch *patch;
	GPtrArray *changes;		     /* of struct change */
	GHashTable *touched;		     /* path to struct touched */
	GHashTable *links_gone, *links_made; /* paths */
	GError **error;
};

static void change_free(gpointer data)
{
	struct change *change = data;

	g_clear_pointer(&change->content, g_bytes_unref);
	g_free(change);
}

/* The patch does not fit: say why. Always false. */
static bool G_GNUC_PRINTF(4, 5)
	refuse(struct checks *checks, enum apply_reason reason,
	       const struct change *change, const char *format, ...)
{
	const char *path = patch_file_path(change->file);
	va_list args;

	if (checks->attempt->failure)
		return false;
	va_start(args, format);
	checks->attempt->failure = failure_new(reason, path,
					       g_strdup_vprintf(format, args));
	va_end(args);
	return false;
}

static bool mode_is(guint32 mode, guint32 type)
{
	return (mode & MODE_TYPE) == (type & MODE_TYPE);
}

static const struct touched *touched_find(const struct checks *checks,
					  const char *path)
{
	static const struct touched none;
	const struct touched *touched = path ? g_hash_table_lookup(
						       checks->touched, path)
					     : NULL;

	return touched ? touched : &none;
}

static void touched_set(struct checks *checks, const char *path, enum fate fate,
			const struct change *change)
{
	struct touched *touched = g_new(struct touched, 1);

	*touched = (struct touched){fate, change};
	g_hash_table_replace(checks->touched, g_strdup(path), touched);
}

/* What stands at the old path just before this section; mode 0: nothing. */
struct before {
	guint32 mode;
	git_oid id;
	const struct change *change; /* an earlier section's work */
};

static bool find_before(struct checks *checks, struct change *change,
			struct before *before)
{
	const struct patch_file *file = change->file;
	struct dirs_entry entry;
	const struct touched *touched = touched_find(checks, change->old_path);

	*before = (struct before){0};
	if (file->is_copy || file->is_rename || touched->fate == FATE_GOES)
		touched = touched_find(checks, NULL);
	if (touched->fate == FATE_GONE)
		return refuse(checks, APPLY_MISSING, change,
			      "the file was renamed or deleted earlier in the "
			      "same patch");
	if (touched->fate == FATE_CHANGED) {
		before->change = touched->change;
		before->mode = touched->change->new_mode;
		return true;
	}
	if (!dirs_find(checks->attempt->dirs, change->old_path, &entry,
		       checks->error))
		return false;
	if (entry.mode != GIT_FILEMODE_TREE)
		before->mode = entry.mode;
	before->id = entry.id;
	return true;
}

/* The file to change must be there and of the type the patch says. */
static bool check_old(struct checks *checks, struct change *change,
		      struct before *before)
{
	*before = (struct before){0};
	if (!change->old_path)
		return true;
	if (!find_before(checks, change, before))
		return false;
	if (before->mode == 0 && change->file->maybe_new) {
		change->is_new = true;
		change->old_path = NULL;
		return true;
	}
	if (before->mode == 0)
		return refuse(checks, APPLY_MISSING, change,
			      "the patch changes a file that does not exist");
	if (change->old_mode == 0)
		change->old_mode = before->mode;
	if (!mode_is(change->old_mode, before->mode))
		return refuse(checks, APPLY_MODE, change,
			      "the file is of another type (%06o) than the "
			      "patch says (%06o)",
			      before->mode, change->old_mode);
	if (change->new_mode == 0 && !change->file->is_delete)
		change->new_mode = before->mode;
	return true;
}

static bool check_absent(struct checks *checks, struct change *change)
{
	enum fate fate = touched_find(checks, change->new_path)->fate;
	struct dirs_entry entry;

	if (fate == FATE_GOES || fate == FATE_GONE)
		return true;
	if (!dirs_find(checks->attempt->dirs, change->new_path, &entry,
		       checks->error))
		return false;
	if (entry.mode != 0 && entry.mode != GIT_FILEMODE_TREE)
		return refuse(checks, APPLY_EXISTS, change,
			      "the patch makes a file that exists already");
	return true;
}

/* The new mode, filled in where the patch is silent, must be one git stores. */
static bool check_new(struct checks *checks, struct change *change)
{
	const struct patch_file *file = change->file;
	bool makes = change->is_new || file->is_rename || file->is_copy;

	if (!change->new_path)
		return true;
	if (makes && !check_absent(checks, change))
		return false;
	if (change->new_mode == 0)
		change->new_mode = change->is_new ? GIT_FILEMODE_BLOB
						  : change->old_mode;
	if (change->old_path && !mode_is(change->old_mode, change->new_mode))
		return refuse(checks, APPLY_MODE, change,
			      "the new mode %06o does not go with the old mode "
			      "%06o",
			      change->new_mode, change->old_mode);
	if (change->new_mode > 0177777 ||
	    (!mode_is(change->new_mode, GIT_FILEMODE_BLOB) &&
	     !mode_is(change->new_mode, GIT_FILEMODE_LINK) &&
	     !mode_is(change->new_mode, GIT_FILEMODE_COMMIT)))
		return refuse(checks, APPLY_MODE, change,
			      "there is no file mode %06o", change->new_mode);
	if (mode_is(change->new_mode, GIT_FILEMODE_COMMIT) && !change->old_path)
		return refuse(checks, APPLY_SUBMODULE, change,
			      "the patch makes a submodule");
	return true;
}

static bool check_paths(struct checks *checks, struct change *change)
{
	const char *paths[] = {change->old_path, change->new_path};
	const guint32 modes[] = {change->old_mode, change->new_mode};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *quoted = NULL;
		const char *fault = paths[i] ? path_fault(paths[i], modes[i])
					     : NULL;

		if (!fault)
			continue;
		quoted = text_quote(paths[i], -1);
		return refuse(checks, APPLY_PATH, change, "the path %s %s",
			      quoted, fault);
	}
	return true;
}

/* Whether `folder`, on the way to a file, is something else than a folder. */
static bool check_folder(struct checks *checks, struct change *change,
			 const char *folder)
{
	struct dirs_entry entry;

	if (g_hash_table_contains(checks->links_made, folder))
		return refuse(checks, APPLY_SYMLINK, change,
			      "the patch writes below a symlink that it makes");
	if (g_hash_table_contains(checks->links_gone, folder))
		return true;
	if (!dirs_find(checks->attempt->dirs, folder, &entry, checks->error))
		return false;
	if (entry.mode == GIT_FILEMODE_LINK)
		return refuse(checks, APPLY_SYMLINK, change,
			      "the patch writes below a symlink");
	if (entry.mode == GIT_FILEMODE_COMMIT &&
	    touched_find(checks, folder)->fate == FATE_NONE)
		return refuse(checks, APPLY_SUBMODULE, change,
			      "the patch writes into a submodule");
	return true;
}

static bool check_folders(struct checks *checks, struct change *change)
{
	g_autofree char *folder = g_strdup(change->new_path);
	char *slash;

	while (folder && (slash = strrchr(folder, '/'))) {
		*slash = '\0';
		if (!check_folder(checks, change, folder))
			return false;
	}
	return true;
}

static GBytes *read_before(struct checks *checks, const struct before *before)
{
	g_autofree char *text = NULL;

	if (before->change)
		return g_bytes_ref(before->change->content);
	if (before->mode == 0)
		return g_bytes_new_static("", 0);
	if (before->mode != GIT_FILEMODE_COMMIT)
		return objects_read(checks->attempt->objects, GIT_OBJECT_BLOB,
				    &before->id, checks->error);
	text = g_strdup_printf(GITLINK_WORDS "%s\n",
			       git_oid_tostr_s(&before->id));
	return g_bytes_new(text, strlen(text));
}

/* Whether the content has the id that the index line gives in full. */
static bool has_id(GBytes *content, const char *hex)
{
	git_oid id;
	gsize len;
	const void *data = g_bytes_get_data(content, &len);

	return git_odb_hash(&id, data, len, GIT_OBJECT_BLOB) == 0 &&
	       strcmp(git_oid_tostr_s(&id), hex) == 0;
}

/* What the index line must be before anything is tried. */
static bool check_binary(struct checks *checks, struct change *change,
			 GBytes *old_content)
{
	const struct patch_file *file = change->file;

	if (strlen(file->old_id) != GIT_OID_HEXSZ ||
	    strlen(file->new_id) != GIT_OID_HEXSZ)
		return refuse(checks, APPLY_BINARY, change,
			      "a binary patch needs the full ids of the file "
			      "before and after it on its index line");
	if (change->old_path ? !has_id(old_content, file->old_id)
			     : g_bytes_get_size(old_content) > 0)
		return refuse(checks, APPLY_BINARY, change,
			      "the binary patch is for another version of the "
			      "file, %.12s",
			      file->old_id);
	return true;
}

static bool make_binary(struct checks *checks, struct change *change,
			GBytes *old_content)
{
	const struct patch_file *file = change->file;
	const char *fault = "is missing: send it with git format-patch "
			    "--binary";
	git_oid new_id;

	if (!check_binary(checks, change, old_content))
		return false;
	if (strspn(file->new_id, "0") == GIT_OID_HEXSZ) {
		change->content = g_bytes_new_static("", 0);
		return true;
	}
	if (objects_find_blob(checks->attempt->objects, file->new_id,
			      &new_id)) {
		change->content = objects_read(checks->attempt->objects,
					       GIT_OBJECT_BLOB, &new_id,
					       checks->error);
		return change->content != NULL;
	}
	if (file->forward.method != BINARY_NONE)
		change->content = binary_apply(&file->forward, old_content,
					       checks->attempt->size_limit,
					       &fault);
	if (!change->content)
		return refuse(checks, APPLY_BINARY, change,
			      "the binary data %s", fault);
	if (!has_id(change->content, file->new_id))
		return refuse(checks, APPLY_BINARY, change,
			      "the binary data does not give the file that the "
			      "index line names, %.12s",
			      file->new_id);
	return true;
}

static bool make_text(struct checks *checks, struct change *change,
		      GBytes *old_content)
{
	struct hunk_search search = {change->file, old_content,
				     checks->attempt->size_limit, false};
	g_autoptr(failure_t) failure = failure_new(
		APPLY_CONTEXT, patch_file_path(change->file), NULL);

	change->content = hunks_apply(&search, failure);
	checks->attempt->moved |= search.moved;
	if (change->content)
		return true;
	if (!checks->attempt->failure)
		checks->attempt->failure = g_steal_pointer(&failure);
	return false;
}

static bool make_content(struct checks *checks, struct change *change,
			 const struct before *before)
{
	const struct patch_file *file = change->file;
	g_autoptr(GBytes) old_content = read_before(checks, before);

	if (!old_content)
		return false;
	if (!(file->is_binary ? make_binary(checks, change, old_content)
			      : make_text(checks, change, old_content)))
		return false;
	if (change->new_path && mode_is(change->new_mode, GIT_FILEMODE_LINK) &&
	    g_bytes_get_size(change->content) == 0)
		return refuse(checks, APPLY_SYMLINK, change,
			      "a symlink that leads nowhere cannot be made");
	if (file->is_delete && g_bytes_get_size(change->content) > 0)
		return refuse(checks, APPLY_CONTEXT, change,
			      "the patch deletes a file of other content");
	return true;
}

static bool check_change(struct checks *checks, struct change *change)
{
	struct before before;

	if (!check_paths(checks, change) ||
	    !check_old(checks, change, &before) || !check_new(checks, change) ||
	    !check_paths(checks, change) || !check_folders(checks, change) ||
	    !make_content(checks, change, &before))
		return false;
	if (change->new_path)
		touched_set(checks, change->new_path, FATE_CHANGED, change);
	if (!change->new_path || change->file->is_rename)
		touched_set(checks, change->old_path, FATE_GONE, NULL);
	return true;
}

/* Paths that go and symlinks that come, known before the first check. */
static void look_ahead(struct checks *checks)
{
	for (guint i = 0; i < checks->patch->files->len; i++) {
		const struct patch_file *file = checks->patch->files->pdata[i];

		if (file->old_path &&
		    mode_is(file->old_mode, GIT_FILEMODE_LINK) &&
		    (file->is_rename || file->is_delete))
			g_hash_table_add(checks->links_gone, file->old_path);
		if (file->new_path &&
		    mode_is(file->new_mode, GIT_FILEMODE_LINK))
			g_hash_table_add(checks->links_made, file->new_path);
		if (!file->new_path || file->is_rename)
			touched_set(checks, file->old_path, FATE_GOES, NULL);
	}
}

/*
 * Damaged data is told before all else: it is no matter of the base, and what
 * stands behind it in the mail may be damaged too.
 */
static bool check_data(struct checks *checks)
{
	gsize limit = checks->attempt->size_limit;

	for (guint i = 0; i < checks->patch->files->len; i++) {
		const struct patch_file *file = checks->patch->files->pdata[i];
		const struct change change = {.file = file};

		if (!binary_is_sound(&file->forward, limit) ||
		    !binary_is_sound(&file->reverse, limit))
			return refuse(checks, APPLY_BINARY, &change,
				      "the binary data is damaged or too "
				      "large");
	}
	return true;
}

static bool check_all(struct checks *checks)
{
	if (!check_data(checks))
		return false;
	look_ahead(checks);
	for (guint i = 0; i < checks->patch->files->len; i++) {
		const struct patch_file *file = checks->patch->files->pdata[i];
		struct change *change = g_new0(struct change, 1);

		change->file = file;
		change->old_path = file->old_path;
		change->new_path = file->new_path;
		change->old_mode = file->old_mode;
		change->new_mode = file->new_mode;
		change->is_new = file->is_new;
		g_ptr_array_add(checks->changes, change);
		if (!check_change(checks, change))
			return false;
	}
	return true;
}

/* A conflict with what else is there is the patch's fault; the rest is ours. */
static bool set_entry(struct checks *checks, const struct change *change,
		      const char *path, const struct dirs_entry *entry)
{
	g_autoptr(GError) cause = NULL;

	if (dirs_set(checks->attempt->dirs, path, entry, &cause))
		return true;
	if (g_error_matches(cause, REROLL_ERROR, REROLL_ERROR_CONFLICT))
		return refuse(checks, APPLY_EXISTS, change, "%s",
			      cause->message);
	g_propagate_error(checks->error, g_steal_pointer(&cause));
	return false;
}

static bool remove_old(struct checks *checks)
{
	static const struct dirs_entry nothing;
	struct dirs_entry entry;

	for (guint i = 0; i < checks->changes->len; i++) {
		const struct change *change = checks->changes->pdata[i];

		if (!change->old_path || change->file->is_copy)
			continue;
		if (!dirs_find(checks->attempt->dirs, change->old_path, &entry,
			       checks->error))
			return false;
		if (entry.mode != 0 && entry.mode != GIT_FILEMODE_TREE &&
		    !set_entry(checks, change, change->old_path, &nothing))
			return false;
	}
	return true;
}

/* The id of a submodule's commit, out of its line of text. */
static bool read_gitlink(struct checks *checks, const struct change *change,
			 git_oid *id)
{
	gsize len, words = strlen(GITLINK_WORDS);
	const char *text = tree_bytes(change->content, &len);

	if (len >= words + GIT_OID_HEXSZ &&
	    memcmp(text, GITLINK_WORDS, words) == 0 &&
	    git_oid_fromstrn(id, text + words, GIT_OID_HEXSZ) == 0)
		return true;
	return refuse(checks, APPLY_SUBMODULE, change,
		      "the patch does not name the submodule's commit");
}

static bool write_new(struct checks *checks)
{
	for (guint i = 0; i < checks->changes->len; i++) {
		const struct change *change = checks->changes->pdata[i];
		struct dirs_entry entry = {.mode = change->new_mode};

		if (!change->new_path)
			continue;
		if (mode_is(entry.mode, GIT_FILEMODE_BLOB))
			entry.mode = entry.mode & 0100
					     ? GIT_FILEMODE_BLOB_EXECUTABLE
					     : GIT_FILEMODE_BLOB;
		else
			entry.mode &= MODE_TYPE;
		if (entry.mode == GIT_FILEMODE_COMMIT
			    ? !read_gitlink(checks, change, &entry.id)
			    : !objects_add(checks->attempt->objects,
					   GIT_OBJECT_BLOB, change->content,
					   &entry.id, checks->error))
			return false;
		if (!set_entry(checks, change, change->new_path, &entry))
			return false;
	}
	return true;
}

bool attempt_apply(struct attempt *attempt, const struct patch *patch,
		   GError **error)
{
	g_autoptr(GPtrArray)
		changes = g_ptr_array_new_with_free_func(change_free);
	g_autoptr(GHashTable) touched = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GHashTable) gone = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) made = g_hash_table_new(g_str_hash, g_str_equal);
	struct checks checks = {attempt, patch, changes, touched,
				gone,	 made,	error};

	attempt->moved = false;
	return (check_all(&checks) && remove_old(&checks) &&
		write_new(&checks)) ||
	       attempt->failure != NULL;
}
