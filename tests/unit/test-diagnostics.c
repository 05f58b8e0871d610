/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "build/diagnostics.h"

static const char *const tops[] = {"/build/src", "/build/out", NULL};

/* What a finding is to say. */
struct told {
	const char *file;
	guint line, column;
	enum severity severity;
	const char *type, *text;
};

static GPtrArray *read_log(const char *log, bool failed)
{
	g_autoptr(diagnostics_t) d = diagnostics_new(tops);

	diagnostics_feed(d, log, strlen(log));
	return diagnostics_finish(d, failed);
}

static void check_finding(const struct finding *finding,
			  const struct told *want, const char *log)
{
	if (g_strcmp0(finding->file, want->file) != 0 ||
	    finding->line != want->line || finding->column != want->column ||
	    finding->severity != want->severity ||
	    g_strcmp0(finding->type, want->type) != 0 ||
	    strcmp(finding->text, want->text) != 0)
		fail_msg("%s\ngives %s:%u:%u: %s (%s): %s", log, finding->file,
			 finding->line, finding->column,
			 severity_name(finding->severity), finding->type,
			 finding->text);
}

static void every_tool_s_way_to_say_it_is_known(void **state)
{
	static const struct {
		const char *log;
		struct told want;
	} rows[] = {
		{"/build/src/kernel/sys.c:12:3: error: 'x' undeclared (first "
		 "use in this function)\n",
		 {"kernel/sys.c", 12, 3, SEVERITY_ERROR, NULL,
		  "'x' undeclared (first use in this function)"}},
		{"../kernel/sys.c:7:1: warning: unused variable 'y' "
		 "[-Wunused-variable]\n",
		 {"kernel/sys.c", 7, 1, SEVERITY_WARNING, "-Wunused-variable",
		  "unused variable 'y'"}},
		{"a.c:7:1: error: unused variable 'y' "
		 "[-Werror=unused-variable]\n",
		 {"a.c", 7, 1, SEVERITY_ERROR, "-Wunused-variable",
		  "unused variable 'y'"}},
		{"a.c:7:1: error: unused variable 'y' "
		 "[-Werror,-Wunused-variable]\n",
		 {"a.c", 7, 1, SEVERITY_ERROR, "-Wunused-variable",
		  "unused variable 'y'"}},
		{"./a.c:3:10: fatal error: no.h: No such file or directory\n",
		 {"a.c", 3, 10, SEVERITY_ERROR, NULL,
		  "no.h: No such file or directory"}},
		{"/build/src/arch/x86/entry.S:9: Error: no such instruction: "
		 "`foo'\n",
		 {"arch/x86/entry.S", 9, 0, SEVERITY_ERROR, NULL,
		  "no such instruction: `foo'"}},
		{"kernel/Kconfig:12: syntax error\n",
		 {"kernel/Kconfig", 12, 0, SEVERITY_ERROR, "kconfig",
		  "syntax error"}},
		{"kernel/Kconfig.preempt:5:warning: ignoring unsupported "
		 "character '@'\n",
		 {"kernel/Kconfig.preempt", 5, 0, SEVERITY_WARNING, "kconfig",
		  "ignoring unsupported character '@'"}},
		{"ld: kernel/sys.o: in function `f':\n"
		 "sys.c:(.text+0x12): undefined reference to `gone'\n",
		 {"kernel/sys.c", 0, 0, SEVERITY_ERROR, "ld",
		  "undefined reference to `gone'"}},
		{"/usr/bin/ld: /build/src/kernel/sys.c:12: undefined reference "
		 "to `gone'\n",
		 {"kernel/sys.c", 12, 0, SEVERITY_ERROR, "ld",
		  "undefined reference to `gone'"}},
		{"/usr/bin/ld: cannot find -lfoo: No such file or directory\n",
		 {NULL, 0, 0, SEVERITY_ERROR, "ld",
		  "cannot find -lfoo: No such file or directory"}},
		{"ld.lld: error: undefined symbol: gone\n"
		 ">>> referenced by sys.c:12 (/build/src/kernel/sys.c:12)\n",
		 {"kernel/sys.c", 12, 0, SEVERITY_ERROR, "ld",
		  "undefined symbol: gone"}},
		{"ERROR: modpost: \"gone\" [drivers/x.ko] undefined!\n",
		 {NULL, 0, 0, SEVERITY_ERROR, "modpost",
		  "\"gone\" [drivers/x.ko] undefined!"}},
		{"WARNING: modpost: vmlinux.o: section mismatch in reference\n",
		 {NULL, 0, 0, SEVERITY_WARNING, "modpost",
		  "vmlinux.o: section mismatch in reference"}},
		{"vmlinux.o: warning: objtool: f()+0x1: unreachable "
		 "instruction\n",
		 {"vmlinux.o", 0, 0, SEVERITY_WARNING, "objtool",
		  "f()+0x1: unreachable instruction"}},
		{"make[2]: *** No rule to make target '/build/src/kernel/x.c', "
		 "needed by 'kernel/x.o'.  Stop.\n",
		 {NULL, 0, 0, SEVERITY_ERROR, "make",
		  "No rule to make target 'kernel/x.c', needed by "
		  "'kernel/x.o'."}},
		{"/build/src/kernel/Makefile:3: *** missing separator.  "
		 "Stop.\n",
		 {"kernel/Makefile", 3, 0, SEVERITY_ERROR, "make",
		  "missing separator."}},
		{"arch/arm/boot/dts/a.dts:12.3-14: Warning (reg_format): bad\n",
		 {"arch/arm/boot/dts/a.dts", 12, 3, SEVERITY_WARNING, "dtc",
		  "(reg_format): bad"}},
		{"Error: a.dts:12.3-4 syntax error\n",
		 {"a.dts", 12, 3, SEVERITY_ERROR, "dtc", "syntax error"}},
		{"b.dts:2.3-20: ERROR (phandle_references): /: Reference to "
		 "non-existent node or label \"gone\"\n\n"
		 "ERROR: Input tree has errors, aborting (use -f to force "
		 "output)\n",
		 {"b.dts", 2, 3, SEVERITY_ERROR, "dtc",
		  "(phandle_references): /: Reference to non-existent node or "
		  "label \"gone\""}},
		{"Error: d.dts:4.1-9 Label or path nolabel not found\n"
		 "FATAL ERROR: Syntax error parsing input tree\n",
		 {"d.dts", 4, 1, SEVERITY_ERROR, "dtc",
		  "Label or path nolabel not found"}},
		{"FATAL ERROR: Couldn't open \"no.dtsi\": No such file or "
		 "directory\n",
		 {NULL, 0, 0, SEVERITY_ERROR, "dtc",
		  "Couldn't open \"no.dtsi\": No such file or directory"}},
		{"/build/src/s.c:5:24: warning: incorrect type in argument 1 "
		 "(different address spaces)\n"
		 "/build/src/s.c:5:24:    expected int *p\n"
		 "/build/src/s.c:5:24:    got int [noderef] <asn:1> *q\n",
		 {"s.c", 5, 24, SEVERITY_WARNING, NULL,
		  "incorrect type in argument 1 (different address spaces)"}},
		{"lib/Kconfig:2: unknown statement \"bol\"\n",
		 {"lib/Kconfig", 2, 0, SEVERITY_ERROR, "kconfig",
		  "unknown statement \"bol\""}},
		{"ld.lld: error: duplicate symbol: dup\n"
		 ">>> defined at m1.c:3 (/build/src/lib/m1.c:3)\n",
		 {"lib/m1.c", 3, 0, SEVERITY_ERROR, "ld",
		  "duplicate symbol: dup"}},
		{"ld: warning: a.o: missing .note.GNU-stack section implies "
		 "executable stack\n"
		 "ld: NOTE: This behaviour is deprecated and will be removed "
		 "in a future version of the linker\n",
		 {NULL, 0, 0, SEVERITY_WARNING, "ld",
		  "a.o: missing .note.GNU-stack section implies executable "
		  "stack"}},
		{"make: *** Waiting for unfinished jobs....\na.c:1: error: e\n",
		 {"a.c", 1, 0, SEVERITY_ERROR, NULL, "e"}},
		{"error[E0308]: mismatched types\n  --> src/main.rs:5:9\n",
		 {"src/main.rs", 5, 9, SEVERITY_ERROR, NULL,
		  "mismatched types"}},
		{"gcc: fatal error: Killed signal terminated program cc1\n",
		 {NULL, 0, 0, SEVERITY_ERROR, NULL,
		  "Killed signal terminated program cc1"}},
		{"a.c:1:1: warning: \x1b[2J and \xff\n",
		 {"a.c", 1, 1, SEVERITY_WARNING, NULL, "[2J and \\xff"}},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) found = read_log(rows[i].log, false);
		const struct diagnostic *first;

		if (found->len != 1)
			fail_msg("%s\ngives %u findings", rows[i].log,
				 found->len);
		first = found->pdata[0];
		check_finding(first->finding, &rows[i].want, rows[i].log);
	}
}

