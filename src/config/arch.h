/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's architectures: one row each, found by the kernel's name or by
 * what staff write for it. The plan makes builds of it, the schema checks
 * names.
 */
#ifndef CONFIG_ARCH_H
#define CONFIG_ARCH_H

#include <glib.h>
#include <stdbool.h>

struct arch {
	const char *name; /* "powerpc64le": one name for one kind of build */
	const char *aliases[4]; /* "ppc64le", ...; ended by NULL */
	const char *make_arch;	/* ARCH= of kbuild */
	const char *defconfig;	/* a target of make */
	const char *triplet;	/* of the cross compiler, without the last dash:
				 * Debian's where it has one, else that of
				 * kernel.org's; NULL: the machine's own */
	const char *image;	/* what `targets` leave, below the output */
	const char *targets;	/* of make, parted by blanks */
	const char *crosstool;	/* first word of kernel.org's triplet */
	const char *debian;	/* the port; NULL: there is none */
	const char *qemu;   /* qemu-NAME-static runs its programs; or NULL */
	const char *llvm;   /* clang --target=; NULL: no kernel is built by
			     * LLVM=1 */
	const char *cflags; /* that tell a compiler for several apart */
	struct {
		guint16 machine; /* EM_NONE: the machine's own */
		guint8 bits;
		bool big; /* endian */
	} elf;		  /* what its objects are */
};

/* The table, ended by a row without a name. */
extern const struct arch arches[];

/* By name or alias; NULL when there is none. */
const struct arch *arch_find(const char *name);

/* The architecture of this machine; NULL when the table lacks it. */
const struct arch *arch_of_machine(void);

/* Every name and alias, ended by NULL; static. */
const char *const *arch_names(void);

#endif
