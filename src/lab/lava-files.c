// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What LAVA's workers fetch beside the build's artifacts: one compressed cpio
 * archive, as LAVA unpacks only the first of several, with an init of ours that
 * gives LAVA the shell it types into; and an archive for each suite with files.
 * They are named after what is in them and stay with the build.
 */
#include "lab/lava-internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/rootfs.h"

#define COPY_BYTES (256 << 10)
#define ROOT_BYTES (G_GUINT64_CONSTANT(2) << 30)
#define SUITE_BYTES (G_GUINT64_CONSTANT(256) << 20)

/*
 * The root may be any that has a shell: what it lacks of folders and of
 * busybox's names is made. The prompt is the one in the templates.
 */
static const char init_text[] =
	"#!/bin/sh\n"
	"export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb\n"
	"b=/bin/busybox\n"
	"[ ! -x $b ] || { $b mkdir -p /proc /sys /dev /tmp /run /root\n"
	"	$b --install -s /bin 2>/dev/null; }\n"
	"mount -t proc proc /proc\n"
	"mount -t sysfs sysfs /sys 2>/dev/null\n"
	"mount -t devtmpfs devtmpfs /dev 2>/dev/null\n"
	"for d in tmp run; do mount -t tmpfs tmpfs /$d 2>/dev/null; done\n"
	"exec </dev/console >/dev/console 2>&1\n"
	"for l in /lib/modules/*/modules.load; do\n"
	"	[ -e \"$l\" ] || continue\n"
	"	while read -r m; do insmod \"$m\"; done <\"$l\"\n"
	"done\n"
	"cd /root || cd /\n"
	"export PS1='root@reroll:\\w# '\n"
	"while :; do\n"
	"	if command -v cttyhack >/dev/null; then setsid cttyhack sh -i\n"
	"	else setsid -c sh -i; fi\n"
	"done\n";

void lava_files_free(struct lava_files *files)
{
	if (!files)
		return;
	g_free(files->root.url);
	g_free(files->root.sha256);
	g_array_unref(files->suites);
	g_free(files);
}

static void file_clear(gpointer data)
{
	struct lava_file *file = data;

	g_free(file->url);
	g_free(file->sha256);
}

static struct lava_files *files_new(void)
{
	struct lava_files *files = g_new0(struct lava_files, 1);

	files->suites = g_array_new(FALSE, TRUE, sizeof(struct lava_file));
	g_array_set_clear_func(files->suites, file_clear);
	return files;
}

char *lava_files_url(const struct lab *lab, const struct lab_job *job,
		     const char *path)
{
	g_autofree char *whole = g_strconcat(job->build_path, "/", path, NULL);
	g_autofree char *escaped = g_uri_escape_string(whole, "/", FALSE);
	const char *prefix = lab->config->artifacts;

	return g_strconcat(prefix, g_str_has_suffix(prefix, "/") ? "" : "/",
			   escaped, NULL);
}

struct lava_files *lava_files_name(struct lab *lab, const struct lab_job *job)
{
	struct lava_files *files = files_new();

	files->root.url = job->rootfs && job->rootfs->url
				  ? g_strdup(job->rootfs->url)
				  : lava_files_url(lab, job,
						   "lava-root.cpio.gz");
	for (guint i = 0; i < job->suites->len; i++) {
		const struct test_suite *suite = job->suites->pdata[i];
		g_autofree char *name = g_strconcat("lava-", suite->name,
						    ".tar.gz", NULL);
		struct lava_file file = {
			.url = suite->files ? lava_files_url(lab, job, name)
					    : NULL};

		g_array_append_val(files->suites, file);
	}
	return files;
}

/* An archive being written to a private name in the build's folder. */
struct writing {
	struct archive *archive;
	char *path;
	guint64 left; /* bytes it may still take */
};

static void writing_clear(struct writing *writing)
{
	if (writing->archive)
		archive_write_free(writing->archive);
	if (writing->path)
		g_unlink(writing->path);
	g_free(writing->path);
}

static bool fail(struct archive *archive, const char *what, GError **error)
{
	int code = archive_errno(archive);

	g_set_error(error, REROLL_ERROR,
		    code == ENOENT ? REROLL_ERROR_CONFIG : REROLL_ERROR_TEMP,
		    "%s: %s", what,
		    archive_error_string(archive)
			    ? archive_error_string(archive)
			    : g_strerror(code));
	return false;
}

