/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Most tests put a small checker of ours into the base: a shell script is no
 * Perl, so it is named as the project's command, or wrapped by a line of Perl
 * where it stands for checkpatch. One uses the kernel's own checkpatch.
 */
#include "gate-case.h"

#define DIFF(lines)                              \
	"diff --git a/kernel/a.c b/kernel/a.c\n" \
	"--- a/kernel/a.c\n"                     \
	"+++ b/kernel/a.c\n"                     \
	"@@ -10,2 +10,4 @@ int a;\n"             \
	" one\n" lines " two\n"

static const char two_lines[] = DIFF("+first\n+second\n");

/*
 * Says one thing about each line of a patch that has "BAD" or "POOR" in it, at
 * its line of the patch file, and one about each patch's end.
 */
static const char fake_checkpatch[] =
	"my $bad = 0;\n"
	"for my $arg (@ARGV) {\n"
	"	if ($arg =~ /^-/) { print \"option $arg\\n\"; next; }\n"
	"	open(my $f, '<', $arg) or die;\n"
	"	while (<$f>) {\n"
	"		chomp;\n"
	"		my $w = /BAD/ ? 'ERROR:BAD_WORD' :\n"
	"			/POOR/ ? 'WARNING:POOR_WORD' :\n"
	"			/FINE/ ? 'CHECK:FINE_WORD' :\n"
	"			/\\r$/ ? 'ERROR:DOS_LINE_ENDINGS' :\n"
	"			/^\\+.*\\s$/ ? 'ERROR:TRAILING_WHITESPACE' :\n"
	"			next;\n"
	"		print \"$arg:$.: $w: found it\\n\";\n"
	"		$bad = 1;\n"
	"	}\n"
	"	print \"$arg:$.: WARNING:AT_END: the end\\n\" if "
	"$ENV{AT_END};\n"
	"}\n"
	"exit($bad);\n";

static void use_fake(struct gate_case *c)
{
	gate_base_file(c, "scripts/checkpatch.pl", fake_checkpatch, 0755);
	gate_base_commit(c);
}

/* A command of the project: prints what is given, exits as told. */
static void use_command(struct gate_case *c, const char *script)
{
	g_autofree char *path = g_build_filename(c->dir->path, "check", NULL);

	assert_true(g_file_set_contents(path, script, -1, NULL));
	assert_int_equal(chmod(path, 0755), 0);
	c->project.style.checker = (char *)(gsize) "./check --quick";
	gate_base_commit(c);
}

static void findings_carry_their_place_in_the_source(void **state)
{
	struct gate_case *c = *state;

	use_fake(c);
	gate_add(c, two_lines);
	gate_add(c, DIFF("+good\n+BAD\n") "diff --git a/b.c b/b.c\n"
					  "--- a/b.c\n"
					  "+++ b/b.c\n"
					  "@@ -1 +1 @@\n"
					  "-BAD\n"
					  "+POOR\n"
					  "@@ -7 +7 @@\n"
					  "-x\n"
					  "+BAD\n");
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_int_equal(c->verdict->findings->len, 4);
	assert_finding(c, 0, "kernel/a.c", 12, "BAD_WORD");
	assert_finding(c, 1, "b.c", 1, "BAD_WORD");
	assert_finding(c, 2, "b.c", 1, "POOR_WORD");
	assert_finding(c, 3, "b.c", 7, "BAD_WORD");
	assert_int_equal(gate_finding(c, 0)->patch, 2);
	assert_int_equal(gate_finding(c, 2)->severity, SEVERITY_WARNING);
	assert_string_equal(gate_finding(c, 0)->context, "BAD");
	assert_string_equal(gate_finding(c, 0)->text, "found it");
}

