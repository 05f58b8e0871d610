/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A diff read as git apply reads it. Only the counts of a hunk's header tell
 * where it ends, so that a removed line "-- x" is no header; a hunk that ends
 * early, a stray hunk or a header without a change makes the whole diff bad,
 * never a part of it.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "mail/patch-internal.h"

gsize patch_line_len(const char *at, const char *end)
{
	const char *eol = at < end ? memchr(at, '\n', end - at) : NULL;

	return eol ? (gsize)(eol - at) + 1 : (gsize)(end - at);
}

bool patch_starts(const char *at, const char *end, const char *word)
{
	gsize len = strlen(word);

	return at < end && (gsize)(end - at) >= len &&
	       memcmp(at, word, len) == 0;
}

void patch_parser_step(struct patch_parser *parser, gsize len)
{
	parser->at += len;
	parser->line++;
}

static bool parser_fail(const struct patch_parser *parser, GError **error,
			const char *what)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT, "line %u: %s",
		    parser->line, what);
	return false;
}

/* Digits into a number, at most `most`; NULL when it is none. */
static const char *read_number(const char *at, const char *eol, guint64 most,
			       guint64 *value)
{
	const char *start = at;

	*value = 0;
	while (at < eol && g_ascii_isdigit(*at) && *value <= most)
		*value = *value * 10 + (guint64)(*at++ - '0');
	return at == start || *value > most ? NULL : at;
}

/* "12,3" and then `behind`; the count is 1 when it is left out. */
static const char *read_range(const char *at, const char *eol,
			      const char *behind, guint64 range[2])
{
	range[1] = 1;
	at = read_number(at, eol, G_MAXINT32, &range[0]);
	if (at && at < eol && *at == ',')
		at = read_number(at + 1, eol, G_MAXINT32, &range[1]);
	return at && patch_starts(at, eol, behind) ? at + strlen(behind) : NULL;
}

bool patch_hunk_parse_header(const char *line, const char *eol,
			     struct patch_hunk *hunk)
{
	guint64 before[2], after[2];
	const char *at = read_range(line + strlen("@@ -"), eol, " +", before);

	if (!at || !read_range(at, eol, " @@", after))
		return false;
	hunk->old_start = (guint32)before[0];
	hunk->old_count = (guint32)before[1];
	hunk->new_start = (guint32)after[0];
	hunk->new_count = (guint32)after[1];
	return true;
}

/* "\ No newline at end of file" in any language. */
static bool is_no_newline(const char *at, gsize len)
{
	return len >= 12 && at[0] == '\\' && at[1] == ' ';
}

/* What is still to come of a hunk, and what was seen. */
struct hunk_count {
	guint32 old_left, new_left;
	guint32 added, deleted;
};

/* Take a line of the hunk into account; false: it cannot be one. */
static bool hunk_take_line(struct patch_hunk *hunk, struct hunk_count *count,
			   const char *at, gsize len)
{
	bool is_old = *at == ' ' || *at == '\n' || *at == '-';
	bool is_new = *at == ' ' || *at == '\n' || *at == '+';

	if (!is_old && !is_new)
		return is_no_newline(at, len);
	if ((is_old && count->old_left == 0) ||
	    (is_new && count->new_left == 0))
		return false;
	count->old_left -= is_old;
	count->new_left -= is_new;
	if (is_old && is_new) {
		hunk->leading += count->added + count->deleted == 0;
		hunk->trailing++;
		return true;
	}
	count->added += is_new;
	count->deleted += is_old;
	hunk->trailing = 0;
	return true;
}

/* The lines below a @@ line, to the last one that its counts announce. */
static bool parse_hunk_body(struct patch_parser *parser,
			    struct patch_hunk *hunk, struct hunk_count *count,
			    GError **error)
{
	gsize len;

	hunk->body = parser->at;
	while (count->old_left > 0 || count->new_left > 0) {
		len = patch_line_len(parser->at, parser->end);
		if (len == 0 || parser->at[len - 1] != '\n')
			return parser_fail(parser, error,
					   "the diff ends within a hunk");
		if (!hunk_take_line(hunk, count, parser->at, len))
			return parser_fail(parser, error,
					   "this line does not belong to the "
					   "hunk, more lines were expected");
		patch_parser_step(parser, len);
	}
	len = patch_line_len(parser->at, parser->end);
	if (is_no_newline(parser->at, len))
		patch_parser_step(parser, len);
	hunk->body_len = parser->at - hunk->body;
	return true;
}

