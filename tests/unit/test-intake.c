/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract that every source of events keeps, tried on each of them before
 * a real server: what was posted is in the store once, whatever happens.
 */
#include "intake-fixture.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/base.h"

static const struct world *const worlds[] = {
	&world_maildir, &world_mbox,	  &world_patchwork, &world_fdo,
	&world_imap,	&world_imap_move, &world_redis,	    &world_redis_list,
};

static const struct world *world; /* of the test that runs */

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture_set_up(fixture);
	world->set_up(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	g_clear_pointer(&fixture->intake, intake_free);
	while (intake_busy())
		g_main_context_iteration(NULL, TRUE);
	if (world->tear_down)
		world->tear_down(fixture);
	fixture_tear_down(fixture);
	g_free(fixture);
	return 0;
}

static bool nothing_left(struct fixture *fixture)
{
	return !world->left || world->left(fixture) == 0;
}

static bool has_worked(struct fixture *fixture)
{
	struct intake_status status;

	intake_status(fixture->intake, &status);
	g_free(status.trouble);
	return status.rounds && !status.failures;
}

static bool has_failed(struct fixture *fixture)
{
	struct intake_status status;

	intake_status(fixture->intake, &status);
	g_free(status.trouble);
	return status.failures > 1;
}

/* Patchwork's first look says where "new" begins. */
static void begin(struct fixture *fixture)
{
	fixture_start(fixture);
	fixture_wait(fixture, has_worked);
}

static void what_is_there_is_taken_once_and_acknowledged(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	for (guint i = 0; i < 100; i++)
		world->post(fixture, i);
	fixture_expect(fixture, 100);
	fixture_wait(fixture, nothing_left);
	fixture_start(fixture);
	fixture_wait(fixture, has_worked);
	fixture_turn(300);
	fixture_expect(fixture, 100);
}

static void what_comes_is_taken_as_it_comes(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	for (guint i = 0; i < 5; i++) {
		world->post(fixture, i);
		fixture_expect(fixture, i + 1);
	}
}

static void stopped_at_any_point_nothing_is_lost_or_doubled(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GRand) dice = g_rand_new_with_seed(6);
	guint posted = 0;

	begin(fixture);
	for (guint i = 0; i < 40; i++) {
		world->post(fixture, posted++);
		if (g_rand_boolean(dice))
			fixture_start(fixture);
		else
			intake_start(fixture->intake);
		fixture_turn((guint)g_rand_int_range(dice, 0, 25));
		intake_stop(fixture->intake);
	}
	intake_start(fixture->intake);
	fixture_expect(fixture, posted);
	fixture_wait(fixture, nothing_left);
}

static void what_is_not_stored_is_not_acknowledged(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	fixture->refuse = G_MAXUINT;
	for (guint i = 0; i < 5; i++)
		world->post(fixture, i);
	fixture_wait(fixture, has_failed);
	assert_int_equal(fixture_events(fixture), 0);
	if (world->left)
		assert_int_equal(world->left(fixture), 5);
	fixture->refuse = 2;
	fixture_expect(fixture, 5);
	fixture_wait(fixture, nothing_left);
}

static void a_server_that_vanishes_is_waited_for(void **state)
{
	struct fixture *fixture = *state;
	guint first = 3;

	begin(fixture);
	for (guint i = 0; i < first; i++)
		world->post(fixture, i);
	fixture_expect(fixture, first);
	fixture_wait(fixture, nothing_left);
	world->vanish(fixture);
	intake_wake(fixture->intake);
	fixture_wait(fixture, has_failed);
	world->appear(fixture);
	for (guint i = first; i < first + 3; i++)
		world->post(fixture, i);
	fixture_expect(fixture, first + 3);
	fixture_wait(fixture, has_worked);
}

static void it_does_not_turn_for_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct intake_status before, after;

	begin(fixture);
	world->post(fixture, 0);
	fixture_expect(fixture, 1);
	fixture_turn(300);
	intake_status(fixture->intake, &before);
	assert_in_range(fixture_turn(1500), 1, 80);
	intake_status(fixture->intake, &after);
	assert_in_range(after.rounds - before.rounds, 0, 12);
	g_free(before.trouble);
	g_free(after.trouble);
}

static void it_does_not_turn_for_nothing_in_trouble(void **state)
{
	struct fixture *fixture = *state;
	struct intake_status before, after;

	begin(fixture);
	world->vanish(fixture);
	intake_wake(fixture->intake);
	fixture_wait(fixture, has_failed);
	fixture_turn(500);
	intake_status(fixture->intake, &before);
	fixture_turn(1000);
	intake_status(fixture->intake, &after);
	assert_in_range(after.rounds - before.rounds, 0, 7);
	g_free(before.trouble);
	g_free(after.trouble);
	world->appear(fixture);
	fixture_wait(fixture, has_worked);
}

static bool all_bad(struct fixture *fixture)
{
	return fixture_bad(fixture) >= 3U + !world->has_no_nul;
}

static void bad_input_is_an_event_marked_bad(void **state)
{
	struct fixture *fixture = *state;
	static const char nul[] = "From: a@b.c\nMessage-ID: <1@x>\n\na\0b\n";
	g_autoptr(GString) huge = g_string_new("From: a@b.c\n\n");
	struct {
		const char *data;
		gsize len;
	} bad[] = {
		{"no mail at all\n", 15},
		{"\xff\xfe\x80\n", 4},
		{NULL, 0},
		{nul, sizeof(nul) - 1},
	};
	guint count = 3U + !world->has_no_nul;

	if (!world->post_bytes)
		return;
	while (huge->len < 200000)
		g_string_append(huge, "A line that is one of very many.\n");
	bad[2].data = huge->str;
	bad[2].len = huge->len;
	begin(fixture);
	for (gsize i = 0; i < count; i++) {
		g_autoptr(GBytes) mail = g_bytes_new(bad[i].data, bad[i].len);

		world->post_bytes(fixture, mail);
		world->post(fixture, (guint)i);
	}
	fixture_wait(fixture, all_bad);
	fixture_expect(fixture, count);
	assert_int_equal(fixture_bad(fixture), count);
	fixture_wait(fixture, nothing_left);
}

