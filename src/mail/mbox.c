/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of mails taken apart at its From_ lines, with one mail in memory.
 *
 * The four dialects differ in how they tell a From_ line from text. A line
 * counts as one when it ends in a time and a year, as git mailsplit asks, so
 * that "From here on" is text (mboxo, mboxrd). A Content-Length (mboxcl,
 * mboxcl2) counts when it leads to such a line or to the end of the file, since
 * many are wrong. ">From " in a text stays as it is, as git leaves it, but in
 * mails that say they are mboxrd (public-inbox and lore write "From mboxrd@z")
 * one ">" is taken off. A file that itself begins with "From somebody" alone
 * was written by a program that leaves the date out: there such a line counts
 * behind a blank one.
 *
 * buffer: [... passed ...][start: the mail][line: the line looked at]...[fill]
 */
#include <config.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mail/mail-internal.h"

#define READ_BYTES (256 << 10)
#define KEEP_BYTES (64 << 10) /* of a mail over the limit */
#define FROM_LINE_BYTES 1024  /* no From_ line is longer */

struct mbox {
	int fd;
	gsize limit_bytes;
	bool unstuff;
	char *buffer;
	gsize size, start, line, seen, fill;
	bool started, is_mbox, eof, failed;
	bool undated;	/* it begins with "From somebody" and no date */
	bool mid_line;	/* `line` is not where the line starts */
	bool too_large; /* the middle of the mail was dropped */
	guint number;
};

struct mbox *mbox_new(int fd, gsize limit_bytes, bool unstuff)
{
	struct mbox *mbox = g_new0(struct mbox, 1);

	mbox->fd = fd;
	mbox->limit_bytes = limit_bytes;
	mbox->unstuff = unstuff;
	return mbox;
}

void mbox_free(struct mbox *mbox)
{
	if (!mbox)
		return;
	if (mbox->fd != STDIN_FILENO)
		close(mbox->fd);
	g_free(mbox->buffer);
	g_free(mbox);
}

static bool two_digits(const char *at)
{
	return g_ascii_isdigit(at[0]) && g_ascii_isdigit(at[1]);
}

/* "From " and at the end "H:MM:SS", blanks or a zone, a year after 1990. */
static bool is_from_line(const char *line, gsize len)
{
	char copy[FROM_LINE_BYTES + 1];
	const char *colon;

	if (len < 20 || len > FROM_LINE_BYTES || memcmp(line, "From ", 5) != 0)
		return false;
	memcpy(copy, line, len);
	copy[len] = '\0';
	colon = g_strrstr_len(copy, (gssize)len - 2, ":");
	if (!colon || colon - copy < 9)
		return false;
	return g_ascii_isdigit(colon[-4]) && two_digits(colon - 2) &&
	       two_digits(colon + 1) &&
	       g_ascii_strtoll(colon + 3, NULL, 10) > 90;
}

/* "From somebody", one word and no more. */
static bool is_undated_line(const char *line, gsize len)
{
	gsize word = 5;

	if (len <= word || memcmp(line, "From ", word) != 0)
		return false;
	while (word < len && !mail_is_blank(line[word]))
		word++;
	return word > 5 && word < len &&
	       (line[word] == '\n' || line[word] == '\r');
}

/* Move the mail to the front when the room behind it runs out. */
static void make_room(struct mbox *mbox)
{
	if (mbox->size - mbox->fill >= READ_BYTES)
		return;
	if (mbox->start >= mbox->size / 2 && mbox->start > 0) {
		memmove(mbox->buffer, mbox->buffer + mbox->start,
			mbox->fill - mbox->start);
		mbox->line -= mbox->start;
		mbox->seen -= mbox->start;
		mbox->fill -= mbox->start;
		mbox->start = 0;
	}
	if (mbox->size - mbox->fill >= READ_BYTES)
		return;
	mbox->size = MAX(mbox->size * 2, 2 * READ_BYTES);
	mbox->buffer = g_realloc(mbox->buffer, mbox->size);
}

