/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two ends of the control socket share: the address, lines, and the
 * JSON objects in them. Private to the control socket and its tests.
 */
#ifndef SERVE_CONTROL_INTERNAL_H
#define SERVE_CONTROL_INTERNAL_H

#include <sys/socket.h>
#include <sys/un.h>

#include "serve/control.h"

#define CONTROL_REQUEST_BYTES (64 << 20)
#define CONTROL_TOGETHER_BYTES (256 << 20)
#define CONTROL_ANSWER_BYTES (256 << 20)
#define CONTROL_READ_BYTES (64 << 10)
#define CONTROL_CLIENTS 64
#define CONTROL_PATIENCE_MS 10000

/*
 * How a path is said to the kernel, which takes 107 bytes: a longer one by way
 * of its folder, `*folder`, to be closed after use; else that is -1. CONFIG.
 */
bool control_address(const char *path, struct sockaddr_un *address, int *folder,
		     GError **error);

/* A socket that listens, the only one of that path. */
struct control_socket {
	char *path;
	int fd, lock;
	dev_t device; /* what the path was when it was made */
	ino_t inode;
};

bool control_socket_open(struct control_socket *at, const char *path,
			 GError **error);
void control_socket_close(struct control_socket *at);

/* A line that comes in parts. */
struct control_line {
	GByteArray *bytes;
	gsize seen; /* so much of it has no newline */
	gsize limit;
};

enum control_line_state { LINE_PART, LINE_WHOLE, LINE_TOO_LONG };

void control_line_init(struct control_line *line, gsize limit);
void control_line_clear(struct control_line *line);

/* Add bytes. Whole: `bytes` is the line; what comes after it is dropped. */
enum control_line_state control_line_add(struct control_line *line,
					 const void *data, gsize len);

/* The object of a line and the row that it calls; NULL with INPUT, NOT_FOUND.
 */
json_t *control_request_read(const struct control_line *line, GError **error);
const struct control_op *control_op_find(const struct control_op *ops,
					 const json_t *request, GError **error);

/* Whether a peer may call it; CONFIG. */
bool control_op_allows(const struct control_op *op, guint uid, GError **error);

/* An answer as a line, and a line as an answer: NULL with its error. */
char *control_answer_write(json_t *answer);
json_t *control_refusal(const GError *error);
json_t *control_answer_read(const struct control_line *line, GError **error);

#endif
