// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a websocket server says. The first byte is how many come at a time; with
 * its highest bit the answer that opens it is there already.
 */
#include <config.h>

#include <string.h>

#include "base/websocket-read.h"
#include "base/websocket.h"
#include "fuzz.h"

static void on_message(enum websocket_opcode what, const guint8 *bytes,
		       gsize len, gpointer data)
{
	gsize *total = data;

	*total += len;
	g_assert(what != WEBSOCKET_CONTINUE && what != WEBSOCKET_BINARY);
	g_assert(len <= (what == WEBSOCKET_TEXT ? WEBSOCKET_BYTES : 125));
	if (what == WEBSOCKET_TEXT)
		g_assert(strlen((const char *)bytes) == len);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
	struct websocket_reader reader;
	gsize piece, total = 0, given = len;
	GError *error = NULL;
	bool ok = true;

	if (len == 0)
		return 0;
	websocket_reader_init(&reader, "dGhlIHNhbXBsZSBub25jZQ==");
	reader.open = *data & 0x80;
	piece = MAX(*data & 0x7f, 1);
	for (data++, len--; ok && len > 0; data += piece, len -= piece) {
		piece = MIN(piece, len);
		ok = websocket_reader_feed(&reader, data, piece, on_message,
					   &total, &error);
	}
	g_assert(ok == !error && total <= given);
	g_clear_error(&error);
	websocket_reader_clear(&reader);
	return 0;
}
