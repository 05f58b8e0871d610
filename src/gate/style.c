/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The style gate: what the checker found, weighed with the project's bar. What
 * a mail program did to a patch is one finding, and the style errors that
 * follow from it are folded into it.
 */
#include "gate/checker.h"

#include <sys/wait.h>

/* The findings that each kind of damage brings about. */
static const struct {
	guint bit;
	const char *type;
} follows[] = {
	{DAMAGE_CRLF, "DOS_LINE_ENDINGS"},
	{DAMAGE_CRLF, "TRAILING_WHITESPACE"},
	{DAMAGE_CRLF, "CORRUPTED_PATCH"},
	{DAMAGE_WRAPPED, "CORRUPTED_PATCH"},
	{DAMAGE_WRAPPED, "NOT_UNIFIED_DIFF"},
	{DAMAGE_TABS, "LEADING_SPACE"},
	{DAMAGE_TABS, "CODE_INDENT"},
	{DAMAGE_TABS, "SUSPECT_CODE_INDENT"},
	{DAMAGE_TABS, "POINTER_LOCATION"},
	{DAMAGE_FLOWED, "TRAILING_WHITESPACE"},
	{DAMAGE_FLOWED, "CORRUPTED_PATCH"},
	{DAMAGE_HTML, "TRAILING_WHITESPACE"},
	{DAMAGE_HTML, "CORRUPTED_PATCH"},
	{DAMAGE_QP, "CORRUPTED_PATCH"},
	{DAMAGE_QP, "SPACING"},
	{DAMAGE_LEADING_BLANK, "CORRUPTED_PATCH"},
	{DAMAGE_NBSP, "CODE_INDENT"},
	{DAMAGE_NBSP, "SPACING"},
};

/* Told once a file, with the number of the other lines. */
static const char *const once_a_file[] = {"DOS_LINE_ENDINGS", NULL};

struct tally {
	guint errors, warnings, all;
	guint folded[GATE_DAMAGE_BITS];
	GHashTable *first; /* "TYPE file" to the finding that is kept */
	GHashTable *more;  /* the same to how many were left out */
};

static gboolean fold(const struct gate_subject *subject,
		     const struct finding *finding, struct tally *tally)
{
	guint damage = finding->patch
			       ? gate_message(subject, finding->patch)->damage
			       : 0;

	for (gsize i = 0; damage && i < G_N_ELEMENTS(follows); i++) {
		if (!(damage & follows[i].bit) ||
		    g_strcmp0(finding->type, follows[i].type) != 0)
			continue;
		tally->folded[g_bit_nth_lsf(follows[i].bit, -1)]++;
		return TRUE;
	}
	return FALSE;
}

static gboolean is_repeated(struct finding *finding, struct tally *tally)
{
	g_autofree char *key = NULL;

	if (!finding->type || !g_strv_contains(once_a_file, finding->type))
		return FALSE;
	key = g_strdup_printf("%s %s", finding->type,
			      finding->file ? finding->file : "");
	if (!g_hash_table_contains(tally->first, key)) {
		g_hash_table_insert(tally->first, g_steal_pointer(&key),
				    finding);
		return FALSE;
	}
	g_hash_table_insert(
		tally->more, g_strdup(key),
		GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(
					 tally->more, key)) +
				 1));
	return TRUE;
}

static void tell_repeated(const struct tally *tally)
{
	GHashTableIter iter;
	gpointer key, count;

	g_hash_table_iter_init(&iter, tally->more);
	while (g_hash_table_iter_next(&iter, &key, &count)) {
		struct finding *finding = g_hash_table_lookup(tally->first,
							      key);
		guint n = GPOINTER_TO_UINT(count);
		char *text = g_strdup_printf("%s (and on %u more line%s)",
					     finding->text, n,
					     n == 1 ? "" : "s");

		g_free(finding->text);
		finding->text = text;
	}
}

