/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about toolchains share. */
#ifndef BUILD_TOOLCHAIN_INTERNAL_H
#define BUILD_TOOLCHAIN_INTERNAL_H

#include "build/build-internal.h"
#include "build/toolchain.h"

/*
 * The file that `program` is on the PATH of a build, every link followed as
 * inside of `root` (NULL: the machine's). What begins with a slash is one of
 * the machine. NULL when there is none.
 */
char *toolchain_find_program(const char *root, const char *program);

/*
 * "/opt/x/aarch64-linux/bin/aarch64-linux-" for a folder of cross compilers:
 * the newest of those for the arch whose folder has the version (NULL: any).
 */
char *toolchain_find_prefix(const char *folder, const struct arch *arch,
			    const char *version);

/* Whether the compilers of this machine make code for the arch. */
bool toolchain_is_native(const struct arch *arch);

/* Whether this machine runs programs of the arch without an emulator. */
bool toolchain_runs_here(const struct arch *arch);

/* Where the chroot of a row is, or would be. */
char *toolchain_chroot_path(const struct site *site,
			    const struct toolchain *row);

/*
 * Make it the system of a build. The emulator's file is one of its tools where
 * it needs one.
 */
void toolchain_use_chroot(struct build_spec *spec, const struct site *site,
			  const struct arch *arch, const struct toolchain *row);

void build_spec_add_tool(struct build_spec *spec, char *program,
			 const char *package);

#endif
