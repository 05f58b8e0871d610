/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths to streams of mails. A directory with "cur" or "new" in it is a
 * Maildir; any other stands for the files in it. Files come in the order of
 * their names, numbers in them by value, so that 10 comes after 9.
 */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "mail/mail-internal.h"

struct mail_reader {
	GPtrArray *paths; /* of char *, the next one last */
	gsize limit_bytes;
	char *file; /* open now */
	struct mbox *mbox;
	bool any; /* it had a mail in it */
};

struct mail_reader *mail_reader_new(const char *const *paths, gsize limit_bytes)
{
	struct mail_reader *reader = g_new0(struct mail_reader, 1);
	guint n = g_strv_length((char **)(gsize)paths);

	reader->paths = g_ptr_array_new_with_free_func(g_free);
	reader->limit_bytes = limit_bytes;
	while (n-- > 0)
		g_ptr_array_add(reader->paths, g_strdup(paths[n]));
	return reader;
}

static void close_file(struct mail_reader *reader)
{
	g_clear_pointer(&reader->mbox, mbox_free);
	g_clear_pointer(&reader->file, g_free);
}

void mail_reader_free(struct mail_reader *reader)
{
	if (!reader)
		return;
	close_file(reader);
	g_ptr_array_unref(reader->paths);
	g_free(reader);
}

static void set_errno(GError **error, const char *path, const char *what)
{
	int reason = errno;
	bool absent = reason == ENOENT || reason == ENOTDIR;
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR,
		    absent ? REROLL_ERROR_NOT_FOUND : REROLL_ERROR_TEMP,
		    "%s %s failed: %s", what, quoted, g_strerror(reason));
}

static void set_no_mail(GError **error, const char *path)
{
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "there is no mail in %s", quoted);
}

/* Numbers inside names count by their value. */
static int compare_names(gconstpointer a, gconstpointer b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a directory, dot files left out; false when it is none. */
static bool list_files(const char *path, GPtrArray *files)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint first = files->len;
	const char *name;

	if (!dir)
		return false;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (*name != '.' && g_file_test(child, G_FILE_TEST_IS_REGULAR))
			g_ptr_array_add(files, g_steal_pointer(&child));
	}
	if (files->len > first)
		qsort(files->pdata + first, files->len - first,
		      sizeof(gpointer), compare_names);
	return true;
}

/* Put the files of a directory in its place; INPUT when it has none. */
static bool open_directory(struct mail_reader *reader, const char *path,
			   GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *cur = g_build_filename(path, "cur", NULL);
	g_autofree char *new = g_build_filename(path, "new", NULL);
	bool is_maildir = list_files(cur, files);

	is_maildir |= list_files(new, files);
	if (!is_maildir && !list_files(path, files)) {
		set_errno(error, path, "reading the directory");
		return false;
	}
	if (!files->len) {
		set_no_mail(error, path);
		return false;
	}
	for (guint i = files->len; i > 0; i--)
		g_ptr_array_add(reader->paths, g_strdup(files->pdata[i - 1]));
	return true;
}

/* Open the next path; a directory gives way to its files. */
static bool open_path(struct mail_reader *reader, GError **error)
{
	g_autofree char *path = g_ptr_array_steal_index(reader->paths,
							reader->paths->len - 1);
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = STDIN_FILENO;

	if (!is_stdin && g_file_test(path, G_FILE_TEST_IS_DIR))
		return open_directory(reader, path, error);
	if (!is_stdin)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		set_errno(error, path, "opening");
		return false;
	}
	reader->mbox = mbox_new(fd, reader->limit_bytes,
				g_str_has_suffix(path, ".mboxrd"));
	reader->file = is_stdin ? g_strdup("standard input")
				: g_steal_pointer(&path);
	reader->any = false;
	return true;
}

struct mail_reader *mail_reader_new_bytes(GBytes *mails, gsize limit_bytes,
					  GError **error)
{
	static const char *const none[] = {NULL};
	struct mail_reader *reader;
	gsize len = 0;
	const char *data = g_bytes_get_data(mails, &len);
	int fd = memfd_create("mails", MFD_CLOEXEC);

	if (fd < 0 || !file_write_all(fd, data, len) ||
	    lseek(fd, 0, SEEK_SET) != 0) {
		set_errno(error, "the mails", "keeping");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	reader = mail_reader_new(none, limit_bytes);
	reader->mbox = mbox_new(fd, limit_bytes, false);
	reader->file = g_strdup("the store");
	return reader;
}

bool mail_reader_next(struct mail_reader *reader, struct raw_mail *mail,
		      GError **error)
{
	for (;;) {
		enum mbox_state state;

		if (!reader->mbox) {
			if (!reader->paths->len)
				return false;
			if (!open_path(reader, error))
				return false;
			continue;
		}
		state = mbox_next(reader->mbox, mail);
		mail->file = reader->file;
		if (state == MBOX_MAIL) {
			reader->any = true;
			return true;
		}
		if (state == MBOX_FAILED)
			set_errno(error, reader->file, "reading");
		else if (!reader->any)
			set_no_mail(error, reader->file);
		close_file(reader);
		if (state == MBOX_FAILED || !reader->any)
			return false;
	}
}
