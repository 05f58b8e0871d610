/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commits of a series that is kept: author, date and message as mailed, so
 * as git am makes them of the same mails; the committer is the bot.
 */
#include "tests/unit/test-tree.h"

#define FROM "From: Zoe <zoe@example.org>\n"
#define DATE "Date: Tue, 14 Nov 2023 22:15:20 +0130\n"
#define SUBJECT "Subject: [PATCH] area: change a\n"
#define TYPE(encoding)                              \
	"MIME-Version: 1.0\n"                       \
	"Content-Type: text/plain; charset=utf-8\n" \
	"Content-Transfer-Encoding: " encoding "\n"
#define DIFF                                                       \
	"---\n a | 2 +-\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n" \
	"@@ -1 +1 @@\n-a\n+b\n-- \n2.39.5\n"

static const struct commit_case {
	const char *name, *head, *body;
} cases[] = {
	{"the_trailers_are_kept", FROM DATE SUBJECT,
	 "Say why.\n\nReported-by: B <b@example.org>\n"
	 "Fixes: 0123456789ab (\"area: break it\")\n"
	 "Signed-off-by: Zoe <zoe@example.org>\n"},
	{"a_subject_alone_is_a_message", FROM DATE SUBJECT, ""},
	{"tags_and_reply_marks_go",
	 FROM DATE "Subject: Re: [PATCH v3 2/7] [area] change a\n", "Why.\n"},
	{"a_folded_subject_is_one_line",
	 FROM DATE "Subject: [PATCH] area: change a\n quite a lot of it\n",
	 "Why.\n"},
	{"blanks_and_surplus_lines_go", FROM DATE SUBJECT,
	 "\n\nSay why.  \n\n\n\nMore.\t\n\n\n"},
	{"a_from_line_in_the_text_is_the_author", FROM DATE SUBJECT,
	 "From: Ann Other <ann@example.org>\n\nWhy.\n"},
	{"a_date_line_in_the_text_is_the_date", FROM DATE SUBJECT,
	 "From: Ann Other <ann@example.org>\n"
	 "Date: Mon, 13 Nov 2023 01:02:03 -0800\n\nWhy.\n"},
	{"an_encoded_name_is_read",
	 "From: =?utf-8?q?Zo=C3=AB_M=C3=BCller?= <zoe@example.org>\n" DATE
		 SUBJECT TYPE("8bit"),
	 "D\303\251j\303\240 vu.\n"},
	{"a_name_in_latin_1_is_read",
	 "From: =?iso-8859-1?q?Zo=EB?= <zoe@example.org>\n" DATE SUBJECT,
	 "Why.\n"},
	{"a_quoted_name_loses_its_quotes",
	 "From: \"Other, Zoe\" <zoe@example.org>\n" DATE SUBJECT, "Why.\n"},
	{"an_address_alone_is_the_name_too",
	 "From: zoe@example.org\n" DATE SUBJECT, "Why.\n"},
	{"a_name_behind_the_address_is_read",
	 "From: zoe@example.org (Zoe M)\n" DATE SUBJECT, "Why.\n"},
	{"a_day_of_one_digit_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 -0700\n" SUBJECT, "Why.\n"},
	{"a_date_without_its_weekday_is_read",
	 FROM "Date: 01 Nov 2023 22:15:20 +0000\n" SUBJECT, "Why.\n"},
	{"a_date_without_seconds_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15 +0000\n" SUBJECT, "Why.\n"},
	{"a_zone_by_name_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 GMT\n" SUBJECT, "Why.\n"},
	{"the_zone_est_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 EST\n" SUBJECT, "Why.\n"},
	{"the_zone_edt_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 EDT\n" SUBJECT, "Why.\n"},
	{"the_zone_cdt_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 CDT\n" SUBJECT, "Why.\n"},
	{"the_zone_mst_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 MST\n" SUBJECT, "Why.\n"},
	{"the_zone_mdt_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 MDT\n" SUBJECT, "Why.\n"},
	{"the_zone_cst_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 CST\n" SUBJECT, "Why.\n"},
	{"the_zone_pst_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 PST\n" SUBJECT, "Why.\n"},
	{"the_zone_pdt_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 PDT\n" SUBJECT, "Why.\n"},
	{"the_zone_cet_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 CET\n" SUBJECT, "Why.\n"},
	{"the_zone_eet_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 EET\n" SUBJECT, "Why.\n"},
	{"the_zone_jst_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 JST\n" SUBJECT, "Why.\n"},
	{"the_zone_ut_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 UT\n" SUBJECT, "Why.\n"},
	{"the_zone_cest_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 CEST\n" SUBJECT, "Why.\n"},
	{"the_zone_eest_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 EEST\n" SUBJECT, "Why.\n"},
	{"the_zone_bst_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 BST\n" SUBJECT, "Why.\n"},
	{"a_zone_with_its_name_behind_it_is_read",
	 FROM "Date: Wed, 1 Nov 2023 22:15:20 +0200 (CEST)\n" SUBJECT,
	 "Why.\n"},
	{"a_leap_second_is_read",
	 FROM "Date: Sat, 31 Dec 2016 23:59:60 +0000\n" SUBJECT, "Why.\n"},
	{"a_quoted_printable_text_is_read",
	 FROM DATE SUBJECT TYPE("quoted-printable"), "D=C3=A9j=C3=A0 =\nvu.\n"},
};

