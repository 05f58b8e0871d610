/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mail as a struct message: what the walk found (mime.c) put into words
 * that are fit to use, and what kind of mail it is.
 *
 * git's answer stands everywhere but where git reads a From wrongly: RFC 5322
 * has the last word on which mailbox it names. Of headers that come twice the
 * first one counts, for the author and for all else alike; of dates, where it
 * matters to nobody, git's choice, the last.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "mail/mail-internal.h"
#include "mail/trailers.h"

static const struct message_options no_options;

/* A raw value made UTF-8 and one line; NULL when there is none. */
static char *raw_value(const char *value)
{
	char *text = value ? charset_repair(value) : NULL;

	return text ? g_strstrip(g_strdelimit(text, "\r\n", ' ')) : NULL;
}

static char *raw_header(const struct mime_mail *mime, enum mail_header header)
{
	return raw_value(mime->headers[header]);
}

/* Decoded or, with `message->error` set, as it is; blanks folded, UTF-8. */
static char *decode_value(struct message *message, const char *value)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *decoded = header_decode(value, strlen(value), &error);

	if (!decoded) {
		if (!message->error)
			message->error = g_strdup(error->message);
		decoded = g_strdup(value);
	}
	header_fold_blanks(decoded);
	return charset_repair(decoded);
}

/* The value that the commit takes: git uses in-body headers with a patch. */
static const char *commit_value(const struct mime_mail *mime,
				enum mail_header header)
{
	if (mime->body.patch->len && mime->body.inbody[header])
		return mime->body.inbody[header];
	return mime->headers[header];
}

/* Where git's reading of a From is not RFC 5322's, the latter holds. */
static void correct_author(struct message *message, const GPtrArray *boxes)
{
	const struct mailbox *first;

	if (!boxes->len)
		return;
	first = boxes->pdata[0];
	if (boxes->len == 1 && strcmp(first->email, message->email) == 0)
		return;
	g_free(message->author);
	g_free(message->email);
	message->author = g_strdup(*first->name ? first->name : first->email);
	message->email = g_strdup(first->email);
}

static void read_author(struct message *message, const struct mime_mail *mime)
{
	const char *raw = commit_value(mime, HEADER_FROM);
	g_autoptr(GPtrArray) boxes = NULL;
	g_autofree char *decoded = NULL;

	if (!raw)
		return;
	decoded = decode_value(message, raw);
	author_split(decoded, &message->author, &message->email);
	if (raw == mime->headers[HEADER_FROM])
		boxes = g_ptr_array_ref(message->from);
	else
		boxes = mailbox_parse_list(raw, strlen(raw));
	correct_author(message, boxes);
}

static void read_headers(struct message *message, const struct mime_mail *mime)
{
	g_autoptr(GPtrArray) id = NULL;
	g_autoptr(GPtrArray) parents = NULL;
	const char *from = mime->headers[HEADER_FROM];

	id = header_message_ids(mime->headers[HEADER_MESSAGE_ID]);
	parents = header_message_ids(mime->headers[HEADER_IN_REPLY_TO]);
	if (id->len)
		message->message_id = g_strdup(id->pdata[0]);
	if (parents->len)
		message->in_reply_to = g_strdup(parents->pdata[0]);
	message->references = header_message_ids(
		mime->headers[HEADER_REFERENCES]);
	message->from = mailbox_parse_list(from, from ? strlen(from) : 0);
	message->from_raw = raw_header(mime, HEADER_FROM);
	message->reply_to = raw_header(mime, HEADER_REPLY_TO);
	message->x_original_from = raw_header(mime, HEADER_X_ORIGINAL_FROM);
	message->list_id = raw_header(mime, HEADER_LIST_ID);
	message->to = raw_header(mime, HEADER_TO);
	message->cc = raw_header(mime, HEADER_CC);
	if (mime->headers[HEADER_DATE])
		message->date_at = header_date(mime->headers[HEADER_DATE]);
	if (mime->body.patch->len && mime->body.inbody[HEADER_FROM])
		message->inbody_from = raw_value(
			mime->body.inbody[HEADER_FROM]);
}

static void read_subject(struct message *message, const struct mime_mail *mime,
			 struct subject **subject)
{
	const char *own = mime->headers[HEADER_SUBJECT];
	const char *commit = commit_value(mime, HEADER_SUBJECT);