static void a_finding_of_the_message_has_no_file(void **state)
{
	struct gate_case *c = *state;
	struct message *message;

	use_fake(c);
	message = gate_add(c, two_lines);
	g_free(message->commit_subject);
	message->commit_subject = g_strdup("tiny: a BAD subject");
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_int_equal(c->verdict->findings->len, 1);
	assert_finding(c, 0, NULL, 0, "BAD_WORD");
	assert_int_equal(gate_finding(c, 0)->patch, 1);
}

static void the_bar_is_the_projects(void **state)
{
	static const struct {
		const char *line;
		enum fail_on fail_on;
		const char *outcome;
	} rows[] = {
		{DIFF("+BAD\n+x\n"), FAIL_ON_ERROR, "style-wrong"},
		{DIFF("+BAD\n+x\n"), FAIL_ON_WARNING, "style-wrong"},
		{DIFF("+BAD\n+x\n"), FAIL_ON_NEVER, NULL},
		{DIFF("+POOR\n+x\n"), FAIL_ON_ERROR, NULL},
		{DIFF("+POOR\n+x\n"), FAIL_ON_WARNING, "style-wrong"},
		{DIFF("+FINE\n+x\n"), FAIL_ON_WARNING, NULL},
	};
	struct gate_case *c = *state;

	use_fake(c);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		c->project.style.fail_on = rows[i].fail_on;
		gate_add(c, rows[i].line);
		gate_run(c, gate_style);
		assert_outcome(c, rows[i].outcome);
		assert_int_equal(c->verdict->findings->len, 1);
	}
}

/* The checker of the base says BAD is bad; the series' own says nothing. */
static void
a_series_that_changes_the_checker_is_judged_by_the_bases(void **state)
{
	struct gate_case *c = *state;

	gate_base_file(c, "kernel/a.c", "1\n2\n3\n4\n5\n6\n7\n8\n9\none\ntwo\n",
		       0644);
	use_fake(c);
	gate_add(c, "diff --git a/scripts/checkpatch.pl "
		    "b/scripts/checkpatch.pl\n"
		    "--- a/scripts/checkpatch.pl\n"
		    "+++ b/scripts/checkpatch.pl\n"
		    "@@ -1 +1,2 @@\n"
		    "+exit(0);\n"
		    " my $bad = 0;\n");
	gate_add(c, DIFF("+BAD\n+x\n"));
	gate_run(c, gate_apply);
	assert_true(c->subject.applied->applied);
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_finding(c, 0, "kernel/a.c", 11, "BAD_WORD");
}

static void a_base_without_checkpatch_is_a_note(void **state)
{
	struct gate_case *c = *state;

	gate_base_commit(c);
	gate_add(c, two_lines);
	gate_run(c, gate_style);
	assert_outcome(c, NULL);
	assert_int_equal(c->verdict->findings->len, 1);
	assert_finding(c, 0, NULL, 0, "NO_CHECKER");
	assert_int_equal(gate_finding(c, 0)->severity, SEVERITY_NOTE);
}

static void none_checks_nothing(void **state)
{
	struct gate_case *c = *state;

	c->project.style.checker = (char *)(gsize) "none";
	c->subject.repo = "/nonexistent";
	gate_add(c, two_lines);
	gate_run(c, gate_style);
	assert_outcome(c, NULL);
	assert_int_equal(c->verdict->findings->len, 0);
}

static void dos_newlines_are_one_finding(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GString)
		lines = g_string_new("diff --git a/kernel/a.c b/kernel/a.c\r\n"
				     "new file mode 100644\r\n"
				     "--- /dev/null\r\n"
				     "+++ b/kernel/a.c\r\n"
				     "@@ -0,0 +1,200 @@\r\n");

	use_fake(c);
	for (guint i = 0; i < 200; i++)
		g_string_append(lines, "+line\r\n");
	gate_add(c, lines->str)->damage = DAMAGE_CRLF;
	gate_add(c, lines->str)->damage = DAMAGE_CRLF;
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_int_equal(c->verdict->findings->len, 1);
	assert_non_null(
		strstr(gate_finding(c, 0)->text, damage_advice(DAMAGE_CRLF)));
	assert_non_null(strstr(gate_finding(c, 0)->text, "patches 1, 2"));
}

