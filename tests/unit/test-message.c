/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mail read: author, subject, log, patch and kind, in every wrapping. */
#include "test.h"

#include "mail/mail.h"

#define HEAD                                      \
	"From: Ada Author <ada@example.org>\n"    \
	"Subject: [PATCH] hello: return one\n"    \
	"Date: Tue, 14 Nov 2023 22:13:20 +0100\n" \
	"Message-ID: <1@example.org>\n"
#define LOG "Explain why.\n\nSigned-off-by: Ada Author <ada@example.org>\n"
#define DIFF                               \
	"diff --git a/hello.c b/hello.c\n" \
	"--- a/hello.c\n"                  \
	"+++ b/hello.c\n"                  \
	"@@ -1,2 +1,2 @@\n"                \
	" int main(void)\n"                \
	"-\treturn 0;\n"                   \
	"+\treturn 1;\n"
#define PATCH "---\n hello.c | 2 +-\n\n" DIFF "-- \n2.39\n"

static struct message *parse_len(const char *mail, gsize len)
{
	return message_parse(mail, len, "test", NULL);
}

static struct message *parse(const char *mail)
{
	return parse_len(mail, strlen(mail));
}

static void assert_bytes(GBytes *bytes, const char *want)
{
	gsize len;
	const char *data = g_bytes_get_data(bytes, &len);
	g_autofree char *text = g_strndup(len ? data : "", len);

	assert_string_equal(text, want);
	assert_int_equal(len, strlen(want));
}

static void a_plain_patch_is_read(void **state)
{
	g_autoptr(message_t) message = parse(HEAD "\n" LOG PATCH);

	(void)state;
	assert_int_equal(message->kind, MESSAGE_PATCH);
	assert_string_equal(message->author, "Ada Author");
	assert_string_equal(message->email, "ada@example.org");
	assert_string_equal(message->subject, "[PATCH] hello: return one");
	assert_string_equal(message->commit_subject, "hello: return one");
	assert_string_equal(message->date, "Tue, 14 Nov 2023 22:13:20 +0100");
	assert_int_equal(message->date_at, 1699996400);
	assert_string_equal(message->message_id, "<1@example.org>");
	assert_bytes(message->log, LOG);
	assert_bytes(message->patch, PATCH);
	assert_int_equal(message->trailers->len, 1);
	assert_int_equal(message->from->len, 1);
	assert_int_equal(message->version, 1);
	assert_int_equal(message->index, 1);
	assert_int_equal(message->damage, 0);
	assert_false(message->automatic);
	assert_false(message->ours);
	assert_null(message->error);
}

#define TYPE(type, encoding)                                                \
	HEAD "Content-Type: " type "\nContent-Transfer-Encoding: " encoding \
	     "\n\n"

