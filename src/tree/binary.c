/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary changes of a git diff: base-85 lines hold a zlib stream, which is the
 * new content or a delta against the old one. Nothing is allocated beyond the
 * caller's limit whatever the diff claims.
 *
 * Source: git's diff.c "GIT binary patch", Documentation/technical/pack-format
 * "deltified representation".
 */
#include <config.h>
#include <string.h>
#include <zlib.h>

#include "tree/tree-internal.h"

static const char digits[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	"abcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/* Five digits into four bytes; false when they are none. */
static bool decode_group(const char *at, guint8 bytes[4])
{
	guint64 value = 0;

	for (int i = 0; i < 5; i++) {
		const char *digit = at[i] ? strchr(digits, at[i]) : NULL;

		if (!digit)
			return false;
		value = value * 85 + (guint64)(digit - digits);
	}
	if (value > G_MAXUINT32)
		return false;
	for (int i = 0; i < 4; i++)
		bytes[i] = (guint8)(value >> (24 - 8 * i));
	return true;
}

/* One line: a letter for the count of bytes, then groups of five digits. */
static bool decode_line(GByteArray *to, const char *at, const char *eol)
{
	gsize count = *at <= 'Z' ? (gsize)(*at - 'A') + 1
				 : (gsize)(*at - 'a') + 27;

	for (at++; at < eol; at += 5) {
		guint8 bytes[4];

		if (eol - at < 5 || !decode_group(at, bytes))
			return false;
		g_byte_array_append(to, bytes, (guint)MIN(count, 4));
		count -= MIN(count, 4);
	}
	return count == 0;
}

static GByteArray *decode_lines(const struct patch_binary *binary)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	const char *at = binary->data, *end = at + binary->data_len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);

		if (!eol || !decode_line(bytes, at, eol))
			return NULL;
		at = eol + 1;
	}
	return g_steal_pointer(&bytes);
}

/* Exactly `size` bytes out of the stream, or NULL. */
static GBytes *inflate_all(const GByteArray *packed, gsize size)
{
	g_autofree guint8 *data = g_malloc(size + 1);
	z_stream stream = {0};
	int status;

	if (inflateInit(&stream) != Z_OK)
		return NULL;
	stream.next_in = packed->data;
	stream.avail_in = packed->len;
	stream.next_out = data;
	stream.avail_out = (uInt)size + 1;
	status = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	if (status != Z_STREAM_END || stream.total_out != size)
		return NULL;
	return g_bytes_new_take(g_steal_pointer(&data), size);
}

struct delta {
	const guint8 *at, *end;
};

/* Seven bits a byte, lowest first. */
static bool delta_read_size(struct delta *delta, guint64 *size)
{
	guint shift = 0;
	guint8 byte;

	*size = 0;
	do {
		if (delta->at == delta->end || shift > 56)
			return false;
		byte = *delta->at++;
		*size |= (guint64)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return true;
}

/* The bytes of a number whose presence the bits of `mask` tell. */
static bool delta_read_number(struct delta *delta, guint mask, int bytes,
			      gsize *value)
{
	*value = 0;
	for (int i = 0; i < bytes; i++) {
		if (!(mask >> i & 1))
			continue;
		if (delta->at == delta->end)
			return false;
		*value |= (gsize)*delta->at++ << (8 * i);
	}
	return true;
}

/* One instruction: copy from the old content, or take bytes that follow. */
static bool delta_step(struct delta *delta, GBytes *old_content, GByteArray *to,
		       gsize size)
{
	guint command = *delta->at++;
	gsize old_len, offset, count = command;
	const guint8 *from = (const guint8 *)tree_bytes(old_content, &old_len);

	if (command & 0x80) {
		if (!delta_read_number(delta, command & 0xf, 4, &offset) ||
		    !delta_read_number(delta, command >> 4 & 7, 3, &count))
			return false;
		if (count == 0)
			count = 0x10000;
		if (offset > old_len || count > old_len - offset)
			return false;
		from += offset;
	} else {
		if (count == 0 || count > (gsize)(delta->end - delta->at))
			return false;
		from = delta->at;
		delta->at += count;
	}
	if (count > size - to->len)
		return false;
	g_byte_array_append(to, from, (guint)count);
	return true;
}

static GBytes *delta_apply(GBytes *bytes, GBytes *old_content, gsize size_limit)
{
	g_autoptr(GByteArray) to = g_byte_array_new();
	struct delta delta;
	guint64 old_size, size;
	gsize len;

	delta.at = (const guint8 *)tree_bytes(bytes, &len);
	delta.end = delta.at + len;
	if (!delta_read_size(&delta, &old_size) ||
	    !delta_read_size(&delta, &size) ||
	    old_size != g_bytes_get_size(old_content) || size > size_limit)
		return NULL;
	while (delta.at < delta.end) {
		if (!delta_step(&delta, old_content, to, size))
			return NULL;
	}
	if (to->len != size)
		return NULL;
	return g_byte_array_free_to_bytes(g_steal_pointer(&to));
}

bool binary_is_sound(const struct patch_binary *binary, gsize size_limit)
{
	g_autoptr(GByteArray) packed = NULL;
	g_autoptr(GBytes) bytes = NULL;

	if (binary->method == BINARY_NONE)
		return true;
	packed = binary->size <= size_limit ? decode_lines(binary) : NULL;
	bytes = packed ? inflate_all(packed, binary->size) : NULL;
	return bytes != NULL;
}

GBytes *binary_apply(const struct patch_binary *binary, GBytes *old_content,
		     gsize size_limit, const char **fault)
{
	g_autoptr(GByteArray) packed = NULL;
	g_autoptr(GBytes) bytes = NULL;
	GBytes *result;

	if (binary->size > size_limit) {
		*fault = "is larger than the limit";
		return NULL;
	}
	packed = decode_lines(binary);
	bytes = packed ? inflate_all(packed, binary->size) : NULL;
	if (!bytes) {
		*fault = "is damaged";
		return NULL;
	}
	if (binary->method == BINARY_LITERAL)
		return g_steal_pointer(&bytes);
	result = delta_apply(bytes, old_content, size_limit);
	if (!result)
		*fault = "was made for another version of the file";
	return result;
}
