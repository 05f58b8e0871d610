/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mail programs do to patches is named; clean patches stay clean. */
#include "test.h"

#include "mail/mail.h"

#define FILE_HEADER "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n"
#define PLAIN "Subject: [PATCH] a\n\nlog\n---\n" FILE_HEADER
#define HUNK \
	"@@ -1,3 +1,3 @@\n int main(void)\n {\n-\treturn 0;\n+\treturn 1;\n"

static const struct {
	const char *name, *mail;
	guint damage;
} cases[] = {
	{"a clean patch", PLAIN HUNK "-- \n2.39\n", 0},
	{"an empty context line", PLAIN "@@ -1,3 +1,3 @@\n a\n\n-\tb\n+\tc\n",
	 0},
	{"a footer below the signature",
	 PLAIN HUNK "-- \n2.39\n________________________________\nlist\n", 0},
	{"a footer glued on",
	 PLAIN HUNK "________________________________\nlist mailing list\n",
	 DAMAGE_FOOTER},
	{"a footer inside a hunk",
	 PLAIN "@@ -1,9 +1,9 @@\n-\ta\n+\tb\n________________________\nlist\n",
	 DAMAGE_FOOTER},
	{"a wrapped line",
	 PLAIN "@@ -1,3 +1,3 @@\n {\n-\treturn 0;\n"
	       "+\ta_long_function_name(first_argument, second_argument,\n"
	       "third_argument);\n }\n",
	 DAMAGE_WRAPPED},
	{"a wrapped file header",
	 "Subject: a\n\n---\ndiff --git a/a_name_of_some_length.c\n"
	 "b/a_name_of_some_length.c\n--- a/a.c\n+++ b/a.c\n",
	 DAMAGE_WRAPPED},
	{"context without its blank",
	 PLAIN "@@ -1,3 +1,3 @@\nint main(void)\n{\n-\treturn 0;\n+\tx;\n",
	 DAMAGE_LEADING_BLANK},
	{"tabs that became blanks",
	 PLAIN "@@ -1,3 +1,3 @@\n         if (a)\n-                b();\n"
	       "+                c();\n         d();\n",
	 DAMAGE_TABS},
	{"a file indented by four blanks",
	 PLAIN "@@ -1,3 +1,3 @@\n     if (a)\n-        b();\n"
	       "+        c();\n         d();\n",
	 0},
	{"no-break spaces",
	 PLAIN "@@ -1,2 +1,2 @@\n\xc2\xa0{\n-\xc2\xa0\xc2\xa0 a\n+\tb\n",
	 DAMAGE_NBSP},
	{"quoted-printable left in",
	 PLAIN "@@ -1,2 +1,2 @@\n a =3D 1;\n-\tb =3D 1;\n+\tb =3D 2;\n",
	 DAMAGE_QP},
	{"a diff about quoted-printable",
	 PLAIN "@@ -1,2 +1,2 @@\n a = \"=3D\";\n-\tb = 1;\n+\tb =3D 2;\n", 0},
	{"DOS newlines inside base64",
	 "Content-Transfer-Encoding: base64\n\n"
	 "LS0tDQpkaWZmIC0tZ2l0IGEvYSBiL2ENCi0tLSBhL2ENCisrKyBiL2ENCkBAIC0xICsx"
	 "IEBADQotCWENCisJYg0K\n",
	 DAMAGE_CRLF},
	{"HTML alone", "Content-Type: text/html\n\n<pre>\n" FILE_HEADER HUNK,
	 DAMAGE_HTML},
	{"a soft break in the patch",
	 "Content-Type: text/plain; format=flowed\n\nlog\n---\n" FILE_HEADER
	 "@@ -1,2 +1,1 @@\n-a \n-b\n+c\n",
	 DAMAGE_FLOWED},
	{"flowed without a soft break",
	 "Content-Type: text/plain; format=flowed\n\nlog\n---\n" FILE_HEADER
	 "@@ -1,2 +1,1 @@\n-a\n-b\n+c\n",
	 0},
	{"no diff, no damage", "Subject: a\n\nlog\n---\n________________\n", 0},
	{"hunk counts that overflow",
	 PLAIN "@@ -99999999999999999999,99999999999999999999 +1,1 @@\n a\n",
	 0},
};

static void damage_is_named(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(message_t) message = message_parse(
			cases[i].mail, strlen(cases[i].mail), "test", NULL);

		print_message("%s\n", cases[i].name);
		assert_int_equal(message->damage, cases[i].damage);
	}
}

static void every_bit_has_a_name_and_an_advice(void **state)
{
	guint all = (DAMAGE_NBSP << 1) - 1;
	g_autoptr(GPtrArray) names = damage_names(all);
	guint count = 0;

	(void)state;
	for (guint bit = 1; bit & all; bit <<= 1) {
		const char *advice = damage_advice((enum mailer_damage)bit);

		assert_non_null(strstr(advice, "git send-email"));
		count++;
	}
	assert_int_equal(names->len, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(every_bit_has_a_name_and_an_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
