/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands before the hunks of a file: "diff --git" with its extended
 * header lines, or the plain ---/+++ pair of other diff programs. Text between
 * sections is passed over, as git does: a mail has a footer, a log has quotes.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "mail/patch-internal.h"

#define ID_MOST 40 /* hex digits of an id */

struct header {
	struct patch_parser *parser;
	struct patch_file *file;
	char *name;	  /* from the "diff --git" line; NULL when it has two */
	guint extensions; /* of new, delete, rename, copy: one may be */
	GError **error;
};

static bool header_fail(const struct header *header, const char *what)
{
	g_set_error(header->error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "line %u: %s", header->parser->line, what);
	return false;
}

/* The name must agree with what the lines before said. */
static bool header_check_name(struct header *header, const char *line,
			      const char *eol, char **name, bool is_null)
{
	g_autofree char *found = NULL;

	if (is_null) {
		if (*name || !patch_name_is_null(line, eol))
			return header_fail(header, "a name was found, "
						   "/dev/null was expected");
		return true;
	}
	found = patch_name_read(line, eol, header->parser->strip, NAME_END_TAB);
	if (!*name) {
		*name = g_steal_pointer(&found);
		return true;
	}
	if (!found || strcmp(found, *name) != 0)
		return header_fail(header, "the file is called otherwise in "
					   "the lines before");
	return true;
}

static bool read_old_name(struct header *header, const char *line,
			  const char *eol)
{
	return header_check_name(header, line, eol, &header->file->old_path,
				 header->file->is_new);
}

static bool read_new_name(struct header *header, const char *line,
			  const char *eol)
{
	return header_check_name(header, line, eol, &header->file->new_path,
				 header->file->is_delete);
}

static bool header_read_mode(struct header *header, const char *line,
			     const char *eol, guint32 *mode)
{
	const char *at = line;
	guint32 value = 0;

	while (at < eol && *at >= '0' && *at <= '7' && value < 1 << 24)
		value = value << 3 | (guint32)(*at++ - '0');
	if (at == line || !*at || !strchr(" \t\r\n", *at))
		return header_fail(header, "this is no file mode");
	*mode = value;
	return true;
}

static bool read_old_mode(struct header *header, const char *line,
			  const char *eol)
{
	return header_read_mode(header, line, eol, &header->file->old_mode);
}

static bool read_new_mode(struct header *header, const char *line,
			  const char *eol)
{
	return header_read_mode(header, line, eol, &header->file->new_mode);
}

static void replace_name(char **name, char *with)
{
	g_free(*name);
	*name = with;
}

static bool read_deleted(struct header *header, const char *line,
			 const char *eol)
{
	header->extensions += !header->file->is_delete;
	header->file->is_delete = true;
	replace_name(&header->file->old_path, g_strdup(header->name));
	return read_old_mode(header, line, eol);
}

static bool read_new_file(struct header *header, const char *line,
			  const char *eol)
{
	header->extensions += !header->file->is_new;
	header->file->is_new = true;
	replace_name(&header->file->new_path, g_strdup(header->name));
	return read_new_mode(header, line, eol);
}

/* Names of a rename or copy have no a/ or b/ before them. */
static void header_read_moved(struct header *header, const char *line,
			      const char *eol, char **name)
{
	guint strip = header->parser->strip;

	replace_name(name, patch_name_read(line, eol, strip > 0 ? strip - 1 : 0,
					   NAME_END_LINE));
}

static bool read_copy_from(struct header *header, const char *line,
			   const char *eol)
{
	header->extensions += !header->file->is_copy;
	header->file->is_copy = true;
	header_read_moved(header, line, eol, &header->file->old_path);
	return true;
}

static bool read_copy_to(struct header *header, const char *line,
			 const char *eol)
{
	header->extensions += !header->file->is_copy;
	header->file->is_copy = true;
	header_read_moved(header, line, eol, &header->file->new_path);
	return true;
}

static bool read_rename_from(struct header *header, const char *line,
			     const char *eol)
{
	header->extensions += !header->file->is_rename;
	header->file->is_rename = true;
	header_read_moved(header, line, eol, &header->file->old_path);
	return true;
}

static bool read_rename_to(struct header *header, const char *line,
			   const char *eol)
{
	header->extensions += !header->file->is_rename;
	header->file->is_rename = true;
	header_read_moved(header, line, eol, &header->file->new_path);
	return true;
}