/* A file that is meant to have them, in a mail that is whole. */
static void dos_newlines_of_a_file_are_one_finding_too(void **state)
{
	struct gate_case *c = *state;

	use_fake(c);
	gate_add(c, DIFF("+first\r\n+second\r\n"));
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_int_equal(c->verdict->findings->len, 1);
	assert_finding(c, 0, "kernel/a.c", 11, "DOS_LINE_ENDINGS");
	assert_string_equal(gate_finding(c, 0)->text,
			    "found it (and on 1 more line)");
}

static void what_follows_from_damage_is_folded_into_it(void **state)
{
	struct gate_case *c = *state;

	use_fake(c);
	gate_add(c, DIFF("+one \n+BAD\n"))->damage = DAMAGE_FLOWED;
	gate_add(c, DIFF("+three \n+x\n"));
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_int_equal(c->verdict->findings->len, 3);
	assert_non_null(strstr(gate_finding(c, 0)->text,
			       "1 finding that follows from it"));
	assert_finding(c, 1, "kernel/a.c", 12, "BAD_WORD");
	assert_finding(c, 2, "kernel/a.c", 11, "TRAILING_WHITESPACE");
}

static void a_command_of_the_project_is_understood(void **state)
{
	static const struct {
		const char *script;
		const char *outcome;
		guint n;
		const char *file;
		guint line;
		const char *type;
	} rows[] = {
		{"#!/bin/sh\nexit 0\n", NULL, 0, NULL, 0, NULL},
		{"#!/bin/sh\necho kernel/a.c:11: ERROR:X_Y: bad; exit 1\n",
		 "style-wrong", 1, "kernel/a.c", 11, "X_Y"},
		{"#!/bin/sh\necho kernel/a.c:11:3: warning: meh; exit 1\n",
		 NULL, 1, "kernel/a.c", 11, NULL},
		{"#!/bin/sh\necho kernel/a.c:11: plain words; exit 1\n",
		 "style-wrong", 1, "kernel/a.c", 11, NULL},
		{"#!/bin/sh\necho I say no; exit 1\n", "style-wrong", 1, NULL,
		 0, NULL},
		{"#!/bin/sh\necho only words; exit 0\n", NULL, 0, NULL, 0,
		 NULL},
		{"#!/bin/sh\n[ $# = 2 ] && [ $1 = --quick ] && [ -f $2 ] && "
		 "[ -z \"$SECRET\" ] && exit 0\nexit 7\n",
		 NULL, 0, NULL, 0, NULL},
	};
	struct gate_case *c = *state;

	g_setenv("SECRET", "1", TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		use_command(c, rows[i].script);
		gate_add(c, two_lines);
		gate_run(c, gate_style);
		assert_outcome(c, rows[i].outcome);
		assert_int_equal(c->verdict->findings->len, rows[i].n);
		if (!rows[i].n)
			continue;
		assert_finding(c, 0, rows[i].file, rows[i].line, rows[i].type);
		assert_int_equal(gate_finding(c, 0)->patch,
				 rows[i].file != NULL);
	}
	g_unsetenv("SECRET");
}

/* The file is one that only the machine has, and the sandbox has not. */
static void
only_without_a_sandbox_does_a_checker_write_to_the_machine(void **state)
{
	struct gate_case *c = *state;
	g_autofree char *mark = g_build_filename(c->dir->path, "mark", NULL);
	g_autofree char *script = g_strdup_printf(
		"#!/bin/sh\n"
		"(echo x >%s; echo x >x; echo x >checker/x; echo x >$2)"
		" 2>/dev/null\n"
		"[ ! -e %s ] && [ ! -e x ] && grep -q first $2\n",
		mark, mark);

	use_command(c, script);
	gate_add(c, two_lines);
	gate_run(c, gate_style);
	assert_outcome(c, NULL);
	assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
	gate_reset(c);
	c->subject.no_sandbox = true;
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_true(g_file_test(mark, G_FILE_TEST_EXISTS));
}

