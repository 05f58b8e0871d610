/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "config/forms.h"
#include "config/site.h"

static struct site *parse(const char *text, struct problems *problems)
{
	return site_parse(text, strlen(text), "/nowhere/s.yaml", problems);
}

static void the_example_fills_every_section(void **state)
{
	g_autofree char *path = test_path("contrib/examples/reroll.yaml");
	g_autofree char *projects = test_path("projects");
	g_autofree char *canonical = g_canonicalize_filename(projects, NULL);
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(site_t) site = site_load(path, problems);
	const struct source_config *source;
	const struct toolchain *toolchain;
	const struct lab_config *lab;

	(void)state;
	assert_problems(problems, "");
	assert_string_equal(site->projects, canonical);
	assert_string_equal(site->mail.from_name, "Course Robot");
	assert_string_equal(site->mail.from_email, "reroll@example.org");
	assert_int_equal(site->mail.munging_lists->len, 1);
	assert_string_equal(site->mail.staff->pdata[0], "staff@example.org");
	assert_null(site->mail.ca);
	assert_string_equal(site_tree(site, NULL)->name, "mainline");
	assert_int_equal(site_tree(site, "mainline")->refresh_s, 3600);
	assert_null(site_tree(site, "next"));
	source = site->sources->pdata[2];
	assert_int_equal(source->kind, SOURCE_REDIS);
	assert_string_equal(source->stream, "patches");
	lab = site->labs->pdata[1];
	assert_int_equal(lab->kind, LAB_LAVA);
	assert_string_equal(lab->boards->pdata[0], "beaglebone-black");
	toolchain = site->toolchains->pdata[1];
	assert_int_equal(toolchain->kind, TOOLCHAIN_LLVM);
	assert_true(site_has_toolchain(site, "gcc-12"));
	assert_false(site_has_toolchain(site, "gcc-13"));
	assert_int_equal(site->retention.logs_s, 90 * 86400);
	assert_string_equal(site->web.listen, "127.0.0.1:8080");
	assert_string_equal(site->policy.servers->pdata[0], "mx.example.org");
	assert_string_equal(site->policy.state_failed, "changes-requested");
	assert_int_equal(site->policy.wait_s, 600);
}

static void commands_are_trusted_by_what_is_known(void **state)
{
	static const struct {
		const char *text;
		enum trust trust;
	} rows[] = {
		{"state: /x", TRUST_ANY},
		{"policy: {trust: {}}", TRUST_ANY},
		{"policy: {trust: {commands: any}}", TRUST_ANY},
		{"policy: {trust: {authserv-ids: [mx]}}", TRUST_AUTHENTICATED},
		{"policy: {trust: {authserv-ids: [mx], commands: any}}",
		 TRUST_ANY},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(site_t) site = parse(rows[i].text, problems);

		assert_problems(problems, "");
		assert_int_equal(site->policy.trust_commands, rows[i].trust);
	}
}

static void without_a_file_there_are_defaults(void **state)
{
	g_autoptr(site_t) site = site_default();

	(void)state;
	assert_null(site->file);
	assert_string_equal(site->state, "/var/lib/reroll");
	assert_string_equal(site->mail.from_email, "reroll@localhost");
	assert_int_equal(site->trees->len, 0);
	assert_null(site_tree(site, NULL));
	assert_int_equal(site->toolchains->len, 0);
	assert_int_equal(site->workers.slots, 0);
	assert_true(site->policy.private_replies);
	assert_int_equal(site->policy.commands->len, 2);
	assert_int_equal(site->policy.servers->len, 0);
	assert_int_equal(site->policy.trust_commands, TRUST_ANY);
	assert_null(site->policy.state_passed);
	assert_int_equal(site->policy.wait_s, 600);
}

static void what_is_printed_loads_to_the_same(void **state)
{
	g_autofree char *path = test_path("contrib/examples/reroll.yaml");
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(site_t) site = site_load(path, problems);
	g_autofree char *printed = site_print(site);
	g_autoptr(site_t)
		again = site_parse(printed, strlen(printed), path, problems);
	g_autofree char *twice = NULL;

	(void)state;
	assert_problems(problems, "");
	twice = site_print(again);
	assert_string_equal(printed, twice);
}