static bool read_nothing(struct header *header G_GNUC_UNUSED,
			 const char *line G_GNUC_UNUSED,
			 const char *eol G_GNUC_UNUSED)
{
	return true;
}

/* An id of hex digits alone; what is none leads nowhere and is left out. */
static void read_id(const char *line, const char *end, char id[65])
{
	gsize len = 0;

	if (end > line && end[-1] == '\r')
		end--;
	for (; line + len < end && g_ascii_isxdigit(line[len]); len++)
		id[len] = g_ascii_tolower(line[len]);
	id[line + len < end ? 0 : len] = '\0';
}

/*
 * "OLD..NEW MODE". A line of another form says nothing, as in git, which takes
 * any words of the length of an id for one: a mode must still follow a blank.
 */
static bool read_index(struct header *header, const char *line, const char *eol)
{
	struct patch_file *file = header->file;
	const char *dots = memchr(line, '.', eol - line), *mode;

	if (!dots || eol - dots < 2 || dots[1] != '.' || dots - line > ID_MOST)
		return true;
	mode = memchr(dots + 2, ' ', eol - dots - 2);
	if ((mode ? mode : eol) - dots - 2 > ID_MOST)
		return true;
	read_id(line, dots, file->old_id);
	read_id(dots + 2, mode ? mode : eol, file->new_id);
	return !mode || read_old_mode(header, mode + 1, eol);
}

static const struct {
	const char *word;
	bool (*read)(struct header *header, const char *line, const char *eol);
} header_lines[] = {
	{"--- ", read_old_name},
	{"+++ ", read_new_name},
	{"old mode ", read_old_mode},
	{"new mode ", read_new_mode},
	{"deleted file mode ", read_deleted},
	{"new file mode ", read_new_file},
	{"copy from ", read_copy_from},
	{"copy to ", read_copy_to},
	{"rename old ", read_rename_from},
	{"rename new ", read_rename_to},
	{"rename from ", read_rename_from},
	{"rename to ", read_rename_to},
	{"similarity index ", read_nothing},
	{"dissimilarity index ", read_nothing},
	{"index ", read_index},
};

/* 1: the line belongs to the header; 0: it does not; -1: error. */
static int header_read_line(struct header *header, const char *line,
			    const char *eol)
{
	for (gsize i = 0; i < G_N_ELEMENTS(header_lines); i++) {
		const char *word = header_lines[i].word;

		if (!patch_starts(line, eol, word))
			continue;
		if (!header_lines[i].read(header, line + strlen(word), eol))
			return -1;
		if (header->extensions > 1) {
			header_fail(header, "this contradicts the header "
					    "lines before it");
			return -1;
		}
		return 1;
	}
	return 0;
}

/* Names that only the "diff --git" line has, and those that must be there. */
static bool header_finish(struct header *header)
{
	struct patch_file *file = header->file;

	if (!file->old_path && !file->new_path) {
		file->old_path = g_strdup(header->name);
		file->new_path = g_strdup(header->name);
	}
	if ((!file->new_path && !file->is_delete) ||
	    (!file->old_path && !file->is_new))
		return header_fail(header, "the header does not say which "
					   "file it is about");
	if (file->is_delete)
		g_clear_pointer(&file->new_path, g_free);
	if (file->is_new)
		g_clear_pointer(&file->old_path, g_free);
	return true;
}

/* The lines of the header behind "diff --git"; how many there are, or -1. */
static int header_read_lines(struct header *header)
{
	struct patch_parser *parser = header->parser;
	int lines = 0;

	for (;;) {
		gsize len = patch_line_len(parser->at, parser->end);
		int known = 0;

		if (len > 0 && parser->at[len - 1] == '\n')
			known = header_read_line(header, parser->at,
						 parser->at + len - 1);
		if (known < 0)
			return -1;
		if (known == 0)
			return lines;
		lines++;
		patch_parser_step(parser, len);
	}
}

/* 1: a section; 0: a header that nothing follows; -1: error. */
static int header_read_git(struct patch_parser *parser, struct patch_file *file,
			   GError **error)
{
	struct header header = {parser, file, NULL, 0, error};
	g_autofree char *name = NULL;
	gsize len = patch_line_len(parser->at, parser->end);
	const char *line = parser->at + strlen("diff --git ");
	int lines;

	name = patch_name_read_git(line, parser->at + len - 1, parser->strip);
	header.name = name;
	file->is_new = file->is_delete = false;
	file->line = parser->line;
	file->git_header = true;
	patch_parser_step(parser, len);
	lines = header_read_lines(&header);
	if (lines < 0 || !header_finish(&header))
		return -1;
	return lines > 0;
}

