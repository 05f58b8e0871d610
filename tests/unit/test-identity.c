/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "mail/identity.h"
#include "mail/trailers.h"

/* Ada with two addresses, Bob, and a laboratory that two people share. */
static GPtrArray *make_roster(void)
{
	static const struct {
		const char *login, *name, *emails;
	} rows[] = {
		{"ada", "Ada Author", "ada@example.org ada@home.example"},
		{"bob", "Bob Beta", "bob@example.org lab@example.org"},
		{"zoe", "Zo\xc3\xab M\xc3\xbcller",
		 "zoe@m\xc3\xbcller.example"},
		{"cleo", "Gamma, Cleo", "cleo@example.org lab@example.org"},
		{"nobody", "No Address", " "},
	};
	GPtrArray *roster = g_ptr_array_new_with_free_func(
		(GDestroyNotify)person_free);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct person *person = g_new0(struct person, 1);
		g_auto(GStrv) emails = g_strsplit(rows[i].emails, " ", -1);

		person->login = g_strdup(rows[i].login);
		person->name = g_strdup(rows[i].name);
		person->emails = g_ptr_array_new_with_free_func(g_free);
		for (guint j = 0; emails[j]; j++)
			g_ptr_array_add(person->emails, g_strdup(emails[j]));
		g_ptr_array_add(roster, person);
	}
	return roster;
}

struct row {
	const char *from, *inbody;
	const char *log;    /* trailers alone */
	const char *answer; /* "decision login reason" */
};

#define SOB_ADA "Signed-off-by: Ada Author <ada@example.org>\n"
#define SOB_BOB "Signed-off-by: Bob Beta <bob@example.org>\n"

static struct message *make(const struct row *row)
{
	struct message *message = g_new0(struct message, 1);

	message->from = mailbox_parse_list(row->from, strlen(row->from));
	message->references = g_ptr_array_new();
	message->prefixes = g_ptr_array_new();
	message->prerequisites = g_ptr_array_new();
	message->depends_on = g_ptr_array_new();
	message->inbody_from = g_strdup(row->inbody);
	message->trailers = trailers_parse(row->log, strlen(row->log));
	return message;
}

static char *show(const struct message *message,
		  const struct identity_rules *rules)
{
	g_autoptr(identity_t) identity = identity_decide(message, rules);

	return g_strdup_printf(
		"%s %s %s", identity_decision_name(identity->decision),
		identity->who ? identity->who->login : "-", identity->reason);
}

static void check(const struct row *rows, gsize count, GPtrArray *roster)
{
	const struct identity_rules rules = {.roster = roster};

	for (gsize i = 0; i < count; i++) {
		g_autoptr(message_t) message = make(&rows[i]);
		g_autofree char *got = show(message, &rules);

		assert_string_equal(got, rows[i].answer);
	}
}

static void the_sender_and_the_last_signoff_must_be_one_person(void **state)
{
	static const struct row rows[] = {
		{"Ada <ada@EXAMPLE.org>", NULL, SOB_ADA, "match ada exact"},
		{"ada@home.example", NULL, SOB_ADA, "match ada second-address"},
		{"ada@example.org", NULL, "", "no-match ada no-signoff"},
		{"ada@example.org", NULL,
		 "Acked-by: Ada Author <ada@example.org>\n",
		 "no-match ada no-signoff"},
		{"ada@example.org", NULL,
		 "signed-off-by: Ada ada@example.org\n",
		 "no-match ada signoff-malformed"},
		{"ada@example.org", NULL, SOB_BOB,
		 "no-match ada signoff-other-person"},
		{"ada@example.org", NULL, SOB_ADA SOB_BOB,
		 "no-match ada signoff-not-last"},
		{"ada@example.org", NULL, SOB_BOB SOB_ADA, "match ada exact"},
		{"ada@example.org", NULL,
		 "Signed-off-by: Ada Author <new@example.org>\n",
		 "review ada signoff-address-unknown"},
		{"ada@example.org", NULL,
		 "Signed-off-by: Your Name <you@example.com>\n",
		 "no-match ada signoff-other-person"},
	};
	g_autoptr(GPtrArray) roster = make_roster();

	(void)state;
	check(rows, G_N_ELEMENTS(rows), roster);
}

static void an_unknown_sender_is_never_known_by_name(void **state)
{
	static const struct row rows[] = {
		{"Ada Author <a@b.org>", NULL,
		 "Signed-off-by: Ada Author <a@b.org>\n",
		 "no-match - address-unknown"},
		{"Ada <eve@b.org>", NULL, SOB_ADA, "review ada from-unlisted"},
		{"Ada <eve@b.org>", "Ada <ada@example.org>", SOB_ADA,
		 "review ada from-unlisted"},
		{"Ada <eve@b.org>", NULL,
		 "Signed-off-by: Eve <ada@example.org>\n",
		 "no-match - address-unknown"},
		{"ada+x@example.org", NULL, SOB_ADA, "review ada plus-tag"},
		{"a@b.org, c@d.org", NULL, SOB_ADA,
		 "no-match - from-ambiguous"},
		{"<>", NULL, SOB_ADA, "no-match - address-unknown"},
		{"No Address <>", NULL, "Signed-off-by: No Address <>\n",
		 "no-match - address-unknown"},
	};
	g_autoptr(GPtrArray) roster = make_roster();

	(void)state;
	check(rows, G_N_ELEMENTS(rows), roster);
}

