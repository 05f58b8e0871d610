/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which Authentication-Results of a mail count, by the rule of the header, and
 * what follows from them. The headers come one by one from the top; `open` says
 * whether those of ours still may.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "mail/mail-internal.h"

#define DOMAIN_BYTES 255
#define SIGNATURES_MOST 64

static const char *const method_names[] = {"dkim", "spf", "dmarc"};

struct auth_reader {
	const GPtrArray *servers;
	struct auth_result *result;
	GHashTable *signatures; /* domains that the mail is signed by */
	bool closed;		/* what comes now came with the mail */
	bool border;		/* a server of ours took it from another */
	guint told;		/* bits of methods told of further up */
	guint n_from;
};

static void check_free(gpointer data)
{
	struct auth_check *check = data;

	g_free(check->domain);
	g_free(check->identity);
	g_free(check);
}

struct auth_result *auth_result_new(void)
{
	struct auth_result *auth = g_new0(struct auth_result, 1);

	auth->checks = g_ptr_array_new_with_free_func(check_free);
	return auth;
}

void auth_result_free(struct auth_result *auth)
{
	if (!auth)
		return;
	g_ptr_array_unref(auth->checks);
	g_free(auth);
}

char *auth_domain(const char *text)
{
	gsize len = strnlen(text, DOMAIN_BYTES + 1);
	g_autofree char *bare = NULL;
	g_autofree char *ascii = NULL;

	if (len > DOMAIN_BYTES || !g_utf8_validate(text, (gssize)len, NULL))
		return NULL;
	if (len && text[len - 1] == '.')
		len--;
	bare = g_strndup(text, len);
	ascii = g_hostname_to_ascii(bare);
	if (!ascii || !strchr(ascii, '.') || *ascii == '.' ||
	    strstr(ascii, "..") ||
	    ascii[strspn(ascii, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS ".-_")])
		return NULL;
	return g_ascii_strdown(ascii, -1);
}

/* Whether `host` is `domain` or below it. */
static bool is_within(const char *host, const char *domain)
{
	gsize len = strlen(host), most = strlen(domain);

	if (len < most || g_ascii_strcasecmp(host + len - most, domain) != 0)
		return false;
	return len == most || host[len - most - 1] == '.';
}

struct auth_reader *auth_reader_new(const GPtrArray *servers)
{
	struct auth_reader *reader = g_new0(struct auth_reader, 1);

	reader->servers = servers;
	reader->result = auth_result_new();
	reader->signatures = g_hash_table_new_full(g_str_hash, g_str_equal,
						   g_free, NULL);
	return reader;
}

void auth_reader_free(struct auth_reader *reader)
{
	if (!reader)
		return;
	auth_result_free(reader->result);
	g_hash_table_unref(reader->signatures);
	g_free(reader);
}

static bool is_our_server(const struct auth_reader *reader, const char *id)
{
	for (guint i = 0; i < reader->servers->len; i++) {
		if (g_ascii_strcasecmp(reader->servers->pdata[i], id) == 0)
			return true;
	}
	return false;
}

static bool is_our_host(const struct auth_reader *reader, const char *host)
{
	for (guint i = 0; i < reader->servers->len; i++) {
		if (is_within(host, reader->servers->pdata[i]))
			return true;
	}
	return false;
}

/* The next word of a Received, comments passed over; NULL at its end. */
static char *next_word(const char **at)
{
	guint depth = 0;
	gsize len;

	for (; **at && (depth || strchr(" \t\r\n()", **at)); ++*at) {
		if (**at == '(')
			depth++;
		else if (**at == ')' && depth)
			depth--;
	}
	len = strcspn(*at, " \t\r\n();");
	*at += len;
	return len ? g_strndup(*at - len, len) : NULL;
}

