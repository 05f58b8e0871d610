// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "test.h"

#include "base/base.h"
#include "build/slots.h"

#define MIB (1ull << 20)

/* Who asked, in the order in which each got its place. */
struct table {
	struct slots *slots;
	GString *got;
	struct machine_load now;
};

struct guest {
	struct table *table;
	char name;
};

static struct machine_load look(gpointer data)
{
	return ((struct table *)data)->now;
}

static int set_up(void **state)
{
	struct table *table = g_new0(struct table, 1);

	table->slots = slots_new(2);
	table->got = g_string_new(NULL);
	table->now = (struct machine_load){.free_bytes = 1024 * MIB};
	slots_set_look(table->slots, look, table);
	*state = table;
	return 0;
}

static int tear_down(void **state)
{
	struct table *table = *state;

	slots_free(table->slots);
	g_string_free(table->got, TRUE);
	g_free(table);
	return 0;
}

static void got_place(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autofree struct guest *guest = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (slots_take_finish(res, &error)) {
		g_string_append_c(guest->table->got, guest->name);
		return;
	}
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED));
	g_string_append_c(guest->table->got, '-');
}

static void ask(struct table *table, char name, guint64 bytes,
		GCancellable *cancellable)
{
	struct guest *guest = g_new0(struct guest, 1);

	*guest = (struct guest){table, name};
	slots_take_async(table->slots, bytes, cancellable, got_place, guest);
}

static void settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void places_are_given_in_the_order_they_were_asked_for(void **state)
{
	struct table *table = *state;

	for (char name = 'a'; name <= 'e'; name++)
		ask(table, name, MIB, NULL);
	settle();
	assert_string_equal(table->got->str, "ab");
	slots_give(table->slots);
	settle();
	assert_string_equal(table->got->str, "abc");
	slots_give(table->slots);
	slots_give(table->slots);
	settle();
	assert_string_equal(table->got->str, "abcde");
	slots_give(table->slots);
	slots_give(table->slots);
}

/* Nobody who has a place loses it; there are 2 at first. */
static void places_come_and_go_while_builds_run(void **state)
{
	static const struct {
		guint places; /* 0: one is given back */
		const char *got;
	} steps[] = {{0, "abc"},   {4, "abcde"}, {1, "abcde"}, {0, "abcde"},
		     {0, "abcde"}, {0, "abcde"}, {0, "abcdef"}};
	struct table *table = *state;

	for (char name = 'a'; name <= 'f'; name++)
		ask(table, name, MIB, NULL);
	settle();
	assert_string_equal(table->got->str, "ab");
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		if (steps[i].places)
			slots_set_places(table->slots, steps[i].places);
		else
			slots_give(table->slots);
		settle();
		assert_string_equal(table->got->str, steps[i].got);
	}
	slots_give(table->slots);
}

static void a_second_build_waits_for_memory(void **state)
{
	struct table *table = *state;

	ask(table, 'a', 4096 * MIB, NULL); /* the first always begins */
	ask(table, 'b', 2048 * MIB, NULL);
	settle();
	assert_string_equal(table->got->str, "a");
	table->now.free_bytes = 3000 * MIB;
	while (table->got->len < 2)
		g_main_context_iteration(NULL, TRUE);
	assert_string_equal(table->got->str, "ab");
	slots_give(table->slots);
	slots_give(table->slots);
}

static void a_second_build_waits_for_a_busy_machine(void **state)
{
	struct table *table = *state;

	table->now.load = 7;
	ask(table, 'a', MIB, NULL);
	ask(table, 'b', MIB, NULL);
	settle();
	assert_string_equal(table->got->str, "a");
	slots_give(table->slots); /* nobody else's builds: the next begins */
	settle();
	assert_string_equal(table->got->str, "ab");
	slots_give(table->slots);
}

static void who_cancels_leaves_the_queue(void **state)
{
	struct table *table = *state;
	g_autoptr(GCancellable) cancellable = g_cancellable_new();

	ask(table, 'a', MIB, NULL);
	ask(table, 'b', MIB, NULL);
	ask(table, 'c', MIB, cancellable);
	ask(table, 'd', MIB, NULL);
	settle();
	g_cancellable_cancel(cancellable);
	settle();
	assert_string_equal(table->got->str, "ab-");
	slots_give(table->slots);
	settle();
	assert_string_equal(table->got->str, "ab-d");
	slots_give(table->slots);
	slots_give(table->slots);
}

static void a_place_that_was_given_is_kept_by_who_cancels_later(void **state)
{
	struct table *table = *state;
	g_autoptr(GCancellable) cancellable = g_cancellable_new();

	ask(table, 'a', MIB, cancellable);
	g_cancellable_cancel(cancellable);
	settle();
	assert_string_equal(table->got->str, "a");
	slots_give(table->slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			places_are_given_in_the_order_they_were_asked_for,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			places_come_and_go_while_builds_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_build_waits_for_memory,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_second_build_waits_for_a_busy_machine, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(who_cancels_leaves_the_queue,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_place_that_was_given_is_kept_by_who_cancels_later,
			set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
