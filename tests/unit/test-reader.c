/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mails out of files: every mbox dialect, Maildirs, directories, limits. */
#include "test.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "base/base.h"
#include "mail/mail.h"

#define FROM "From a@b Mon Sep 17 00:00:00 2001\n"
#define LIMIT (1 << 20)

static struct tempdir *dir;

static int make_dir(void **state)
{
	(void)state;
	dir = tempdir_new(NULL);
	return dir ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	g_clear_pointer(&dir, tempdir_free);
	return 0;
}

/* A file below the test's directory, its folders made. To be freed. */
static char *put(const char *name, const char *data, gssize len)
{
	char *path = g_build_filename(dir->path, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
	assert_true(g_file_set_contents(path, data, len, NULL));
	return path;
}

/* All mails of a path, each ended by a "|"; an error as its message. */
static char *read_all(const char *path, gsize limit)
{
	const char *const paths[] = {path, NULL};
	g_autoptr(mail_reader_t) reader = mail_reader_new(paths, limit);
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	struct raw_mail mail;
	guint number = 0;

	while (mail_reader_next(reader, &mail, &error)) {
		g_string_append_len(all, mail.data, (gssize)mail.len);
		g_string_append(all, mail.too_large ? "!|" : "|");
		number = mail.number == 1 ? 1 : number + 1;
		assert_int_equal(mail.number, number);
		assert_non_null(mail.file);
	}
	if (error)
		g_string_append(all, strstr(error->message, "no mail")
					     ? "no mail"
					     : "error");
	return g_string_free(g_steal_pointer(&all), FALSE);
}

static const struct {
	const char *name, *file, *mails;
} files[] = {
	{"a single mail", "Subject: a\n\nb\n", "Subject: a\n\nb\n|"},
	{"a single mail with From_ lines in it", "Subject: a\n\n" FROM "b\n",
	 "Subject: a\n\n" FROM "b\n|"},
	{"blanks before the first mail", "\n \n" FROM "A: b\n\nc",
	 FROM "A: b\n\nc|"},
	{"mboxo", FROM "A: 1\n\n>From x\n\n" FROM "A: 2\n\n",
	 FROM "A: 1\n\n>From x\n\n|" FROM "A: 2\n\n|"},
	{"a line that only begins as a From_ line does",
	 FROM "A: 1\n\nFrom here on\nFrom there at 12:30\n",
	 FROM "A: 1\n\nFrom here on\nFrom there at 12:30\n|"},
	{"a From_ line with a zone",
	 FROM "A: 1\n\nFrom c@d Tue Nov 14 22:13:20 +0100 2023\nA: 2\n",
	 FROM "A: 1\n\n|From c@d Tue Nov 14 22:13:20 +0100 2023\nA: 2\n|"},
	{"mboxrd, as public-inbox marks it",
	 "From mboxrd@z Thu Jan  1 00:00:00 1970\nA: 1\n\n>From x\n>>From y\n"
	 ">z\n",
	 "From mboxrd@z Thu Jan  1 00:00:00 1970\nA: 1\n\nFrom x\n>From y\n"
	 ">z\n|"},
	{"mboxcl2: the length counts",
	 FROM "Content-Length: 35\n\n" FROM "\n" FROM "A: 2\n\n",
	 FROM "Content-Length: 35\n\n" FROM "\n|" FROM "A: 2\n\n|"},
	{"mboxcl2: the blank line after the mail is its own",
	 FROM "Content-Length: 34\n\n" FROM "\n" FROM "A: 2\n\n",
	 FROM "Content-Length: 34\n\n" FROM "\n|" FROM "A: 2\n\n|"},
	{"mboxcl2: the length leads to the end",
	 FROM "content-length:34\n\n" FROM,
	 FROM "content-length:34\n\n" FROM "|"},
	{"mboxcl: a wrong length is passed over",
	 FROM "Content-Length: 36\n\nabc\n" FROM "A: 2\n\n",
	 FROM "Content-Length: 36\n\nabc\n|" FROM "A: 2\n\n|"},
	{"mboxcl: a length past the end is passed over",
	 FROM "Content-Length: 999\n\nabc\n" FROM "A: 2\n\n",
	 FROM "Content-Length: 999\n\nabc\n|" FROM "A: 2\n\n|"},
	{"a length in the text is text",
	 FROM "A: 1\n\nContent-Length: 5\n\n" FROM "A: 2\n",
	 FROM "A: 1\n\nContent-Length: 5\n\n|" FROM "A: 2\n|"},
	{"CRLF",
	 "From a@b Mon Sep 17 00:00:00 2001\r\nA: 1\r\n\r\nx\r\n"
	 "From a@b Mon Sep 17 00:00:00 2001\r\nA: 2\r\n",
	 "From a@b Mon Sep 17 00:00:00 2001\r\nA: 1\r\n\r\nx\r\n|"
	 "From a@b Mon Sep 17 00:00:00 2001\r\nA: 2\r\n|"},
	{"nothing", "", "no mail"},
	{"nothing but blanks", " \n\n\t", "no mail"},
};

static void files_are_split_where_mails_end(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = put("file", files[i].file, -1);
		g_autofree char *mails = read_all(path, LIMIT);

		print_message("%s\n", files[i].name);
		assert_string_equal(mails, files[i].mails);
	}
}

