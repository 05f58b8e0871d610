/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is Patchwork's own among sources: every race and quirk of both editions,
 * each switched on in a server that speaks as they do.
 */
#include "intake-fixture.h"

#include "base/base.h"
#include "intake/patchwork-internal.h"

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
	world->tear_down(fixture);
	fixture_tear_down(fixture);
	g_free(fixture);
	return 0;
}

static bool has_worked(struct fixture *fixture)
{
	struct intake_status status;

	intake_status(fixture->intake, &status);
	g_free(status.trouble);
	return status.rounds && !status.failures;
}

static void begin(struct fixture *fixture)
{
	fixture_start(fixture);
	fixture_wait(fixture, has_worked);
}

/* An order with single quotes for double ones; the number it answers. */
G_GNUC_PRINTF(2, 3)
static gint64 tell(struct fixture *fixture, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autoptr(json_t) answer = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_strdelimit(text, "'", '"');
	answer = fixture_order(fixture, json_loads(text, 0, NULL));
	return json_integer_value(answer);
}

static guint wanted;

static bool as_many(struct fixture *fixture)
{
	return fixture_events(fixture) >= wanted;
}

/* So many events and after some more rounds not one more. */
static void expect(struct fixture *fixture, guint count)
{
	wanted = count;
	fixture_wait(fixture, as_many);
	fixture_turn(700);
	assert_int_equal(fixture_events(fixture), count);
}

static struct event *event_number(struct fixture *fixture, guint number)
{
	struct event *event = NULL;
	gint64 after = 0;

	for (guint i = 0; i <= number; i++) {
		g_clear_pointer(&event, event_free);
		event = fixture_event(fixture, after);
		assert_non_null(event);
		after = event->id;
	}
	return event;
}

static void what_was_there_before_us_is_not_ours(void **state)
{
	struct fixture *fixture = *state;

	for (guint i = 0; i < 3; i++)
		tell(fixture, "{'op': 'series', 'name': 'old'}");
	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'new'}");
	expect(fixture, 1);
	assert_int_equal(fixture_with(fixture, " new\n"), 1);
}

static void a_series_comes_with_its_patches_in_order(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(event_t) event = NULL;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'patches': 3}");
	expect(fixture, 1);
	event = event_number(fixture, 0);
	assert_int_equal(event->kind, EVENT_SERIES);
	assert_string_equal(event->patches, "1,2,3");
	assert_int_equal(event->series, 1);
	assert_int_equal(event->total, 3);
	assert_int_equal(event->version, 1);
	assert_non_null(strstr(event->url, "series"));
	assert_null(event->bad);
}

static void events_of_one_instant_are_all_taken(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, "{'op': 'whole_seconds'}");
	begin(fixture);
	for (guint i = 0; i < 12; i++) {
		tell(fixture, "{'op': 'series', 'name': 'n%u'}", i);
		wanted = i + 1;
		fixture_wait(fixture, as_many);
	}
	expect(fixture, 12);
}

static void an_event_that_appears_late_is_taken(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'series', 'name': 'b', 'age': 5000}");
	expect(fixture, 2);
}

static void a_repeated_event_is_no_second_job(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'again', 'series': 1}");
	tell(fixture, "{'op': 'again', 'series': 1, 'age': 60}");
	expect(fixture, 1);
}

static void a_clock_set_back_an_hour_hides_nothing(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'skew', 'seconds': -3600}");
	tell(fixture, "{'op': 'series', 'name': 'b'}");
	expect(fixture, 2);
}

static void a_clock_far_ahead_for_once_hides_nothing(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	tell(fixture, "{'op': 'skew', 'seconds': 90000000}");
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'skew', 'seconds': 0}");
	tell(fixture, "{'op': 'series', 'name': 'b'}");
	expect(fixture, 2);
}

static void more_than_a_page_of_events_is_read(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	intake_stop(fixture->intake);
	for (guint i = 0; i < 260; i++)
		tell(fixture, "{'op': 'series', 'name': 'n%u'}", i);
	tell(fixture, "{'op': 'shift', 'times': 3}");
	intake_start(fixture->intake);
	expect(fixture, 263);
}

