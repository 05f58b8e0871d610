/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An mbox file that an MTA appends to. It is only read. The cursor is
 * "INODE OFFSET CHECKSUM", the checksum being that of the last bytes before
 * the offset: another file, a shorter one or one that was written anew is read
 * from its start, and the keys drop what was there before.
 *
 * What is behind the offset is copied while the file is locked (fcntl and
 * FILE.lock, as MTAs do), and read out of the copy, so that no MTA waits for
 * us. The cursor moves when the last mail of the copy is stored.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "intake/intake-backend.h"
#include "mail/mail.h"

#define TAIL_BYTES 4096
#define LOCK_STALE_S 300

struct mbox_file {
	const struct source_config *config;
	char *lock, *dir;
	int inotify;
	int copy; /* -1: none is being read */
	struct mail_reader *reader;
	char *behind;	      /* the cursor when the copy is read */
	guint64 ended, inode; /* in the middle of a line, as seen last */
};

static void mbox_reset(gpointer state)
{
	struct mbox_file *mbox = state;

	g_clear_pointer(&mbox->reader, mail_reader_free);
	g_clear_pointer(&mbox->behind, g_free);
	if (mbox->copy >= 0)
		close(mbox->copy);
	mbox->copy = -1;
}

static void mbox_free(gpointer state)
{
	struct mbox_file *mbox = state;

	mbox_reset(mbox);
	if (mbox->inotify >= 0)
		close(mbox->inotify);
	g_free(mbox->lock);
	g_free(mbox->dir);
	g_free(mbox);
}

static gpointer mbox_open(const struct source_config *config,
			  const struct intake_timing *timing, GError **error)
{
	struct mbox_file *mbox = g_new0(struct mbox_file, 1);

	(void)timing;
	(void)error;
	mbox->config = config;
	mbox->lock = g_strconcat(config->path, ".lock", NULL);
	mbox->dir = g_path_get_dirname(config->path);
	mbox->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	mbox->copy = -1;
	return mbox;
}

static bool fail(const struct mbox_file *mbox, const char *what, GError **error)
{
	int reason = errno;
	g_autofree char *quoted = text_quote(mbox->config->path, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP, "%s %s failed: %s",
		    what, quoted, g_strerror(reason));
	return false;
}

/*
 * Only of this file, and only when somebody has finished with it: our own lock
 * would wake us.
 */
static void mbox_listen(struct mbox_file *mbox)
{
	char dropped[4096];
	ssize_t n;

	if (mbox->inotify < 0)
		return;
	do {
		n = read(mbox->inotify, dropped, sizeof(dropped));
	} while (n > 0 || (n < 0 && errno == EINTR));
	inotify_add_watch(mbox->inotify, mbox->config->path,
			  IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF);
	inotify_add_watch(mbox->inotify, mbox->dir, IN_MOVED_TO);
}

/* FILE.lock; where we may not make one, fcntl has to do. */
static bool lock_take(const struct mbox_file *mbox, bool *taken, GError **error)
{
	struct stat st;
	int fd = open(mbox->lock, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
		      0444);

	*taken = fd >= 0;
	if (fd >= 0)
		return close(fd) == 0;
	if (errno != EEXIST)
		return true;
	if (stat(mbox->lock, &st) == 0 &&
	    time(NULL) - st.st_mtime > LOCK_STALE_S)
		unlink(mbox->lock);
	errno = EEXIST;
	return fail(mbox, "locking", error);
}

/* Up to `len` bytes from `at`, into another file; how many there were. */
static gint64 copy_bytes(int from, int to, off_t at, guint64 len)
{
	char buffer[65536];
	guint64 done = 0;

	while (done < len) {
		ssize_t n = pread(from, buffer, MIN(sizeof(buffer), len - done),
				  at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (n > 0 && !file_write_all(to, buffer, (gsize)n)))
			return -1;
		if (n == 0)
			break;
		done += (guint64)n;
	}
	return (gint64)done;
}

/* Of what stands before `offset`. */
static char *tail_checksum(int fd, guint64 offset)
{
	char tail[TAIL_BYTES];
	gsize len = (gsize)MIN(offset, TAIL_BYTES);
	ssize_t n = pread(fd, tail, len, (off_t)(offset - len));

	return g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)tail, n > 0 ? (gsize)n : 0);
}

