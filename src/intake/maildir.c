/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Maildir that somebody delivers into: what is in new/ is read, and moved to
 * cur/ as seen once it is stored. inotify says when to look; the interval finds
 * what it has lost. A folder that is not there yet is trouble, not an end.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "intake/intake-backend.h"

struct maildir {
	const struct source_config *config;
	char *new, *cur;
	int inotify;
	bool watched;
};

static void maildir_free(gpointer state)
{
	struct maildir *dir = state;

	if (dir->inotify >= 0)
		close(dir->inotify);
	g_free(dir->new);
	g_free(dir->cur);
	g_free(dir);
}

static gpointer maildir_open(const struct source_config *config,
			     const struct intake_timing *timing, GError **error)
{
	struct maildir *dir = g_new0(struct maildir, 1);

	(void)timing;
	(void)error;
	dir->config = config;
	dir->new = g_build_filename(config->path, "new", NULL);
	dir->cur = g_build_filename(config->path, "cur", NULL);
	dir->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return dir;
}

static bool fail(GError **error, const char *what, const char *path)
{
	int reason = errno;
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP, "%s %s failed: %s",
		    what, quoted, g_strerror(reason));
	return false;
}

/* What is told before the folder is read cannot be missed. */
static void maildir_listen(struct maildir *dir)
{
	char dropped[4096];
	ssize_t n;

	if (dir->inotify < 0)
		return;
	do {
		n = read(dir->inotify, dropped, sizeof(dropped));
	} while (n > 0 || (n < 0 && errno == EINTR));
	inotify_add_watch(dir->inotify, dir->new, IN_CREATE | IN_MOVED_TO);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *maildir_names(struct maildir *dir, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) local = NULL;
	g_autoptr(GDir) folder = g_dir_open(dir->new, 0, &local);
	const char *name;

	if (!folder) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the Maildir cannot be read: %s", local->message);
		return NULL;
	}
	while ((name = g_dir_read_name(folder))) {
		if (*name != '.')
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, compare_names);
	return g_steal_pointer(&names);
}

/* All of a file up to the limit, else its head. */
static bool file_take(int fd, const struct stat *st, gsize limit,
		      struct intake_mail *mail)
{
	g_autofree char *data = NULL;
	gsize want = (gsize)st->st_size, len = 0;

	mail->size = (guint64)st->st_size;
	mail->too_large = mail->size > limit;
	if (mail->too_large)
		want = INTAKE_HEAD_BYTES;
	data = g_malloc(want + 1);
	while (len < want) {
		ssize_t n = read(fd, data + len, want - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		len += (gsize)n;
	}
	mail->mail = g_bytes_new_take(g_steal_pointer(&data), len);
	return true;
}

/* What is gone by now, or is no file, is nothing to us. */
static bool maildir_read(struct maildir *dir, const char *name,
			 struct intake_batch *batch, GError **error)
{
	g_autofree char *path = g_build_filename(dir->new, name, NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct intake_mail mail = {NULL};
	struct intake_item *item;
	struct stat st;
	bool ok;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENXIO ||
		       fail(error, "opening", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return true;
	}
	ok = file_take(fd, &st, dir->config->limit_bytes, &mail) ||
	     fail(error, "reading", path);
	close(fd);
	if (!ok)
		return false;
	item = intake_batch_add_mail(batch, dir->config, &mail);
	item->own = g_strdup(name);
	item->own_free = g_free;
	g_bytes_unref(mail.mail);
	return true;
}

static bool maildir_gather(gpointer state, struct intake_batch *batch,
			   GCancellable *cancellable, GError **error)
{
	struct maildir *dir = state;
	g_autoptr(GPtrArray) names = NULL;

	maildir_listen(dir);
	names = maildir_names(dir, error);
	if (!names)
		return false;
	for (guint i = 0; i < names->len; i++) {
		if (g_cancellable_is_cancelled(cancellable))
			break;
		if (intake_batch_full(batch)) {
			batch->more = true;
			break;
		}
		if (!maildir_read(dir, names->pdata[i], batch, error))
			return false;
	}
	return true;
}

static bool maildir_settle(gpointer state, struct intake_batch *batch,
			   GCancellable *cancellable, GError **error)
{
	struct maildir *dir = state;

	(void)cancellable;
	for (guint i = 0; i < batch->items->len; i++) {
		const struct intake_item *item = batch->items->pdata[i];
		const char *name = item->own;
		g_autofree char *from = g_build_filename(dir->new, name, NULL);
		g_autofree char *seen = g_strconcat(
			name, strstr(name, ":2,") ? "" : ":2,S", NULL);
		g_autofree char *to = g_build_filename(dir->cur, seen, NULL);

		fault_point(FAULT_MAILDIR_BEFORE_MOVE);
		if (g_rename(from, to) == 0) {
			fault_point(FAULT_MAILDIR_MOVED);
			continue;
		}
		if (errno != ENOENT ||
		    !g_file_test(dir->cur, G_FILE_TEST_IS_DIR))
			return fail(error, "moving a mail to", to);
	}
	return true;
}

static int maildir_watch(gpointer state)
{
	return ((struct maildir *)state)->inotify;
}

const struct intake_ops intake_maildir = {
	.kind = "maildir",
	.open = maildir_open,
	.gather = maildir_gather,
	.settle = maildir_settle,
	.watch = maildir_watch,
	.free = maildir_free,
};
