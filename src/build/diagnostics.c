// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log is read line by line against the table of rows below; the first row
 * that matches decides. Every pattern is anchored and walks forward only, so
 * the time is linear in the log. A row makes a finding, remembers a likely line
 * for a log without any finding (LIKELY), places the last finding (PLACE),
 * tells which function the next ones are in (FUNCTION), or says nothing (NONE).
 */
#include "build/diagnostics.h"

#include <string.h>

#include "base/base.h"

#define TEXT_BYTES 500
#define CONTEXT_LINES 6
#define LAST_LINES 10

enum row_kind { FINDING, LIKELY, PLACE, FUNCTION, NONE };

struct row {
	enum row_kind kind;
	const char *type; /* of the finding; NULL: -W... of its text or none */
	const char *needle;  /* a line without it cannot match; cheap to look */
	const char *pattern; /* groups: file line col sev text func */
};

#define FILE_GROUP "(?<file>[^\\s:\"'()<>][^:\"'<>\\n]*)"
#define AT FILE_GROUP ":(?<line>\\d+)"
#define OPEN "(?:['`]|\xe2\x80\x98)"
#define CLOSE "(?:'|\xe2\x80\x99)"
#define TOOL "(?:[^\\s:]*/)?[\\w.+-]*"
#define LINKER "[^\\s:]*ld(?:\\.\\w+)?"

static const struct row rows[] = {
	{FUNCTION, NULL, ": In ",
	 "^" FILE_GROUP ": In (?:[a-z]+ )*function " OPEN "(?<func>.+)" CLOSE
	 "[:,]"},
	{FUNCTION, NULL, "In function ",
	 "^In function " OPEN "(?<func>.+)" CLOSE ","},
	{FUNCTION, NULL, "inlined from ",
	 "^ +inlined from " OPEN "(?<func>.+)" CLOSE " at " FILE_GROUP ":"},
	{FUNCTION, NULL, ": At top level:", "^" FILE_GROUP ": At top level:$"},
	{FUNCTION, NULL, ": in function ",
	 "^(?:" LINKER ": )?" FILE_GROUP ": in function ['`](?<func>[^']+)':$"},
	{FINDING, "kconfig", "Kconfig",
	 "^(?<file>[^\\s:]*Kconfig[^\\s:]*):(?<line>\\d+):"
	 "\\s?(?:(?<sev>warning|error): ?)?(?<text>.+)$"},
	{FINDING, NULL, ": ",
	 "^" AT "(?::(?<col>\\d+))?: "
	 "(?<sev>(?i:fatal error|internal compiler error|error|warning)): "
	 "(?<text>.+)$"},
	{FINDING, "dtc", ": ",
	 "^(?:(?<sev>Error): )?" AT "\\.(?<col>\\d+)-[\\d.]+:? "
	 "(?<sev2>(?i:error|warning))?:? ?(?<text>.+)$"},
	{NONE, NULL, "FATAL ERROR: ",
	 "^FATAL ERROR: (?:Unable to parse|Syntax error parsing) input tree"},
	{FINDING, "dtc", "FATAL ERROR: ", "^FATAL ERROR: (?<text>.+)$"},
	{FINDING, "ld", ": ",
	 "^(?:" LINKER ": )?" AT ": (?<text>(?:undefined reference|"
	 "multiple definition|first defined).+)$"},
	{FINDING, "ld", ":(",
	 "^(?:" LINKER ": )?" FILE_GROUP ":\\([^)]+\\): "
	 "(?<text>(?:undefined reference|multiple definition|relocation).+)$"},
	{NONE, NULL, ": NOTE: ", "^(?:[^\\s:]*[/-])?ld(?:\\.\\w+)?: NOTE: "},
	{FINDING, "ld", "ld",
	 "^(?:[^\\s:]*[/-])?ld(?:\\.\\w+)?: "
	 "(?:(?<sev>error|warning): )?(?<text>.+)$"},
	{FINDING, "modpost",
	 "modpost: ", "^(?<sev>ERROR|WARNING|FATAL): modpost: (?<text>.+)$"},
	{FINDING, "objtool", ": objtool: ",
	 "^" FILE_GROUP ": (?<sev>error|warning): objtool: (?<text>.+)$"},
	{FINDING, "make", " *** ", "^" AT ": \\*\\*\\* (?<text>.+)$"},
	{NONE, NULL, " *** Waiting",
	 "^\\S*make(?:\\[\\d+\\])?: \\*\\*\\* Waiting for "},
	{LIKELY, "make", " *** [",
	 "^\\S*make(?:\\[\\d+\\])?: \\*\\*\\* (?<text>\\[.+)$"},
	{FINDING, "make", " *** ",
	 "^\\S*make(?:\\[\\d+\\])?: \\*\\*\\* (?<text>.+)$"},
	{LIKELY, NULL, "ror: ",
	 "^(?:clang|collect2|ld)[^:]*: error: (?<text>.*(?:linker command "
	 "failed|returned \\d+ exit status).*)$"},
	{FINDING, NULL, ": ",
	 "^" TOOL ": (?<sev>fatal error|error|warning): (?<text>.+)$"},
	{FINDING, NULL, ": ",
	 "^(?<sev>error|warning)(?:\\[\\w+\\])?: (?<text>.+)$"},
	{PLACE, NULL, ">>> ",
	 "^>>> (?:referenced by|defined at) (?:\\S+ \\()?" AT},
	{PLACE, NULL, "--> ", "^\\s*--> " AT "(?::(?<col>\\d+))?$"},
	{LIKELY, NULL, ", line ",
	 "^\\s*File \"(?<file>[^\"]+)\", line (?<line>\\d+)(?<text>.*)$"},
	{LIKELY, NULL, ": ",
	 "^" FILE_GROUP ": (?:line )?(?<line>\\d+): (?<text>.+)$"},
	{LIKELY, NULL, ":",
	 "^\\s*" AT
	 "(?::(?<col>\\d+))?:? +(?<text>.*(?i:error|fail|assert).*)$"},
	{LIKELY, NULL, ":", "^" AT "(?::(?<col>\\d+))?: +(?<text>.+)$"},
};

