// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TAP 12 to 14 and KTAP. Subtests are told by their indentation alone, which
 * may be blanks or, as kselftest's runner has it, "# " before each line: levels
 * are kept on a stack by their width. The result line under a group of deeper
 * ones names that group; of a group only its cases count, unless it failed
 * though none of them did.
 *
 * While reading, the names of the groups that a case is in stand in its `set`,
 * the outermost first, parted by PART; at the end the first becomes the suite.
 */
#include <string.h>

#include "base/base.h"
#include "lab/results-internal.h"

#define DEPTH_MOST 32
#define PART '\x1f'
#define PARTS "\x1f"
#define KSELFTEST "selftests: "

struct level {
	guint width;
	bool has_plan;
	guint64 plan, seen;
	guint first; /* of its cases */
	char *name;  /* told before its results; or NULL */
	bool subtest;
};

struct tap {
	struct reading *reading;
	struct level levels[DEPTH_MOST];
	guint depth; /* levels that are open */
	char *name;  /* of the group that will come; or NULL */
	guint name_width;
	bool any, over;
	bool in_yaml; /* a block that belongs to a result */
	guint yaml_width;
};

enum line_kind { LINE_OTHER, LINE_VERSION, LINE_PLAN, LINE_RESULT, LINE_BAIL };

/* A line without what stands before it. */
struct tap_line {
	enum line_kind kind;
	guint width;
	const char *text;
	gsize len;
};

static bool starts(const char *text, gsize len, const char *word)
{
	gsize n = strlen(word);

	return len >= n && memcmp(text, word, n) == 0;
}

static bool ends_word(const char *text, gsize len, gsize at)
{
	return at >= len || text[at] == ' ' || text[at] == '\t';
}

static enum line_kind kind_of(const char *text, gsize len)
{
	if (starts(text, len, "TAP version ") ||
	    starts(text, len, "KTAP version "))
		return LINE_VERSION;
	if (starts(text, len, "1..") && len > 3 && g_ascii_isdigit(text[3]))
		return LINE_PLAN;
	if (starts(text, len, "Bail out!"))
		return LINE_BAIL;
	if ((starts(text, len, "ok") && ends_word(text, len, 2)) ||
	    (starts(text, len, "not ok") && ends_word(text, len, 6)))
		return LINE_RESULT;
	return LINE_OTHER;
}

/* "[    1.234567] " and "[    1.234567][    T1] ", as the kernel prints it. */
static void skip_time(const char **text, gsize *len)
{
	gsize at = 0;

	while (at < *len && (*text)[at] == '[') {
		gsize in = at + 1;

		while (in < *len && strchr(" .0123456789TC", (*text)[in]) &&
		       (*text)[in])
			in++;
		if (in >= *len || (*text)[in] != ']')
			return;
		at = in + 1;
	}
	if (at == 0 || at >= *len || (*text)[at] != ' ')
		return;
	*text += at + 1;
	*len -= at + 1;
}

static struct tap_line look(const char *text, gsize len)
{
	struct tap_line line = {.kind = LINE_OTHER};
	gsize at = 0, blanks = 0;

	skip_time(&text, &len);
	while (at < len && (text[at] == ' ' || text[at] == '#'))
		at++;
	while (blanks < len && text[blanks] == ' ')
		blanks++;
	/* "#ok" is a remark. */
	if (at == 0 || text[at - 1] == ' ')
		line.kind = kind_of(text + at, len - at);
	if (line.kind == LINE_OTHER)
		at = blanks;
	line.width = (guint)MIN(at, 10000);
	line.text = text + at;
	line.len = len - at;
	return line;
}

static struct level *top(struct tap *tap)
{
	return &tap->levels[tap->depth - 1];
}

static bool add_missing(struct tap *tap, const char *name, GError **error)
{
	struct test_case *test = reading_add(tap->reading, NULL, name,
					     TEST_UNKNOWN, error);

	if (test)
		test->missing = true;
	return test;
}

