/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "base/base.h"
#include "report/report.h"

/* A series of one patch by John Smith, and all that a reply to it needs. */
struct fixture {
	struct message message;
	struct series series;
	struct identity submitter;
	struct mailbox *from;
	struct reply_context context;
	struct verdict *verdict;
};

static char subject_line[] = "[PATCH v9] syscall: add dummy system call";

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){
		.message = {.message_id = g_strdup("<p1@example.org>"),
			    .in_reply_to = g_strdup("<p0@example.org>"),
			    .subject = subject_line,
			    .kind = MESSAGE_PATCH},
		.series = {.name = g_strdup("syscall: add dummy system call"),
			   .version = 9,
			   .total = 1,
			   .complete = true},
		.submitter = {.decision = IDENTITY_MATCH,
			      .name = g_strdup("John Smith"),
			      .email = g_strdup("john@example.org")},
	};
	f->from = mailbox_new("reroll", "bot@ci.example.org");
	f->series.patches = g_ptr_array_new();
	g_ptr_array_add(f->series.patches, &f->message);
	f->message.from = g_ptr_array_new_with_free_func(
		(GDestroyNotify)mailbox_free);
	f->verdict = verdict_new();
	f->context = (struct reply_context){
		.run_id = "1",
		.project = "HTS Syscall",
		.suite = "dummy",
		.sign = "LSE Team",
		.series = &f->series,
		.submitter = &f->submitter,
		.from = f->from,
	};
}

static void fixture_clear(struct fixture *f)
{
	g_free(f->message.message_id);
	g_free(f->message.in_reply_to);
	g_ptr_array_unref(f->message.from);
	g_free(f->series.name);
	g_ptr_array_unref(f->series.patches);
	g_free(f->submitter.name);
	g_free(f->submitter.email);
	mailbox_free(f->from);
	verdict_free(f->verdict);
}

static struct reply *make(struct fixture *f, const char *outcome)
{
	g_autoptr(GError) error = NULL;
	struct reply *reply = reply_new(&f->context, outcome_find(outcome),
					f->verdict, &error);

	if (!reply)
		fail_msg("%s", error->message);
	return reply;
}

static const char *mail_text(const struct reply *reply)
{
	gsize len;

	assert_non_null(reply->mail);
	return g_bytes_get_data(reply->mail, &len);
}

static void results_have_exactly_the_promised_shape(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	f.verdict->detail = json_pack("{s:i, s:i}", "passed", 7, "count", 7);
	reply = make(&f, "results");
	assert_string_equal(reply->text,
			    "Hi John Smith,\n"
			    "\n"
			    "Project: HTS Syscall\n"
			    "Patch: [v9] syscall: add dummy system call\n"
			    "Tests suite: dummy\n"
			    "\n"
			    "You have passed 7 tests on 7.\n"
			    "\n"
			    "Perfect! Your work will be examined.\n"
			    "\n"
			    "If you think this is a false positive,\n"
			    "please reply-all to this message.\n"
			    "\n"
			    "Sincerely,\n"
			    "LSE Team\n");
	fixture_clear(&f);
}

static void failed_tests_are_listed_under_the_count(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	f.verdict->detail = json_pack(
		"{s:i, s:i, s:[{s:s, s:s, s:s}, {s:s, s:n, s:n}]}", "passed", 5,
		"count", 7, "failed", "name", "returns_pid", "expected", "42",
		"log", "got 41\nabort\n", "name", "null_is_efault", "expected",
		"log");
	reply = make(&f, "results");
	assert_non_null(strstr(reply->text,
			       "\nYou have passed 5 tests on 7.\n"
			       "\n"
			       "  returns_pid: failed, expected 42\n"
			       "    got 41\n"
			       "    abort\n"
			       "\n"
			       "  null_is_efault: failed\n"
			       "\n"
			       "If you think"));
	assert_null(strstr(reply->text, "Perfect"));
	fixture_clear(&f);
}

static void every_outcome_reads_as_its_golden_text(void **state)
{
	(void)state;
	for (const struct outcome *o = outcomes; o->name; o++) {
		g_autofree char *path = g_strdup_printf(
			"tests/unit/golden/%s.txt", o->name);
		g_autoptr(GBytes) golden = test_read(path);
		g_autoptr(json_t) data = reply_example(o, NULL, NULL);
		g_autoptr(GError) error = NULL;
		g_autofree char *text = reply_render(o->name, NULL, data,
						     &error);
		gsize len;
		const char *expect = g_bytes_get_data(golden, &len);

		if (!text)
			fail_msg("%s", error->message);
		if (strlen(text) != len || memcmp(text, expect, len) != 0)
			fail_msg("%s is now:\n%s", o->name, text);
	}
}

