/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An answer is read by GMarkup into a stack of frames, one an open element: a
 * table says which element may stand in which, and what an element gives to the
 * one around it when it ends. A frame takes one value, arrays and structs but.
 */
#include "intake/xmlrpc.h"

#include <stdbool.h>
#include <string.h>

#define VALUES_DEEP 16
#define FRAMES_MOST                                              \
	(4 * VALUES_DEEP + 8) /* elements of a value and its own \
			       */

static void append_value(GString *out, const json_t *value);

static void append_members(GString *out, const json_t *value)
{
	const char *key;
	json_t *member;

	g_string_append(out, "<struct>");
	json_object_foreach ((json_t *)(gsize)value, key, member) {
		g_autofree char *name = g_markup_escape_text(key, -1);

		g_string_append_printf(out, "<member><name>%s</name>", name);
		append_value(out, member);
		g_string_append(out, "</member>");
	}
	g_string_append(out, "</struct>");
}

static void append_items(GString *out, const json_t *value)
{
	g_string_append(out, "<array><data>");
	for (gsize i = 0; i < json_array_size(value); i++)
		append_value(out, json_array_get(value, i));
	g_string_append(out, "</data></array>");
}

/* Values are our own, so they nest as deep as we write them. */
static void append_value(GString *out, const json_t *value)
{
	g_autofree char *text = NULL;
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(out, "<value>");
	if (json_is_object(value)) {
		append_members(out, value);
	} else if (json_is_array(value)) {
		append_items(out, value);
	} else if (json_is_integer(value)) {
		g_string_append_printf(out,
				       "<int>%" JSON_INTEGER_FORMAT "</int>",
				       json_integer_value(value));
	} else if (json_is_boolean(value)) {
		g_string_append_printf(out, "<boolean>%d</boolean>",
				       json_is_true(value));
	} else if (json_is_real(value)) {
		g_string_append_printf(out, "<double>%s</double>",
				       g_ascii_dtostr(number, sizeof(number),
						      json_real_value(value)));
	} else if (json_is_null(value)) {
		g_string_append(out, "<nil/>");
	} else {
		text = g_markup_escape_text(json_string_value(value), -1);
		g_string_append_printf(out, "<string>%s</string>", text);
	}
	g_string_append(out, "</value>");
}

char *xmlrpc_call(const char *method, const json_t *params)
{
	GString *out = g_string_new("<?xml version=\"1.0\"?>\n<methodCall>");

	g_string_append_printf(out, "<methodName>%s</methodName><params>",
			       method);
	for (gsize i = 0; i < json_array_size(params); i++) {
		g_string_append(out, "<param>");
		append_value(out, json_array_get(params, i));
		g_string_append(out, "</param>");
	}
	g_string_append(out, "</params></methodCall>\n");
	return g_string_free(out, FALSE);
}

enum element {
	NOTHING, /* around the answer */
	RESPONSE,
	PARAMS,
	PARAM,
	FAULT,
	VALUE,
	ARRAY,
	DATA,
	STRUCT,
	MEMBER,
	NAME,
	TEXT, /* a string, and what stays one */
	INTEGER,
	BOOLEAN,
	DOUBLE,
	NIL,
};

#define IN(element) (1U << (element))
#define HAS_TEXT                                                       \
	(IN(VALUE) | IN(NAME) | IN(TEXT) | IN(INTEGER) | IN(BOOLEAN) | \
	 IN(DOUBLE))

static const struct {
	const char *name;
	enum element element;
	guint parents;
} elements[] = {
	{"methodResponse", RESPONSE, IN(NOTHING)},
	{"params", PARAMS, IN(RESPONSE)},
	{"param", PARAM, IN(PARAMS)},
	{"fault", FAULT, IN(RESPONSE)},
	{"value", VALUE, IN(PARAM) | IN(FAULT) | IN(DATA) | IN(MEMBER)},
	{"array", ARRAY, IN(VALUE)},
	{"data", DATA, IN(ARRAY)},
	{"struct", STRUCT, IN(VALUE)},
	{"member", MEMBER, IN(STRUCT)},
	{"name", NAME, IN(MEMBER)},
	{"string", TEXT, IN(VALUE)},
	{"dateTime.iso8601", TEXT, IN(VALUE)},
	{"base64", TEXT, IN(VALUE)},
	{"int", INTEGER, IN(VALUE)},
	{"i4", INTEGER, IN(VALUE)},
	{"i8", INTEGER, IN(VALUE)},
	{"boolean", BOOLEAN, IN(VALUE)},
	{"double", DOUBLE, IN(VALUE)},
	{"nil", NIL, IN(VALUE)},
};

struct frame {
	enum element element;
	json_t *value; /* what ended within it */
	char *name;    /* of a member */
	GString *text;
};

struct reading {
	struct frame frames[FRAMES_MOST];
	guint depth; /* frames[0] is NOTHING */
	bool is_fault;
};

static void frame_clear(struct frame *frame)
{
	json_decref(frame->value);
	g_free(frame->name);
	if (frame->text)
		g_string_free(frame->text, TRUE);
	memset(frame, 0, sizeof(*frame));
}