static void the_name_mboxrd_unstuffs(void **state)
{
	g_autofree char *path = put("a.mboxrd", FROM "A: 1\n\n>From x\n", -1);
	g_autofree char *mails = read_all(path, LIMIT);

	(void)state;
	assert_string_equal(mails, FROM "A: 1\n\nFrom x\n|");
}

static void a_maildir_gives_cur_then_new_by_number(void **state)
{
	g_autofree char *path = g_build_filename(dir->path, "box", NULL);
	g_autofree char *mails = NULL;

	(void)state;
	g_free(put("box/cur/10.a", "A: 10\n", -1));
	g_free(put("box/cur/9.a", "A: 9\n", -1));
	g_free(put("box/new/1.a", "A: 1\n", -1));
	g_free(put("box/tmp/2.a", "A: 2\n", -1));
	mails = read_all(path, LIMIT);
	assert_string_equal(mails, "A: 9\n|A: 10\n|A: 1\n|");
}

static void a_directory_gives_its_files_by_name(void **state)
{
	g_autofree char *path = g_build_filename(dir->path, "mails", NULL);
	g_autofree char *mails = NULL;

	(void)state;
	g_free(put("mails/0002.patch", "A: 2\n", -1));
	g_free(put("mails/0001.patch", FROM "A: 1\n", -1));
	g_free(put("mails/.x", "A: 0\n", -1));
	mails = read_all(path, LIMIT);
	assert_string_equal(mails, FROM "A: 1\n|A: 2\n|");
}

static void what_cannot_be_read_is_an_error_and_then_passed(void **state)
{
	g_autofree char *good = put("good", "A: 1\n", -1);
	g_autofree char *empty = g_build_filename(dir->path, "empty", NULL);
	g_autofree char *absent = g_build_filename(dir->path, "absent", NULL);
	const char *const paths[] = {absent, empty, good, NULL};
	g_autoptr(mail_reader_t) reader = mail_reader_new(paths, LIMIT);
	g_autoptr(GError) no_file = NULL;
	g_autoptr(GError) no_mail = NULL;
	g_autoptr(GError) error = NULL;
	struct raw_mail mail;

	(void)state;
	assert_int_equal(g_mkdir(empty, 0700), 0);
	assert_false(mail_reader_next(reader, &mail, &no_file));
	assert_true(
		g_error_matches(no_file, REROLL_ERROR, REROLL_ERROR_NOT_FOUND));
	assert_false(mail_reader_next(reader, &mail, &no_mail));
	assert_true(g_error_matches(no_mail, REROLL_ERROR, REROLL_ERROR_INPUT));
	assert_true(mail_reader_next(reader, &mail, &error));
	assert_string_equal(mail.file, good);
	assert_false(mail_reader_next(reader, &mail, &error));
	assert_null(error);
}

