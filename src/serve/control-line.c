/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the control socket, and the requests and answers in them. */
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "serve/control-internal.h"

/* By enum reroll_error. */
static const char *const code_names[] = {
	[REROLL_ERROR_TEMP] = "temp",
	[REROLL_ERROR_INPUT] = "input",
	[REROLL_ERROR_CONFIG] = "config",
	[REROLL_ERROR_NOT_FOUND] = "not-found",
	[REROLL_ERROR_CONFLICT] = "conflict",
	[REROLL_ERROR_LIMIT] = "limit",
	[REROLL_ERROR_TIMEOUT] = "timeout",
	[REROLL_ERROR_CANCELLED] = "cancelled",
};

void control_line_init(struct control_line *line, gsize limit)
{
	*line = (struct control_line){.bytes = g_byte_array_new(),
				      .limit = limit};
}

void control_line_clear(struct control_line *line)
{
	g_clear_pointer(&line->bytes, g_byte_array_unref);
}

enum control_line_state control_line_add(struct control_line *line,
					 const void *data, gsize len)
{
	const guint8 *newline = memchr(data, '\n', len);
	gsize part = newline ? (gsize)(newline - (const guint8 *)data) : len;

	if (part > line->limit - line->seen)
		return LINE_TOO_LONG;
	g_byte_array_append(line->bytes, data, (guint)part);
	line->seen += part;
	return newline ? LINE_WHOLE : LINE_PART;
}

static json_t *object_read(const struct control_line *line, const char *what,
			   GError **error)
{
	json_error_t where;
	g_autoptr(json_t) json = json_loadb((const char *)line->bytes->data,
					    line->bytes->len,
					    JSON_REJECT_DUPLICATES, &where);
	g_autofree char *text = NULL;

	if (json_is_object(json))
		return g_steal_pointer(&json);
	text = text_quote(json ? "it is another value" : where.text, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "%s is no JSON object: %s", what, text);
	return NULL;
}

json_t *control_request_read(const struct control_line *line, GError **error)
{
	return object_read(line, "the request", error);
}

const struct control_op *control_op_find(const struct control_op *ops,
					 const json_t *request, GError **error)
{
	const char *name = json_string_value(json_object_get(request, "call"));
	g_autofree char *quoted = text_quote(name, -1);

	for (; name && ops->name; ops++) {
		if (strcmp(ops->name, name) == 0)
			return ops;
	}
	if (name)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the daemon knows no call %s; is it another "
			    "version of reroll?",
			    quoted);
	else
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "the request has no \"call\" with a name");
	return NULL;
}

bool control_op_allows(const struct control_op *op, guint uid, GError **error)
{
	if (op->right == RIGHT_GROUP || uid == 0 || uid == geteuid())
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the call \"%s\" is for root and the user that the daemon "
		    "runs as: try it with sudo",
		    op->name);
	return false;
}

char *control_answer_write(json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	char *line = text ? g_strconcat(text, "\n", NULL) : NULL;

	free(text);
	return line;
}

json_t *control_refusal(const GError *error)
{
	bool ours = error->domain == REROLL_ERROR;
	const char *name = code_names[ours ? error->code : REROLL_ERROR_TEMP];

	return json_pack("{s:b, s:o, s:s}", "ok", 0, "error",
			 json_text(error->message), "code", name);
}

static int code_of(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(code_names); i++) {
		if (strcmp(code_names[i], name) == 0)
			return (int)i;
	}
	return REROLL_ERROR_TEMP;
}

json_t *control_answer_read(const struct control_line *line, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(json_t) answer = object_read(line, "it", &local);
	const char *text, *code;

	if (!answer) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the daemon's answer cannot be read: %s",
			    local->message);
		return NULL;
	}
	if (json_is_true(json_object_get(answer, "ok")))
		return g_steal_pointer(&answer);
	text = json_string_value(json_object_get(answer, "error"));
	code = json_string_value(json_object_get(answer, "code"));
	g_set_error(error, REROLL_ERROR, code_of(code), "%s",
		    text ? text : "the daemon has refused, but not said why");
	return NULL;
}
