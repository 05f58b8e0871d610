/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands by mail: who may give them, what they do, what is answered. */
#include "test-store.h"

#include "serve/collect.h"

#define SITE                                           \
	"mail: {from: Bot <bot@x.org>, cc: [cc@x.org]" \
	", staff: [staff@x.org]}\n"
#define OWN_SERVER "policy: {trust: {authserv-ids: [mx.x.org]}}\n" SITE
#define JOHN "John <john@x.org>"
#define STRANGER "Eve <eve@y.org>"
#define SAID(server)                                     \
	"Authentication-Results: " server "; dkim=pass " \
	"header.d=x.org header.i=@x.org\n"
#define VOUCHED(server) SAID(server) "DKIM-Signature: v=1; d=x.org; s=a; b=x\n"

struct row {
	const char *site, *from, *answers, *head, *text;
	const char *said; /* in the answer; NULL: there is none */
	const char *does; /* "queued", "stopped", "both", ""; NULL: none */
	bool open;	  /* the run that is answered has not ended */
};

static const struct row rows[] = {
	{SITE, JOHN, "reply", "", "reroll: retest", "is checked again",
	 "queued", false},
	{SITE, JOHN, "reply", "", "reroll: base next", "is checked again",
	 "queued", false},
	{SITE, JOHN, "reply", "", "reroll: base next", "is checked again",
	 "both", true},
	{SITE, JOHN, "reply", "", "reroll: cancel", "nobody is told", "stopped",
	 true},
	{SITE, JOHN, "reply", "", "reroll: cancel", "has ended already", "",
	 false},
	{SITE, JOHN, "reply", "", "reroll: status", "is being checked", "",
	 true},
	{SITE, JOHN, "reply", "", "reroll: status", "has been checked", "",
	 false},
	{SITE, JOHN, "reply", "", "reroll: reset", "reset", "", false},
	/* Who may not is not answered, nor is what is no command. */
	{SITE, STRANGER, "reply", "", "reroll: retest", NULL, "", false},
	{SITE, JOHN, "another", "", "reroll: retest", NULL, "", false},
	{SITE, JOHN, "reply", "", "Thank you!", NULL, "", false},
	{SITE, JOHN, "reply", "Auto-Submitted: auto-replied\n",
	 "reroll: retest", NULL, "", false},
	/* Staff and who gets copies, unless the site says otherwise. */
	{SITE, "staff@x.org", "reply", "", "reroll: retest", "is checked again",
	 "queued", false},
	{SITE, "cc@x.org", "reply", "", "reroll: retest", "is checked again",
	 "queued", false},
	{SITE "policy: {commands: [submitter]}\n", "staff@x.org", "reply", "",
	 "reroll: retest", NULL, "", false},
	{SITE "policy: {commands: [maintainers]}\n", JOHN, "reply", "",
	 "reroll: retest", NULL, "", false},
	{SITE "policy: {commands: []}\n", JOHN, "reply", "", "reroll: retest",
	 NULL, "", false},
	/* Where our servers vouch for senders, From alone is not enough. */
	{OWN_SERVER, JOHN, "reply", "", "reroll: retest", NULL, "", false},
	{OWN_SERVER, JOHN, "reply", VOUCHED("mx.x.org"), "reroll: retest",
	 "is checked again", "queued", false},
	{OWN_SERVER, JOHN, "reply", SAID("mx.x.org"), "reroll: retest", NULL,
	 "", false},
	{OWN_SERVER, JOHN, "reply", VOUCHED("mx.evil.org"), "reroll: retest",
	 NULL, "", false},
	{OWN_SERVER, "john@z.org", "reply", VOUCHED("mx.x.org"),
	 "reroll: retest", NULL, "", false},
};

static struct site *load(const char *text)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	g_autofree char *path = g_build_filename(dir->path, "s.yaml", NULL);
	struct site *site;

	assert_true(g_file_set_contents(path, text, -1, NULL));
	site = site_load(path, problems);
	if (!site)
		fail_msg("the site is refused: %s", text);
	return site;
}

