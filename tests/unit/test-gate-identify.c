/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate-case.h"

#define ALEX "Alex Smith <alex@example.org>"

static struct person *person_new(const char *login, const char *name,
				 const char *email)
{
	struct person *person = g_new0(struct person, 1);

	person->login = g_strdup(login);
	person->name = g_strdup(name);
	person->emails = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(person->emails, g_strdup(email));
	return person;
}

static GPtrArray *roster_new(void)
{
	GPtrArray *roster = g_ptr_array_new_with_free_func(
		(GDestroyNotify)person_free);

	g_ptr_array_add(roster,
			person_new("alex", "Alex Smith", "alex@example.org"));
	g_ptr_array_add(roster, person_new("bo", "Bo Lee", "bo@example.org"));
	return roster;
}

/* A patch from `from` with those sign-offs, divided by bars. */
static void add(struct gate_case *c, const char *from, const char *signoffs)
{
	g_auto(GStrv) lines = g_strsplit(signoffs, "|", -1);
	struct message *message = gate_add(c, "diff --git a/a b/a\n");

	g_ptr_array_set_size(message->from, 0);
	g_ptr_array_add(message->from, mailbox_new("", from));
	g_ptr_array_unref(message->trailers);
	message->trailers = gate_trailers((const char *const *)lines);
}

struct row {
	const char *from, *signoffs;
	bool required;
	enum review_policy review, unlisted;
	const char *outcome, *reason, *email;
};

static void check(struct gate_case *c, const GPtrArray *roster,
		  const struct row *row)
{
	gate_drop_patches(c);
	c->subject.roster = roster;
	c->project.signoff.required = row->required;
	c->project.signoff.review = row->review;
	c->project.signoff.unlisted_from = row->unlisted;
	add(c, row->from, row->signoffs);
	gate_run(c, gate_identify);
	assert_outcome(c, row->outcome);
	assert_int_equal(g_strcmp0(gate_detail_text(c, "reason"), row->reason),
			 0);
	assert_int_equal(c->verdict->findings->len, row->reason != NULL);
	if (row->reason)
		assert_true(g_str_has_prefix(gate_detail_text(c, "odd"),
					     "Patch 1 "));
	assert_string_equal(c->subject.identity->email, row->email);
}

#define H REVIEW_HOLD
#define R REVIEW_REJECT
#define A REVIEW_ACCEPT

static void the_policy_says_what_a_doubt_leads_to(void **state)
{
	static const char alex[] = "alex@example.org";
	static const struct row rows[] = {
		{alex, ALEX, true, H, H, NULL, NULL, alex},
		{alex, "", true, A, A, "signoff-missing", "no-signoff", alex},
		{alex, "", false, H, H, NULL, NULL, alex},
		{alex, "Alex", true, A, A, "signoff-missing",
		 "signoff-malformed", alex},
		{alex, ALEX "|Bo Lee <bo@example.org>", true, A, A,
		 "signoff-missing", "signoff-not-last", alex},
		{alex, "Bo Lee <bo@example.org>", true, A, A, "signoff-missing",
		 "signoff-other-person", alex},
		{"x@example.net", "X <x@example.net>", true, A, A,
		 "submitter-unknown", "address-unknown", "x@example.net"},
		{alex, "A. Smith <alex@example.org>", true, H, H,
		 "submitter-unclear", "name-differs", alex},
		{alex, "A. Smith <alex@example.org>", true, R, H,
		 "signoff-missing", "name-differs", alex},
		{alex, "A. Smith <alex@example.org>", true, A, H, NULL,
		 "name-differs", alex},
		{"at@home.example", ALEX, true, R, A, NULL, "from-unlisted",
		 alex},
		{"at@home.example", ALEX, true, A, H, "submitter-unclear",
		 "from-unlisted", alex},
		{"at@home.example", ALEX, true, A, R, "submitter-unknown",
		 "from-unlisted", alex},
	};
	struct gate_case *c = *state;
	g_autoptr(GPtrArray) roster = roster_new();

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check(c, roster, &rows[i]);
	gate_drop_patches(c);
}

/* What staff needs to put an address on the roster. */
static void a_doubt_tells_of_whom_it_is_and_from_where(void **state)
{
	static const struct {
		const char *from, *signoffs, *login;
	} rows[] = {
		{"at@home.example", ALEX, "alex"},
		{"alex@example.org", "A. Smith <alex@example.org>", "alex"},
		{"x@example.net", "X <x@example.net>", NULL},
	};
	struct gate_case *c = *state;
	g_autoptr(GPtrArray) roster = roster_new();

	c->subject.roster = roster;
	c->project.signoff.required = true;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		add(c, rows[i].from, rows[i].signoffs);
		gate_run(c, gate_identify);
		assert_int_equal(
			g_strcmp0(gate_detail_text(c, "login"), rows[i].login),
			0);
		assert_string_equal(gate_detail_text(c, "posted_from"),
				    rows[i].from);
		assert_string_equal(gate_detail_text(c, "of_project"), "Tiny");
	}
	gate_drop_patches(c);
}

