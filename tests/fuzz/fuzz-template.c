/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template, a NUL byte, its data as JSON, and a NUL byte and a partial. */
#include <string.h>

#include "base/base.h"
#include "fuzz.h"

static char *same_partial(const char *name, gpointer data)
{
	return *name == 'p' ? g_strdup(data) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *text = g_strndup((const char *)data, len);
	g_autoptr(GError) error = NULL;
	g_autofree char *json = NULL, *partial = NULL, *out = NULL;
	g_autoptr(json_t) value = NULL;
	struct template_options options = {.partial = same_partial};
	size_t at = strlen(text) + 1;

	json = at < len ? g_strndup((const char *)data + at, len - at)
			: g_strdup("{}");
	at += strlen(json) + 1;
	partial = at < len ? g_strndup((const char *)data + at, len - at)
			   : g_strdup("");
	if (!g_utf8_validate(text, -1, NULL) ||
	    !g_utf8_validate(partial, -1, NULL))
		return 0;
	value = json_loads(json, JSON_DECODE_ANY, NULL);
	if (!value)
		value = json_object();
	options.escape_html = len & 1;
	options.partial_data = partial;
	out = template_render(text, value, &options, &error);
	g_assert((out != NULL) == (error == NULL));
	g_assert(!out || strlen(out) <= TEMPLATE_OUTPUT_BYTES);
	return 0;
}
