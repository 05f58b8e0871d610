/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which run is next. */
#include "test.h"

#include <malloc.h>

#include "serve/queue.h"

static void put(struct queue *queue, const char *id, const char *submitter)
{
	const struct queue_entry entry = {.id = id, .submitter = submitter};

	queue_put(queue, &entry);
}

/* Everything that may be taken, in order. */
static char *take_all(struct queue *queue, gint64 now, queue_filter filter,
		      gpointer data)
{
	g_autoptr(GString) order = g_string_new("");
	char *id;

	while ((id = queue_take(queue, now, filter, data))) {
		g_string_append_printf(order, "%s%s", order->len ? " " : "",
				       id);
		g_free(id);
	}
	return g_string_free(g_steal_pointer(&order), FALSE);
}

/* Entries in the order of arrival, and the order in which they are taken. */
static void the_next_one_is_urgent_then_fair_then_old(void **state)
{
	static const struct {
		struct queue_entry entries[6];
		const char *order[2]; /* either: lines may begin in any order */
	} rows[] = {
		{{{"a", "john", NULL, 0, 0},
		  {"b", "john", NULL, 0, 0},
		  {"c", "john", NULL, 0, 0}},
		 {"a b c", NULL}},
		{{{"a", "john", NULL, 0, 0},
		  {"b", "john", NULL, 9, 0},
		  {"c", "john", NULL, 1, 0},
		  {"d", "john", NULL, 9, 0}},
		 {"b d c a", NULL}},
		{{{"a", "john", NULL, 0, 0},
		  {"b", "john", NULL, 0, 0},
		  {"c", "john", NULL, 0, 0},
		  {"x", "jane", NULL, 0, 0}},
		 {"a x b c", "x a b c"}},
		{{{"a", "john", NULL, 1, 0},
		  {"b", "john", NULL, 0, 0},
		  {"x", "jane", NULL, 0, 0}},
		 {"a x b", NULL}},
		{{{"a", "john", NULL, 1, 0},
		  {"b", "john", NULL, 1, 0},
		  {"x", "jane", NULL, 0, 0}},
		 {"a b x", NULL}},
		{{{"a", "john", NULL, 9, 11}, {"b", "john", NULL, 0, 10}},
		 {"b", NULL}},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(queue_t) queue = queue_new();
		g_autofree char *order = NULL;

		for (gsize j = 0; rows[i].entries[j].id; j++)
			queue_put(queue, &rows[i].entries[j]);
		order = take_all(queue, 10, NULL, NULL);
		if (g_strcmp0(order, rows[i].order[0]) != 0 &&
		    g_strcmp0(order, rows[i].order[1]) != 0)
			fail_msg("row %zu: %s", i, order);
	}
}

static void who_was_just_served_waits_for_the_others(void **state)
{
	g_autoptr(queue_t) queue = queue_new();
	g_autofree char *first = NULL;
	g_autofree char *order = NULL;

	(void)state;
	put(queue, "a", "john");
	first = queue_take(queue, 0, NULL, NULL);
	put(queue, "b", "john");
	put(queue, "x", "jane");
	put(queue, "y", "jane");
	order = take_all(queue, 0, NULL, NULL);
	assert_string_equal(first, "a");
	assert_string_equal(order, "x b y");
}

static void what_is_put_off_is_told_and_not_taken_before(void **state)
{
	static const struct {
		gint64 now, next_at;
		const char *order;
	} rows[] = {{0, 50, ""}, {49, 50, ""}, {50, 70, "a"}, {70, 0, "b"}};
	const struct queue_entry entries[] = {{"b", "john", NULL, 0, 70},
					      {"a", "john", NULL, 0, 50}};
	g_autoptr(queue_t) queue = queue_new();

	(void)state;
	assert_int_equal(queue_next_at(queue, 0), 0);
	queue_put(queue, &entries[0]);
	queue_put(queue, &entries[1]);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *order = NULL;

		assert_int_equal(queue_next_at(queue, rows[i].now),
				 rows[i].next_at);
		order = take_all(queue, rows[i].now, NULL, NULL);
		assert_string_equal(order, rows[i].order);
	}
}