static void a_failed_log_without_an_error_gives_its_likeliest_line(void **state)
{
	static const struct {
		const char *log;
		struct told want;
	} rows[] = {
		{"checking\n./run.sh: 3: frob: not found\n",
		 {"run.sh", 3, 0, SEVERITY_ERROR, NULL, "frob: not found"}},
		{"t.c:40: note this\nt.c:44: assertion failed: x == 1\n",
		 {"t.c", 44, 0, SEVERITY_ERROR, NULL,
		  "assertion failed: x == 1"}},
		{"Traceback:\n  File \"/build/src/t.py\", line 4, in f\nOops\n",
		 {"t.py", 4, 0, SEVERITY_ERROR, NULL, ", in f"}},
		{"make[1]: *** [Makefile:9: all] Error 2\n",
		 {NULL, 0, 0, SEVERITY_ERROR, "make",
		  "[Makefile:9: all] Error 2"}},
		{"one\ntwo\n\n", {NULL, 0, 0, SEVERITY_ERROR, NULL, "two"}},
		{"",
		 {NULL, 0, 0, SEVERITY_ERROR, NULL,
		  "it failed and said nothing"}},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) found = read_log(rows[i].log, true);
		g_autoptr(GPtrArray) passed = read_log(rows[i].log, false);
		const struct diagnostic *first = found->pdata[0];

		check_finding(first->finding, &rows[i].want, rows[i].log);
		assert_int_equal(passed->len, 0);
	}
}