/* What the plan of a level promised and did not come. */
static bool tell_missing(struct tap *tap, const struct level *level,
			 GError **error)
{
	for (guint64 i = level->seen; level->has_plan && i < level->plan; i++) {
		g_autofree char *name = g_strdup_printf(
			"test %" G_GUINT64_FORMAT, i + 1);

		if (!add_missing(tap, name, error))
			return false;
	}
	return true;
}

/* Put the cases from `first` on into a group. */
static void put_into(struct tap *tap, guint first, const char *group)
{
	const GPtrArray *cases = tap->reading->cases;

	for (guint i = first; i < cases->len; i++) {
		struct test_case *test = cases->pdata[i];
		char *set = test->set;

		test->set = set ? g_strconcat(group, PARTS, set, NULL)
				: g_strdup(group);
		g_free(set);
	}
}

/* Close the innermost level, which no result line speaks of. */
static bool close_orphan(struct tap *tap, GError **error)
{
	struct level *level = top(tap);
	g_autofree char *name = g_steal_pointer(&level->name);

	if (!tell_missing(tap, level, error))
		return false;
	tap->depth--;
	if (name && tap->depth > 0) {
		put_into(tap, level->first, name);
		top(tap)->seen++;
		return add_missing(tap, name, error);
	}
	if (name)
		put_into(tap, level->first, name);
	return true;
}

static bool push(struct tap *tap, guint width, GError **error)
{
	struct level *level = &tap->levels[tap->depth];

	if (tap->depth == DEPTH_MOST)
		return reading_refuse(tap->reading, tap->reading->line, error,
				      "found more than %d levels of subtests, "
				      "expected fewer",
				      DEPTH_MOST);
	*level = (struct level){.width = width,
				.first = tap->reading->cases->len};
	tap->depth++;
	return true;
}

/*
 * Go to the level of a line. A group that ends here is left open, on top, when
 * `keep` is set: the line is its result.
 */
static bool go_to(struct tap *tap, guint width, bool keep, GError **error)
{
	while (tap->depth > 1 && top(tap)->width > width) {
		if (keep && tap->levels[tap->depth - 2].width <= width)
			break;
		if (!close_orphan(tap, error))
			return false;
	}
	if (top(tap)->width < width && !push(tap, width, error))
		return false;
	if (tap->name && top(tap)->seen == 0 && !top(tap)->name &&
	    top(tap)->width == width && width >= tap->name_width)
		top(tap)->name = g_steal_pointer(&tap->name);
	return true;
}

/* The text up to a # that begins a directive, and that directive. */
static char *cut_directive(const char *text, gsize len, const char **directive)
{
	GString *name = g_string_new(NULL);

	*directive = NULL;
	for (gsize i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len &&
		    (text[i + 1] == '#' || text[i + 1] == '\\')) {
			g_string_append_c(name, text[++i]);
			continue;
		}
		if (text[i] == '#' && (i == 0 || text[i - 1] == ' ') &&
		    (i + 1 == len || !g_ascii_isdigit(text[i + 1]))) {
			*directive = text + i + 1;
			break;
		}
		g_string_append_c(name, text[i]);
	}
	g_strstrip(name->str);
	return g_string_free(name, FALSE);
}

struct tap_result {
	char *name;
	enum test_verdict verdict;
};

static bool is_directive(const char *text, gsize len, const char *word)
{
	gsize n = strlen(word);

	return len >= n && g_ascii_strncasecmp(text, word, n) == 0 &&
	       (len == n || !g_ascii_isalpha(text[n]));
}

/*
 * What a directive makes of a result. A test that is to fail and does is no
 * failure, nor does it show that anything works.
 */
static enum test_verdict judge(bool ok, const char *directive, gsize len)
{
	if (is_directive(directive, len, "SKIP") ||
	    is_directive(directive, len, "SKIPPED") ||
	    is_directive(directive, len, "XFAIL"))
		return TEST_SKIP;
	if (is_directive(directive, len, "TODO") && !ok)
		return TEST_SKIP;
	if (is_directive(directive, len, "TIMEOUT") ||
	    is_directive(directive, len, "ERROR"))
		return TEST_FAIL;
	return ok ? TEST_PASS : TEST_FAIL;
}