static bool parse_hunk(struct patch_parser *parser, struct patch_file *file,
		       GError **error)
{
	struct patch_hunk hunk = {.line = parser->line};
	gsize len = patch_line_len(parser->at, parser->end);
	struct hunk_count count;

	if (parser->at[len - 1] != '\n' ||
	    !patch_hunk_parse_header(parser->at, parser->at + len - 1, &hunk))
		return parser_fail(parser, error,
				   "\"@@ -a,b +c,d @@\" was expected");
	if (parser->hunks++ >= PATCH_HUNKS_MOST) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "line %u: the diff has more than %d hunks",
			    parser->line, PATCH_HUNKS_MOST);
		return false;
	}
	patch_parser_step(parser, len);
	count = (struct hunk_count){hunk.old_count, hunk.new_count, 0, 0};
	if (!parse_hunk_body(parser, &hunk, &count, error))
		return false;
	if (count.added == 0 && count.deleted == 0)
		return parser_fail(parser, error,
				   "the hunk above changes nothing");
	file->added += count.added;
	file->deleted += count.deleted;
	g_array_append_val(file->hunks, hunk);
	return true;
}

static bool parse_hunks(struct patch_parser *parser, struct patch_file *file,
			GError **error)
{
	guint64 old_lines = 0, new_lines = 0;

	while (parser->end - parser->at > 4 &&
	       patch_starts(parser->at, parser->end, "@@ -")) {
		if (!parse_hunk(parser, file, error))
			return false;
	}
	for (guint i = 0; i < file->hunks->len; i++) {
		const struct patch_hunk *hunk = &g_array_index(
			file->hunks, struct patch_hunk, i);
		old_lines += hunk->old_count;
		new_lines += hunk->new_count;
	}
	if (old_lines > 0 || file->hunks->len > 1)
		file->maybe_new = false;
	if (file->is_new && old_lines > 0)
		return parser_fail(parser, error,
				   "the file above is new, but its hunks "
				   "have old lines");
	if (file->is_delete && new_lines > 0)
		return parser_fail(parser, error,
				   "the file above is deleted, but its hunks "
				   "leave lines in it");
	return true;
}

/* The length letter of a base-85 line fits the line's length. */
static bool is_binary_line(const char *at, gsize len)
{
	gsize most = (len - 2) / 5 * 4, bytes;

	if (len < 7 || (len - 2) % 5 != 0 || at[len - 1] != '\n')
		return false;
	if (*at >= 'A' && *at <= 'Z')
		bytes = (gsize)(*at - 'A') + 1;
	else if (*at >= 'a' && *at <= 'z')
		bytes = (gsize)(*at - 'a') + 27;
	else
		return false;
	return bytes <= most && bytes + 4 > most;
}

/* "literal N" or "delta N", base-85 lines and a blank one; METHOD_NONE if not.
 */
static bool parse_binary_data(struct patch_parser *parser,
			      struct patch_binary *binary, GError **error)
{
	static const struct {
		const char *word;
		enum binary_method method;
	} methods[] = {{"literal ", BINARY_LITERAL}, {"delta ", BINARY_DELTA}};
	gsize len = patch_line_len(parser->at, parser->end);
	guint64 size = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
		const char *number = parser->at + strlen(methods[i].word);

		if (!patch_starts(parser->at, parser->end, methods[i].word))
			continue;
		if (!read_number(number, parser->at + len, G_MAXINT64 / 16,
				 &size))
			return parser_fail(parser, error,
					   "the size of the binary data was "
					   "expected");
		binary->method = methods[i].method;
	}
	if (binary->method == BINARY_NONE)
		return true;
	binary->size = size;
	patch_parser_step(parser, len);
	binary->data = parser->at;
	while ((len = patch_line_len(parser->at, parser->end)) != 1) {
		if (len == 0 || !is_binary_line(parser->at, len))
			return parser_fail(parser, error,
					   "the binary data is damaged here");
		patch_parser_step(parser, len);
	}
	binary->data_len = parser->at - binary->data;
	patch_parser_step(parser, len);
	return true;
}

/* "Binary files a and b differ": a change whose data nobody sent. */
static bool is_binary_notice(const char *at, gsize len, const char *end)
{
	static const char tail[] = " differ\n";

	return (patch_starts(at, end, "Binary files ") ||
		patch_starts(at, end, "Files ")) &&
	       len >= strlen(tail) &&
	       memcmp(at + len - strlen(tail), tail, strlen(tail)) == 0;
}