static const struct {
	const char *name, *mail, *log, *patch;
} bodies[] = {
	{"quoted-printable is decoded, bad escapes and blanks kept",
	 TYPE("text/plain; charset=utf-8", "Quoted-Printable") "a=3Db =zz \n"
							       "=C3=A9=\nx\n",
	 "a=b =zz \n\xc3\xa9x\n", ""},
	{"base64 is decoded without padding",
	 TYPE("text/plain", "BASE64") "YWJj\nZGVm Z\nCg\n", "abcdef\n", ""},
	{"an unknown encoding is text", TYPE("text/plain", "x-none") "a=3Db\n",
	 "a=3Db\n", ""},
	{"Latin-1 becomes UTF-8 in the log and stays in the patch",
	 TYPE("text/plain; charset=iso-8859-1", "8bit") "\xe9\n---\n\xe9\n",
	 "\xc3\xa9\n", "---\n\xe9\n"},
	{"UTF-8 that is called ASCII is UTF-8",
	 TYPE("text/plain; charset=us-ascii", "8bit") "\xc3\xa9\n",
	 "\xc3\xa9\n", ""},
	{"escapes of ISO-2022-JP are followed",
	 TYPE("text/plain; charset=\"ISO-2022-JP\"", "7bit") "\x1b$BF|\x1b(B\n",
	 "\xe6\x97\xa5\n", ""},
	{"format=flowed is joined and unstuffed",
	 TYPE("text/plain; format=flowed", "7bit") " a \nb\n  c\n-- \nd\n",
	 "a b\n c\n-- \nd\n", ""},
	{"delsp takes the blank away",
	 TYPE("text/plain; format=flowed; delsp=yes", "7bit") "a \nb\n", "ab\n",
	 ""},
	{"flowed quoted-printable is joined",
	 TYPE("text/plain; format=flowed", "quoted-printable") "a=20\nb\n",
	 "a b\n", ""},
	{"a mail as SMTP carries it loses its CRs",
	 "From: a@b\r\nSubject: x\r\n\r\nlog\r\n---\r\nend\r\n", "log\n",
	 "---\nend\n"},
	{"NUL-free text without a last newline is kept", HEAD "\nlog\n---\nend",
	 "log\n", "---\nend"},
	{"a diff starts the patch without dashes", HEAD "\nlog\n" DIFF, "log\n",
	 DIFF},
	{"Index: starts the patch", HEAD "\nlog\nIndex: a\n", "log\n",
	 "Index: a\n"},
	{"dashes with a blank after them are text", HEAD "\n---  a\nb\n",
	 "---  a\nb\n", ""},
	{"dashes with a name after them start the patch", HEAD "\n--- a\nb\n",
	 "", "--- a\nb\n"},
	{"inline OpenPGP is taken off",
	 HEAD "\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nlog\n"
	      "- ---\n- -a\n-----BEGIN PGP SIGNATURE-----\nx\n"
	      "-----END PGP SIGNATURE-----\n",
	 "log\n", "---\n-a\n"},
	{"parts follow each other, what is around them is left out",
	 HEAD "Content-Type: multipart/mixed; boundary=\"b\"\n\nno\n--b\n\n"
	      "log\n--b\nContent-Type: text/x-patch\n"
	      "Content-Transfer-Encoding: base64\n\nLS0tCmEK\n--b--\nno\n",
	 "log\n", "---\na\n\n"},
	{"the HTML twin of a text is left out",
	 HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\n"
	      "Content-Type: text/plain\n\nlog\n---\na\n--b\n"
	      "Content-Type: text/html\n\n<p>log\n--b--\n",
	 "log\n", "---\na\n\n"},
	{"each part has its charset",
	 HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	      "Content-Type: text/plain; charset=iso-8859-1\n\n\xe9\n--b\n"
	      "Content-Type: text/plain; charset=utf-8\n\n\xc3\xa9\n--b--\n",
	 "\xc3\xa9\n\xc3\xa9\n\n", ""},
	{"a boundary may look like an encoded word",
	 HEAD "Content-Type: multipart/mixed; boundary=\"=?b?=\"\n\n--=?b?=\n"
	      "\nlog\n--=?b?=--\n",
	 "log\n\n", ""},
	{"a multipart without a boundary is text",
	 HEAD "Content-Type: multipart/mixed\n\nlog\n", "log\n", ""},
	{"a multipart whose boundary never comes has no text",
	 HEAD "Content-Type: multipart/mixed; boundary=b\n\nlog\n", "", ""},
};

static void bodies_are_what_git_mailinfo_says(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autoptr(message_t) message = parse(bodies[i].mail);

		if (message->error)
			fail_msg("%s: %s", bodies[i].name, message->error);
		print_message("%s\n", bodies[i].name);
		assert_bytes(message->log, bodies[i].log);
		assert_bytes(message->patch, bodies[i].patch);
	}
}

static const struct {
	const char *from, *author, *email;
} authors[] = {
	{"Ada <ada@example.org>", "Ada", "ada@example.org"},
	{"\"Author, Ada\" <ada@example.org>", "Author, Ada", "ada@example.org"},
	{"\"A \\\"B\\\" C\" <a@b>", "A \"B\" C", "a@b"},
	{"ada@example.org (Ada Author)", "Ada Author", "ada@example.org"},
	{"ada@example.org", "ada@example.org", "ada@example.org"},
	{"<ada@example.org>", "ada@example.org", "ada@example.org"},
	{"A (z) B <a@b.c> (d)", "A (z) B (d)", "a@b.c"},
	{"=?utf-8?q?Zo=C3?= =?utf-8?b?q19N?= <z@b.c>", "Zo\xc3\xab_M", "z@b.c"},
	{"=?utf-8*de?q?Zo?= <z@b.c>", "Zo", "z@b.c"},
	{"Zo\xeb <z@b.c>", "Zo\xc3\xab", "z@b.c"},
	{"=?utf-8?q?not closed <a@b.c>", "=?utf-8?q?not closed", "a@b.c"},
	{"\"x@y.z\" <ada@example.org>", "x@y.z", "ada@example.org"},
	{"Ada <ada@a.b>, Bob <bob@a.b>", "Ada", "ada@a.b"},
	{"Ada <ada>", "Ada", "ada"},
	{"undisclosed-recipients:;", "", ""},
	{"\\", "", ""},
};

