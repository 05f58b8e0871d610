/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands' end of the control socket: it blocks, with patience. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "serve/control-internal.h"

#define ANSWER_S 60

static int fail_to_connect(const char *path, int why, GError **error)
{
	g_autofree char *quoted = text_quote(path, -1);

	switch (why) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "no daemon listens at %s", quoted);
		break;
	case EACCES:
	case EPERM:
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the daemon at %s must not be asked by you: try it "
			    "with sudo, or have yourself added to the group "
			    "of its state folder",
			    quoted);
		break;
	case EAGAIN:
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the daemon at %s lets nobody in: it hangs, or is "
			    "asked by very many",
			    quoted);
		break;
	default:
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the daemon at %s cannot be asked: %s", quoted,
			    g_strerror(why));
	}
	return -1;
}

int control_connect(const char *path, GError **error)
{
	const struct timeval patience = {.tv_sec = ANSWER_S};
	struct sockaddr_un address;
	int folder, fd, why = 0;

	if (!control_address(path, &address, &folder, error))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		       sizeof(patience)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) != 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		why = errno;
	if (folder >= 0)
		close(folder);
	if (!why)
		return fd;
	if (fd >= 0)
		close(fd);
	return fail_to_connect(path, why, error);
}

/* It may have answered and closed before it has read all. */
static bool send_line(int fd, const char *line, GError **error)
{
	gsize len = strlen(line);

	while (len > 0) {
		ssize_t n = send(fd, line, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return true;
		if (n < 0) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    "the daemon does not take the request: %s",
				    g_strerror(errno));
			return false;
		}
		line += n;
		len -= (gsize)n;
	}
	return true;
}

static const char *why_no_answer(ssize_t n)
{
	if (n == 0 || errno == ECONNRESET)
		return "the daemon went away before it answered: \"reroll "
		       "status\" tells whether it runs";
	if (errno == EAGAIN)
		return "the daemon has not answered for a minute: it hangs";
	return g_strerror(errno);
}

static bool read_line(int fd, struct control_line *line, GError **error)
{
	g_autofree char *buffer = g_malloc(CONTROL_READ_BYTES);
	enum control_line_state state = LINE_PART;
	ssize_t n = 0;

	while (state == LINE_PART) {
		n = recv(fd, buffer, CONTROL_READ_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		state = control_line_add(line, buffer, (gsize)n);
	}
	if (state != LINE_WHOLE)
		g_set_error_literal(error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    state == LINE_TOO_LONG
					    ? "the daemon's answer has no end"
					    : why_no_answer(n));
	return state == LINE_WHOLE;
}

json_t *control_ask_on(int fd, json_t *request, GError **error)
{
	g_autoptr(json_t) taken = request;
	g_autofree char *text = control_answer_write(taken);
	struct control_line line;
	json_t *answer = NULL;

	g_assert(text);
	control_line_init(&line, CONTROL_ANSWER_BYTES);
	if (send_line(fd, text, error) && read_line(fd, &line, error))
		answer = control_answer_read(&line, error);
	control_line_clear(&line);
	close(fd);
	return answer;
}

json_t *control_ask(const char *path, json_t *request, GError **error)
{
	g_autoptr(json_t) taken = request;
	int fd = control_connect(path, error);

	return fd >= 0 ? control_ask_on(fd, g_steal_pointer(&taken), error)
		       : NULL;
}