static GRegex *compiled[G_N_ELEMENTS(rows)];

struct diagnostics {
	GPtrArray *tops;	      /* of char * */
	GString *line;		      /* not ended yet */
	bool cut;		      /* and already at its limit */
	GPtrArray *errors, *warnings; /* of struct diagnostic */
	GHashTable *seen;	 /* "file:line:col:severity:text|function" */
	struct diagnostic *last; /* borrowed: what a context goes to */
	guint context_lines;
	char *held; /* maybe the source that a caret is under */
	struct diagnostic *likely;
	gsize likely_row;
	char *function, *object; /* that FUNCTION rows told */
	GQueue tail;		 /* of char *: the last lines */
};

void diagnostic_free(struct diagnostic *diagnostic)
{
	if (!diagnostic)
		return;
	finding_free(diagnostic->finding);
	g_free(diagnostic->function);
	g_free(diagnostic);
}

/* Of the number that begins at `p`, a sign and 0x included; 0: none does. */
static gsize number_length(const char *text, const char *p)
{
	const char *from = p;

	if (*p == '-' && (p == text || !g_ascii_isalnum(p[-1])))
		p++;
	if (!g_ascii_isdigit(*p))
		return 0;
	if (p[0] == '0' && p[1] == 'x' && g_ascii_isxdigit(p[2])) {
		for (p += 2; g_ascii_isxdigit(*p); p++)
			;
		return (gsize)(p - from);
	}
	return (gsize)(p - from) + strspn(p, "0123456789");
}