static void refuse(GError **error, const char *what, const char *name)
{
	g_autofree char *quoted = text_quote(name, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the XML-RPC answer has %s %s", what, quoted);
}

static void push(struct reading *reading, enum element element)
{
	struct frame *frame = &reading->frames[++reading->depth];

	frame->element = element;
	frame->text = g_string_new(NULL);
	if (element == DATA)
		frame->value = json_array();
	else if (element == STRUCT)
		frame->value = json_object();
	reading->is_fault |= element == FAULT;
}

static void on_start(GMarkupParseContext *context, const char *name,
		     const char **attributes, const char **values,
		     gpointer data, GError **error)
{
	struct reading *reading = data;
	enum element around = reading->frames[reading->depth].element;

	(void)context;
	(void)values;
	for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
		if (strcmp(elements[i].name, name) != 0 ||
		    !(elements[i].parents & IN(around)))
			continue;
		if (*attributes || reading->depth + 1 == FRAMES_MOST)
			break;
		push(reading, elements[i].element);
		return;
	}
	refuse(error, "an element out of place:", name);
}

static bool is_blank(const GString *text)
{
	return strspn(text->str, " \t\r\n") == text->len;
}

/* What a scalar's text says; NULL: not what it should. */
static json_t *scalar(enum element element, const GString *text)
{
	gint64 number;

	switch (element) {
	case TEXT:
		return json_stringn(text->str, text->len);
	case INTEGER:
		return g_ascii_string_to_signed(text->str, 10, G_MININT64,
						G_MAXINT64, &number, NULL)
			       ? json_integer(number)
			       : NULL;
	case BOOLEAN:
		return g_ascii_string_to_signed(text->str, 10, 0, 1, &number,
						NULL)
			       ? json_boolean(number)
			       : NULL;
	case DOUBLE:
		return json_real(g_ascii_strtod(text->str, NULL));
	default:
		return NULL;
	}
}

/* Put what an element has come to into the one around it. */
static bool give(struct frame *around, const struct frame *frame, json_t *value)
{
	bool fits;

	if (frame->element == NAME) {
		fits = !around->name;
		if (fits)
			around->name = g_strdup(frame->text->str);
		return fits;
	}
	if (!value)
		return false;
	if (around->element == DATA)
		return json_array_append(around->value, value) == 0;
	if (frame->element == MEMBER)
		return frame->name &&
		       json_object_set(around->value, frame->name, value) == 0;
	fits = !around->value;
	if (fits)
		around->value = json_incref(value);
	return fits;
}

/* A value without a type is a string. */
static json_t *frame_value(const struct frame *frame)
{
	if (frame->value || !(HAS_TEXT & IN(frame->element)))
		return frame->element == NIL ? json_null()
					     : json_incref(frame->value);
	return scalar(frame->element == VALUE ? TEXT : frame->element,
		      frame->text);
}

static void on_end(GMarkupParseContext *context, const char *name,
		   gpointer data, GError **error)
{
	struct reading *reading = data;
	struct frame *frame = &reading->frames[reading->depth];
	json_t *value = frame_value(frame);
	bool stray = frame->value && !is_blank(frame->text);

	(void)context;
	if (stray || !give(frame - 1, frame, value))
		refuse(error, "an element with what it cannot have:", name);
	json_decref(value);
	frame_clear(frame);
	reading->depth--;
}

static void on_text(GMarkupParseContext *context, const char *text, gsize len,
		    gpointer data, GError **error)
{
	struct reading *reading = data;
	struct frame *frame = &reading->frames[reading->depth];
	g_autofree char *copy = g_strndup(text, len);

	(void)context;
	if (HAS_TEXT & IN(frame->element))
		g_string_append_len(frame->text, text, (gssize)len);
	else if (copy[strspn(copy, " \t\r\n")])
		refuse(error, "text out of place:", copy);
}

/* The declaration, and nothing that could define more. */
static void on_passthrough(GMarkupParseContext *context, const char *text,
			   gsize len, gpointer data, GError **error)
{
	(void)context;
	(void)len;
	(void)data;
	if (!g_str_has_prefix(text, "<?xml") && !g_str_has_prefix(text, "<!--"))
		refuse(error, "a declaration of its own:", text);
}

static void set_fault(const json_t *fault, GError **error)
{
	static const char *const rights[] = {"authentication", "permission",
					     "password"};
	const char *said = json_string_value(
		json_object_get(fault, "faultString"));
	g_autofree char *lower = g_ascii_strdown(said ? said : "", -1);
	g_autofree char *quoted = text_quote(said, -1);
	enum reroll_error code = REROLL_ERROR_INPUT;

	for (gsize i = 0; i < G_N_ELEMENTS(rights); i++) {
		if (strstr(lower, rights[i]))
			code = REROLL_ERROR_CONFIG;
	}
	g_set_error(error, REROLL_ERROR, (int)code,
		    "the XML-RPC answer is a fault: %s", quoted);
}

static bool parse(struct reading *reading, const char *text, gsize len,
		  GError **error)
{
	static const GMarkupParser parser = {on_start, on_end, on_text,
					     on_passthrough, NULL};
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(
		&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, reading, NULL);
	g_autoptr(GError) why = NULL;

	if (g_markup_parse_context_parse(context, text, (gssize)len, &why) &&
	    g_markup_parse_context_end_parse(context, &why))
		return true;
	if (why->domain == REROLL_ERROR)
		g_propagate_error(error, g_steal_pointer(&why));
	else
		refuse(error, "broken XML:", why->message);
	return false;
}

json_t *xmlrpc_answer(const char *text, gsize len, GError **error)
{
	struct reading *reading = g_new0(struct reading, 1);
	json_t *value = NULL;

	if (parse(reading, text, len, error)) {
		value = g_steal_pointer(&reading->frames[0].value);
		if (!value)
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    "the XML-RPC answer has no value");
	}
	if (value && reading->is_fault) {
		set_fault(value, error);
		json_decref(g_steal_pointer(&value));
	}
	while (reading->depth)
		frame_clear(&reading->frames[reading->depth--]);
	frame_clear(&reading->frames[0]);
	g_free(reading);
	return value;
}