	message->subject = own ? decode_value(message, own) : NULL;
	*subject = subject_parse(message->subject ? message->subject : "");
	if (commit && commit == own) {
		message->commit_subject = g_strdup((*subject)->clean);
	} else if (commit) {
		g_autofree char *decoded = decode_value(message, commit);
		g_autoptr(subject_t) parsed = subject_parse(decoded);

		message->commit_subject = g_steal_pointer(&parsed->clean);
	}
	message->numbered = (*subject)->numbered;
	message->version = (*subject)->version ? (*subject)->version : 1;
	message->index = (*subject)->numbered ? (*subject)->index : 1;
	message->total = (*subject)->total ? (*subject)->total : 1;
	message->resend = (*subject)->resend;
	message->rfc = (*subject)->rfc;
	message->prefixes = g_ptr_array_ref((*subject)->prefixes);
}

/* A header of this value, up to a parameter. */
static bool header_says(const struct mime_mail *mime, enum mail_header header,
			const char *const *words)
{
	const char *value = mime->headers[header];
	g_autofree char *word = NULL;

	if (!value)
		return false;
	word = g_ascii_strdown(value, (gssize)strcspn(value, "; \t("));
	return g_strv_contains(words, word);
}

static bool is_from_daemon(const struct message *message)
{
	static const char *const daemons[] = {"mailer-daemon", "postmaster",
					      NULL};

	for (guint i = 0; i < message->from->len; i++) {
		const struct mailbox *box = message->from->pdata[i];
		g_autofree char *local = g_ascii_strdown(
			box->email, (gssize)strcspn(box->email, "@"));

		if (g_strv_contains(daemons, local))
			return true;
	}
	return false;
}

/* RFC 3834: whether a program sent this, so that nobody must answer it. */
static bool is_automatic(const struct message *message,
			 const struct mime_mail *mime)
{
	static const char *const person[] = {"no", NULL};
	static const char *const nobody[] = {"<>", NULL};
	static const char *const report[] = {"multipart/report", NULL};
	static const char *const program[] = {"auto_reply", NULL};
	static const char *const bulk[] = {"bulk", "junk", NULL};
	bool said = mime->headers[HEADER_AUTO_SUBMITTED] != NULL;
	bool list_patch = message->list_id || mime->body.patch->len;

	return (said && !header_says(mime, HEADER_AUTO_SUBMITTED, person)) ||
	       header_says(mime, HEADER_RETURN_PATH, nobody) ||
	       header_says(mime, HEADER_CONTENT_TYPE, report) ||
	       header_says(mime, HEADER_PRECEDENCE, program) ||
	       (!list_patch && header_says(mime, HEADER_PRECEDENCE, bulk)) ||
	       mime->headers[HEADER_X_AUTOREPLY] || is_from_daemon(message);
}

static bool is_hex(const char *text)
{
	gsize len = strspn(text, "0123456789abcdef");

	return len >= 7 && len <= 64 && !text[len];
}

/* A line of the mail that tells where the series belongs. */
static void take_link(struct message *message, const char *key,
		      const char *value)
{
	if (strcmp(key, "base-commit") == 0 && is_hex(value) &&
	    !message->base_commit)
		message->base_commit = g_strdup(value);
	else if (strcmp(key, "prerequisite-patch-id") == 0 && is_hex(value))
		g_ptr_array_add(message->prerequisites, g_strdup(value));
	else if (strcmp(key, "change-id") == 0 && *value && !message->change_id)
		message->change_id = raw_value(value);
}

/* Patchew, b4 and people have words of their own for the same. */
static bool is_need(const char *key)
{
	static const char *const keys[] = {"depends-on", "based-on",
					   "prerequisite-message-id",
					   "prerequisite-change-id", NULL};

	return g_strv_contains(keys, key);
}

static void read_link_line(struct message *message, const char *line, gsize len)
{
	const char *colon = memchr(line, ':', MIN(len, 32));
	g_autofree char *key = NULL;
	g_autofree char *value = NULL;

	if (!colon || len > 1000)
		return;
	key = g_ascii_strdown(line, colon - line);
	value = g_strstrip(
		g_strndup(colon + 1, len - (gsize)(colon + 1 - line)));
	if (!is_need(key)) {
		g_autofree char *lower = g_ascii_strdown(value, -1);

		take_link(message, key, is_hex(lower) ? lower : value);
	} else if (*value) {
		g_ptr_array_add(message->depends_on, raw_value(value));
	}
}

/* base-commit and its kin stand at the line's start, in the log or the tail. */
static void read_links(struct message *message, const GString *text)
{
	const char *at = text->str;
	const char *end = at + text->len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		const char *stop = newline ? newline : end;

		if (strchr("bBpPcCdD", *at) && *at)
			read_link_line(message, at, (gsize)(stop - at));
		at = newline ? newline + 1 : end;
	}
}

