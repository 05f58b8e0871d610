/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "mail/series.h"
#include "mail/trailers.h"

/* A mail as one line: who, id, what it answers, subject. */
struct row {
	const char *from, *id, *answers, *subject;
};

static char *bracket(const char *id)
{
	return g_strdup_printf("<%s>", id);
}

/* `answers` is ids parted by blanks, the nearest last; NULL: none. */
static void answer(struct message *message, const char *answers)
{
	g_auto(GStrv) ids = g_strsplit(answers, " ", -1);
	guint count = g_strv_length(ids);

	for (guint i = 0; i < count; i++)
		g_ptr_array_add(message->references, bracket(ids[i]));
	message->in_reply_to = bracket(ids[count - 1]);
}

static struct message *make(const struct row *row, gint64 date_at)
{
	struct message *message = g_new0(struct message, 1);
	g_autoptr(subject_t) subject = subject_parse(row->subject);

	message->message_id = row->id ? bracket(row->id) : NULL;
	message->references = g_ptr_array_new_with_free_func(g_free);
	message->prefixes = g_ptr_array_ref(subject->prefixes);
	message->trailers = trailers_parse("", 0);
	message->prerequisites = g_ptr_array_new();
	message->depends_on = g_ptr_array_new();
	if (row->answers)
		answer(message, row->answers);
	message->from = mailbox_parse_list(row->from, strlen(row->from));
	message->commit_subject = g_strdup(subject->clean);
	message->numbered = subject->numbered;
	message->version = MAX(subject->version, 1);
	message->index = subject->numbered ? subject->index : 1;
	message->total = subject->numbered ? subject->total : 1;
	message->resend = subject->resend;
	message->rfc = subject->rfc;
	message->date_at = date_at;
	message->kind = subject->reply	  ? MESSAGE_REPLY
			: !message->index ? MESSAGE_COVER
					  : MESSAGE_PATCH;
	return message;
}

static struct series_set *assemble(const struct row *rows, gsize count)
{
	struct series_set *set = series_set_new();

	for (gsize i = 0; i < count; i++)
		series_set_add(set, make(&rows[i], 1700000000 + (gint64)i));
	series_set_assemble(set);
	return set;
}

static void append_id(GString *out, const struct message *message)
{
	if (message && message->message_id)
		g_string_append_printf(out, "%.*s",
				       (int)strlen(message->message_id) - 2,
				       message->message_id + 1);
	else
		g_string_append_c(out, '-');
}

/* "v2 cover[p1 p2]+also <v1" of each, parted by "; ". */
static char *show(const struct series_set *set)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < set->series->len; i++) {
		const struct series *series = set->series->pdata[i];

		g_string_append_printf(out, "%sv%u%s ", i ? "; " : "",
				       series->version,
				       series->complete ? "" : "?");
		append_id(out, series->cover);
		g_string_append_c(out, '[');
		for (guint n = 1; n <= series->total; n++) {
			g_string_append(out, n > 1 ? " " : "");
			append_id(out, series_patch(series, n));
		}
		g_string_append_c(out, ']');
		for (guint n = 0; n < series->also->len; n++) {
			g_string_append_c(out, '+');
			append_id(out, series->also->pdata[n]);
		}
		if (series->supersedes)
			g_string_append_printf(out, " <v%u",
					       series->supersedes->version);
	}
	return g_string_free(out, FALSE);
}

static void expect(const struct row *rows, gsize count, const char *wanted)
{
	g_autoptr(series_set_t) set = assemble(rows, count);
	g_autofree char *got = show(set);

	assert_string_equal(got, wanted);
	for (guint i = 0; i < set->messages->len; i++)
		message_slim(set->messages->pdata[i]);
	series_set_assemble(set);
	g_free(got);
	got = show(set);
	assert_string_equal(got, wanted);
}

#define EXPECT(rows, wanted) expect(rows, G_N_ELEMENTS(rows), wanted)
#define ADA "Ada <ada@example.org>"
#define EVE "Eve <eve@example.net>"