/* What the examples leave out must not leave a hole. */
static void every_outcome_can_be_told_without_detail(void **state)
{
	(void)state;
	for (const struct outcome *o = outcomes; o->name; o++) {
		struct fixture f;
		g_autoptr(reply_t) reply = NULL;

		fixture_init(&f);
		verdict_refuse(f.verdict, o->name, "it is so");
		reply = make(&f, o->name);
		assert_true(g_str_has_prefix(reply->text, "Hi John Smith,\n"));
		assert_true(g_str_has_suffix(
			reply->text,
			"\n\nIf you think this is a false positive,\n"
			"please reply-all to this message.\n"
			"\nSincerely,\nLSE Team\n"));
		if (strstr(reply->text, "\n\n\n"))
			fail_msg("%s has a hole:\n%s", o->name, reply->text);
		assert_non_null(reply->mail);
		fixture_clear(&f);
	}
}

static void trouble_blames_nobody(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	verdict_refuse(f.verdict, "trouble-waiting", "disk full on ci-2");
	verdict_add(f.verdict,
		    finding_new(SEVERITY_ERROR, "a.c", 1, NULL, "broken"));
	reply = make(&f, "trouble-waiting");
	assert_null(strstr(reply->text, "disk full"));
	assert_null(strstr(reply->text, "broken"));
	fixture_clear(&f);
}

static void a_reply_goes_into_the_thread(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;
	const char *mail;

	(void)state;
	fixture_init(&f);
	reply = make(&f, "accepted");
	mail = mail_text(reply);
	assert_non_null(strstr(mail, "\nTo: John Smith <john@example.org>\n"));
	assert_non_null(strstr(mail, "\nIn-Reply-To: <p1@example.org>\n"));
	assert_non_null(strstr(mail, "\nReferences: <p0@example.org> "
				     "<p1@example.org>\n"));
	assert_non_null(strstr(mail, "\nX-Reroll: accepted; run=1\n"));
	assert_string_equal(reply->subject, "Re: [PATCH v9] syscall: add dummy "
					    "system call");
	fixture_clear(&f);
}

static void the_subject_gets_one_re_only(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;
	char subject[] = " re: [PATCH] x";

	(void)state;
	fixture_init(&f);
	f.message.subject = subject;
	reply = make(&f, "accepted");
	assert_string_equal(reply->subject, "re: [PATCH] x");
	fixture_clear(&f);
}

static void the_message_id_is_fixed_by_revision_and_outcome(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) first = NULL, again = NULL, other = NULL,
			   next = NULL, stranger = NULL;

	(void)state;
	fixture_init(&f);
	first = make(&f, "accepted");
	f.context.run_id = "2";
	again = make(&f, "accepted");
	other = make(&f, "results");
	f.series.version = 10;
	next = make(&f, "accepted");
	f.series.version = 9;
	g_ptr_array_add(f.message.from, mailbox_new("", "eve@example.net"));
	stranger = make(&f, "accepted");
	assert_string_not_equal(first->message_id, stranger->message_id);
	assert_string_equal(first->message_id, again->message_id);
	assert_string_not_equal(first->message_id, other->message_id);
	assert_string_not_equal(first->message_id, next->message_id);
	assert_true(g_str_has_prefix(first->message_id, "<reroll."));
	assert_true(g_str_has_suffix(first->message_id, "@ci.example.org>"));
	assert_int_equal(strlen(first->message_id),
			 strlen("<reroll.@ci.example.org>") + 64);
	fixture_clear(&f);
}

static void without_an_identity_the_sender_is_answered(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;
	char reply_to[] = "other@example.org";

	(void)state;
	fixture_init(&f);
	f.context.submitter = NULL;
	f.message.reply_to = reply_to;
	g_ptr_array_add(f.message.from, mailbox_new("Al", "al@example.org"));
	reply = make(&f, "submitter-unknown");
	assert_string_equal(reply->to, "al@example.org");
	assert_null(strstr(mail_text(reply), "other@example.org"));
	fixture_clear(&f);
}