static void the_name_in_the_signoff_must_be_the_rosters(void **state)
{
	static const struct row rows[] = {
		{"ada@example.org", NULL,
		 "Signed-off-by: \"ADA\xc2\xa0 author\" <ada@example.org>\n",
		 "match ada case-folded"},
		{"ada@example.org", NULL, "Signed-off-by: <ada@example.org>\n",
		 "review ada name-empty"},
		{"ada@example.org", NULL,
		 "Signed-off-by: Author Ada <ada@example.org>\n",
		 "review ada name-order"},
		{"cleo@example.org", NULL,
		 "Signed-off-by: Cleo Gamma <cleo@example.org>\n",
		 "review cleo name-order"},
		{"ada@example.org", NULL,
		 "Signed-off-by: Ada <ada@example.org>\n",
		 "review ada name-differs"},
		{"ada@example.org", NULL,
		 "Signed-off-by: Ada\xe2\x80\x8b Author <ada@example.org>\n",
		 "review ada invisible-character"},
		{"zoe@xn--mller-kva.example", NULL,
		 "Signed-off-by: Zoe\xcc\x88 Mu\xcc\x88ller "
		 "<zoe@m\xc3\xbcller.example>\n",
		 "match zoe nfc-equal"},
		{"zoe@xn--mller-kva.example", NULL,
		 "Signed-off-by: Zoe Muller <zoe@m\xc3\xbcller.example>\n",
		 "review zoe name-differs"},
	};
	g_autoptr(GPtrArray) roster = make_roster();

	(void)state;
	check(rows, G_N_ELEMENTS(rows), roster);
}

static void a_shared_address_needs_the_name_of_one_of_them(void **state)
{
	static const struct row rows[] = {
		{"lab@example.org", NULL,
		 "Signed-off-by: Bob Beta <lab@example.org>\n",
		 "match bob shared-address"},
		{"lab@example.org", NULL,
		 "Signed-off-by: Lab <lab@example.org>\n",
		 "no-match - ambiguous"},
		{"lab@example.org", NULL, "", "no-match - ambiguous"},
	};
	g_autoptr(GPtrArray) roster = make_roster();

	(void)state;
	check(rows, G_N_ELEMENTS(rows), roster);
}

static void the_author_of_a_forwarded_patch_must_have_signed(void **state)
{
	static const struct row rows[] = {
		{"bob@example.org", "Ada Author <ada@example.org>",
		 SOB_ADA SOB_BOB, "match bob exact"},
		{"bob@example.org", "Ada Author <ada@example.org>", SOB_BOB,
		 "review bob author-not-signed"},
		{"bob@example.org", "Bob <bob@example.org>", SOB_BOB,
		 "match bob exact"},
		{"bob@example.org", "nobody at all", SOB_BOB,
		 "review bob author-not-signed"},
	};
	g_autoptr(GPtrArray) roster = make_roster();

	(void)state;
	check(rows, G_N_ELEMENTS(rows), roster);
}

static void an_open_project_takes_whoever_signed_last(void **state)
{
	static const struct row rows[] = {
		{"eve@b.org", NULL, SOB_ADA, "match - open-project"},
		{"eve@b.org", NULL, "", "no-match - no-signoff"},
		{"eve@b.org", NULL, "Signed-off-by: Eve\n",
		 "no-match - signoff-malformed"},
		{"eve@b.org", "Bob <bob@b.org>", SOB_ADA,
		 "review - author-not-signed"},
	};

	(void)state;
	check(rows, G_N_ELEMENTS(rows), NULL);
}

static char *show_munged(const char *from, const char *list_id,
			 const char *reply_to, const char *inbody)
{
	struct munging_list list = {(char[]){"list@l.example"},
				    (char[]){"list.l.example"}};
	g_autoptr(GPtrArray) roster = make_roster();
	g_autoptr(GPtrArray) lists = g_ptr_array_new();
	g_autoptr(GPtrArray) relays = g_ptr_array_new();
	const struct identity_rules rules = {roster, lists, relays};
	const struct row row = {from, inbody, SOB_ADA, NULL};
	g_autoptr(message_t) message = make(&row);

	g_ptr_array_add(lists, &list);
	g_ptr_array_add(relays, (char[]){"devnull+*@relay.example"});
	message->list_id = g_strdup(list_id);
	message->reply_to = g_strdup(reply_to);
	return show(message, &rules);
}