static void patches_go_to_their_cover_in_any_order(void **state)
{
	static const struct row rows[] = {
		{ADA, "b2", "b0", "[PATCH 2/2] b: two"},
		{ADA, "a2", "a0 a1", "[PATCH 2/2] a: two"},
		{ADA, "b0", NULL, "[PATCH 0/2] b"},
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "a0", NULL, "[PATCH 0/2] a"},
		{ADA, "b1", "b0", "[PATCH 1/2] b: one"},
	};

	(void)state;
	EXPECT(rows, "v1 b0[b1 b2]; v1 a0[a1 a2]");
}

static void a_missing_patch_leaves_a_hole(void **state)
{
	static const struct row rows[] = {
		{ADA, "a0", NULL, "[PATCH 0/3] a"},
		{ADA, "a3", "a0", "[PATCH 3/3] a: three"},
	};
	g_autoptr(series_set_t) set = assemble(rows, G_N_ELEMENTS(rows));
	const struct series *series = set->series->pdata[0];
	g_autoptr(GArray) missing = series_missing(series);

	(void)state;
	assert_false(series->complete);
	assert_int_equal(missing->len, 2);
	assert_int_equal(g_array_index(missing, guint, 0), 1);
	assert_int_equal(g_array_index(missing, guint, 1), 2);
	assert_string_equal(series_reply_target(series)->message_id, "<a3>");
	assert_string_equal(series_first(series)->message_id, "<a0>");
	assert_string_equal(series->name, "a");
}

static void a_cover_that_never_came_still_holds_its_patches(void **state)
{
	static const struct row rows[] = {
		{ADA, "a2", "a0", "[PATCH 2/3] a: two"},
		{ADA, "a1", "a0", "[PATCH 1/3] a: one"},
		{ADA, "a3", "a0", "[PATCH 3/3] a: three"},
		{ADA, "a3b", "a0", "[PATCH 3/3] a: three again"},
	};

	(void)state;
	EXPECT(rows, "v1 -[a1 a2 a3]+a3b");
}

static void mails_without_threads_are_joined_by_number_and_area(void **state)
{
	static const struct row rows[] = {
		{ADA, "a0", NULL, "[PATCH 0/2] a: all"},
		{ADA, "b0", NULL, "[PATCH 0/2] b: all"},
		{ADA, "a1", NULL, "[PATCH 1/2] a: one"},
		{ADA, "b1", NULL, "[PATCH 1/2] b: one"},
		{ADA, "b2", NULL, "[PATCH 2/2] b: two"},
		{ADA, "a2", NULL, "[PATCH 2/2] a: two"},
	};

	(void)state;
	EXPECT(rows, "v1 a0[a1 a2]; v1 b0[b1 b2]");
}

static void patches_that_know_another_id_of_their_cover_find_it(void **state)
{
	static const struct row rows[] = {
		{ADA, "new0", NULL, "[PATCH 0/2] a: all"},
		{ADA, "new1", "old0", "[PATCH 1/2] a: one"},
		{ADA, "new2", "old0", "[PATCH 2/2] a: two"},
	};

	(void)state;
	EXPECT(rows, "v1 new0[new1 new2]");
}

static void threaded_rests_of_two_series_are_not_joined(void **state)
{
	static const struct row rows[] = {
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "b2", "b0", "[PATCH 2/2] b: two"},
	};

	(void)state;
	EXPECT(rows, "v1? -[a1 -]; v1? -[- b2]");
}

static void a_stranger_gets_nothing_into_a_series(void **state)
{
	static const struct row rows[] = {
		{ADA, "a0", NULL, "[PATCH 0/2] a"},
		{EVE, "e2", "a0", "[PATCH 2/2] a: two"},
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{EVE, "a2", "a0", "[PATCH 2/2] a: two"},
		{ADA, "a2", "a0", "[PATCH 2/2] a: two"},
	};
	static const struct row reused[] = {
		{ADA, "a0", NULL, "[PATCH 0/2] a"},
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "a2", "a0", "[PATCH 2/2] a: two"},
		{EVE, "a2", "a0", "[PATCH 2/2] a: two"},
	};

	(void)state;
	EXPECT(rows, "v1 a0[a1 a2]; v1? -[- e2]+a2");
	EXPECT(reused, "v1 a0[a1 a2]");
}

