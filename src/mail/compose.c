/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every value is made one line of printable text before libetpan gets it, and
 * what is not plain ASCII becomes encoded words, so nothing a stranger wrote
 * can end a header. libetpan writes, quotes and folds; its CRLF become LF.
 */
#include "mail/compose.h"

#include <libetpan/libetpan.h>
#include <libetpan/mailmime_write_mem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

#define NAME_BYTES 200
#define ADDRESS_BYTES 254 /* RFC 5321 section 4.5.3.1 */
#define MESSAGE_ID_BYTES 250
#define LINE_BYTES 990	    /* under the 998 of RFC 5322 section 2.1.1 */
#define WORD_TEXT_BYTES 36  /* of an encoded word, 60 characters at most */
#define PLAIN_WORD_BYTES 70 /* longer ones could not be folded */
#define REFERENCES_LAST 20

static bool is_plain(const char *text)
{
	gsize word = 0;

	if (strstr(text, "=?"))
		return false;
	for (const char *p = text; *p; p++) {
		word = *p == ' ' ? 0 : word + 1;
		if ((guchar)*p >= 0x7f || (guchar)*p < ' ' ||
		    word > PLAIN_WORD_BYTES)
			return false;
	}
	return true;
}

/* Of the character at `p`, which is valid UTF-8. */
static gssize char_bytes(const char *p)
{
	return g_utf8_skip[(guchar)*p];
}