/* "ok 3 - name # SKIP why"; kselftest's SKIP has the name after it. */
static struct tap_result read_result(const struct tap_line *line)
{
	const char *text = line->text, *end = text + line->len, *directive;
	bool ok = *text == 'o';
	struct tap_result result;
	gsize left;

	text += ok ? 2 : 6;
	while (text < end && *text == ' ')
		text++;
	while (text < end && g_ascii_isdigit(*text))
		text++;
	while (text < end && *text == ' ')
		text++;
	if (end - text > 1 && text[0] == '-' && text[1] == ' ')
		text += 2;
	result.name = cut_directive(text, (gsize)(end - text), &directive);
	while (directive && directive < end && *directive == ' ')
		directive++;
	left = directive ? (gsize)(end - directive) : 0;
	result.verdict = judge(ok, directive ? directive : "", left);
	if (!*result.name && directive) {
		const char *blank = memchr(directive, ' ', left);

		g_free(result.name);
		result.name = blank ? g_strndup(blank + 1,
						(gsize)(end - blank - 1))
				    : g_strdup("");
	}
	return result;
}

/* "selftests: net: tls.sh" is tls.sh of net. */
static char *group_name(const char *text)
{
	g_autofree char *line = results_text(text);
	char *colon;

	if (!line || !g_str_has_prefix(line, KSELFTEST))
		return g_strdup(line ? line : "unnamed");
	colon = strstr(line + strlen(KSELFTEST), ": ");
	if (!colon)
		return g_strdup(line + strlen(KSELFTEST));
	*colon = PART;
	memmove(colon + 1, colon + 2, strlen(colon + 2) + 1);
	return g_strdup(line + strlen(KSELFTEST));
}

static bool any_failed(const GPtrArray *cases, guint from)
{
	for (guint i = from; i < cases->len; i++) {
		const struct test_case *test = cases->pdata[i];

		if (test->verdict == TEST_FAIL || test->missing)
			return true;
	}
	return false;
}

/* The case of a result line itself, in the set of its own name's groups. */
static bool add_case(struct tap *tap, const struct tap_result *result,
		     GError **error)
{
	g_autofree char *name = group_name(result->name);
	char *last = strrchr(name, PART);
	struct test_case *test = reading_add(tap->reading, NULL,
					     last ? last + 1 : name,
					     result->verdict, error);

	if (!test)
		return false;
	test->log_first = test->log_last = tap->reading->line;
	if (last)
		test->set = g_strndup(name, (gsize)(last - name));
	return true;
}

/* A result line under a group of deeper ones. */
static bool close_group(struct tap *tap, const struct tap_result *result,
			GError **error)
{
	struct level *level = top(tap);
	const GPtrArray *cases = tap->reading->cases;
	g_autofree char *told = g_steal_pointer(&level->name);
	g_autofree char *name = NULL;
	guint first = level->first;
	bool own;

	if (!tell_missing(tap, level, error))
		return false;
	tap->depth--;
	name = group_name(!*result->name && told ? told : result->name);
	own = cases->len == first ||
	      (result->verdict == TEST_FAIL && !any_failed(cases, first));
	put_into(tap, first, name);
	return !own || add_case(tap, result, error);
}

static bool take_result(struct tap *tap, const struct tap_line *line,
			GError **error)
{
	struct tap_result result = read_result(line);
	bool ok;

	if (top(tap)->width > line->width)
		ok = close_group(tap, &result, error);
	else
		ok = add_case(tap, &result, error);
	top(tap)->seen++;
	g_free(result.name);
	return ok;
}

static bool take_plan(struct tap *tap, const struct tap_line *line,
		      GError **error)
{
	struct level *level = top(tap);
	guint64 plan = g_ascii_strtoull(line->text + 3, NULL, 10);
	struct test_case *test;

	if (plan > RESULTS_CASES)
		return reading_refuse(tap->reading, tap->reading->line, error,
				      "found a plan of more than %d tests, "
				      "expected fewer",
				      RESULTS_CASES);
	level->has_plan = true;
	level->plan = plan;
	if (plan > 0 || tap->depth > 1)
		return true;
	test = reading_add(tap->reading, NULL, "all", TEST_SKIP, error);
	return test;
}