static void a_stranger_cannot_tie_two_series_together(void **state)
{
	static const struct row rows[] = {
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "b2", "b0", "[PATCH 2/2] b: two"},
		{EVE, "e", "a0 b0 a1 b2", "Re: [PATCH 1/2] a: one"},
		{EVE, "e1", "a0 b0", "[PATCH 1/2] a: one"},
	};

	(void)state;
	EXPECT(rows, "v1? -[a1 -]; v1? -[- b2]; v1? -[e1 -]");
}

static void a_cover_from_another_address_of_the_same_name_is_taken(void **state)
{
	static const struct row rows[] = {
		{"Ada <ada@work.example>", "a0", NULL, "[PATCH 0/2] a"},
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "a2", "a0", "[PATCH 2/2] a: two"},
	};
	static const struct row other[] = {
		{ADA, "a0", NULL, "[PATCH 0/1] a"},
		{EVE, "a1", "a0", "[PATCH 1/1] a: one"},
	};

	(void)state;
	EXPECT(rows, "v1 a0[a1 a2]");
	EXPECT(other, "v1? a0[-]; v1 -[a1]");
}

static void a_copy_changes_nothing_and_a_claim_is_told(void **state)
{
	static const struct row rows[] = {
		{ADA, "a0", NULL, "[PATCH 0/2] a"},
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "a1", "a0", "[PATCH 1/2] a: one, reused id"},
		{ADA, "a2", "a0", "[PATCH 2/2] a: two"},
		{ADA, "x2", "a0", "[PATCH 2/2] a: two"},
		{ADA, "a0", NULL, "[PATCH 0/2] a"},
	};

	(void)state;
	EXPECT(rows, "v1 a0[a1 a2]+x2");
}

static void two_people_with_one_address_of_a_list_stay_apart(void **state)
{
	static const struct row rows[] = {
		{"\"Ada via list\" <list@l.org>", "a1", "q",
		 "[PATCH 1/2] a: one"},
		{"\"Eve via list\" <list@l.org>", "e2", "a1",
		 "[PATCH 2/2] a: two"},
	};

	(void)state;
	EXPECT(rows, "v1? -[a1 -]; v1? -[- e2]");
}

static void the_version_of_the_cover_holds_for_its_patches(void **state)
{
	static const struct row rows[] = {
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "a0", NULL, "[PATCH v3 0/2] a"},
		{ADA, "a2", "a0", "[PATCH 2/2] a: two"},
	};

	(void)state;
	EXPECT(rows, "v3 a0[a1 a2]");
}

static void versions_are_linked_whatever_came_first(void **state)
{
	static const struct row rows[] = {
		{ADA, "c", "a", "[PATCH v10] a: one"},
		{ADA, "a", NULL, "[PATCH] a: one"},
		{ADA, "b", NULL, "[PATCH v9] a: one"},
		{EVE, "e", "b", "[PATCH v8] a: one"},
		{ADA, "x", NULL, "[PATCH] other"},
	};

	(void)state;
	EXPECT(rows, "v10 -[c] <v9; v1 -[a]; v9 -[b] <v1; v8 -[e]; v1 -[x]");
}

static void a_resend_and_an_rfc_have_one_before_of_their_version(void **state)
{
	static const struct row rows[] = {
		{ADA, "r", NULL, "[RFC PATCH] a: one"},
		{ADA, "a", NULL, "[PATCH] a: one"},
		{ADA, "b", NULL, "[PATCH RESEND] a: one"},
		{ADA, "c", NULL, "[PATCH] a: one"},
	};

	(void)state;
	EXPECT(rows, "v1 -[r]; v1 -[a] <v1; v1 -[b] <v1; v1 -[c] <v1");
}

