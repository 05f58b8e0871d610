/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an XML-RPC answer; what was read is written and read again. */
#include <string.h>

#include "fuzz.h"
#include "intake/xmlrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t)
		value = xmlrpc_answer((const char *)data, size, &error);
	g_autoptr(json_t) params = NULL;
	g_autofree char *call = NULL;

	g_assert(!value == !!error);
	if (!json_is_object(value) && !json_is_array(value))
		return 0;
	params = json_pack("[O]", value);
	call = xmlrpc_call("m", params);
	g_assert(g_utf8_validate(call, -1, NULL));
	return 0;
}