static void each_mistake_is_told_by_place_and_expectation(void **state)
{
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{"tree: {}", "1:1: found the key \"tree\", expected a known "
			     "one; did you mean \"trees\"?"},
		{"trees: []", "1:8: found a list, expected a map of names"},
		{"trees: {a b: {path: x}}",
		 "1:9: found \"a b\", expected a name of letters, digits, "
		 "\".\", \"_\" and \"-\""},
		{"trees: {a: {}}", "1:12: found neither \"path\" nor \"url\", "
				   "expected one of them"},
		{"toolchains: [{name: a, arch: arm, kind: cross, opts: [-k]}]",
		 "1:55: found \"-k\", expected an argument of make such as "
		 "LLVM_IAS=1"},
		{"trees: {a: {url: git}}", "1:18: found \"git\", expected a "
					   "URL such as https://example.org/"},
		{"sources: [{name: a, kind: imap, url: 'imaps://x', user: u}]",
		 "1:11: found no key \"token-file\", expected it with the "
		 "kind imap"},
		{"sources: [{name: a, kind: mail-dir}]",
		 "1:27: found \"mail-dir\", expected one of patchwork-fdo, "
		 "patchwork, imap, maildir, mbox, redis; did you mean "
		 "\"maildir\"?"},
		{"labs: [{name: a, kind: qemu}, {name: a, kind: qemu}]",
		 "1:38: found the name \"a\" a second time in labs, expected "
		 "another"},
		{"mail: {from: robot}",
		 "1:14: found \"robot\", expected Name <name@example.org>"},
		{"mail: {smtp: 'https://x'}",
		 "1:14: found \"https://x\", expected a mail server such as "
		 "smtps://smtp.example.org or smtp://localhost:587"},
		{"mail: {smtp: 'smtp://u:p@x'}",
		 "1:14: found \"smtp://u:p@x\", expected a mail server such as "
		 "smtps://smtp.example.org or smtp://localhost:587"},
		{"mail: {smtp: 'smtp:///x'}",
		 "1:14: found \"smtp:///x\", expected a mail server such as "
		 "smtps://smtp.example.org or smtp://localhost:587"},
		{"mail: {smtp: 'smtp://x:y'}",
		 "1:14: found \"smtp://x:y\", expected a mail server such as "
		 "smtps://smtp.example.org or smtp://localhost:587"},
		{"mail: {user: jo}",
		 "1:7: found only one of \"user\" and \"password-file\", "
		 "expected both"},
		{"mail: {ca: none.pem}",
		 "1:12: found no file \"/nowhere/none.pem\", expected it to "
		 "exist"},
		{"mail: {staff: [jo]}", "1:16: found \"jo\", expected an "
					"address such as name@example.org"},
		{"toolchains: [{name: a, kind: chroot, arch: arm}]",
		 "1:14: found neither \"root\" nor \"suite\", expected one "
		 "of them"},
		{"toolchains: [{name: a, kind: chroot, root: /r}]",
		 "1:14: found no key \"arch\", expected it with the kind "
		 "chroot"},
		{"toolchains: [{name: a, kind: chroot, arch: arm, suite: s, "
		 "packages: ['-x']}]",
		 "1:70: found \"-x\", expected a name of letters, digits, "
		 "\".\", \"_\" and \"-\""},
		{"web: {listen: '8080'}", "1:15: found \"8080\", expected "
					  "address:port such as "
					  "127.0.0.1:8080"},
		{"web: {listen: 'reroll.example.org:8080'}",
		 "1:15: found \"reroll.example.org:8080\", expected "
		 "address:port such as 127.0.0.1:8080"},
		{"web: {listen: '127.0.0.1:0'}",
		 "1:15: found \"127.0.0.1:0\", expected address:port such as "
		 "127.0.0.1:8080"},
		{"web: {listen: '127.0.0.1:65536'}",
		 "1:15: found \"127.0.0.1:65536\", expected address:port such "
		 "as 127.0.0.1:8080"},
		{"web: {listen: '::1:8080'}",
		 "1:15: found \"::1:8080\", expected address:port such as "
		 "127.0.0.1:8080"},
		{"retention: {logs: 1s}",
		 "1:19: found \"1s\", expected a time such as 30m, at least "
		 "1h"},
		{"policy: {commands: [everybody]}",
		 "1:21: found \"everybody\", expected one of submitter, "
		 "maintainers"},
		{"policy: {trust: {commands: authenticated}}",
		 "1:28: found \"authenticated\", expected \"authserv-ids\" "
		 "beside it"},
		{"policy: {trust: {commands: nobody}}",
		 "1:28: found \"nobody\", expected one of any, authenticated"},
		{"policy: {trust: {authserv-ids: [a b]}}",
		 "1:33: found \"a b\", expected a name of letters, digits, "
		 "\".\", \"_\" and \"-\""},
		{"policy: {trust: {authserv-id: [a]}}",
		 "1:18: found the key \"authserv-id\", expected a known one; "
		 "did you mean \"authserv-ids\"?"},
		{"policy: {patch-states: {pased: x}}",
		 "1:25: found the key \"pased\", expected a known one; did "
		 "you mean \"passed\"?"},
		{"policy: {wait: 0s}",
		 "1:16: found \"0s\", expected a time such as 30m from 1s "
		 "to 7d"},
		{"boards: [none.yaml]",
		 "1:10: found no file \"/nowhere/none.yaml\", expected it to "
		 "exist"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(site_t) site = parse(rows[i].text, problems);
		g_autofree char *line = g_strdup_printf("/nowhere/s.yaml:%s",
							rows[i].problem);

		assert_null(site);
		assert_problems(problems, line);
	}
}

