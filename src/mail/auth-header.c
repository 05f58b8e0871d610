/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One Authentication-Results header by the grammar of RFC 8601 section 2.2,
 * read once from left to right. Where servers differ from it the reading is as
 * wide as it can be without a doubt about what was meant: a word that is no
 * property ("action=none") is passed over, a semicolon may stand at the end.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "mail/mail-internal.h"

#define WORD_BYTES 1000
#define CHECKS_MOST 64

/* Blanks and comments; false: a comment is not closed. */
static bool skip_cfws(const char **at)
{
	guint depth = 0;

	for (; **at && (depth || mail_is_blank(**at) || **at == '('); ++*at) {
		if (**at == '(')
			depth++;
		else if (depth && **at == ')')
			depth--;
		else if (depth && **at == '\\' && (*at)[1])
			++*at;
	}
	return !depth;
}

/* Letters, digits, "-" and "_" in lower case; false: there is none. */
static bool read_word(const char **at, GString *word)
{
	const char *start = *at;

	for (; g_ascii_isalnum(**at) || **at == '-' || **at == '_'; ++*at) {
		if (word->len < WORD_BYTES)
			g_string_append_c(word, g_ascii_tolower(**at));
	}
	return *at > start;
}

/* "dkim", "dkim/1", "header.d", with blanks where they may stand; or NULL. */
static char *read_name(const char **at)
{
	g_autoptr(GString) name = g_string_new(NULL);

	if (!read_word(at, name) || !skip_cfws(at))
		return NULL;
	while (**at == '.' || **at == '/') {
		g_string_append_c(name, *(*at)++);
		if (!skip_cfws(at) || !read_word(at, name) || !skip_cfws(at))
			return NULL;
	}
	return g_string_free(g_steal_pointer(&name), FALSE);
}

/* What is in quotes, `*at` on the first of them; false: they are not closed. */
static bool read_quoted(const char **at, GString *value)
{
	for (++*at; **at && **at != '"'; ++*at) {
		if (**at == '\\' && (*at)[1])
			++*at;
		if (value->len < WORD_BYTES)
			g_string_append_c(value, **at);
	}
	if (!**at)
		return false;
	++*at;
	return true;
}

/* A token, a quoted string, or an address with a quoted local part. */
static char *read_value(const char **at)
{
	g_autoptr(GString) value = g_string_new(NULL);

	if (**at == '"' && !read_quoted(at, value))
		return NULL;
	for (; **at && !mail_is_blank(**at) && !strchr(";()\"", **at); ++*at) {
		if (value->len < WORD_BYTES)
			g_string_append_c(value, **at);
	}
	return g_string_free(g_steal_pointer(&value), FALSE);
}

static bool read_equals(const char **at)
{
	if (!skip_cfws(at) || **at != '=')
		return false;
	++*at;
	return skip_cfws(at);
}

static enum auth_verdict verdict_of(const char *word)
{
	static const struct {
		const char *word;
		enum auth_verdict verdict;
	} rows[] = {
		{"none", AUTH_NONE},	 {"pass", AUTH_PASS},
		{"fail", AUTH_FAIL},	 {"softfail", AUTH_FAIL},
		{"hardfail", AUTH_FAIL}, {"policy", AUTH_FAIL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].verdict;
	}
	return AUTH_UNSURE;
}

/* Method version 1 is the only one there is. */
static enum auth_method method_of(char *name)
{
	static const char *const names[] = {"dkim", "spf", "dmarc"};
	char *slash = strchr(name, '/');

	if (slash && strcmp(slash, "/1") != 0)
		return AUTH_METHODS;
	if (slash)
		*slash = '\0';
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum auth_method)i;
	}
	return AUTH_METHODS;
}

/* What the properties of one result say that we ask for. */
struct properties {
	char *domain, *identity, *helo;
};