static void a_stopped_run_checks_no_style(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GCancellable) stop = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	use_fake(c);
	gate_add(c, two_lines);
	g_cancellable_cancel(stop);
	assert_false(gate_style(&c->subject, c->verdict, stop, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED));
}

static void a_checker_that_does_not_work_is_trouble(void **state)
{
	static const struct {
		const char *script, *checker;
	} rows[] = {
		{"#!/bin/sh\nexit 2\n", NULL},
		{"#!/bin/sh\nkill -9 $$\n", NULL},
		{"", "no-such-checker-here"},
		{"", "./not-beside-the-project"},
		{"", "an 'open quote"},
	};
	struct gate_case *c = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		gate_drop_patches(c);
		use_command(c, rows[i].script);
		if (rows[i].checker)
			c->project.style.checker = (char *)(gsize)rows[i]
							   .checker;
		gate_add(c, two_lines);
		assert_false(gate_style(&c->subject, c->verdict, NULL, &error));
		assert_true(g_error_matches(error, REROLL_ERROR,
					    REROLL_ERROR_CONFIG));
		assert_outcome(c, NULL);
	}
}

static void findings_over_a_thousand_are_counted(void **state)
{
	struct gate_case *c = *state;

	use_command(c, "#!/bin/sh\ni=0\nwhile [ $i -lt 1200 ]; do\n"
		       "echo \"kernel/a.c:11: ERROR:X: n $i\"; i=$((i+1))\n"
		       "done\nexit 1\n");
	gate_add(c, two_lines);
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_int_equal(c->verdict->findings->len, 1000);
	assert_int_equal(json_integer_value(json_object_get(c->verdict->detail,
							    "style_errors")),
			 1200);
}

static void hostile_output_is_made_fit_to_show(void **state)
{
	struct gate_case *c = *state;

	use_command(c, "#!/bin/sh\n"
		       "printf 'kernel/a.c:11: ERROR:X: \\033[2J\\377\\n'\n"
		       "printf '9999.patch:99999999999999999999: x\\n'\n"
		       "printf '0000.patch:1: y\\n'\n"
		       "printf '0001.patch:999999999: z\\n'\n"
		       "exit 1\n");
	gate_add(c, two_lines);
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_int_equal(c->verdict->findings->len, 3);
	for (guint i = 0; i < 3; i++) {
		const char *text = gate_finding(c, i)->text;

		assert_true(g_utf8_validate(text, -1, NULL));
		assert_null(strchr(text, '\033'));
	}
	assert_finding(c, 2, NULL, 0, NULL);
}

/* scripts/ of the kernel source package, once for the whole program. */
static char *kernel_dir;

static void take_kernel_scripts(void)
{
	static const char tar[] = "/usr/src/linux-source-6.1.tar.xz";
	const char *const argv[] = {
		"tar",
		"-xJf",
		tar,
		"-C",
		kernel_dir,
		"--strip-components=1",
		"linux-source-6.1/scripts/checkpatch.pl",
		"linux-source-6.1/scripts/spelling.txt",
		"linux-source-6.1/scripts/const_structs.checkpatch",
		NULL};
	const struct process_spec spec = {.argv = argv,
					  .deadline_ms = 300000,
					  .output_limit_bytes = 4096};
	g_autoptr(process_result_t) result = NULL;

	if (!g_file_test(tar, G_FILE_TEST_EXISTS))
		fail_msg("%s is missing: apt-get install linux-source-6.1",
			 tar);
	result = process_run(&spec, NULL, NULL);
	assert_true(result && process_result_ok(result));
}

