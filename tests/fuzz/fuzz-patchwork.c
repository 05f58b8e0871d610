// SPDX-License-Identifier: GPL-2.0-or-later
/* What a Patchwork may answer: events of both editions, and an mbox. */
#include "fuzz.h"

#include "intake/patchwork-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(
		(GDestroyNotify)intake_item_free);
	struct intake_batch batch = {.items = items};
	g_autoptr(json_t) value = json_loadb((const char *)data, size, 0, NULL);
	g_autoptr(GBytes) mbox = g_bytes_new(data, size);
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *ids = patchwork_ids(value);

	patchwork_read_events(value, &batch);
	patchwork_fdo_read_events(value, &batch);
	patchwork_mbox_has(mbox, ids ? ids : "1,2");
	for (guint i = 0; i < items->len; i++) {
		const struct intake_item *item = items->pdata[i];

		g_assert(item->key && item->own);
	}
	if (patchwork_time_ok(text))
		g_free(patchwork_time_back(text, 7200));
	return 0;
}