typedef struct properties properties_t;
static void properties_clear(struct properties *said)
{
	g_free(said->domain);
	g_free(said->identity);
	g_free(said->helo);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(properties_t, properties_clear)

/* The field that a property of this method goes to; NULL: none. */
static char **field_of(struct properties *said, enum auth_method method,
		       const char *name)
{
	static const struct {
		enum auth_method method;
		const char *name;
		gsize offset;
	} rows[] = {
		{AUTH_DKIM, "header.d", offsetof(struct properties, domain)},
		{AUTH_DKIM, "header.i", offsetof(struct properties, identity)},
		{AUTH_SPF, "smtp.mailfrom",
		 offsetof(struct properties, domain)},
		{AUTH_SPF, "smtp.helo", offsetof(struct properties, helo)},
		{AUTH_DMARC, "header.from",
		 offsetof(struct properties, domain)},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].method == method && strcmp(rows[i].name, name) == 0)
			return (char **)(gpointer)((char *)said +
						   rows[i].offset);
	}
	return NULL;
}

/* The domain of an address, "@domain", or "domain"; NULL when it is none. */
static char *domain_of(const char *text)
{
	const char *sign = strrchr(text, '@');
	g_autofree char *bare = g_strdup(sign ? sign + 1 : text);
	gsize len = strlen(bare);

	if (len && bare[len - 1] == '>')
		bare[len - 1] = '\0';
	return auth_domain(bare);
}

static void add_check(GPtrArray *checks, enum auth_method method,
		      const char *verdict, const struct properties *said)
{
	struct auth_check *check;
	const char *domain = said->domain;

	if (checks->len == CHECKS_MOST || (said->helo && !domain))
		return;
	if (!domain)
		domain = said->identity;
	check = g_new0(struct auth_check, 1);
	check->method = method;
	check->verdict = verdict_of(verdict);
	check->domain = domain ? domain_of(domain) : NULL;
	if (said->identity)
		check->identity = text_one_line(said->identity, -1, WORD_BYTES);
	g_ptr_array_add(checks, check);
}

/* "name=value" behind a result: kept when it is one that we ask for. */
static bool read_property(const char **at, enum auth_method method,
			  struct properties *said)
{
	g_autofree char *name = read_name(at);
	g_autofree char *value = NULL;
	char **field;

	if (!name || !read_equals(at))
		return false;
	value = read_value(at);
	if (!value || !skip_cfws(at))
		return false;
	field = field_of(said, method, name);
	if (field && !*field)
		*field = g_steal_pointer(&value);
	return true;
}

/* "method=result reason=... type.property=value ...", `*at` on its start. */
static bool read_result(const char **at, GPtrArray *checks)
{
	g_auto(properties_t) said = {NULL, NULL, NULL};
	g_autofree char *name = read_name(at);
	g_autofree char *verdict = NULL;
	enum auth_method method;

	if (name && strcmp(name, "none") == 0 && (!**at || **at == ';'))
		return true;
	if (!name || !read_equals(at))
		return false;
	verdict = read_name(at);
	if (!verdict)
		return false;
	method = method_of(name);
	while (**at && **at != ';') {
		if (!read_property(at, method, &said))
			return false;
	}
	if (method != AUTH_METHODS)
		add_check(checks, method, verdict, &said);
	return true;
}

char *auth_header_server(const char **at)
{
	g_autofree char *server = NULL;

	if (!skip_cfws(at))
		return NULL;
	server = read_value(at);
	return server && *server ? g_steal_pointer(&server) : NULL;
}

bool auth_header_read(const char *at, GPtrArray *checks)
{
	if (!skip_cfws(&at))
		return false;
	if (g_ascii_isdigit(*at)) {
		if (strspn(at, "0123456789") != 1 || *at++ != '1' ||
		    !skip_cfws(&at))
			return false;
	}
	while (*at == ';') {
		at++;
		if (!skip_cfws(&at))
			return false;
		if (*at && !read_result(&at, checks))
			return false;
	}
	return !*at;
}