static void nobody_who_would_loop_is_answered(void **state)
{
	static const struct {
		const char *email;
		bool automatic, ours;
		const char *unsent;
	} rows[] = {
		{"john@example.org", true, false, "the mail is automatic"},
		{"john@example.org", false, true, "the mail is our own"},
		{"bot@CI.example.org", false, false, "the address is our own"},
		{"", false, false, "nobody's address is known"},
		{"MAILER-DAEMON@example.org", false, false,
		 "nobody reads mail at that address"},
		{"noreply@example.org", false, false,
		 "nobody reads mail at that address"},
		{"john", false, false, "nobody reads mail at that address"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct fixture f;
		g_autoptr(reply_t) reply = NULL;

		fixture_init(&f);
		g_free(f.submitter.email);
		f.submitter.email = g_strdup(rows[i].email);
		f.message.automatic = rows[i].automatic;
		f.message.ours = rows[i].ours;
		reply = make(&f, "accepted");
		assert_null(reply->mail);
		assert_string_equal(reply->unsent, rows[i].unsent);
		assert_non_null(reply->text);
		fixture_clear(&f);
	}
}

static void an_address_that_cannot_be_written_is_not_sent_to(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	g_free(f.submitter.email);
	f.submitter.email = g_strdup("a b@example.org");
	reply = make(&f, "accepted");
	assert_null(reply->mail);
	assert_non_null(strstr(reply->unsent, "cannot be written"));
	fixture_clear(&f);
}

static void hostile_text_stays_on_its_line(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	g_free(f.submitter.name);
	f.submitter.name = g_strdup("{{sign}}\nProject: x\x1b[2J");
	g_free(f.series.name);
	f.series.name = g_strdup("a\n\nSincerely,\nEve");
	reply = make(&f, "accepted");
	assert_true(g_str_has_prefix(reply->text,
				     "Hi {{sign}} Project: x[2J,\n\n"
				     "Project: HTS Syscall\n"
				     "Patch: [v9] a Sincerely, Eve\n"));
	fixture_clear(&f);
}

static void only_the_first_findings_are_listed(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	for (guint i = 1; i <= REPLY_FINDINGS_MOST + 5; i++)
		verdict_add(f.verdict, finding_new(SEVERITY_WARNING, "a.c", i,
						   "T", "wrong"));
	reply = make(&f, "style-wrong");
	assert_non_null(strstr(reply->text, "\n  a.c:30: warning: wrong (T)\n"
					    "  ... and 5 more.\n"));
	assert_null(strstr(reply->text, "a.c:31"));
	assert_non_null(strstr(reply->text, "warnings: 35."));
	fixture_clear(&f);
}

/* Names and texts of a stranger can be as long as a mail. */
static void a_reply_that_is_too_long_is_cut(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;
	g_autofree char *text = g_strnfill(100000, 'p');

	(void)state;
	fixture_init(&f);
	for (guint i = 1; i <= REPLY_FINDINGS_MOST + 5; i++)
		verdict_add(f.verdict,
			    finding_new(SEVERITY_ERROR, text, i, "T", text));
	reply = make(&f, "description-invalid");
	assert_non_null(reply->mail);
	assert_non_null(strstr(reply->text, "\n  ... and 25 more.\n"));
	assert_non_null(strstr(reply->text, "\nThis message was too long: "));
	assert_true(strlen(reply->text) < 10000);
	fixture_clear(&f);
}

/* The one that failed may be the last of them. */
static void a_reply_with_long_logs_still_names_every_build(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;
	g_autofree char *text = g_strnfill(100000, 'p');
	json_t *builds = json_array();

	(void)state;
	fixture_init(&f);
	for (guint i = 0; i < 20; i++)
		json_array_append_new(builds,
				      json_pack("{s:s, s:s, s:s, s:[]}", "id",
						text, "status",
						i == 19 ? "failed" : "passed",
						"log_tail", text, "findings"));
	f.verdict->detail = json_pack("{s:o}", "builds", builds);
	reply = make(&f, "build-failed");
	assert_non_null(strstr(reply->text, "\nThe end of its log:\n"));
	fixture_clear(&f);
}

static void accepted_claims_no_sign_off_that_is_not_there(void **state)
{
	static char key[] = "Signed-off-by";
	static char value[] = "John Smith <john@example.org>";
	static char broken[] = "John Smith";
	struct trailer trailer = {key, value};
	struct fixture f;
	g_autoptr(reply_t) unsigned_reply = NULL, broken_reply = NULL,
			   signed_reply = NULL;

	(void)state;
	fixture_init(&f);
	unsigned_reply = make(&f, "accepted");
	f.message.trailers = g_ptr_array_new();
	g_ptr_array_add(f.message.trailers, &trailer);
	signed_reply = make(&f, "accepted");
	trailer.value = broken;
	broken_reply = make(&f, "accepted");
	assert_non_null(strstr(unsigned_reply->text, "- it is complete\n"));
	assert_non_null(strstr(broken_reply->text, "- it is complete\n"));
	assert_non_null(strstr(signed_reply->text,
			       "- it is complete and signed off\n"));
	g_ptr_array_unref(f.message.trailers);
	fixture_clear(&f);
}

static void missing_patches_are_named_as_their_subjects_are(void **state)
{
	static const struct {
		guint version;
		const char *line;
	} rows[] = {{1, "\n  [PATCH 2/3]\n"}, {2, "\n  [PATCH v2 2/3]\n"}};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct fixture f;
		g_autoptr(reply_t) reply = NULL;

		fixture_init(&f);
		f.series.version = rows[i].version;
		f.verdict->detail = json_pack("{s:[s]}", "missing", "2/3");
		reply = make(&f, "series-incomplete");
		assert_non_null(strstr(reply->text, rows[i].line));
		fixture_clear(&f);
	}
}

