/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: how the other commands talk to a running daemon.
 *
 * Shapes: a Unix stream socket; the client writes one JSON object on one line,
 * {"call": NAME, ...}, and is answered with one line, {"ok": true, ...} or
 * {"ok": false, "error": TEXT, "code": NAME}; then the daemon closes. A mail
 * goes in it as base64. Limits: 64 MiB a request, 256 MiB of all that are on
 * their way, 10 s until it is there and 10 s without progress of the answer, 64
 * clients at a time: more wait.
 * Rights: by the peer's credentials (SO_PEERCRED). Root and who the daemon runs
 * as may do everything; others whom the socket's mode (660) and group (that of
 * the folder it is in) let in may only do what their row says (RIGHT_GROUP).
 * Errors: of control_ask(): NOT_FOUND no daemon listens there; CONFIG it must
 * not be asked by us, or is asked wrong; TEMP it went away, or says nothing for
 * a minute; what a call itself answers keeps its code.
 * Async: calls are answered from the main loop; each exactly once.
 */
#ifndef SERVE_CONTROL_H
#define SERVE_CONTROL_H

#include <gio/gio.h>
#include <jansson.h>
#include <stdbool.h>

enum control_right { RIGHT_STAFF, RIGHT_GROUP };

struct control_call {
	json_t *request; /* the whole object */
	guint uid, pid;	 /* of the peer */
	gpointer data;	 /* the server's */
};

struct control_op {
	const char *name;
	enum control_right right;
	/* Answer now or later by one of the two below; the call is alive until
	 * then. */
	void (*run)(struct control_call *call);
};

/* `answer` is taken; "ok" is added to it. */
void control_answer(struct control_call *call, json_t *answer);
/* `error` is taken. */
void control_refuse(struct control_call *call, GError *error);

struct control;

/*
 * Listen; a socket that nobody listens on any more is replaced. CONFLICT when
 * another daemon listens there. `ops` ends with a row without a name. Beside
 * the socket stays PATH.lock, which is held as long as it is listened to.
 */
struct control *control_new(const char *path, const struct control_op *ops,
			    gpointer data, GError **error);
/*
 * Nothing is taken any more; calls under way are cut off. Removes the socket.
 * Who has a call must still answer it, though nobody hears that.
 */
void control_free(struct control *control);
typedef struct control control_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(control_t, control_free)

/* For the commands: blocks. `request` is taken; NULL with an error. */
json_t *control_ask(const char *path, json_t *request, GError **error);

/*
 * The same in two steps, for who does something else when no daemon listens:
 * the descriptor, or -1; and the question, which closes it.
 */
int control_connect(const char *path, GError **error);
json_t *control_ask_on(int fd, json_t *request, GError **error);

#endif
