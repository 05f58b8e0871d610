/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate-case.h"

/* A diff that makes a file of one line. */
#define NEW_FILE(path, mode, line)           \
	"diff --git a/" path " b/" path "\n" \
	"new file mode " mode "\n"           \
	"index 0000000..1111111\n"           \
	"--- /dev/null\n"                    \
	"+++ b/" path "\n"                   \
	"@@ -0,0 +1 @@\n"                    \
	"+" line "\n"

#define SYMLINK(path, target) \
	NEW_FILE(path, "120000", target) "\\ No newline at end of file\n"

static void only_safe_paths_of_the_project_are_taken(void **state)
{
	static const struct {
		const char *diff, *type; /* NULL: taken */
	} rows[] = {
		{NEW_FILE("kernel/a.c", "100644", "x"), NULL},
		{NEW_FILE("kernel/.gitignore", "100644", "x"), NULL},
		{NEW_FILE("kernel/..a", "100644", "x"), NULL},
		{NEW_FILE("kernel/git", "100644", "x"), NULL},
		{NEW_FILE("../a.c", "100644", "x"), "PATH_PARENT"},
		{NEW_FILE("kernel/../../a.c", "100644", "x"), "PATH_PARENT"},
		{NEW_FILE("kernel\\\\..\\\\a", "100644", "x"), "PATH_PARENT"},
		{NEW_FILE("/etc/passwd", "100644", "x"), "PATH_ABSOLUTE"},
		{NEW_FILE(".git/config", "100644", "x"), "PATH_GIT"},
		{NEW_FILE("kernel/.GIT/hooks/x", "100755", "x"), "PATH_GIT"},
		{NEW_FILE("kernel/git~1/x", "100755", "x"), "PATH_GIT"},
		{NEW_FILE("kernel/.git. ./x", "100755", "x"), "PATH_GIT"},
		{NEW_FILE("kernel/.git::$INDEX_ALLOCATION/x", "100644", "x"),
		 "PATH_GIT"},
		{NEW_FILE("kernel/.g\xe2\x80\x8cit/x", "100644", "x"),
		 "PATH_GIT"},
		{NEW_FILE("kernel/.gitmodules", "100644", "x"), "PATH_GIT"},
		{NEW_FILE("kernel/sub", "160000", "Subproject commit 1"),
		 "SUBMODULE"},
		{SYMLINK("kernel/link", "a.c"), NULL},
		{SYMLINK("kernel/link", "../include/a.h"), NULL},
		{SYMLINK("kernel/link", "../../etc/passwd"), "SYMLINK_OUT"},
		{SYMLINK("kernel/link", "/etc/passwd"), "SYMLINK_OUT"},
		{SYMLINK("kernel/link", "x/../../../etc"), "SYMLINK_OUT"},
		{SYMLINK("kernel/l", "d") NEW_FILE("kernel/l/a", "100644", "x"),
		 "SYMLINK_THROUGH"},
		{NEW_FILE("Makefile", "100644", "x"), "PATH_OUTSIDE"},
		{"diff --git a/Makefile b/kernel/Makefile\n"
		 "similarity index 100%\n"
		 "rename from Makefile\n"
		 "rename to kernel/Makefile\n",
		 "PATH_OUTSIDE"},
	};
	struct gate_case *c = *state;

	g_ptr_array_add(c->project.match.paths, (gpointer)(gsize) "kernel/**");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		gate_add(c, rows[i].diff);
		gate_run(c, gate_content);
		if (rows[i].type && !c->verdict->findings->len)
			fail_msg("taken: %s", rows[i].diff);
		if (!c->subject.diffs->pdata[0])
			assert_non_null(rows[i].type); /* no diff at all */
		else if (rows[i].type)
			assert_string_equal(gate_finding(c, 0)->type,
					    rows[i].type);
		assert_outcome(c, rows[i].type ? "content-refused" : NULL);
	}
}

static void a_link_of_an_earlier_patch_is_not_written_through(void **state)
{
	struct gate_case *c = *state;

	gate_add(c, SYMLINK("kernel/l", "d"));
	gate_add(c, NEW_FILE("kernel/l/a", "100644", "x"));
	gate_run(c, gate_content);
	assert_outcome(c, "content-refused");
	assert_finding(c, 0, "kernel/l/a", 0, "SYMLINK_THROUGH");
	assert_int_equal(gate_finding(c, 0)->patch, 2);
}

