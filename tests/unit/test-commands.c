/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands in replies: which lines count, and what they ask for. */
#include "test.h"

#include "mail/mail.h"

#define HEAD                                \
	"From: Ada <ada@example.org>\n"     \
	"Subject: Re: [PATCH] hello: one\n" \
	"Message-ID: <2@example.org>\n"     \
	"In-Reply-To: <1@example.org>\n"

/* "retest base:v6.1 | problem | problem" of a mail. */
static char *read_mail(const char *mail)
{
	g_autoptr(message_t)
		message = message_parse(mail, strlen(mail), "test", NULL);
	g_autoptr(mail_commands_t) said = mail_commands_read(message);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < said->commands->len; i++) {
		const struct mail_command *command = said->commands->pdata[i];

		g_string_append_printf(text, "%s%s%s%s", i ? " " : "",
				       mail_command_name(command->kind),
				       command->ref ? ":" : "",
				       command->ref ? command->ref : "");
	}
	for (guint i = 0; i < said->problems->len; i++)
		g_string_append_printf(text, "|%s",
				       (char *)said->problems->pdata[i]);
	return g_string_free(text, FALSE);
}

struct row {
	const char *name, *text, *want;
};

static void check_rows(const struct row *rows, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		g_autofree char *mail = g_strconcat(HEAD "\n", rows[i].text,
						    NULL);
		g_autofree char *got = read_mail(mail);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].name, got,
				 rows[i].want);
	}
}

static const struct row forms[] = {
	{"each command is known",
	 "reroll: retest\nreroll: cancel\nreroll: base mainline/v6.1\n"
	 "reroll: status\n",
	 "retest cancel base:mainline/v6.1 status"},
	{"case and blanks are free",
	 "  ReRoll  :RETEST  \nreroll:\tBase \t 0123abc\n",
	 "retest base:0123abc"},
	{"case of a ref is kept", "reroll: base Mainline/V6",
	 "base:Mainline/V6"},
	{"DOS newlines are none of it", "reroll: retest\r\nThanks\r\n",
	 "retest"},
	{"the word within a sentence is no command",
	 "I wrote reroll: retest\nreroll is fine\nrerolls: retest\n", ""},
	{"a mail without any has none", "Thank you!\n", ""},
	{"a near word is told", "reroll: restest\n",
	 "|\"restest\" is no command, did you mean \"retest\"?"},
	{"a near word of any case is told", "reroll: CANCLE\n",
	 "|\"CANCLE\" is no command, did you mean \"cancel\"?"},
	{"a word that is like none gets the list", "reroll: please\n",
	 "|\"please\" is no command, the commands are retest, cancel, base REF "
	 "and status"},
	{"no word gets the list", "reroll:\n",
	 "|\"\" is no command, the commands are retest, cancel, base REF and "
	 "status"},
	{"what stands alone takes nothing", "reroll: retest now\n",
	 "|retest stands alone, found \"now\" behind it"},
	{"a base needs its ref", "reroll: base\n",
	 "|base wants a tree, a tree/ref or a commit id behind it"},
	{"good commands count beside bad ones",
	 "reroll: statsu\nreroll: cancel\n",
	 "cancel|\"statsu\" is no command, did you mean \"status\"?"},
	{"only five commands count",
	 "reroll: retest\nreroll: cancel\nreroll: status\nreroll: retest\n"
	 "reroll: cancel\nreroll: status\n",
	 "retest cancel status retest cancel|only the first 5 commands of a "
	 "mail count"},
	{"only five problems are told",
	 "reroll: base\nreroll: base\nreroll: base\nreroll: base\n"
	 "reroll: base\nreroll: base\n",
	 "|base wants a tree, a tree/ref or a commit id behind it"
	 "|base wants a tree, a tree/ref or a commit id behind it"
	 "|base wants a tree, a tree/ref or a commit id behind it"
	 "|base wants a tree, a tree/ref or a commit id behind it"
	 "|base wants a tree, a tree/ref or a commit id behind it"},
};

static void commands_are_read(void **state)
{
	(void)state;
	check_rows(forms, G_N_ELEMENTS(forms));
}