/* RFC 2047: as many encoded words as needed, none cutting a character. */
static char *encode_words(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	while (*text) {
		const char *end = text;
		g_autofree char *word = NULL;

		while (*end && end - text + char_bytes(end) <= WORD_TEXT_BYTES)
			end += char_bytes(end);
		word = g_base64_encode((const guchar *)text,
				       (gsize)(end - text));
		g_string_append_printf(
			out, "%s=?UTF-8?B?%s?=", out->len ? " " : "", word);
		text = end;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Text of a header: one line, cut at `most` bytes, encoded when needed. */
static char *header_text(const char *text, gsize most)
{
	gsize len = text ? strlen(text) : 0;
	g_autofree char *line = text_one_line(text, (gssize)len, most);

	if (len > most && strlen(line) + 4 > most - 4) {
		g_autofree char *cut = text_one_line(line, -1, most - 4);

		g_free(line);
		line = g_strconcat(cut, " ...", NULL);
	}
	if (is_plain(line))
		return g_steal_pointer(&line);
	return encode_words(line);
}

static bool is_atom_char(char c)
{
	return g_ascii_isalnum(c) || strchr("!#$%&'*+-/=?^_`{|}~", c);
}

/* RFC 5322 dot-atom: atoms with single dots between. */
static bool is_dot_atom(const char *text)
{
	char before = '.';

	for (const char *p = text; *p; before = *p++) {
		if (*p == '.' ? before == '.' : !is_atom_char(*p))
			return false;
	}
	return before != '.';
}

/* The address as it goes over the wire, its domain in ASCII; or NULL. */
static char *wire_address(const char *email, GError **error)
{
	const char *at = email ? strrchr(email, '@') : NULL;
	g_autofree char *local = NULL, *domain = NULL, *quoted = NULL;

	if (at && strlen(email) <= ADDRESS_BYTES) {
		local = g_strndup(email, (gsize)(at - email));
		domain = g_hostname_to_ascii(at + 1);
	}
	if (local && domain && is_dot_atom(local) && is_dot_atom(domain))
		return g_strconcat(local, "@", domain, NULL);
	quoted = text_quote(email, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the address %s cannot be written in a mail", quoted);
	return NULL;
}

static struct mailimf_mailbox *make_mailbox(const struct mailbox *mailbox,
					    GError **error)
{
	g_autofree char *address = wire_address(mailbox->email, error);
	g_autofree char *name = NULL;

	if (!address)
		return NULL;
	name = header_text(mailbox->name, NAME_BYTES);
	return mailimf_mailbox_new(*name ? strdup(name) : NULL,
				   strdup(address));
}

/* Add a mailbox to `list`; false when its address cannot be written. */
static bool add_address(struct mailimf_address_list *list,
			const struct mailbox *mailbox, GError **error)
{
	struct mailimf_mailbox *made = make_mailbox(mailbox, error);

	if (!made)
		return false;
	mailimf_address_list_add(
		list, mailimf_address_new(MAILIMF_ADDRESS_MAILBOX, made, NULL));
	return true;
}

/* "<left@right>" of printable ASCII and nothing else. */
static bool is_message_id(const char *id)
{
	gsize len = id ? strlen(id) : 0;
	const char *at = len ? strchr(id, '@') : NULL;

	if (len < 5 || len > MESSAGE_ID_BYTES || id[0] != '<' ||
	    id[len - 1] != '>' || !at || at == id + 1 || at == id + len - 2)
		return false;
	for (gsize i = 1; i < len - 1; i++) {
		if (!g_ascii_isgraph(id[i]) || strchr("<>(),;:\\\"", id[i]))
			return false;
	}
	return true;
}

/* libetpan wants ids without their brackets. */
static void add_message_id(clist *list, const char *id)
{
	if (is_message_id(id))
		clist_append(list, strndup(id + 1, strlen(id) - 2));
}

static clist *make_references(const GPtrArray *references)
{
	clist *list = clist_new();

	for (guint i = 0; references && i < references->len; i++) {
		if (i == 0 || i + REFERENCES_LAST >= references->len)
			add_message_id(list, references->pdata[i]);
	}
	return list;
}

/* An empty list would be written as a header without a value. */
static clist *none_if_empty(clist *list)
{
	if (!clist_isempty(list))
		return list;
	clist_free(list);
	return NULL;
}

static struct mailimf_date_time *make_date(gint64 at)
{
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(at);
	g_autoptr(GDateTime) epoch = g_date_time_new_from_unix_utc(0);
	GDateTime *d = t ? t : epoch;

	return mailimf_date_time_new(
		g_date_time_get_day_of_month(d), g_date_time_get_month(d),
		g_date_time_get_year(d), g_date_time_get_hour(d),
		g_date_time_get_minute(d), g_date_time_get_second(d), 0);
}

static void add_field(struct mailimf_fields *fields, const char *name,
		      const char *value)
{
	mailimf_fields_add(
		fields, mailimf_field_new_custom(strdup(name), strdup(value)));
}

/* The parts that hold addresses; all are set or the error is. */
struct people {
	struct mailimf_mailbox_list *from;
	struct mailimf_address_list *to, *cc;
};

static void people_clear(struct people *people)
{
	if (people->from)
		mailimf_mailbox_list_free(people->from);
	if (people->to)
		mailimf_address_list_free(people->to);
	if (people->cc)
		mailimf_address_list_free(people->cc);
}

static bool people_fill(struct people *people, const struct outgoing_mail *mail,
			GError **error)
{
	struct mailimf_mailbox *from = make_mailbox(mail->from, error);

	if (!from)
		return false;
	people->from = mailimf_mailbox_list_new_empty();
	mailimf_mailbox_list_add(people->from, from);
	people->to = mailimf_address_list_new_empty();
	if (!add_address(people->to, mail->to, error))
		return false;
	if (!mail->cc || mail->cc->len == 0)
		return true;
	people->cc = mailimf_address_list_new_empty();
	for (guint i = 0; i < mail->cc->len; i++) {
		if (!add_address(people->cc, mail->cc->pdata[i], error))
			return false;
	}
	return true;
}

static struct mailimf_fields *make_fields(const struct outgoing_mail *mail,
					  const struct people *people,
					  const char *encoding)
{
	g_autofree char *subject = header_text(mail->subject,
					       MAIL_SUBJECT_BYTES);
	g_autofree char *loop = header_text(mail->loop_value, NAME_BYTES);
	clist *in_reply_to = clist_new();
	struct mailimf_fields *fields;

	add_message_id(in_reply_to, mail->in_reply_to);
	fields = mailimf_fields_new_with_data_all(
		make_date(mail->date_at), people->from, NULL, NULL, people->to,
		people->cc, NULL,
		strndup(mail->message_id + 1, strlen(mail->message_id) - 2),
		none_if_empty(in_reply_to),
		none_if_empty(make_references(mail->references)),
		strdup(subject));
	add_field(fields, "MIME-Version", "1.0");
	add_field(fields, "Content-Type", "text/plain; charset=utf-8");
	add_field(fields, "Content-Transfer-Encoding", encoding);
	add_field(fields, "Auto-Submitted", "auto-replied");
	add_field(fields, MAIL_LOOP_HEADER, *loop ? loop : "yes");
	add_field(fields, "X-Patchwork-Hint", "ignore");
	return fields;
}

/*
 * Printable, no blanks at line ends (libetpan would write them twice in
 * quoted-printable), a newline at the end. `*seven_bit` says that it may go as
 * it is.
 */
static char *make_body(const char *text, bool *seven_bit)
{
	g_autofree char *printable = text_printable(text, -1);
	g_auto(GStrv) lines = g_strsplit(printable, "\n", -1);
	g_autofree char *body = NULL;

	*seven_bit = true;
	for (gsize i = 0; lines[i]; i++) {
		g_strchomp(lines[i]);
		if (!g_str_is_ascii(lines[i]) || strlen(lines[i]) > LINE_BYTES)
			*seven_bit = false;
	}
	body = g_strjoinv("\n", lines);
	g_strchomp(body);
	return g_strconcat(body, "\n", NULL);
}

static GBytes *write_mail(struct mailimf_fields *fields, const char *body,
			  bool seven_bit)
{
	MMAPString *raw = mmap_string_new("");
	g_autoptr(GString) out = g_string_new(NULL);
	int column = 0;

	mailimf_fields_write_mem(raw, &column, fields);
	mmap_string_append(raw, "\r\n");
	column = 0;
	if (seven_bit)
		mmap_string_append(raw, body);
	else
		mailmime_quoted_printable_write_mem(raw, &column, 1, body,
						    strlen(body));
	g_string_append_len(out, raw->str, (gssize)raw->len);
	mmap_string_free(raw);
	g_string_replace(out, "\r\n", "\n", 0);
	return g_string_free_to_bytes(g_steal_pointer(&out));
}

GBytes *mail_compose(const struct outgoing_mail *mail, GError **error)
{
	struct people people = {NULL, NULL, NULL};
	struct mailimf_fields *fields;
	g_autofree char *body = NULL;
	bool seven_bit;
	GBytes *bytes;

	if (!is_message_id(mail->message_id)) {
		g_autofree char *quoted = text_quote(mail->message_id, -1);

		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "the Message-ID %s cannot be written in a mail",
			    quoted);
		return NULL;
	}
	if (!people_fill(&people, mail, error)) {
		people_clear(&people);
		return NULL;
	}
	body = make_body(mail->body, &seven_bit);
	fields = make_fields(mail, &people,
			     seven_bit ? "7bit" : "quoted-printable");
	bytes = write_mail(fields, body, seven_bit);
	mailimf_fields_free(fields);
	return bytes;
}
