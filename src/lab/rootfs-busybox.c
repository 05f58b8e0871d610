/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A busybox as bytes, since that of another arch cannot be asked: whether it
 * needs a loader stands in its program headers, its names stand in it sorted,
 * each with a NUL after it, the first of them [ and [[.
 */
#include <elf.h>
#include <string.h>

#include "lab/rootfs-internal.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789._+-["
#define NAME_BYTES 32

/* The number of `size` bytes at an offset; 0 beyond the end. */
static guint64 read_number(GBytes *program, guint64 offset, gsize size,
			   bool big)
{
	gsize len;
	const guint8 *data = g_bytes_get_data(program, &len);
	guint64 number = 0;

	if (offset > len || size > len - offset)
		return 0;
	for (gsize i = 0; i < size; i++) {
		gsize at = big ? i : size - 1 - i;

		number = number << 8 | data[offset + at];
	}
	return number;
}

/* Where the headers that matter are, in files of 32 and of 64 bits. */
struct elf_places {
	gsize phoff, phoff_size, phentsize, phnum;
};

static bool needs_loader(GBytes *program, const struct arch *arch)
{
	const struct elf_places places =
		arch->elf.bits == 64
			? (struct elf_places){offsetof(Elf64_Ehdr, e_phoff), 8,
					      offsetof(Elf64_Ehdr, e_phentsize),
					      offsetof(Elf64_Ehdr, e_phnum)}
			: (struct elf_places){offsetof(Elf32_Ehdr, e_phoff), 4,
					      offsetof(Elf32_Ehdr, e_phentsize),
					      offsetof(Elf32_Ehdr, e_phnum)};
	bool big = arch->elf.big;
	guint64 at = read_number(program, places.phoff, places.phoff_size, big);
	guint64 size = read_number(program, places.phentsize, 2, big);
	guint64 count = read_number(program, places.phnum, 2, big);

	for (guint64 i = 0; i < count; i++) {
		if (read_number(program, at + i * size, 4, big) == PT_INTERP)
			return true;
	}
	return count == 0;
}

bool busybox_is_static(GBytes *program, const struct arch *arch)
{
	gsize len;
	const guint8 *data = g_bytes_get_data(program, &len);
	guint8 bits = arch->elf.bits == 64 ? ELFCLASS64 : ELFCLASS32;
	guint8 order = arch->elf.big ? ELFDATA2MSB : ELFDATA2LSB;

	return len > sizeof(Elf64_Ehdr) && memcmp(data, ELFMAG, SELFMAG) == 0 &&
	       data[EI_CLASS] == bits && data[EI_DATA] == order &&
	       read_number(program, offsetof(Elf64_Ehdr, e_machine), 2,
			   arch->elf.big) == arch->elf.machine &&
	       !needs_loader(program, arch);
}

/* The length of a name that ends before `end`; 0: there is none. */
static gsize name_length(const char *at, const char *end)
{
	gsize most = MIN((gsize)(end - at), NAME_BYTES);
	const char *stop = memchr(at, '\0', most);

	if (!stop || strspn(at, NAME_CHARS) != (gsize)(stop - at))
		return 0;
	return (gsize)(stop - at);
}

GPtrArray *busybox_applets(GBytes *program)
{
	static const char first[] = "[\0[[";
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	gsize len, name_len;
	const char *data = g_bytes_get_data(program, &len);
	const char *end = data + len;
	const char *at = memmem(data, len, first, sizeof(first));
	const char *last = "";

	for (; at && at < end; at += name_len + 1) {
		name_len = name_length(at, end);
		if (!name_len || strcmp(at, last) <= 0)
			break;
		g_ptr_array_add(names, g_strndup(at, name_len));
		last = at;
	}
	return names;
}