/* Where to go on: behind what the cursor says if that is still there. */
static guint64 start_of(int fd, const struct stat *st, const char *cursor)
{
	g_auto(GStrv) words = g_strsplit(cursor ? cursor : "", " ", 3);
	g_autofree char *sum = NULL;
	guint64 offset;

	if (g_strv_length(words) != 3 ||
	    g_ascii_strtoull(words[0], NULL, 10) != (guint64)st->st_ino)
		return 0;
	offset = g_ascii_strtoull(words[1], NULL, 10);
	if (offset > (guint64)st->st_size)
		return 0;
	sum = tail_checksum(fd, offset);
	return strcmp(sum, words[2]) == 0 ? offset : 0;
}

/*
 * Whether the last mail is whole. Somebody who does not lock may be writing it:
 * a file that ends within a line is looked at twice.
 */
static bool is_at_rest(struct mbox_file *mbox, int fd, const struct stat *st)
{
	char last = '\n';
	bool same = mbox->ended == (guint64)st->st_size &&
		    mbox->inode == (guint64)st->st_ino;

	mbox->ended = (guint64)st->st_size;
	mbox->inode = (guint64)st->st_ino;
	return pread(fd, &last, 1, st->st_size - 1) != 1 || last == '\n' ||
	       same;
}

static bool copy_new(struct mbox_file *mbox, int fd, const char *cursor,
		     GError **error)
{
	struct stat st;
	guint64 start;
	gint64 len;
	g_autofree char *sum = NULL;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return fail(mbox, "reading", error);
	start = start_of(fd, &st, cursor);
	if (start == (guint64)st.st_size || !is_at_rest(mbox, fd, &st))
		return true;
	mbox->copy = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC,
			  0600);
	if (mbox->copy < 0)
		return fail(mbox, "making a copy of", error);
	len = copy_bytes(fd, mbox->copy, (off_t)start,
			 (guint64)st.st_size - start);
	if (len < 0)
		return fail(mbox, "copying", error);
	sum = tail_checksum(fd, start + (guint64)len);
	mbox->behind = g_strdup_printf(
		"%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s",
		(guint64)st.st_ino, start + (guint64)len, sum);
	return true;
}

static bool copy_locked(struct mbox_file *mbox, int fd, const char *cursor,
			GError **error)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	bool taken, ok;

	if (fcntl(fd, F_OFD_SETLK, &lock) != 0)
		return fail(mbox, "locking", error);
	if (!lock_take(mbox, &taken, error))
		return false;
	ok = copy_new(mbox, fd, cursor, error);
	if (taken)
		unlink(mbox->lock);
	return ok;
}

/* A copy of what is new and a reader for it, or neither. */
static bool mbox_look(struct mbox_file *mbox, const char *cursor,
		      GError **error)
{
	const char *paths[] = {NULL, NULL};
	g_autofree char *path = NULL;
	int fd = open(mbox->config->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return fail(mbox, "opening", error);
	ok = copy_locked(mbox, fd, cursor, error);
	close(fd);
	if (!ok || mbox->copy < 0)
		return ok;
	path = g_strdup_printf("/proc/self/fd/%d", mbox->copy);
	paths[0] = path;
	mbox->reader = mail_reader_new(paths, mbox->config->limit_bytes);
	return true;
}

static bool mbox_gather(gpointer state, struct intake_batch *batch,
			GCancellable *cancellable, GError **error)
{
	struct mbox_file *mbox = state;
	g_autoptr(GError) local = NULL;
	struct raw_mail raw;

	(void)cancellable;
	if (!mbox->reader) {
		mbox_listen(mbox);
		if (!mbox_look(mbox, batch->before, error))
			return false;
	}
	batch->more = mbox->reader;
	while (mbox->reader && !intake_batch_full(batch)) {
		struct intake_mail mail = {NULL};

		if (!mail_reader_next(mbox->reader, &raw, &local)) {
			batch->cursor = g_steal_pointer(&mbox->behind);
			mbox_reset(mbox);
			break;
		}
		mail.mail = g_bytes_new(raw.data, raw.len);
		mail.too_large = raw.too_large;
		mail.size = raw.len;
		intake_batch_add_mail(batch, mbox->config, &mail);
		g_bytes_unref(mail.mail);
	}
	/* Blank lines alone are no mail, and no trouble either. */
	if (!local || g_error_matches(local, REROLL_ERROR, REROLL_ERROR_INPUT))
		return true;
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

static int mbox_watch(gpointer state)
{
	return ((struct mbox_file *)state)->inotify;
}

const struct intake_ops intake_mbox = {
	.kind = "mbox",
	.open = mbox_open,
	.gather = mbox_gather,
	.watch = mbox_watch,
	.reset = mbox_reset,
	.free = mbox_free,
};
