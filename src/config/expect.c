/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/expect.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <string.h>

#define WORD_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

#define NAME_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static bool made_of(const char *text, const char *chars)
{
	return *text && text[strspn(text, chars)] == '\0';
}

const char *expect_word(const char *text)
{
	if (made_of(text, WORD_CHARS) && *text != '.' && *text != '-')
		return NULL;
	return "a name of letters, digits, \".\", \"_\" and \"-\"";
}

const char *expect_variable(const char *text)
{
	if (made_of(text, NAME_CHARS) && !g_ascii_isdigit(*text))
		return NULL;
	return "the name of a shell variable";
}

const char *expect_address(const char *text)
{
	const char *at = strrchr(text, '@');

	if (at && at > text && at[1] && !strpbrk(text, " \t<>,;\"()") &&
	    memchr(text, '@', (gsize)(at - text)) == NULL)
		return NULL;
	return "an address such as name@example.org";
}

/* Not absolute, and no part of it leads out of the folder. */
const char *expect_inside(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", -1);

	if (*text && *text != '/' &&
	    !g_strv_contains((const char *const *)parts, "..") &&
	    !strchr(text, '\\'))
		return NULL;
	return "a path inside the folder, without \"..\"";
}

/* What stands beside the artifacts, or is one of ours. */
static const char *const taken_names[] = {
	"log",		 "config",     "series.mbox", "reproduce.sh",
	"manifest.json", "SHA256SUMS", "result.json", "meta.json",
};

/* The first part alone: it would have to be a folder, too. */
static bool is_taken(const char *text)
{
	g_autofree char *whole = g_canonicalize_filename(text, "/");
	gsize len = strcspn(whole + 1, "/");

	for (gsize i = 0; i < G_N_ELEMENTS(taken_names); i++) {
		if (strlen(taken_names[i]) == len &&
		    strncmp(taken_names[i], whole + 1, len) == 0)
			return true;
	}
	return !len;
}

const char *expect_artifact(const char *text)
{
	if (!expect_inside(text) && !is_taken(text))
		return NULL;
	return "a path inside the folder, without \"..\", that is none of log, "
	       "config, series.mbox, reproduce.sh, manifest.json, SHA256SUMS, "
	       "result.json and meta.json";
}

const char *expect_setting(const char *text)
{
	const char *equals = strchr(text, '=');
	g_autofree char *name = g_strndup(text,
					  equals ? (gsize)(equals - text) : 0);

	if (made_of(name, NAME_CHARS) && !g_ascii_isdigit(*name))
		return NULL;
	return "an argument of make such as LLVM_IAS=1";
}

const char *expect_fragment(const char *text)
{
	if (g_str_has_prefix(text, "CONFIG_") ||
	    g_str_has_prefix(text, "# CONFIG_"))
		return NULL;
	if (!strpbrk(text, "=\n") && !expect_inside(text))
		return NULL;
	return "the path of a fragment, \"CONFIG_X=y\" or "
	       "\"# CONFIG_X is not set\"";
}

/* The rules of git-check-ref-format(1) that matter for a name from a file. */
static bool is_ref_name(const char *text)
{
	return *text && *text != '/' && *text != '-' &&
	       !g_str_has_suffix(text, "/") && !g_str_has_suffix(text, ".") &&
	       !g_str_has_suffix(text, ".lock") && !strstr(text, "..") &&
	       !strstr(text, "//") && !strstr(text, "/.") &&
	       !strstr(text, "@{") && !strpbrk(text, " ~^:?*[\\") &&
	       *text != '.';
}

const char *expect_ref(const char *text)
{
	if (g_str_has_prefix(text, "refs/") && is_ref_name(text))
		return NULL;
	return "a full ref such as refs/heads/tested";
}

const char *expect_base(const char *text)
{
	if (is_ref_name(text))
		return NULL;
	return "a tree of the site file, or tree/ref";
}

const char *expect_url(const char *text)
{
	const char *colon = strstr(text, "://");

	if (colon && colon > text && colon[3] && !strchr(text, ' '))
		return NULL;
	return "a URL such as https://example.org/";
}

/* No name and password in it, which would be shown with it. */
const char *expect_smtp(const char *text)
{
	g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
	const char *scheme = uri ? g_uri_get_scheme(uri) : "";

	if ((strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0) &&
	    g_uri_get_host(uri) && *g_uri_get_host(uri) &&
	    !*g_uri_get_path(uri) && !g_uri_get_userinfo(uri) &&
	    !g_uri_get_query(uri) && !g_uri_get_fragment(uri))
		return NULL;
	return "a mail server such as smtps://smtp.example.org or "
	       "smtp://localhost:587";
}

const char *expect_sha256(const char *text)
{
	if (strspn(text, "0123456789abcdef") == 64 && !text[64])
		return NULL;
	return "64 hex digits in lower case";
}

const char *expect_target(const char *text)
{
	if (*text && *text != '-' && !strpbrk(text, " \t="))
		return NULL;
	return "a target of make, without blanks";
}

const char *expect_language(const char *text)
{
	if (g_ascii_islower(text[0]) && g_ascii_islower(text[1]) &&
	    (!text[2] || (text[2] == '_' && g_ascii_isupper(text[3]) &&
			  g_ascii_isupper(text[4]) && !text[5])))
		return NULL;
	return "a language such as en or pt_BR";
}

const char *expect_listen(const char *text)
{
	g_autoptr(GSocketConnectable)
		parsed = g_network_address_parse(text, 0, NULL);
	GNetworkAddress *address = (GNetworkAddress *)parsed;
	const char *host = address ? g_network_address_get_hostname(address)
				   : "";

	if ((strcmp(host, "localhost") == 0 ||
	     g_hostname_is_ip_address(host)) &&
	    g_network_address_get_port(address) != 0)
		return NULL;
	return "address:port such as 127.0.0.1:8080";
}

const char *expect_reply_to(const char *text)
{
	if (strcmp(text, "submitter") == 0 || strcmp(text, "all") == 0 ||
	    !expect_address(text))
		return NULL;
	return "\"submitter\", \"all\" or an address";
}
