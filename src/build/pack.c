// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Folders of a build into one file. tar is told what to write of owners and
 * times; mke2fs is not asked, so debugfs sets them inode by inode afterwards.
 * The file system's features are named here, so that no mke2fs.conf decides.
 */
#include <config.h>

#include "base/base.h"
#include "build/build-internal.h"

#define IMAGE_UUID "7265726f-6c6c-4000-8000-000000000000"

static bool run_script(struct build_run *run, const char *script,
		       const char *dir, const char *name, GError **error)
{
	const char *const argv[] = {"sh", "-e", "-c", script,
				    "sh", dir,	name, NULL};

	return build_run_step(run, argv, SANDBOX_OUT, error);
}

/* The links to the sources and the output lead nowhere elsewhere. */
#define DROP_LINKS \
	"rm -f \"$1\"/lib/modules/*/build \"$1\"/lib/modules/*/source\n"

bool image_pack_tar(struct build_run *run, const char *dir, const char *name,
		    GError **error)
{
	static const char script[] = DROP_LINKS
		"tar --sort=name --owner=0 --group=0 --numeric-owner "
		"--mtime=@0 -cf \"$2\" -C \"$1\" .\n";

	return run_script(run, script, dir, name, error);
}

/*
 * The size in blocks of 4 KiB: files with their indirect blocks, folders by the
 * length of their entries, inodes, and what the file system itself takes. It
 * must not depend on what folders take up here.
 */
bool image_pack_ext2(struct build_run *run, const char *dir, const char *name,
		     GError **error)
{
	static const char script[] = DROP_LINKS
		"set -- \"$1\" \"$2\" $(find \"$1\" -printf '%y %s %f\\n' |\n"
		"	awk '{ n++; names += length($0) + 24 }\n"
		"	$1 == \"d\" { dirs++ }\n"
		"	$1 != \"d\" { b = int(($2 + 4095) / 4096)\n"
		"		blocks += b + (b > 12 ? int(b / 512) + 3 : 0) "
		"}\n"
		"	END { blocks += dirs + int(names / 2048) + n / 32 + "
		"64\n"
		"		print int(blocks * 1.02), n + 16 }')\n"
		"export E2FSPROGS_FAKE_TIME=1\n"
		"rm -f \"$2\"\n"
		"mke2fs -q -t ext2 -O none,filetype,sparse_super,large_file "
		"-b 4096 -I 128 -m 0 -N \"$4\" -U " IMAGE_UUID " "
		"-E hash_seed=" IMAGE_UUID ",root_owner=0:0,no_copy_xattrs "
		"-d \"$1\" \"$2\" \"$3\" >/dev/null\n"
		"awk -v n=\"$4\" 'BEGIN {\n"
		"	k = split(\"uid gid atime ctime mtime\", field)\n"
		"	for (i = 2; i <= n; i++) for (j = 1; j <= k; j++)\n"
		"		print \"sif <\" i \"> \" field[j], "
		"(j > 2 ? \"@0\" : 0) }' |\n"
		"debugfs -w -f - \"$2\" >/dev/null\n";

	return run_script(run, script, dir, name, error);
}
