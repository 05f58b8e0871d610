/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/base.h"
#include "lab/rootfs-internal.h"

typedef struct archive archive_writer_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_writer_t, archive_write_free)
typedef struct archive_entry archive_entry_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_entry_t, archive_entry_free)

/* In the order in which they are written: a folder before what is in it. */
static const struct {
	const char *path;
	mode_t mode;
	const char *content; /* of a file, or what a link points to */
	guint major, minor;  /* of a device */
} entries[] = {
	{"bin", AE_IFDIR | 0755, NULL, 0, 0},
	{"dev", AE_IFDIR | 0755, NULL, 0, 0},
	{"dev/console", AE_IFCHR | 0600, NULL, 5, 1},
	{"dev/kmsg", AE_IFCHR | 0644, NULL, 1, 11},
	{"dev/null", AE_IFCHR | 0666, NULL, 1, 3},
	{"dev/random", AE_IFCHR | 0666, NULL, 1, 8},
	{"dev/tty", AE_IFCHR | 0666, NULL, 5, 0},
	{"dev/urandom", AE_IFCHR | 0666, NULL, 1, 9},
	{"dev/zero", AE_IFCHR | 0666, NULL, 1, 5},
	{"etc", AE_IFDIR | 0755, NULL, 0, 0},
	{"etc/group", AE_IFREG | 0644, "root:x:0:\nnogroup:x:65534:\n", 0, 0},
	{"etc/passwd", AE_IFREG | 0644,
	 "root::0:0:root:/root:/bin/sh\n"
	 "nobody:x:65534:65534:nobody:/:/bin/false\n",
	 0, 0},
	{"lib", AE_IFDIR | 0755, NULL, 0, 0},
	{"mnt", AE_IFDIR | 0755, NULL, 0, 0},
	{"proc", AE_IFDIR | 0755, NULL, 0, 0},
	{"root", AE_IFDIR | 0700, NULL, 0, 0},
	{"run", AE_IFDIR | 0755, NULL, 0, 0},
	{"sbin", AE_IFLNK | 0777, "bin", 0, 0},
	{"sys", AE_IFDIR | 0755, NULL, 0, 0},
	{"tmp", AE_IFDIR | 01777, NULL, 0, 0},
	{"usr", AE_IFDIR | 0755, NULL, 0, 0},
	{"usr/bin", AE_IFLNK | 0777, "../bin", 0, 0},
	{"usr/sbin", AE_IFLNK | 0777, "../bin", 0, 0},
};

static struct archive_entry *entry_new(const char *path, mode_t mode)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_size(entry, 0);
	return entry;
}

static void add_file(struct archive *out, const char *path, mode_t mode,
		     GBytes *content)
{
	g_autoptr(archive_entry_t) entry = entry_new(path, mode);
	gsize len;
	const void *data = g_bytes_get_data(content, &len);

	archive_entry_set_size(entry, (la_int64_t)len);
	archive_write_header(out, entry);
	archive_write_data(out, data, len);
}

static void add_link(struct archive *out, const char *path, const char *to)
{
	g_autoptr(archive_entry_t) entry = entry_new(path, AE_IFLNK | 0777);

	archive_entry_set_symlink(entry, to);
	archive_write_header(out, entry);
}

static void add_fixed(struct archive *out, gsize i)
{
	const char *content = entries[i].content;
	g_autoptr(archive_entry_t) entry = NULL;

	if (content && S_ISREG(entries[i].mode)) {
		g_autoptr(GBytes) bytes = g_bytes_new(content, strlen(content));

		add_file(out, entries[i].path, entries[i].mode, bytes);
		return;
	}
	if (content) {
		add_link(out, entries[i].path, content);
		return;
	}
	entry = entry_new(entries[i].path, entries[i].mode);
	archive_entry_set_rdevmajor(entry, entries[i].major);
	archive_entry_set_rdevminor(entry, entries[i].minor);
	archive_write_header(out, entry);
}

static la_ssize_t write_bytes(struct archive *archive, void *data,
			      const void *block, size_t len)
{
	(void)archive;
	g_byte_array_append(data, block, (guint)len);
	return (la_ssize_t)len;
}

static void write_all(struct archive *out, GBytes *program,
		      const GPtrArray *applets)
{
	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		add_fixed(out, i);
	add_file(out, "bin/busybox", AE_IFREG | 0755, program);
	for (guint i = 0; i < applets->len; i++) {
		const char *name = applets->pdata[i];
		g_autofree char *path = g_strconcat("bin/", name, NULL);

		if (strcmp(name, "busybox") != 0)
			add_link(out, path, "busybox");
	}
}

GBytes *rootfs_cpio(GBytes *program, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	g_autoptr(archive_writer_t) out = archive_write_new();
	g_autoptr(GPtrArray) applets = busybox_applets(program);

	if (!g_ptr_array_find_with_equal_func(applets, "sh", g_str_equal,
					      NULL)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "the program is no busybox with a shell");
		return NULL;
	}
	archive_write_set_format_cpio_newc(out);
	archive_write_set_bytes_in_last_block(out, 4);
	archive_write_open(out, data, NULL, write_bytes, NULL);
	write_all(out, program, applets);
	archive_write_close(out);
	return g_byte_array_free_to_bytes(g_steal_pointer(&data));
}