static void a_series_that_is_not_whole_yet_is_waited_for(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(event_t) event = NULL;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'patches': 2, 'hidden': 1}");
	fixture_turn(600);
	assert_int_equal(fixture_events(fixture), 0);
	tell(fixture, "{'op': 'series', 'name': 'other'}");
	wanted = 1;
	fixture_wait(fixture, as_many);
	fixture_start(fixture);
	tell(fixture, "{'op': 'whole', 'series': 1}");
	expect(fixture, 2);
	event = event_number(fixture, 1);
	assert_string_equal(event->patches, "1,2");
	assert_int_equal(fixture_with(fixture, "Id: 2"), 1);
}

static void an_empty_mbox_is_asked_for_again(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	tell(fixture, "{'op': 'fault', 'match': 'mbox', 'how': 'empty', "
		      "'times': 2}");
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	assert_int_equal(fixture_with(fixture, "X-Patchwork-Id: 1\n"), 1);
}

static void an_extra_patch_is_a_new_job(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(event_t) event = NULL;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'patches': 2}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'extra', 'series': 1}");
	expect(fixture, 2);
	event = event_number(fixture, 1);
	assert_string_equal(event->patches, "1,2,3");
}

static void an_event_that_was_never_made_is_found_by_the_sweep(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a', 'event': false}");
	expect(fixture, 1);
}

static void an_incomplete_series_is_taken_as_it_is_and_again(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(event_t) part = NULL;
	g_autoptr(event_t) whole = NULL;

	fixture->timing.incomplete_ms = 1500;
	begin(fixture);
	tell(fixture, "{'op': 'series', 'patches': 3, 'missing': 1}");
	fixture_turn(700);
	assert_int_equal(fixture_events(fixture), 0);
	expect(fixture, 1);
	part = event_number(fixture, 0);
	assert_string_equal(part->patches, "1,2");
	assert_int_not_equal(part->total, 2);
	tell(fixture, "{'op': 'rest', 'series': 1}");
	expect(fixture, 2);
	whole = event_number(fixture, 1);
	assert_string_equal(whole->patches, "1,2,3");
}

static void a_change_of_state_is_an_event(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(event_t) event = NULL;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'state', 'patch': 1, 'state': 'Accepted'}");
	expect(fixture, 2);
	event = event_number(fixture, 1);
	assert_int_equal(event->kind, EVENT_STATE);
	assert_string_equal(event->patches, "1");
	assert_int_equal(g_ascii_strcasecmp(event->state, "accepted"), 0);
}

/* Whatever the server answers instead, nothing is lost or taken for true. */
static void odd_answers_are_nothing_learned(void **state)
{
	static const char *const ways[] = {"500",   "html",  "half",
					   "cut",   "close", "garbage",
					   "empty", "301",   "429"};
	struct fixture *fixture = *state;
	guint count = 0;

	begin(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		tell(fixture, "{'op': 'series', 'name': 'n%u'}", count);
		tell(fixture,
		     "{'op': 'fault', 'match': '.', 'how': '%s', 'times': 3}",
		     ways[i]);
		wanted = ++count;
		fixture_wait(fixture, as_many);
		tell(fixture, "{'op': 'mend'}");
	}
	expect(fixture, count);
	assert_int_equal(fixture_bad(fixture), 0);
}

static void one_broken_series_does_not_hold_the_others_up(void **state)
{
	struct fixture *fixture = *state;

	fixture->timing.give_up_ms = 4000;
	begin(fixture);
	tell(fixture, "{'op': 'fault', 'match': 'series/1/.*mbox', 'how': "
		      "'500', 'times': 1000}");
	for (guint i = 0; i < 4; i++)
		tell(fixture, "{'op': 'series', 'name': 'n%u'}", i);
	wanted = 3;
	fixture_wait(fixture, as_many);
	assert_int_equal(fixture_bad(fixture), 0);
	expect(fixture, 4);
	assert_int_equal(fixture_bad(fixture), 1);
}

static void a_series_over_the_limit_is_bad(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'patches': 1, 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'large', 'bytes': 40000000}");
	tell(fixture, "{'op': 'series', 'patches': 1, 'name': 'b'}");
	expect(fixture, 2);
	assert_int_equal(fixture_bad(fixture), 1);
}

static bool fails(struct fixture *fixture)
{
	struct intake_status status;

	intake_status(fixture->intake, &status);
	g_free(status.trouble);
	return status.failures > 0;
}

static void a_project_that_is_not_there_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct source_config config = *fixture->config;
	g_autofree char *text = NULL;

	config.project = (char *)(gintptr) "nosuch";
	fixture->config = &config;
	fixture_start(fixture);
	fixture_wait(fixture, fails);
	text = intake_status_text(fixture->intake);
	assert_non_null(strstr(text, "404"));
	g_clear_pointer(&fixture->intake, intake_free);
	while (intake_busy())
		g_main_context_iteration(NULL, TRUE);
}

