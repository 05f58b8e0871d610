/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fragment, a .config and an expression, parted by NUL bytes. */
#include "fuzz.h"

#include <string.h>

#include "build/kconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *text = g_malloc0(len + 3);
	const char *fragment = text, *config, *condition;
	g_autoptr(GPtrArray) requests = kconfig_requests_new();
	g_autoptr(GHashTable) values = NULL;
	g_autoptr(kconfig_expr_t) expr = NULL;
	g_autofree char *merged = NULL, *unmet = NULL;

	if (len)
		memcpy(text, data, len);
	config = fragment + strlen(fragment) + 1;
	condition = config + strlen(config) + 1;
	kconfig_read_fragment(fragment, "fuzz", requests, NULL);
	merged = kconfig_merge(config, requests);
	values = kconfig_values(merged);
	expr = kconfig_expr_parse(condition);
	kconfig_expr_eval(expr, values);
	kconfig_expr_opaque(expr);
	unmet = kconfig_expr_unmet(expr, TRI_Y, values, NULL);
	return 0;
}
