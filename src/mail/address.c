/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailboxes. Headers are parsed by libetpan in their raw form and decoded
 * after, so that no encoded word can pretend to be an address. What RFC 5322
 * does not allow as a whole ("Author, Ada <ada@example.org>" unquoted) is tried
 * again comma by comma, and the pieces that are mailboxes are kept.
 *
 * libetpan follows nested comments by recursion, so the depth is looked at
 * first.
 */
#include <config.h>
#include <libetpan/libetpan.h>
#include <string.h>

#include "mail/address.h"

#define HEADER_BYTES (64 << 10)
#define COMMENT_DEPTH 32

struct mailbox *mailbox_new(const char *name, const char *email)
{
	struct mailbox *mailbox = g_new(struct mailbox, 1);

	mailbox->name = g_utf8_make_valid(name ? name : "", -1);
	mailbox->email = g_utf8_make_valid(email ? email : "", -1);
	g_strstrip(g_strdelimit(mailbox->name, "\r\n\t\v\f", ' '));
	g_strstrip(g_strdelimit(mailbox->email, "\r\n\t\v\f", ' '));
	return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	g_free(mailbox->name);
	g_free(mailbox->email);
	g_free(mailbox);
}

/* RFC 2047 undone; the text as it stands when that cannot be. */
static char *decode_words(const char *text)
{
	g_autofree char *copy = NULL;
	char *decoded = NULL;
	size_t at = 0;

	if (!strstr(text, "=?"))
		return g_strdup(text);
	if (mailmime_encoded_phrase_parse("UTF-8", text, strlen(text), &at,
					  "UTF-8",
					  &decoded) == MAILIMF_NO_ERROR) {
		copy = g_strdup(decoded);
		free(decoded);
	}
	return copy ? g_steal_pointer(&copy) : g_strdup(text);
}

static void list_add(GPtrArray *list, const struct mailimf_mailbox *mailbox)
{
	g_autofree char *name = NULL;

	if (!mailbox->mb_addr_spec || !strchr(mailbox->mb_addr_spec, '@'))
		return;
	if (mailbox->mb_display_name)
		name = decode_words(mailbox->mb_display_name);
	g_ptr_array_add(list, mailbox_new(name, mailbox->mb_addr_spec));
}

static void list_add_group(GPtrArray *list, const struct mailimf_group *group)
{
	clistiter *at;

	if (!group->grp_mb_list)
		return;
	for (at = clist_begin(group->grp_mb_list->mb_list); at;
	     at = clist_next(at))
		list_add(list, clist_content(at));
}

/* The whole value as an address list; false when it is not one to its end. */
static bool parse_whole(GPtrArray *list, const char *value)
{
	struct mailimf_address_list *parsed = NULL;
	size_t len = strlen(value);
	size_t at = 0;
	bool whole;

	if (mailimf_address_list_parse(value, len, &at, &parsed) !=
	    MAILIMF_NO_ERROR)
		return false;
	mailimf_cfws_parse(value, len, &at);
	whole = at == len;
	for (clistiter *i = clist_begin(parsed->ad_list); whole && i;
	     i = clist_next(i)) {
		const struct mailimf_address *address = clist_content(i);

		if (address->ad_type == MAILIMF_ADDRESS_MAILBOX)
			list_add(list, address->ad_data.ad_mailbox);
		else
			list_add_group(list, address->ad_data.ad_group);
	}
	mailimf_address_list_free(parsed);
	return whole;
}

static void parse_piece(GPtrArray *list, const char *piece)
{
	struct mailimf_mailbox *parsed = NULL;
	size_t len = strlen(piece);
	size_t at = 0;

	if (mailimf_mailbox_parse(piece, len, &at, &parsed) != MAILIMF_NO_ERROR)
		return;
	mailimf_cfws_parse(piece, len, &at);
	if (at == len)
		list_add(list, parsed);
	mailimf_mailbox_free(parsed);
}

/*
 * Length up to the next comma outside quotes, comments and angle brackets, or
 * to the end; -1 when comments are nested too deeply.
 */
static gssize piece_length(const char *value)
{
	bool quoted = false;
	bool angle = false;
	guint depth = 0;
	gssize at;

	for (at = 0; value[at]; at++) {
		char c = value[at];

		if (c == '\\' && value[at + 1])
			at++;
		else if (c == '"' && !depth)
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '(' && ++depth > COMMENT_DEPTH)
			return -1;
		else if (c == ')' && depth)
			depth--;
		else if ((c == '<' || c == '>') && !depth)
			angle = c == '<';
		else if (c == ',' && !depth && !angle)
			break;
	}
	return at;
}

static void parse_pieces(GPtrArray *list, const char *value)
{
	for (;;) {
		gssize len = piece_length(value);
		g_autofree char *piece = g_strndup(value, (gsize)len);

		parse_piece(list, piece);
		if (!value[len])
			return;
		value += len + 1;
	}
}

/* No unescaped comment nests deeper than libetpan may follow. */
static bool is_shallow(const char *value)
{
	guint depth = 0;

	for (; *value; value++) {
		if (*value == '(' && ++depth > COMMENT_DEPTH)
			return false;
		if (*value == ')' && depth)
			depth--;
	}
	return true;
}

GPtrArray *mailbox_parse_list(const char *header, gsize len)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(
		(GDestroyNotify)mailbox_free);
	g_autofree char *value = NULL;

	if (!header || len > HEADER_BYTES)
		return list;
	value = g_strstrip(g_strndup(header, len));
	if (is_shallow(value) && !parse_whole(list, value))
		parse_pieces(list, value);
	return list;
}

/* An address without quoting, comments or blanks, which a trailer may have. */
static bool is_plain_address(const char *email)
{
	const char *at = strrchr(email, '@');

	return at && at > email && at[1] &&
	       !email[strcspn(email, " \t<>()[]\\,;:\"")];
}

struct mailbox *mailbox_parse_trailer(const char *text)
{
	const char *open = strchr(text, '<');
	const char *close = open ? strchr(open, '>') : NULL;
	g_autofree char *name = NULL;
	g_autofree char *email = NULL;
	const char *rest;

	if (!close)
		return NULL;
	rest = close + 1 + strspn(close + 1, " \t\r\n");
	name = g_strndup(text, (gsize)(open - text));
	email = g_strndup(open + 1, (gsize)(close - open - 1));
	g_strstrip(email);
	if ((*rest && *rest != '#') || strchr(name, '>') ||
	    !is_plain_address(email))
		return NULL;
	return mailbox_new(name, email);
}

char *email_key(const char *email)
{
	g_autofree char *copy = g_strstrip(g_strdup(email));
	g_autofree char *ascii = NULL;
	g_autofree char *local = NULL;
	char *domain;

	if (g_str_is_ascii(copy))
		return g_ascii_strdown(copy, -1);
	domain = strrchr(copy, '@');
	if (!g_utf8_validate(copy, -1, NULL) || !domain)
		return g_steal_pointer(&copy);
	*domain++ = '\0';
	local = g_utf8_casefold(copy, -1);
	ascii = g_hostname_to_ascii(domain);
	if (!ascii)
		return g_strconcat(local, "@", domain, NULL);
	return g_strconcat(local, "@", ascii, NULL);
}

bool email_equal(const char *a, const char *b)
{
	g_autofree char *key_a = email_key(a);
	g_autofree char *key_b = email_key(b);

	return *key_a && strcmp(key_a, key_b) == 0;
}
