/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `all` makes vmlinux, the boot image and, where the configuration has them,
 * modules and device trees; naming `modules` would fail without CONFIG_MODULES.
 */
#include "config/arch.h"

#include <string.h>
#include <sys/utsname.h>

#define BZIMAGE "arch/x86/boot/bzImage"

const struct arch arches[] = {
	/* clang-format off */
	{"x86_64", {"amd64", "x86", "x86-64"}, "x86_64",
	 "x86_64_defconfig", "x86_64-linux-gnu", BZIMAGE, "all"},
	{"i386", {"i486", "i586", "i686"}, "i386",
	 "i386_defconfig", "i686-linux-gnu", BZIMAGE, "all"},
	{"arm64", {"aarch64"}, "arm64",
	 "defconfig", "aarch64-linux-gnu", "arch/arm64/boot/Image", "all"},
	{"arm", {"armhf", "armv7", "armv7l"}, "arm",
	 "multi_v7_defconfig", "arm-linux-gnueabihf", "arch/arm/boot/zImage",
	 "all"},
	{"riscv", {"riscv64"}, "riscv",
	 "defconfig", "riscv64-linux-gnu", "arch/riscv/boot/Image", "all"},
	{"riscv32", {NULL}, "riscv",
	 "rv32_defconfig", "riscv64-linux-gnu", "arch/riscv/boot/Image", "all"},
	{"powerpc64le", {"ppc64le", "ppc64el"}, "powerpc",
	 "ppc64le_defconfig", "powerpc64le-linux-gnu", "vmlinux", "all"},
	{"powerpc64", {"ppc64"}, "powerpc",
	 "ppc64_defconfig", "powerpc64-linux-gnu", "vmlinux", "all"},
	{"powerpc", {"ppc", "powerpc32"}, "powerpc",
	 "pmac32_defconfig", "powerpc-linux-gnu", "vmlinux", "all"},
	{"s390x", {"s390"}, "s390",
	 "defconfig", "s390x-linux-gnu", "arch/s390/boot/bzImage", "all"},
	{"mips", {"mips32"}, "mips",
	 "32r2_defconfig", "mips-linux-gnu", "vmlinux", "all"},
	{"mipsel", {NULL}, "mips",
	 "32r2el_defconfig", "mipsel-linux-gnu", "vmlinux", "all"},
	{"mips64", {NULL}, "mips",
	 "64r2_defconfig", "mips64-linux-gnuabi64", "vmlinux", "all"},
	{"mips64el", {"mips64le"}, "mips",
	 "64r2el_defconfig", "mips64el-linux-gnuabi64", "vmlinux", "all"},
	{"sparc64", {NULL}, "sparc64",
	 "sparc64_defconfig", "sparc64-linux-gnu", "arch/sparc/boot/image",
	 "all"},
	{"sparc", {"sparc32"}, "sparc32",
	 "sparc32_defconfig", "sparc64-linux-gnu", "arch/sparc/boot/image",
	 "all"},
	{"m68k", {NULL}, "m68k",
	 "multi_defconfig", "m68k-linux-gnu", "vmlinux", "all"},
	{"parisc", {"hppa"}, "parisc",
	 "generic-32bit_defconfig", "hppa-linux-gnu", "vmlinux", "all"},
	{"parisc64", {"hppa64"}, "parisc64",
	 "generic-64bit_defconfig", "hppa64-linux-gnu", "vmlinux", "all"},
	{"alpha", {NULL}, "alpha",
	 "defconfig", "alpha-linux-gnu", "vmlinux", "all"},
	{"sh", {"sh4"}, "sh",
	 "rts7751r2dplus_defconfig", "sh4-linux-gnu", "arch/sh/boot/zImage",
	 "all"},
	{"ia64", {NULL}, "ia64",
	 "generic_defconfig", "ia64-linux-gnu", "vmlinux", "all"},
	{"loongarch", {"loongarch64"}, "loongarch",
	 "loongson3_defconfig", "loongarch64-linux-gnu", "vmlinux", "all"},
	{"arc", {NULL}, "arc",
	 "haps_hs_defconfig", "arc-linux", "vmlinux", "all"},
	{"csky", {NULL}, "csky",
	 "defconfig", "csky-linux", "vmlinux", "all"},
	{"microblaze", {NULL}, "microblaze",
	 "mmu_defconfig", "microblaze-linux", "vmlinux", "all"},
	{"nios2", {NULL}, "nios2",
	 "10m50_defconfig", "nios2-linux", "vmlinux", "all"},
	{"openrisc", {"or1k"}, "openrisc",
	 "or1ksim_defconfig", "or1k-linux", "vmlinux", "all"},
	{"xtensa", {NULL}, "xtensa",
	 "iss_defconfig", "xtensa-linux", "vmlinux", "all"},
	{"um", {"uml"}, "um",
	 "defconfig", NULL, "linux", "all"},
	{NULL},
	/* clang-format on */
};

const struct arch *arch_find(const char *name)
{
	for (const struct arch *arch = arches; arch->name; arch++) {
		if (strcmp(arch->name, name) == 0 ||
		    g_strv_contains(arch->aliases, name))
			return arch;
	}
	return NULL;
}

const struct arch *arch_of_machine(void)
{
	struct utsname machine;

	return uname(&machine) == 0 ? arch_find(machine.machine) : NULL;
}

const char *const *arch_names(void)
{
	static const char *names[G_N_ELEMENTS(arches) * 4];
	static gsize made;

	if (g_once_init_enter(&made)) {
		gsize n = 0;

		for (const struct arch *arch = arches; arch->name; arch++) {
			names[n++] = arch->name;
			for (gsize i = 0; arch->aliases[i]; i++)
				names[n++] = arch->aliases[i];
		}
		g_once_init_leave(&made, 1);
	}
	return names;
}
