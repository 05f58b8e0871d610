/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw mails one by one out of files: an mbox of any of the four dialects
 * (mboxo, mboxrd, mboxcl, mboxcl2), a Maildir, a directory of mails, a single
 * mail, "-" for stdin. First stage of everything that reads mail.
 *
 * Limits: memory is one mail, never the mbox; a mail over the limit is handed
 * out as `too_large` with its first 64 KiB and the rest is passed over.
 * Errors: NOT_FOUND, INPUT (no mail in it, a directory without mails), TEMP
 * (read failed); the message names the file.
 */
#ifndef MAIL_READER_H
#define MAIL_READER_H

#include <glib.h>
#include <stdbool.h>

#define MAIL_LIMIT_BYTES (32 << 20) /* of a mail, when nobody says another */

struct mail_reader;

struct raw_mail {
	const char *data; /* the reader's; good until the next call */
	gsize len;
	const char *file; /* where it came from */
	guint number;	  /* its place in that file, from 1 */
	bool too_large;
};

/* `paths` is NULL-terminated; nothing is opened before the first next(). */
struct mail_reader *mail_reader_new(const char *const *paths,
				    gsize limit_bytes);

/* The mails of an mbox, or the one, that is at hand; TEMP without memory. */
struct mail_reader *mail_reader_new_bytes(GBytes *mails, gsize limit_bytes,
					  GError **error);
void mail_reader_free(struct mail_reader *reader);
typedef struct mail_reader mail_reader_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mail_reader_t, mail_reader_free)

/*
 * True: `mail` holds the next one. False: the end when no error is set. After
 * an error the next call goes on with the next path.
 */
bool mail_reader_next(struct mail_reader *reader, struct raw_mail *mail,
		      GError **error);

#endif