/* John's run, and the reply to it. */
static void put_run(struct store *store, bool open)
{
	const struct stage_row stage = {"style", "refused", NULL, 1};
	const struct outbox_row reply = {
		"run1", "style-wrong", "<reply@x.org>", "john@x.org", NULL, "m",
		1};
	const struct run_end end = {stage, "style-wrong", "bad", 1, NULL};
	struct revision_put put = {.submitter = "john@x.org",
				   .name = "a",
				   .version = 1,
				   .n_patches = 1,
				   .complete = true};
	const struct queued_run run = {.id = "run1", .revision = 1};

	assert_done(store_revision_set(store, &put, &error));
	assert_done(store_run_queue(store, &run, "style", &error));
	assert_done(store_outbox_put(store, 1, &reply, &error));
	if (!open)
		assert_done(store_run_end(store, "run1", &end, &error));
}

static GBytes *mail_of(const struct row *row)
{
	char *text = g_strdup_printf("%sFrom: %s\nTo: Bot <bot@x.org>\n"
				     "Subject: Re: a\nMessage-ID: <c@x.org>\n"
				     "In-Reply-To: <%s@x.org>\n\n%s\n",
				     row->head, row->from, row->answers,
				     row->text);

	return g_bytes_new_take(text, strlen(text));
}

struct said {
	GPtrArray *queued, *stopped;
	bool mailed;
};

static void handle(struct store *store, const struct site *site, GBytes *mail,
		   struct said *said)
{
	const struct command_mail command = {mail, site};
	struct command_effects effects = {said->queued, said->stopped, false};

	assert_done(command_handle(store, &command, &effects, &error));
	said->mailed = effects.mailed;
}

static const char *what_was_done(const struct said *said)
{
	static const char *const names[] = {"", "queued", "stopped", "both"};

	return names[(said->queued->len > 0) + 2 * (said->stopped->len > 0)];
}

static void check(gsize i, struct store *store, const struct said *said)
{
	const struct row *row = &rows[i];
	g_autofree char *answer = store_look(
		store, "SELECT CAST(mail AS TEXT) FROM outbox"
		       " WHERE outcome = 'status'");

	if (strcmp(what_was_done(said), row->does) != 0)
		fail_msg("row %zu: %s", i, what_was_done(said));
	if (!row->said != !answer || said->mailed != !!answer)
		fail_msg("row %zu: %s", i, answer ? answer : "no answer");
	if (!answer)
		return;
	if (!strstr(answer, row->said) ||
	    !strstr(answer, "In-Reply-To: <c@x.org>") ||
	    !strstr(answer, "Auto-Submitted: auto-replied"))
		fail_msg("row %zu: %s", i, answer);
}

static void a_command_is_obeyed_by_who_may_give_it(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(store_t) store = store_open(NULL, NULL);
		g_autoptr(site_t) site = load(rows[i].site);
		g_autoptr(GBytes) mail = mail_of(&rows[i]);
		g_autoptr(GPtrArray)
			queued = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GPtrArray)
			stopped = g_ptr_array_new_with_free_func(g_free);
		struct said said = {queued, stopped, false};

		put_run(store, rows[i].open);
		handle(store, site, mail, &said);
		check(i, store, &said);
	}
}

/* It came by two sources, or a step was done again. */
static void a_command_that_comes_twice_is_obeyed_once(void **state)
{
	struct store *store = *state;
	g_autoptr(site_t) site = load(SITE);
	g_autoptr(GBytes) mail = mail_of(&rows[0]);
	g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func(g_free);
	struct said said = {runs, runs, false};

	put_run(store, false);
	handle(store, site, mail, &said);
	handle(store, site, mail, &said);
	assert_int_equal(runs->len, 1);
	assert_rows(store, "SELECT count(*) FROM run", "2");
	assert_rows(store,
		    "SELECT count(*) FROM outbox WHERE outcome = 'status'",
		    "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_obeyed_by_who_may_give_it),
		STORE_CASE(a_command_that_comes_twice_is_obeyed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
