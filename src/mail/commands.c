/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command stands at the start of its line, so a quoted one is never seen. It
 * remains to find where the sender's text ends: at the signature, or where the
 * mail program put the original below without quoting it.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "config/cfg.h"
#include "mail/commands.h"
#include "mail/mail-internal.h"

#define DASHES_LEAST 5
#define UNDERSCORES_LEAST 10
#define ATTRIBUTION_LINES 3
#define LINE_BYTES 1000

static const char prefix[] = "reroll";

static const struct {
	const char *name;
	bool wants_ref;
} verbs[] = {
	[MAIL_COMMAND_RETEST] = {"retest", false},
	[MAIL_COMMAND_CANCEL] = {"cancel", false},
	[MAIL_COMMAND_BASE] = {"base", true},
	[MAIL_COMMAND_STATUS] = {"status", false},
};

struct line {
	const char *text;
	gsize len; /* without blanks at either end */
};

static void mail_command_free(gpointer data)
{
	struct mail_command *command = data;

	g_free(command->ref);
	g_free(command);
}

static struct mail_commands *mail_commands_new(void)
{
	struct mail_commands *list = g_new(struct mail_commands, 1);

	list->commands = g_ptr_array_new_with_free_func(mail_command_free);
	list->problems = g_ptr_array_new_with_free_func(g_free);
	return list;
}

void mail_commands_free(struct mail_commands *list)
{
	if (!list)
		return;
	g_ptr_array_unref(list->commands);
	g_ptr_array_unref(list->problems);
	g_free(list);
}

const char *mail_command_name(enum mail_command_kind kind)
{
	return verbs[kind].name;
}

G_GNUC_PRINTF(2, 3)
static void add_problem(struct mail_commands *list, const char *format, ...)
{
	va_list args;

	if (list->problems->len == MAIL_COMMANDS_MOST)
		return;
	va_start(args, format);
	g_ptr_array_add(list->problems, g_strdup_vprintf(format, args));
	va_end(args);
}

static bool next_line(const char **at, const char *end, struct line *line)
{
	const char *newline, *stop;

	if (*at == end)
		return false;
	newline = memchr(*at, '\n', (gsize)(end - *at));
	stop = newline ? newline : end;
	while (*at < stop && mail_is_blank(**at))
		++*at;
	line->text = *at;
	*at = newline ? newline + 1 : end;
	while (stop > line->text && mail_is_blank(stop[-1]))
		stop--;
	line->len = (gsize)(stop - line->text);
	return true;
}

static gsize run_of(struct line line, char c)
{
	gsize len = 0;

	while (len < line.len && line.text[len] == c)
		len++;
	return len;
}

static bool ends_with(struct line line, const char *word)
{
	gsize len = strlen(word);

	return line.len >= len &&
	       g_ascii_strncasecmp(line.text + line.len - len, word, len) == 0;
}

static bool starts_with(struct line line, const char *word)
{
	gsize len = strlen(word);

	return line.len >= len &&
	       g_ascii_strncasecmp(line.text, word, len) == 0;
}

/* "-- ", "-----Original Message-----" in any language, "__________". */
static bool ends_text(struct line line)
{
	if (line.len == 2 && run_of(line, '-') == 2)
		return true;
	if (run_of(line, '-') >= DASHES_LEAST && ends_with(line, "-----"))
		return true;
	return line.len >= UNDERSCORES_LEAST && run_of(line, '_') == line.len;
}

/* "On ... wrote:" and its like begin with the one and end with the other. */
static const struct {
	const char *start, *end;
} attributions[] = {
	{"On ", "wrote:"},	     {"Le ", "crit :"},
	{"Le ", "crit\xc2\xa0:"},    {"Am ", "schrieb:"},
	{"El ", "escribi\xc3\xb3:"}, {"Il ", "ha scritto:"},
};

/* Whether one starts on `line`, over some lines; `at` is behind it then. */
static bool is_attribution(struct line line, const char **at, const char *end)
{
	for (gsize i = 0; i < G_N_ELEMENTS(attributions); i++) {
		const char *next = *at;
		struct line last = line;
		guint lines = 0;

		if (!starts_with(line, attributions[i].start))
			continue;
		do {
			if (ends_with(last, attributions[i].end)) {
				*at = next;
				return true;
			}
		} while (++lines < ATTRIBUTION_LINES && last.len &&
			 next_line(&next, end, &last));
	}
	return false;
}

