/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "base/base.h"

/* What find() gives for a partial name. */
struct named {
	const char *name, *text;
};

static const struct named partials[] = {
	{"star", "*{{who}}*"},
	{"lines", "one\n{{{two}}}\n\nthree\n"},
	{"bare", "x\ny"},
	{"outer", "({{>star}})"},
	{"tree", "{{v}}[{{#kids}}{{>tree}}{{/kids}}]"},
	{"angle", "{{=<% %>=}}<%who%>{{who}}"},
	{"deep", "a\n  {{>lines}}\nb\n"},
	{"loop", "{{>loop}}"},
	{"broken", "fine\n  {{#open}}"},
};

static char *find(const char *name, gpointer data)
{
	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(partials); i++) {
		if (g_str_equal(partials[i].name, name))
			return g_strdup(partials[i].text);
	}
	return NULL;
}

struct row {
	const char *text, *data, *expect; /* data: ' stands for " */
};

static char *render(const char *text, const char *data, bool html,
		    GError **error)
{
	const struct template_options options = {
		.name = "t", .escape_html = html, .partial = find};
	g_autofree char *json = g_strdup(data);
	g_autoptr(json_t) value = NULL;

	g_strdelimit(json, "'", '"');
	value = json_loads(json, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	return template_render(text, value, &options, error);
}

static void expect_rows(const struct row *rows, gsize n, bool html)
{
	for (gsize i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *got = render(rows[i].text, rows[i].data, html,
					      &error);

		if (!got)
			fail_msg("%s: %s", rows[i].text, error->message);
		if (strcmp(got, rows[i].expect) != 0)
			fail_msg("%s: got \"%s\"", rows[i].text, got);
	}
}

static void a_name_becomes_the_value_it_stands_for(void **state)
{
	static const struct row rows[] = {
		{"", "{}", ""},
		{"no tag { } }} here", "{}", "no tag { } }} here"},
		{"<{{a}}>", "{'a':'x'}", "<x>"},
		{"<{{  a\t}}>", "{'a':'x'}", "<x>"},
		{"<{{{ a }}}|{{& a }}|{{&a}}>", "{'a':'x'}", "<x|x|x>"},
		{"{{a}}", "{'a':'{{b}}','b':1}", "{{b}}"},
		{"{{a}} {{{b}}} {{&c}}", "{'a':12,'b':-3,'c':2.75}",
		 "12 -3 2.75"},
		{"{{a}}", "{'a':1.21}", "1.21"},
		{"<{{a}}{{{a}}}{{&a}}>", "{'a':null}", "<>"},
		{"<{{a}}{{{a}}}{{&a}}>", "{}", "<>"},
		{"{{a}}{{b}}", "{'a':true,'b':false}", "truefalse"},
		{"<{{a}}{{b}}>", "{'a':[1],'b':{'c':1}}", "<>"},
		{"  {{a}}\n  {{{a}}}\n  {{&a}}\n", "{'a':'x'}",
		 "  x\n  x\n  x\n"},
		{"\xc3\xa9{{\xc3\xa9}}", "{'\xc3\xa9':'\xe2\x82\xac'}",
		 "\xc3\xa9\xe2\x82\xac"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void html_is_escaped_only_where_asked_for(void **state)
{
	static const struct row escaped[] = {
		{"{{a}}", "{'a':'<b> & c>'}", "&lt;b&gt; &amp; c&gt;"},
		{"{{{a}}}{{&a}}", "{'a':'<&>'}", "<&><&>"},
		{"{{.}}{{{.}}}", "'<'", "&lt;<"},
		{"{{#l}}{{.}}{{&.}}{{/l}}", "{'l':['&','>']}", "&amp;&&gt;>"},
		{"<p>{{>star}}", "{'who':'<'}", "<p>*&lt;*"},
	};
	static const struct row plain[] = {
		{"{{a}}{{{a}}}{{&a}}", "{'a':'<&>'}", "<&><&><&>"},
	};
	g_autoptr(json_t) quote = json_pack("{s:s}", "a", "\"");
	const struct template_options options = {.escape_html = true};
	g_autofree char *got = template_render("{{a}}", quote, &options, NULL);

	(void)state;
	expect_rows(escaped, G_N_ELEMENTS(escaped), true);
	expect_rows(plain, G_N_ELEMENTS(plain), false);
	assert_string_equal(got, "&quot;");
}

static void dots_lead_down_from_the_first_name_found(void **state)
{
	static const struct row rows[] = {
		{"{{a.b}}={{#a}}{{b}}{{/a}}", "{'a':{'b':'x'}}", "x=x"},
		{"{{{a.b}}}{{&a.b}}", "{'a':{'b':'x'}}", "xx"},
		{"{{a.b.c.d}}", "{'a':{'b':{'c':{'d':4}}}}", "4"},
		{"<{{a.b.c}}>", "{'a':{}}", "<>"},
		{"<{{a.b.c}}>", "{'a':{'b':{}},'c':'no'}", "<>"},
		{"<{{a.b}}>", "{'a':'text'}", "<>"},
		{"<{{a.b}}>", "{'a.b':'no'}", "<>"},
		{"{{a.b}}", "{'a.b':'no','a':{'b':'yes'}}", "yes"},
		{"{{#a}}{{b.c}}{{/a}}", "{'a':{'b':{}},'b':{'c':'no'}}", ""},
		{"{{#a}}{{b.c}}{{/a}}", "{'a':{'d':1},'b':{'c':'up'}}", "up"},
		{"{{#a.b}}yes{{/a.b}}", "{'a':{'b':true}}", "yes"},
		{"<{{#a.b}}no{{/a.b}}>", "{'a':{'b':false}}", "<>"},
		{"<{{#a.b.c}}no{{/a.b.c}}>", "{'a':{}}", "<>"},
		{"<{{^a.b}}no{{/a.b}}>", "{'a':{'b':true}}", "<>"},
		{"{{^a.b}}yes{{/a.b}}", "{'a':{'b':false}}", "yes"},
		{"{{^a.b.c}}yes{{/a.b.c}}", "{'a':{}}", "yes"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_section_is_shown_when_it_is_true(void **state)
{
	static const struct row rows[] = {
		{"<{{#a}}in{{/a}}>", "{'a':true}", "<in>"},
		{"<{{#a}}in{{/a}}>", "{'a':false}", "<>"},
		{"<{{#a}}in{{/a}}>", "{'a':null}", "<>"},
		{"<{{#a}}in{{/a}}>", "{}", "<>"},
		{"<{{#a}}in{{/a}}>", "{'a':''}", "<>"},
		{"<{{#a}}in{{/a}}>", "{'a':0}", "<>"},
		{"<{{#a}}in{{/a}}>", "{'a':[]}", "<>"},
		{"<{{#a}}in{{/a}}>", "{'a':{}}", "<in>"},
		{"<{{#a}}{{.}}{{/a}}>", "{'a':'s'}", "<s>"},
		{"{{#a}}{{.}} is {{a}}{{/a}}", "{'a':'s'}", "s is s"},
		{"{{# a }}={{/\ta}}", "{'a':1}", "="},
		{"{{#a}}1{{/a}} {{t}} {{#a}}2{{/a}}", "{'a':1,'t':'and'}",
		 "1 and 2"},
		{"A{{#a}}B{{#a}}C{{/a}}D{{/a}}E", "{'a':1}", "ABCDE"},
		{"A{{#a}}B{{#a}}C{{/a}}D{{/a}}E", "{'a':0}", "AE"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_section_looks_names_up_inside_out(void **state)
{
	static const struct row rows[] = {
		{"{{#p}}Hi {{n}}{{/p}}", "{'p':{'n':'Jo'}}", "Hi Jo"},
		{"{{#p}}{{a}}{{b}}{{c.d}}{{/p}}",
		 "{'a':1,'b':0,'p':{'b':2},'c':{'d':3}}", "123"},
		{"{{#a}}{{#b}}{{#c}}{{x}}{{y}}{{z}}{{/c}}{{x}}{{/b}}{{/a}}",
		 "{'a':{'x':1,'b':{'y':2,'c':{'z':3}}}}", "1231"},
		{"{{#t}}{{#m}}{{n}}{{k}};{{/m}}{{/t}}",
		 "{'t':[{'n':'a','m':[{'k':1},{'k':2}]},"
		 "{'n':'b','m':[{'k':3}]}]}",
		 "a1;a2;b3;"},
		{"{{#p}}<{{n}}>{{/p}}", "{'p':{'n':null},'n':'outer'}", "<>"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_list_repeats_its_section(void **state)
{
	static const struct row rows[] = {
		{"{{#l}}{{i}},{{/l}}", "{'l':[{'i':1},{'i':2},{'i':3}]}",
		 "1,2,3,"},
		{"{{#l}}({{.}}){{/l}}", "{'l':['a',2,3.5]}", "(a)(2)(3.5)"},
		{"{{#l}}({{{.}}}{{&.}}){{/l}}", "{'l':['a']}", "(aa)"},
		{"{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{'l':[[1,2],['a']]}",
		 "(12)(a)"},
		{"{{#.}}{{v}}{{/.}}", "[{'v':1},{'v':2}]", "12"},
		{"{{#l}}x{{/l}}", "{'l':[null,false,0]}", "xxx"},
		{"{{.}}", "85", "85"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void an_inverted_section_is_shown_when_it_is_not(void **state)
{
	static const struct row rows[] = {
		{"<{{^a}}in{{/a}}>", "{'a':false}", "<in>"},
		{"<{{^a}}in{{/a}}>", "{'a':null}", "<in>"},
		{"<{{^a}}in{{/a}}>", "{}", "<in>"},
		{"<{{^a}}in{{/a}}>", "{'a':[]}", "<in>"},
		{"<{{^a}}in{{/a}}>", "{'a':true}", "<>"},
		{"<{{^a}}in{{/a}}>", "{'a':{'b':1}}", "<>"},
		{"<{{^a}}in{{/a}}>", "{'a':[1,2]}", "<>"},
		{"{{^ a }}={{/ a }}", "{}", "="},
		{"{{^a}}1{{/a}}{{t}}{{^a}}2{{/a}}", "{'t':'-'}", "1-2"},
		{"A{{^a}}B{{^a}}C{{/a}}D{{/a}}E", "{}", "ABCDE"},
		{"A{{^a}}B{{^a}}C{{/a}}D{{/a}}E", "{'a':1}", "AE"},
		{"{{#l}}{{^skip}}{{n}}{{/skip}}{{/l}}",
		 "{'l':[{'n':1},{'n':2,'skip':1},{'n':3}]}", "13"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_tag_alone_on_its_line_takes_the_line_with_it(void **state)
{
	static const struct row rows[] = {
		{"a\n{{#t}}\nb\n{{/t}}\nc\n", "{'t':1}", "a\nb\nc\n"},
		{"a\n \t{{#t}} \nb\n  {{/t}}\nc\n", "{'t':1}", "a\nb\nc\n"},
		{"a\n{{^f}}\nb\n{{/f}}\nc\n", "{}", "a\nb\nc\n"},
		{"a\r\n{{#t}}\r\n{{/t}}\r\nb", "{'t':1}", "a\r\nb"},
		{"a\r\n{{^f}}\r\n{{/f}}\r\nb", "{}", "a\r\nb"},
		{"  {{#t}}\na{{/t}}\nb", "{'t':1}", "a\nb"},
		{"a{{#t}}\nb\n  {{/t}}", "{'t':1}", "a\nb\n"},
		{" {{#t}}A{{/t}}\n {{#t}}B{{/t}}\n", "{'t':1}", " A\n B\n"},
		{" {{^f}}A{{/f}}\n", "{}", " A\n"},
		{" | {{#t}}\t|{{/t}} |\n", "{'t':1}", " | \t| |\n"},
		{"{{#t}} {{! x }}\n {{/t}}|\n", "{'t':1}", " \n |\n"},
		{"{{#t}}{{/t}}\n", "{'t':1}", "\n"},
		{"{{#t}}\n{{#t}}\na\n{{/t}}\n{{/t}}\n", "{'t':1}", "a\n"},
		{"a\n{{! note }}\nb\n", "{}", "a\nb\n"},
		{"a\n  {{! note }}  \nb\n", "{}", "a\nb\n"},
		{"a\n  {{!\n two\n lines }}\nb\n", "{}", "a\nb\n"},
		{"a\r\n{{! note }}\r\nb", "{}", "a\r\nb"},
		{"  {{! first }}\nb", "{}", "b"},
		{"a\n  {{! last }}", "{}", "a\n"},
		{"a\n  {{=< >=}}  \nb\n", "{}", "a\nb\n"},
		{"a\r\n{{=< >=}}\r\nb", "{}", "a\r\nb"},
		{"  {{=< >=}}\nb", "{}", "b"},
		{"a\n  {{=< >=}}", "{}", "a\n"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_comment_leaves_nothing(void **state)
{
	static const struct row rows[] = {
		{"12{{! c }}34", "{}", "1234"},
		{"12 {{! c }} 34", "{}", "12  34"},
		{"12{{!\n c\n}}34\n", "{}", "1234\n"},
		{"  12 {{! c }}\n", "{}", "  12 \n"},
		{">{{! c }}<", "{'! c':1,'c':2,'! c ':3}", "><"},
		{"{{!}}{{!{{#a}}", "{}", ""},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void delimiters_can_be_set(void **state)
{
	static const struct row rows[] = {
		{"{{=<% %>=}}(<%a%>){{a}}", "{'a':1}", "(1){{a}}"},
		{"({{=[ ]=}}[a])", "{'a':1}", "(1)"},
		{"|{{= @   @ =}}|", "{}", "||"},
		{"| {{=@ @=}} |", "{}", "|  |"},
		{"{{=| |=}}|#a|{{x}}|x||/a|", "{'a':1,'x':2}", "{{x}}2"},
		{"{{=| |=}}|^a|{{x}}|x||/a|", "{'x':2}", "{{x}}2"},
		{"{{=<% %>=}}<%{a}%><%&a%><%! c %><%={{ }}=%>{{a}}",
		 "{'a':'x'}", "xxx"},
		{"{{=| |=}}[|>star|]", "{'who':1}", "[*1*]"},
		{"{{>angle}}{{who}}|who|", "{'who':1}", "1{{who}}1|who|"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_partial_is_rendered_in_its_place(void **state)
{
	static const struct row rows[] = {
		{"<{{>star}}>", "{'who':'me'}", "<*me*>"},
		{"<{{> star }}>", "{'who':'me'}", "<*me*>"},
		{"<{{>nobody}}>", "{}", "<>"},
		{"{{>outer}}", "{'who':1}", "(*1*)"},
		{"{{#l}}{{>star}}{{/l}}", "{'l':[{'who':1},{'who':2}]}",
		 "*1**2*"},
		{"{{>tree}}",
		 "{'v':1,'kids':[{'v':2,'kids':[]},{'v':3,'kids':[]}]}",
		 "1[2[]3[]]"},
		{"| {{>bare}} |", "{}", "| x\ny |"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_partial_alone_on_its_line_is_indented(void **state)
{
	static const struct row rows[] = {
		{"a\n  {{>bare}}\nb\n", "{}", "a\n  x\n  yb\n"},
		{"  {{>bare}}\nb", "{}", "  x\n  yb"},
		{"a\n  {{>bare}}", "{}", "a\n  x\n  y"},
		{"a\r\n{{>bare}}\r\nb", "{}", "a\r\nx\nyb"},
		{"  a {{>bare}}\n", "{}", "  a x\ny\n"},
		/* an empty line gets no blanks, a value's lines none either */
		{" {{>lines}}\n", "{'two':'1\\n2'}", " one\n 1\n2\n\n three\n"},
		{" {{>deep}}\n", "{'two':2}",
		 " a\n   one\n   2\n\n   three\n b\n"},
	};

	(void)state;
	expect_rows(rows, G_N_ELEMENTS(rows), false);
}

static void a_mistake_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
		int code;
	} rows[] = {
		{"a\nb {{x", "t:2:3: the tag is not closed",
		 REROLL_ERROR_CONFIG},
		{"{{{x}}", "\"}}}\" was expected", REROLL_ERROR_CONFIG},
		{"{{#a}}\n", "t:1:1: the section a is never closed",
		 REROLL_ERROR_CONFIG},
		{"{{#a}}{{#b}}{{/a}}{{/b}}",
		 "t:1:13: the end of section \"b\" was expected, not of \"a\"",
		 REROLL_ERROR_CONFIG},
		{"\xc3\xa9\xc3\xa9{{/a}}",
		 "t:1:3: no section is open here, but \"a\" is closed",
		 REROLL_ERROR_CONFIG},
		{"{{}}", "a name without blanks was expected, not \"\"",
		 REROLL_ERROR_CONFIG},
		{"{{a b}}", "not \"a b\"", REROLL_ERROR_CONFIG},
		{"{{=a=}}", "two delimiters", REROLL_ERROR_CONFIG},
		{"{{=a b c=}}", "two delimiters", REROLL_ERROR_CONFIG},
		{"{{<a}}", "\"<\" is no kind of tag", REROLL_ERROR_CONFIG},
		{"\n {{>broken}}", "broken:2:3: the section open is never",
		 REROLL_ERROR_CONFIG},
		{"{{>loop}}", "more than 64 deep", REROLL_ERROR_LIMIT},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *got = render(rows[i].text, "{}", false,
					      &error);

		if (got)
			fail_msg("%s was rendered", rows[i].text);
		assert_int_equal(error->code, rows[i].code);
		if (!strstr(error->message, rows[i].message))
			fail_msg("%s: %s", rows[i].text, error->message);
	}
}

static char *only_footer(const char *name, gpointer data)
{
	(void)data;
	return strcmp(name, "footer") == 0 ? g_strdup("x") : NULL;
}

static void checking_finds_mistakes_without_data(void **state)
{
	static const struct {
		const char *text, *problems;
	} rows[] = {
		{"{{#a}}{{b}}{{/a}}{{>footer}}", ""},
		{"{{#a}}", "f:1:1: the section a is never closed"},
		{"{{>footer}}\n{{#a}}{{>foter}}\n  {{> x }}{{/a}}",
		 "f:2:7: there is no template \"foter\" to put in here|"
		 "f:3:3: there is no template \"x\" to put in here"},
	};
	const struct template_options options = {.name = "f",
						 .partial = only_footer};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray)
			problems = g_ptr_array_new_with_free_func(g_free);
		g_autofree char *got = NULL;

		template_check(rows[i].text, &options, problems);
		g_ptr_array_add(problems, NULL);
		got = g_strjoinv("|", (char **)problems->pdata);
		assert_string_equal(got, rows[i].problems);
	}
}

static char *repeat(const char *text, guint n)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < n; i++)
		g_string_append(out, text);
	return g_string_free(out, FALSE);
}

static void expect_limit(const char *text, const char *data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *got = render(text, data, false, &error);

	assert_null(got);
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_LIMIT));
}

static void no_template_can_grow_or_run_for_ever(void **state)
{
	g_autofree char *deep = repeat("{{#a}}", 65);
	g_autofree char *opens = repeat("{{#a}}", 40);
	g_autofree char *closes = repeat("{{/a}}", 40);
	g_autofree char *nested = g_strconcat(opens, closes, NULL);
	g_autofree char *eight = repeat("{{#a}}", 6);
	g_autofree char *eight_ends = repeat("{{/a}}", 6);
	g_autofree char *large = g_strconcat(eight, "0123456789abcdef",
					     eight_ends, NULL);
	g_autofree char *long_text = repeat("0123456789", 105000);

	(void)state;
	expect_limit(deep, "{'a':1}");
	expect_limit(nested, "{'a':[1,2,3,4,5,6,7,8,9,10]}");
	expect_limit(large, "{'a':[1,2,3,4,5,6,7,8,9,10]}");
	expect_limit(long_text, "{}");
}

static void sixty_four_levels_are_allowed(void **state)
{
	g_autofree char *opens = repeat("{{#a}}", 64);
	g_autofree char *closes = repeat("{{/a}}", 64);
	g_autofree char *text = g_strconcat(opens, "x", closes, NULL);
	const struct row row = {text, "{'a':1}", "x"};

	(void)state;
	expect_rows(&row, 1, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_becomes_the_value_it_stands_for),
		cmocka_unit_test(html_is_escaped_only_where_asked_for),
		cmocka_unit_test(dots_lead_down_from_the_first_name_found),
		cmocka_unit_test(a_section_is_shown_when_it_is_true),
		cmocka_unit_test(a_section_looks_names_up_inside_out),
		cmocka_unit_test(a_list_repeats_its_section),
		cmocka_unit_test(an_inverted_section_is_shown_when_it_is_not),
		cmocka_unit_test(
			a_tag_alone_on_its_line_takes_the_line_with_it),
		cmocka_unit_test(a_comment_leaves_nothing),
		cmocka_unit_test(delimiters_can_be_set),
		cmocka_unit_test(a_partial_is_rendered_in_its_place),
		cmocka_unit_test(a_partial_alone_on_its_line_is_indented),
		cmocka_unit_test(a_mistake_is_told_with_its_place),
		cmocka_unit_test(checking_finds_mistakes_without_data),
		cmocka_unit_test(no_template_can_grow_or_run_for_ever),
		cmocka_unit_test(sixty_four_levels_are_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
