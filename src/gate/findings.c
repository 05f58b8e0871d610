/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A checker's output lines as findings: "file:line: LEVEL:TYPE: text", as
 * checkpatch --terse --show-types prints, or "file:line: level: text" as
 * compilers do. A place in NNNN.patch becomes the place in the source that the
 * patch's line stands for; any other file is taken as the series' own path.
 */
#include "gate/checker.h"

#define CONTEXT_BYTES 200
#define TEXT_BYTES 500

/* What one line of a patch text stands for; file NULL: for no source. */
struct place {
	const char *file;
	guint line;
	const char *text; /* without the newline; NULL: a header */
	gsize len;
};

struct reader {
	const struct gate_subject *subject;
	const struct checker_result *result;
	GPtrArray *maps; /* of GArray of struct place, by line; NULL: not yet */
	GRegex *regex;
};

static void set_place(GArray *map, gsize line, struct place place)
{
	if (line < map->len)
		g_array_index(map, struct place, line) = place;
}

static void map_hunks(GArray *map, const struct patch_file *file)
{
	const char *path = patch_file_path(file);
	struct gate_lines lines = {file};
	guint hunk = G_MAXUINT, at = 0, line = 0;
	const char *text;
	gsize len;

	while (gate_lines_next(&lines, &text, &len)) {
		gsize shown = text[len - 1] == '\n' ? len - 1 : len;

		if (lines.hunk != hunk) {
			const struct patch_hunk *next = &g_array_index(
				file->hunks, struct patch_hunk, lines.hunk);

			hunk = lines.hunk;
			at = next->line;
			line = next->new_start;
			set_place(map, at++, (struct place){path, line});
		}
		set_place(map, at++,
			  (struct place){path, line, text + 1, shown - 1});
		line += *text != '-' && *text != '\\';
	}
}

/* The header lines of a file up to its first hunk, or to the next file. */
static void map_headers(GArray *map, const struct patch *diff, guint index)
{
	const struct patch_file *file = diff->files->pdata[index];
	guint end = file->line + 4;

	if (file->hunks->len)
		end = g_array_index(file->hunks, struct patch_hunk, 0).line;
	else if (index + 1 < diff->files->len)
		end = ((struct patch_file *)diff->files->pdata[index + 1])
			      ->line;
	for (guint i = file->line; i < end; i++)
		set_place(map, i, (struct place){patch_file_path(file)});
}

static GArray *map_new(const struct patch *diff)
{
	GArray *map = g_array_new(FALSE, TRUE, sizeof(struct place));
	gsize len, n = 2;
	const char *text = g_bytes_get_data(diff->text, &len);

	for (gsize i = 0; i < len; i++)
		n += text[i] == '\n';
	g_array_set_size(map, (guint)n);
	for (guint i = 0; i < diff->files->len; i++) {
		map_headers(map, diff, i);
		map_hunks(map, diff->files->pdata[i]);
	}
	return map;
}

static void map_free(gpointer map)
{
	if (map)
		g_array_unref(map);
}

/* The place of a line of NNNN.patch; all NULL outside of its diff. */
static struct place reader_place(struct reader *reader, guint patch,
				 guint64 line)
{
	guint first = g_array_index(reader->result->diff_lines, guint,
				    patch - 1);
	const struct patch *diff = reader->subject->diffs->pdata[patch - 1];
	gpointer *map = &reader->maps->pdata[patch - 1];
	const GArray *places;

	if (!diff || line < first)
		return (struct place){0};
	if (!*map)
		*map = map_new(diff);
	places = *map;
	line -= first - 1;
	return line < places->len ? g_array_index(places, struct place, line)
				  : (struct place){0};
}

/* The number of NNNN.patch, 0 when the file is no patch of the series. */
static guint patch_number(const struct reader *reader, const char *file)
{
	g_autofree char *name = g_path_get_basename(file);
	char *end;
	guint64 n = g_ascii_strtoull(name, &end, 10);

	return g_ascii_isdigit(*name) && strcmp(end, ".patch") == 0 &&
			       n <= reader->result->diff_lines->len
		       ? (guint)n
		       : 0;
}