static void mail_servers_are_told_by_their_url(void **state)
{
	static const char *const urls[] = {
		"smtp://localhost", "smtps://smtp.example.org:465",
		"smtp://[::1]:25", "SMTP://127.0.0.1:2525"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
		g_autofree char *text = g_strdup_printf("mail: {smtp: '%s'}",
							urls[i]);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(site_t) site = parse(text, problems);

		assert_problems(problems, "");
		assert_string_equal(site->mail.smtp, urls[i]);
	}
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
	static const struct {
		mode_t mode;
		bool fine;
	} rows[] = {{0600, true}, {0400, true}, {0640, false}, {0604, false}};
	g_autofree char *dir = g_dir_make_tmp("reroll-XXXXXX", NULL);
	g_autofree char *token = g_build_filename(dir, "token", NULL);
	g_autofree char *text = g_strdup_printf("web: {token-file: %s}\n",
						token);

	(void)state;
	g_file_set_contents(token, "x", -1, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(site_t) site = NULL;
		g_autofree char *quoted = g_strdup_printf(
			"found \"%s\" readable by others (mode %04o), expected "
			"a secret file with mode 0600",
			token, (unsigned)rows[i].mode);

		assert_int_equal(chmod(token, rows[i].mode), 0);
		site = parse(text, problems);
		assert_int_equal(site != NULL, rows[i].fine);
		if (!rows[i].fine)
			assert_string_equal(
				((struct problem *)problems->list->pdata[0])
					->text,
				quoted);
	}
	g_remove(token);
	assert_int_equal(g_rmdir(dir), 0);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
	static const char *const paths[] = {"/nowhere/s.yaml", "/",
					    "/dev/zero"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(site_t) site = site_load(paths[i], problems);

		assert_null(site);
		assert_int_equal(problems_count(problems), 1);
	}
}

static void a_file_tells_which_form_it_is(void **state)
{
	static const struct {
		const char *path;
		enum form_kind kind;
	} rows[] = {
		{"projects/proctree-syscall.yaml", FORM_PROJECT},
		{"projects/example.yaml", FORM_PROJECT},
		{"contrib/examples/reroll.yaml", FORM_SITE},
		{"contrib/examples/roster.yaml", FORM_ROSTER},
		{"contrib/examples/roster.csv", FORM_ROSTER},
		{"tests/fuzz/corpus-yaml/description.yaml", FORM_DESCRIPTION},
		{"tests/fuzz/corpus-yaml/circle.yaml", FORM_PROJECT},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = test_path(rows[i].path);

		assert_int_equal(form_guess(path), rows[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_fills_every_section),
		cmocka_unit_test(without_a_file_there_are_defaults),
		cmocka_unit_test(commands_are_trusted_by_what_is_known),
		cmocka_unit_test(what_is_printed_loads_to_the_same),
		cmocka_unit_test(each_mistake_is_told_by_place_and_expectation),
		cmocka_unit_test(mail_servers_are_told_by_their_url),
		cmocka_unit_test(a_secret_that_others_can_read_is_refused),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(a_file_tells_which_form_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
