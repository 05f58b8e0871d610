// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A root folder of the target's own system, in the place of the machine's. Its
 * programs are run by the emulator that qemu-user-static brings, in the words
 * of that package's own line for binfmt_misc.
 *
 * One that a suite is given for is unpacked from Debian's packages once. Their
 * scripts do not run, so that neither root nor an emulator is needed for it; a
 * compiler wants nothing of them but two links.
 */
#include <string.h>
#include <unistd.h>

#include "build/place.h"
#include "build/toolchain-internal.h"

#define EMULATOR_DIR "/usr/lib/binfmt.d"
#define EMULATOR_PACKAGE "qemu-user-static"

/* The system's folders are in /usr, before the first package is there. */
#define MERGE_USR                                      \
	"mkdir \"$1/usr\"; for d in bin sbin lib; do " \
	"mkdir \"$1/usr/$d\" && ln -s usr/$d \"$1/$d\" || exit; done"

/* What a kernel is built with; prlimit is of util-linux. */
#define PACKAGES                                                       \
	"gcc,make,libc6-dev,bc,flex,bison,perl,dash,bash,coreutils,"   \
	"sed,grep,mawk,findutils,diffutils,tar,gzip,xz-utils,pkgconf," \
	"libelf-dev,libssl-dev,kmod,e2fsprogs,cpio,openssl,util-linux"

static char *recipe_packages(const struct toolchain *row)
{
	g_autoptr(GString) list = g_string_new(PACKAGES);

	for (guint i = 0; row->packages && i < row->packages->len; i++)
		g_string_append_printf(list, ",%s",
				       (const char *)row->packages->pdata[i]);
	return g_string_free(g_steal_pointer(&list), FALSE);
}

/* "gentoo-1f0c2a3b4d5e6f70": another recipe is another folder. */
static char *recipe_name(const struct toolchain *row)
{
	g_autofree char *packages = recipe_packages(row);
	g_autofree char *text = g_strjoin("\n", row->arch, row->suite,
					  row->mirror ? row->mirror : "",
					  packages, NULL);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
							     text, -1);

	return g_strdup_printf("%s-%.16s", row->name, sum);
}

/* One that was made is used whoever may write there. */
char *toolchain_chroot_path(const struct site *site,
			    const struct toolchain *row)
{
	g_autofree char *name = NULL, *path = NULL, *folder = NULL;

	if (row->root)
		return g_strdup(row->root);
	name = recipe_name(row);
	path = g_build_filename(site->state, "chroots", name, NULL);
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&path);
	folder = place_find(site, "chroots");
	return g_build_filename(folder, name, NULL);
}

static void add(GPtrArray *argv, const char *word)
{
	g_ptr_array_add(argv, g_strdup(word));
}

GPtrArray *toolchain_chroot_command(const struct site *site,
				    const struct toolchain *row, char **path)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	const struct arch *arch = arch_find(row->arch);
	g_autofree char *packages = recipe_packages(row);

	*path = NULL;
	if (row->root || !row->suite || !arch->debian) {
		g_ptr_array_unref(argv);
		return NULL;
	}
	*path = toolchain_chroot_path(site, row);
	add(argv, "mmdebstrap");
	add(argv, "--quiet");
	add(argv, "--variant=extract");
	if (geteuid() != 0)
		add(argv, "--mode=chrootless");
	add(argv, "--setup-hook=" MERGE_USR);
	add(argv, "--customize-hook=ln -sf mawk \"$1/usr/bin/awk\"");
	add(argv, "--customize-hook=ln -sf gcc \"$1/usr/bin/cc\"");
	g_ptr_array_add(argv,
			g_strconcat("--architectures=", arch->debian, NULL));
	g_ptr_array_add(argv, g_strconcat("--include=", packages, NULL));
	add(argv, row->suite);
	g_ptr_array_add(argv, g_strconcat(*path, ".new", NULL));
	if (row->mirror)
		add(argv, row->mirror);
	g_ptr_array_add(argv, NULL);
	return argv;
}

/*
 * Whether the machine itself has registered the emulator, open for good (F), so
 * that its file need not be in the root. Kernels before 6.7 know no other way.
 */
static bool is_registered(const struct arch *arch)
{
	g_autofree char *path = g_strdup_printf(
		"/proc/sys/fs/binfmt_misc/qemu-%s", arch->qemu);
	g_autofree char *text = NULL;
	const char *flags;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    !g_str_has_prefix(text, "enabled"))
		return false;
	flags = strstr(text, "\nflags: ");
	return flags && memchr(flags + 8, 'F', strcspn(flags + 8, "\n"));
}

void toolchain_use_chroot(struct build_spec *spec, const struct site *site,
			  const struct arch *arch, const struct toolchain *row)
{
	g_autofree char *name = NULL, *line = NULL;

	spec->root = toolchain_chroot_path(site, row);
	spec->compiler = g_strdup("gcc");
	build_spec_add_tool(spec, g_strdup("gcc"), "gcc");
	if (spec->recipe == RECIPE_SCRIPT)
		g_ptr_array_add(spec->make_args, g_strdup("CC=gcc"));
	if (toolchain_runs_here(arch) || is_registered(arch))
		return;
	name = g_strdup_printf(EMULATOR_DIR "/qemu-%s.conf", arch->qemu);
	if (g_file_get_contents(name, &line, NULL, NULL))
		spec->emulator = g_strstrip(g_steal_pointer(&line));
	build_spec_add_tool(spec, g_steal_pointer(&name), EMULATOR_PACKAGE);
}
