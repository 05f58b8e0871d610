/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log, as a terminal and as the journal get it. The journal is one of our
 * own: two sockets where systemd's are, on a /run that only this process sees.
 */
#include "test.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"

#define JOURNAL "/run/systemd/journal"

static int entries = -1; /* what was sent to the journal */
static int listening = -1;

static int bind_socket(int type, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	return fd;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A /run of our own; as root in a namespace when we are not root. */
static int set_up(void **state)
{
	g_autofree char *users = g_strdup_printf("0 %u 1\n", getuid());
	g_autofree char *groups = g_strdup_printf("0 %u 1\n", getgid());

	(void)state;
	assert_int_equal(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
	write_file("/proc/self/uid_map", users);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/gid_map", groups);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL),
			 0);
	assert_int_equal(mount("tmpfs", "/run", "tmpfs", 0, NULL), 0);
	assert_int_equal(g_mkdir_with_parents(JOURNAL, 0755), 0);
	entries = bind_socket(SOCK_DGRAM, JOURNAL "/socket");
	listening = bind_socket(SOCK_STREAM | SOCK_NONBLOCK, JOURNAL "/stdout");
	assert_int_equal(listen(listening, 8), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(entries);
	close(listening);
	return 0;
}

static int connect_journal(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, JOURNAL "/stdout",
		  sizeof(address.sun_path));
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Log one event with `to` as stderr. */
static void log_to(int to, const char *run)
{
	int kept = dup(STDERR_FILENO);

	assert_true(dup2(to, STDERR_FILENO) >= 0);
	log_event(LOG_LEVEL_WARNING, run, "build %s failed", "x86_64");
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
}

/* The next entry, or "" when there is none. */
static char *next_entry(void)
{
	char data[4096];
	ssize_t len = recv(entries, data, sizeof(data) - 1, MSG_DONTWAIT);

	data[MAX(len, 0)] = '\0';
	return g_strdup(data);
}

static const struct {
	const char *name, *run, *project, *series, *want;
} rows[] = {
	{"an event of no run", NULL, NULL, NULL, ""},
	{"an event of a run", "7", NULL, NULL, "RUN=7\n"},
	{"of a run that is known", "8", "proctree", "lkml/12",
	 "RUN=8\nPROJECT=proctree\nSERIES=lkml/12\n"},
	{"of one whose project is not", "9", NULL, "lkml/13",
	 "RUN=9\nSERIES=lkml/13\n"},
};

static void the_journal_gets_fields(void **state)
{
	int journal = connect_journal();

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = NULL;
		g_autofree char *want = g_strconcat(
			"MESSAGE=build x86_64 failed\nPRIORITY=4\n"
			"SYSLOG_IDENTIFIER=reroll\n",
			rows[i].want, NULL);

		if (rows[i].project || rows[i].series)
			log_describe_run(rows[i].run, rows[i].project,
					 rows[i].series);
		log_to(journal, rows[i].run);
		got = next_entry();
		if (strcmp(got, want) != 0)
			fail_msg("%s: %s", rows[i].name, got);
	}
	close(journal);
}

static void a_run_that_ended_is_forgotten(void **state)
{
	int journal = connect_journal();
	g_autofree char *got = NULL;

	(void)state;
	log_describe_run("10", "proctree", "lkml/14");
	log_forget_run("10");
	log_forget_run("10");
	log_to(journal, "10");
	got = next_entry();
	assert_null(strstr(got, "PROJECT="));
	assert_non_null(strstr(got, "RUN=10\n"));
	close(journal);
}

static void what_is_no_journal_gets_a_line(void **state)
{
	char text[256];
	int ends[2];
	ssize_t len;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_to(ends[1], "7");
	len = read(ends[0], text, sizeof(text) - 1);
	text[MAX(len, 0)] = '\0';
	assert_string_equal(text,
			    "reroll: warning: build x86_64 failed (run 7)\n");
	close(ends[0]);
	close(ends[1]);
}

static void a_journal_that_takes_nothing_gets_the_line(void **state)
{
	int journal = connect_journal();
	int served = -1;
	char text[256];
	ssize_t len;

	(void)state;
	/* Those of the tests before stand in line. */
	for (int fd; (fd = accept(listening, NULL, NULL)) >= 0; served = fd)
		close(served);
	assert_int_equal(g_unlink(JOURNAL "/socket"), 0);
	log_to(journal, NULL);
	len = recv(served, text, sizeof(text) - 1, 0);
	text[MAX(len, 0)] = '\0';
	assert_string_equal(text, "reroll: warning: build x86_64 failed\n");
	close(served);
	close(journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_journal_gets_fields),
		cmocka_unit_test(a_run_that_ended_is_forgotten),
		cmocka_unit_test(what_is_no_journal_gets_a_line),
		cmocka_unit_test(a_journal_that_takes_nothing_gets_the_line),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