static bool writing_open(struct writing *writing, const struct lab_job *job,
			 bool cpio, GError **error)
{
	int fd;

	writing->path = g_build_filename(job->build_dir, ".lava-XXXXXX", NULL);
	fd = g_mkstemp_full(writing->path, O_RDWR | O_CLOEXEC, 0644);
	if (fd < 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "cannot write to %s: %s", job->build_dir,
			    g_strerror(errno));
		g_clear_pointer(&writing->path, g_free);
		return false;
	}
	close(fd);
	writing->archive = archive_write_new();
	if (cpio)
		archive_write_set_format_cpio_newc(writing->archive);
	else
		archive_write_set_format_ustar(writing->archive);
	archive_write_add_filter_gzip(writing->archive);
	archive_write_set_options(writing->archive,
				  "gzip:!timestamp,gzip:compression-level=6");
	if (archive_write_open_filename(writing->archive, writing->path) !=
	    ARCHIVE_OK)
		return fail(writing->archive, writing->path, error);
	return true;
}

/* Copy the data of the entry that `from` stands at. */
static bool copy_data(struct writing *writing, struct archive *from,
		      const char *what, GError **error)
{
	g_autofree char *data = g_malloc(COPY_BYTES);
	la_ssize_t n;

	while ((n = archive_read_data(from, data, COPY_BYTES)) > 0) {
		if ((guint64)n > writing->left) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
				    "%s: more than a test image may hold",
				    what);
			return false;
		}
		writing->left -= (guint64)n;
		if (archive_write_data(writing->archive, data, (size_t)n) < 0)
			return fail(writing->archive, writing->path, error);
	}
	return n == 0 ? true : fail(from, what, error);
}

static bool put_entry(struct writing *writing, struct archive *from,
		      struct archive_entry *entry, GError **error)
{
	const char *what = archive_entry_pathname(entry);

	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_uname(entry, NULL);
	archive_entry_set_gname(entry, NULL);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	if (archive_write_header(writing->archive, entry) < ARCHIVE_WARN)
		return fail(writing->archive, what, error);
	return archive_entry_size(entry) == 0 ||
	       archive_entry_filetype(entry) != AE_IFREG ||
	       copy_data(writing, from, what, error);
}

static bool put_text(struct writing *writing, const char *name,
		     const char *text, GError **error)
{
	struct archive_entry *entry = archive_entry_new();
	gsize len = strlen(text);
	bool done;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0755);
	archive_entry_set_size(entry, (la_int64_t)len);
	done = archive_write_header(writing->archive, entry) == ARCHIVE_OK &&
	       archive_write_data(writing->archive, text, len) ==
		       (la_ssize_t)len;
	archive_entry_free(entry);
	return done ? true : fail(writing->archive, writing->path, error);
}

static bool is_init(const char *path)
{
	path += g_str_has_prefix(path, "./") ? 2 : *path == '/';
	return strcmp(path, "init") == 0;
}

/* Every entry of an archive but its own init. */
static bool put_entries(struct writing *writing, struct archive *from,
			const char *what, GError **error)
{
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(from, &entry)) ==
	       ARCHIVE_OK) {
		const char *path = archive_entry_pathname(entry);

		if (path && !is_init(path) &&
		    !put_entry(writing, from, entry, error))
			return false;
	}
	return status == ARCHIVE_EOF ? true : fail(from, what, error);
}

/* `data`: NULL to read the file `what`. */
static bool put_cpio(struct writing *writing, const char *what, GBytes *data,
		     GError **error)
{
	struct archive *from = archive_read_new();
	bool done;
	int status;

	archive_read_support_format_cpio(from);
	archive_read_support_filter_all(from);
	status = data ? archive_read_open_memory(from,
						 g_bytes_get_data(data, NULL),
						 g_bytes_get_size(data))
		      : archive_read_open_filename(from, what, COPY_BYTES);
	done = status == ARCHIVE_OK ? put_entries(writing, from, what, error)
				    : fail(from, what, error);
	archive_read_free(from);
	return done;
}

static char *sha256_of(const char *path, GError **error)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
	g_autoptr(GBytes) bytes = file ? g_mapped_file_get_bytes(file) : NULL;

	return bytes ? g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes)
		     : NULL;
}

/* Close it and give it its name, the same for the same content. */
static bool writing_end(struct writing *writing, struct lab *lab,
			const struct lab_job *job, const char *form,
			struct lava_file *file, GError **error)
{
	g_autofree char *name = NULL, *path = NULL;

	if (archive_write_close(writing->archive) != ARCHIVE_OK)
		return fail(writing->archive, writing->path, error);
	file->sha256 = sha256_of(writing->path, error);
	if (!file->sha256)
		return false;
	name = g_strdup_printf("lava-%.16s%s", file->sha256, form);
	path = g_build_filename(job->build_dir, name, NULL);
	if (g_rename(writing->path, path) != 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "cannot write %s: %s", path, g_strerror(errno));
		return false;
	}
	g_clear_pointer(&writing->path, g_free);
	file->url = lava_files_url(lab, job, name);
	return true;
}

