/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <string.h>

json_t *json_text_len(const char *text, gsize len)
{
	g_autofree char *valid = NULL;

	if (!text)
		return json_null();
	if (g_utf8_validate(text, (gssize)len, NULL))
		return json_stringn_nocheck(text, len);
	valid = g_utf8_make_valid(text, (gssize)len);
	return json_string_nocheck(valid);
}

json_t *json_text(const char *text)
{
	return json_text_len(text, text ? strlen(text) : 0);
}

json_t *json_text_array(const GPtrArray *texts)
{
	json_t *array = json_array();

	for (guint i = 0; texts && i < texts->len; i++)
		json_array_append_new(array, json_text(texts->pdata[i]));
	return array;
}

int json_write(json_t *value, FILE *to, int pretty)
{
	if (json_dumpf(value, to,
		       JSON_ENCODE_ANY | (pretty ? JSON_INDENT(1) : 0)) != 0)
		return 0;
	return fputc('\n', to) != EOF && fflush(to) == 0;
}