/* freedesktop.org's alone */

static void a_temporary_series_is_forgotten(void **state)
{
	struct fixture *fixture = *state;

	fixture->timing.settle_ms = 500;
	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	intake_wake(fixture->intake);
	fixture_turn(100);
	tell(fixture, "{'op': 'remove', 'series': 2}");
	tell(fixture, "{'op': 'revision', 'series': 1}");
	expect(fixture, 2);
	assert_int_equal(fixture_bad(fixture), 0);
}

static void a_revision_that_had_no_event_is_found_by_the_sweep(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(event_t) event = NULL;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'revision', 'series': 1, 'event': false}");
	expect(fixture, 2);
	event = event_number(fixture, 1);
	assert_int_equal(event->version, 2);
}

static void a_patch_of_no_revision_is_a_mail(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(event_t) event = NULL;

	begin(fixture);
	tell(fixture, "{'op': 'series', 'name': 'a'}");
	expect(fixture, 1);
	tell(fixture, "{'op': 'orphan', 'name': 'b'}");
	expect(fixture, 2);
	event = event_number(fixture, 1);
	assert_int_equal(event->kind, EVENT_MAIL);
	assert_string_equal(event->patches ? event->patches : "", "2");
	assert_int_equal(fixture_with(fixture, " b\n"), 1);
}

static void times_are_moved_without_a_zone(void **state)
{
	static const struct {
		const char *time, *back;
	} rows[] = {
		{"2026-11-21T02:21:29.412977", "2026-11-21T00:21:29"},
		{"2026-01-01T01:00:00", "2025-12-31T23:00:00"},
		{"2026-10-25T03:30:00.5", "2026-10-25T01:30:00"},
	};
	static const char *const wrong[] = {
		"",
		"2026-11-21",
		"2026-11-21T02:21:29Z",
		"2026-11-21T02:21:29.",
		"2026-11-21T02:21:29+01:00",
		"2026-11-21T02:21:29.1&page=9",
		"2026-11-21 02:21:29",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *back = patchwork_time_back(rows[i].time, 7200);

		assert_true(patchwork_time_ok(rows[i].time));
		assert_string_equal(back, rows[i].back);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
		assert_false(patchwork_time_ok(wrong[i]));
	assert_false(patchwork_time_ok(NULL));
}

#define BOTH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest both[] = {
	BOTH(what_was_there_before_us_is_not_ours),
	BOTH(a_series_comes_with_its_patches_in_order),
	BOTH(events_of_one_instant_are_all_taken),
	BOTH(an_event_that_appears_late_is_taken),
	BOTH(a_repeated_event_is_no_second_job),
	BOTH(a_clock_set_back_an_hour_hides_nothing),
	BOTH(a_clock_far_ahead_for_once_hides_nothing),
	BOTH(more_than_a_page_of_events_is_read),
	BOTH(a_series_that_is_not_whole_yet_is_waited_for),
	BOTH(an_empty_mbox_is_asked_for_again),
	BOTH(an_extra_patch_is_a_new_job),
	BOTH(an_event_that_was_never_made_is_found_by_the_sweep),
	BOTH(an_incomplete_series_is_taken_as_it_is_and_again),
	BOTH(a_change_of_state_is_an_event),
	BOTH(odd_answers_are_nothing_learned),
	BOTH(one_broken_series_does_not_hold_the_others_up),
	BOTH(a_series_over_the_limit_is_bad),
	BOTH(a_project_that_is_not_there_is_told),
};

static const struct CMUnitTest fdo_alone[] = {
	BOTH(a_temporary_series_is_forgotten),
	BOTH(a_revision_that_had_no_event_is_found_by_the_sweep),
	BOTH(a_patch_of_no_revision_is_a_mail),
	cmocka_unit_test(times_are_moved_without_a_zone),
};

int main(void)
{
	int failed = 0;

	world = &world_patchwork;
	failed += cmocka_run_group_tests_name("upstream", both, NULL, NULL);
	world = &world_fdo;
	failed += cmocka_run_group_tests_name("fdo", both, NULL, NULL);
	failed += cmocka_run_group_tests_name("fdo alone", fdo_alone, NULL,
					      NULL);
	return failed;
}
