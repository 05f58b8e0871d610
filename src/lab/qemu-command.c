// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/qemu-internal.h"

#include <string.h>

#define SYSTEM_PREFIX "qemu-system-"
#define MEMORY_BYTES (G_GUINT64_CONSTANT(256) << 20)
#define TCG_CACHE "tcg,tb-size=128" /* MiB: a boot fills less */

/* QEMU's names that are not those of its emulators of programs. */
static const struct {
	const char *arch, *system;
} systems[] = {
	{"powerpc64le", "ppc64"},
	{"parisc64", "hppa"},
};

/* Debian's packages; all other systems are in the last. */
static const struct {
	const char *system, *install;
} packages[] = {
	{"x86_64", "apt-get install qemu-system-x86"},
	{"i386", "apt-get install qemu-system-x86"},
	{"aarch64", "apt-get install qemu-system-arm"},
	{"arm", "apt-get install qemu-system-arm"},
	{"ppc64", "apt-get install qemu-system-ppc"},
	{"ppc", "apt-get install qemu-system-ppc"},
	{"mips", "apt-get install qemu-system-mips"},
	{"mipsel", "apt-get install qemu-system-mips"},
	{"mips64", "apt-get install qemu-system-mips"},
	{"mips64el", "apt-get install qemu-system-mips"},
	{"sparc64", "apt-get install qemu-system-sparc"},
	{"sparc", "apt-get install qemu-system-sparc"},
	{NULL, "apt-get install qemu-system-misc"},
};

/* Machines with a virtio bus of their own, and how a disk is put there. */
static const struct {
	const char *machine, *device;
} buses[] = {
	{"microvm", "virtio-blk-device"},
	{"virt", "virtio-blk-device"},
	{"s390", "virtio-blk-ccw"},
};

/* The console where the board says nothing. */
static const struct {
	const char *make_arch, *console;
} consoles[] = {
	{"arm", "ttyAMA0"},
	{"arm64", "ttyAMA0"},
	{"powerpc", "hvc0"},
	{"s390", "ttysclp0"},
};

char *qemu_system(const struct board *board)
{
	const char *name = board->qemu.system;

	if (!board->qemu.machine)
		return NULL;
	for (gsize i = 0; !name && i < G_N_ELEMENTS(systems); i++) {
		if (strcmp(board->arch->name, systems[i].arch) == 0)
			name = systems[i].system;
	}
	if (!name)
		name = board->arch->qemu;
	return name ? g_strconcat(SYSTEM_PREFIX, name, NULL) : NULL;
}

static const char *package_of(const char *system)
{
	gsize i = 0;

	while (packages[i].system &&
	       strcmp(system + strlen(SYSTEM_PREFIX), packages[i].system) != 0)
		i++;
	return packages[i].install;
}

guint64 qemu_memory_bytes(const struct board *board)
{
	return board->qemu.memory_bytes ? board->qemu.memory_bytes
					: MEMORY_BYTES;
}

static void add(GPtrArray *words, const char *first,
		...) G_GNUC_NULL_TERMINATED;

static void add(GPtrArray *words, const char *first, ...)
{
	va_list more;

	va_start(more, first);
	for (const char *word = first; word; word = va_arg(more, const char *))
		g_ptr_array_add(words, g_strdup(word));
	va_end(more);
}

/* A comma in a value of an option is written twice. */
static char *option_value(const char *value)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);

	return g_strjoinv(",,", parts);
}

static const char *disk_device(const char *machine)
{
	for (gsize i = 0; i < G_N_ELEMENTS(buses); i++) {
		if (g_str_has_prefix(machine, buses[i].machine))
			return buses[i].device;
	}
	return "virtio-blk-pci";
}

