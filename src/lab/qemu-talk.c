// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is heard of the machine: QEMU connects its serial port to a socket of
 * ours, in the folder that the sandbox may write to. What comes there goes to
 * the console's log and, line by line, to the judge, who also looks at the
 * clock when nothing comes.
 */
#include "lab/qemu-run.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lab/lab-internal.h"

#define READ_BYTES 65536

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void look_later(struct qemu_run *run);

static void check_over(struct qemu_run *run)
{
	if (run->judge.over)
		g_cancellable_cancel(run->stop);
	else
		look_later(run);
}

static gboolean look_now(gpointer data)
{
	struct qemu_run *run = data;

	g_clear_pointer(&run->timer, g_source_unref);
	judge_look(&run->judge, clock_monotonic_ms());
	check_over(run);
	return G_SOURCE_REMOVE;
}

/* One that comes too soon looks and waits again. */
static void look_later(struct qemu_run *run)
{
	gint64 next = judge_next_ms(&run->judge);
	gint64 left = next - clock_monotonic_ms();

	if (run->timer && run->timer_ms <= next)
		return;
	source_drop(&run->timer);
	run->timer_ms = next;
	run->timer = g_timeout_source_new((guint)CLAMP(left, 1, G_MAXINT));
	g_source_set_callback(run->timer, look_now, run, NULL);
	g_source_attach(run->timer, run->context);
}

static void take_event(const struct console_event *event, gpointer data)
{
	static const char suite[] = "STARTRUN ";
	struct qemu_run *run = data;
	g_autofree char *line = NULL;

	judge_take(&run->judge, event, clock_monotonic_ms());
	if (!run->job->progress || event->what != CONSOLE_SIGNAL ||
	    !g_str_has_prefix(event->text, suite))
		return;
	line = g_strconcat("suite ", event->text + strlen(suite), NULL);
	run->job->progress(line, run->job->data);
}

/* False when there is no more for now. */
static bool read_some(struct qemu_run *run)
{
	char bytes[READ_BYTES];
	ssize_t n;

	do {
		n = read(run->fd, bytes, sizeof(bytes));
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			close_fd(&run->fd);
		return false;
	}
	log_file_write(run->log, bytes, (gsize)n);
	judge_hear(&run->judge, clock_monotonic_ms());
	console_feed(run->console, bytes, (gsize)n);
	return true;
}

static gboolean console_ready(gint fd, GIOCondition condition, gpointer data)
{
	struct qemu_run *run = data;

	(void)fd;
	(void)condition;
	read_some(run);
	check_over(run);
	if (run->fd >= 0)
		return G_SOURCE_CONTINUE;
	g_clear_pointer(&run->source, g_source_unref);
	return G_SOURCE_REMOVE;
}

static void watch_fd(struct qemu_run *run, int fd, GUnixFDSourceFunc callback)
{
	source_drop(&run->source);
	run->source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP);
	g_source_set_callback(run->source, G_SOURCE_FUNC(callback), run, NULL);
	g_source_attach(run->source, run->context);
}

/* QEMU is the only one that comes. */
static gboolean machine_connected(gint fd, GIOCondition condition,
				  gpointer data)
{
	struct qemu_run *run = data;

	(void)condition;
	run->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (run->fd < 0)
		return G_SOURCE_CONTINUE;
	close_fd(&run->listen_fd);
	watch_fd(run, run->fd, console_ready);
	return G_SOURCE_REMOVE;
}

/* By way of the open folder, as a socket's path has room for 107 bytes. */
bool qemu_talk_listen(struct qemu_run *run, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dir = open(run->out, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	g_snprintf(address.sun_path, sizeof(address.sun_path),
		   "/proc/self/fd/%d/console", dir);
	run->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok = dir >= 0 && run->listen_fd >= 0 &&
	     bind(run->listen_fd, (const struct sockaddr *)&address,
		  sizeof(address)) == 0 &&
	     chmod(address.sun_path, 0666) == 0 &&
	     listen(run->listen_fd, 1) == 0;
	if (!ok)
		qemu_set_errno(error, "gets no socket", run->out);
	if (dir >= 0)
		close(dir);
	if (ok)
		watch_fd(run, run->listen_fd, machine_connected);
	return ok;
}

void qemu_talk_begin(struct qemu_run *run)
{
	judge_init(&run->judge, run->job, run->notes, clock_monotonic_ms());
	run->judging = true;
	run->console = console_new(run->word, take_event, run);
	look_later(run);
}

void qemu_talk_end(struct qemu_run *run)
{
	while (run->fd >= 0 && read_some(run))
		;
	console_end(run->console);
}

void qemu_talk_close(struct qemu_run *run)
{
	source_drop(&run->source);
	source_drop(&run->timer);
	close_fd(&run->listen_fd);
	close_fd(&run->fd);
}