static bool parse_binary(struct patch_parser *parser, struct patch_file *file,
			 GError **error)
{
	gsize len = patch_line_len(parser->at, parser->end);

	if (patch_starts(parser->at, parser->end, "GIT binary patch\n")) {
		file->is_binary = true;
		patch_parser_step(parser, len);
		if (!parse_binary_data(parser, &file->forward, error))
			return false;
		if (file->forward.method == BINARY_NONE)
			return parser_fail(parser, error,
					   "\"literal N\" or \"delta N\" was "
					   "expected");
		return parse_binary_data(parser, &file->reverse, error);
	}
	if (is_binary_notice(parser->at, len, parser->end)) {
		file->is_binary = true;
		patch_parser_step(parser, len);
	}
	return true;
}

static bool file_changes_metadata(const struct patch_file *file)
{
	return file->is_rename || file->is_copy || file->is_new ||
	       file->is_delete ||
	       (file->old_mode && file->new_mode &&
		file->old_mode != file->new_mode);
}

/*
 * No kernel opens a longer path, and whoever works on a path by its folders
 * may count on there being few.
 */
static bool path_fits(const char *path)
{
	guint components = 1;

	for (const char *at = path; at && *at; at++) {
		components += *at == '/';
		if (at - path >= PATCH_PATH_BYTES ||
		    components > PATCH_PATH_COMPONENTS)
			return false;
	}
	return true;
}

static bool file_check_paths(const struct patch_file *file, GError **error)
{
	if (path_fits(file->old_path) && path_fits(file->new_path))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
		    "line %u: the name of the file has more than %d bytes or "
		    "%d components",
		    file->line, PATCH_PATH_BYTES, PATCH_PATH_COMPONENTS);
	return false;
}

static bool parse_changes(struct patch_parser *parser, struct patch_file *file,
			  GError **error)
{
	if ((file->old_path && *file->old_path == '\0') ||
	    (file->new_path && *file->new_path == '\0'))
		return parser_fail(parser, error,
				   "the name of the file above is empty or "
				   "has a NUL in it");
	if (!file_check_paths(file, error))
		return false;
	if (!parse_hunks(parser, file, error))
		return false;
	if (file->hunks->len > 0)
		return true;
	if (!parse_binary(parser, file, error))
		return false;
	if (!file->is_binary && !file_changes_metadata(file))
		return parser_fail(parser, error,
				   "the header above has no change below it");
	return true;
}

static void patch_file_free(gpointer data)
{
	struct patch_file *file = data;

	g_free(file->old_path);
	g_free(file->new_path);
	g_array_unref(file->hunks);
	g_free(file);
}

static struct patch_file *patch_file_new(void)
{
	struct patch_file *file = g_new0(struct patch_file, 1);

	file->hunks = g_array_new(FALSE, FALSE, sizeof(struct patch_hunk));
	return file;
}

static bool parse_files(struct patch_parser *parser, GPtrArray *files,
			GError **error)
{
	for (;;) {
		struct patch_file *file = patch_file_new();
		int found = patch_header_find(parser, file, error);

		if (found > 0 && files->len >= PATCH_FILES_MOST) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
				    "line %u: the diff has more than %d files",
				    parser->line, PATCH_FILES_MOST);
			found = -1;
		}
		if (found <= 0) {
			patch_file_free(file);
			return found == 0;
		}
		g_ptr_array_add(files, file);
		if (!parse_changes(parser, file, error))
			return false;
	}
}

struct patch *patch_parse(GBytes *text, GError **error)
{
	g_autoptr(patch_t) patch = g_new0(struct patch, 1);
	gsize len;
	const char *bytes = g_bytes_get_data(text, &len);
	const char *data = bytes ? bytes : "";
	struct patch_parser parser = {
		.at = data, .end = data + len, .line = 1, .strip = 1};

	patch->text = g_bytes_ref(text);
	patch->files = g_ptr_array_new_with_free_func(patch_file_free);
	if (!parse_files(&parser, patch->files, error))
		return NULL;
	if (patch->files->len == 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "line 1: a diff was expected, there is none");
		return NULL;
	}
	return g_steal_pointer(&patch);
}

void patch_free(struct patch *patch)
{
	if (!patch)
		return;
	g_bytes_unref(patch->text);
	g_ptr_array_unref(patch->files);
	g_free(patch);
}

const char *patch_file_path(const struct patch_file *file)
{
	return file->new_path ? file->new_path : file->old_path;
}
