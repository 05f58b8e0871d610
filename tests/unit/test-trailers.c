/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "mail/trailers.h"

/* "key=value;key=value;" */
static char *show(GPtrArray *list)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const struct trailer *trailer = list->pdata[i];

		g_string_append_printf(out, "%s=%s;", trailer->key,
				       trailer->value);
	}
	g_ptr_array_unref(list);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void the_last_paragraph_is_the_block_by_gits_rules(void **state)
{
	static const struct {
		const char *text, *trailers;
	} rows[] = {
		{"Text.\n\nA: b\nC-d :  e \n", "A=b;C-d=e;"},
		{"A: b\n", "A=b;"},
		{"Text.\n\nA: b\nmore text\n", ""},
		{"Text.\n\nSigned-off-by: A <a@b>\nx\ny\nz\n",
		 "Signed-off-by=A <a@b>;"},
		{"Text.\n\nSigned-off-by: A <a@b>\nw\nx\ny\nz\n", ""},
		{"Text.\n\n(cherry picked from commit 12)\nx\nA: b\n", "A=b;"},
		{"Text.\n\nA: b\n c\n\td\nE: f\n", "A=b c d;E=f;"},
		{"Text.\n\n folded alone\nA: b\n", ""},
		{"Text.\n\nA: b\n\nEnd.\n", ""},
		{"Text.\n\nA: b\n\n\n# remark\n\n", "A=b;"},
		{"Text.\n\nA: b\n# remark\nC: d\n", "A=b;C=d;"},
		{"Text.\n\nA: b\n\nConflicts:\n\tfile.c\n", "A=b;"},
		{"Text.\n\nA: b\n---\nX: y\n", "A=b;"},
		{"Text.\n\nA: b\r\nC: d\r\n", "A=b;C=d;"},
		{"Text.\n\nA: b", "A=b;"},
		{"Text: this is prose\n\nA:\n", "A=;"},
		{"Text.\n\n: b\nA b: c\n", ""},
		{"", ""},
		{"\n\n\n", ""},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = show(
			trailers_parse(rows[i].text, strlen(rows[i].text)));

		assert_string_equal(got, rows[i].trailers);
	}
}

static void bytes_that_are_no_text_come_out_as_text(void **state)
{
	static const char text[] = "T\n\nA: \xff\0b\n";
	g_autofree char *got = show(trailers_parse(text, sizeof(text) - 1));

	(void)state;
	assert_true(g_utf8_validate(got, -1, NULL));
	assert_string_equal(got, "A=\xef\xbf\xbd\xef\xbf\xbd"
				 "b;");
}

static void a_reviewer_may_write_a_trailer_anywhere_but_in_a_quote(void **state)
{
	static const char text[] = "> Signed-off-by: Q <q@r>\n"
				   "Looks good.\n"
				   "Reviewed-by: Bob <bob@example.org>\n"
				   "\n"
				   "Note: not given\n"
				   "acked-by:\n Cleo <c@example.org>\n"
				   "-- \n"
				   "Tested-by: Sig <s@t>\n";
	g_autofree char *got = show(trailers_scan_reply(text, strlen(text)));

	(void)state;
	assert_string_equal(got, "Reviewed-by=Bob <bob@example.org>;"
				 "acked-by=Cleo <c@example.org>;");
}

static void of_a_million_trailers_the_last_thousand_are_given(void **state)
{
	g_autoptr(GString) text = g_string_new("T\n\n");
	g_autoptr(GPtrArray) list = NULL;
	const struct trailer *last;

	(void)state;
	for (int i = 0; i < 1000000; i++)
		g_string_append(text, "A-by: b\n");
	g_string_append(text, "Last-by: c\n");
	list = trailers_parse(text->str, text->len);
	assert_int_equal(list->len, TRAILERS_MOST);
	last = list->pdata[TRAILERS_MOST - 1];
	assert_string_equal(last->key, "Last-by");
	g_ptr_array_unref(list);
	list = trailers_scan_reply(text->str, text->len);
	assert_int_equal(list->len, TRAILERS_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_paragraph_is_the_block_by_gits_rules),
		cmocka_unit_test(bytes_that_are_no_text_come_out_as_text),
		cmocka_unit_test(
			a_reviewer_may_write_a_trailer_anywhere_but_in_a_quote),
		cmocka_unit_test(
			of_a_million_trailers_the_last_thousand_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
