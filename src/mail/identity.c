/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who sent this, and did they sign it. The rules, in the order they are tried;
 * the first that decides ends it:
 *
 * 1. The submitter is the one mailbox of the From header. Two or more that have
 *    an address are no-match "from-ambiguous", none is "address-unknown".
 * 2. When From is the address of a list that is known to rewrite it (and the
 *    mail carries that list's List-Id), or of a trusted relay, the submitter
 *    is X-Original-From, else Reply-To, else the in-body From, the first of
 *    them that is one mailbox. If none is: review "munged-unrecoverable" of
 *    whoever the last sign-off belongs to. "via" in a name proves nothing.
 * 3. Addresses are equal as email_equal() says; tags, dots and subdomains are
 *    part of an address. An empty address in the roster matches nothing.
 * 4. Nobody has the address. If somebody has it without its +tag, review
 *    "plus-tag". If the last sign-off has both the address and the name of
 *    exactly one person, review "from-unlisted" of that person: people post
 * from private addresses, and anybody can write anybody's sign-off. Otherwise
 *    no-match "address-unknown": a name alone never identifies anybody.
 * 5. Several people share the address: the one whose name the last sign-off
 * has; if that is not exactly one, no-match "ambiguous".
 * 6. There must be a sign-off (no-match "no-signoff"), the last one must be
 *    "Name <address>" ("signoff-malformed") and have an address of that person.
 *    If an earlier one has: "signoff-not-last". If the address is somebody
 *    else's or the name is another: "signoff-other-person". If only the address
 *    is new: review "signoff-address-unknown".
 * 7. An in-body From names the author. If that is somebody else, they must have
 *    signed off too: else review "author-not-signed".
 * 8. The name in the last sign-off must be the roster's after NFC, blanks
 *    folded, quotes around it dropped and full case folding; no accents,
 * scripts or name orders are guessed. Else review: "name-empty",
 *    "invisible-character" (joiners are fine where the roster has them too),
 *    "name-order" (the same words), "name-differs".
 *
 * In an open project (no roster) whoever signed off last is the submitter;
 * rules 6 and 7 hold as far as they need no roster. Anybody can write anybody's
 * sign-off there too, so it is answered only where the mail came from its
 * address; else the answer goes to the one who posted.
 */
#include <config.h>
#include <string.h>

#include "mail/identity.h"
#include "mail/trailers.h"

#define ZERO_WIDTH_NON_JOINER 0x200c
#define ZERO_WIDTH_JOINER 0x200d

struct inquiry {
	const struct message *message;
	const struct identity_rules *rules;
	GPtrArray *signoffs;
	const struct mailbox *last; /* sign-off; NULL: none or malformed */
	struct mailbox *submitter;
	const char *hint; /* the reason of a match, when something is special */
	const struct person *who;
	enum identity_decision decision;
	const char *reason;
};

const char *identity_decision_name(enum identity_decision decision)
{
	static const char *const names[] = {
		[IDENTITY_MATCH] = "match",
		[IDENTITY_REVIEW] = "review",
		[IDENTITY_NO_MATCH] = "no-match",
	};

	return names[decision];
}

GPtrArray *message_signoffs(const struct message *message)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(
		(GDestroyNotify)mailbox_free);

	for (guint i = 0; message->trailers && i < message->trailers->len;
	     i++) {
		const struct trailer *trailer = message->trailers->pdata[i];

		if (g_ascii_strcasecmp(trailer->key, "Signed-off-by") == 0)
			g_ptr_array_add(list,
					mailbox_parse_trailer(trailer->value));
	}
	return list;
}

/* Ends the inquiry: every rule that decides returns through here. */
static bool decide(struct inquiry *inquiry, enum identity_decision decision,
		   const char *reason)
{
	inquiry->decision = decision;
	inquiry->reason = reason;
	return true;
}

static const char *next_char(const char *at)
{
	return at + g_utf8_skip[(guchar)*at];
}

static bool is_blank(gunichar c)
{
	return g_unichar_isspace(c) || g_unichar_type(c) == G_UNICODE_CONTROL;
}

