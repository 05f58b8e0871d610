/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this room that read one mail share. A mail goes through
 * them in this order: mime.c walks headers, parts and lines; transfer.c undoes
 * the transfer encoding of a line; body.c parts the lines into in-body headers,
 * log and patch; headers.c decodes header values; author.c takes From apart;
 * damage.c looks at the patch; auth-header.c and auth-results.c read what our
 * mail servers said of the sender; message.c puts the struct message together.
 *
 * Shapes: text is bytes of any kind, counted, unless it says UTF-8.
 */
#ifndef MAIL_MAIL_INTERNAL_H
#define MAIL_MAIL_INTERNAL_H

#include <string.h>

#include "mail/message.h"
#include "mail/reader.h"

#define MAIL_HEADERS_MOST 1000
#define MAIL_HEADER_BYTES (256 << 10)
#define MAIL_LEVELS_MOST 100
#define MAIL_PARTS_MOST 1000

/* git's blanks: unlike isspace(3) without vertical tab and form feed. */
static inline bool mail_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool mail_starts_with(const char *text, gsize len,
				    const char *start)
{
	gsize n = strlen(start);

	return len >= n && memcmp(text, start, n) == 0;
}

/* transfer.c */
enum transfer { TRANSFER_NONE, TRANSFER_QP, TRANSFER_BASE64 };

enum transfer transfer_from_header(const char *value);

/* Append `text` decoded. `words`: "_" is a blank, as in encoded words. */
void transfer_decode_qp(GString *out, const char *text, gsize len, bool words);
void transfer_decode_base64(GString *out, const char *text, gsize len);

/* charset.c: from one charset to UTF-8, a line at a time; of one thread. */
struct charset;

/* NULL for one that nobody knows; "" and any spelling of UTF-8 are known. */
struct charset *charset_open(const char *name);
void charset_free(struct charset *charset);
typedef struct charset charset_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(charset_t, charset_free)

/* Append `text` as UTF-8 (bytes as they are for UTF-8); false: it does not fit.
 */
bool charset_append(struct charset *charset, GString *out, const char *text,
		    gsize len);

/* `text` if it is UTF-8, else what it says as Windows-1252. New text. */
char *charset_repair(const char *text);

/* headers.c */
enum mail_header {
	HEADER_FROM,
	HEADER_SUBJECT,
	HEADER_DATE,
	HEADER_COMMIT, /* those above may come again in the body */
	HEADER_MESSAGE_ID = HEADER_COMMIT,
	HEADER_IN_REPLY_TO,
	HEADER_REFERENCES,
	HEADER_REPLY_TO,
	HEADER_X_ORIGINAL_FROM,
	HEADER_LIST_ID,
	HEADER_TO,
	HEADER_CC,
	HEADER_AUTO_SUBMITTED,
	HEADER_PRECEDENCE,
	HEADER_RETURN_PATH,
	HEADER_X_AUTOREPLY,
	HEADER_LOOP,
	HEADER_CONTENT_TYPE,
	HEADER_CONTENT_TRANSFER_ENCODING,
	HEADER_CONTENT_DISPOSITION,
	HEADER_AUTH_RESULTS,
	HEADER_RECEIVED,
	HEADER_DKIM_SIGNATURE,
	HEADER_COUNT,
};

/*
 * Which header `field` ("Name: value", unfolded) is, its value through `value`;
 * HEADER_COUNT when nobody asks for it.
 */
enum mail_header header_find(const char *field, const char **value);

/* Whether a line could be a header at all, in git's generous reading. */
bool header_is_field(const char *line, gsize len);

/*
 * RFC 2047 undone as git does; the text as it is where a word is not closed.
 * NULL with INPUT when a word has a charset nobody knows.
 */
char *header_decode(const char *value, gsize len, GError **error);

/* A parameter of a Content-Type, as git finds it; NULL when it is not there. */
char *header_parameter(const char *value, const char *name);

/* Every run of blanks as one space, in place. */
void header_fold_blanks(char *text);

/* The <...> of In-Reply-To and References; of char *, owned. */
GPtrArray *header_message_ids(const char *value);

/* Seconds since 1970; 0 when it is no date. */
gint64 header_date(const char *value);

/* auth-header.c: the authserv-id at the start; NULL: there is none. */
char *auth_header_server(const char **at);

/* What stands behind it, as struct auth_check; false: it cannot be read. */
bool auth_header_read(const char *at, GPtrArray *checks);

/* auth-results.c: a domain as it is compared; NULL when it is none. */
char *auth_domain(const char *text);

/* Takes the header fields of one mail from the top; `servers` of char *. */
struct auth_reader;
struct auth_reader *auth_reader_new(const GPtrArray *servers);
void auth_reader_free(struct auth_reader *reader);
typedef struct auth_reader auth_reader_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(auth_reader_t, auth_reader_free)

void auth_reader_take(struct auth_reader *reader, enum mail_header header,
		      const char *value);

/* What counts of all that was taken; to be called once. */
struct auth_result *auth_reader_end(struct auth_reader *reader);

/* author.c: git's name and address of a decoded From; never NULL. */
void author_split(const char *from, char **name, char **email);

/* body.c: the lines of all text parts, one after the other. */
struct mail_body {
	const struct message_options *options;
	char *inbody[HEADER_COMMIT]; /* raw values, NULL when not there */
	GString *log;
	GString *patch; /* may be taken away */
	bool in_patch;
	char *error; /* what stopped it; NULL */

	GString *folding; /* the in-body header that may go on */
	bool in_headers;
	int pgp;

	/* Of the log: the text that the sender typed, attachments left out. */
	gsize own_bytes;
};

void mail_body_init(struct mail_body *body,
		    const struct message_options *options);
void mail_body_clear(struct mail_body *body);
void mail_body_add(struct mail_body *body, struct charset *charset,
		   const char *line, gsize len);
void mail_body_end(struct mail_body *body);

/* mime.c */
struct mime_mail {
	char *headers[HEADER_COUNT]; /* of the mail: first one, raw, unfolded */
	struct mail_body body;
	guint damage;  /* what the walk saw of it */
	bool embedded; /* the patch came out of a message/rfc822 */
	bool encoded;  /* ... out of base64 or quoted-printable */
	bool misread;  /* a boundary was taken for text, as git does */
	struct auth_result *auth;
	char *error;
};

void mime_mail_read(struct mime_mail *mail, const char *data, gsize len,
		    const struct message_options *options);
void mime_mail_clear(struct mime_mail *mail);

/* mbox.c: mails one by one out of a stream, an mbox or a single mail. */
struct mbox;

/* Takes `fd`; `unstuff`: the file is known to be in the mboxrd dialect. */
struct mbox *mbox_new(int fd, gsize limit_bytes, bool unstuff);
void mbox_free(struct mbox *mbox);

enum mbox_state { MBOX_MAIL, MBOX_END, MBOX_FAILED /* errno is set */ };

/* Fills in all of `mail` but its file. */
enum mbox_state mbox_next(struct mbox *mbox, struct raw_mail *mail);

/* damage.c: what a mail program did to this patch; enum mailer_damage bits. */
guint damage_find(const char *patch, gsize len);

/* Whether a patch part has a diff in it, not just a diffstat or prose. */
bool damage_has_diff(const char *patch, gsize len);

#endif
