/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Toolchains as builds see them: which this machine and its site know, whether
 * each works, and what tells one state of a toolchain from another.
 *
 * Shape of an id: "arm64/gcc-12", arch and name.
 * Ownership: everything returned is the caller's; arches are static.
 * Errors: CONFIG for a tool that is not installed or does not work: says which,
 * and the cure where there is one. TEMP for trouble with files and processes.
 */
#ifndef BUILD_TOOLCHAIN_H
#define BUILD_TOOLCHAIN_H

#include <gio/gio.h>

#include "build/plan.h"

enum toolchain_state { TOOLCHAIN_WORKS, TOOLCHAIN_MISSING, TOOLCHAIN_BROKEN };

/* One toolchain for one arch. */
struct toolchain_info {
	char *id, *name;
	const struct arch *arch;
	enum toolchain_kind kind;
	const struct toolchain *row; /* of the site; NULL: a known compiler */
	struct build_spec *spec;     /* NULL when it cannot be planned */
	enum toolchain_state state;
	char *version; /* "12.2.0"; NULL: not known */
	char *why;     /* it does not work; NULL when it does */
	char *cure;    /* a command; NULL: there is none */
};

void toolchain_info_free(struct toolchain_info *info);

/*
 * Every toolchain, of struct toolchain_info, by arch; the compilers with a
 * version in their name are those that are installed. `site` may be NULL; it
 * must outlive the list. Blocks: each compiler tells its version.
 */
GPtrArray *toolchains_list(const struct site *site);

/* Only those of the site file. */
GPtrArray *toolchains_of_site(const struct site *site);

/*
 * Compile and link a freestanding object in the sandbox, and see that it is one
 * of the arch; where its programs run here, also run one. Blocks.
 */
bool toolchain_prove(const struct toolchain_info *info,
		     GCancellable *cancellable, GError **error);

/*
 * What the compiler, linker and binutils of a build are, and how they are
 * called: in hexadecimal. Looks at names, sizes and times alone, and starts
 * nothing: about a millisecond.
 */
char *toolchain_digest(const struct build_spec *spec, GError **error);

/*
 * The command that makes the chroot of this row, of char *, NULL-terminated,
 * at *path; NULL when staff look after it.
 */
GPtrArray *toolchain_chroot_command(const struct site *site,
				    const struct toolchain *row, char **path);

#endif
