/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mail from a pipe, and what every raw mail is looked at for. */
#include "intake-fixture.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/base.h"
#include "intake/intake-backend.h"

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture_set_up(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	fixture_tear_down(*state);
	g_free(*state);
	return 0;
}

/* What becomes of those bytes in a pipe with a limit of 1,000,000. */
static int deliver(struct fixture *fixture, const char *data, gsize len)
{
	struct intake_sink sink = intake_store_sink(fixture->store);
	g_autoptr(GError) error = NULL;
	g_autofree char *path = fixture_path(fixture, "pipe");
	int status, fd;

	assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	status = intake_pipe_take(fd, fixture->refuse ? &fixture->sink : &sink,
				  1000000, &error);
	close(fd);
	assert_int_equal(error != NULL, status != EX_OK);
	return status;
}

static int deliver_mail(struct fixture *fixture, guint number)
{
	g_autoptr(GBytes) mail = fixture_mail(number);
	gsize len;
	const char *data = g_bytes_get_data(mail, &len);

	return deliver(fixture, data, len);
}

static void a_mail_from_a_pipe_is_stored_once(void **state)
{
	struct fixture *fixture = *state;

	for (guint i = 0; i < 3; i++) {
		assert_int_equal(deliver_mail(fixture, 0), EX_OK);
		assert_int_equal(deliver_mail(fixture, 1), EX_OK);
	}
	assert_int_equal(fixture_events(fixture), 2);
	assert_int_equal(fixture_with(fixture, "event-1."), 1);
}

static void a_mail_that_cannot_be_stored_is_to_be_tried_again(void **state)
{
	struct fixture *fixture = *state;

	fixture->refuse = 1;
	assert_int_equal(deliver_mail(fixture, 0), EX_TEMPFAIL);
	assert_int_equal(fixture_events(fixture), 0);
	assert_int_equal(deliver_mail(fixture, 0), EX_OK);
	assert_int_equal(fixture_events(fixture), 1);
}

static void a_pipe_that_cannot_be_read_is_to_be_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct intake_sink sink = intake_store_sink(fixture->store);
	g_autoptr(GError) error = NULL;

	assert_int_equal(intake_pipe_take(-1, &sink, 1000, &error),
			 EX_TEMPFAIL);
	assert_non_null(error);
}

static void an_empty_pipe_is_no_input(void **state)
{
	assert_int_equal(deliver(*state, "", 0), EX_NOINPUT);
	assert_int_equal(fixture_events(*state), 0);
}

static void a_huge_mail_is_stored_as_bad_with_its_head(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GString) huge = g_string_new("From: a@b.c\n\n");
	g_autoptr(event_t) event = NULL;

	while (huge->len < 3000000)
		g_string_append(huge, "A line that is one of very many.\n");
	assert_int_equal(deliver(fixture, huge->str, huge->len), EX_OK);
	assert_true(store_event_next(fixture->store, 0, &event, NULL));
	assert_non_null(event->bad);
	assert_int_equal(g_bytes_get_size(event->mail), INTAKE_HEAD_BYTES);
}

/* The key of a mail, as a source with those list-ids would see it. */
static char *key_of(const char *text, bool *wanted)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(
		(GDestroyNotify)intake_item_free);
	gpointer ids[] = {(gpointer)(gintptr) "course.example.org"};
	GPtrArray list_ids = {ids, 1};
	const struct source_config config = {.name = (char *)(gintptr) "x",
					     .list_ids = &list_ids};
	struct intake_batch batch = {.items = items};
	g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
	const struct intake_mail mail = {bytes, false, strlen(text)};
	const struct intake_item *item = intake_batch_add_mail(&batch, &config,
							       &mail);

	*wanted = !item->known;
	return g_strdup(item->key);
}

static void a_key_is_of_what_does_not_change(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"From: a@b.c\n\nx\n", "From: a@b.c\n\nx\n", true},
		{"From: a@b.c\n\nx\n", "From: a@b.c\n\ny\n", false},
		{"From: a@b.c\n\nx\n",
		 "From a Sat Nov 21 10:00:00 2026\nFrom: a@b.c\nStatus: RO\n"
		 "X-Keywords: a\n  b\nContent-Length: 2\n\nx\n",
		 true},
		{"From: a@b.c\n\nx\n", "From: a@b.c\nX: y\n\nx\n", false},
		{"From: a@b.c\n\nStatus: x\n", "From: a@b.c\n\nStatus: y\n",
		 false},
	};
	bool wanted;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *a = key_of(rows[i].a, &wanted);
		g_autofree char *b = key_of(rows[i].b, &wanted);

		assert_int_equal(strcmp(a, b) == 0, rows[i].same);
	}
}

static void mails_of_other_lists_are_passed_over(void **state)
{
	static const struct {
		const char *mail;
		bool wanted;
	} rows[] = {
		{"From: a@b.c\nList-Id: C <course.example.org>\n\n", true},
		{"From: a@b.c\nList-Id: <Course.Example.org>\n\n", true},
		{"From: a@b.c\nList-Id: course.example.org\n\n", true},
		{"From: a@b.c\nList-Id: <x.course.example.org>\n\n", false},
		{"From: a@b.c\n\n", false},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		bool wanted;

		g_free(key_of(rows[i].mail, &wanted));
		assert_int_equal(wanted, rows[i].wanted);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_mail_from_a_pipe_is_stored_once),
		CASE(a_mail_that_cannot_be_stored_is_to_be_tried_again),
		CASE(a_pipe_that_cannot_be_read_is_to_be_tried_again),
		CASE(an_empty_pipe_is_no_input),
		CASE(a_huge_mail_is_stored_as_bad_with_its_head),
		cmocka_unit_test(a_key_is_of_what_does_not_change),
		cmocka_unit_test(mails_of_other_lists_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