char *diagnostic_fingerprint(const struct finding *finding,
			     const char *function)
{
	g_autoptr(GString) out = g_string_new(NULL);

	g_string_printf(out, "%s|%s|%d|", finding->file ? finding->file : "",
			function ? function : "", (int)finding->severity);
	for (const char *p = finding->text; *p;) {
		gsize len = number_length(finding->text, p);

		g_string_append_c(out, len ? '#' : *p);
		p += len ? len : 1;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void compile_rows(void)
{
	static gsize once;

	if (!g_once_init_enter(&once))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		compiled[i] = g_regex_new(rows[i].pattern,
					  G_REGEX_OPTIMIZE | G_REGEX_RAW, 0,
					  &error);
		g_assert_no_error(error);
	}
	g_once_init_leave(&once, 1);
}

struct diagnostics *diagnostics_new(const char *const *tops)
{
	struct diagnostics *d = g_new0(struct diagnostics, 1);

	compile_rows();
	d->tops = g_ptr_array_new_with_free_func(g_free);
	for (; *tops; tops++)
		g_ptr_array_add(d->tops, g_strdup(*tops));
	d->line = g_string_new(NULL);
	d->errors = g_ptr_array_new_with_free_func(
		(GDestroyNotify)diagnostic_free);
	d->warnings = g_ptr_array_new_with_free_func(
		(GDestroyNotify)diagnostic_free);
	d->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_queue_init(&d->tail);
	return d;
}

void diagnostics_free(struct diagnostics *d)
{
	if (!d)
		return;
	g_ptr_array_unref(d->tops);
	g_string_free(d->line, TRUE);
	g_ptr_array_unref(d->errors);
	g_ptr_array_unref(d->warnings);
	g_hash_table_unref(d->seen);
	diagnostic_free(d->likely);
	g_free(d->function);
	g_free(d->object);
	g_free(d->held);
	g_queue_clear_full(&d->tail, g_free);
	g_free(d);
}

/* Without "./", "a/../" and the tops; still absolute when outside them. */
static char *shown_path(const struct diagnostics *d, const char *path)
{
	g_autofree char *whole = g_canonicalize_filename(path, "/");
	bool absolute = path[0] == '/';

	for (guint i = 0; absolute && i < d->tops->len; i++) {
		const char *top = d->tops->pdata[i];
		gsize len = strlen(top);

		if (g_str_has_prefix(whole, top) && whole[len] == '/')
			return text_printable(whole + len + 1, -1);
	}
	return text_printable(absolute ? whole : whole + 1, -1);
}

/* The text with the tops taken off the paths in it. */
static GString *without_tops(const struct diagnostics *d, const char *text)
{
	GString *out = g_string_new(text);

	for (guint i = 0; i < d->tops->len; i++) {
		g_autofree char *slash = g_strconcat(d->tops->pdata[i], "/",
						     NULL);

		g_string_replace(out, slash, "", 0);
	}
	return out;
}

static char *shown_text(const struct diagnostics *d, const char *text)
{
	g_autoptr(GString) out = without_tops(d, text);

	return text_one_line(out->str, (gssize)out->len, TEXT_BYTES);
}

static guint match_number(GMatchInfo *match, const char *group)
{
	g_autofree char *text = g_match_info_fetch_named(match, group);
	guint64 n = text ? g_ascii_strtoull(text, NULL, 10) : 0;

	return n > G_MAXINT ? 0 : (guint)n;
}

/* The group's text, NULL when it did not take part. */
static char *match_text(GMatchInfo *match, const char *group)
{
	g_autofree char *text = g_match_info_fetch_named(match, group);

	return text && *text ? g_steal_pointer(&text) : NULL;
}

/*
 * "[-Wunused-variable]" at the end of the text becomes the type; where it was
 * made an error (gcc: [-Werror=x], clang: [-Werror,-Wx]) the option itself.
 */
static char *take_option(char *text)
{
	gsize len = strlen(text);
	char *open = strrchr(text, '[');
	const char *option;

	if (!open || open == text || !g_str_has_prefix(open, "[-W") ||
	    text[len - 1] != ']')
		return NULL;
	text[len - 1] = '\0';
	option = strrchr(open, ',');
	option = option ? option + 1 : open + 1;
	while (open > text && open[-1] == ' ')
		open--;
	*open = '\0';
	if (g_str_has_prefix(option, "-Werror="))
		return g_strdup_printf("-W%s", option + 8);
	return g_strdup(option);
}

static enum severity match_severity(GMatchInfo *match)
{
	g_autofree char *word = match_text(match, "sev");

	if (!word)
		word = match_text(match, "sev2");
	return word && g_ascii_strcasecmp(word, "warning") == 0
		       ? SEVERITY_WARNING
		       : SEVERITY_ERROR;
}

/* ld names the object's source without its folder: the object has that. */
static char *path_of_object(const struct diagnostics *d, const char *file)
{
	const char *dot = strrchr(file, '.');
	g_autofree char *object = NULL, *folder = NULL;

	if (!d->object || !dot || strchr(file, '/'))
		return g_strdup(file);
	object = g_strdup_printf("%.*s.o", (int)(dot - file), file);
	folder = g_path_get_dirname(d->object);
	if (!g_str_has_suffix(d->object, object) || strcmp(folder, ".") == 0)
		return g_strdup(file);
	return g_build_filename(folder, file, NULL);
}

/* The function that was told is one of another compiler's run. */
static bool is_other_source(const struct diagnostics *d, const char *path)
{
	g_autofree char *told = d->object ? shown_path(d, d->object) : NULL;

	return path && told && g_str_has_suffix(path, ".c") &&
	       g_str_has_suffix(told, ".c") && strcmp(path, told) != 0;
}

static struct diagnostic *make_diagnostic(const struct diagnostics *d,
					  const struct row *row,
					  GMatchInfo *match)
{
	struct diagnostic *made = g_new0(struct diagnostic, 1);
	g_autofree char *raw = match_text(match, "text");
	g_autofree char *file = match_text(match, "file");
	g_autofree char *text = shown_text(d, raw ? raw : "");
	g_autofree char *option = take_option(text);
	g_autofree char *at = file ? path_of_object(d, file) : NULL;
	g_autofree char *path = at ? shown_path(d, at) : NULL;

	if (row->type && g_str_has_suffix(text, " Stop."))
		text[strlen(text) - strlen(" Stop.")] = '\0';
	g_strchomp(text);
	made->finding = finding_new(match_severity(match), path,
				    match_number(match, "line"),
				    option ? option : row->type, text);
	made->finding->column = match_number(match, "col");
	if (d->function && !is_other_source(d, path))
		made->function = g_strdup(d->function);
	return made;
}

/* Whether it was not there yet and there is room for it. */
static bool is_new(struct diagnostics *d, const struct diagnostic *made)
{
	const struct finding *finding = made->finding;

	if (g_hash_table_size(d->seen) >= DIAGNOSTICS_MOST * 2)
		return false;
	return g_hash_table_add(
		d->seen, g_strdup_printf("%s:%u:%u:%d:%s|%s",
					 finding->file ? finding->file : "",
					 finding->line, finding->column,
					 (int)finding->severity, finding->text,
					 made->function ? made->function : ""));
}

static void keep_finding(struct diagnostics *d, struct diagnostic *made)
{
	GPtrArray *list = made->finding->severity == SEVERITY_ERROR
				  ? d->errors
				  : d->warnings;

	d->context_lines = 0;
	d->last = NULL;
	g_clear_pointer(&d->held, g_free);
	if (list->len >= DIAGNOSTICS_MOST || !is_new(d, made)) {
		diagnostic_free(made);
		return;
	}
	g_ptr_array_add(list, made);
	d->last = made;
}

/* Of two likely lines the one of the earlier row, of one row the first. */
static void keep_likely(struct diagnostics *d, struct diagnostic *made,
			gsize row)
{
	made->finding->severity = SEVERITY_ERROR;
	d->last = NULL;
	if (d->likely && d->likely_row <= row) {
		diagnostic_free(made);
		return;
	}
	diagnostic_free(d->likely);
	d->likely = made;
	d->likely_row = row;
}

static void place_last(struct diagnostics *d, GMatchInfo *match)
{
	g_autofree char *file = match_text(match, "file");

	if (!d->last || d->last->finding->file || !file)
		return;
	d->last->finding->file = shown_path(d, file);
	d->last->finding->line = match_number(match, "line");
	d->last->finding->column = match_number(match, "col");
}

static void take_function(struct diagnostics *d, GMatchInfo *match)
{
	g_free(d->function);
	g_free(d->object);
	d->function = match_text(match, "func");
	d->object = match_text(match, "file");
	d->last = NULL;
}

/* "  CC      kernel/sys.o": what comes next is of another file. */
static bool is_step(const char *line)
{
	return g_str_has_prefix(line, "  ") && g_ascii_isupper(line[2]) &&
	       g_ascii_isupper(line[3]);
}

static void forget_function(struct diagnostics *d)
{
	g_clear_pointer(&d->function, g_free);
	g_clear_pointer(&d->object, g_free);
	d->last = NULL;
}

static bool is_caret(const char *line)
{
	return strchr(line, '^') && strspn(line, " \t~^") == strlen(line);
}

static void append_context(struct diagnostics *d, const char *line)
{
	struct finding *finding = d->last->finding;
	g_autoptr(GString) text = without_tops(d, line);
	g_autofree char *shown = text_printable(text->str,
						(gssize)MIN(text->len, 200));
	g_autofree char *before = finding->context;

	d->context_lines++;
	finding->context = before ? g_strjoin("\n", before, shown, NULL)
				  : g_steal_pointer(&shown);
}

/* Clang shows a source line as it is: the caret below tells that it was one. */
static void hold_line(struct diagnostics *d, const char *line)
{
	bool first = !d->held && d->context_lines == 0;

	g_clear_pointer(&d->held, g_free);
	if (first)
		d->held = g_strdup(line);
	else
		d->last = NULL;
}

/* What a compiler shows under a finding: source, caret, notes. */
static void add_context(struct diagnostics *d, const char *line)
{
	if (!d->last || d->context_lines >= CONTEXT_LINES)
		return;
	if (*line != ' ' && *line != '\t' && !strstr(line, ": note: ")) {
		hold_line(d, line);
		return;
	}
	if (is_caret(line) && d->held) {
		g_autofree char *source = g_steal_pointer(&d->held);

		append_context(d, source);
	}
	append_context(d, line);
}

static void use_row(struct diagnostics *d, gsize i, GMatchInfo *match)
{
	switch (rows[i].kind) {
	case FINDING:
		keep_finding(d, make_diagnostic(d, &rows[i], match));
		break;
	case LIKELY:
		keep_likely(d, make_diagnostic(d, &rows[i], match), i);
		break;
	case PLACE:
		place_last(d, match);
		break;
	case FUNCTION:
		take_function(d, match);
		break;
	case NONE:
		d->last = NULL;
		break;
	}
}

static void keep_tail(struct diagnostics *d, const char *line)
{
	if (!*line)
		return;
	g_queue_push_tail(&d->tail, g_strdup(line));
	if (d->tail.length > LAST_LINES)
		g_free(g_queue_pop_head(&d->tail));
}

static void read_line(struct diagnostics *d, char *line)
{
	g_strchomp(line);
	keep_tail(d, line);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GMatchInfo) match = NULL;

		if (!strstr(line, rows[i].needle) || strstr(line, ": note: "))
			continue;
		if (g_regex_match(compiled[i], line, 0, &match)) {
			use_row(d, i, match);
			return;
		}
	}
	if (is_step(line))
		forget_function(d);
	else
		add_context(d, line);
}