static void the_kernels_checkpatch_is_run_as_in_its_tree(void **state)
{
	static const char diff[] = "diff --git a/kernel/a.c b/kernel/a.c\n"
				   "index 1111111..2222222 100644\n"
				   "--- a/kernel/a.c\n"
				   "+++ b/kernel/a.c\n"
				   "@@ -10,2 +10,5 @@ int a;\n"
				   " int one;\n"
				   "+static void f(int x) {\n"
				   "+        if(x)\treturn; \n"
				   "+}\n"
				   " int two;\n";
	static const struct {
		guint line;
		const char *type;
	} wanted[] = {{11, "OPEN_BRACE"},
		      {12, "TRAILING_WHITESPACE"},
		      {12, "CODE_INDENT"},
		      {12, "SPACING"}};
	struct gate_case *c = *state;

	kernel_dir = c->repo;
	take_kernel_scripts();
	gate_base_commit(c);
	gate_add(c, diff);
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
		bool found = false;

		for (guint k = 0; k < c->verdict->findings->len; k++) {
			const struct finding *finding = gate_finding(c, k);

			found = found ||
				(finding->line == wanted[i].line &&
				 g_strcmp0(finding->type, wanted[i].type) == 0);
			assert_string_equal(finding->file, "kernel/a.c");
		}
		if (!found)
			fail_msg("%s is not found", wanted[i].type);
	}

	gate_drop_patches(c);
	gate_add(c, "diff --git a/kernel/a.c b/kernel/a.c\n"
		    "index 1111111..2222222 100644\n"
		    "--- a/kernel/a.c\n"
		    "+++ b/kernel/a.c\n"
		    "@@ -10,2 +10,3 @@ int a;\n"
		    " int one;\n"
		    "+int middle;\n"
		    " int two;\n");
	gate_run(c, gate_style);
	assert_outcome(c, NULL);
	assert_int_equal(c->verdict->findings->len, 0);
}

static void in_tree_runs_in_a_checkout_of_the_base(void **state)
{
	struct gate_case *c = *state;

	gate_base_file(c, "scripts/checkpatch.pl",
		       "die if grep { $_ eq '--no-tree' } @ARGV;\n"
		       "open(my $f, '<', 'data/words') or die;\n"
		       "print \"$ARGV[-1]:1: ERROR:TREE: \" . <$f>;\n"
		       "exit(1);\n",
		       0755);
	gate_base_file(c, "data/words", "from the base\n", 0644);
	gate_base_commit(c);
	c->project.style.in_tree = true;
	gate_add(c, two_lines);
	gate_run(c, gate_style);
	assert_outcome(c, "style-wrong");
	assert_finding(c, 0, NULL, 0, "TREE");
	assert_int_equal(gate_finding(c, 0)->patch, 1);
	assert_string_equal(gate_finding(c, 0)->text, "from the base");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(findings_carry_their_place_in_the_source),
		GATE_TEST(a_finding_of_the_message_has_no_file),
		GATE_TEST(the_bar_is_the_projects),
		GATE_TEST(
			a_series_that_changes_the_checker_is_judged_by_the_bases),
		GATE_TEST(a_base_without_checkpatch_is_a_note),
		GATE_TEST(none_checks_nothing),
		GATE_TEST(dos_newlines_are_one_finding),
		GATE_TEST(dos_newlines_of_a_file_are_one_finding_too),
		GATE_TEST(what_follows_from_damage_is_folded_into_it),
		GATE_TEST(a_command_of_the_project_is_understood),
		GATE_TEST(
			only_without_a_sandbox_does_a_checker_write_to_the_machine),
		GATE_TEST(a_stopped_run_checks_no_style),
		GATE_TEST(a_checker_that_does_not_work_is_trouble),
		GATE_TEST(findings_over_a_thousand_are_counted),
		GATE_TEST(hostile_output_is_made_fit_to_show),
		GATE_TEST(the_kernels_checkpatch_is_run_as_in_its_tree),
		GATE_TEST(in_tree_runs_in_a_checkout_of_the_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
