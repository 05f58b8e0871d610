/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a template's steps with a stack of at most TEMPLATE_DEPTH frames, one
 * for each section and partial that is open. A section that holds pushes a
 * value to look names up in; a partial pushes a program to run. Every step
 * costs work in proportion to its length, and the work of a rendering is
 * limited, so that sections nested over long lists cannot take for ever.
 */
#include "base/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/template-parse.h"
#include "base/text.h"

struct frame {
	struct program *program; /* that goes on after this frame */
	guint step;		 /* of a section its first step; of a partial
				    the step after it */
	json_t *list;		 /* of a section over a list; else NULL */
	gsize next;		 /* the list's next element */
	bool is_partial;
	bool has_value; /* it pushed one */
};

struct renderer {
	const struct template_options *options;
	GString *out;
	gsize work;
	struct program *program;
	guint step;
	struct frame frames[TEMPLATE_DEPTH];
	guint n_frames;
	json_t *values[TEMPLATE_DEPTH + 1]; /* what names are looked up in */
	guint n_values;
	GHashTable *partials; /* "blanks>name" to program */
	GError **error;
};

static bool fail_limit(struct renderer *r, const struct step *step,
		       const char *what)
{
	program_fail(r->program, step->at, r->error, REROLL_ERROR_LIMIT, "%s",
		     what);
	return false;
}

/* The member `key` of an object; NULL when there is none. */
static json_t *member(json_t *value, const char *key, gsize len)
{
	return json_object_getn(value, key, len);
}

/*
 * The value a name stands for: its first part from the innermost value that
 * has it, the further ones strictly below that.
 */
static json_t *lookup(const struct renderer *r, const struct step *step)
{
	const char *name = r->program->text + step->from;
	const char *end = name + step->len;
	const char *dot = memchr(name, '.', step->len);
	json_t *found = NULL;

	if (step->len == 1 && *name == '.')
		return r->values[r->n_values - 1];
	for (guint i = r->n_values; i > 0 && !found; i--)
		found = member(r->values[i - 1], name,
			       (gsize)((dot ? dot : end) - name));
	while (found && dot) {
		name = dot + 1;
		dot = memchr(name, '.', (gsize)(end - name));
		found = member(found, name, (gsize)((dot ? dot : end) - name));
	}
	return found;
}

static bool is_true(const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_NULL:
	case JSON_FALSE:
		return false;
	case JSON_STRING:
		return *json_string_value(value) != '\0';
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_OBJECT:
		break;
	}
	return true;
}

static void append_text(struct renderer *r, const char *text, bool raw)
{
	g_autofree char *escaped = NULL;

	if (!raw && r->options->escape_html)
		escaped = g_markup_escape_text(text, -1);
	g_string_append(r->out, escaped ? escaped : text);
}

static void append_value(struct renderer *r, json_t *value, bool raw)
{
	char *number;

	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		append_text(r, json_string_value(value), raw);
		return;
	case JSON_INTEGER:
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_FALSE:
		number = json_dumps(value,
				    JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		append_text(r, number, true);
		free(number);
		return;
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		return;
	}
}

static bool push_frame(struct renderer *r, const struct step *step,
		       const struct frame *frame)
{
	if (r->n_frames == TEMPLATE_DEPTH)
		return fail_limit(r, step,
				  "sections and partials are nested "
				  "more than 64 deep");
	r->frames[r->n_frames++] = *frame;
	return true;
}

static void pop_frame(struct renderer *r)
{
	const struct frame *frame = &r->frames[--r->n_frames];

	if (frame->has_value)
		r->n_values--;
	if (frame->is_partial) {
		r->program = frame->program;
		r->step = frame->step;
	}
}

static bool run_section(struct renderer *r, const struct step *step)
{
	struct frame frame = {.program = r->program, .step = r->step};
	json_t *value = lookup(r, step);
	bool inverted = step->kind == STEP_INVERTED;

	if (is_true(value) == inverted) {
		r->step = step->other + 1;
		return true;
	}
	if (!inverted) {
		frame.has_value = true;
		if (json_is_array(value)) {
			frame.list = value;
			frame.next = 1;
			value = json_array_get(value, 0);
		}
	}
	if (!push_frame(r, step, &frame))
		return false;
	if (!inverted)
		r->values[r->n_values++] = value;
	return true;
}

/* The end of a section: again with the list's next element, or on. */
static void run_end(struct renderer *r)
{
	struct frame *frame = &r->frames[r->n_frames - 1];

	if (frame->list && frame->next < json_array_size(frame->list)) {
		r->values[r->n_values - 1] = json_array_get(frame->list,
							    frame->next++);
		r->step = frame->step;
		return;
	}
	pop_frame(r);
}