static void count(const struct finding *finding, struct tally *tally)
{
	tally->all++;
	tally->errors += finding->severity == SEVERITY_ERROR;
	tally->warnings += finding->severity == SEVERITY_WARNING;
}

static void weigh(const struct gate_subject *subject, GPtrArray *findings,
		  struct tally *tally)
{
	guint kept = 0;

	for (guint i = 0; i < findings->len; i++) {
		struct finding *finding = findings->pdata[i];

		if (fold(subject, finding, tally) ||
		    is_repeated(finding, tally)) {
			finding_free(finding);
			continue;
		}
		count(finding, tally);
		findings->pdata[kept++] = finding;
	}
	for (guint i = kept; i < findings->len; i++)
		findings->pdata[i] = NULL;
	tell_repeated(tally);
}

/* A checker that says no without a line we can read says it in its own words.
 */
static void tell_unread(const struct checker_result *result,
			struct verdict *verdict, struct tally *tally)
{
	gsize len;
	const char *data = g_bytes_get_data(result->process->out, &len);
	g_autofree char *said = text_one_line(data ? data : "", (gssize)len,
					      300);

	tally->errors++;
	gate_find(verdict, 0,
		  finding_new(SEVERITY_ERROR, NULL, 0, NULL,
			      *said ? said : "the style checker said no"));
}

static void judge(const struct gate_subject *subject, const struct tally *tally,
		  struct verdict *verdict)
{
	enum fail_on fail_on = subject->project->style.fail_on;
	json_t *detail = gate_detail(verdict);

	json_object_set_new(detail, "style_errors",
			    json_integer(tally->errors));
	json_object_set_new(detail, "style_warnings",
			    json_integer(tally->warnings));
	if (fail_on == FAIL_ON_NEVER ||
	    (!tally->errors && (fail_on == FAIL_ON_ERROR || !tally->warnings)))
		return;
	verdict_refuse(verdict, "style-wrong",
		       "the style check found %u error%s and %u warning%s",
		       tally->errors, tally->errors == 1 ? "" : "s",
		       tally->warnings, tally->warnings == 1 ? "" : "s");
}

static void judge_findings(const struct gate_subject *subject,
			   const struct checker_result *result,
			   struct verdict *verdict)
{
	GPtrArray *findings = checker_findings(subject, result);
	struct tally tally = {0};
	guint n = findings->len;

	tally.first = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					    NULL);
	tally.more = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					   NULL);
	weigh(subject, findings, &tally);
	tally.errors += gate_find_damage(subject, tally.folded, verdict);
	for (guint i = 0; i < tally.all; i++) {
		struct finding *finding = g_steal_pointer(&findings->pdata[i]);

		gate_find(verdict, finding->patch, finding);
	}
	if (n == 0 && !process_result_ok(result->process))
		tell_unread(result, verdict, &tally);
	judge(subject, &tally, verdict);
	g_hash_table_unref(tally.first);
	g_hash_table_unref(tally.more);
	g_ptr_array_unref(findings);
}

static void tell_skipped(const struct gate_subject *subject,
			 struct verdict *verdict)
{
	struct tally tally = {0};

	gate_find(verdict, 0,
		  finding_new(SEVERITY_NOTE, NULL, 0, "NO_CHECKER",
			      "the base has no scripts/checkpatch.pl, so style "
			      "was not checked"));
	tally.errors = gate_find_damage(subject, NULL, verdict);
	judge(subject, &tally, verdict);
}

gboolean gate_style(struct gate_subject *subject, struct verdict *verdict,
		    GCancellable *cancellable, GError **error)
{
	g_autoptr(checker_result_t) result = NULL;

	if (strcmp(subject->project->style.checker, "none") == 0)
		return TRUE;
	gate_parse_diffs(subject);
	result = checker_run(subject, cancellable, error);
	if (!result)
		return FALSE;
	if (result->skipped)
		tell_skipped(subject, verdict);
	else
		judge_findings(subject, result, verdict);
	return TRUE;
}