/* Whether the next line that is not empty is quoted. */
static bool is_quoted_next(const char *at, const char *end)
{
	struct line line;

	while (next_line(&at, end, &line)) {
		if (line.len)
			return *line.text == '>';
	}
	return false;
}

/* The header block that some programs put over an original. */
static bool is_original(struct line line, const char *at, const char *end)
{
	static const char *const fields[] = {
		"Sent:", "Date:", "To:", "Subject:"};
	struct line next;

	if (!starts_with(line, "From:") || !next_line(&at, end, &next))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (starts_with(next, fields[i]))
			return true;
	}
	return false;
}

/* What stands behind "reroll:"; NULL for any other line. */
static char *command_text(struct line line)
{
	const char *at = line.text, *end = at + line.len;

	if (!starts_with(line, prefix))
		return NULL;
	at += strlen(prefix);
	while (at < end && mail_is_blank(*at))
		at++;
	if (at == end || *at != ':')
		return NULL;
	return text_one_line(at + 1, end - at - 1, LINE_BYTES);
}

static void tell_unknown(struct mail_commands *list, const char *word)
{
	const char *names[G_N_ELEMENTS(verbs) + 1] = {NULL};
	g_autofree char *lower = g_ascii_strdown(word, -1);
	g_autofree char *quoted = text_quote(word, -1);
	const char *near;

	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
		names[i] = verbs[i].name;
	near = text_nearest(lower, names);
	if (near)
		add_problem(list, "%s is no command, did you mean \"%s\"?",
			    quoted, near);
	else
		add_problem(list,
			    "%s is no command, the commands are retest, "
			    "cancel, base REF and status",
			    quoted);
}

static bool is_ref(const char *text)
{
	if (strlen(text) >= MAIL_COMMAND_REF_BYTES || expect_base(text))
		return false;
	for (; *text; text++) {
		if ((guchar)*text <= ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static void add_command(struct mail_commands *list, enum mail_command_kind kind,
			const char *ref)
{
	struct mail_command *command;

	if (list->commands->len == MAIL_COMMANDS_MOST) {
		add_problem(list, "only the first %d commands of a mail count",
			    MAIL_COMMANDS_MOST);
		return;
	}
	command = g_new(struct mail_command, 1);
	command->kind = kind;
	command->ref = g_strdup(ref);
	g_ptr_array_add(list->commands, command);
}

/* A known verb with what stands behind it. */
static void read_verb(struct mail_commands *list, enum mail_command_kind kind,
		      const char *rest)
{
	g_autofree char *quoted = text_quote(rest, -1);

	if (!verbs[kind].wants_ref && *rest)
		add_problem(list, "%s stands alone, found %s behind it",
			    verbs[kind].name, quoted);
	else if (verbs[kind].wants_ref && !*rest)
		add_problem(list,
			    "%s wants a tree, a tree/ref or a commit id "
			    "behind it",
			    verbs[kind].name);
	else if (verbs[kind].wants_ref && !is_ref(rest))
		add_problem(list,
			    "%s wants a tree, a tree/ref or a commit id, "
			    "found %s",
			    verbs[kind].name, quoted);
	else
		add_command(list, kind, *rest ? rest : NULL);
}

static void read_command(struct mail_commands *list, char *text)
{
	gsize len;
	char *rest;

	g_strstrip(text);
	len = strcspn(text, " ");
	rest = text + len + (text[len] == ' ');
	text[len] = '\0';
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (g_ascii_strcasecmp(text, verbs[i].name) == 0) {
			read_verb(list, (enum mail_command_kind)i, rest);
			return;
		}
	}
	tell_unknown(list, text);
}

static void read_lines(struct mail_commands *list, const char *at,
		       const char *end)
{
	struct line line;

	while (next_line(&at, end, &line) && !ends_text(line)) {
		g_autofree char *text = command_text(line);

		if (text)
			read_command(list, text);
		else if (is_original(line, at, end) ||
			 (is_attribution(line, &at, end) &&
			  !is_quoted_next(at, end)))
			break;
	}
}

struct mail_commands *mail_commands_read(const struct message *message)
{
	struct mail_commands *list = mail_commands_new();
	const char *text = g_bytes_get_data(message->log, NULL);

	if (message->kind == MESSAGE_REPLY && !message->automatic &&
	    !message->ours && text)
		read_lines(list, text, text + message->own_bytes);
	return list;
}