static void a_mail_without_from_is_told_just_that(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	f.verdict->detail = json_pack("{s:s, s:n, s:s}", "reason",
				      "address-unknown", "posted_from", "odd",
				      "Patch 1 is not on the roster: \"\".");
	reply = make(&f, "submitter-unknown");
	assert_non_null(strstr(reply->text, "has no From line"));
	assert_null(strstr(reply->text, "\"\""));
	fixture_clear(&f);
}

static void a_first_version_has_no_tag(void **state)
{
	struct fixture f;
	g_autoptr(reply_t) reply = NULL;

	(void)state;
	fixture_init(&f);
	f.series.version = 1;
	reply = make(&f, "accepted");
	assert_non_null(strstr(reply->text,
			       "\nPatch: syscall: add dummy system call\n"));
	fixture_clear(&f);
}

static void a_template_of_the_project_comes_first(void **state)
{
	struct fixture f;
	g_autoptr(GError) error = NULL;
	g_autoptr(tempdir_t) dir = tempdir_new(&error);
	const char *dirs[] = {dir->path, NULL};
	g_autofree char *own = g_build_filename(dir->path, "accepted.mustache",
						NULL);
	g_autofree char *broken = g_build_filename(dir->path,
						   "results.mustache", NULL);
	g_autoptr(reply_t) reply = NULL;
	struct reply *none;

	(void)state;
	assert_true(
		g_file_set_contents(own, "Ola {{name}}{{>footer}}", -1, NULL));
	assert_true(g_file_set_contents(broken, "x\n{{#a}}", -1, NULL));
	fixture_init(&f);
	f.context.template_dirs = dirs;
	reply = make(&f, "accepted");
	assert_true(g_str_has_prefix(reply->text, "Ola John Smith\nIf you"));
	none = reply_new(&f.context, outcome_find("results"), f.verdict,
			 &error);
	assert_null(none);
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG));
	assert_non_null(strstr(error->message, "results:2:1: "));
	fixture_clear(&f);
}

static void a_template_that_is_not_there_is_an_error(void **state)
{
	g_autoptr(json_t) data = json_object();
	static const char *const names[] = {"no-such", "../templates/footer",
					    "/no/such.mustache"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(reply_render(names[i], NULL, data, &error));
		assert_true(g_error_matches(error, REROLL_ERROR,
					    REROLL_ERROR_CONFIG));
	}
}

static void the_first_refusal_stands(void **state)
{
	g_autoptr(verdict_t) verdict = verdict_new();
	g_autoptr(json_t) json = NULL;

	(void)state;
	verdict_refuse(verdict, "style-wrong", "n is %d", 1);
	verdict_refuse(verdict, "apply-failed", "later");
	json = verdict_to_json(verdict);
	assert_string_equal(json_string_value(json_object_get(json, "outcome")),
			    "style-wrong");
	assert_string_equal(json_string_value(json_object_get(json, "summary")),
			    "n is 1");
	assert_true(json_is_null(json_object_get(json, "detail")));
}