static void standard_input_is_read(void **state)
{
	g_autofree char *path = put("in", FROM "A: 1\n\n" FROM "A: 2\n", -1);
	g_autofree char *mails = NULL;
	int keep = dup(STDIN_FILENO);

	(void)state;
	assert_non_null(freopen(path, "r", stdin));
	mails = read_all("-", LIMIT);
	dup2(keep, STDIN_FILENO);
	close(keep);
	assert_string_equal(mails, FROM "A: 1\n\n|" FROM "A: 2\n|");
}

/* `between` is repeated to `size` bytes in the middle one of three mails. */
static void check_too_large(const char *between, gsize size)
{
	g_autoptr(GString) text = g_string_new(FROM "A: 1\n\n" FROM "A: 2\n\n");
	g_autofree char *path = NULL;
	const char *paths[] = {NULL, NULL};
	g_autoptr(mail_reader_t) reader = NULL;
	struct raw_mail mail;

	while (text->len < size)
		g_string_append(text, between);
	g_string_append(text, "\n" FROM "A: 3\n");
	path = put("large", text->str, (gssize)text->len);
	paths[0] = path;
	reader = mail_reader_new(paths, LIMIT);
	assert_true(mail_reader_next(reader, &mail, NULL));
	assert_false(mail.too_large);
	assert_true(mail_reader_next(reader, &mail, NULL));
	assert_true(mail.too_large);
	assert_int_equal(mail.len, 64 << 10);
	assert_memory_equal(mail.data, FROM "A: 2\n", strlen(FROM "A: 2\n"));
	assert_true(mail_reader_next(reader, &mail, NULL));
	assert_false(mail.too_large);
	assert_int_equal(mail.len, strlen(FROM "A: 3\n"));
	assert_false(mail_reader_next(reader, &mail, NULL));
}

static void a_mail_over_the_limit_is_passed_over(void **state)
{
	(void)state;
	check_too_large("short lines\n", LIMIT + 100);
	check_too_large("short lines\n", 50 << 20);
	check_too_large("one line without an end ", 50 << 20);
	check_too_large("a mebibyte of it: From here 12:30:30 2001", 3 << 20);
}

static void a_mail_at_the_limit_is_whole(void **state)
{
	g_autoptr(GString) text = g_string_new("A: 1\n\n");
	g_autofree char *path = NULL;
	g_autofree char *mails = NULL;

	(void)state;
	while (text->len < LIMIT)
		g_string_append_c(text, 'x');
	path = put("exact", text->str, (gssize)text->len);
	mails = read_all(path, LIMIT);
	assert_int_equal(strlen(mails), LIMIT + 1);
}

static void many_false_lengths_cost_no_time(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *path = NULL;
	g_autofree char *mails = NULL;
	gint64 started_ms = test_cpu_ms();

	(void)state;
	for (guint i = 0; i < 40000; i++)
		g_string_append(text, FROM "Content-Length: 1000000\n\nabc\n");
	path = put("lengths", text->str, (gssize)text->len);
	mails = read_all(path, LIMIT);
	assert_int_equal(strlen(mails), text->len + 40000);
	assert_true(test_cpu_ms() - started_ms < 2000);
}

int main(void)
{
#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		IN_DIR(files_are_split_where_mails_end),
		IN_DIR(the_name_mboxrd_unstuffs),
		IN_DIR(a_maildir_gives_cur_then_new_by_number),
		IN_DIR(a_directory_gives_its_files_by_name),
		IN_DIR(what_cannot_be_read_is_an_error_and_then_passed),
		IN_DIR(standard_input_is_read),
		IN_DIR(a_mail_over_the_limit_is_passed_over),
		IN_DIR(a_mail_at_the_limit_is_whole),
		IN_DIR(many_false_lengths_cost_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
