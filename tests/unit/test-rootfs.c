/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <glib/gstdio.h>

#include "base/base.h"
#include "lab/rootfs-internal.h"

#define NAMES "[\0[[\0cat\0ls\0sh\0"

static GBytes *made_busybox(void)
{
	return g_bytes_new_static("junk\0" NAMES "\0more\0",
				  sizeof("junk\0" NAMES "\0more\0"));
}

/* An ELF header and one program header, for a 64-bit little-endian arch. */
static GBytes *made_elf(guint16 machine, guint32 type)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr program;
		char names[sizeof(NAMES)];
	} file = {.names = NAMES};

	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = ELFCLASS64;
	file.head.e_ident[EI_DATA] = ELFDATA2LSB;
	file.head.e_machine = machine;
	file.head.e_phoff = sizeof(file.head);
	file.head.e_phentsize = sizeof(file.program);
	file.head.e_phnum = 1;
	file.program.p_type = type;
	return g_bytes_new(&file, sizeof(file));
}

static void names_are_read_up_to_the_first_that_is_none(void **state)
{
	static const struct {
		const char *bytes;
		gsize len;
		const char *names;
	} rows[] = {
#define ROW(text, names) {text, sizeof(text), names}
		ROW("", ""),
		ROW("[\0cat\0", ""),
		ROW("x\0[\0[[\0cat\0sh\0", "[ [[ cat sh"),
		ROW("[\0[[\0cat\0", "[ [[ cat"),
		ROW("[\0[[\0cat\0cat\0", "[ [[ cat"),
		ROW("[\0[[\0cat\0ash\0", "[ [[ cat"),
		ROW("[\0[[\0mkfs.ext2\0nc-x\0o_p\0", "[ [[ mkfs.ext2 nc-x o_p"),
		ROW("[\0[[\0a/b\0", "[ [["),
		ROW("[\0[[\0a b\0", "[ [["),
		ROW("[\0[[\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0",
		    "[ [["),
		{"[\0[[\0ab", 7, "[ [["}, /* no NUL before the end */
#undef ROW
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GBytes)
			bytes = g_bytes_new(rows[i].bytes, rows[i].len);
		g_autoptr(GPtrArray) names = busybox_applets(bytes);
		g_autofree char *joined = NULL;

		g_ptr_array_add(names, NULL);
		joined = g_strjoinv(" ", (char **)names->pdata);
		assert_string_equal(joined, rows[i].names);
	}
}

static void a_program_is_static_and_of_the_arch_or_not(void **state)
{
	static const struct {
		guint16 machine;
		guint32 type;
		const char *arch;
		bool good;
	} rows[] = {
		{EM_X86_64, PT_LOAD, "x86_64", true},
		{EM_X86_64, PT_INTERP, "x86_64", false},
		{EM_X86_64, PT_LOAD, "i386", false},
		{EM_X86_64, PT_LOAD, "arm64", false},
		{EM_AARCH64, PT_LOAD, "arm64", true},
		{EM_AARCH64, PT_INTERP, "arm64", false},
		{EM_PPC64, PT_LOAD, "powerpc64le", true},
		{EM_PPC64, PT_LOAD, "powerpc64", false},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GBytes) elf = made_elf(rows[i].machine, rows[i].type);

		assert_int_equal(
			busybox_is_static(elf, arch_find(rows[i].arch)),
			rows[i].good);
	}
}

static void what_is_cut_short_is_no_program(void **state)
{
	g_autoptr(GBytes) elf = made_elf(EM_X86_64, PT_LOAD);
	const struct arch *arch = arch_find("x86_64");

	(void)state;
	assert_true(busybox_is_static(elf, arch));
	for (gsize len = 0; len <= sizeof(Elf64_Ehdr); len++) {
		g_autoptr(GBytes) cut = g_bytes_new_from_bytes(elf, 0, len);

		assert_false(busybox_is_static(cut, arch));
	}
}

/* "path type mode target", a line each. */
static char *list_cpio(GBytes *cpio)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	GString *out = g_string_new(NULL);
	gsize len;
	const void *data = g_bytes_get_data(cpio, &len);

	archive_read_support_format_cpio(archive);
	assert_int_equal(archive_read_open_memory(archive, data, len),
			 ARCHIVE_OK);
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		const char *to = archive_entry_symlink(entry);

		g_string_append_printf(
			out, "%s %o%s%s\n", archive_entry_pathname(entry),
			archive_entry_mode(entry), to ? " " : "", to ? to : "");
		assert_int_equal(archive_entry_mtime(entry), 0);
		assert_int_equal(archive_entry_uid(entry), 0);
	}
	archive_read_free(archive);
	return g_string_free(out, FALSE);
}