static void a_total_that_grows_is_never_complete_too_early(void **state)
{
	static const struct row rows[] = {
		{ADA, "a1", NULL, "[PATCH 1/2] a: one"},
		{ADA, "a2", "a1", "[PATCH 2/3] a: two"},
	};

	(void)state;
	EXPECT(rows, "v1? -[a1 a2 -]");
}

static void files_never_sent_have_no_ids_and_still_make_a_series(void **state)
{
	static const struct row rows[] = {
		{ADA, NULL, NULL, "[PATCH 1/2] a: one"},
		{ADA, NULL, NULL, "[PATCH 2/2] a: two"},
	};
	static const struct row mixed[] = {
		{ADA, "a1", NULL, "[PATCH 1/2] a: one"},
		{ADA, NULL, "a1", "[PATCH 2/2] a: two"},
	};
	g_autoptr(series_set_t) set = assemble(rows, 2);
	const struct series *series = set->series->pdata[0];

	(void)state;
	assert_int_equal(set->series->len, 1);
	assert_true(series->complete);
	EXPECT(mixed, "v1? -[a1 -]");
}

static void replies_bring_trailers_for_a_patch_or_for_all(void **state)
{
	static const struct row rows[] = {
		{ADA, "a0", NULL, "[PATCH 0/2] a"},
		{ADA, "a1", "a0", "[PATCH 1/2] a: one"},
		{ADA, "a2", "a0", "[PATCH 2/2] a: two"},
		{EVE, "r1", "a0 a1", "Re: [PATCH 1/2] a: one"},
		{ADA, "r2", "a0 a1 r1", "Re: [PATCH 1/2] a: one"},
		{EVE, "r3", "r2", "Re: [PATCH 1/2] a: one"},
		{EVE, "r0", "a0", "Re: [PATCH 0/2] a"},
	};
	g_autoptr(series_set_t) set = assemble(rows, G_N_ELEMENTS(rows));
	const struct series *series = set->series->pdata[0];
	g_autoptr(GPtrArray) first = NULL;
	g_autoptr(GPtrArray) second = NULL;

	(void)state;
	assert_int_equal(series->replies->len, 4);
	for (guint i = 0; i < set->messages->len; i++) {
		struct message *message = set->messages->pdata[i];

		g_ptr_array_unref(message->trailers);
		message->trailers = trailers_parse("Acked-by: x\n", 12);
	}
	first = series_followup_trailers(series, 1);
	second = series_followup_trailers(series, 2);
	assert_int_equal(first->len, 4);
	assert_int_equal(second->len, 1);
}

static void a_thread_of_many_mails_takes_linear_time(void **state)
{
	g_autoptr(series_set_t) set = series_set_new();
	const struct row first = {ADA, "0", "99999", "[PATCH 1/9999] x"};

	(void)state;
	series_set_add(set, make(&first, 1700000000));
	for (guint i = 1; i < 100000; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);
		g_autofree char *up = g_strdup_printf("0 %u", i - 1);
		g_autofree char *subject = g_strdup_printf(
			"[PATCH v%u %u/9999] x", i % 7 + 1, i % 9999);
		struct row row = {i % 3 ? ADA : EVE, id, up, subject};

		series_set_add(set, make(&row, 1700000000 + (gint64)i));
	}
	series_set_assemble(set);
	assert_true(set->series->len > 0);
}

static void loose_mails_of_one_sender_take_linear_time(void **state)
{
	g_autoptr(series_set_t) set = series_set_new();

	(void)state;
	for (guint i = 0; i < 100000; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);
		struct row row = {ADA, id, NULL,
				  i % 2 ? "[PATCH v2 9999/9999] x"
					: "[PATCH RESEND 1/2] x"};

		series_set_add(set, make(&row, 1700000000));
	}
	series_set_assemble(set);
	assert_int_equal(set->series->len, 100000);
}