static void the_same_mail_twice_is_one_event(void **state)
{
	struct fixture *fixture = *state;

	if (!world->post_bytes)
		return;
	begin(fixture);
	world->post(fixture, 0);
	fixture_expect(fixture, 1);
	world->post(fixture, 0);
	world->post(fixture, 1);
	fixture_expect(fixture, 2);
	fixture_wait(fixture, nothing_left);
}

static void a_file_written_anew_is_read_from_its_start(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = fixture_path(fixture, "mail");
	g_autofree char *old = fixture_path(fixture, "mail.1");

	if (world != &world_mbox)
		return;
	begin(fixture);
	for (guint i = 0; i < 3; i++)
		world->post(fixture, i);
	fixture_expect(fixture, 3);
	/* Truncated, and grown beyond where we were. */
	assert_int_equal(truncate(path, 0), 0);
	for (guint i = 0; i < 5; i++)
		world->post(fixture, 4 - i);
	fixture_expect(fixture, 5);
	/* Rotated. */
	assert_int_equal(rename(path, old), 0);
	assert_true(g_file_set_contents(path, "", 0, NULL));
	for (guint i = 5; i < 8; i++)
		world->post(fixture, i);
	fixture_expect(fixture, 8);
	fixture_start(fixture);
	fixture_wait(fixture, has_worked);
	fixture_turn(300);
	fixture_expect(fixture, 8);
}

static void numbers_made_anew_double_nothing(void **state)
{
	struct fixture *fixture = *state;

	if (world != &world_imap)
		return;
	begin(fixture);
	for (guint i = 0; i < 3; i++)
		world->post(fixture, i);
	fixture_expect(fixture, 3);
	fixture_wait(fixture, nothing_left);
	fixture_imap(fixture, "renumber");
	for (guint i = 3; i < 5; i++)
		world->post(fixture, i);
	fixture_expect(fixture, 5);
	fixture_wait(fixture, nothing_left);
}

/* Killed, or cut off, between the two; more of them than a round takes. */
static void what_was_taken_but_not_marked_is_marked_later(void **state)
{
	enum { MAILS = 70 };
	struct fixture *fixture = *state;

	if (world != &world_imap)
		return;
	begin(fixture);
	for (guint i = 0; i < MAILS; i++)
		world->post(fixture, i);
	fixture_expect(fixture, MAILS);
	fixture_wait(fixture, nothing_left);
	fixture_imap(fixture, "forget");
	assert_int_equal(world->left(fixture), MAILS);
	fixture_start(fixture);
	fixture_wait(fixture, nothing_left);
	fixture_expect(fixture, MAILS);
	world->post(fixture, MAILS);
	fixture_expect(fixture, MAILS + 1);
	fixture_imap(fixture, "forget");
	world->vanish(fixture);
	intake_wake(fixture->intake);
	fixture_wait(fixture, has_failed);
	world->appear(fixture);
	fixture_wait(fixture, nothing_left);
	fixture_expect(fixture, MAILS + 1);
}

static void a_certificate_of_nobody_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct source_config config = *fixture->config;
	g_autofree char *text = NULL;

	if (!config.ca)
		return;
	config.ca = NULL;
	fixture->config = &config;
	fixture_start(fixture);
	fixture_wait(fixture, has_failed);
	text = intake_status_text(fixture->intake);
	assert_non_null(strstr(text, "is not trusted"));
	g_clear_pointer(&fixture->intake, intake_free);
	while (intake_busy())
		g_main_context_iteration(NULL, TRUE);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(what_is_there_is_taken_once_and_acknowledged),
	cmocka_unit_test(what_comes_is_taken_as_it_comes),
	cmocka_unit_test(stopped_at_any_point_nothing_is_lost_or_doubled),
	cmocka_unit_test(what_is_not_stored_is_not_acknowledged),
	cmocka_unit_test(a_server_that_vanishes_is_waited_for),
	cmocka_unit_test(it_does_not_turn_for_nothing),
	cmocka_unit_test(it_does_not_turn_for_nothing_in_trouble),
	cmocka_unit_test(bad_input_is_an_event_marked_bad),
	cmocka_unit_test(the_same_mail_twice_is_one_event),
	cmocka_unit_test(a_file_written_anew_is_read_from_its_start),
	cmocka_unit_test(numbers_made_anew_double_nothing),
	cmocka_unit_test(what_was_taken_but_not_marked_is_marked_later),
	cmocka_unit_test(a_certificate_of_nobody_is_refused),
};

/* INTAKE_WORLD and INTAKE_CASE (a pattern) say what to try alone. */
int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(cases)];
	const char *only = g_getenv("INTAKE_WORLD");
	int failed = 0;

	cmocka_set_test_filter(g_getenv("INTAKE_CASE"));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		tests[i] = cases[i];
		tests[i].setup_func = set_up;
		tests[i].teardown_func = tear_down;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(worlds); i++) {
		world = worlds[i];
		if (!only || strcmp(only, world->name) == 0)
			failed += _cmocka_run_group_tests(world->name, tests,
							  G_N_ELEMENTS(tests),
							  NULL, NULL);
	}
	return failed;
}
