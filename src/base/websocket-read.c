// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/websocket-read.h"

#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/text.h"
#include "base/websocket.h"

#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* section 1.3 */
#define ANSWER_BYTES 8192
#define KEY_BYTES 16
#define MASK_BYTES 4
#define CONTROL_MOST 125

/* The two bytes that a frame begins with. */
#define FIN 0x80
#define RESERVED 0x70
#define OPCODE 0x0f
#define MASKED 0x80
#define LENGTH 0x7f

static bool refuse(GError **error, const char *why)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the server breaks the websocket protocol: %s", why);
	return false;
}

static bool too_much(GError **error)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
		    "the server sends too much at once");
	return false;
}

static void draw(guint8 *bytes, gsize len)
{
	gssize got;

	do
		got = getrandom(bytes, len, 0);
	while (got < 0);
	g_assert((gsize)got == len);
}

char *websocket_key(void)
{
	guint8 key[KEY_BYTES];

	draw(key, sizeof(key));
	return g_base64_encode(key, sizeof(key));
}

char *websocket_request(const char *url, const char *key)
{
	g_autoptr(GUri) uri = g_uri_parse(
		url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;
	g_autofree char *port = NULL;

	if (!host || !*host || strpbrk(url, " \r\n"))
		return NULL;
	port = g_uri_get_port(uri) > 0
		       ? g_strdup_printf(":%d", g_uri_get_port(uri))
		       : g_strdup("");
	return g_strdup_printf("GET %s HTTP/1.1\r\n"
			       "Host: %s%s%s%s\r\n"
			       "Upgrade: websocket\r\n"
			       "Connection: Upgrade\r\n"
			       "Sec-WebSocket-Key: %s\r\n"
			       "Sec-WebSocket-Version: 13\r\n"
			       "\r\n",
			       *g_uri_get_path(uri) ? g_uri_get_path(uri) : "/",
			       strchr(host, ':') ? "[" : "", host,
			       strchr(host, ':') ? "]" : "", port, key);
}

GByteArray *websocket_frame(enum websocket_opcode opcode, const guint8 *bytes,
			    gsize len)
{
	GByteArray *frame = g_byte_array_new();
	guint8 begin[2 + MASK_BYTES];

	g_assert(len <= CONTROL_MOST);
	begin[0] = (guint8)(FIN | opcode);
	begin[1] = (guint8)(MASKED | len);
	draw(begin + 2, MASK_BYTES);
	g_byte_array_append(frame, begin, sizeof(begin));
	for (gsize i = 0; i < len; i++) {
		guint8 byte = bytes[i] ^ begin[2 + i % MASK_BYTES];

		g_byte_array_append(frame, &byte, 1);
	}
	return frame;
}

void websocket_reader_init(struct websocket_reader *reader, const char *key)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[20];
	gsize len = sizeof(digest);

	g_checksum_update(sum, (const guchar *)key, -1);
	g_checksum_update(sum, (const guchar *)MAGIC, -1);
	g_checksum_get_digest(sum, digest, &len);
	*reader = (struct websocket_reader){
		.raw = g_byte_array_new(),
		.message = g_byte_array_new(),
		.accept = g_base64_encode(digest, len),
	};
}

void websocket_reader_clear(struct websocket_reader *reader)
{
	g_byte_array_unref(reader->raw);
	g_byte_array_unref(reader->message);
	g_free(reader->accept);
}

/* Whether the list of words in a header has this one. */
static bool has_word(const char *list, const char *word)
{
	g_auto(GStrv) words = g_strsplit(list, ",", -1);

	for (char **at = words; *at; at++) {
		if (g_ascii_strcasecmp(g_strstrip(*at), word) == 0)
			return true;
	}
	return false;
}

/* What the answer must have, each once; and what was not asked for. */
struct answer {
	bool upgrade, connection, accept, more;
};

static void answer_header(const struct websocket_reader *reader,
			  struct answer *answer, char *line)
{
	char *value = strchr(line, ':');

	if (!value)
		return;
	*value++ = '\0';
	g_strstrip(value);
	if (g_ascii_strcasecmp(line, "Upgrade") == 0)
		answer->upgrade = has_word(value, "websocket");
	else if (g_ascii_strcasecmp(line, "Connection") == 0)
		answer->connection = has_word(value, "upgrade");
	else if (g_ascii_strcasecmp(line, "Sec-WebSocket-Accept") == 0)
		answer->accept = strcmp(value, reader->accept) == 0;
	else if (g_ascii_strcasecmp(line, "Sec-WebSocket-Extensions") == 0 ||
		 g_ascii_strcasecmp(line, "Sec-WebSocket-Protocol") == 0)
		answer->more = true;
}

static bool check_answer(const struct websocket_reader *reader,
			 const char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
	g_autofree char *first = text_quote(lines[0] ? lines[0] : "", -1);
	struct answer answer = {false};

	if (!g_str_has_prefix(text, "HTTP/1.1 101 ")) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no websocket: the server says %s", first);
		return false;
	}
	for (char **line = lines + 1; *line; line++)
		answer_header(reader, &answer, *line);
	if (answer.upgrade && answer.connection && answer.accept &&
	    !answer.more)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    "there is no websocket: the answer is to something else");
	return false;
}

