/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include "config/roster.h"

static void the_same_people_come_from_csv_and_yaml(void **state)
{
	static const char *const files[] = {"contrib/examples/roster.csv",
					    "contrib/examples/roster.yaml"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = test_path(files[i]);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(GPtrArray) people = roster_load(path, problems);
		const struct person *person;

		assert_problems(problems, "");
		assert_int_equal(people->len, 3);
		person = people->pdata[0];
		assert_string_equal(person->login, "jsmith");
		assert_int_equal(person->emails->len, 2);
		assert_string_equal(person->emails->pdata[1],
				    "jsmith@home.example.net");
		assert_int_equal(person->extension_s, 0);
		person = people->pdata[1];
		assert_string_equal(person->name,
				    "Garc\xc3\xad\x61 M\xc3\xa1rquez, "
				    "Mar\xc3\xad\x61");
		assert_int_equal(person->extension_s, 2 * 86400);
		person = people->pdata[2];
		assert_string_equal(person->name, "Suharto");
		assert_string_equal(person->group, "B");
	}
}

static void cells_are_read_as_rfc_4180_says(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf"
		"name,emails,login\r\n"
		"\"a \"\"b\"\", c\",\"x@y.z\r\nv@w.u\",one\r\n"
		"\r\n"
		" spaced  ,a@b.c,two";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) people = roster_parse(text, sizeof(text) - 1,
						   "r.csv", problems);
	const struct person *person;

	(void)state;
	assert_problems(problems, "");
	assert_int_equal(people->len, 2);
	person = people->pdata[0];
	assert_string_equal(person->name, "a \"b\", c");
	assert_int_equal(person->emails->len, 2);
	assert_null(person->group);
	person = people->pdata[1];
	assert_string_equal(person->name, "spaced");
}

static void each_mistake_is_told_by_its_line(void **state)
{
	static const struct {
		const char *file, *text, *problems;
		gsize len; /* 0: up to the NUL */
	} rows[] = {
		{"r.csv", "login,name,emails\na,A,x@y.z\na,B,v@y.z\n",
		 "r.csv:3:1: found the login \"a\" a second time, expected it "
		 "once: line 2 has it too"},
		{"r.csv", "login,name,emails\na,A,x@y.z\nb,B,X@Y.Z\n",
		 "r.csv:3:5: found the address \"X@Y.Z\" a second time, "
		 "expected it once: line 2 has it too"},
		{"r.csv",
		 "login,name,emails\na,A,x@b\xc3\xbc.de\n"
		 "b,B,x@xn--b-eha.de q@r.s\nc,C,q@r.s\n",
		 "r.csv:3:5: found the address \"x@xn--b-eha.de\" a second "
		 "time, expected it once: line 2 has it too\n"
		 "r.csv:4:5: found the address \"q@r.s\" a second time, "
		 "expected it once: line 3 has it too"},
		{"r.csv", "login,nme,emails\na,A,x@y.z\n",
		 "r.csv:1:7: found the key \"nme\", expected a known one; did "
		 "you mean \"name\"?\n"
		 "r.csv:2:1: found no key \"name\", expected it with one line "
		 "of text"},
		{"r.csv", "login,name,login\na,A,b\n",
		 "r.csv:1:12: found the column \"login\" a second time, "
		 "expected it once"},
		{"r.csv", "login,name,emails\na,A\n",
		 "r.csv:2:1: found 2 columns, expected 3 as in the header\n"
		 "r.csv:2:1: found no key \"emails\", expected it with a "
		 "list"},
		{"r.csv", "login,name,emails\na,A,nobody\n",
		 "r.csv:2:5: found \"nobody\", expected an address such as "
		 "name@example.org"},
		{"r.csv", "login,name,emails\na,\"A,x@y.z\n",
		 "r.csv:2:3: found a quote without an end, expected one"},
		{"r.csv", "login,name,emails\na,\"A\"B,x@y.z\n",
		 "r.csv:2:6: found text after a closing quote, expected a "
		 "comma"},
		{"r.csv", "login,name,emails\na,A\"B,x@y.z\n",
		 "r.csv:2:4: found a quote inside a cell, expected the whole "
		 "cell in quotes and this one doubled"},
		{"r.csv", "login,name,emails\n\xc3\xab\xff,A,x@y.z\n",
		 "r.csv:2:2: found what is not UTF-8, expected UTF-8"},
		{"r.csv", "login,name\n\0",
		 "r.csv:2:1: found a NUL "
		 "character, expected text",
		 12},
		{"r.csv", "login,name,emails\n",
		 "r.csv:1:1: found 0 entries, expected 1 or more"},
		{"r.csv", "", "r.csv:1:1: found 0 entries, expected 1 or more"},
		{"r.yaml", "- login: a\n",
		 "r.yaml:1:3: found no key \"name\", expected it with one "
		 "line of text\n"
		 "r.yaml:1:3: found no key \"emails\", expected it with a "
		 "list"},
		{"r.yaml", "login: a\n",
		 "r.yaml:1:1: found a map of keys, expected a list of maps"},
		{"r.yaml",
		 "- {login: a, name: A, emails: [x@y.z]}\n"
		 "- {login: b, name: B, emails: [x@y.z]}\n",
		 "r.yaml:2:32: found the address \"x@y.z\" a second time, "
		 "expected it once: line 1 has it too"},
		{"r.yaml", "- {login: a, name: A, emails: []}\n",
		 "r.yaml:1:31: found 0 entries, expected 1 or more"},
		{"r.yaml",
		 "- {login: a, name: A, emails: [x@y.z], extension: soon}\n",
		 "r.yaml:1:51: found \"soon\", expected a time such as 30m "
		 "from 0s to 3650d"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		gsize len = rows[i].len ? rows[i].len : strlen(rows[i].text);
		g_autoptr(GPtrArray) people = roster_parse(
			rows[i].text, len, rows[i].file, problems);

		assert_null(people);
		assert_problems(problems, rows[i].problems);
	}
}

static void many_people_are_fine_and_too_many_are_not(void **state)
{
	g_autoptr(GString) text = g_string_new("login,name,emails\n");
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) people = NULL, more = NULL;

	(void)state;
	for (int i = 0; i < 20000; i++)
		g_string_append_printf(text, "u%d,User %d,u%d@example.org\n", i,
				       i, i);
	people = roster_parse(text->str, text->len, "r.csv", problems);
	assert_problems(problems, "");
	assert_int_equal(people->len, 20000);
	g_string_append(text, "x,X,x@example.org\n");
	more = roster_parse(text->str, text->len, "r.csv", problems);
	assert_null(more);
	assert_problems(problems, "r.csv:1:1: found 20001 entries, expected "
				  "20000 or fewer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_people_come_from_csv_and_yaml),
		cmocka_unit_test(cells_are_read_as_rfc_4180_says),
		cmocka_unit_test(each_mistake_is_told_by_its_line),
		cmocka_unit_test(many_people_are_fine_and_too_many_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