/* A folder may take the place of a link that is gone before it. */
static void a_link_that_is_gone_is_no_link_any_more(void **state)
{
	static const char *const ends[] = {
		"diff --git a/kernel/l b/kernel/l\n"
		"deleted file mode 120000\n"
		"index 1111111..0000000\n"
		"--- a/kernel/l\n"
		"+++ /dev/null\n"
		"@@ -1 +0,0 @@\n"
		"-d\n"
		"\\ No newline at end of file\n",
		"diff --git a/kernel/l b/kernel/m\n"
		"similarity index 100%\n"
		"rename from kernel/l\n"
		"rename to kernel/m\n",
	};
	struct gate_case *c = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		gate_drop_patches(c);
		gate_add(c, SYMLINK("kernel/l", "d"));
		gate_add(c, ends[i]);
		gate_add(c, NEW_FILE("kernel/l/a", "100644", "x"));
		gate_run(c, gate_content);
		assert_outcome(c, NULL);
	}
	gate_add(c, NEW_FILE("kernel/m/a", "100644", "x"));
	gate_reset(c);
	gate_run(c, gate_content);
	assert_outcome(c, "content-refused");
	assert_finding(c, 0, "kernel/m/a", 0, "SYMLINK_THROUGH");
}

/* Its paths are not looked at, and it is not called malformed. */
static void a_mail_over_the_limit_is_not_read(void **state)
{
	struct gate_case *c = *state;

	c->project.limits.mail_bytes = 100;
	gate_add(c, NEW_FILE("../a.c", "100644", "x"));
	gate_run(c, gate_content);
	assert_outcome(c, "content-refused");
	assert_int_equal(c->verdict->findings->len, 1);
	assert_finding(c, 0, NULL, 0, "MAIL_SIZE");
	assert_null(c->subject.diffs->pdata[0]);
}

static void a_stopped_run_looks_at_no_patch(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GCancellable) stop = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	gate_add(c, NEW_FILE("../a.c", "100644", "x"));
	g_cancellable_cancel(stop);
	assert_false(gate_content(&c->subject, c->verdict, stop, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED));
	assert_int_equal(c->verdict->findings->len, 0);
}

static void a_malformed_diff_is_refused_with_its_line(void **state)
{
	struct gate_case *c = *state;
	struct message *message;

	gate_add(c, NEW_FILE("a.c", "100644", "x"));
	message = gate_add(c, "diff --git a/a.c b/a.c\n"
			      "--- a/a.c\n"
			      "+++ b/a.c\n"
			      "@@ -1,9 +1,9 @@\n"
			      " wrapped\n"
			      "by a mail program\n");
	message->damage = DAMAGE_WRAPPED;
	gate_run(c, gate_content);
	assert_outcome(c, "content-refused");
	assert_int_equal(c->verdict->findings->len, 2);
	assert_finding(c, 0, NULL, 0, "MALFORMED");
	assert_int_equal(gate_finding(c, 0)->patch, 2);
	assert_non_null(strstr(gate_finding(c, 0)->text, "line "));
	assert_non_null(strstr(gate_finding(c, 1)->text,
			       damage_advice(DAMAGE_WRAPPED)));
}