/* The key of a series of one mail without an id, or with `id`. */
static char *key_of(const char *id, const char *subject, const char *diff)
{
	const struct row row = {"A <a@x.org>", id, NULL, subject};
	g_autoptr(series_set_t) set = series_set_new();
	struct message *message = make(&row, 1700000000);

	message->patch = g_bytes_new(diff, strlen(diff));
	series_set_add(set, message);
	series_set_assemble(set);
	assert_int_equal(set->series->len, 1);
	return series_key(set->series->pdata[0]);
}

static void a_series_without_an_id_has_a_key_of_its_own(void **state)
{
	g_autofree char *named = key_of("1", "[PATCH] a: x", "-a\n+b\n");
	g_autofree char *key = key_of(NULL, "[PATCH] a: x", "-a\n+b\n");
	g_autofree char *again = key_of(NULL, "[PATCH] a: x", "-a\n+b\n");
	g_autofree char *renamed = key_of(NULL, "[PATCH] a: y", "-a\n+b\n");
	g_autofree char *newer = key_of(NULL, "[PATCH v2] a: x", "-a\n+b\n");
	g_autofree char *other = key_of(NULL, "[PATCH] a: x", "-a\n+c\n");

	(void)state;
	assert_string_equal(named, "<1>");
	assert_string_equal(key, again);
	assert_string_not_equal(key, renamed);
	assert_string_not_equal(key, newer);
	assert_string_not_equal(key, other);
}

/* Else the first of two with one id could keep the other from its answer. */
static void who_posts_tells_series_of_one_id_apart(void **state)
{
	const struct row rows[] = {{ADA, "1", NULL, "[PATCH] a: x"},
				   {EVE, "1", NULL, "[PATCH] a: x"}};
	g_autoptr(series_set_t) set = series_set_new();
	g_autofree char *ada = NULL, *eve = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct message *message = make(&rows[i], 1700000000);

		g_free(message->email); /* what an in-body From claims */
		message->email = g_strdup("ada@x.org");
		series_set_add(set, message);
	}
	series_set_assemble(set);
	assert_int_equal(set->series->len, 2);
	ada = series_submitter(set->series->pdata[0]);
	eve = series_submitter(set->series->pdata[1]);
	assert_string_not_equal(ada, eve);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patches_go_to_their_cover_in_any_order),
		cmocka_unit_test(who_posts_tells_series_of_one_id_apart),
		cmocka_unit_test(a_missing_patch_leaves_a_hole),
		cmocka_unit_test(
			a_cover_that_never_came_still_holds_its_patches),
		cmocka_unit_test(
			mails_without_threads_are_joined_by_number_and_area),
		cmocka_unit_test(
			patches_that_know_another_id_of_their_cover_find_it),
		cmocka_unit_test(threaded_rests_of_two_series_are_not_joined),
		cmocka_unit_test(a_stranger_gets_nothing_into_a_series),
		cmocka_unit_test(a_stranger_cannot_tie_two_series_together),
		cmocka_unit_test(
			a_cover_from_another_address_of_the_same_name_is_taken),
		cmocka_unit_test(a_copy_changes_nothing_and_a_claim_is_told),
		cmocka_unit_test(
			two_people_with_one_address_of_a_list_stay_apart),
		cmocka_unit_test(
			the_version_of_the_cover_holds_for_its_patches),
		cmocka_unit_test(versions_are_linked_whatever_came_first),
		cmocka_unit_test(
			a_resend_and_an_rfc_have_one_before_of_their_version),
		cmocka_unit_test(
			a_total_that_grows_is_never_complete_too_early),
		cmocka_unit_test(
			files_never_sent_have_no_ids_and_still_make_a_series),
		cmocka_unit_test(replies_bring_trailers_for_a_patch_or_for_all),
		cmocka_unit_test(a_series_without_an_id_has_a_key_of_its_own),
		cmocka_unit_test(a_thread_of_many_mails_takes_linear_time),
		cmocka_unit_test(loose_mails_of_one_sender_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
