/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate-case.h"

static const char a_diff[] = "diff --git a/a b/a\n";

/* The patches that came, as their numbers, of a version of `total`. */
static void fill(struct gate_case *c, const char *numbers, guint total)
{
	g_auto(GStrv) words = g_strsplit(numbers, " ", -1);

	gate_drop_patches(c);
	for (char **word = words; *word; word++) {
		bool empty = g_str_has_suffix(*word, "-");
		struct message *message = gate_add(c, empty ? "" : a_diff);

		message->index = (guint)g_ascii_strtoull(*word, NULL, 10);
	}
	c->series.total = total;
	c->series.complete = c->series.patches->len == total;
}

static void all_patches_must_be_there_with_a_diff(void **state)
{
	static const struct {
		const char *have;
		guint total;
		const char *outcome, *missing;
	} rows[] = {
		{"1", 1, NULL, "[]"},
		{"1 2 3", 3, NULL, "[]"},
		{"1 3", 3, "series-incomplete", "[\"2/3\"]"},
		{"2", 4, "series-incomplete", "[\"1/4\", \"3/4\", \"4/4\"]"},
		{"1 2- 3", 3, "series-incomplete", "[\"2/3\"]"},
		{"1-", 1, "series-incomplete", "[\"1/1\"]"},
		{"", 2, "series-incomplete", "[\"1/2\", \"2/2\"]"},
	};
	struct gate_case *c = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *missing = NULL;

		if (*rows[i].have)
			fill(c, rows[i].have, rows[i].total);
		else
			gate_drop_patches(c), c->series.total = rows[i].total;
		gate_run(c, gate_assemble);
		assert_outcome(c, rows[i].outcome);
		missing = json_dumps(
			json_object_get(c->verdict->detail, "missing"), 0);
		assert_string_equal(missing, rows[i].missing);
	}
}

static void a_mail_without_a_patch_is_told_so(void **state)
{
	struct gate_case *c = *state;

	fill(c, "1-", 1);
	gate_run(c, gate_assemble);
	assert_outcome(c, "series-incomplete");
	assert_string_equal(c->verdict->summary,
			    "none of the mails has a patch in it");
}

static void an_absurd_total_costs_nothing(void **state)
{
	struct gate_case *c = *state;
	json_t *detail;

	fill(c, "1 4000000000", 4294967295);
	gate_run(c, gate_assemble);
	assert_outcome(c, "series-incomplete");
	detail = c->verdict->detail;
	assert_int_equal(json_array_size(json_object_get(detail, "missing")),
			 100);
	assert_int_equal(json_integer_value(json_object_get(detail, "have")),
			 2);
	assert_int_equal(json_integer_value(json_object_get(detail, "total")),
			 4294967295);
}

static void a_duplicate_is_noted_and_passes(void **state)
{
	struct gate_case *c = *state;
	struct message *twice;

	fill(c, "1 2", 2);
	twice = gate_add(c, a_diff);
	twice->index = 2;
	g_ptr_array_steal_index(c->series.patches, 2);
	g_ptr_array_add(c->series.also, twice);
	c->series.total = 2;
	gate_run(c, gate_assemble);
	assert_outcome(c, NULL);
	assert_int_equal(c->verdict->findings->len, 1);
	assert_finding(c, 0, NULL, 0, "DUPLICATE");
	assert_int_equal(gate_finding(c, 0)->patch, 2);
	assert_int_equal(gate_finding(c, 0)->severity, SEVERITY_NOTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(all_patches_must_be_there_with_a_diff),
		GATE_TEST(a_mail_without_a_patch_is_told_so),
		GATE_TEST(an_absurd_total_costs_nothing),
		GATE_TEST(a_duplicate_is_noted_and_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