/* NULL without an error: the board wants none, or the build has none. */
static GBytes *modules_of(const struct lab_job *job, GError **error)
{
	for (guint i = 0; i < job->artifacts->len; i++) {
		const struct artifact *artifact = job->artifacts->pdata[i];
		g_autofree char *path = NULL;

		if (job->board->modules->len == 0 ||
		    strcmp(artifact->role, "modules") != 0)
			continue;
		path = g_build_filename(job->build_dir, artifact->path, NULL);
		return images_modules_cpio(path, job->board->modules, error);
	}
	return NULL;
}

static bool make_root(struct lab *lab, const struct lab_job *job,
		      struct lava_file *file, GError **error)
{
	__attribute__((cleanup(writing_clear))) struct writing writing = {
		.left = ROOT_BYTES};
	GError *local = NULL;
	g_autoptr(GBytes) modules = modules_of(job, &local);
	g_autofree char *root = NULL;

	if (local) {
		g_propagate_error(error, local);
		return false;
	}
	root = job->rootfs ? g_strdup(job->rootfs->path)
			   : rootfs_builtin(lab->site, job->arch, error);
	return root && writing_open(&writing, job, true, error) &&
	       put_cpio(&writing, root, NULL, error) &&
	       (!modules ||
		put_cpio(&writing, "the modules", modules, error)) &&
	       put_text(&writing, "init", init_text, error) &&
	       writing_end(&writing, lab, job, ".cpio.gz", file, error);
}

/* What of a suite's folder is put in: files, folders and symlinks. */
static bool put_folder(struct writing *writing, const char *folder,
		       GError **error)
{
	struct archive *disk = archive_read_disk_new();
	struct archive_entry *entry = archive_entry_new();
	bool done = true;
	int status;

	archive_read_disk_set_symlink_physical(disk);
	archive_read_disk_set_behavior(disk, ARCHIVE_READDISK_NO_XATTR |
						     ARCHIVE_READDISK_NO_ACL);
	status = archive_read_disk_open(disk, folder);
	while (done && status == ARCHIVE_OK &&
	       (status = archive_read_next_header2(disk, entry)) ==
		       ARCHIVE_OK) {
		const char *path = archive_entry_pathname(entry);
		g_autofree char *name = g_strconcat(".", path + strlen(folder),
						    NULL);

		archive_read_disk_descend(disk);
		if (archive_entry_filetype(entry) != AE_IFREG &&
		    archive_entry_filetype(entry) != AE_IFDIR &&
		    archive_entry_filetype(entry) != AE_IFLNK)
			continue;
		archive_entry_set_pathname(entry, name);
		done = put_entry(writing, disk, entry, error);
	}
	if (done && status != ARCHIVE_EOF)
		done = fail(disk, folder, error);
	archive_entry_free(entry);
	archive_read_free(disk);
	return done;
}

/* The definition as LAVA reads it out of a suite's archive. */
static char *definition_text(const struct test_suite *suite, const char *mark)
{
	g_autoptr(GPtrArray) steps = lava_steps(suite, mark);
	g_autofree char *name = yaml_text_quote(suite->name);
	GString *text = g_string_new("metadata:\n");

	g_string_append_printf(
		text,
		"  format: Lava-Test Test Definition 1.0\n  name: %s\n"
		"run:\n  steps:\n",
		name);
	for (guint i = 0; i < steps->len; i++) {
		g_autofree char *step = yaml_text_quote(steps->pdata[i]);

		g_string_append_printf(text, "  - %s\n", step);
	}
	return g_string_free(text, FALSE);
}

static bool make_suite(struct lab *lab, const struct lab_job *job,
		       const struct test_suite *suite, const char *mark,
		       struct lava_file *file, GError **error)
{
	__attribute__((cleanup(writing_clear))) struct writing writing = {
		.left = SUITE_BYTES};
	g_autofree char *text = definition_text(suite, mark);

	return writing_open(&writing, job, false, error) &&
	       put_folder(&writing, suite->files, error) &&
	       put_text(&writing, "./reroll-suite.yaml", text, error) &&
	       writing_end(&writing, lab, job, ".tar.gz", file, error);
}

struct lava_files *lava_files_make(struct lab *lab, const struct lab_job *job,
				   const char *mark, GError **error)
{
	g_autoptr(lava_files_t) files = files_new();

	if (job->rootfs && !job->rootfs->path)
		files->root.url = g_strdup(job->rootfs->url);
	else if (!make_root(lab, job, &files->root, error))
		return NULL;
	for (guint i = 0; i < job->suites->len; i++) {
		const struct test_suite *suite = job->suites->pdata[i];
		struct lava_file file = {NULL, NULL};

		if (suite->files &&
		    !make_suite(lab, job, suite, mark, &file, error)) {
			file_clear(&file);
			return NULL;
		}
		g_array_append_val(files->suites, file);
	}
	return g_steal_pointer(&files);
}