/* What is written to a disk goes to a file that nobody else sees. */
static void add_disks(GPtrArray *words, const struct qemu_boot *boot)
{
	for (guint i = 0; i < boot->disks->len; i++) {
		const struct qemu_disk *disk = boot->disks->pdata[i];
		g_autofree char *path = option_value(disk->path);
		g_autofree char *drive = g_strdup_printf(
			"%s%s%sfile=%s,format=raw,snapshot=on",
			boot->virtio_disks ? "if=none,id=" : "",
			boot->virtio_disks ? disk->name : "",
			boot->virtio_disks ? "," : "", path);
		g_autofree char *device = g_strdup_printf(
			"%s,drive=%s,serial=%s",
			disk_device(boot->job->board->qemu.machine), disk->name,
			disk->name);

		add(words, "-drive", drive, NULL);
		if (boot->virtio_disks)
			add(words, "-device", device, NULL);
	}
}

static const char *default_console(const struct board *board)
{
	for (gsize i = 0; i < G_N_ELEMENTS(consoles); i++) {
		if (strcmp(board->arch->make_arch, consoles[i].make_arch) == 0)
			return consoles[i].console;
	}
	return "ttyS0";
}

/*
 * Nothing is said of panics: the kernel's own way is kept. A microvm has no
 * clock by which to tell how fast its counter is, and now and then finds out
 * too late; so it is told.
 */
static char *kernel_line(const struct qemu_boot *boot)
{
	const struct board *board = boot->job->board;
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_append_printf(line, "console=%s rdinit=/reroll/init",
			       board->qemu.console ? board->qemu.console
						   : default_console(board));
	if (boot->clock_khz && g_str_has_prefix(board->qemu.machine, "microvm"))
		g_string_append_printf(line,
				       " tsc_early_khz=%" G_GUINT64_FORMAT,
				       boot->clock_khz);
	if (board->qemu.append)
		g_string_append_printf(line, " %s", board->qemu.append);
	return g_strdup(line->str);
}

GPtrArray *qemu_command(const struct qemu_boot *boot)
{
	const struct board *board = boot->job->board;
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *memory = g_strdup_printf(
		"%" G_GUINT64_FORMAT "M",
		(qemu_memory_bytes(board) + (1 << 20) - 1) >> 20);
	g_autofree char *path = option_value(boot->console);
	g_autofree char *console = g_strconcat("socket,id=console,path=", path,
					       NULL);
	g_autofree char *line = kernel_line(boot);

	add(words, boot->system, "-machine", board->qemu.machine, "-accel",
	    boot->kvm ? "kvm" : TCG_CACHE, "-m", memory, NULL);
	if (board->qemu.cpu || boot->kvm)
		add(words, "-cpu", board->qemu.cpu ? board->qemu.cpu : "host",
		    NULL);
	add(words, "-nodefaults", "-no-user-config", "-display", "none",
	    "-sandbox",
	    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
	    "resourcecontrol=deny",
	    "-chardev", console, "-serial", "chardev:console", "-kernel",
	    boot->kernel, "-initrd", boot->initrd, "-append", line, NULL);
	if (boot->dtb)
		add(words, "-dtb", boot->dtb, NULL);
	add_disks(words, boot);
	for (guint i = 0; i < board->qemu.options->len; i++)
		add(words, board->qemu.options->pdata[i], NULL);
	g_ptr_array_add(words, NULL);
	return words;
}

bool qemu_installed(const struct board *board, GError **error)
{
	g_autofree char *system = qemu_system(board);
	g_autofree char *path = system ? g_find_program_in_path(system) : NULL;

	if (path)
		return true;
	if (system)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s is not installed: %s", system,
			    package_of(system));
	else
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the board %s has no machine of QEMU", board->name);
	return false;
}

char *qemu_command_text(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; words->pdata[i]; i++) {
		const char *word = words->pdata[i];
		bool plain = strspn(word,
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=,./:+@") == strlen(word) &&
			     *word;
		g_autofree char *quoted = plain ? g_strdup(word)
						: g_shell_quote(word);

		g_string_append_printf(text, "%s%s", i ? " " : "", quoted);
	}
	return g_string_free(text, FALSE);
}
