// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "lab/guest.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/base.h"

#define BLOCK_BYTES 65536
#define SUITES "reroll/suites"

typedef struct archive archive_reader_t, archive_writer_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_reader_t, archive_read_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_writer_t, archive_write_free)
typedef struct archive_entry archive_entry_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_entry_t, archive_entry_free)

/* The scripts of share/guest, and where each goes. */
static const struct {
	const char *name, *folder;
	mode_t mode;
} scripts[] = {
	{"init", "reroll", 0755},
	{"runner", "reroll", 0644},
	{"lava-common-functions", "reroll/bin", 0644},
	{"lava-background-process-start", "reroll/bin", 0755},
	{"lava-background-process-stop", "reroll/bin", 0755},
	{"lava-echo-ipv4", "reroll/bin", 0755},
	{"lava-install-packages", "reroll/bin", 0755},
	{"lava-test-case", "reroll/bin", 0755},
	{"lava-test-event", "reroll/bin", 0755},
	{"lava-test-raise", "reroll/bin", 0755},
	{"lava-test-reference", "reroll/bin", 0755},
	{"lava-test-set", "reroll/bin", 0755},
};

static const char *const folders[] = {"dev", "reroll", "reroll/bin", SUITES};

/* For a kernel without devtmpfs, and before it is mounted. */
static const struct {
	const char *path;
	mode_t mode;
	unsigned major, minor;
} nodes[] = {
	{"dev/console", 0600, 5, 1},
	{"dev/null", 0666, 1, 3},
};

struct writer {
	struct archive *out;
	guint64 bytes;
	guint files;
};

static bool set_write_error(const struct writer *writer, GError **error)
{
	const char *why = archive_error_string(writer->out);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the initramfs of a job cannot be written: %s",
		    why ? why : "no reason is known");
	return false;
}

static bool add_entry(struct writer *writer, struct archive_entry *entry,
		      const char *data, gsize len, GError **error)
{
	archive_entry_set_mtime(entry, 0, 0);
	if (archive_write_header(writer->out, entry) != ARCHIVE_OK ||
	    (len &&
	     archive_write_data(writer->out, data, len) != (la_ssize_t)len))
		return set_write_error(writer, error);
	return true;
}

static bool add_text(struct writer *writer, const char *path, mode_t mode,
		     const char *text, GError **error)
{
	g_autoptr(archive_entry_t) entry = archive_entry_new();
	gsize len = strlen(text);

	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, AE_IFREG | mode);
	archive_entry_set_size(entry, (la_int64_t)len);
	return add_entry(writer, entry, text, len, error);
}

static bool add_folder(struct writer *writer, const char *path, GError **error)
{
	g_autoptr(archive_entry_t) entry = archive_entry_new();

	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, AE_IFDIR | 0755);
	archive_entry_set_size(entry, 0);
	return add_entry(writer, entry, NULL, 0, error);
}

static bool add_frame(struct writer *writer, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		if (!add_folder(writer, folders[i], error))
			return false;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(nodes); i++) {
		g_autoptr(archive_entry_t) entry = archive_entry_new();

		archive_entry_set_pathname(entry, nodes[i].path);
		archive_entry_set_mode(entry, AE_IFCHR | nodes[i].mode);
		archive_entry_set_size(entry, 0);
		archive_entry_set_rdev(entry,
				       makedev(nodes[i].major, nodes[i].minor));
		if (!add_entry(writer, entry, NULL, 0, error))
			return false;
	}
	return true;
}

static bool add_scripts(struct writer *writer, GError **error)
{
	const char *own = g_getenv("REROLL_GUEST");
	const char *dir = own && *own ? own : REROLL_GUEST_DIR;

	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
		g_autofree char *from = g_build_filename(dir, scripts[i].name,
							 NULL);
		g_autofree char *to = g_build_filename(scripts[i].folder,
						       scripts[i].name, NULL);
		g_autofree char *text = NULL;

		if (!g_file_get_contents(from, &text, NULL, NULL)) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
				    "the script %s is not there: make install "
				    "(or the environment variable REROLL_GUEST "
				    "names another folder)",
				    from);
			return false;
		}
		if (!add_text(writer, to, scripts[i].mode, text, error))
			return false;
	}
	return true;
}

/* In a command that is evaluated again, $1 is for then. */
static void append_step(GString *script, const char *step)
{
	const char *at = step;
	bool again = strstr(step, "--cmd") || strstr(step, "--shell");

	for (; *at; at++) {
		gsize digits = again && *at == '$'
				       ? strspn(at + 1, "0123456789")
				       : 0;

		if (digits && !g_ascii_isalpha(at[1 + digits]) &&
		    at[1 + digits] != '_')
			g_string_append_c(script, '\\');
		g_string_append_c(script, *at);
	}
	g_string_append_c(script, '\n');
}

char *guest_script(const struct test_suite *suite, guint index)
{
	const struct test_definition *definition = suite->definition;
	GString *script = g_string_new(NULL);

	for (guint i = 0; i < definition->params->len; i++) {
		const struct test_param *param = definition->params->pdata[i];
		g_autofree char *value = g_shell_quote(
			param->value ? param->value : "");

		g_string_append_printf(script, "%s=%s\n", param->name, value);
	}
	g_string_append_printf(script,
			       "export TESTRUN_ID=%u_%s\n"
			       "cd /" SUITES "/%04u/files\n"
			       "set -e\n"
			       "set -x\n",
			       index, suite->name, index);
	for (guint i = 0; i < definition->steps->len; i++)
		append_step(script, definition->steps->pdata[i]);
	g_string_append_printf(script, "set +x\n: >/" SUITES "/%04u/ended\n",
			       index);
	return g_string_free(script, FALSE);
}