/*
 * A name without any folder on both lines: nothing is to be taken off, here
 * and in all that follows.
 */
static void header_guess_strip(struct patch_parser *parser,
			       const char *lines[2], const char *eols[2])
{
	int folders[2];

	if (parser->strip_known)
		return;
	for (int i = 0; i < 2; i++) {
		g_autofree char *name = NULL;

		folders[i] = -1;
		if (!patch_name_is_null(lines[i], eols[i]))
			name = patch_name_read_plain(lines[i], eols[i], NULL,
						     0);
		if (name && !strchr(name, '/'))
			folders[i] = 0;
	}
	if (folders[1] == 0 && folders[0] <= 0) {
		parser->strip = 0;
		parser->strip_known = true;
	}
}

/* Dates of 1970 and /dev/null say that the file is made or goes away. */
static int header_read_plain(struct patch_parser *parser,
			     struct patch_file *file, GError **error)
{
	gsize first = patch_line_len(parser->at, parser->end);
	gsize second = patch_line_len(parser->at + first, parser->end);
	const char *lines[2] = {parser->at + 4, parser->at + first + 4};
	const char *eols[2] = {parser->at + first - 1,
			       parser->at + first + second - 1};
	bool null[2];
	g_autofree char *name = NULL, *known = NULL;

	header_guess_strip(parser, lines, eols);
	for (int i = 0; i < 2; i++)
		null[i] = patch_name_is_null(lines[i], eols[i]);
	if (!null[0])
		known = patch_name_read_plain(lines[0], eols[0], NULL,
					      parser->strip);
	name = !null[0] && null[1]
		       ? g_steal_pointer(&known)
		       : patch_name_read_plain(lines[1], eols[1], known,
					       parser->strip);
	if (!null[0] && !null[1]) {
		null[0] = patch_name_has_epoch(lines[0], eols[0]);
		null[1] = !null[0] && patch_name_has_epoch(lines[1], eols[1]);
	}
	if (!name) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "line %u: the name of a file was expected",
			    parser->line);
		return -1;
	}
	file->line = parser->line;
	file->is_new = null[0];
	file->is_delete = !null[0] && null[1];
	file->maybe_new = !file->is_new && !file->is_delete;
	replace_name(&file->old_path, file->is_new ? NULL : g_strdup(name));
	replace_name(&file->new_path, file->is_delete ? NULL : g_strdup(name));
	patch_parser_step(parser, first);
	patch_parser_step(parser, second);
	return 1;
}

/* "--- ", "+++ " and "@@ -" on three lines one after the other. */
static bool header_is_plain(const struct patch_parser *parser, gsize len)
{
	const char *second = parser->at + len, *third;

	if (!patch_starts(parser->at, parser->end, "--- ") ||
	    !patch_starts(second, parser->end, "+++ "))
		return false;
	third = second + patch_line_len(second, parser->end);
	return parser->end - third >= 14 &&
	       patch_starts(third, parser->end, "@@ -");
}

/* A hunk that no header goes before: the diff was damaged. */
static bool header_is_stray_hunk(const struct patch_parser *parser, gsize len)
{
	struct patch_hunk hunk;

	return patch_starts(parser->at, parser->end, "@@ -") &&
	       parser->at[len - 1] == '\n' &&
	       patch_hunk_parse_header(parser->at, parser->at + len - 1, &hunk);
}

int patch_header_find(struct patch_parser *parser, struct patch_file *file,
		      GError **error)
{
	gsize len;

	while ((len = patch_line_len(parser->at, parser->end)) > 0) {
		int found = 0;

		if (header_is_stray_hunk(parser, len)) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
				    "line %u: a hunk without the names of its "
				    "file before it",
				    parser->line);
			return -1;
		}
		if (len >= 6 && (gsize)(parser->end - parser->at) < len + 6)
			return 0;
		if (patch_starts(parser->at, parser->end, "diff --git ")) {
			found = header_read_git(parser, file, error);
			if (found == 0)
				continue;
		} else if (header_is_plain(parser, len)) {
			found = header_read_plain(parser, file, error);
		}
		if (found != 0)
			return found;
		patch_parser_step(parser, len);
	}
	return 0;
}
