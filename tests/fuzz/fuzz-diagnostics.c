/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "build/diagnostics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const tops[] = {"/build/src", "/build/out", NULL};
	g_autoptr(diagnostics_t) d = diagnostics_new(tops);
	g_autoptr(GPtrArray) found = NULL;
	gsize half = len / 2;

	diagnostics_feed(d, (const char *)data, half);
	diagnostics_feed(d, (const char *)data + half, len - half);
	found = diagnostics_finish(d, true);
	g_assert(found->len > 0);
	for (guint i = 0; i < found->len; i++) {
		const struct diagnostic *one = found->pdata[i];

		g_assert(g_utf8_validate(one->finding->text, -1, NULL));
		g_assert(!one->finding->file ||
			 g_utf8_validate(one->finding->file, -1, NULL));
		g_free(diagnostic_fingerprint(one->finding, one->function));
	}
	return 0;
}