static void the_root_has_busybox_and_its_names(void **state)
{
	static const char *const lines[] = {
		"bin/busybox 100755\n",
		"bin/sh 120777 busybox\n",
		"bin/[[ 120777 busybox\n",
		"dev/console 20600\n",
		"dev/null 20666\n",
		"etc/passwd 100644\n",
		"etc/group 100644\n",
		"mnt 40755\n",
		"proc 40755\n",
		"root 40700\n",
		"sbin 120777 bin\n",
		"sys 40755\n",
		"tmp 41777\n",
		"usr/bin 120777 ../bin\n",
	};
	g_autoptr(GBytes) program = made_busybox();
	g_autoptr(GBytes) cpio = rootfs_cpio(program, NULL);
	g_autofree char *list = list_cpio(cpio);

	(void)state;
	assert_int_equal(g_bytes_get_size(cpio) % 4, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		if (!strstr(list, lines[i]))
			fail_msg("%snot in\n%s", lines[i], list);
	}
	assert_null(strstr(list, "init "));
}

static void the_same_program_gives_the_same_bytes(void **state)
{
	g_autoptr(GBytes) program = made_busybox();
	g_autoptr(GBytes) a = rootfs_cpio(program, NULL);
	g_autoptr(GBytes) b = rootfs_cpio(program, NULL);

	(void)state;
	assert_true(g_bytes_equal(a, b));
}

static void a_program_without_a_shell_is_refused(void **state)
{
	static const char bytes[] = "[\0[[\0cat\0";
	g_autoptr(GBytes) program = g_bytes_new(bytes, sizeof(bytes));
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(rootfs_cpio(program, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_INPUT));
}

struct place {
	struct tempdir *dir;
	struct site *site;
};

static struct place *place_new(void)
{
	struct place *place = g_new0(struct place, 1);

	place->dir = tempdir_new(NULL);
	assert_non_null(place->dir);
	place->site = site_default();
	g_free(place->site->state);
	place->site->state = g_build_filename(place->dir->path, "state", NULL);
	return place;
}

static void place_free(struct place *place)
{
	site_free(place->site);
	tempdir_free(place->dir);
	g_free(place);
}
typedef struct place place_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(place_t, place_free)

static void this_machines_own_is_made_when_needed(void **state)
{
	g_autoptr(place_t) place = place_new();
	const char *name = arch_of_machine()->name;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = rootfs_builtin(place->site, name, &error);
	g_autofree char *again = NULL, *text = NULL, *sum = NULL;
	g_autofree char *base = NULL;
	gsize len;

	(void)state;
	if (!path)
		fail_msg("%s", error->message);
	again = rootfs_builtin(place->site, name, &error);
	assert_string_equal(path, again);
	assert_true(g_file_get_contents(path, &text, &len, NULL));
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
					  (const guchar *)text, len);
	base = g_path_get_basename(path);
	assert_true(g_str_has_prefix(base, sum));
	assert_true(g_str_has_prefix(path, place->site->state));
}

static void what_cannot_be_had_says_why(void **state)
{
	static const struct {
		const char *arch, *says;
	} rows[] = {
		{"vax", "nobody knows the architecture \"vax\""},
		{"sh", "the built-in root for sh was not made yet: reroll "
		       "rootfs --make sh"},
	};
	g_autoptr(place_t) place = place_new();
	g_autoptr(GError) made = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(rootfs_builtin(place->site, rows[i].arch, &error));
		assert_true(g_error_matches(error, REROLL_ERROR,
					    REROLL_ERROR_CONFIG));
		assert_string_equal(error->message, rows[i].says);
	}
	assert_false(rootfs_make(place->site, "um", NULL, NULL, &made));
	assert_string_equal(made->message, "there is no built-in root for um: "
					   "Debian has no port to it");
}

static gpointer make_one(gpointer data)
{
	struct place *place = data;

	return rootfs_builtin(place->site, arch_of_machine()->name, NULL);
}

static void many_at_once_get_the_same_whole_file(void **state)
{
	g_autoptr(place_t) place = place_new();
	GThread *threads[8];
	g_autofree char *first = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("root", make_one, place);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
		g_autofree char *path = g_thread_join(threads[i]);
		GStatBuf st;

		assert_non_null(path);
		assert_int_equal(g_stat(path, &st), 0);
		assert_true(st.st_size > 100000);
		if (!first)
			first = g_strdup(path);
		assert_string_equal(path, first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_up_to_the_first_that_is_none),
		cmocka_unit_test(a_program_is_static_and_of_the_arch_or_not),
		cmocka_unit_test(what_is_cut_short_is_no_program),
		cmocka_unit_test(the_root_has_busybox_and_its_names),
		cmocka_unit_test(the_same_program_gives_the_same_bytes),
		cmocka_unit_test(a_program_without_a_shell_is_refused),
		cmocka_unit_test(this_machines_own_is_made_when_needed),
		cmocka_unit_test(what_cannot_be_had_says_why),
		cmocka_unit_test(many_at_once_get_the_same_whole_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
