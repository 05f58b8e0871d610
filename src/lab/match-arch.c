/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Word size and byte order are signs like the others: some kernels have a
 * symbol of their own for them, others one that all share. User-mode Linux has
 * those of the machine that it runs on, too.
 */
#include "lab/match-internal.h"

#define BIG "CPU_BIG_ENDIAN"
#define LITTLE "CPU_LITTLE_ENDIAN"

static const struct arch_sign signs[] = {
	{"x86_64", {"X86_64"}, {"UML"}},
	{"i386", {"X86_32"}, {"UML"}},
	{"arm64", {"ARM64"}, {BIG}},
	{"arm", {"ARM"}, {BIG}},
	{"riscv", {"RISCV", "64BIT"}, {NULL}},
	{"riscv32", {"RISCV", "32BIT"}, {NULL}},
	{"powerpc64le", {"PPC64", LITTLE}, {NULL}},
	{"powerpc64", {"PPC64", BIG}, {NULL}},
	{"powerpc", {"PPC32"}, {NULL}},
	{"s390x", {"S390", "64BIT"}, {NULL}},
	{"mips", {"MIPS", BIG}, {"64BIT"}},
	{"mipsel", {"MIPS", LITTLE}, {"64BIT"}},
	{"mips64", {"MIPS", "64BIT", BIG}, {NULL}},
	{"mips64el", {"MIPS", "64BIT", LITTLE}, {NULL}},
	{"sparc64", {"SPARC64"}, {NULL}},
	{"sparc", {"SPARC32"}, {NULL}},
	{"m68k", {"M68K"}, {NULL}},
	{"parisc", {"PARISC"}, {"64BIT"}},
	{"parisc64", {"PARISC", "64BIT"}, {NULL}},
	{"alpha", {"ALPHA"}, {NULL}},
	{"sh", {"SUPERH"}, {BIG}},
	{"ia64", {"IA64"}, {NULL}},
	{"loongarch", {"LOONGARCH", "64BIT"}, {NULL}},
	{"arc", {"ARC"}, {BIG}},
	{"csky", {"CSKY"}, {NULL}},
	{"microblaze", {"MICROBLAZE"}, {NULL}},
	{"nios2", {"NIOS2"}, {NULL}},
	{"openrisc", {"OPENRISC"}, {NULL}},
	{"xtensa", {"XTENSA"}, {BIG}},
	{"um", {"UML"}, {NULL}},
};

const struct arch_sign *arch_sign_find(const struct arch *arch)
{
	for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
		if (strcmp(signs[i].arch, arch->name) == 0)
			return &signs[i];
	}
	return NULL;
}
