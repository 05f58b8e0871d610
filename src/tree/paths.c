/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths that nobody may write, on whatever file system the tree is checked out
 * later: those that leave it, and every name some file system takes for ".git".
 * HFS+ leaves zero-width characters out of a name and ignores case; NTFS drops
 * blanks and dots at the end, cuts at a colon, takes a backslash for a slash
 * and knows ".git" as "git~1" too.
 */
#include <config.h>
#include <git2/sys/path.h>
#include <string.h>

#include "tree/tree-internal.h"

/* The name without the characters that HFS+ passes over. */
static char *hfs_fold(const char *name, gsize len)
{
	GString *folded = g_string_new(NULL);

	for (gsize i = 0; i < len;) {
		gunichar c = g_utf8_get_char_validated(name + i,
						       (gssize)(len - i));
		bool valid = c < 0x110000;

		if (!valid || !((c >= 0x200c && c <= 0x200f) ||
				(c >= 0x202a && c <= 0x202e) ||
				(c >= 0x206a && c <= 0x206f) || c == 0xfeff))
			g_string_append_c(folded, name[i]);
		else
			i += 2;
		i++;
	}
	return g_string_free(folded, FALSE);
}

static bool is_git_of_hfs(const char *name, gsize len)
{
	g_autofree char *folded = hfs_fold(name, len);

	return g_ascii_strcasecmp(folded, ".git") == 0;
}

static bool is_git_of_ntfs(const char *name, gsize len)
{
	static const char *const names[] = {".git", "git~1"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize at = strlen(names[i]);

		if (len < at || g_ascii_strncasecmp(name, names[i], at) != 0)
			continue;
		while (at < len && (name[at] == ' ' || name[at] == '.'))
			at++;
		if (at == len || name[at] == ':')
			return true;
	}
	return false;
}

/* A name between backslashes may be a file of its own somewhere. */
static bool is_git(const char *name, gsize len)
{
	const char *end = name + len;

	if (is_git_of_hfs(name, len))
		return true;
	while (name <= end) {
		const char *stop = memchr(name, '\\', end - name);
		gsize part = stop ? (gsize)(stop - name) : (gsize)(end - name);

		if (is_git_of_ntfs(name, part))
			return true;
		name += part + 1;
	}
	return false;
}

static bool is_gitmodules(const char *name, gsize len)
{
	return git_path_is_gitfile(name, len, GIT_PATH_GITFILE_GITMODULES,
				   GIT_PATH_FS_GENERIC) == 1;
}

static const char *name_fault(const char *name, gsize len, guint32 mode)
{
	if (len == 0)
		return "has an empty name in it or starts with a slash";
	if (len > TREE_NAME_BYTES)
		return "has too long a name in it";
	if ((len == 1 && name[0] == '.') ||
	    (len == 2 && name[0] == '.' && name[1] == '.'))
		return "has \".\" or \"..\" in it";
	if (is_git(name, len))
		return "leads into the repository itself";
	if (mode == GIT_FILEMODE_LINK && is_gitmodules(name, len))
		return "may not be a symlink";
	return NULL;
}

const char *path_fault(const char *path, guint32 mode)
{
	guint depth = 0;

	if (strlen(path) > TREE_PATH_BYTES)
		return "is too long";
	for (const char *name = path;; depth++) {
		const char *slash = strchrnul(name, '/');
		const char *fault = name_fault(name, slash - name, mode);

		if (fault)
			return fault;
		if (depth >= TREE_DEPTH_MOST)
			return "has too many folders";
		if (*slash == '\0')
			return NULL;
		name = slash + 1;
	}
}

bool path_is_git(const char *path)
{
	for (const char *name = path;; name++) {
		gsize len = strcspn(name, "/\\");

		if (is_git(name, len) || is_gitmodules(name, len))
			return true;
		name += len;
		if (*name == '\0')
			return false;
	}
}