/* Read on; false at the end of the stream. */
static bool read_more(struct mbox *mbox)
{
	ssize_t got;

	if (mbox->eof)
		return false;
	make_room(mbox);
	do {
		got = read(mbox->fd, mbox->buffer + mbox->fill, READ_BYTES);
	} while (got < 0 && errno == EINTR);
	if (got <= 0) {
		mbox->eof = true;
		mbox->failed = got < 0;
		return false;
	}
	mbox->fill += (gsize)got;
	return true;
}

/* The mail is over the limit: keep its head and the line looked at. */
static void drop_middle(struct mbox *mbox)
{
	gsize head = mbox->start + KEEP_BYTES;

	mbox->too_large = true;
	if (mbox->fill - mbox->line > FROM_LINE_BYTES) {
		mbox->line = mbox->fill;
		mbox->mid_line = true;
	}
	if (mbox->line <= head)
		return;
	memmove(mbox->buffer + head, mbox->buffer + mbox->line,
		mbox->fill - mbox->line);
	mbox->fill -= mbox->line - head;
	mbox->line = head;
	mbox->seen = mbox->fill;
}

/* Have the whole of the next line from `line` to `seen`; false at the end. */
static bool find_line(struct mbox *mbox)
{
	for (;;) {
		const char *newline = mbox->seen == mbox->fill
					      ? NULL
					      : memchr(mbox->buffer +
							       mbox->seen,
						       '\n',
						       mbox->fill - mbox->seen);

		if (newline) {
			mbox->seen = (gsize)(newline + 1 - mbox->buffer);
			return true;
		}
		mbox->seen = mbox->fill;
		if (mbox->fill - mbox->start > mbox->limit_bytes)
			drop_middle(mbox);
		if (!read_more(mbox))
			return mbox->line < mbox->fill;
	}
}

static void pass_line(struct mbox *mbox)
{
	mbox->line = mbox->seen;
	mbox->mid_line = false;
}

/* Whether the line before is blank, or there is none. */
static bool follows_blank(const struct mbox *mbox)
{
	const char *line = mbox->buffer + mbox->line;
	gsize before = mbox->line - mbox->start;

	return before == 0 || (before >= 2 && line[-2] == '\n') ||
	       (before >= 3 && line[-2] == '\r' && line[-3] == '\n');
}

static bool at_from_line(const struct mbox *mbox)
{
	const char *line = mbox->buffer + mbox->line;
	gsize len = mbox->seen - mbox->line;

	if (mbox->mid_line || *line != 'F')
		return false;
	return is_from_line(line, len) ||
	       (mbox->undated && is_undated_line(line, len) &&
		follows_blank(mbox));
}

/* Have `len` bytes after `line` in the buffer, or all there are. */
static void read_ahead(struct mbox *mbox, gsize len)
{
	while (mbox->fill - mbox->line < len && read_more(mbox))
		continue;
}

/* Whether a mail may end `len` bytes after `line`. */
static bool lands(const struct mbox *mbox, gsize len)
{
	const char *at, *newline;
	gsize left = mbox->fill - mbox->line;

	if (left < len)
		return false;
	at = mbox->buffer + mbox->line + len;
	left -= len;
	if (!left)
		return mbox->eof;
	if (at > mbox->buffer && at[-1] != '\n')
		return false;
	newline = memchr(at, '\n', left);
	return is_from_line(at, newline ? (gsize)(newline + 1 - at) : left);
}

/*
 * The header is over: go where its Content-Length leads, if that is the end of
 * a mail. Most writers leave a blank line before the next From_ line.
 */
static void follow_length(struct mbox *mbox, guint64 length)
{
	if (!length || length > mbox->limit_bytes)
		return;
	read_ahead(mbox, (gsize)length + FROM_LINE_BYTES);
	for (gsize blank = 0; blank <= 2; blank++) {
		if (!lands(mbox, (gsize)length + blank))
			continue;
		mbox->line += (gsize)length + blank;
		mbox->seen = mbox->line;
		return;
	}
}