/* `fresh`: bytes that came last. `used` 0: not all of the answer is there. */
static bool take_answer(struct websocket_reader *reader, gsize fresh,
			gsize *used, GError **error)
{
	const char *begin = (const char *)reader->raw->data;
	gsize len = reader->raw->len;
	gsize looked = len - fresh > 3 ? len - fresh - 3 : 0;
	const char *end = len ? g_strstr_len(begin + looked,
					     (gssize)(len - looked), "\r\n\r\n")
			      : NULL;
	g_autofree char *text = NULL;

	*used = 0;
	if (!end)
		return len <= ANSWER_BYTES || too_much(error);
	text = g_strndup(begin, (gsize)(end - begin));
	if (!check_answer(reader, text, error))
		return false;
	*used = (gsize)(end - begin) + 4;
	reader->open = true;
	return true;
}

/* A frame of the server; `head` 0: it is not there yet. */
struct frame {
	enum websocket_opcode opcode;
	bool fin;
	gsize head;
	guint64 len;
};

static bool read_head(const guint8 *bytes, gsize len, struct frame *frame,
		      GError **error)
{
	guint8 small;
	gsize more;

	*frame = (struct frame){.fin = false};
	if (len < 2)
		return true;
	if (bytes[0] & RESERVED)
		return refuse(error, "reserved bits are set");
	if (bytes[1] & MASKED)
		return refuse(error, "a frame is masked");
	small = bytes[1] & LENGTH;
	more = small == 127 ? 8 : small == 126 ? 2 : 0;
	if (len < 2 + more)
		return true;
	frame->len = more ? 0 : small;
	for (gsize i = 0; i < more; i++)
		frame->len = frame->len << 8 | bytes[2 + i];
	if ((more == 2 && frame->len < 126) ||
	    (more == 8 && (frame->len <= G_MAXUINT16 || frame->len >> 63)))
		return refuse(error, "a length is not as it must be");
	frame->opcode = bytes[0] & OPCODE;
	frame->fin = bytes[0] & FIN;
	frame->head = 2 + more;
	return true;
}

static bool check_frame(const struct websocket_reader *reader,
			const struct frame *frame, GError **error)
{
	switch (frame->opcode) {
	case WEBSOCKET_CLOSE:
	case WEBSOCKET_PING:
	case WEBSOCKET_PONG:
		return (frame->fin && frame->len <= CONTROL_MOST) ||
		       refuse(error, "a control frame is too large");
	case WEBSOCKET_CONTINUE:
		if (!reader->kind)
			return refuse(error, "nothing is to be continued");
		break;
	case WEBSOCKET_TEXT:
	case WEBSOCKET_BINARY:
		if (reader->kind)
			return refuse(error, "a message is not ended");
		break;
	default:
		return refuse(error, "an unknown kind of frame");
	}
	return frame->len <= WEBSOCKET_BYTES - reader->message->len ||
	       too_much(error);
}

static bool take_message(struct websocket_reader *reader, websocket_sink sink,
			 gpointer data, GError **error)
{
	GByteArray *message = reader->message;
	enum websocket_opcode kind = reader->kind;

	reader->kind = WEBSOCKET_CONTINUE;
	if (kind == WEBSOCKET_TEXT) {
		/* An end, for those who take it for a string. */
		g_byte_array_append(message, (const guint8 *)"", 1);
		if (!g_utf8_validate_len((const char *)message->data,
					 message->len - 1, NULL))
			return refuse(error, "a text is not UTF-8");
		sink(kind, message->data, message->len - 1, data);
	}
	g_byte_array_set_size(message, 0);
	return true;
}

static bool take_frame(struct websocket_reader *reader,
		       const struct frame *frame, const guint8 *bytes,
		       websocket_sink sink, gpointer data, GError **error)
{
	gsize len = (gsize)frame->len;

	if (frame->opcode == WEBSOCKET_CLOSE && len == 1)
		return refuse(error, "half a reason to close");
	if (frame->opcode >= WEBSOCKET_CLOSE) {
		reader->closed = frame->opcode == WEBSOCKET_CLOSE;
		sink(frame->opcode, bytes, len, data);
		return true;
	}
	if (frame->opcode != WEBSOCKET_CONTINUE)
		reader->kind = frame->opcode;
	g_byte_array_append(reader->message, bytes, (guint)len);
	return !frame->fin || take_message(reader, sink, data, error);
}

bool websocket_reader_feed(struct websocket_reader *reader, const guint8 *bytes,
			   gsize len, websocket_sink sink, gpointer data,
			   GError **error)
{
	gsize used = 0;

	g_byte_array_append(reader->raw, bytes, (guint)len);
	if (!reader->open) {
		if (!take_answer(reader, len, &used, error))
			return false;
		if (reader->open)
			sink(WEBSOCKET_OPEN, NULL, 0, data);
	}
	while (reader->open && !reader->closed) {
		const guint8 *at = reader->raw->data + used;
		gsize left = reader->raw->len - used;
		struct frame frame;

		if (!read_head(at, left, &frame, error))
			return false;
		if (!frame.head)
			break;
		if (!check_frame(reader, &frame, error))
			return false;
		if (left - frame.head < frame.len)
			break;
		if (!take_frame(reader, &frame, at + frame.head, sink, data,
				error))
			return false;
		used += frame.head + (gsize)frame.len;
	}
	if (used)
		g_byte_array_remove_range(reader->raw, 0, (guint)used);
	return true;
}