static void authors_are_gits_where_git_is_right(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(authors); i++) {
		g_autofree char *mail = g_strconcat("From: ", authors[i].from,
						    "\nSubject: x\n\n", NULL);
		g_autoptr(message_t) message = parse(mail);

		print_message("%s\n", authors[i].from);
		assert_string_equal(message->author, authors[i].author);
		assert_string_equal(message->email, authors[i].email);
	}
}

static void inbody_headers_win_in_a_patch(void **state)
{
	g_autoptr(message_t) message = parse(
		HEAD "\n\nFrom: =?utf-8?q?B=C3=B6b?= <bob@example.org>\n"
		     "Subject: a\n long one\nDate: today\n\n" PATCH);

	(void)state;
	assert_string_equal(message->author, "B\xc3\xb6"
					     "b");
	assert_string_equal(message->email, "bob@example.org");
	assert_string_equal(message->commit_subject, "a long one");
	assert_string_equal(message->subject, "[PATCH] hello: return one");
	assert_string_equal(message->inbody_from,
			    "=?utf-8?q?B=C3=B6b?= <bob@example.org>");
	assert_bytes(message->log, "");
}

static void inbody_headers_are_text_without_a_patch(void **state)
{
	g_autoptr(message_t)
		message = parse(HEAD "\nFrom: Bob <bob@example.org>\n\ntext\n");

	(void)state;
	assert_string_equal(message->email, "ada@example.org");
	assert_null(message->inbody_from);
	assert_bytes(message->log, "text\n");
}

static void inbody_headers_can_be_turned_off(void **state)
{
	static const struct message_options options = {.no_inbody = true};
	static const char mail[] = HEAD
		"\nFrom: Bob <bob@example.org>\n\n" PATCH;
	g_autoptr(message_t)
		message = message_parse(mail, strlen(mail), "test", &options);

	(void)state;
	assert_string_equal(message->email, "ada@example.org");
	assert_bytes(message->log, "From: Bob <bob@example.org>\n\n");
}

static const struct {
	const char *line;
	bool cuts;
} scissors[] = {
	{"-- >8 --\n", true},
	{"-- 8< -- cut here -- 8< --\n", true},
	{"- >% -\n", false},
	{"-- >8 -- and more words than there are dashes by far\n", false},
	{">8\n", false},
	{"----------\n", false},
};

static void scissors_cut_when_asked(void **state)
{
	static const struct message_options options = {.scissors = true};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(scissors); i++) {
		g_autofree char *mail = g_strconcat(
			HEAD "\nabove\n", scissors[i].line, "below\n", NULL);
		g_autofree char *whole = g_strconcat(
			"above\n", scissors[i].line, "below\n", NULL);
		g_autoptr(message_t) message = message_parse(mail, strlen(mail),
							     "test", &options);
		g_autoptr(message_t) uncut = parse(mail);

		print_message("%s", scissors[i].line);
		assert_bytes(message->log,
			     scissors[i].cuts ? "below\n" : whole);
		assert_bytes(uncut->log, whole);
	}
}

static void quoted_crs_are_stripped_when_asked(void **state)
{
	static const struct message_options options = {.strip_quoted_cr = true};
	static const char mail[] = HEAD
		"Content-Transfer-Encoding: base64\n\nLS0tDQphDQo=\n";
	g_autoptr(message_t) kept = parse(mail);
	g_autoptr(message_t)
		stripped = message_parse(mail, strlen(mail), "test", &options);

	(void)state;
	/* "---" and a CR still is a line of dashes and blanks. */
	assert_bytes(kept->patch, "---\r\na\r\n");
	assert_bytes(stripped->patch, "---\na\n");
}