static void errors_come_first_and_each_thing_once(void **state)
{
	static const char log[] =
		"b.c:2:1: warning: two\nb.c:2:1: warning: two\n"
		"a.c:1:1: error: one\nmake: *** [Makefile:1: a.o] Error 1\n"
		"a.c:1:1: error: one\n";
	g_autoptr(GPtrArray) found = read_log(log, true);
	const struct diagnostic *first, *second;

	(void)state;
	assert_int_equal(found->len, 2);
	first = found->pdata[0];
	second = found->pdata[1];
	assert_string_equal(first->finding->text, "one");
	assert_string_equal(second->finding->text, "two");
}

static void the_source_shown_under_an_error_is_its_context(void **state)
{
	static const char log[] = "a.c: In function 'f':\n"
				  "a.c:3:9: error: bad\n"
				  "    3 |         x = 1;\n"
				  "      |         ^\n"
				  "/build/src/a.c:1:1: note: declared here\n"
				  "  CC      b.o\n"
				  "done\n";
	g_autoptr(GPtrArray) found = read_log(log, true);
	const struct diagnostic *first = found->pdata[0];

	(void)state;
	assert_int_equal(found->len, 1);
	assert_string_equal(first->function, "f");
	assert_non_null(strstr(first->finding->context, "x = 1;"));
	assert_non_null(strstr(first->finding->context,
			       "\na.c:1:1: note: declared here"));
}

static void clang_s_source_and_its_caret_are_context_too(void **state)
{
	static const char log[] = "a.c:6:6: warning: unused variable 'x'\n"
				  "int x;\n"
				  "    ^\n"
				  "1 warning generated.\n"
				  "b.c:6:6: warning: unused variable 'y'\n"
				  "done\n  ^\n";
	g_autoptr(GPtrArray) found = read_log(log, false);
	const struct diagnostic *first = found->pdata[0];

	(void)state;
	assert_int_equal(found->len, 2);
	assert_string_equal(first->finding->context, "int x;\n    ^");
}

/* Else what a file's print is would depend on what was built before it. */
static void a_function_is_of_the_file_it_was_told_of(void **state)
{
	static const char *const logs[] = {
		"a.c: In function 'f':\na.c:3:1: warning: one\n"
		"  CC      b.o\nk.h:9:1: warning: two\n",
		"a.c: In function \xe2\x80\x98"
		"f\xe2\x80\x99:\na.c:3:1: warning: one\n"
		"b.c:9:1: warning: two\n",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
		g_autoptr(GPtrArray) found = read_log(logs[i], false);
		const struct diagnostic *one = found->pdata[0];
		const struct diagnostic *two = found->pdata[1];

		assert_string_equal(one->function, "f");
		assert_null(two->function);
	}
}