static enum message_kind judge_kind(const struct message *message,
				    const struct mime_mail *mime, bool diff)
{
	if (message->error)
		return MESSAGE_ERROR;
	if (message->is_reply)
		return MESSAGE_REPLY;
	if (message->numbered && message->index == 0)
		return MESSAGE_COVER;
	if (diff && !mime->embedded)
		return MESSAGE_PATCH;
	return MESSAGE_OTHER;
}

static void read_body(struct message *message, struct mime_mail *mime,
		      const struct subject *subject)
{
	const GString *log = mime->body.log;
	const GString *patch = mime->body.patch;
	bool diff = damage_has_diff(patch->str, patch->len);
	bool thread = message->in_reply_to || message->references->len;

	message->log = g_bytes_new(log->str, log->len);
	message->own_bytes = MIN(mime->body.own_bytes, log->len);
	message->encoded = mime->encoded;
	message->is_reply = subject->reply ||
			    (thread && !diff && !subject->patch);
	message->kind = judge_kind(message, mime, diff);
	message->trailers = message->is_reply
				    ? trailers_scan_reply(log->str, log->len)
				    : trailers_parse(log->str, log->len);
	message->prerequisites = g_ptr_array_new_with_free_func(g_free);
	message->depends_on = g_ptr_array_new_with_free_func(g_free);
	read_links(message, log);
	read_links(message, patch);
	if (diff)
		message->damage = mime->damage |
				  damage_find(patch->str, patch->len);
	message->patch = g_string_free_to_bytes(
		g_steal_pointer(&mime->body.patch));
}

/* No commit is made of a reply: it is read as it was meant. */
static void read_again(struct message *message, const char *data, gsize len,
		       const struct message_options *options)
{
	struct message_options whole = *options;
	const GString *log;
	struct mime_mail mime;

	whole.all_boundaries = true;
	mime_mail_read(&mime, data, len, &whole);
	log = mime.body.log;
	if (!mime.error) {
		g_bytes_unref(message->log);
		message->log = g_bytes_new(log->str, log->len);
		message->own_bytes = MIN(mime.body.own_bytes, log->len);
	}
	mime_mail_clear(&mime);
}

struct message *message_parse(const char *data, gsize len, const char *file,
			      const struct message_options *options)
{
	struct message *message = g_new0(struct message, 1);
	struct mime_mail mime;
	g_autoptr(subject_t) subject = NULL;
	const char *date;

	if (!options)
		options = &no_options;
	mime_mail_read(&mime, data, len, options);
	message->file = g_strdup(file);
	message->error = g_steal_pointer(&mime.error);
	message->auth = g_steal_pointer(&mime.auth);
	read_headers(message, &mime);
	read_subject(message, &mime, &subject);
	read_author(message, &mime);
	date = commit_value(&mime, HEADER_DATE);
	message->date = date ? decode_value(message, date) : NULL;
	message->automatic = is_automatic(message, &mime);
	message->ours = mime.headers[HEADER_LOOP] != NULL;
	read_body(message, &mime, subject);
	if (message->is_reply && mime.misread)
		read_again(message, data, len, options);
	mime_mail_clear(&mime);
	return message;
}

static void free_texts(struct message *message)
{
	char *texts[] = {
		message->file,
		message->message_id,
		message->in_reply_to,
		message->subject,
		message->commit_subject,
		message->author,
		message->email,
		message->date,
		message->from_raw,
		message->inbody_from,
		message->reply_to,
		message->x_original_from,
		message->list_id,
		message->to,
		message->cc,
		message->base_commit,
		message->change_id,
		message->error,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
}

void message_free(struct message *message)
{
	if (!message)
		return;
	free_texts(message);
	g_ptr_array_unref(message->references);
	g_ptr_array_unref(message->from);
	g_ptr_array_unref(message->prefixes);
	g_ptr_array_unref(message->trailers);
	g_ptr_array_unref(message->prerequisites);
	g_ptr_array_unref(message->depends_on);
	auth_result_free(message->auth);
	g_bytes_unref(message->log);
	g_bytes_unref(message->patch);
	g_free(message);
}

const char *message_kind_name(enum message_kind kind)
{
	static const char *const names[] = {
		[MESSAGE_COVER] = "cover", [MESSAGE_PATCH] = "patch",
		[MESSAGE_REPLY] = "reply", [MESSAGE_OTHER] = "other",
		[MESSAGE_ERROR] = "error",
	};

	return names[kind];
}
