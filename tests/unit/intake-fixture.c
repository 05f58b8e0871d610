// SPDX-License-Identifier: GPL-2.0-or-later
#include "intake-fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/base.h"
#include "mail/mail.h"

static bool flaky_take(gpointer data, const struct event_take *take,
		       guint *added, GError **error)
{
	struct fixture *fixture = data;
	g_autoptr(GMutexLocker)
		locked G_GNUC_UNUSED = g_mutex_locker_new(&fixture->lock);

	fixture->takes++;
	if (fixture->refuse) {
		fixture->refuse--;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the disk is full");
		return false;
	}
	return store_events_take(fixture->store, take, added, error);
}

static bool flaky_known(gpointer data, const char *source, const char *key,
			bool *known, GError **error)
{
	struct fixture *fixture = data;
	g_autoptr(GMutexLocker)
		locked G_GNUC_UNUSED = g_mutex_locker_new(&fixture->lock);

	return store_event_known(fixture->store, source, key, known, error);
}

static bool flaky_cursor(gpointer data, const char *source, char **position,
			 GError **error)
{
	struct fixture *fixture = data;
	g_autoptr(GMutexLocker)
		locked G_GNUC_UNUSED = g_mutex_locker_new(&fixture->lock);

	return store_cursor_get(fixture->store, source, position, error);
}

void fixture_set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){
		.sink = {flaky_take, flaky_known, flaky_cursor, NULL, fixture},
		.timing = {.settle_ms = 1,
			   .sweep_ms = 200,
			   .incomplete_ms = 60000,
			   .idle_ms = 1,
			   .backoff_ms = 20,
			   .backoff_most_ms = 200,
			   .timeout_ms = 5000,
			   .interval_ms = 150},
	};
	log_set_level(LOG_LEVEL_ERROR);
	fixture->dir = g_dir_make_tmp("reroll-test-XXXXXX", NULL);
	assert_non_null(fixture->dir);
	g_mutex_init(&fixture->lock);
	fixture->store = store_open(NULL, NULL);
	assert_non_null(fixture->store);
}

void fixture_tear_down(struct fixture *fixture)
{
	intake_free(fixture->intake);
	while (intake_busy())
		g_main_context_iteration(NULL, TRUE);
	store_close(fixture->store);
	g_mutex_clear(&fixture->lock);
	site_free(fixture->site);
	assert_true(tempdir_remove_tree(fixture->dir));
	g_free(fixture->dir);
}

void fixture_configure(struct fixture *fixture, const char *format, ...)
{
	struct problems *problems = problems_new();
	g_autofree char *file = fixture_path(fixture, "reroll.yaml");
	g_autofree char *keys = NULL, *text = NULL;
	va_list args;

	va_start(args, format);
	keys = g_strdup_vprintf(format, args);
	va_end(args);
	text = g_strdup_printf("sources:\n- {name: here, interval: 1s, %s}\n",
			       keys);
	fixture->site = site_parse(text, strlen(text), file, problems);
	if (!fixture->site)
		fail_msg("%s is no site file", text);
	problems_free(problems);
	fixture->config = fixture->site->sources->pdata[0];
}

void fixture_start(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	intake_free(fixture->intake);
	fixture->intake = intake_new(fixture->config, &fixture->sink,
				     &fixture->timing, &error);
	if (!fixture->intake)
		fail_msg("%s", error->message);
	intake_start(fixture->intake);
}

