// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LAVA's YAML, a list of maps, as libyaml's events: no more of it is in memory
 * than one row. What lies deeper than a row's metadata is passed over.
 */
#include <string.h>
#include <yaml.h>

#include "base/base.h"
#include "lab/results-lava.h"

#define DEPTH_MOST 32
#define ROW_DEPTH 2 /* of the keys of a row: in a map in the list */

struct walk {
	struct reading *reading;
	struct lava_row row;
	guint depth;
	bool is_map[DEPTH_MOST + 1];
	bool has_key[DEPTH_MOST + 1]; /* and its value comes next */
	int field;		      /* of the value that comes; or -1 */
	bool metadata;		      /* the row's key was that */
	bool over;
};

/* A value that is not looked into has been passed over. */
static void value_done(struct walk *walk)
{
	walk->has_key[walk->depth] = false;
}

static void take_scalar(struct walk *walk, const char *text)
{
	bool in_row = walk->depth == ROW_DEPTH;
	bool in_metadata = walk->depth == ROW_DEPTH + 1 && walk->metadata;

	if (!walk->is_map[walk->depth])
		return;
	if (walk->has_key[walk->depth]) {
		if (walk->field >= 0 && (in_row || in_metadata) &&
		    !walk->row.texts[walk->field])
			walk->row.texts[walk->field] = g_strdup(text);
		value_done(walk);
		return;
	}
	walk->has_key[walk->depth] = true;
	walk->field = in_row || in_metadata ? lava_field_find(text, in_metadata)
					    : -1;
	if (in_row)
		walk->metadata = strcmp(text, "metadata") == 0;
}

static bool enter(struct walk *walk, bool map, guint line, GError **error)
{
	static const bool wanted[] = {false, true}; /* a list of maps */

	if (walk->depth == DEPTH_MOST)
		return reading_refuse(walk->reading, line, error,
				      "found more than %d levels, expected "
				      "results of LAVA",
				      DEPTH_MOST);
	if (walk->depth < ROW_DEPTH && map != wanted[walk->depth])
		return reading_refuse(walk->reading, line, error,
				      "found a %s, expected a list of results",
				      map ? "map" : "list");
	walk->depth++;
	walk->is_map[walk->depth] = map;
	walk->has_key[walk->depth] = false;
	if (walk->depth == ROW_DEPTH)
		walk->row.line = line;
	return true;
}

static bool leave(struct walk *walk, GError **error)
{
	bool ok = true;

	if (walk->depth == ROW_DEPTH) {
		ok = lava_row_take(walk->reading, &walk->row, error);
		lava_row_clear(&walk->row);
	}
	walk->depth--;
	value_done(walk);
	return ok;
}

static bool take_event(struct walk *walk, const yaml_event_t *event,
		       GError **error)
{
	guint line = (guint)event->start_mark.line + 1;

	walk->reading->line = line;
	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
		return enter(walk, false, line, error);
	case YAML_MAPPING_START_EVENT:
		return enter(walk, true, line, error);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return leave(walk, error);
	case YAML_ALIAS_EVENT:
	case YAML_SCALAR_EVENT:
		if (walk->depth < ROW_DEPTH)
			return reading_refuse(walk->reading, line, error,
					      "found a text, expected a list "
					      "of results");
		take_scalar(walk,
			    event->type == YAML_SCALAR_EVENT
				    ? (const char *)event->data.scalar.value
				    : "");
		return true;
	case YAML_STREAM_END_EVENT:
		walk->over = true;
		return true;
	default:
		return true;
	}
}

static bool walk_all(struct walk *walk, yaml_parser_t *parser, GError **error)
{
	while (!walk->over) {
		yaml_event_t event;
		bool ok;

		if (!yaml_parser_parse(parser, &event))
			return reading_refuse(
				walk->reading,
				(guint)parser->problem_mark.line + 1, error,
				"found what is not YAML: %s",
				parser->problem ? parser->problem
						: "it is broken");
		ok = take_event(walk, &event, error);
		yaml_event_delete(&event);
		if (!ok)
			return false;
	}
	return true;
}

bool results_read_lava_yaml(struct reading *reading, GError **error)
{
	struct walk walk = {.reading = reading, .field = -1};
	yaml_parser_t parser;
	bool ok;

	if (!yaml_parser_initialize(&parser))
		g_error("libyaml has no memory");
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)reading->text, reading->len);
	ok = walk_all(&walk, &parser, error);
	yaml_parser_delete(&parser);
	lava_row_clear(&walk.row);
	return ok;
}
