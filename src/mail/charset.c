/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charsets by iconv, a line at a time and each line from the initial state, as
 * git converts a log. Most mails are UTF-8 or ASCII in all but name, so lines
 * of plain ASCII go round iconv where the charset leaves ASCII alone.
 */
#include <config.h>
#include <errno.h>
#include <string.h>

#include "mail/mail-internal.h"

#define NAME_BYTES 64
#define CACHE_MOST 8

struct charset {
	GIConv iconv; /* (GIConv)-1: bytes stay as they are */
	char *name;
	bool is_ascii; /* named as ASCII: UTF-8 is what it may hide */
	bool keeps_ascii;
};

static const char *skip_dash(const char *name)
{
	return *name == '-' ? name + 1 : name;
}

static bool is_utf8(const char *name)
{
	return g_ascii_strncasecmp(name, "utf", 3) == 0 &&
	       strcmp(skip_dash(name + 3), "8") == 0;
}

static bool convert(GIConv iconv, GString *out, const char *text, gsize len)
{
	char buffer[1024];
	char *in = (char *)(gsize)text;

	g_iconv(iconv, NULL, NULL, NULL, NULL);
	for (;;) {
		char *to = buffer;
		gsize room = sizeof(buffer);
		gsize done = g_iconv(iconv, &in, &len, &to, &room);

		g_string_append_len(out, buffer, to - buffer);
		if (done != (gsize)-1)
			return true;
		if (errno != E2BIG)
			return false;
	}
}

static bool keeps_ascii(GIConv iconv)
{
	g_autoptr(GString) out = g_string_new(NULL);
	char all[95];

	for (gsize i = 0; i < sizeof(all); i++)
		all[i] = (char)(' ' + i);
	return convert(iconv, out, all, sizeof(all)) &&
	       out->len == sizeof(all) &&
	       memcmp(out->str, all, sizeof(all)) == 0;
}

static void charset_clear(gpointer data)
{
	struct charset *charset = data;

	if (charset->iconv != (GIConv)-1)
		g_iconv_close(charset->iconv);
	g_free(charset->name);
}

void charset_free(struct charset *charset)
{
	if (charset)
		g_rc_box_release_full(charset, charset_clear);
}

static struct charset *charset_new(const char *name)
{
	g_autoptr(charset_t) charset = g_rc_box_new0(struct charset);
	const char *known = name;

	charset->name = g_strdup(name);
	charset->iconv = (GIConv)-1;
	if (!*name || is_utf8(name))
		return g_steal_pointer(&charset);
	charset->is_ascii = g_ascii_strcasecmp(name, "us-ascii") == 0 ||
			    g_ascii_strcasecmp(name, "ascii") == 0;
	if (g_ascii_strcasecmp(name, "latin-1") == 0)
		known = "ISO-8859-1";
	if (strlen(name) <= NAME_BYTES && !strchr(name, '/'))
		charset->iconv = g_iconv_open("UTF-8", known);
	if (charset->iconv == (GIConv)-1)
		return NULL;
	charset->keeps_ascii = charset->is_ascii || keeps_ascii(charset->iconv);
	return g_steal_pointer(&charset);
}

static void cache_free(gpointer data)
{
	g_ptr_array_unref(data);
}

/*
 * The charsets that this thread had open last: iconv loads a library for each
 * and lets it go on closing, which costs more than reading the mail.
 */
static GPtrArray *cache_get(void)
{
	static GPrivate key = G_PRIVATE_INIT(cache_free);
	GPtrArray *cache = g_private_get(&key);

	if (!cache) {
		cache = g_ptr_array_new_with_free_func(
			(GDestroyNotify)charset_free);
		g_private_set(&key, cache);
	}
	return cache;
}

struct charset *charset_open(const char *name)
{
	GPtrArray *cache = cache_get();
	struct charset *charset;

	for (guint i = 0; i < cache->len; i++) {
		charset = cache->pdata[i];
		if (g_ascii_strcasecmp(charset->name, name) == 0)
			return g_rc_box_acquire(charset);
	}
	charset = charset_new(name);
	if (!charset)
		return NULL;
	if (cache->len == CACHE_MOST)
		g_ptr_array_remove_index(cache, 0);
	g_ptr_array_add(cache, g_rc_box_acquire(charset));
	return charset;
}

/* Printable ASCII and what ends lines: no escapes, no shifts to other sets. */
static bool is_plain(const char *text, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		guchar c = (guchar)text[i];

		if (c >= 0x80 || (c < ' ' && (c < '\t' || c > '\r')))
			return false;
	}
	return true;
}

/* A mail that says ASCII and has UTF-8 is UTF-8: git gives up, people do not.
 */
bool charset_append(struct charset *charset, GString *out, const char *text,
		    gsize len)
{
	bool as_is = charset->iconv == (GIConv)-1 ||
		     (charset->keeps_ascii && is_plain(text, len)) ||
		     (charset->is_ascii &&
		      g_utf8_validate(text, (gssize)len, NULL));

	if (!as_is)
		return convert(charset->iconv, out, text, len);
	g_string_append_len(out, text, (gssize)len);
	return true;
}

char *charset_repair(const char *text)
{
	g_autoptr(charset_t) western = NULL;
	g_autoptr(GString) out = NULL;

	if (g_utf8_validate(text, -1, NULL))
		return g_strdup(text);
	western = charset_open("WINDOWS-1252");
	out = g_string_new(NULL);
	if (western && charset_append(western, out, text, strlen(text)))
		return g_string_free(g_steal_pointer(&out), FALSE);
	return g_utf8_make_valid(text, -1);
}
