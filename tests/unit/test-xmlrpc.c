/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML-RPC: calls as they are written, answers and what is none. */
#include "test.h"

#include "intake/xmlrpc.h"

#define ANSWER(value)                                                  \
	"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n" \
	"<value>" value "</value>\n</param>\n</params>\n</methodResponse>\n"
#define FAULT(text)                                                     \
	"<methodResponse><fault><value><struct><member><name>faultCode" \
	"</name><value><int>1</int></value></member><member><name>"     \
	"faultString</name><value><string>" text                        \
	"</string></value></member></struct></value></fault>"           \
	"</methodResponse>"

static void a_call_is_written_with_its_text_escaped(void **state)
{
	g_autoptr(json_t) params = json_pack("[s i b {s[i n]}]", "a<b>&\"c\"",
					     -7, 1, "k&", 3);
	g_autofree char *call = xmlrpc_call("patch_set", params);

	(void)state;
	assert_string_equal(
		call,
		"<?xml version=\"1.0\"?>\n<methodCall><methodName>patch_set"
		"</methodName><params><param><value><string>a&lt;b&gt;&amp;"
		"&quot;c&quot;</string></value></param><param><value><int>-7"
		"</int></value></param><param><value><boolean>1</boolean>"
		"</value></param><param><value><struct><member><name>k&amp;"
		"</name><value><array><data><value><int>3</int></value>"
		"<value><nil/></value></data>"
		"</array></value></member></struct></value></param></params>"
		"</methodCall>\n");
}

static const struct {
	const char *text, *want; /* as JSON */
} answers[] = {
	{ANSWER("<boolean>1</boolean>"), "true"},
	{ANSWER("<boolean>0</boolean>"), "false"},
	{ANSWER("<int>-12</int>"), "-12"},
	{ANSWER("<i8>5000000000</i8>"), "5000000000"},
	{ANSWER("<string>za\xc5\xbc &lt;x&gt;</string>"), "\"za\xc5\xbc <x>\""},
	{ANSWER("no type"), "\"no type\""},
	{ANSWER(""), "\"\""},
	{ANSWER("<nil/>"), "null"},
	{ANSWER("<string><![CDATA[<a>]]></string>"), "\"<a>\""},
	{ANSWER("<array><data>\n</data></array>"), "[]"},
	{ANSWER("<struct></struct>"), "{}"},
	{ANSWER("<array><data>\n<value><struct>\n<member>\n<name>id</name>\n"
		"<value><int>1</int></value>\n</member>\n<member>\n"
		"<name>name</name>\n<value><string>New</string></value>\n"
		"</member>\n</struct></value>\n</data></array>"),
	 "[{\"id\":1,\"name\":\"New\"}]"},
};

static void an_answer_is_its_value(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t) value = xmlrpc_answer(
			answers[i].text, strlen(answers[i].text), &error);
		char *text;

		if (!value)
			fail_msg("%s: %s", answers[i].want, error->message);
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		assert_string_equal(text, answers[i].want);
		free(text);
	}
}

static const char *const bad[] = {
	"",
	"<h1>Server Error (500)</h1>",
	"<methodResponse/>",
	"<methodResponse><params/></methodResponse>",
	"<methodResponse><params><param/></params></methodResponse>",
	"<methodResponse><params><param><value><int>1</int></value></param>"
	"<param><value><int>2</int></value></param></params></methodResponse>",
	"<methodResponse><params><param><value><int>1</int>",
	ANSWER("<int>1</int>") "<x/>",
	ANSWER("<int>1</int><int>2</int>"),
	ANSWER("<int>1x</int>"),
	ANSWER("<int></int>"),
	ANSWER("<int> 1</int>"),
	ANSWER("<i8>99999999999999999999</i8>"),
	ANSWER("<boolean>2</boolean>"),
	ANSWER("<boolean>true</boolean>"),
	ANSWER("stray<int>1</int>"),
	ANSWER("<int a='b'>1</int>"),
	ANSWER("<string>&undefined;</string>"),
	ANSWER("<string>\xff</string>"),
	ANSWER("<object/>"),
	ANSWER("<value>1</value>"),
	ANSWER("<struct><member><name>a</name></member></struct>"),
	ANSWER("<struct><member><value>a</value></member></struct>"),
	ANSWER("<struct><member><name>a</name><name>b</name><value>c</value>"
	       "</member></struct>"),
	ANSWER("<struct>text</struct>"),
	ANSWER("<array><value>1</value></array>"),
	"<!DOCTYPE a [<!ENTITY b 'c'>]>" ANSWER("<int>1</int>"),
	"<?xml version='1.0'?>",
	"<!-- nothing -->",
};

static void what_is_no_answer_is_tried_again(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t)
			value = xmlrpc_answer(bad[i], strlen(bad[i]), &error);

		if (value)
			fail_msg("%s was read", bad[i]);
		assert_true(g_error_matches(error, REROLL_ERROR,
					    REROLL_ERROR_TEMP));
	}
}

static void a_fault_is_an_error(void **state)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{FAULT("&lt;type&gt;:No authentication credentials given"),
		 REROLL_ERROR_CONFIG},
		{FAULT("x:No permissions to edit this patch"),
		 REROLL_ERROR_CONFIG},
		{FAULT("Patch matching query does not exist."),
		 REROLL_ERROR_INPUT},
		{"<methodResponse><fault><value>odd</value></fault>"
		 "</methodResponse>",
		 REROLL_ERROR_INPUT},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(xmlrpc_answer(rows[i].text, strlen(rows[i].text),
					  &error));
		assert_true(g_error_matches(error, REROLL_ERROR, rows[i].code));
	}
}

static void values_nest_only_so_deep(void **state)
{
	static const guint deep[] = {16, 1000, 100000};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(deep); i++) {
		g_autoptr(GString)
			text = g_string_new("<methodResponse><params><param>");
		g_autoptr(json_t) value = NULL;

		for (guint n = 0; n < deep[i]; n++)
			g_string_append(text, "<value><array><data>");
		for (guint n = 0; n < deep[i]; n++)
			g_string_append(text, "</data></array></value>");
		g_string_append(text, "</param></params></methodResponse>");
		value = xmlrpc_answer(text->str, text->len, NULL);
		assert_int_equal(value != NULL, deep[i] <= 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_written_with_its_text_escaped),
		cmocka_unit_test(an_answer_is_its_value),
		cmocka_unit_test(what_is_no_answer_is_tried_again),
		cmocka_unit_test(a_fault_is_an_error),
		cmocka_unit_test(values_nest_only_so_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