static gboolean on_tick(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

void fixture_wait(struct fixture *fixture, bool (*done)(struct fixture *))
{
	gint64 end_ms = clock_monotonic_ms() + WAIT_MS;
	guint tick = g_timeout_add(20, on_tick, NULL);

	while (!done(fixture)) {
		if (clock_monotonic_ms() > end_ms) {
			g_autofree char *text = intake_status_text(
				fixture->intake);

			fail_msg("waited for too long: %s, %u events", text,
				 fixture_events(fixture));
		}
		g_main_context_iteration(NULL, TRUE);
	}
	g_source_remove(tick);
}

static gboolean on_over(gpointer data)
{
	*(bool *)data = true;
	return G_SOURCE_REMOVE;
}

guint fixture_turn(guint ms)
{
	bool over = false;
	guint turns = 0;

	g_timeout_add(ms, on_over, &over);
	while (!over) {
		g_main_context_iteration(NULL, TRUE);
		turns++;
	}
	return turns;
}

struct event *fixture_event(struct fixture *fixture, gint64 after)
{
	g_autoptr(GMutexLocker)
		locked G_GNUC_UNUSED = g_mutex_locker_new(&fixture->lock);
	struct event *event;

	assert_true(store_event_next(fixture->store, after, &event, NULL));
	return event;
}

static guint count(struct fixture *fixture, const char *text, bool bad)
{
	gint64 after = 0;
	guint n = 0;

	for (;;) {
		g_autoptr(event_t) event = fixture_event(fixture, after);

		if (!event)
			return n;
		after = event->id;
		if (bad && !event->bad)
			continue;
		if (text) {
			gsize len = 0;
			const char *mail = event->mail
						   ? g_bytes_get_data(
							     event->mail, &len)
						   : NULL;

			if (!mail || !memmem(mail, len, text, strlen(text)))
				continue;
		}
		n++;
	}
}

guint fixture_events(struct fixture *fixture)
{
	return count(fixture, NULL, false);
}

guint fixture_bad(struct fixture *fixture)
{
	return count(fixture, NULL, true);
}

guint fixture_with(struct fixture *fixture, const char *text)
{
	return count(fixture, text, false);
}

static guint expected;

static bool enough(struct fixture *fixture)
{
	return fixture_events(fixture) - fixture_bad(fixture) >= expected;
}

void fixture_expect(struct fixture *fixture, guint n)
{
	expected = n;
	fixture_wait(fixture, enough);
	for (guint i = 0; i < n; i++) {
		g_autofree char *text = g_strdup_printf("event-%u.", i);

		if (fixture_with(fixture, text) != 1)
			fail_msg("%s is there %u times", text,
				 fixture_with(fixture, text));
	}
	assert_int_equal(fixture_events(fixture) - fixture_bad(fixture), n);
}

GBytes *fixture_mail(guint number)
{
	char *text = g_strdup_printf(
		"From: Jo Doe <jo@example.org>\n"
		"Date: Sat, 21 Nov 2026 10:00:00 +0000\n"
		"Message-ID: <%u@example.org>\n"
		"List-Id: Course <course.example.org>\n"
		"Subject: [PATCH] event-%u.\n\n"
		"Text.\n---\n a | 1 +\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n"
		"@@ -1 +1,2 @@\n a\n+b\n-- \n2.39.5\n",
		number, number);

	return g_bytes_new_take(text, strlen(text));
}

char *fixture_path(struct fixture *fixture, const char *name)
{
	return g_build_filename(fixture->dir, name, NULL);
}

static void maildir_set_up(struct fixture *fixture)
{
	g_autofree char *path = fixture_path(fixture, "mail");
	g_autofree char *cur = g_build_filename(path, "cur", NULL);
	g_autofree char *new = g_build_filename(path, "new", NULL);

	assert_int_equal(g_mkdir_with_parents(cur, 0700), 0);
	assert_int_equal(g_mkdir_with_parents(new, 0700), 0);
	fixture_configure(fixture, "kind: maildir, path: mail, limit: 64KiB");
}

static void maildir_post_bytes(struct fixture *fixture, GBytes *mail)
{
	g_autofree char *path = fixture_path(fixture, "mail");

	assert_true(maildir_deliver(path, mail, NULL, NULL));
}

static void maildir_post(struct fixture *fixture, guint number)
{
	g_autoptr(GBytes) mail = fixture_mail(number);

	maildir_post_bytes(fixture, mail);
}

static void mbox_set_up(struct fixture *fixture)
{
	g_autofree char *path = fixture_path(fixture, "mail");

	assert_true(g_file_set_contents(path, "", 0, NULL));
	fixture_configure(fixture, "kind: mbox, path: mail, limit: 64KiB");
}

/* As an MTA appends: locked, with a From_ line and a blank one at the end. */
static void mbox_post_bytes(struct fixture *fixture, GBytes *mail)
{
	g_autofree char *path = fixture_path(fixture, "mail");
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	gsize len;
	const char *data = g_bytes_get_data(mail, &len);
	static const char from[] = "From jo Sat Nov 21 10:00:00 2026\n";

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETLKW, &lock), 0);
	assert_true(file_write_all(fd, from, sizeof(from) - 1));
	assert_true(file_write_all(fd, data, len));
	assert_true(file_write_all(fd, "\n", 1));
	close(fd);
}

static void mbox_post(struct fixture *fixture, guint number)
{
	g_autoptr(GBytes) mail = fixture_mail(number);

	mbox_post_bytes(fixture, mail);
}

static void maildir_move(struct fixture *fixture, const char *from,
			 const char *to)
{
	g_autofree char *a = fixture_path(fixture, from);
	g_autofree char *b = fixture_path(fixture, to);

	assert_int_equal(rename(a, b), 0);
}

static void maildir_vanish(struct fixture *fixture)
{
	maildir_move(fixture, "mail", "away");
}

static void maildir_appear(struct fixture *fixture)
{
	maildir_move(fixture, "away", "mail");
}

static guint files_in(struct fixture *fixture, const char *name)
{
	g_autofree char *path = fixture_path(fixture, name);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(dir))
		n++;
	return n;
}

static guint maildir_left(struct fixture *fixture)
{
	return files_in(fixture, "mail/new");
}

const struct world world_mbox = {
	.name = "mbox",
	.set_up = mbox_set_up,
	.post = mbox_post,
	.post_bytes = mbox_post_bytes,
	.vanish = maildir_vanish,
	.appear = maildir_appear,
	.keeps = true,
};

const struct world world_maildir = {
	.name = "maildir",
	.set_up = maildir_set_up,
	.post = maildir_post,
	.post_bytes = maildir_post_bytes,
	.vanish = maildir_vanish,
	.appear = maildir_appear,
	.left = maildir_left,
	.keeps = true,
};