static void a_finding_names_its_place(void **state)
{
	static const struct {
		const char *file;
		guint line, column, patch;
		const char *place;
	} rows[] = {
		{"a.c", 3, 4, 1, "a.c:3:4"}, {"a.c", 3, 0, 1, "a.c:3"},
		{"a.c", 0, 4, 0, "a.c"},     {NULL, 3, 4, 2, "patch 2"},
		{NULL, 0, 0, 0, NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(finding_t) finding = finding_new(
			SEVERITY_NOTE, rows[i].file, rows[i].line, "T", "text");
		g_autoptr(finding_t) copy = NULL;
		g_autoptr(json_t) json = NULL;
		const char *place;

		finding->column = rows[i].column;
		finding->patch = rows[i].patch;
		finding->context = g_strdup("c");
		copy = finding_copy(finding);
		json = finding_to_json(copy);
		place = json_string_value(json_object_get(json, "place"));
		assert_int_equal(place != NULL, rows[i].place != NULL);
		if (place)
			assert_string_equal(place, rows[i].place);
		assert_string_equal(
			json_string_value(json_object_get(json, "context")),
			"c");
	}
}

/* Add the names in `text`, but for what is made of others. */
static void add_words(GHashTable *words, const char *text)
{
	g_auto(GStrv) list = g_strsplit_set(text, " ,:;.[]", -1);

	for (guint i = 0; list[i]; i++)
		g_hash_table_add(words, g_strdup(list[i]));
}

/* Whether the manual tells of it: by a name, or by what it is made of. */
static bool is_told(GHashTable *words, const char *name)
{
	static const char *const ends[] = {"", "_lines", "_more"};
	const char *from = g_str_has_prefix(name, "has_") ? name + 4 : name;

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		gsize len = strlen(from) - MIN(strlen(ends[i]), strlen(from));
		g_autofree char *plain = g_strndup(from, len);

		if (g_str_has_suffix(from, ends[i]) &&
		    g_hash_table_contains(words, plain))
			return true;
	}
	return false;
}

static void check_template(GHashTable *words, const char *path)
{
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	for (char *tag = strstr(text, "{{"); tag; tag = strstr(tag, "{{")) {
		gsize len = strcspn(tag += 2, "}");
		g_autofree char *name = g_strndup(tag, len);
		const char *plain = name + strspn(name, "#^/");

		if (*name != '>' && strcmp(name, ".") != 0 &&
		    !is_told(words, plain))
			fail_msg("%s: %s is not documented", path, plain);
	}
}

static GHashTable *documented_words(void)
{
	GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, NULL);

	for (const struct reply_value *v = reply_values; v->names; v++) {
		assert_true(!v->outcome || outcome_find(v->outcome));
		add_words(words, v->names);
		if (strstr(v->names, "[]"))
			add_words(words, v->doc);
	}
	return words;
}

static void every_value_of_a_template_is_documented(void **state)
{
	g_autoptr(GHashTable) words = documented_words();
	const char *folder = g_getenv("REROLL_TEMPLATES");
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *file;

	(void)state;
	while ((file = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, file, NULL);

		if (g_str_has_suffix(file, ".mustache"))
			check_template(words, path);
	}
	for (const struct outcome *o = outcomes; o->name; o++) {
		g_autoptr(json_t) data = reply_example(o, NULL, NULL);
		const char *key;
		json_t *value;

		json_object_foreach (data, key, value) {
			if (!is_told(words, key))
				fail_msg("%s: %s is not documented", o->name,
					 key);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_have_exactly_the_promised_shape),
		cmocka_unit_test(failed_tests_are_listed_under_the_count),
		cmocka_unit_test(every_outcome_reads_as_its_golden_text),
		cmocka_unit_test(every_outcome_can_be_told_without_detail),
		cmocka_unit_test(trouble_blames_nobody),
		cmocka_unit_test(a_reply_goes_into_the_thread),
		cmocka_unit_test(the_subject_gets_one_re_only),
		cmocka_unit_test(
			the_message_id_is_fixed_by_revision_and_outcome),
		cmocka_unit_test(without_an_identity_the_sender_is_answered),
		cmocka_unit_test(nobody_who_would_loop_is_answered),
		cmocka_unit_test(
			an_address_that_cannot_be_written_is_not_sent_to),
		cmocka_unit_test(hostile_text_stays_on_its_line),
		cmocka_unit_test(only_the_first_findings_are_listed),
		cmocka_unit_test(a_reply_that_is_too_long_is_cut),
		cmocka_unit_test(
			a_reply_with_long_logs_still_names_every_build),
		cmocka_unit_test(accepted_claims_no_sign_off_that_is_not_there),
		cmocka_unit_test(
			missing_patches_are_named_as_their_subjects_are),
		cmocka_unit_test(a_mail_without_from_is_told_just_that),
		cmocka_unit_test(a_first_version_has_no_tag),
		cmocka_unit_test(every_value_of_a_template_is_documented),
		cmocka_unit_test(a_template_of_the_project_comes_first),
		cmocka_unit_test(a_template_that_is_not_there_is_an_error),
		cmocka_unit_test(the_first_refusal_stands),
		cmocka_unit_test(a_finding_names_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