static bool is_not_paused(const struct queue_entry *entry, gpointer data)
{
	return g_strcmp0(entry->project, data) != 0;
}

static void what_the_filter_holds_back_stays(void **state)
{
	static char paused[] = "linux";
	const struct queue_entry entries[] = {{"a", "john", "linux", 9, 0},
					      {"b", "john", "xen", 0, 0},
					      {"c", "john", NULL, 0, 0},
					      {"d", "jane", "linux", 0, 0}};
	g_autoptr(queue_t) queue = queue_new();
	g_autofree char *order = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		queue_put(queue, &entries[i]);
	order = take_all(queue, 0, is_not_paused, paused);
	assert_string_equal(order, "b c");
	assert_int_equal(queue_length(queue), 2);
	assert_true(queue_has(queue, "a"));
	assert_true(queue_has(queue, "d"));
}

static void what_is_removed_is_not_taken(void **state)
{
	g_autoptr(queue_t) queue = queue_new();
	g_autofree char *order = NULL;

	(void)state;
	put(queue, "a", "john");
	put(queue, "b", "john");
	put(queue, "c", "jane");
	assert_true(queue_remove(queue, "a"));
	assert_false(queue_remove(queue, "a"));
	assert_false(queue_remove(queue, "nobody"));
	assert_true(queue_remove(queue, "c"));
	assert_false(queue_has(queue, "a"));
	assert_int_equal(queue_length(queue), 1);
	order = take_all(queue, 0, NULL, NULL);
	assert_string_equal(order, "b");
	assert_int_equal(queue_length(queue), 0);
}

static void one_that_is_put_again_is_there_once_as_it_is_now(void **state)
{
	const struct queue_entry later = {"a", "jane", "xen", 0, 60};
	g_autoptr(queue_t) queue = queue_new();
	char id[] = "a", submitter[] = "john";
	g_autofree char *order = NULL;

	(void)state;
	put(queue, id, submitter);
	id[0] = submitter[0] = 'z';
	assert_true(queue_has(queue, "a"));
	queue_put(queue, &later);
	assert_int_equal(queue_length(queue), 1);
	assert_int_equal(queue_next_at(queue, 0), 60);
	order = take_all(queue, 60, NULL, NULL);
	assert_string_equal(order, "a");
}

/* As many submitters as runs: the worst there can be. */
static void ten_thousand_runs_are_small(void **state)
{
	const gint64 start_ms = test_cpu_ms();
	struct mallinfo2 before = mallinfo2(), after;
	g_autoptr(queue_t) queue = queue_new();
	char *id;
	guint taken = 0;

	(void)state;
	for (guint i = 0; i < 10000; i++) {
		g_autofree char *run = g_strdup_printf("20261121-%07u", i);
		g_autofree char *who = g_strdup_printf("student%u@uni.example",
						       i);
		const struct queue_entry entry = {run, who, "linux", 0, 0};

		queue_put(queue, &entry);
	}
	after = mallinfo2();
	if (after.uordblks > before.uordblks)
		assert_true(after.uordblks - before.uordblks < 4 << 20);
	for (; taken < 100; taken++) {
		id = queue_take(queue, 0, NULL, NULL);
		assert_non_null(id);
		g_free(id);
	}
	assert_int_equal(queue_length(queue), 9900);
	assert_true(test_cpu_ms() - start_ms < 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_one_is_urgent_then_fair_then_old),
		cmocka_unit_test(who_was_just_served_waits_for_the_others),
		cmocka_unit_test(what_is_put_off_is_told_and_not_taken_before),
		cmocka_unit_test(what_the_filter_holds_back_stays),
		cmocka_unit_test(what_is_removed_is_not_taken),
		cmocka_unit_test(
			one_that_is_put_again_is_there_once_as_it_is_now),
		cmocka_unit_test(ten_thousand_runs_are_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