static void end_line(struct diagnostics *d)
{
	for (gsize i = 0; i < d->line->len; i++) {
		if (d->line->str[i] == '\0')
			d->line->str[i] = ' ';
	}
	read_line(d, d->line->str);
	g_string_truncate(d->line, 0);
}

void diagnostics_feed(struct diagnostics *d, const char *data, gsize len)
{
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		gsize part = end ? (gsize)(end - data) : len;
		gsize room = DIAGNOSTICS_LINE_BYTES - d->line->len;

		g_string_append_len(d->line, data, (gssize)MIN(part, room));
		if (!end)
			return;
		end_line(d);
		data = end + 1;
		len -= part + 1;
	}
}

/* A log that says nothing we know: its last line, with those before it. */
static struct diagnostic *last_lines(struct diagnostics *d)
{
	struct diagnostic *made = g_new0(struct diagnostic, 1);
	g_autoptr(GString) lines = g_string_new(NULL);
	const char *last = g_queue_peek_tail(&d->tail);
	g_autofree char *text = shown_text(
		d, last ? last : "it failed and said nothing");

	for (GList *l = d->tail.head; l; l = l->next) {
		g_autofree char *shown = text_printable(l->data, -1);

		g_string_append_printf(lines, "%s%s", lines->len ? "\n" : "",
				       shown);
	}
	made->finding = finding_new(SEVERITY_ERROR, NULL, 0, NULL, text);
	if (lines->len)
		made->finding->context = g_string_free(g_steal_pointer(&lines),
						       FALSE);
	return made;
}

GPtrArray *diagnostics_finish(struct diagnostics *d, bool failed)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(
		(GDestroyNotify)diagnostic_free);

	if (d->line->len)
		end_line(d);
	g_ptr_array_extend_and_steal(all, g_steal_pointer(&d->errors));
	if (failed && all->len == 0)
		g_ptr_array_add(all, d->likely ? g_steal_pointer(&d->likely)
					       : last_lines(d));
	g_ptr_array_extend_and_steal(all, g_steal_pointer(&d->warnings));
	d->errors = g_ptr_array_new_with_free_func(
		(GDestroyNotify)diagnostic_free);
	d->warnings = g_ptr_array_new_with_free_func(
		(GDestroyNotify)diagnostic_free);
	d->last = NULL;
	return all;
}
