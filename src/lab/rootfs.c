/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where roots are: DIGEST.cpio, and a link from the arch's name to the one that
 * was made last. Both are put there by a rename, so who looks sees a whole one
 * or none, and of two who make the same, either is right.
 */
#include "lab/rootfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build.h"
#include "lab/rootfs-internal.h"

#define OWN_BUSYBOX "/bin/busybox"

static const struct arch *need_arch(const char *name, GError **error)
{
	const struct arch *arch = arch_find(name);
	g_autofree char *quoted = text_quote(name, -1);

	if (!arch)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "nobody knows the architecture %s", quoted);
	return arch;
}

static bool set_unwritable(GError **error, const char *path)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the root %s cannot be written: %s", path,
		    g_strerror(errno));
	return false;
}

/* This machine's own, when that is the arch and it is a static one. */
static GBytes *read_own(const struct arch *arch)
{
	g_autoptr(GBytes) program = NULL;
	char *text;
	gsize len;

	if (arch != arch_of_machine() ||
	    !g_file_get_contents(OWN_BUSYBOX, &text, &len, NULL))
		return NULL;
	program = g_bytes_new_take(text, len);
	return busybox_is_static(program, arch) ? g_steal_pointer(&program)
						: NULL;
}

/* Under a name that no other thread or process has, then renamed. */
static bool link_arch(const char *folder, const char *arch, const char *name,
		      GError **error)
{
	static gint count;
	g_autofree char *path = g_build_filename(folder, arch, NULL);
	g_autofree char *fresh = g_strdup_printf("%s.%d-%d", path, getpid(),
						 g_atomic_int_add(&count, 1));

	unlink(fresh);
	if (symlink(name, fresh) == 0 && rename(fresh, path) == 0)
		return true;
	set_unwritable(error, path);
	unlink(fresh);
	return false;
}

/* The path of the archive made of the program, which is there afterwards. */
static char *keep(const char *folder, const struct arch *arch, GBytes *program,
		  GError **error)
{
	g_autoptr(GBytes) cpio = rootfs_cpio(program, error);
	g_autofree char *digest = NULL, *name = NULL, *path = NULL;
	gsize len;
	const char *data;

	if (!cpio)
		return NULL;
	data = g_bytes_get_data(cpio, &len);
	digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, cpio);
	name = g_strconcat(digest, ".cpio", NULL);
	path = g_build_filename(folder, name, NULL);
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
	    (g_mkdir_with_parents(folder, 0755) < 0 ||
	     !g_file_set_contents_full(path, data, (gssize)len,
				       G_FILE_SET_CONTENTS_CONSISTENT, 0644,
				       NULL))) {
		set_unwritable(error, path);
		return NULL;
	}
	if (!link_arch(folder, arch->name, name, error))
		return NULL;
	return g_steal_pointer(&path);
}

/* What the arch's link leads to; NULL: nothing. */
static char *find_kept(const char *folder, const struct arch *arch)
{
	g_autofree char *path = g_build_filename(folder, arch->name, NULL);
	g_autofree char *name = g_file_read_link(path, NULL);
	g_autofree char *kept = name ? g_build_filename(folder, name, NULL)
				     : NULL;

	return kept && g_file_test(kept, G_FILE_TEST_IS_REGULAR)
		       ? g_steal_pointer(&kept)
		       : NULL;
}

char *rootfs_builtin(const struct site *site, const char *name, GError **error)
{
	const struct arch *arch = need_arch(name, error);
	g_autofree char *folder = place_find(site, "rootfs");
	char *kept = arch ? find_kept(folder, arch) : NULL;
	g_autoptr(GBytes) own = NULL;

	if (!arch || kept)
		return kept;
	own = read_own(arch);
	if (own)
		return keep(folder, arch, own, error);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the built-in root for %s was not made yet: reroll rootfs "
		    "--make %s",
		    arch->name, arch->name);
	return NULL;
}

static GBytes *fetch(const struct arch *arch, rootfs_say say, gpointer data,
		     GError **error)
{
	g_autoptr(GBytes) program = NULL;

	if (!arch->debian) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "there is no built-in root for %s: Debian has no "
			    "port to it",
			    arch->name);
		return NULL;
	}
	program = rootfs_fetch(arch, say, data, error);
	if (!program || busybox_is_static(program, arch))
		return g_steal_pointer(&program);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the busybox of the package is no static program for %s",
		    arch->name);
	return NULL;
}

bool rootfs_make(const struct site *site, const char *name, rootfs_say say,
		 gpointer data, GError **error)
{
	const struct arch *arch = need_arch(name, error);
	g_autofree char *folder = place_find(site, "rootfs");
	g_autoptr(GBytes) program = arch ? read_own(arch) : NULL;
	g_autofree char *path = NULL;

	if (!arch)
		return false;
	if (!program)
		program = fetch(arch, say, data, error);
	if (program)
		path = keep(folder, arch, program, error);
	return path;
}