/* "from HOST ... by HOST ...": the second host; NULL: there is none. */
static char *received_by(const char *value, bool *has_from)
{
	g_autofree char *word = next_word(&value);

	*has_from = word && g_ascii_strcasecmp(word, "from") == 0;
	if (*has_from)
		g_free(next_word(&value));
	while (word && g_ascii_strcasecmp(word, "by") != 0) {
		g_free(word);
		word = next_word(&value);
	}
	return word ? next_word(&value) : NULL;
}

static void take_received(struct auth_reader *reader, const char *value)
{
	bool has_from;
	g_autofree char *host = received_by(value, &has_from);

	if (host && is_our_host(reader, host))
		reader->border |= has_from;
	else if (reader->border || has_from)
		reader->closed = true;
}

/* The upper header of ours that tells of a method is the one that counts. */
static void take_checks(struct auth_reader *reader, GPtrArray *checks)
{
	guint told = reader->told;

	for (guint i = 0; i < checks->len; i++) {
		struct auth_check *check = checks->pdata[i];

		reader->told |= 1U << check->method;
		if (told & 1U << check->method)
			continue;
		g_ptr_array_add(reader->result->checks, check);
		checks->pdata[i] = NULL;
	}
}

static void check_drop(gpointer data)
{
	if (data)
		check_free(data);
}

static void take_results(struct auth_reader *reader, const char *value)
{
	g_autoptr(GPtrArray)
		checks = g_ptr_array_new_with_free_func(check_drop);
	g_autofree char *server = auth_header_server(&value);

	if (!server || !is_our_server(reader, server))
		return;
	if (auth_header_read(value, checks))
		take_checks(reader, checks);
	else
		reader->result->broken = reader->closed = true;
}

/* The tag d= of RFC 6376 section 3.5. */
static void take_signature(struct auth_reader *reader, const char *value)
{
	while (g_hash_table_size(reader->signatures) < SIGNATURES_MOST) {
		gsize len = strcspn(value, ";");
		g_autofree char *tag = g_strstrip(g_strndup(value, len));
		char *equals = strchr(tag, '=');

		if (equals && *tag == 'd' &&
		    (equals == tag + 1 || mail_is_blank(tag[1]))) {
			char *domain = auth_domain(g_strstrip(equals + 1));

			if (domain)
				g_hash_table_add(reader->signatures, domain);
			return;
		}
		if (!value[len])
			return;
		value += len + 1;
	}
}

void auth_reader_take(struct auth_reader *reader, enum mail_header header,
		      const char *value)
{
	if (header == HEADER_FROM)
		reader->n_from++;
	else if (header == HEADER_DKIM_SIGNATURE)
		take_signature(reader, value);
	else if (header == HEADER_RECEIVED && !reader->closed)
		take_received(reader, value);
	else if (header == HEADER_AUTH_RESULTS && !reader->closed)
		take_results(reader, value);
}

/* header.i alone may name a domain below the one that signed. */
static bool is_signed(const struct auth_reader *reader, const char *domain)
{
	for (const char *at = domain; at; at = strchr(at, '.')) {
		at += *at == '.';
		if (g_hash_table_contains(reader->signatures, at))
			return true;
	}
	return false;
}

struct auth_result *auth_reader_end(struct auth_reader *reader)
{
	struct auth_result *result = g_steal_pointer(&reader->result);

	result->many_from = reader->n_from > 1;
	for (guint i = result->checks->len; i-- > 0;) {
		const struct auth_check *check = result->checks->pdata[i];

		if (check->method == AUTH_DKIM && check->verdict == AUTH_PASS &&
		    !(check->domain && is_signed(reader, check->domain)))
			g_ptr_array_remove_index(result->checks, i);
	}
	return result;
}

enum auth_verdict auth_result_verdict(const struct auth_result *auth,
				      enum auth_method method)
{
	static const guint worth[] = {
		[AUTH_NONE] = 0,
		[AUTH_UNSURE] = 1,
		[AUTH_FAIL] = 2,
		[AUTH_PASS] = 3,
	};
	enum auth_verdict best = AUTH_NONE;