/* The function that was written, not the one that its code is from. */
static void what_is_inlined_is_of_its_caller(void **state)
{
	static const char log[] = "In function 'copy',\n"
				  "    inlined from 'g' at a.c:12:2:\n"
				  "k.h:9:1: warning: overflow\n";
	g_autoptr(GPtrArray) found = read_log(log, false);
	const struct diagnostic *one = found->pdata[0];

	(void)state;
	assert_int_equal(found->len, 1);
	assert_string_equal(one->function, "g");
}

static void a_fingerprint_has_no_numbers(void **state)
{
	static const char *const texts[][2] = {
		{"f()+0x1a: bad", "f()+0x2b: bad"},
		{"from '5000' to '705'", "from '7000' to '-158'"},
		{"at 12", "at 7"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		char *prints[2];

		for (gsize j = 0; j < 2; j++) {
			g_autoptr(finding_t) finding = finding_new(
				SEVERITY_WARNING, "a.c", 1, NULL, texts[i][j]);

			prints[j] = diagnostic_fingerprint(finding, NULL);
		}
		assert_string_equal(prints[0], prints[1]);
		g_free(prints[0]);
		g_free(prints[1]);
	}
}

static void a_fingerprint_survives_a_shift_of_lines(void **state)
{
	static const char before[] =
		"a.c: In function 'f':\n"
		"a.c:3:9: warning: array of 12 at line 3\n";
	static const char after[] =
		"a.c: In function 'f':\n"
		"a.c:30:2: warning: array of 8 at line 30\n";
	static const char other[] = "a.c: In function 'g':\n"
				    "a.c:3:9: warning: array of 12 at line 3\n";
	const char *const logs[] = {before, after, other};
	char *prints[3];

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
		g_autoptr(GPtrArray) found = read_log(logs[i], false);
		const struct diagnostic *first = found->pdata[0];

		prints[i] = diagnostic_fingerprint(first->finding,
						   first->function);
	}
	assert_string_equal(prints[0], prints[1]);
	assert_string_not_equal(prints[0], prints[2]);
	for (gsize i = 0; i < G_N_ELEMENTS(prints); i++)
		g_free(prints[i]);
}

static void pieces_of_any_size_give_the_same(void **state)
{
	static const char log[] =
		"a.c:1:1: error: one\r\nb.c:2:1: warning: two";
	g_autoptr(diagnostics_t) d = diagnostics_new(tops);
	g_autoptr(GPtrArray) found = NULL;

	(void)state;
	for (const char *p = log; *p; p++)
		diagnostics_feed(d, p, 1);
	found = diagnostics_finish(d, true);
	assert_int_equal(found->len, 2);
}

static void a_flood_is_bounded_in_memory_and_time(void **state)
{
	g_autoptr(diagnostics_t) d = diagnostics_new(tops);
	g_autoptr(GPtrArray) found = NULL;
	g_autofree char *junk = g_strnfill(1 << 20, ':');

	(void)state;
	for (guint i = 0; i < 16; i++)
		diagnostics_feed(d, junk, 1 << 20);
	diagnostics_feed(d, "\n", 1);
	for (guint i = 0; i < 20000; i++) {
		g_autofree char *line = g_strdup_printf(
			"a.c:%u:1: warning: w\n", i);

		diagnostics_feed(d, line, strlen(line));
	}
	found = diagnostics_finish(d, true);
	assert_true(found->len <= DIAGNOSTICS_MOST + 1);
	assert_true(found->len >= DIAGNOSTICS_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tool_s_way_to_say_it_is_known),
		cmocka_unit_test(
			a_failed_log_without_an_error_gives_its_likeliest_line),
		cmocka_unit_test(errors_come_first_and_each_thing_once),
		cmocka_unit_test(
			the_source_shown_under_an_error_is_its_context),
		cmocka_unit_test(clang_s_source_and_its_caret_are_context_too),
		cmocka_unit_test(a_function_is_of_the_file_it_was_told_of),
		cmocka_unit_test(what_is_inlined_is_of_its_caller),
		cmocka_unit_test(a_fingerprint_has_no_numbers),
		cmocka_unit_test(a_fingerprint_survives_a_shift_of_lines),
		cmocka_unit_test(pieces_of_any_size_give_the_same),
		cmocka_unit_test(a_flood_is_bounded_in_memory_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