static char *log_of(const struct fixture *fixture, const char *revision)
{
	g_autofree char *command = g_strdup_printf(
		"log -1 --date=raw --format=%%an|%%ae|%%ad|%%B %s", revision);

	return fixture_git(fixture, NULL, command);
}

static struct apply_result *keep(const struct fixture *fixture,
				 const char *mail)
{
	const struct apply_options options = {
		.ref = "refs/reroll/zoe/v1",
		.committer_name = "The Bot",
		.committer_email = "bot@example.org",
		.committer_at = 1700001000,
	};
	g_autoptr(GPtrArray) patches = g_ptr_array_new_with_free_func(
		(GDestroyNotify)message_free);
	g_autoptr(repo_t) repo = repo_open(fixture->path, NULL);
	struct apply_result *result;

	g_ptr_array_add(patches, message_parse(mail, strlen(mail), "test",
					       &(struct message_options){0}));
	result = apply_series(repo, "main", patches, &options, NULL, NULL);
	assert_non_null(result);
	assert_true(result->applied);
	return result;
}

static void check_case(void **state)
{
	const struct commit_case *c = *state;
	g_autoptr(fixture_t)
		fixture = fixture_new("M 100644 inline a\ndata 2\na\n");
	g_autofree char *mail = g_strconcat(c->head, "\n", c->body, DIFF, NULL);
	g_autofree char *mbox = g_strconcat(
		"From 1111111111111111111111111111111111111111 Mon Sep 17 "
		"00:00:00 2001\n",
		mail, NULL);
	g_autoptr(apply_result_t) result = keep(fixture, mail);
	g_autofree char *ours = log_of(fixture, "refs/reroll/zoe/v1");
	g_autofree char *committer = fixture_git(
		fixture, NULL,
		"log -1 --date=raw --format=%cn|%ce|%cd refs/reroll/zoe/v1");
	g_autofree char *theirs = NULL, *tree = NULL;

	g_free(fixture_git(fixture, NULL, "checkout -q -f main"));
	g_free(fixture_git(fixture, mbox,
			   "-c user.name=C -c user.email=c@example.org am -q"));
	theirs = log_of(fixture, "main");
	tree = fixture_git(fixture, NULL, "rev-parse main^{tree}");
	assert_string_equal(result->tree, tree);
	assert_string_equal(ours, theirs);
	assert_string_equal(committer,
			    "The Bot|bot@example.org|1700001000 +0000");
}

int main(void)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	int failed;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct CMUnitTest test = {
			.name = cases[i].name,
			.test_func = check_case,
			.initial_state = (gpointer)(gsize)&cases[i]};
		g_array_append_val(tests, test);
	}
	failed = _cmocka_run_group_tests(
		"commit", (struct CMUnitTest *)(gpointer)tests->data,
		tests->len, NULL, NULL);
	g_array_unref(tests);
	return failed;
}