	for (guint i = 0; i < auth->checks->len; i++) {
		const struct auth_check *check = auth->checks->pdata[i];

		if (check->method == method &&
		    worth[check->verdict] > worth[best])
			best = check->verdict;
	}
	return best;
}

/* What follows the last dot but one: of one owner as often as not. */
static const char *last_two(const char *domain)
{
	guint dots = 0;
	const char *at = domain + strlen(domain);

	while (at > domain && dots < 2)
		dots += *--at == '.';
	return dots == 2 ? at + 1 : at;
}

/* DKIM or SPF passed for a domain that may be of the same owner. */
static bool is_kin_proved(const struct auth_result *auth, const char *domain)
{
	for (guint i = 0; i < auth->checks->len; i++) {
		const struct auth_check *check = auth->checks->pdata[i];

		if (check->method != AUTH_DMARC &&
		    check->verdict == AUTH_PASS && check->domain &&
		    strcmp(last_two(check->domain), last_two(domain)) == 0)
			return true;
	}
	return false;
}

static bool is_proof(const struct auth_result *auth,
		     const struct auth_check *check, const char *domain)
{
	if (check->verdict != AUTH_PASS || !check->domain)
		return false;
	if (check->method == AUTH_DMARC)
		return strcmp(check->domain, domain) == 0 &&
		       is_kin_proved(auth, domain);
	return is_within(domain, check->domain);
}

/* The domain of the only sender; NULL. */
static char *sender_domain(const struct auth_result *auth,
			   const GPtrArray *from)
{
	const struct mailbox *box = from->len == 1 ? from->pdata[0] : NULL;
	const char *sign = box ? strrchr(box->email, '@') : NULL;

	return sign && !auth->many_from ? auth_domain(sign + 1) : NULL;
}

static bool is_proved(const struct auth_result *auth, const char *domain)
{
	bool proved = false;

	for (guint i = 0; i < auth->checks->len; i++) {
		const struct auth_check *check = auth->checks->pdata[i];

		if (check->method == AUTH_DMARC && check->verdict == AUTH_FAIL)
			return false;
		proved = proved || is_proof(auth, check, domain);
	}
	return proved && !auth->broken;
}

bool auth_result_vouches(const struct auth_result *auth, const GPtrArray *from,
			 char **why)
{
	g_autofree char *domain = sender_domain(auth, from);
	g_autofree char *said = NULL;

	if (domain && is_proved(auth, domain))
		return true;
	if (!why)
		return false;
	said = auth_result_text(auth);
	if (!domain)
		*why = g_strdup("the mail does not come from one address at a "
				"domain");
	else if (auth->broken)
		*why = g_strdup("an Authentication-Results header of our own "
				"server cannot be read");
	else
		*why = g_strdup_printf("our mail server did not find the mail "
				       "to come from %s: %s",
				       domain, said);
	return false;
}

static void append_check(GString *text, const struct auth_check *check)
{
	static const char *const words[] = {
		[AUTH_NONE] = "none",
		[AUTH_PASS] = "pass",
		[AUTH_FAIL] = "fail",
		[AUTH_UNSURE] = "unsure",
	};

	g_string_append_printf(text, "%s%s=%s", text->len ? ", " : "",
			       method_names[check->method],
			       words[check->verdict]);
	if (check->domain)
		g_string_append_printf(text, " (%s)", check->domain);
}

char *auth_result_text(const struct auth_result *auth)
{
	GString *text = g_string_new(NULL);
	guint told = 0;

	for (guint i = 0; i < auth->checks->len; i++) {
		const struct auth_check *check = auth->checks->pdata[i];

		append_check(text, check);
		told |= 1U << check->method;
	}
	for (guint method = 0; method < AUTH_METHODS; method++) {
		const struct auth_check none = {.method = method};

		if (!(told & 1U << method))
			append_check(text, &none);
	}
	return g_string_free(text, FALSE);
}