static void a_ref_that_git_could_misread_is_refused(void **state)
{
	static const char *const bad[] = {
		"--upload-pack=x",
		"-f",
		"a..b",
		"a b",
		"v6~1",
		"v6^",
		"a:b",
		"/v6",
		"v6/",
		"a//b",
		".git",
		"a/.b",
		"v6.lock",
		"v6.",
		"@{-1}",
		"a\\b",
		"a*",
		"[a]",
	};
	static const char *const good[] = {
		"v6.1-rc1",
		"mainline",
		"mainline/master",
		"net-next/main",
		"0123456789abcdef0123456789abcdef01234567",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *mail = g_strconcat(HEAD "\nreroll: base ",
						    bad[i], "\n", NULL);
		g_autofree char *got = read_mail(mail);

		if (strncmp(got, "|base wants a tree", 18) != 0)
			fail_msg("%s: %s", bad[i], got);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char *mail = g_strconcat(HEAD "\nreroll: base ",
						    good[i], "\n", NULL);
		g_autofree char *want = g_strconcat("base:", good[i], NULL);
		g_autofree char *got = read_mail(mail);

		assert_string_equal(got, want);
	}
}

static void a_ref_has_a_length(void **state)
{
	g_autofree char *ref = g_strnfill(MAIL_COMMAND_REF_BYTES, 'a');
	g_autofree char *mail = g_strconcat(HEAD "\nreroll: base ", ref, NULL);
	g_autofree char *got = read_mail(mail);
	g_autofree char *fits = NULL;

	(void)state;
	assert_true(g_str_has_prefix(got, "|base wants"));
	mail[strlen(mail) - 1] = '\0';
	fits = read_mail(mail);
	assert_true(g_str_has_prefix(fits, "base:aaa"));
}

static const struct row places[] = {
	{"quoted lines are not the sender's",
	 "> reroll: retest\n>> reroll: cancel\nok\n", ""},
	{"an answer below a quote is",
	 "On Sat, 21 Nov 2026, Robot wrote:\n> Hi Ada\n>\n> reroll: cancel\n\n"
	 "reroll: retest\n",
	 "retest"},
	{"an attribution may take several lines",
	 "On Sat, 21 Nov 2026 at 10:00, Robot <reroll@example.org>\nwrote:\n\n"
	 "> Hi Ada\nreroll: retest\n",
	 "retest"},
	{"what is behind an attribution and not quoted is the original",
	 "reroll: status\n\nOn Sat, 21 Nov 2026, Robot wrote:\n\nHi Ada\n"
	 "reroll: retest\n",
	 "status"},
	{"the same over several lines",
	 "reroll: status\nOn Sat, Robot <reroll@example.org>\n wrote:\n"
	 "reroll: retest\n",
	 "status"},
	{"attributions of other languages are known",
	 "reroll: status\nLe sam. 21 nov. 2026, Robot a \xc3\xa9"
	 "crit\xc2\xa0:\nreroll: retest\n",
	 "status"},
	{"a sentence that begins with On is none",
	 "On my machine it boots.\nreroll: retest\n", "retest"},
	{"a blank line ends what could be an attribution",
	 "On my machine\n\nit wrote:\nreroll: retest\n", "retest"},
	{"below a signature nothing counts",
	 "reroll: status\n-- \nreroll: retest\n", "status"},
	{"a signature may have lost its blank",
	 "reroll: status\n--\nreroll: retest\n", "status"},
	{"below Outlook's line nothing counts",
	 "reroll: status\n-----Original Message-----\nreroll: retest\n",
	 "status"},
	{"nor below it in another language",
	 "reroll: status\n-----Urspr\xc3\xbcngliche Nachricht-----\n"
	 "reroll: retest\n",
	 "status"},
	{"nor below a forwarded message",
	 "reroll: status\n---------- Forwarded message ---------\n"
	 "reroll: retest\n",
	 "status"},
	{"nor below a line of underscores",
	 "reroll: status\n________________________________\nreroll: retest\n",
	 "status"},
	{"nor below headers that were pasted",
	 "reroll: status\n\nFrom: Robot <reroll@example.org>\n"
	 "Sent: Saturday\nreroll: retest\n",
	 "status"},
	{"nor in a patch", "reroll: status\n---\nreroll: retest\n", "status"},
};