static char *fold_blanks(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool blank = false;

	for (; *text; text = next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (is_blank(c)) {
			blank = out->len > 0;
			continue;
		}
		if (blank)
			g_string_append_c(out, ' ');
		blank = false;
		g_string_append_unichar(out, c);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *drop_quotes(const char *text)
{
	gsize len = strlen(text);

	if (len >= 2 && strchr("\"'", text[0]) && text[len - 1] == text[0]) {
		g_autofree char *inner = g_strndup(text + 1, len - 2);

		return fold_blanks(inner);
	}
	return g_strdup(text);
}

static char *compose(const char *text)
{
	return g_utf8_normalize(text, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

static char *fold_case(const char *text)
{
	g_autofree char *folded = g_utf8_casefold(text, -1);

	return compose(folded);
}

/* What is done to a name before it is compared, step by step. */
static const struct {
	char *(*fold)(const char *text);
	const char *reason; /* when names are equal from this step on */
} name_steps[] = {
	{g_strdup, "exact"},	       {compose, "nfc-equal"},
	{fold_blanks, "space-folded"}, {drop_quotes, "quoted-name"},
	{fold_case, "case-folded"},
};

/* Why two names are the same; NULL when they are not. Both are made equal. */
static const char *names_equal(const char *a, const char *b)
{
	g_autofree char *x = g_utf8_make_valid(a, -1);
	g_autofree char *y = g_utf8_make_valid(b, -1);

	for (gsize i = 0; i < G_N_ELEMENTS(name_steps); i++) {
		char *next_x = name_steps[i].fold(x);
		char *next_y = name_steps[i].fold(y);

		g_free(x);
		g_free(y);
		x = next_x;
		y = next_y;
		if (strcmp(x, y) == 0)
			return name_steps[i].reason;
	}
	return NULL;
}

static char *fold_name(const char *name)
{
	g_autofree char *text = g_utf8_make_valid(name, -1);

	for (gsize i = 0; i < G_N_ELEMENTS(name_steps); i++) {
		char *next = name_steps[i].fold(text);

		g_free(text);
		text = next;
	}
	return g_steal_pointer(&text);
}

static int compare_words(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The words of a name without commas, in alphabetical order. */
static char *sorted_words(const char *name)
{
	g_autofree char *folded = fold_name(name);
	g_autofree char *plain = fold_blanks(g_strdelimit(folded, ",", ' '));
	g_auto(GStrv) words = g_strsplit(plain, " ", -1);

	qsort(words, g_strv_length(words), sizeof(*words), compare_words);
	return g_strjoinv(" ", words);
}

/* Has a character that is not seen; joiners count only if `joiners` is set. */
static bool has_invisible(const char *name, bool joiners)
{
	for (; *name; name = next_char(name)) {
		gunichar c = g_utf8_get_char(name);
		bool joiner = c == ZERO_WIDTH_NON_JOINER ||
			      c == ZERO_WIDTH_JOINER;

		if (g_unichar_type(c) == G_UNICODE_FORMAT &&
		    (joiners || !joiner))
			return true;
	}
	return false;
}

/* `key` is of email_key(). */
static bool has_key(const char *email, const char *key)
{
	g_autofree char *other = NULL;

	if (!*key)
		return false;
	if (g_str_is_ascii(email) && !strpbrk(email, " \t\r\n"))
		return g_ascii_strcasecmp(email, key) == 0;
	other = email_key(email);
	return strcmp(other, key) == 0;
}

static bool person_has(const struct person *person, const char *email)
{
	g_autofree char *key = email_key(email);

	for (guint i = 0; i < person->emails->len; i++) {
		if (has_key(person->emails->pdata[i], key))
			return true;
	}
	return false;
}

/*
 * How many people of the roster have the address (and the name, when one is
 * asked for); `found` is the first.
 */
static guint roster_find(const GPtrArray *roster, const char *email,
			 const char *name, const struct person **found)
{
	g_autofree char *key = email_key(email);
	guint count = 0;

	*found = NULL;
	for (guint i = 0; i < roster->len; i++) {
		const struct person *person = roster->pdata[i];
		bool has = false;

		for (guint j = 0; j < person->emails->len && !has; j++)
			has = has_key(person->emails->pdata[j], key);
		if (!has || (name && !names_equal(name, person->name)))
			continue;
		if (!count++)
			*found = person;
	}
	return count;
}

/* The one mailbox of a raw header value, or NULL. */
static struct mailbox *only_mailbox(const char *value)
{
	g_autoptr(GPtrArray)
		list = mailbox_parse_list(value, value ? strlen(value) : 0);
	const struct mailbox *only;

	if (list->len != 1)
		return NULL;
	only = list->pdata[0];
	return mailbox_new(only->name, only->email);
}

static bool find_submitter(struct inquiry *inquiry)
{
	const GPtrArray *from = inquiry->message->from;
	const struct mailbox *only;

	if (!from || !from->len)
		return decide(inquiry, IDENTITY_NO_MATCH, "address-unknown");
	if (from->len > 1)
		return decide(inquiry, IDENTITY_NO_MATCH, "from-ambiguous");
	only = from->pdata[0];
	inquiry->submitter = mailbox_new(only->name, only->email);
	return false;
}

/* "List name <list.example.org>" is the id list.example.org. */
static bool list_id_is(const char *header, const char *id)
{
	const char *open = header ? strrchr(header, '<') : NULL;
	gsize len = strlen(id);

	if (!header)
		return false;
	open = open ? open + 1 : header + strspn(header, " \t");
	return g_ascii_strncasecmp(open, id, len) == 0 &&
	       strchr("> \t\r\n", open[len]);
}

static bool is_munged(const struct inquiry *inquiry)
{
	const struct identity_rules *rules = inquiry->rules;
	const char *email = inquiry->submitter->email;
	g_autofree char *key = email_key(email);

	for (guint i = 0; rules->munging_lists && i < rules->munging_lists->len;
	     i++) {
		const struct munging_list *list = rules->munging_lists
							  ->pdata[i];

		if (list->list_id && email_equal(list->address, email) &&
		    list_id_is(inquiry->message->list_id, list->list_id))
			return true;
	}
	for (guint i = 0;
	     rules->trusted_relays && i < rules->trusted_relays->len; i++) {
		if (g_pattern_match_simple(rules->trusted_relays->pdata[i],
					   key))
			return true;
	}
	return false;
}

static bool recover_submitter(struct inquiry *inquiry)
{
	const struct message *message = inquiry->message;
	const struct {
		const char *value, *hint;
	} sources[] = {
		{message->x_original_from, "munged-recovered"},
		{message->reply_to, "munged-recovered"},
		{message->inbody_from, "in-body-from"},
	};

	if (!is_munged(inquiry))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		struct mailbox *found = only_mailbox(sources[i].value);

		if (!found)
			continue;
		mailbox_free(inquiry->submitter);
		inquiry->submitter = found;
		inquiry->hint = sources[i].hint;
		return false;
	}
	if (inquiry->rules->roster && inquiry->last)
		roster_find(inquiry->rules->roster, inquiry->last->email, NULL,
			    &inquiry->who);
	return decide(inquiry, IDENTITY_REVIEW, "munged-unrecoverable");
}

/* Without its +tag; NULL when it has none. */
static char *without_tag(const char *email)
{
	const char *plus = strchr(email, '+');
	const char *at = strrchr(email, '@');

	if (!plus || !at || plus > at)
		return NULL;
	return g_strdup_printf("%.*s%s", (int)(plus - email), email, at);
}

/* Nobody has the address that the mail came from. */
static bool decide_unlisted(struct inquiry *inquiry)
{
	const GPtrArray *roster = inquiry->rules->roster;
	g_autofree char *plain = without_tag(inquiry->submitter->email);
	const struct mailbox *last = inquiry->last;

	if (plain && roster_find(roster, plain, NULL, &inquiry->who))
		return decide(inquiry, IDENTITY_REVIEW, "plus-tag");
	if (last &&
	    roster_find(roster, last->email, last->name, &inquiry->who) == 1)
		return decide(inquiry, IDENTITY_REVIEW, "from-unlisted");
	inquiry->who = NULL;
	return decide(inquiry, IDENTITY_NO_MATCH, "address-unknown");
}

static bool find_person(struct inquiry *inquiry)
{
	const GPtrArray *roster = inquiry->rules->roster;
	const char *email = inquiry->submitter->email;
	const struct mailbox *last = inquiry->last;
	guint count;

	if (!roster)
		return false;
	count = roster_find(roster, email, NULL, &inquiry->who);
	if (count == 0)
		return decide_unlisted(inquiry);
	if (count == 1)
		return false;
	if (last &&
	    roster_find(roster, email, last->name, &inquiry->who) == 1) {
		inquiry->hint = "shared-address";
		return false;
	}
	inquiry->who = NULL;
	return decide(inquiry, IDENTITY_NO_MATCH, "ambiguous");
}

static bool signed_earlier(const struct inquiry *inquiry)
{
	for (guint i = 0; i + 1 < inquiry->signoffs->len; i++) {
		const struct mailbox *signoff = inquiry->signoffs->pdata[i];

		if (signoff && person_has(inquiry->who, signoff->email))
			return true;
	}
	return false;
}

static bool check_signoff(struct inquiry *inquiry)
{
	const struct mailbox *last = inquiry->last;
	const struct person *other;

	if (!inquiry->signoffs->len)
		return decide(inquiry, IDENTITY_NO_MATCH, "no-signoff");
	if (!last)
		return decide(inquiry, IDENTITY_NO_MATCH, "signoff-malformed");
	if (!inquiry->who || person_has(inquiry->who, last->email))
		return false;
	if (signed_earlier(inquiry))
		return decide(inquiry, IDENTITY_NO_MATCH, "signoff-not-last");
	if (roster_find(inquiry->rules->roster, last->email, NULL, &other) ||
	    !names_equal(last->name, inquiry->who->name))
		return decide(inquiry, IDENTITY_NO_MATCH,
			      "signoff-other-person");
	return decide(inquiry, IDENTITY_REVIEW, "signoff-address-unknown");
}

static bool check_author(struct inquiry *inquiry)
{
	g_autoptr(mailbox_t) author = NULL;

	if (!inquiry->message->inbody_from)
		return false;
	author = only_mailbox(inquiry->message->inbody_from);
	if (author &&
	    (email_equal(author->email, inquiry->submitter->email) ||
	     (inquiry->who && person_has(inquiry->who, author->email))))
		return false;
	for (guint i = 0; author && i < inquiry->signoffs->len; i++) {
		const struct mailbox *signoff = inquiry->signoffs->pdata[i];

		if (signoff && email_equal(signoff->email, author->email))
			return false;
	}
	return decide(inquiry, IDENTITY_REVIEW, "author-not-signed");
}

/* Why the sign-off's name is not the roster's. */
static const char *name_trouble(const char *name, const char *wanted)
{
	g_autofree char *words = sorted_words(name);
	g_autofree char *wanted_words = sorted_words(wanted);

	if (has_invisible(name, true))
		return "invisible-character";
	return strcmp(words, wanted_words) == 0 ? "name-order" : "name-differs";
}

static bool check_name(struct inquiry *inquiry)
{
	const char *name = inquiry->last->name;
	const char *reason;

	if (!*name)
		return decide(inquiry, IDENTITY_REVIEW, "name-empty");
	if (has_invisible(name, false))
		return decide(inquiry, IDENTITY_REVIEW, "invisible-character");
	if (!inquiry->who)
		return decide(inquiry, IDENTITY_MATCH, "open-project");
	reason = names_equal(name, inquiry->who->name);
	if (!reason)
		return decide(inquiry, IDENTITY_REVIEW,
			      name_trouble(name, inquiry->who->name));
	if (inquiry->hint)
		reason = inquiry->hint;
	else if (!email_equal(inquiry->last->email, inquiry->submitter->email))
		reason = "second-address";
	return decide(inquiry, IDENTITY_MATCH, reason);
}

static bool (*const rules_in_order[])(struct inquiry *) = {
	find_submitter, recover_submitter, find_person,
	check_signoff,	check_author,	   check_name,
};

/* The address to answer: the sign-off's when it is theirs, else the first. */
static const char *person_email(const struct inquiry *inquiry)
{
	const GPtrArray *emails = inquiry->who->emails;

	if (inquiry->last && person_has(inquiry->who, inquiry->last->email))
		return inquiry->last->email;
	for (guint i = 0; i < emails->len; i++) {
		const char *email = emails->pdata[i];

		if (*email)
			return email;
	}
	return NULL;
}

static struct identity *make_answer(const struct inquiry *inquiry)
{
	struct identity *identity = g_new0(struct identity, 1);
	const struct mailbox *person = inquiry->submitter;

	/* The name that they sign with, not another address than they have. */
	if (!inquiry->rules->roster && inquiry->last && person &&
	    email_equal(inquiry->last->email, person->email))
		person = inquiry->last;
	identity->decision = inquiry->decision;
	identity->reason = inquiry->reason;
	identity->who = inquiry->who;
	if (inquiry->submitter) {
		identity->posted_from = g_strdup(inquiry->submitter->email);
		identity->posted_name = g_strdup(inquiry->submitter->name);
	}
	if (inquiry->who) {
		identity->name = g_strstrip(g_strdup(inquiry->who->name));
		identity->email = g_strdup(person_email(inquiry));
	} else if (person) {
		identity->name = g_strdup(person->name);
		identity->email = g_strdup(person->email);
	}
	return identity;
}

struct identity *identity_decide(const struct message *message,
				 const struct identity_rules *rules)
{
	struct inquiry inquiry = {.message = message, .rules = rules};
	g_autoptr(GPtrArray) signoffs = message_signoffs(message);
	struct identity *answer;
	bool decided = false;

	inquiry.signoffs = signoffs;
	if (signoffs->len)
		inquiry.last = signoffs->pdata[signoffs->len - 1];
	for (gsize i = 0; !decided; i++)
		decided = rules_in_order[i](&inquiry);
	answer = make_answer(&inquiry);
	mailbox_free(inquiry.submitter);
	return answer;
}

void identity_free(struct identity *identity)
{
	if (!identity)
		return;
	g_free(identity->name);
	g_free(identity->email);
	g_free(identity->posted_from);
	g_free(identity->posted_name);
	g_free(identity);
}
