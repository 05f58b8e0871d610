/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signs that a mail program has changed a patch on its way, and what to tell
 * its author. A hunk says in its first line how many lines it has, so lines
 * that are no diff lines before it is complete were broken by somebody. Clean
 * patches must stay clean: where a sign could be the file's own style, all of
 * the patch has to bear it.
 */
#include <config.h>
#include <string.h>

#include "mail/mail-internal.h"

#define WRAP_COLUMN 50
#define TAB_COLUMNS 8
#define TAB_LINES 3
#define FOOTER_BYTES 20

static const struct {
	enum mailer_damage bit;
	const char *name;
	const char *advice;
} damages[] = {
	{DAMAGE_WRAPPED, "wrapped",
	 "Your mail program broke long lines of the patch in two; send the "
	 "patch with git send-email, which never does"},
	{DAMAGE_HTML, "html",
	 "The patch came as HTML, which mailing lists refuse; send plain text "
	 "with git send-email"},
	{DAMAGE_TABS, "tabs",
	 "The tabs of the patch became blanks, as happens when it is pasted "
	 "into a mail; send the file with git send-email instead"},
	{DAMAGE_CRLF, "crlf",
	 "The lines of the patch end as on DOS (CR LF) inside the mail; send "
	 "it with git send-email, and see that core.autocrlf did not change "
	 "your files"},
	{DAMAGE_FOOTER, "footer",
	 "A mailing list glued its footer to the patch; end the patch with a "
	 "signature (git format-patch adds one) and send it as plain text with "
	 "git send-email"},
	{DAMAGE_QP, "quoted-printable",
	 "The patch is full of \"=3D\" and \"=20\": it was encoded as "
	 "quoted-printable twice, or without saying so; send the file as it "
	 "is with git send-email"},
	{DAMAGE_FLOWED, "flowed",
	 "The mail is format=flowed, which loses blanks at line ends; turn "
	 "that off in your mail program, or use git send-email"},
	{DAMAGE_LEADING_BLANK, "leading-blank",
	 "Lines of the patch lost the blank at their start, as happens when "
	 "it is pasted into a mail; send the file with git send-email instead"},
	{DAMAGE_NBSP, "nbsp",
	 "Blanks of the patch became no-break spaces, as happens when it is "
	 "copied from a web page; send the file with git send-email instead"},
};

GPtrArray *damage_names(guint damage)
{
	GPtrArray *names = g_ptr_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
		if (damage & damages[i].bit)
			g_ptr_array_add(names,
					(gpointer)(gsize)damages[i].name);
	}
	return names;
}

const char *damage_advice(enum mailer_damage bit)
{
	for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
		if (damages[i].bit == bit)
			return damages[i].advice;
	}
	return "";
}

struct scan {
	guint damage;
	guint old_left, new_left; /* lines that the hunk still lacks */
	bool in_diff, signature, names;
	bool was_long;	      /* the line before could have been wrapped */
	bool diff_cut;	      /* a "diff --git" line with one path only */
	guint tabs, indented; /* lines with a tab; with blanks in their place */
	bool other_indent;    /* an indent that no tab would give */
	guint escapes, equals; /* "=3D", and "=" that is no escape */
};

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (gsize)(end - at));

	return newline ? newline : end;
}

bool damage_has_diff(const char *patch, gsize len)
{
	static const char *const starts[] = {"--- ", "+++ ", "@@ "};
	const char *end = patch + len;
	gsize seen = 0;

	while (patch < end) {
		const char *stop = line_end(patch, end);
		gsize left = (gsize)(stop - patch);

		if (mail_starts_with(patch, left, "diff --git "))
			return true;
		if (!mail_starts_with(patch, left, starts[seen]))
			seen = 0;
		if (mail_starts_with(patch, left, starts[seen]) &&
		    ++seen == G_N_ELEMENTS(starts))
			return true;
		patch = stop < end ? stop + 1 : end;
	}
	return false;
}

/* "12,3": the count after the comma, 1 without one. False: no range. */
static bool take_range(const char **at, char sign, guint *count)
{
	char *end;

	if (**at != sign || !g_ascii_isdigit((*at)[1]))
		return false;
	g_ascii_strtoull(*at + 1, &end, 10);
	*count = 1;
	if (*end == ',') {
		guint64 many = g_ascii_strtoull(end + 1, &end, 10);

		*count = (guint)MIN(many, G_MAXINT);
	}
	*at = end;
	return true;
}

static bool take_hunk_header(struct scan *scan, const char *line, gsize len)
{
	char head[80];
	bool dos = len && line[len - 1] == '\r';
	const char *at = head + 3;

	if (!mail_starts_with(line, len, "@@ -"))
		return false;
	len = MIN(len, sizeof(head) - 1);
	memcpy(head, line, len);
	head[len] = '\0';
	if (!take_range(&at, '-', &scan->old_left) || *at++ != ' ' ||
	    !take_range(&at, '+', &scan->new_left) ||
	    !g_str_has_prefix(at, " @@")) {
		scan->old_left = scan->new_left = 0;
		return false;
	}
	if (dos)
		scan->damage |= DAMAGE_CRLF;
	return true;
}

