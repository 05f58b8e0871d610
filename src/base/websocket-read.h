/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a websocket server says, bytes to messages, and what it is told.
 * Errors, limits and sources are those of websocket.h. Linear time.
 */
#ifndef BASE_WEBSOCKET_READ_H
#define BASE_WEBSOCKET_READ_H

#include <glib.h>
#include <stdbool.h>

enum websocket_opcode {
	WEBSOCKET_CONTINUE = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
	WEBSOCKET_OPEN = 16, /* of ours: it has taken the request */
};

typedef void (*websocket_sink)(enum websocket_opcode what, const guint8 *bytes,
			       gsize len, gpointer data);

struct websocket_reader {
	GByteArray *raw;	    /* that is no whole frame yet */
	GByteArray *message;	    /* of frames before its last one */
	enum websocket_opcode kind; /* of it; WEBSOCKET_CONTINUE: none */
	char *accept;		    /* that the server answers with */
	bool open, closed;
};

/* `key`: that of the request. */
void websocket_reader_init(struct websocket_reader *reader, const char *key);
void websocket_reader_clear(struct websocket_reader *reader);

/*
 * The next bytes; what they amount to goes to the sink, nothing after a CLOSE.
 * After an error no more may come.
 */
bool websocket_reader_feed(struct websocket_reader *reader, const guint8 *bytes,
			   gsize len, websocket_sink sink, gpointer data,
			   GError **error);

/* 16 bytes of chance in base 64; to be freed. */
char *websocket_key(void);

/* The request that begins it; NULL when the URL is none. To be freed. */
char *websocket_request(const char *url, const char *key);

/* One frame, masked; at most 125 bytes. */
GByteArray *websocket_frame(enum websocket_opcode opcode, const guint8 *bytes,
			    gsize len);

#endif