/* A version begins a group; so the one before it, if any, has ended. */
static bool take_version(struct tap *tap, guint width, GError **error)
{
	if (top(tap)->seen == 0 && !top(tap)->has_plan)
		return true;
	return close_orphan(tap, error) && push(tap, width, error);
}

static bool take_bail(struct tap *tap, const struct tap_line *line,
		      GError **error)
{
	g_autofree char *text = g_strndup(line->text, line->len);

	tap->over = true;
	return reading_add(tap->reading, NULL, text, TEST_FAIL, error);
}

static bool take(struct tap *tap, const struct tap_line *line, GError **error)
{
	tap->any = true;
	if (!go_to(tap, line->width, line->kind == LINE_RESULT, error))
		return false;
	switch (line->kind) {
	case LINE_VERSION:
		return take_version(tap, line->width, error);
	case LINE_PLAN:
		return take_plan(tap, line, error);
	case LINE_BAIL:
		return take_bail(tap, line, error);
	default:
		return take_result(tap, line, error);
	}
}

/* A remark that says how the next group is called. */
static void take_remark(struct tap *tap, const struct tap_line *line)
{
	static const char sign[] = "# Subtest: ";
	g_autofree char *text = NULL;

	if (!starts(line->text, line->len, sign))
		return;
	text = g_strndup(line->text + strlen(sign), line->len - strlen(sign));
	g_free(tap->name);
	tap->name = group_name(text);
	tap->name_width = line->width;
}

/* Whether the line belongs to a block of YAML under a result. */
static bool is_yaml(struct tap *tap, const struct tap_line *line)
{
	if (tap->in_yaml) {
		tap->in_yaml = line->len == 0 || line->width >= tap->yaml_width;
		if (tap->in_yaml && starts(line->text, line->len, "...")) {
			tap->in_yaml = false;
			return true;
		}
		return tap->in_yaml;
	}
	if (line->width == 0 || !starts(line->text, line->len, "---") ||
	    line->len != 3)
		return false;
	tap->in_yaml = true;
	tap->yaml_width = line->width;
	return true;
}

/* The outermost group is the suite, those in it are the set. */
static void name_suites(GPtrArray *cases)
{
	for (guint i = 0; i < cases->len; i++) {
		struct test_case *test = cases->pdata[i];
		g_autofree char *path = g_steal_pointer(&test->set);
		char *part = path ? strchr(path, PART) : NULL;

		if (!path)
			continue;
		g_free(test->suite);
		test->suite = g_strndup(path, part ? (gsize)(part - path)
						   : strlen(path));
		if (!part)
			continue;
		g_strdelimit(part, PARTS, '/');
		test->set = results_text(part + 1);
	}
}

static bool read_lines(struct tap *tap, GError **error)
{
	const char *text;
	gsize len;

	if (!push(tap, 0, error))
		return false;
	while (!tap->over && reading_next_line(tap->reading, &text, &len)) {
		struct tap_line line = look(text, len);

		if (is_yaml(tap, &line))
			continue;
		if (line.kind == LINE_OTHER)
			take_remark(tap, &line);
		else if (!take(tap, &line, error))
			return false;
	}
	while (tap->depth > 0) {
		if (!close_orphan(tap, error))
			return false;
	}
	return tap->any ||
	       reading_refuse(tap->reading, 1, error,
			      "found no result of a test, expected TAP: "
			      "\"ok 1 name\"");
}

bool results_read_tap(struct reading *reading, GError **error)
{
	g_autofree struct tap *tap = g_new0(struct tap, 1);
	bool ok;

	tap->reading = reading;
	ok = read_lines(tap, error);
	for (guint i = 0; i < tap->depth; i++)
		g_free(tap->levels[i].name);
	g_free(tap->name);
	if (ok)
		name_suites(reading->cases);
	return ok;
}
