/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One address more on a roster, and nothing else of it changed. */
#include "test.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "config/cfg.h"

static int set_up(void **state)
{
	*state = tempdir_new(NULL);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	tempdir_free(*state);
	return 0;
}

static char *put_file(const struct tempdir *dir, const char *name,
		      const char *text)
{
	char *path = g_build_filename(dir->path, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void assert_text(const char *path, const char *wanted)
{
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, wanted);
}

/* Only the roster: nothing is left beside it. */
static void assert_alone(const struct tempdir *dir)
{
	g_autoptr(GDir) files = g_dir_open(dir->path, 0, NULL);

	assert_non_null(g_dir_read_name(files));
	assert_null(g_dir_read_name(files));
}

struct row {
	const char *name, *before, *login, *email;
	const char *after; /* NULL: as before */
	int code;	   /* -1: no error */
};

static void check(const struct tempdir *dir, const struct row *row)
{
	g_autofree char *path = put_file(dir, row->name, row->before);
	g_autoptr(GError) error = NULL;
	bool done = roster_add_email(path, row->login, row->email, &error);

	assert_text(path, row->after ? row->after : row->before);
	assert_alone(dir);
	if (row->code < 0 && !done)
		fail_msg("%s: %s", row->before, error->message);
	if (row->code >= 0 && (done || error->code != row->code))
		fail_msg("%s: %s", row->before,
			 error ? error->message : "done");
	assert_int_equal(g_unlink(path), 0);
}

#define CSV "r.csv"
#define HEAD "login,name,emails,group\n"
#define JS "js,J. Smith,js@x.org,B\n"
#define BO "bo,\"Lee, Bo\",\"bo@x.org b@y.org\",\n"

static void a_line_of_csv_gets_one_address_more(void **state)
{
	static const struct row rows[] = {
		{CSV, HEAD JS BO, "js", "js@home.org",
		 HEAD "js,J. Smith,js@x.org js@home.org,B\n" BO, -1},
		{CSV, HEAD JS BO, "bo", "c@z.org",
		 HEAD JS "bo,\"Lee, Bo\",\"bo@x.org b@y.org c@z.org\",\n", -1},
		{CSV, HEAD JS "\n\n" BO, "bo", "c@z.org",
		 HEAD JS "\n\nbo,\"Lee, Bo\",\"bo@x.org b@y.org c@z.org\",\n",
		 -1},
		{CSV, "emails,login,name\r\nj@x.org ,j,\"a \"\"b\"\"\"\r\n",
		 "j", "k@x.org",
		 "emails,login,name\r\nj@x.org k@x.org,j,\"a \"\"b\"\"\"\r\n",
		 -1},
		{CSV,
		 "\xef\xbb\xbflogin,name,emails\nj,\xc3\xa9\xc3\xa9,j@x.org",
		 "j", "k@x.org",
		 "\xef\xbb\xbflogin,name,emails\nj,\xc3\xa9\xc3\xa9,"
		 "j@x.org k@x.org",
		 -1},
		{CSV,
		 "login,emails,name\nj,\"j@x.org\n i@x.org\n\",J\nk,k@x.org,K",
		 "k", "l@x.org",
		 "login,emails,name\nj,\"j@x.org\n i@x.org\n\",J\nk,k@x.org "
		 "l@x.org,K",
		 -1},
		{CSV, "login,emails,name\nj,\"j@x.org\n i@x.org\n\",J\n", "j",
		 "k@x.org",
		 "login,emails,name\nj,\"j@x.org\n i@x.org k@x.org\",J\n", -1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check(*state, &rows[i]);
}

#define YAML "r.yaml"
#define Y_BO "- {login: bo, name: Bo, emails: [bo@x.org, 'b@y.org']} # tutor\n"
#define Y_JS                                                                 \
	"- login: js # she has two\n  emails:\n    - js@x.org # the uni's\n" \
	"  name: J. Smith\n"

static void a_record_of_yaml_gets_one_address_more(void **state)
{
	static const struct row rows[] = {
		{YAML, "# ours\n" Y_BO Y_JS, "js", "js@home.org",
		 "# ours\n" Y_BO "- login: js # she has two\n  emails:\n"
		 "    - js@x.org # the uni's\n    - js@home.org\n"
		 "  name: J. Smith\n",
		 -1},
		{YAML, Y_BO Y_JS, "bo", "c@z.org",
		 "- {login: bo, name: Bo, emails: [bo@x.org, 'b@y.org', "
		 "c@z.org]} # tutor\n" Y_JS,
		 -1},
		{YAML, "- login: j\n  name: J\n  emails:\n  - j@x.org", "j",
		 "k@x.org",
		 "- login: j\n  name: J\n  emails:\n  - j@x.org\n  - k@x.org",
		 -1},
		{YAML,
		 "- login: j\r\n  emails:\r\n  - j@x.org\r\n  name: J\r\n", "j",
		 "k@x.org",
		 "- login: j\r\n  emails:\r\n  - j@x.org\r\n  - k@x.org\r\n"
		 "  name: J\r\n",
		 -1},
		{YAML, "- login: j\n  name: J\n  emails: [\n    j@x.org\n  ]\n",
		 "j", "k@x.org",
		 "- login: j\n  name: J\n  emails: [\n    j@x.org, k@x.org\n"
		 "  ]\n",
		 -1},
		{YAML, Y_JS, "js", "o'neill#1@x.org",
		 "- login: js # she has two\n  emails:\n"
		 "    - js@x.org # the uni's\n    - 'o''neill#1@x.org'\n"
		 "  name: J. Smith\n",
		 -1},
		/* What cannot be changed safely is left alone. */
		{YAML, "- login: j\n  name: J\n  emails: [\"j\\x40x.org\"]\n",
		 "j", "k@x.org", NULL, REROLL_ERROR_CONFIG},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check(*state, &rows[i]);
}

static void what_must_not_be_is_refused(void **state)
{
	static const struct row rows[] = {
		{CSV, HEAD JS BO, "js", "bo@x.org", NULL,
		 REROLL_ERROR_CONFLICT},
		{CSV, HEAD JS BO, "js", "BO@X.ORG", NULL,
		 REROLL_ERROR_CONFLICT},
		{YAML, Y_BO Y_JS, "js", "b@y.org", NULL, REROLL_ERROR_CONFLICT},
		{CSV, HEAD JS BO, "js", "JS@X.org", NULL, -1},
		{YAML, Y_BO Y_JS, "bo", "b@y.org", NULL, -1},
		{CSV, HEAD JS BO, "nobody", "n@x.org", NULL,
		 REROLL_ERROR_NOT_FOUND},
		{CSV, HEAD JS BO, "J. Smith", "n@x.org", NULL,
		 REROLL_ERROR_NOT_FOUND},
		{YAML, Y_BO Y_JS, "nobody", "n@x.org", NULL,
		 REROLL_ERROR_NOT_FOUND},
		{CSV, HEAD "js,J. Smith\n", "js", "n@x.org", NULL,
		 REROLL_ERROR_CONFIG},
		{YAML, "- login: [\n", "js", "n@x.org", NULL,
		 REROLL_ERROR_CONFIG},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check(*state, &rows[i]);
}

static void a_hostile_address_is_refused(void **state)
{
	static const char *const addresses[] = {"",
						"js",
						"@x.org",
						"js@",
						"a@b@x.org",
						"a b@x.org",
						"a,b@x.org",
						"a\"b@x.org",
						"a\n- login: eve@x.org",
						"a\neve@x.org",
						"a\reve@x.org",
						"a\x01@x.org",
						"a\x7f@x.org",
						"\xff@x.org",
						"a\xe2\x80\xae@x.org",
						"a\xc2\x85@x.org",
						"a\xe2\x80\xa8@x.org",
						"a\xc2\xa0@x.org",
						"a\t@x.org"};
	g_autofree char *many = g_strnfill(300, 'a');
	g_autofree char *longest = g_strconcat(many, "@x.org", NULL);
	struct row row = {.login = "js", .code = REROLL_ERROR_INPUT};

	for (gsize i = 0; i <= G_N_ELEMENTS(addresses); i++) {
		row.email = i < G_N_ELEMENTS(addresses) ? addresses[i]
							: longest;
		row.name = CSV;
		row.before = HEAD JS BO;
		check(*state, &row);
		row.name = YAML;
		row.before = Y_BO Y_JS;
		check(*state, &row);
	}
}

static void an_odd_address_is_put_in_as_it_is(void **state)
{
	static const char *const addresses[] = {
		"'@x.org",    "''@x.org",      "#a@x.org",  "*a@x.org",
		"&a@x.org",   "!a@x.org",      "%a@x.org",  "-@x.org",
		"{a}@x.org",  "[a]@x.org",     "a:b@x.org", "=cmd|x!A0@x.org",
		"a\\n@x.org", "\xc3\xa9@x.org"};
	const struct tempdir *dir = *state;

	for (gsize i = 0; i < 2 * G_N_ELEMENTS(addresses); i++) {
		const char *email = addresses[i / 2];
		g_autofree char *path = put_file(dir, i % 2 ? CSV : YAML,
						 i % 2 ? HEAD JS : Y_BO Y_JS);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(GPtrArray) people = NULL;
		const struct person *person;

		if (!roster_add_email(path, "js", email, NULL))
			fail_msg("%s", email);
		people = roster_load(path, problems);
		assert_non_null(people);
		person = people->pdata[people->len - 1];
		assert_string_equal(person->emails->pdata[1], email);
		assert_int_equal(g_unlink(path), 0);
	}
}

static void mode_owner_and_link_are_kept(void **state)
{
	const struct tempdir *dir = *state;
	g_autofree char *path = put_file(dir, "students-2026", HEAD JS);
	g_autofree char *link = g_build_filename(dir->path, CSV, NULL);
	bool root = geteuid() == 0;
	struct stat now;

	assert_int_equal(chmod(path, 0640), 0);
	if (root)
		assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(symlink("students-2026", link), 0);
	assert_true(roster_add_email(link, "js", "k@x.org", NULL));
	assert_int_equal(lstat(link, &now), 0);
	assert_true(S_ISLNK(now.st_mode));
	assert_int_equal(stat(path, &now), 0);
	assert_int_equal(now.st_mode & 07777, 0640);
	assert_int_equal(now.st_uid, root ? 65534 : geteuid());
	assert_text(path, HEAD "js,J. Smith,js@x.org k@x.org,B\n");
}

static void a_file_that_is_not_there_is_told(void **state)
{
	const struct tempdir *dir = *state;
	g_autofree char *path = g_build_filename(dir->path, CSV, NULL);
	g_autoptr(GError) error = NULL;

	assert_false(roster_add_email(path, "js", "k@x.org", &error));
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
	assert_non_null(strstr(error->message, "No such file"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_line_of_csv_gets_one_address_more),
		CASE(a_record_of_yaml_gets_one_address_more),
		CASE(what_must_not_be_is_refused),
		CASE(a_hostile_address_is_refused),
		CASE(an_odd_address_is_put_in_as_it_is),
		CASE(mode_owner_and_link_are_kept),
		CASE(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