/* The last patch that touches the file; 0 when none does. */
static guint patch_of_file(const struct gate_subject *subject, const char *file)
{
	for (guint i = subject->diffs->len; i > 0; i--) {
		const struct patch *diff = subject->diffs->pdata[i - 1];

		for (guint k = 0; diff && k < diff->files->len; k++) {
			if (strcmp(patch_file_path(diff->files->pdata[k]),
				   file) == 0)
				return i;
		}
	}
	return 0;
}

/* A word that is no level is part of the text, and the line an error. */
static enum severity severity_of(const char *level)
{
	static const struct {
		const char *level;
		enum severity severity;
	} levels[] = {
		{"warning", SEVERITY_WARNING},
		{"check", SEVERITY_NOTE},
		{"note", SEVERITY_NOTE},
		{"info", SEVERITY_NOTE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
		if (g_ascii_strcasecmp(level, levels[i].level) == 0)
			return levels[i].severity;
	}
	return SEVERITY_ERROR;
}

static struct finding *finding_at(struct reader *reader, const char *file,
				  guint64 line, struct finding *finding)
{
	guint patch = patch_number(reader, file);
	struct place place = {*file ? file : NULL, (guint)MIN(line, G_MAXUINT)};

	finding->patch = patch ? patch : patch_of_file(reader->subject, file);
	if (patch)
		place = reader_place(reader, patch, line);
	finding->file = place.file ? text_one_line(place.file, -1, TEXT_BYTES)
				   : NULL;
	finding->line = place.file ? place.line : 0;
	if (place.text)
		finding->context = text_printable(
			place.text, (gssize)MIN(place.len, CONTEXT_BYTES));
	return finding;
}

static struct finding *read_line(struct reader *reader, const char *line,
				 gsize len)
{
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *file = NULL, *number = NULL, *level = NULL,
			*type = NULL, *rest = NULL, *text = NULL;

	if (!g_regex_match_full(reader->regex, line, (gssize)len, 0, 0, &match,
				NULL))
		return NULL;
	file = g_match_info_fetch_named(match, "file");
	number = g_match_info_fetch_named(match, "line");
	level = g_match_info_fetch_named(match, "level");
	type = g_match_info_fetch_named(match, "type");
	rest = g_match_info_fetch_named(match, "text");
	text = text_one_line(rest, -1, TEXT_BYTES);
	return finding_at(reader, file, g_ascii_strtoull(number, NULL, 10),
			  finding_new(severity_of(level), NULL, 0,
				      type && *type ? type : NULL, text));
}

static const char line_pattern[] =
	"^(?<file>[^:\\n]*):(?<line>[0-9]{1,9}):(?:[0-9]{1,9}:)? ?"
	"(?:(?<level>ERROR|WARNING|CHECK):(?<type>[A-Z0-9_]+): |"
	"(?<level>[Ee]rror|[Ww]arning|[Nn]ote|[Ii]nfo|ERROR|WARNING|NOTE): )?"
	"(?<text>.*)$";

static struct reader reader_new(const struct gate_subject *subject,
				const struct checker_result *result)
{
	struct reader reader = {subject, result};

	reader.maps = g_ptr_array_new_with_free_func(map_free);
	g_ptr_array_set_size(reader.maps, (gint)subject->diffs->len);
	reader.regex = g_regex_new(
		line_pattern, G_REGEX_OPTIMIZE | G_REGEX_RAW | G_REGEX_DUPNAMES,
		0, NULL);
	g_assert(reader.regex);
	return reader;
}

GPtrArray *checker_findings(const struct gate_subject *subject,
			    const struct checker_result *result)
{
	GPtrArray *findings = g_ptr_array_new_with_free_func(
		(GDestroyNotify)finding_free);
	struct reader reader = reader_new(subject, result);
	gsize left;
	const char *line = g_bytes_get_data(result->process->out, &left);

	while (left > 0) {
		const char *eol = memchr(line, '\n', left);
		gsize len = eol ? (gsize)(eol - line) : left;
		struct finding *finding = read_line(&reader, line, len);

		if (finding)
			g_ptr_array_add(findings, finding);
		left -= eol ? len + 1 : len;
		line += eol ? len + 1 : len;
	}
	g_ptr_array_unref(reader.maps);
	g_regex_unref(reader.regex);
	return findings;
}