static void without_a_roster_whoever_posted_is_answered(void **state)
{
	static const struct row rows[] = {
		{"y@Example.NET", "X <x@example.net>|Y <y@example.net>", true,
		 REVIEW_HOLD, REVIEW_HOLD, NULL, NULL, "y@example.net"},
		{"eve@example.org", "X <x@example.net>|Y <y@example.net>", true,
		 REVIEW_HOLD, REVIEW_HOLD, NULL, NULL, "eve@example.org"},
		{"x@example.net", "", true, REVIEW_HOLD, REVIEW_HOLD,
		 "signoff-missing", "no-signoff", "x@example.net"},
		{"x@example.net", "", false, REVIEW_HOLD, REVIEW_HOLD, NULL,
		 NULL, "x@example.net"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check(*state, NULL, &rows[i]);
}

static void results_of_an_unlisted_sender_go_to_the_roster(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GPtrArray) roster = roster_new();

	c->subject.roster = roster;
	add(c, "at@home.example", ALEX);
	add(c, "at@home.example", ALEX);
	gate_run(c, gate_identify);
	assert_outcome(c, NULL);
	assert_string_equal(c->subject.identity->email, "alex@example.org");
	assert_string_equal(gate_detail_text(c, "posted_from"),
			    "at@home.example");
	assert_true(
		json_is_true(json_object_get(c->verdict->detail, "unlisted")));
	assert_int_equal(c->verdict->findings->len, 1);
	assert_int_equal(gate_finding(c, 0)->severity, SEVERITY_NOTE);
	assert_non_null(strstr(gate_finding(c, 0)->text, "at@home.example"));
	gate_drop_patches(c);
}

static void a_mail_without_an_address_is_told_how_to_send_one(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GPtrArray) roster = roster_new();
	const struct message *message;

	c->subject.roster = roster;
	add(c, "", ALEX);
	message = c->subject.series->patches->pdata[0];
	g_ptr_array_set_size(message->from, 0);
	gate_run(c, gate_identify);
	assert_outcome(c, "submitter-unknown");
	assert_finding(c, 0, NULL, 0, "address-unknown");
	assert_true(g_str_has_prefix(gate_finding(c, 0)->text,
				     "has no From line with an address"));
	assert_non_null(strstr(gate_finding(c, 0)->text, "git send-email"));
	gate_drop_patches(c);
}

static void each_patch_that_lacks_it_is_told_and_the_worst_decides(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GPtrArray) roster = roster_new();

	c->subject.roster = roster;
	add(c, "alex@example.org", ALEX);
	add(c, "alex@example.org", "Smith Alex <alex@example.org>");
	add(c, "alex@example.org", "");
	add(c, "alex@example.org", "");
	gate_run(c, gate_identify);
	assert_outcome(c, "signoff-missing");
	assert_int_equal(c->verdict->findings->len, 3);
	assert_finding(c, 0, NULL, 0, "name-order");
	assert_finding(c, 1, NULL, 0, "no-signoff");
	assert_int_equal(gate_finding(c, 1)->patch, 3);
	assert_int_equal(gate_finding(c, 2)->patch, 4);
	assert_string_equal(c->verdict->summary,
			    "Patch 3 has no Signed-off-by line");
	gate_drop_patches(c);
}

static void a_series_of_two_people_is_held(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GPtrArray) roster = roster_new();

	c->subject.roster = roster;
	add(c, "alex@example.org", ALEX);
	add(c, "bo@example.org", "Bo Lee <bo@example.org>");
	gate_run(c, gate_identify);
	assert_outcome(c, "submitter-unclear");
	assert_finding(c, 0, NULL, 0, "several-submitters");
	assert_null(gate_detail_text(c, "login"));
	gate_drop_patches(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(the_policy_says_what_a_doubt_leads_to),
		GATE_TEST(a_doubt_tells_of_whom_it_is_and_from_where),
		GATE_TEST(without_a_roster_whoever_posted_is_answered),
		GATE_TEST(results_of_an_unlisted_sender_go_to_the_roster),
		GATE_TEST(a_mail_without_an_address_is_told_how_to_send_one),
		GATE_TEST(
			each_patch_that_lacks_it_is_told_and_the_worst_decides),
		GATE_TEST(a_series_of_two_people_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