static guint64 content_length(const struct mbox *mbox)
{
	static const char name[] = "Content-Length:";
	gsize n = strlen(name);
	char digits[20];
	gsize len = mbox->seen - mbox->line;

	if (len <= n ||
	    g_ascii_strncasecmp(mbox->buffer + mbox->line, name, n) != 0)
		return 0;
	len = MIN(len - n, sizeof(digits) - 1);
	memcpy(digits, mbox->buffer + mbox->line + n, len);
	digits[len] = '\0';
	return g_ascii_strtoull(digits, NULL, 10);
}

static bool line_is_blank(const struct mbox *mbox)
{
	const char *line = mbox->buffer + mbox->line;

	return !mbox->mid_line &&
	       (*line == '\n' || (*line == '\r' && line[1] == '\n'));
}

/* Move `line` behind the mail that starts at `start`. */
static void find_end(struct mbox *mbox)
{
	bool in_header = mbox->is_mbox;
	guint64 length = 0;

	while (find_line(mbox)) {
		if (mbox->is_mbox && mbox->line > mbox->start &&
		    at_from_line(mbox))
			return;
		if (in_header && line_is_blank(mbox)) {
			in_header = false;
			pass_line(mbox);
			follow_length(mbox, length);
			continue;
		}
		if (in_header && !length)
			length = content_length(mbox);
		pass_line(mbox);
	}
}

/* In place: take one ">" off each ">From ", ">>From " and so on. */
static gsize unstuff(char *data, gsize len)
{
	char *to = data;
	const char *at = data;
	const char *end = data + len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		const char *next = newline ? newline + 1 : end;
		const char *word = at;

		while (word < next && *word == '>')
			word++;
		if (word > at &&
		    mail_starts_with(word, (gsize)(next - word), "From "))
			at++;
		memmove(to, at, (gsize)(next - at));
		to += next - at;
		at = next;
	}
	return (gsize)(to - data);
}

/* Blanks before the first mail; false when there is nothing else. */
static bool start_stream(struct mbox *mbox)
{
	mbox->started = true;
	for (;;) {
		while (mbox->start < mbox->fill &&
		       mail_is_blank(mbox->buffer[mbox->start]))
			mbox->start++;
		mbox->line = mbox->seen = mbox->start;
		if (mbox->start < mbox->fill)
			break;
		if (!read_more(mbox))
			return false;
	}
	if (find_line(mbox)) {
		mbox->undated = is_undated_line(mbox->buffer + mbox->line,
						mbox->seen - mbox->line);
		mbox->is_mbox = at_from_line(mbox);
	}
	mbox->seen = mbox->line;
	return true;
}

enum mbox_state mbox_next(struct mbox *mbox, struct raw_mail *mail)
{
	gsize len;

	if (!mbox->started && !start_stream(mbox))
		return mbox->failed ? MBOX_FAILED : MBOX_END;
	mbox->start = mbox->line;
	mbox->mid_line = mbox->too_large = false;
	find_end(mbox);
	if (mbox->failed)
		return MBOX_FAILED;
	len = mbox->line - mbox->start;
	if (!len)
		return MBOX_END;
	if (len > mbox->limit_bytes)
		mbox->too_large = true;
	mail->too_large = mbox->too_large;
	mail->data = mbox->buffer + mbox->start;
	mail->len = mail->too_large ? MIN(len, KEEP_BYTES) : len;
	if (mbox->unstuff ||
	    mail_starts_with(mail->data, mail->len, "From mboxrd@z "))
		mail->len = unstuff(mbox->buffer + mbox->start, mail->len);
	mail->number = ++mbox->number;
	mbox->seen = mbox->line;
	return MBOX_MAIL;
}