static const struct {
	const char *headers, *body;
	enum message_kind kind;
	bool automatic;
} kinds[] = {
	{"Subject: [PATCH 1/2] a\n", PATCH, MESSAGE_PATCH, false},
	{"Subject: a\n", DIFF, MESSAGE_PATCH, false},
	{"Subject: [PATCH 0/2] a\n", "text\n", MESSAGE_COVER, false},
	{"Subject: [PATCH 0/2] a\n", PATCH, MESSAGE_COVER, false},
	{"Subject: Re: [PATCH] a\n", "text\n", MESSAGE_REPLY, false},
	{"Subject: Re: [PATCH] a\n", PATCH, MESSAGE_REPLY, false},
	{"Subject: hello\nIn-Reply-To: <a@b>\n", "yes\n", MESSAGE_REPLY, false},
	{"Subject: [PATCH 2/2] a\nIn-Reply-To: <a@b>\n", PATCH, MESSAGE_PATCH,
	 false},
	{"Subject: hello\n", "text\n", MESSAGE_OTHER, false},
	{"Subject: [PATCH] a\n", "---\n a | 1 +\n", MESSAGE_OTHER, false},
	{"Subject: a\nContent-Type: message/rfc822\n", PATCH, MESSAGE_OTHER,
	 false},
	{"Subject: a\nContent-Type: text/plain; charset=x-klingon\n", "a\n",
	 MESSAGE_ERROR, false},
	{"Subject: =?x-none?q?a?=\n", "a\n", MESSAGE_ERROR, false},
	{"Subject: a\nAuto-Submitted: auto-replied (vacation)\n", "a\n",
	 MESSAGE_OTHER, true},
	{"Subject: a\nAuto-Submitted: No\n", "a\n", MESSAGE_OTHER, false},
	{"Subject: a\nPrecedence: bulk\n", "a\n", MESSAGE_OTHER, true},
	{"Subject: a\nPrecedence: bulk\n", PATCH, MESSAGE_PATCH, false},
	{"Subject: a\nPrecedence: list\nList-Id: <l>\n", "a\n", MESSAGE_OTHER,
	 false},
	{"Subject: a\nPrecedence: auto_reply\n", PATCH, MESSAGE_PATCH, true},
	{"Subject: a\nReturn-Path: <>\n", "a\n", MESSAGE_OTHER, true},
	{"Subject: a\nReturn-Path: <a@b>\n", "a\n", MESSAGE_OTHER, false},
	{"Subject: a\nX-Autoreply: yes\n", "a\n", MESSAGE_OTHER, true},
	{"Subject: a\nContent-Type: multipart/report; boundary=b\n", "a\n",
	 MESSAGE_OTHER, true},
	{"Subject: a\nFrom: MAILER-DAEMON@b\n", "a\n", MESSAGE_OTHER, true},
};

static void kinds_follow_subject_thread_and_diff(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *mail = g_strconcat(kinds[i].headers, "\n",
						    kinds[i].body, NULL);
		g_autoptr(message_t) message = parse(mail);

		print_message("%s", kinds[i].headers);
		assert_int_equal(message->kind, kinds[i].kind);
		assert_int_equal(message->automatic, kinds[i].automatic);
		assert_int_equal(message->error != NULL,
				 kinds[i].kind == MESSAGE_ERROR);
	}
}

static void links_are_found_in_log_and_tail(void **state)
{
	g_autoptr(message_t) message = parse(
		"Subject: [RFC PATCH v3 2/9 RESEND] a\n"
		"References: <1@a> junk\n\t<2@a>\nIn-Reply-To: <2@a>\n"
		"X-Reroll: run\nReply-To: r@a\nList-Id: <l.a>\nTo: t@a\n"
		"Cc: c@a\nX-Original-From: o@a\n\n"
		"change-id: 2023-x\nDepends-on: <0@a>\n"
		"---\nBased-on: <3@a>\nprerequisite-message-id: <4@a>\n"
		"prerequisite-change-id: 2023-Y:v1\n" PATCH
		"base-commit: 0123456789ABCDEF0123456789abcdef01234567\n"
		"prerequisite-patch-id: "
		"1123456789abcdef0123456789abcdef01234567\n"
		"prerequisite-patch-id: none\n");

	(void)state;
	assert_string_equal(message->change_id, "2023-x");
	assert_string_equal(message->base_commit,
			    "0123456789abcdef0123456789abcdef01234567");
	assert_int_equal(message->prerequisites->len, 1);
	assert_int_equal(message->depends_on->len, 4);
	assert_string_equal(message->depends_on->pdata[3], "2023-Y:v1");
	assert_int_equal(message->references->len, 2);
	assert_string_equal(message->in_reply_to, "<2@a>");
	assert_string_equal(message->reply_to, "r@a");
	assert_string_equal(message->list_id, "<l.a>");
	assert_string_equal(message->to, "t@a");
	assert_string_equal(message->cc, "c@a");
	assert_string_equal(message->x_original_from, "o@a");
	assert_true(message->ours);
	assert_true(message->rfc && message->resend && message->numbered);
	assert_int_equal(message->version, 3);
	assert_int_equal(message->index, 2);
	assert_int_equal(message->total, 9);
}

