/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "mail/address.h"

/* "name<email>;" of each */
static char *show(const char *header)
{
	g_autoptr(GPtrArray) list = mailbox_parse_list(header, strlen(header));
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const struct mailbox *mailbox = list->pdata[i];

		g_string_append_printf(out, "%s<%s>;", mailbox->name,
				       mailbox->email);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void a_header_gives_its_mailboxes(void **state)
{
	static const struct {
		const char *header, *mailboxes;
	} rows[] = {
		{"Ada Author <ada@example.org>",
		 "Ada Author<ada@example.org>;"},
		{" ada@example.org\n", "<ada@example.org>;"},
		{"\"Author, Ada\" <a@b.org>", "Author, Ada<a@b.org>;"},
		{"Author, Ada <a@b.org>", "Ada<a@b.org>;"},
		{"\"a@b.org\" <eve@c.net>", "a@b.org<eve@c.net>;"},
		{"A <a@b.org>, E <e@c.net>", "A<a@b.org>;E<e@c.net>;"},
		{"Team: A <a@b.org>, c@d.org;", "A<a@b.org>;<c@d.org>;"},
		{"J. R. R. Doe <j@b.org>", "J. R. R. Doe<j@b.org>;"},
		{"=?utf-8?q?Sin=C3=A9ad?= <s@b.ie>", "Sin\xc3\xa9"
						     "ad<s@b.ie>;"},
		{"=?utf-8?q?Eve_=3Ceve=40x=2Eorg=3E=2C?= <s@b.ie>",
		 "Eve <eve@x.org>,<s@b.ie>;"},
		{"Sin\xc3\xa9"
		 "ad <s@b.ie>",
		 "Sin\xc3\xa9"
		 "ad<s@b.ie>;"},
		{"Ada <\xd0\xb0"
		 "da@b.org>",
		 "Ada<\xd0\xb0"
		 "da@b.org>;"},
		{"<>", ""},
		{"", ""},
		{"nobody", ""},
		{"A <a@b.org> E <e@c.net>", ""},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = show(rows[i].header);

		assert_string_equal(got, rows[i].mailboxes);
	}
}

static void a_hostile_header_costs_neither_stack_nor_time(void **state)
{
	static const char fills[] = "(<\",;:@\\ a";

	(void)state;
	for (gsize i = 0; i < strlen(fills); i++) {
		g_autofree char *fill = g_strnfill(60000, fills[i]);
		g_autofree char *header = g_strconcat(fill, " A <a@b.org>",
						      NULL);
		g_autoptr(GPtrArray)
			list = mailbox_parse_list(header, strlen(header));

		assert_true(list->len <= 1);
	}
}

static void a_trailer_needs_one_name_and_one_plain_address(void **state)
{
	static const struct {
		const char *text, *name, *email;
	} rows[] = {
		{"Ada Author <ada@example.org>", "Ada Author",
		 "ada@example.org"},
		{"A   <a@b.org> # v1", "A", "a@b.org"},
		{"<a@b.org>", "", "a@b.org"},
		{"Robert Roe, Jr. <r@b.org>", "Robert Roe, Jr.", "r@b.org"},
		{"Ada a@b.org", NULL, NULL},
		{"Ada <a@b.org>, Bob <b@b.org>", NULL, NULL},
		{"Ada <mailto:a@b.org>", NULL, NULL},
		{"Ada <>", NULL, NULL},
		{"Ada <a@b.org", NULL, NULL},
		{"Ada", NULL, NULL},
		{"", NULL, NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(mailbox_t) got = mailbox_parse_trailer(rows[i].text);

		assert_int_equal(got != NULL, rows[i].name != NULL);
		if (!got)
			continue;
		assert_string_equal(got->name, rows[i].name);
		assert_string_equal(got->email, rows[i].email);
	}
}

static void addresses_are_equal_by_domain_and_case(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{"ada@example.org", "ADA@Example.ORG", true},
		{"j@m\xc3\xbcller.example", "j@xn--mller-kva.example", true},
		{"j@M\xc3\x9cLLER.example", "J@XN--mller-kva.example", true},
		{"ada@example.org ", "ada@example.org", true},
		{"ada@example.org", "a.da@example.org", false},
		{"ada@example.org", "ada+x@example.org", false},
		{"\xd0\xb0"
		 "da@example.org",
		 "ada@example.org", false},
		{"", "", false},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_int_equal(email_equal(rows[i].a, rows[i].b),
				 rows[i].equal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_gives_its_mailboxes),
		cmocka_unit_test(a_hostile_header_costs_neither_stack_nor_time),
		cmocka_unit_test(
			a_trailer_needs_one_name_and_one_plain_address),
		cmocka_unit_test(addresses_are_equal_by_domain_and_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