static void a_rewritten_from_is_undone_for_known_lists_only(void **state)
{
	static const struct {
		const char *from, *list_id, *reply_to, *inbody, *answer;
	} rows[] = {
		{"\"Ada via l\" <list@l.example>", "L <list.l.example>",
		 "Ada <ada@example.org>", NULL, "match ada munged-recovered"},
		{"\"Ada via l\" <list@l.example>", "list.l.example", NULL,
		 "Ada <ada@example.org>", "match ada in-body-from"},
		{"\"Ada via l\" <list@l.example>", "<list.l.example>", NULL,
		 NULL, "review ada munged-unrecoverable"},
		{"\"Ada via l\" <list@l.example>", "<list.l.example.evil>",
		 "Ada <ada@example.org>", NULL, "review ada from-unlisted"},
		{"\"Ada via l\" <list@l.example>", NULL,
		 "Ada <ada@example.org>", NULL, "review ada from-unlisted"},
		{"\"Ada via l\" <eve@l.example>", "<list.l.example>",
		 "Ada <ada@example.org>", NULL, "review ada from-unlisted"},
		{"Ada <devnull+ada@relay.example>", NULL, "ada@example.org",
		 NULL, "match ada munged-recovered"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = show_munged(
			rows[i].from, rows[i].list_id, rows[i].reply_to,
			rows[i].inbody);

		assert_string_equal(got, rows[i].answer);
	}
}

static void the_answer_goes_to_the_rosters_address(void **state)
{
	static const struct row unlisted = {"Ada <eve@b.org>", NULL, SOB_ADA,
					    NULL};
	g_autoptr(GPtrArray) roster = make_roster();
	const struct identity_rules rules = {.roster = roster};
	g_autoptr(message_t) message = make(&unlisted);
	g_autoptr(identity_t) identity = identity_decide(message, &rules);

	(void)state;
	assert_string_equal(identity->email, "ada@example.org");
	assert_string_equal(identity->name, "Ada Author");
	assert_string_equal(identity->posted_from, "eve@b.org");
}

/* A stranger who writes a victim's sign-off has no mail sent to them. */
static void a_stranger_is_answered_where_the_mail_came_from(void **state)
{
	static const char victim[] = "Signed-off-by: Vic <vic@example.net>\n";
	const struct row rows[] = {
		{"Eve <eve@example.com>", NULL, victim, "eve@example.com"},
		{"lab@example.org", NULL, victim, "lab@example.org"},
		{"Ada Author <ada@example.org>", NULL, victim,
		 "ada@example.org"},
	};
	g_autoptr(GPtrArray) roster = make_roster();
	const struct identity_rules rules = {.roster = roster};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(message_t) message = make(&rows[i]);
		g_autoptr(identity_t)
			identity = identity_decide(message, &rules);

		assert_string_equal(identity->email, rows[i].answer);
	}
}

/* Nor does one in an open project, where nobody is known. */
static void an_open_project_answers_no_third_person(void **state)
{
	const struct {
		struct row row;
		const char *name;
	} rows[] = {
		{{"eve@b.org", NULL, SOB_ADA, "eve@b.org"}, ""},
		{{"Eve <eve@b.org>", NULL, SOB_ADA, "eve@b.org"}, "Eve"},
		{{"A <ADA@example.org>", NULL, SOB_ADA, "ada@example.org"},
		 "Ada Author"},
		{{"Eve <eve@b.org>", NULL, "", "eve@b.org"}, "Eve"},
		{{"", NULL, SOB_ADA, NULL}, NULL},
	};
	const struct identity_rules rules = {.roster = NULL};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(message_t) message = make(&rows[i].row);
		g_autoptr(identity_t)
			identity = identity_decide(message, &rules);

		assert_int_equal(g_strcmp0(identity->email, rows[i].row.answer),
				 0);
		assert_int_equal(g_strcmp0(identity->name, rows[i].name), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_sender_and_the_last_signoff_must_be_one_person),
		cmocka_unit_test(an_unknown_sender_is_never_known_by_name),
		cmocka_unit_test(the_name_in_the_signoff_must_be_the_rosters),
		cmocka_unit_test(
			a_shared_address_needs_the_name_of_one_of_them),
		cmocka_unit_test(
			the_author_of_a_forwarded_patch_must_have_signed),
		cmocka_unit_test(an_open_project_takes_whoever_signed_last),
		cmocka_unit_test(
			a_rewritten_from_is_undone_for_known_lists_only),
		cmocka_unit_test(the_answer_goes_to_the_rosters_address),
		cmocka_unit_test(
			a_stranger_is_answered_where_the_mail_came_from),
		cmocka_unit_test(an_open_project_answers_no_third_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