static void sizes_are_the_projects(void **state)
{
	struct gate_case *c = *state;

	c->project.limits.patches = 2;
	c->project.limits.files = 2;
	c->project.limits.mail_bytes = 400;
	gate_add(c, NEW_FILE("a", "100644", "x"));
	gate_add(c, NEW_FILE("b", "100644", "x"));
	gate_run(c, gate_content);
	assert_outcome(c, NULL);

	gate_add(c, NEW_FILE("c", "100644",
			     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
	c->project.limits.files = 1;
	gate_reset(c);
	gate_run(c, gate_content);
	assert_outcome(c, "content-refused");
	assert_int_equal(c->verdict->findings->len, 3);
	assert_finding(c, 0, NULL, 0, "SERIES_SIZE");
	assert_finding(c, 1, NULL, 0, "MAIL_SIZE");
	assert_finding(c, 2, NULL, 0, "SERIES_SIZE");
}

static void a_file_twice_in_the_series_counts_once(void **state)
{
	struct gate_case *c = *state;

	c->project.limits.files = 1;
	gate_add(c, NEW_FILE("a", "100644", "x"));
	gate_add(c, "diff --git a/a b/a\n"
		    "--- a/a\n"
		    "+++ b/a\n"
		    "@@ -1 +1 @@\n"
		    "-x\n"
		    "+y\n");
	gate_run(c, gate_content);
	assert_outcome(c, NULL);
}

static void a_nul_byte_is_refused(void **state)
{
	static const char diff[] = NEW_FILE("a", "100644", "x\0y");
	struct gate_case *c = *state;
	struct message *message = gate_add(c, "");

	g_bytes_unref(message->patch);
	message->patch = g_bytes_new_static(diff, sizeof(diff) - 1);
	gate_run(c, gate_content);
	assert_outcome(c, "content-refused");
	assert_finding(c, 0, NULL, 0, "NUL_BYTE");
}

/* The announced size is what a bomb would inflate to. */
static void a_huge_binary_is_refused_by_its_announcement(void **state)
{
	static const struct {
		const char *diff, *outcome;
	} rows[] = {
		{"diff --git a/i.bin b/i.bin\n"
		 "new file mode 100644\n"
		 "index 0000000000000000000000000000000000000000.."
		 "8352675d67aed6625ece79af41c27fdb4ee2e867\n"
		 "GIT binary patch\n"
		 "literal 3\n"
		 "KcmZQzWC8#H2LJ>B\n"
		 "\n"
		 "literal 0\n"
		 "HcmV?d00001\n"
		 "\n",
		 NULL},
		{"diff --git a/i.bin b/i.bin\n"
		 "new file mode 100644\n"
		 "index 0000000000000000000000000000000000000000.."
		 "8352675d67aed6625ece79af41c27fdb4ee2e867\n"
		 "GIT binary patch\n"
		 "literal 99999999\n"
		 "KcmZQzWC8#H2LJ>B\n"
		 "\n"
		 "literal 0\n"
		 "HcmV?d00001\n"
		 "\n",
		 "content-refused"},
	};
	struct gate_case *c = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		gate_add(c, rows[i].diff);
		gate_run(c, gate_content);
		assert_outcome(c, rows[i].outcome);
		if (rows[i].outcome)
			assert_finding(c, 0, "i.bin", 0, "BINARY_SIZE");
	}
}

static void findings_are_capped_and_counted(void **state)
{
	struct gate_case *c = *state;
	g_autoptr(GString) diff = g_string_new(NULL);

	c->project.limits.files = 0;
	g_ptr_array_add(c->project.match.paths, (gpointer)(gsize) "kernel/**");
	for (guint i = 0; i < 1500; i++)
		g_string_append_printf(diff,
				       "diff --git a/f%u b/f%u\n"
				       "new file mode 100644\n"
				       "index 0000000..1111111\n",
				       i, i);
	gate_add(c, diff->str);
	gate_run(c, gate_content);
	assert_outcome(c, "content-refused");
	assert_int_equal(c->verdict->findings->len, 1000);
	assert_int_equal(json_integer_value(json_object_get(c->verdict->detail,
							    "findings_total")),
			 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(only_safe_paths_of_the_project_are_taken),
		GATE_TEST(a_link_of_an_earlier_patch_is_not_written_through),
		GATE_TEST(a_link_that_is_gone_is_no_link_any_more),
		GATE_TEST(a_mail_over_the_limit_is_not_read),
		GATE_TEST(a_stopped_run_looks_at_no_patch),
		GATE_TEST(a_malformed_diff_is_refused_with_its_line),
		GATE_TEST(sizes_are_the_projects),
		GATE_TEST(a_file_twice_in_the_series_counts_once),
		GATE_TEST(a_nul_byte_is_refused),
		GATE_TEST(a_huge_binary_is_refused_by_its_announcement),
		GATE_TEST(findings_are_capped_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
