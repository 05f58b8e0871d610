/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of trouble that lasts. */
#include "test.h"

#include "report/told.h"

static void on_tell(const char *about, const char *text, gpointer data)
{
	g_string_append_printf(data, "%s: %s\n", about, text ? text : "over");
}

static void trouble_is_told_when_its_words_change(void **state)
{
	static const struct {
		const char *text, *told; /* NULL text: it is over */
	} rows[] = {
		{NULL, ""},
		{"wait 299 s", "a: wait 299 s\n"},
		{"wait 299 s", ""},
		{"wait 9 s", ""},
		{"wait  s", ""},
		{"wait 9 s or more", "a: wait 9 s or more\n"},
		{"wait", "a: wait\n"},
		{"", "a: \n"},
		{"4", ""},
		{NULL, "a: over\n"},
		{NULL, ""},
		{"wait", "a: wait\n"},
	};
	g_autoptr(GString) said = g_string_new(NULL);
	g_autoptr(told_t) told = told_new(on_tell, said);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_string_truncate(said, 0);
		if (rows[i].text)
			told_trouble(told, "a", rows[i].text);
		else
			told_over(told, "a");
		assert_string_equal(said->str, rows[i].told);
	}
	assert_string_equal(told_text(told, "a"), "wait");
	assert_null(told_text(told, "b"));
}

static void beyond_the_most_it_is_told_each_time(void **state)
{
	g_autoptr(GString) said = g_string_new(NULL);
	g_autoptr(told_t) told = told_new(on_tell, said);

	(void)state;
	for (guint i = 0; i < TOLD_MOST; i++) {
		g_autofree char *about = g_strdup_printf("%u", i);

		told_trouble(told, about, "x");
	}
	g_string_truncate(said, 0);
	told_trouble(told, "one more", "x");
	told_trouble(told, "one more", "x");
	told_over(told, "one more");
	told_trouble(told, "7", "x");
	told_over(told, "7");
	assert_string_equal(said->str, "one more: x\none more: x\n7: over\n");
}

static void nobody_need_listen(void **state)
{
	g_autoptr(told_t) told = told_new(NULL, NULL);

	(void)state;
	told_trouble(told, "a", "x");
	assert_string_equal(told_text(told, "a"), "x");
	told_over(told, "a");
	assert_null(told_text(told, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trouble_is_told_when_its_words_change),
		cmocka_unit_test(beyond_the_most_it_is_told_each_time),
		cmocka_unit_test(nobody_need_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