static void count_escapes(struct scan *scan, const char *line, gsize len)
{
	const char *end = line + len;

	while ((line = memchr(line, '=', (gsize)(end - line)))) {
		bool escape = end - line > 2 && g_ascii_isxdigit(line[1]) &&
			      g_ascii_isxdigit(line[2]);

		scan->escapes += escape;
		scan->equals += !escape && line + 1 < end;
		line++;
	}
}

/* How a diff line is indented, its first column left out. */
static void look_at_indent(struct scan *scan, const char *text, gsize len)
{
	gsize blanks = 0;

	while (blanks < len && text[blanks] == ' ')
		blanks++;
	if (mail_starts_with(text + blanks, len - blanks, "\xc2\xa0"))
		scan->damage |= DAMAGE_NBSP;
	scan->tabs += memchr(text, '\t', len) != NULL;
	if (!blanks || blanks == len)
		return;
	if (blanks % TAB_COLUMNS == 0)
		scan->indented++;
	else
		scan->other_indent = true;
}

static guint less(guint count)
{
	return count ? count - 1 : 0;
}

/* A line inside a hunk that starts with none of " +-\\": who broke it? */
static void look_at_broken(struct scan *scan, const char *line, gsize len)
{
	if (mail_starts_with(line, len, "\xc2\xa0")) {
		scan->damage |= DAMAGE_NBSP;
	} else if (len >= FOOTER_BYTES && strspn(line, "_") >= FOOTER_BYTES) {
		scan->damage |= DAMAGE_FOOTER;
		scan->old_left = scan->new_left = 0;
		return;
	} else if (scan->was_long && *line != '\t') {
		scan->damage |= DAMAGE_WRAPPED;
		return;
	} else {
		scan->damage |= DAMAGE_LEADING_BLANK;
		scan->tabs += *line == '\t';
	}
	scan->old_left = less(scan->old_left);
	scan->new_left = less(scan->new_left);
}

static void look_at_hunk_line(struct scan *scan, const char *line, gsize len)
{
	char mark = len ? *line : ' ';

	count_escapes(scan, line, len);
	if (mark == '\\')
		return;
	if (!strchr(" +-\r", mark) || !mark) {
		look_at_broken(scan, line, len);
	} else {
		if (len)
			look_at_indent(scan, line + 1, len - 1);
		if (mark != '+')
			scan->old_left = less(scan->old_left);
		if (mark != '-')
			scan->new_left = less(scan->new_left);
	}
	scan->was_long = len >= WRAP_COLUMN;
}

/* Between hunks: headers of files, the signature, what a list has added. */
static void look_at_other(struct scan *scan, const char *line, gsize len)
{
	bool git = mail_starts_with(line, len, "diff --git ");

	if (scan->diff_cut && mail_starts_with(line, len, "b/"))
		scan->damage |= DAMAGE_WRAPPED;
	scan->diff_cut = git && !g_strstr_len(line, (gssize)len, " b/");
	if (git || (scan->names && mail_starts_with(line, len, "+++ "))) {
		scan->in_diff = true;
		if (line[len - 1] == '\r')
			scan->damage |= DAMAGE_CRLF;
	}
	scan->names = mail_starts_with(line, len, "--- ");
	if (mail_starts_with(line, len, "-- "))
		scan->signature = true;
	if (scan->in_diff && !scan->signature && len >= FOOTER_BYTES &&
	    strspn(line, "_") >= FOOTER_BYTES)
		scan->damage |= DAMAGE_FOOTER;
}

static void look_at_line(struct scan *scan, const char *line, gsize len)
{
	bool in_hunk = scan->old_left || scan->new_left;

	if (take_hunk_header(scan, line, len)) {
		scan->was_long = len >= WRAP_COLUMN;
		scan->in_diff = true;
	} else if (in_hunk && !mail_starts_with(line, len, "diff --git ")) {
		look_at_hunk_line(scan, line, len);
	} else {
		scan->old_left = scan->new_left = 0;
		look_at_other(scan, line, len);
	}
}

/* A file may be indented by blanks: ask for more signs than their being there.
 */
static bool tabs_are_gone(const struct scan *scan)
{
	if (scan->tabs)
		return false;
	if (scan->damage & DAMAGE_LEADING_BLANK)
		return scan->indented || scan->other_indent;
	return !scan->other_indent && scan->indented >= TAB_LINES;
}

guint damage_find(const char *patch, gsize len)
{
	struct scan scan = {0};
	const char *end = patch + len;

	while (patch < end) {
		const char *stop = line_end(patch, end);

		look_at_line(&scan, patch, (gsize)(stop - patch));
		patch = stop < end ? stop + 1 : end;
	}
	if (tabs_are_gone(&scan))
		scan.damage |= DAMAGE_TABS;
	if (scan.escapes > 1 && !scan.equals)
		scan.damage |= DAMAGE_QP;
	return scan.damage;
}