/* `indent` before each line that is not empty; NULL when it grows too long. */
static char *indent_lines(const char *text, const char *indent)
{
	g_autoptr(GString) out = g_string_new(NULL);

	while (*text && out->len <= TEMPLATE_OUTPUT_BYTES) {
		const char *end = strchr(text, '\n');
		gsize len = end ? (gsize)(end - text) + 1 : strlen(text);

		if (*text != '\n' && *text != '\r')
			g_string_append(out, indent);
		g_string_append_len(out, text, (gssize)len);
		text += len;
	}
	if (out->len > TEMPLATE_OUTPUT_BYTES)
		return NULL;
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Read and parse a partial; an unknown one is empty. */
static struct program *load_partial(struct renderer *r, const struct step *step,
				    const char *name, const char *indent)
{
	g_autofree char *text = NULL, *indented = NULL;

	if (r->options->partial)
		text = r->options->partial(name, r->options->partial_data);
	indented = indent_lines(text ? text : "", indent);
	if (!indented) {
		fail_limit(r, step, "the partial is too long");
		return NULL;
	}
	r->work += strlen(indented);
	return program_new(name, g_steal_pointer(&indented), strlen(indent),
			   r->error);
}

static struct program *find_partial(struct renderer *r, const struct step *step)
{
	const char *text = r->program->text;
	g_autofree char *name = g_strndup(text + step->from, step->len);
	g_autofree char *indent = g_strndup(text + step->at - step->indent,
					    step->indent);
	g_autofree char *key = g_strconcat(indent, ">", name, NULL);
	struct program *program = g_hash_table_lookup(r->partials, key);

	if (program)
		return program;
	program = load_partial(r, step, name, indent);
	if (program)
		g_hash_table_insert(r->partials, g_steal_pointer(&key),
				    program);
	return program;
}

static bool run_partial(struct renderer *r, const struct step *step)
{
	struct frame frame = {
		.program = r->program, .step = r->step, .is_partial = true};
	struct program *program = find_partial(r, step);

	if (!program || !push_frame(r, step, &frame))
		return false;
	r->program = program;
	r->step = 0;
	return true;
}

static bool run_step(struct renderer *r, const struct step *step)
{
	switch (step->kind) {
	case STEP_TEXT:
		g_string_append_len(r->out, r->program->text + step->from,
				    (gssize)step->len);
		return true;
	case STEP_VALUE:
	case STEP_RAW:
		append_value(r, lookup(r, step), step->kind == STEP_RAW);
		return true;
	case STEP_SECTION:
	case STEP_INVERTED:
		return run_section(r, step);
	case STEP_END:
		run_end(r);
		return true;
	case STEP_PARTIAL:
		break;
	}
	return run_partial(r, step);
}

static bool run(struct renderer *r)
{
	const struct step *step;

	for (;;) {
		if (r->step == r->program->steps->len) {
			if (r->n_frames == 0)
				return true;
			pop_frame(r);
			continue;
		}
		step = &g_array_index(r->program->steps, struct step,
				      r->step++);
		r->work += 1 + step->indent +
			   (step->kind == STEP_TEXT ? 0 : step->len);
		if (r->work > TEMPLATE_WORK)
			return fail_limit(r, step,
					  "the template takes too long");
		if (!run_step(r, step))
			return false;
		if (r->out->len > TEMPLATE_OUTPUT_BYTES)
			return fail_limit(r, step,
					  "the text made here is "
					  "longer than 1 MiB");
	}
}

static void program_destroy(gpointer program)
{
	program_free(program);
}

char *template_render(const char *text, json_t *data,
		      const struct template_options *options, GError **error)
{
	static const struct template_options defaults;
	g_autoptr(program_t) program = NULL;
	g_autoptr(GHashTable) partials = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, program_destroy);
	g_autoptr(GString) out = g_string_new(NULL);
	struct renderer r = {
		.options = options ? options : &defaults,
		.out = out,
		.values = {data},
		.n_values = 1,
		.partials = partials,
		.error = error,
	};

	program = program_new(r.options->name ? r.options->name : "template",
			      g_strdup(text), 0, error);
	r.program = program;
	if (!program || !run(&r))
		return NULL;
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static bool has_partial(const struct template_options *options,
			const char *name)
{
	g_autofree char *text = NULL;

	if (options->partial)
		text = options->partial(name, options->partial_data);
	return text != NULL;
}

static void take_problem(GPtrArray *problems, GError *error)
{
	g_ptr_array_add(problems, g_strdup(error->message));
	g_error_free(error);
}

void template_check(const char *text, const struct template_options *options,
		    GPtrArray *problems)
{
	GError *error = NULL;
	g_autoptr(program_t) program = program_new(options->name ? options->name
								 : "template",
						   g_strdup(text), 0, &error);

	if (error)
		take_problem(problems, error);
	for (guint i = 0; program && i < program->steps->len; i++) {
		const struct step *step = &g_array_index(program->steps,
							 struct step, i);
		g_autofree char *name = g_strndup(program->text + step->from,
						  step->len);
		g_autofree char *quoted = NULL;
		GError *missing = NULL;

		if (step->kind != STEP_PARTIAL || has_partial(options, name))
			continue;
		quoted = text_quote(name, -1);
		program_fail(program, step->at, &missing, REROLL_ERROR_CONFIG,
			     "there is no template %s to put in here", quoted);
		take_problem(problems, missing);
	}
}
