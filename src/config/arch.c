/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `all` makes vmlinux, the boot image and, where the configuration has them,
 * modules and device trees; naming `modules` would fail without CONFIG_MODULES.
 */
#include "config/arch.h"

#include <elf.h>
#include <string.h>
#include <sys/utsname.h>

#define ARC_V2 195 /* not in every elf.h */
#define BZIMAGE "arch/x86/boot/bzImage"

const struct arch arches[] = {
	/* clang-format off */
	{"x86_64", {"amd64", "x86", "x86-64"}, "x86_64",
	 "x86_64_defconfig", "x86_64-linux-gnu", BZIMAGE, "all",
	 "x86_64", "amd64", "x86_64", "x86_64-linux-gnu", "",
	 {EM_X86_64, 64, false}},
	{"i386", {"i486", "i586", "i686"}, "i386",
	 "i386_defconfig", "i686-linux-gnu", BZIMAGE, "all",
	 "i386", "i386", "i386", "i686-linux-gnu", "-m32",
	 {EM_386, 32, false}},
	{"arm64", {"aarch64"}, "arm64",
	 "defconfig", "aarch64-linux-gnu", "arch/arm64/boot/Image", "all",
	 "aarch64", "arm64", "aarch64", "aarch64-linux-gnu", "",
	 {EM_AARCH64, 64, false}},
	{"arm", {"armhf", "armv7", "armv7l"}, "arm",
	 "multi_v7_defconfig", "arm-linux-gnueabihf", "arch/arm/boot/zImage",
	 "all",
	 "arm", "armhf", "arm", "arm-linux-gnueabihf", "",
	 {EM_ARM, 32, false}},
	{"riscv", {"riscv64"}, "riscv",
	 "defconfig", "riscv64-linux-gnu", "arch/riscv/boot/Image", "all",
	 "riscv64", "riscv64", "riscv64", "riscv64-linux-gnu", "",
	 {EM_RISCV, 64, false}},
	{"riscv32", {NULL}, "riscv",
	 "rv32_defconfig", "riscv64-linux-gnu", "arch/riscv/boot/Image", "all",
	 "riscv32", NULL, "riscv32", "riscv32-linux-gnu",
	 "-march=rv32imac -mabi=ilp32",
	 {EM_RISCV, 32, false}},
	{"powerpc64le", {"ppc64le", "ppc64el"}, "powerpc",
	 "ppc64le_defconfig", "powerpc64le-linux-gnu", "vmlinux", "all",
	 "powerpc64", "ppc64el", "ppc64le", "powerpc64le-linux-gnu",
	 "-mlittle-endian",
	 {EM_PPC64, 64, false}},
	{"powerpc64", {"ppc64"}, "powerpc",
	 "ppc64_defconfig", "powerpc64-linux-gnu", "vmlinux", "all",
	 "powerpc64", "ppc64", "ppc64", "powerpc64-linux-gnu",
	 "-mbig-endian",
	 {EM_PPC64, 64, true}},
	{"powerpc", {"ppc", "powerpc32"}, "powerpc",
	 "pmac32_defconfig", "powerpc-linux-gnu", "vmlinux", "all",
	 "powerpc", "powerpc", "ppc", "powerpc-linux-gnu", "-m32",
	 {EM_PPC, 32, true}},
	{"s390x", {"s390"}, "s390",
	 "defconfig", "s390x-linux-gnu", "arch/s390/boot/bzImage", "all",
	 "s390", "s390x", "s390x", NULL, "",
	 {EM_S390, 64, true}},
	{"mips", {"mips32"}, "mips",
	 "32r2_defconfig", "mips-linux-gnu", "vmlinux", "all",
	 "mips", "mips", "mips", "mips-linux-gnu", "-EB",
	 {EM_MIPS, 32, true}},
	{"mipsel", {NULL}, "mips",
	 "32r2el_defconfig", "mipsel-linux-gnu", "vmlinux", "all",
	 "mips", "mipsel", "mipsel", "mipsel-linux-gnu", "-EL",
	 {EM_MIPS, 32, false}},
	{"mips64", {NULL}, "mips",
	 "64r2_defconfig", "mips64-linux-gnuabi64", "vmlinux", "all",
	 "mips64", "mips64", "mips64", "mips64-linux-gnuabi64",
	 "-EB -mabi=64",
	 {EM_MIPS, 64, true}},
	{"mips64el", {"mips64le"}, "mips",
	 "64r2el_defconfig", "mips64el-linux-gnuabi64", "vmlinux", "all",
	 "mips64", "mips64el", "mips64el", "mips64el-linux-gnuabi64",
	 "-EL -mabi=64",
	 {EM_MIPS, 64, false}},
	{"sparc64", {NULL}, "sparc64",
	 "sparc64_defconfig", "sparc64-linux-gnu", "arch/sparc/boot/image",
	 "all",
	 "sparc64", "sparc64", "sparc64", NULL, "",
	 {EM_SPARCV9, 64, true}},
	{"sparc", {"sparc32"}, "sparc32",
	 "sparc32_defconfig", "sparc64-linux-gnu", "arch/sparc/boot/image",
	 "all",
	 "sparc", NULL, "sparc", NULL, "-m32 -mcpu=v8",
	 {EM_SPARC, 32, true}},
	{"m68k", {NULL}, "m68k",
	 "multi_defconfig", "m68k-linux-gnu", "vmlinux", "all",
	 "m68k", "m68k", "m68k", NULL, "",
	 {EM_68K, 32, true}},
	{"parisc", {"hppa"}, "parisc",
	 "generic-32bit_defconfig", "hppa-linux-gnu", "vmlinux", "all",
	 "hppa", "hppa", "hppa", NULL, "",
	 {EM_PARISC, 32, true}},
	{"parisc64", {"hppa64"}, "parisc64",
	 "generic-64bit_defconfig", "hppa64-linux-gnu", "vmlinux", "all",
	 "hppa64", NULL, NULL, NULL, "",
	 {EM_PARISC, 64, true}},
	{"alpha", {NULL}, "alpha",
	 "defconfig", "alpha-linux-gnu", "vmlinux", "all",
	 "alpha", "alpha", "alpha", NULL, "",
	 {EM_ALPHA, 64, false}},
	{"sh", {"sh4"}, "sh",
	 "rts7751r2dplus_defconfig", "sh4-linux-gnu", "arch/sh/boot/zImage",
	 "all",
	 "sh4", "sh4", "sh4", NULL, "",
	 {EM_SH, 32, false}},
	{"ia64", {NULL}, "ia64",
	 "generic_defconfig", "ia64-linux", "vmlinux", "all",
	 "ia64", "ia64", NULL, NULL, "",
	 {EM_IA_64, 64, false}},
	{"loongarch", {"loongarch64"}, "loongarch",
	 "loongson3_defconfig", "loongarch64-linux-gnu", "vmlinux", "all",
	 "loongarch64", "loong64", "loongarch64", NULL, "",
	 {EM_LOONGARCH, 64, false}},
	{"arc", {NULL}, "arc",
	 "haps_hs_defconfig", "arc-linux-gnu", "vmlinux", "all",
	 "arc", NULL, NULL, NULL, "",
	 {ARC_V2, 32, false}},
	{"csky", {NULL}, "csky",
	 "defconfig", "csky-linux", "vmlinux", "all",
	 "csky", NULL, NULL, NULL, "",
	 {EM_CSKY, 32, false}},
	{"microblaze", {NULL}, "microblaze",
	 "mmu_defconfig", "microblaze-linux", "vmlinux", "all",
	 "microblaze", NULL, "microblaze", NULL, "",
	 {EM_MICROBLAZE, 32, true}},
	{"nios2", {NULL}, "nios2",
	 "10m50_defconfig", "nios2-linux", "vmlinux", "all",
	 "nios2", NULL, "nios2", NULL, "",
	 {EM_ALTERA_NIOS2, 32, false}},
	{"openrisc", {"or1k"}, "openrisc",
	 "or1ksim_defconfig", "or1k-linux", "vmlinux", "all",
	 "or1k", NULL, "or1k", NULL, "",
	 {EM_OPENRISC, 32, true}},
	{"xtensa", {NULL}, "xtensa",
	 "iss_defconfig", "xtensa-linux", "vmlinux", "all",
	 "xtensa", NULL, "xtensa", NULL, "",
	 {EM_XTENSA, 32, false}},
	{"um", {"uml"}, "um",
	 "defconfig", NULL, "linux", "all",
	 NULL, NULL, NULL, NULL, "",
	 {EM_NONE, 0, false}},
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