static bool check_limits(const struct writer *writer, const char *from,
			 GError **error)
{
	if (writer->files <= GUEST_FILES_MOST &&
	    writer->bytes <= GUEST_FILES_BYTES)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
		    "the tests of %s have more than %d files or %d MiB", from,
		    GUEST_FILES_MOST, GUEST_FILES_BYTES >> 20);
	return false;
}

/* All of its size, whatever the file has become meanwhile. */
static bool copy_data(struct writer *writer, struct archive *in, guint64 size,
		      GError **error)
{
	g_autofree char *block = g_malloc(BLOCK_BYTES);

	while (size > 0) {
		gsize most = (gsize)MIN(size, BLOCK_BYTES);
		la_ssize_t n = archive_read_data(in, block, most);

		if (n <= 0) {
			memset(block, 0, most);
			n = (la_ssize_t)most;
		}
		if (archive_write_data(writer->out, block, (gsize)n) != n)
			return set_write_error(writer, error);
		size -= (guint64)n;
	}
	return true;
}

/* Files, folders and symlinks as such; of anything else nothing. */
static bool copy_entry(struct writer *writer, struct archive *in,
		       struct archive_entry *found, const char *to,
		       GError **error)
{
	g_autoptr(archive_entry_t) entry = archive_entry_new();
	mode_t type = archive_entry_filetype(found);
	guint64 size = type == AE_IFREG ? (guint64)archive_entry_size(found)
					: 0;

	archive_entry_set_pathname(entry, to);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, archive_entry_perm(found) & 0777);
	archive_entry_set_size(entry, (la_int64_t)size);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(entry, archive_entry_symlink(found));
	writer->files++;
	writer->bytes += size;
	if (!check_limits(writer, to, error))
		return false;
	return add_entry(writer, entry, NULL, 0, error) &&
	       copy_data(writer, in, size, error);
}

static bool is_kept(struct archive_entry *entry)
{
	mode_t type = archive_entry_filetype(entry);

	return type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK;
}

static bool set_read_error(struct archive *in, const char *from, GError **error)
{
	const char *why = archive_error_string(in);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the files of a test in %s cannot be read: %s", from,
		    why ? why : "no reason is known");
	return false;
}

static bool copy_files(struct writer *writer, const char *from, const char *to,
		       GError **error)
{
	g_autoptr(archive_reader_t) in = archive_read_disk_new();
	struct archive_entry *entry;
	int code;

	archive_read_disk_set_symlink_physical(in);
	archive_read_disk_set_behavior(in, ARCHIVE_READDISK_NO_XATTR |
						   ARCHIVE_READDISK_NO_ACL);
	if (archive_read_disk_open(in, from) != ARCHIVE_OK)
		return set_read_error(in, from, error);
	while ((code = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
		const char *path = archive_entry_pathname(entry);
		g_autofree char *name = g_strconcat(
			to, path ? path + strlen(from) : "", NULL);

		archive_read_disk_descend(in);
		if (is_kept(entry) &&
		    !copy_entry(writer, in, entry, name, error))
			return false;
	}
	return code == ARCHIVE_EOF || set_read_error(in, from, error);
}

static bool add_suite(struct writer *writer, const struct test_suite *suite,
		      guint index, GError **error)
{
	g_autofree char *folder = g_strdup_printf(SUITES "/%04u", index);
	g_autofree char *files = g_strconcat(folder, "/files", NULL);
	g_autofree char *script_path = g_strconcat(folder, "/run.sh", NULL);
	g_autofree char *name_path = g_strconcat(folder, "/name", NULL);
	g_autofree char *name = g_strconcat(suite->name, "\n", NULL);
	g_autofree char *script = guest_script(suite, index);

	return add_folder(writer, folder, error) &&
	       add_text(writer, script_path, 0644, script, error) &&
	       add_text(writer, name_path, 0644, name, error) &&
	       (suite->files ? copy_files(writer, suite->files, files, error)
			     : add_folder(writer, files, error));
}

static bool add_settings(struct writer *writer, const struct guest_spec *spec,
			 GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *word = g_strconcat(spec->word, "\n", NULL);

	g_string_append_printf(text, "root_disk=%d\ndisks='", spec->root_disk);
	for (guint i = 0; i < spec->disks->len; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "",
				       (const char *)spec->disks->pdata[i]);
	g_string_append(text, "'\n");
	return add_text(writer, "reroll/settings", 0644, text->str, error) &&
	       add_text(writer, "reroll/nonce", 0600, word, error);
}

static bool write_all(struct writer *writer, const struct guest_spec *spec,
		      GError **error)
{
	if (!add_frame(writer, error) || !add_scripts(writer, error) ||
	    !add_settings(writer, spec, error))
		return false;
	for (guint i = 0; i < spec->suites->len; i++) {
		if (!add_suite(writer, spec->suites->pdata[i], i, error))
			return false;
	}
	return true;
}

bool guest_write(const struct guest_spec *spec, int fd, GError **error)
{
	g_autoptr(archive_writer_t) out = archive_write_new();
	struct writer writer = {.out = out};

	archive_write_set_format_cpio_newc(out);
	archive_write_set_bytes_in_last_block(out, 4);
	if (archive_write_open_fd(out, fd) != ARCHIVE_OK)
		return set_write_error(&writer, error);
	if (!write_all(&writer, spec, error))
		return false;
	return archive_write_close(out) == ARCHIVE_OK ||
	       set_write_error(&writer, error);
}
