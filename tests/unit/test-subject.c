/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "mail/message.h"

static void the_commit_subject_loses_tags_and_reply_marks(void **state)
{
	static const struct {
		const char *raw, *clean;
	} rows[] = {
		{"[PATCH v2 1/2][v3] \t fold  me\n here ", "fold me here"},
		{"Re: Re: [PATCH] twice", "twice"},
		{"Fwd: [PATCH] git keeps this", "Fwd: [PATCH] git keeps this"},
		{"[PATCH] Re: title", "title"},
		{"[PATCH] foo: [bar] title", "foo: [bar] title"},
		{"[PATCH", "[PATCH"},
		{"Re:", "Re:"},
		{"[PATCH]", ""},
		{"", ""},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(subject_t) subject = subject_parse(rows[i].raw);

		assert_string_equal(subject->clean, rows[i].clean);
	}
}

static void version_and_count_are_read_from_the_brackets(void **state)
{
	static const struct {
		const char *raw;
		guint version, index, total;
	} rows[] = {
		{"[PATCH] x", 0, 0, 0},
		{"[PATCH 3/7] x", 0, 3, 7},
		{"[PATCH v02 00/12] x", 2, 0, 12},
		{"[PATCHv2 1/4] x", 2, 1, 4},
		{"[PATCH 1/2][V3] x", 3, 1, 2},
		{"[PATCH v2 v3 1/2 2/3] x", 3, 2, 3},
		{"[PATCH 2 of 5] x", 0, 2, 5},
		{"[net,v2,1/2] x", 2, 1, 2},
		{"[PATCH net,v2,1/2] x", 0, 0, 0},
		{"[PATCH 9999/9999] x", 0, 9999, 9999},
		{"[PATCH 10000/10000] x", 0, 0, 0},
		{"[PATCH 1/0] x", 0, 0, 0},
		{"[PATCH 10/9/2023] x", 0, 0, 0},
		{"[PATCH -1/2] x", 0, 0, 0},
		{"[PATCH v1.5] x", 0, 0, 0},
		{"[PATCH v99999999999999999999] x", 9999, 0, 0},
		{"[PATCH v4294967295] x", 9999, 0, 0},
		{"[PATCH] x [1/2]", 0, 0, 0},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(subject_t) subject = subject_parse(rows[i].raw);

		assert_int_equal(subject->version, rows[i].version);
		assert_int_equal(subject->index, rows[i].index);
		assert_int_equal(subject->total, rows[i].total);
		assert_int_equal(subject->numbered, rows[i].total > 0);
	}
}

static void words_of_the_brackets_are_kept_and_flagged(void **state)
{
	g_autoptr(subject_t)
		subject = subject_parse("[list] [RFC PATCHv2 RESEND 1/2] x");
	static const char *const words[] = {"list", "RFC",    "PATCH",
					    "v2",   "RESEND", "1/2"};

	(void)state;
	assert_true(subject->rfc && subject->resend && subject->patch);
	assert_false(subject->reply);
	assert_int_equal(subject->prefixes->len, G_N_ELEMENTS(words));
	for (guint i = 0; i < subject->prefixes->len; i++)
		assert_string_equal(subject->prefixes->pdata[i], words[i]);
}

static void a_reply_says_nothing_about_itself(void **state)
{
	static const char *const replies[] = {
		"Re: [PATCH v2 1/2] x",	       "AW: [PATCH 1/2] x",
		"[list] Re: [PATCH v2 1/2] x", "回复： [PATCH 1/2] x",
		"fwd: [PATCH 1/2] x",
	};
	static const char *const others[] = {
		"[PATCH] Re: title",
		"Re[2]: x",
		"regmap: fix",
		"[PATCH] fw: x",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(replies); i++) {
		g_autoptr(subject_t) subject = subject_parse(replies[i]);

		assert_true(subject->reply);
		assert_false(subject->patch && !subject->reply);
		assert_int_equal(subject->version, 0);
		assert_false(subject->numbered);
		assert_int_equal(subject->prefixes->len, 0);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autoptr(subject_t) subject = subject_parse(others[i]);

		assert_false(subject->reply);
	}
}

static void a_subject_of_brackets_alone_takes_linear_time(void **state)
{
	g_autofree char *open = g_strnfill(1 << 20, '[');
	g_autoptr(GString) pairs = g_string_new(NULL);
	g_autoptr(subject_t) first = subject_parse(open);
	g_autoptr(subject_t) second = NULL;

	(void)state;
	for (int i = 0; i < 1 << 18; i++)
		g_string_append(pairs, "[v1]");
	second = subject_parse(pairs->str);
	assert_string_equal(first->clean, open);
	assert_int_equal(second->prefixes->len, 1 << 18);
	assert_string_equal(second->clean, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_commit_subject_loses_tags_and_reply_marks),
		cmocka_unit_test(version_and_count_are_read_from_the_brackets),
		cmocka_unit_test(words_of_the_brackets_are_kept_and_flagged),
		cmocka_unit_test(a_reply_says_nothing_about_itself),
		cmocka_unit_test(a_subject_of_brackets_alone_takes_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