static void only_what_the_sender_wrote_counts(void **state)
{
	(void)state;
	check_rows(places, G_N_ELEMENTS(places));
}

#define MIXED                                                    \
	HEAD "MIME-Version: 1.0\n"                               \
	     "Content-Type: multipart/mixed; boundary=\"b\"\n\n" \
	     "preamble\n"
#define PLAIN "--b\nContent-Type: text/plain; charset=utf-8\n\n"
#define END "--b--\n"

static const struct row mails[] = {
	{"an attached text is not the sender's",
	 MIXED PLAIN "reroll: status\n" PLAIN "reroll: retest\n" END, "status"},
	{"nor a text that is attached alone",
	 MIXED "--b\nContent-Type: text/plain\nContent-Disposition: "
	       "attachment; filename=a\n\nreroll: retest\n" END,
	 ""},
	{"nor a mail in the mail",
	 MIXED PLAIN "reroll: status\n--b\nContent-Type: message/rfc822\n\n"
		     "Subject: x\n\nreroll: retest\n" END,
	 "status"},
	{"a part without a type is text", MIXED "--b\n\nreroll: status\n" END,
	 "status"},
	{"base64 hides nothing",
	 MIXED "--b\nContent-Type: text/plain\nContent-Transfer-Encoding: "
	       "base64\n\ncmVyb2xsOiByZXRlc3QK\n" END,
	 "retest"},
	{"HTML is not read", HEAD "Content-Type: text/html\n\nreroll: retest\n",
	 ""},
	{"its plain twin is",
	 HEAD "Content-Type: multipart/alternative; boundary=\"b\"\n\n" PLAIN
	      "reroll: retest\n--b\nContent-Type: text/html\n\n"
	      "reroll: cancel\n" END,
	 "retest"},
	{"a twin within a part is",
	 MIXED "--b\nContent-Type: multipart/alternative; boundary=\"c\"\n\n"
	       "--c\nContent-Type: text/plain\n\nreroll: retest\n"
	       "--c\nContent-Type: text/html\n\n<p>x\n--c--\n" PLAIN
	       "reroll: cancel\n" END,
	 "retest"},
	{"nor what is attached to one without a twin",
	 MIXED "--b\nContent-Type: multipart/alternative; boundary=\"c\"\n\n"
	       "--c\nContent-Type: text/plain\nContent-Transfer-Encoding: "
	       "base64\n\ncmVyb2xsOiByZXRlc3QK\n--c--\n" PLAIN
	       "reroll: cancel\n" END,
	 "retest"},
	{"a mail that is no reply commands nothing",
	 "From: a@example.org\nSubject: hello\n\nreroll: retest\n", ""},
	{"nor does a patch",
	 "From: a@example.org\nSubject: [PATCH] x\n\nreroll: retest\n---\n"
	 "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n",
	 ""},
	{"nor an automatic answer",
	 HEAD "Auto-Submitted: auto-replied\n\nreroll: retest\n", ""},
	{"nor a mail of ours",
	 HEAD MAIL_LOOP_HEADER ": reroll\n\nreroll: retest\n", ""},
};

static void attachments_and_machines_command_nothing(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autofree char *got = read_mail(mails[i].text);

		if (strcmp(got, mails[i].want) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", mails[i].name, got,
				 mails[i].want);
	}
}

static void many_lines_take_linear_time(void **state)
{
	static const char *const lines[] = {"On Sat, Robot\n", "From: a\n",
					    "On x wrote:\n\n\n> a\n",
					    "reroll: x\n", "\n"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GString) mail = g_string_new(HEAD "\n");
		g_autofree char *got = NULL;
		gint64 start_ms = test_cpu_ms();

		while (mail->len < 8 << 20)
			g_string_append(mail, lines[i]);
		got = read_mail(mail->str);
		assert_true(test_cpu_ms() - start_ms < 5000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_read),
		cmocka_unit_test(a_ref_that_git_could_misread_is_refused),
		cmocka_unit_test(a_ref_has_a_length),
		cmocka_unit_test(only_what_the_sender_wrote_counts),
		cmocka_unit_test(attachments_and_machines_command_nothing),
		cmocka_unit_test(many_lines_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