static void the_first_of_two_headers_counts(void **state)
{
	g_autoptr(message_t)
		message = parse("From: A <a@x>\nFrom: B <b@x>\nSubject: one\n"
				"Subject: two\n\n" DIFF);

	(void)state;
	assert_string_equal(message->email, "a@x");
	assert_string_equal(message->commit_subject, "one");
}

static void a_subject_is_one_line_whatever_it_encodes(void **state)
{
	g_autoptr(message_t)
		message = parse("From: =?utf-8?q?A=0AB?= <a@x>\n"
				"Subject: =?utf-8?q?a=0D=0ABcc:_x=40y?=\n"
				"Message-ID: <1@a>\n\n" DIFF);

	(void)state;
	assert_string_equal(message->subject, "a Bcc: x@y");
	assert_string_equal(message->commit_subject, "a Bcc: x@y");
	assert_null(strpbrk(message->author, "\r\n"));
}

static void ids_and_raw_values_are_one_line(void **state)
{
	g_autoptr(message_t) message = parse(
		"Message-ID: <1\rBcc: x@a>\nIn-Reply-To: <2\r@\t a>\n"
		"Reply-To: r@a\rBcc: x@a\n\n");

	(void)state;
	assert_string_equal(message->message_id, "<1Bcc:x@a>");
	assert_string_equal(message->in_reply_to, "<2@a>");
	assert_string_equal(message->reply_to, "r@a Bcc: x@a");
}

static void what_cannot_be_decoded_is_one_line_too(void **state)
{
	g_autoptr(message_t)
		message = parse("Subject: =?x-none?q?a?=\rBcc: x@a\n\n");

	(void)state;
	assert_int_equal(message->kind, MESSAGE_ERROR);
	assert_string_equal(message->subject, "=?x-none?q?a?= Bcc: x@a");
}

static void a_patch_knows_whether_it_came_encoded(void **state)
{
	static const struct {
		const char *mail;
		bool encoded;
	} rows[] = {
		{"Subject: a\n\n" DIFF, false},
		{"Subject: a\nContent-Transfer-Encoding: 8bit\n\n" DIFF, false},
		{"Subject: a\nContent-Transfer-Encoding: "
		 "quoted-printable\n\n" DIFF,
		 true},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(message_t) message = parse(rows[i].mail);

		assert_int_equal(message->encoded, rows[i].encoded);
	}
}

static void an_encoded_nul_is_refused(void **state)
{
	g_autoptr(message_t) message = parse("Subject: =?utf-8?q?a=00b?=\n\n");

	(void)state;
	assert_int_equal(message->kind, MESSAGE_ERROR);
}

static void a_mail_without_headers_has_null_fields(void **state)
{
	g_autoptr(message_t) message = parse(DIFF);

	(void)state;
	assert_int_equal(message->kind, MESSAGE_PATCH);
	assert_null(message->author);
	assert_null(message->email);
	assert_null(message->subject);
	assert_null(message->commit_subject);
	assert_null(message->date);
	assert_null(message->message_id);
	assert_int_equal(message->date_at, 0);
	assert_int_equal(message->from->len, 0);
}

static void kind_names_are_those_of_the_answers(void **state)
{
	(void)state;
	assert_string_equal(message_kind_name(MESSAGE_COVER), "cover");
	assert_string_equal(message_kind_name(MESSAGE_ERROR), "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_patch_is_read),
		cmocka_unit_test(bodies_are_what_git_mailinfo_says),
		cmocka_unit_test(authors_are_gits_where_git_is_right),
		cmocka_unit_test(inbody_headers_win_in_a_patch),
		cmocka_unit_test(inbody_headers_are_text_without_a_patch),
		cmocka_unit_test(inbody_headers_can_be_turned_off),
		cmocka_unit_test(scissors_cut_when_asked),
		cmocka_unit_test(quoted_crs_are_stripped_when_asked),
		cmocka_unit_test(kinds_follow_subject_thread_and_diff),
		cmocka_unit_test(links_are_found_in_log_and_tail),
		cmocka_unit_test(the_first_of_two_headers_counts),
		cmocka_unit_test(a_subject_is_one_line_whatever_it_encodes),
		cmocka_unit_test(ids_and_raw_values_are_one_line),
		cmocka_unit_test(what_cannot_be_decoded_is_one_line_too),
		cmocka_unit_test(a_patch_knows_whether_it_came_encoded),
		cmocka_unit_test(an_encoded_nul_is_refused),
		cmocka_unit_test(a_mail_without_headers_has_null_fields),
		cmocka_unit_test(kind_names_are_those_of_the_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
