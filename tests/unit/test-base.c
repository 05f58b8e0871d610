/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

static void a_quote_shows_what_cannot_be_printed(void **state)
{
	static const struct {
		const char *text;
		gssize len;
		const char *quoted;
	} rows[] = {
		{"plain", -1, "\"plain\""},
		{NULL, -1, "\"\""},
		{"a\nb\x1b[2J", -1, "\"a\\x0ab\\x1b[2J\""},
		{"a\0b", 3, "\"a\\x00b\""},
		{"\xff", -1, "\"\\xff\""},
		{"Zo\xc3\xab", -1, "\"Zo\xc3\xab\""},
		{"\xe2\x80\xae", -1, "\"\\xe2\\x80\\xae\""}, /* bidi override */
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = text_quote(rows[i].text, rows[i].len);

		assert_string_equal(got, rows[i].quoted);
	}
}

static void one_line_has_no_line_break_and_a_limit(void **state)
{
	g_autofree char *folded = text_one_line(" a\r\n\tb  c\n", -1, 80);
	g_autofree char *cut = text_one_line("abc\xc3\xab", -1, 4);

	(void)state;
	assert_string_equal(folded, "a b c");
	assert_string_equal(cut, "abc");
}

static void a_near_word_is_offered_and_a_far_one_is_not(void **state)
{
	static const char *const words[] = {"signoff", "style", "builds", NULL};

	(void)state;
	assert_string_equal(text_nearest("sign-off", words), "signoff");
	assert_string_equal(text_nearest("bulids", words), "builds");
	assert_null(text_nearest("roster", words));
}

static void names_fold_by_unicode_and_blanks(void **state)
{
	g_autofree char *a = text_fold(
		"  JOS\xc3\x89\xc2\xa0 Garc\xc3\xad\x61 ");
	g_autofree char *b = text_fold("jose\xcc\x81 garci\xcc\x81\x61");

	(void)state;
	assert_string_equal(a, b);
}

static void a_pattern_stops_at_slashes_unless_doubled(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} rows[] = {
		{"kernel/proctree*", "kernel/proctree.c", true},
		{"kernel/proctree*", "kernel/proctree/x.c", false},
		{"include/**", "include/linux/a/b.h", true},
		{"tests/*/reroll.yaml", "tests/a/reroll.yaml", true},
		{"tests/*/reroll.yaml", "tests/a/b/reroll.yaml", false},
		{"**/reroll.yaml", "reroll.yaml", true},
		{"**/reroll.yaml", "a/b/reroll.yaml", true},
		{"docs/", "docs/a/b", true},
		{"a?c", "abc", true},
		{"a?c", "a/c", false},
		{"", "", true},
		{"", "a", false},
		{"a**/b", "ab", true},
		{"a/**/*.c", "a/x.c", true},
		{"a/**/*.c", "a/b/c/x.c", true},
		{"a/**/*.c", "a/b/c/x.h", false},
		{"a***c", "ab/dc", true},
		{"/*", "//", false},
		{"docs/", "docs", false},
		{"*", "", true},
		{"**", "a/b", true},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (text_glob(rows[i].pattern, rows[i].path) != rows[i].matches)
			fail_msg("%s against %s", rows[i].pattern,
				 rows[i].path);
	}
}

/* With a choice tried after the other, these would not end in years. */
static void a_hostile_pattern_and_path_come_to_an_end(void **state)
{
	g_autoptr(GString) pattern = g_string_new(NULL);
	g_autofree char *path = g_strnfill(4000, 'a');

	(void)state;
	for (guint i = 0; i < 40; i++)
		g_string_append(pattern, i % 2 ? "*a" : "**a");
	assert_true(text_glob(pattern->str, path));
	g_string_append_c(pattern, 'b');
	assert_false(text_glob(pattern->str, path));
}

static void sizes_and_spans_have_units(void **state)
{
	guint64 n;

	(void)state;
	assert_true(text_parse_size("512KiB", &n) && n == 512 << 10);
	assert_true(text_parse_size("2G", &n) && n == G_GUINT64_CONSTANT(2)
								 << 30);
	assert_false(text_parse_size("-1", &n));
	assert_false(text_parse_size("12 parsecs", &n));
	assert_false(text_parse_size("99999999999T", &n));
	assert_true(text_parse_span("30m", &n) && n == 1800);
	assert_true(text_parse_span("2d", &n) && n == 172800);
	assert_false(text_parse_span("soon", &n));
}

static void errors_lead_to_the_documented_exit_status(void **state)
{
	g_autoptr(GError)
		refused = g_error_new(REROLL_ERROR, REROLL_ERROR_INPUT, "x");
	g_autoptr(GError)
		usage = g_error_new(REROLL_ERROR, REROLL_ERROR_CONFIG, "x");
	g_autoptr(GError)
		ours = g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP, "x");
	g_autoptr(GError)
		foreign = g_error_new(G_FILE_ERROR, G_FILE_ERROR_IO, "x");

	(void)state;
	assert_int_equal(error_exit_status(NULL), 0);
	assert_int_equal(error_exit_status(refused), 1);
	assert_int_equal(error_exit_status(usage), 2);
	assert_int_equal(error_exit_status(ours), 3);
	assert_int_equal(error_exit_status(foreign), 3);
}

static void a_date_is_english_whatever_the_locale(void **state)
{
	g_autofree char *date = clock_format_rfc5322(1700000000);

	(void)state;
	assert_string_equal(date, "Tue, 14 Nov 2023 22:13:20 +0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_shows_what_cannot_be_printed),
		cmocka_unit_test(one_line_has_no_line_break_and_a_limit),
		cmocka_unit_test(a_near_word_is_offered_and_a_far_one_is_not),
		cmocka_unit_test(names_fold_by_unicode_and_blanks),
		cmocka_unit_test(a_pattern_stops_at_slashes_unless_doubled),
		cmocka_unit_test(a_hostile_pattern_and_path_come_to_an_end),
		cmocka_unit_test(sizes_and_spans_have_units),
		cmocka_unit_test(errors_lead_to_the_documented_exit_status),
		cmocka_unit_test(a_date_is_english_whatever_the_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
