/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass over the text. A tag that is alone on its line, and is not a value,
 * takes the line with it: the blanks before it are cut off the text already
 * seen, the blanks and the line end after it are stepped over.
 */
#include "base/template-parse.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/template.h"
#include "base/text.h"

struct parser {
	struct program *program;
	const char *text;
	gsize len, pos;
	bool line_start; /* only blanks of this line may precede `pos` */
	char *open, *close;
	guint sections[TEMPLATE_DEPTH]; /* steps that are still open */
	guint n_sections;
	GError **error;
};

struct tag {
	gsize at;	 /* of its opening delimiter */
	char sigil;	 /* '#', '^', '/', '>', '!', '=', '&', '{', or 0 */
	gsize from, len; /* what is in it, without blanks at the ends */
	gsize end;	 /* after its closing delimiter */
};

void program_free(struct program *program)
{
	if (!program)
		return;
	g_free(program->name);
	g_free(program->text);
	g_array_unref(program->steps);
	g_free(program);
}

void program_fail(const struct program *program, gsize at, GError **error,
		  int code, const char *format, ...)
{
	g_autofree char *message = NULL;
	gsize line = 1, column = 1;
	va_list args;

	for (gsize i = 0; i < at; i++) {
		if (program->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((guchar)program->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	if (column > program->indent)
		column -= program->indent;
	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, REROLL_ERROR, code,
		    "%s:%" G_GSIZE_FORMAT ":%" G_GSIZE_FORMAT ": %s",
		    program->name, line, column, message);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct step *add_step(struct parser *parser, const struct step *step)
{
	GArray *steps = parser->program->steps;

	g_array_append_val(steps, *step);
	return &g_array_index(steps, struct step, steps->len - 1);
}

static void add_text(struct parser *parser, gsize from, gsize to)
{
	struct step step = {STEP_TEXT, from, from, to - from, 0, 0};

	if (to > from)
		add_step(parser, &step);
}

/*
 * The tag's inside: a sigil, blanks, and what ends before `close`; a triple
 * mustache and a set-delimiter tag have one more character before it.
 */
static bool read_tag(struct parser *parser, struct tag *tag)
{
	const char *text = parser->text;
	gsize from = tag->at + strlen(parser->open);
	g_autofree char *end_mark = NULL;
	const char *end;
	gsize to;

	tag->sigil = text[from] && strchr("#^/>!=&{<$", text[from]) ? text[from]
								    : 0;
	if (tag->sigil)
		from++;
	end_mark = g_strconcat(tag->sigil == '{'   ? "}"
			       : tag->sigil == '=' ? "="
						   : "",
			       parser->close, NULL);
	end = strstr(text + from, end_mark);
	if (!end) {
		program_fail(parser->program, tag->at, parser->error,
			     REROLL_ERROR_CONFIG,
			     "the tag is not closed, \"%s\" was expected",
			     end_mark);
		return false;
	}
	to = (gsize)(end - text);
	tag->end = to + strlen(end_mark);
	while (from < to && g_ascii_isspace(text[from]))
		from++;
	while (to > from && g_ascii_isspace(text[to - 1]))
		to--;
	tag->from = from;
	tag->len = to - from;
	return true;
}

static bool check_name(struct parser *parser, const struct tag *tag)
{
	const char *name = parser->text + tag->from;
	g_autofree char *quoted = NULL;
	gsize bad = 0;

	while (bad < tag->len && !g_ascii_isspace(name[bad]))
		bad++;
	if (tag->len > 0 && bad == tag->len)
		return true;
	quoted = text_quote(name, (gssize)tag->len);
	program_fail(parser->program, tag->at, parser->error,
		     REROLL_ERROR_CONFIG,
		     "a name without blanks was expected, not %s", quoted);
	return false;
}

static bool set_delimiters(struct parser *parser, const struct tag *tag)
{
	g_autofree char *inside = g_strndup(parser->text + tag->from, tag->len);
	g_auto(GStrv) words = g_strsplit_set(inside, " \t\r\n", -1);
	char *found[2] = {NULL, NULL};
	guint n = 0;

	for (gsize i = 0; words[i]; i++) {
		if (!*words[i])
			continue;
		if (n < 2)
			found[n] = words[i];
		n++;
	}
	if (n != 2 || strchr(inside, '=')) {
		program_fail(parser->program, tag->at, parser->error,
			     REROLL_ERROR_CONFIG,
			     "two delimiters without \"=\" were expected");
		return false;
	}
	g_free(parser->open);
	g_free(parser->close);
	parser->open = g_strdup(found[0]);
	parser->close = g_strdup(found[1]);
	return true;
}

static bool open_section(struct parser *parser, const struct tag *tag)
{
	struct step step = {tag->sigil == '#' ? STEP_SECTION : STEP_INVERTED,
			    tag->at,
			    tag->from,
			    tag->len,
			    0,
			    0};

	if (parser->n_sections == TEMPLATE_DEPTH) {
		program_fail(parser->program, tag->at, parser->error,
			     REROLL_ERROR_LIMIT,
			     "at most %d sections may be nested",
			     TEMPLATE_DEPTH);
		return false;
	}
	parser->sections[parser->n_sections++] = parser->program->steps->len;
	add_step(parser, &step);
	return true;
}

static bool close_section(struct parser *parser, const struct tag *tag)
{
	struct step step = {STEP_END, tag->at, tag->from, tag->len, 0, 0};
	g_autofree char *want = NULL, *got = NULL;
	struct step *begin;

	got = text_quote(parser->text + tag->from, (gssize)tag->len);
	if (parser->n_sections == 0) {
		program_fail(parser->program, tag->at, parser->error,
			     REROLL_ERROR_CONFIG,
			     "no section is open here, but %s is closed", got);
		return false;
	}
	step.other = parser->sections[--parser->n_sections];
	begin = &g_array_index(parser->program->steps, struct step, step.other);
	if (begin->len != tag->len ||
	    memcmp(parser->text + begin->from, parser->text + tag->from,
		   tag->len) != 0) {
		want = text_quote(parser->text + begin->from,
				  (gssize)begin->len);
		program_fail(parser->program, tag->at, parser->error,
			     REROLL_ERROR_CONFIG,
			     "the end of section %s was expected, not of %s",
			     want, got);
		return false;
	}
	begin->other = parser->program->steps->len;
	add_step(parser, &step);
	return true;
}

static bool add_named(struct parser *parser, const struct tag *tag,
		      gsize indent)
{
	struct step step = {STEP_VALUE, tag->at, tag->from,
			    tag->len,	indent,	 0};

	if (tag->sigil == '>')
		step.kind = STEP_PARTIAL;
	else if (tag->sigil)
		step.kind = STEP_RAW;
	add_step(parser, &step);
	return true;
}

static bool add_tag(struct parser *parser, const struct tag *tag, gsize indent)
{
	if (tag->sigil == '!')
		return true;
	if (tag->sigil == '=')
		return set_delimiters(parser, tag);
	if (tag->sigil == '<' || tag->sigil == '$') {
		program_fail(parser->program, tag->at, parser->error,
			     REROLL_ERROR_CONFIG,
			     "\"%c\" is no kind of tag, one of #^/>!=&{ or a "
			     "name was expected",
			     tag->sigil);
		return false;
	}
	if (!check_name(parser, tag))
		return false;
	if (tag->sigil == '#' || tag->sigil == '^')
		return open_section(parser, tag);
	if (tag->sigil == '/')
		return close_section(parser, tag);
	return add_named(parser, tag, indent);
}

/*
 * Whether nothing but blanks shares the line with the tag: then `*from` is
 * where the line begins and `*to` where the next one does.
 */
static bool stands_alone(const struct parser *parser, const struct tag *tag,
			 gsize *from, gsize *to)
{
	const char *text = parser->text;
	gsize before = tag->at, after = tag->end;

	if (!tag->sigil || tag->sigil == '&' || tag->sigil == '{')
		return false;
	while (before > parser->pos && is_blank(text[before - 1]))
		before--;
	if (before == parser->pos ? !parser->line_start
				  : text[before - 1] != '\n')
		return false;
	while (is_blank(text[after]))
		after++;
	if (text[after] == '\r' && text[after + 1] == '\n')
		after++;
	if (text[after] == '\n')
		after++;
	else if (text[after] != '\0')
		return false;
	*from = before;
	*to = after;
	return true;
}

static bool parse_tag(struct parser *parser, gsize at)
{
	struct tag tag = {.at = at};
	gsize from = at, to;
	bool alone;

	if (!read_tag(parser, &tag))
		return false;
	alone = stands_alone(parser, &tag, &from, &to);
	if (!alone)
		to = tag.end;
	add_text(parser, parser->pos, from);
	if (!add_tag(parser, &tag, at - from))
		return false;
	parser->pos = to;
	parser->line_start = alone;
	return true;
}

static bool parse(struct parser *parser)
{
	struct step *open;
	const char *tag;

	while ((tag = strstr(parser->text + parser->pos, parser->open))) {
		if (!parse_tag(parser, (gsize)(tag - parser->text)))
			return false;
	}
	add_text(parser, parser->pos, parser->len);
	if (parser->n_sections == 0)
		return true;
	open = &g_array_index(parser->program->steps, struct step,
			      parser->sections[parser->n_sections - 1]);
	program_fail(parser->program, open->at, parser->error,
		     REROLL_ERROR_CONFIG, "the section %.*s is never closed",
		     (int)MIN(open->len, TEXT_QUOTE_BYTES),
		     parser->text + open->from);
	return false;
}

struct program *program_new(const char *name, char *text, gsize indent,
			    GError **error)
{
	g_autoptr(program_t) program = g_new0(struct program, 1);
	struct parser parser = {
		.program = program,
		.text = text,
		.len = strlen(text),
		.line_start = true,
		.open = g_strdup("{{"),
		.close = g_strdup("}}"),
		.error = error,
	};
	bool done;

	program->name = g_strdup(name);
	program->text = text;
	program->len = parser.len;
	program->indent = indent;
	program->steps = g_array_new(FALSE, FALSE, sizeof(struct step));
	if (parser.len > TEMPLATE_OUTPUT_BYTES) {
		program_fail(program, 0, error, REROLL_ERROR_LIMIT,
			     "the template is longer than %d bytes",
			     TEMPLATE_OUTPUT_BYTES);
		done = false;
	} else {
		done = parse(&parser);
	}
	g_free(parser.open);
	g_free(parser.close);
	return done ? g_steal_pointer(&program) : NULL;
}
