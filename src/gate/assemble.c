/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether all of a version is there. A mail that stands for a patch but has no
 * diff counts as missing: there is nothing to judge in it.
 */
#include "gate/gate-internal.h"

#define MISSING_MOST 100 /* named in the reply; the rest is counted */

static gboolean has_diff(const struct message *message)
{
	return message && message->patch &&
	       g_bytes_get_size(message->patch) > 0;
}

/* Patch n of the mails that came; they are in order, `place` goes along. */
static const struct message *patch_at(const struct series *series, guint n,
				      guint *place)
{
	const struct message *message;

	while (*place < series->patches->len) {
		message = series->patches->pdata[*place];
		if (message->index == n)
			return message;
		if (message->index > n)
			break;
		(*place)++;
	}
	return NULL;
}

static void tell_missing(const struct series *series, guint n, gboolean came,
			 struct verdict *verdict)
{
	g_autofree char *name = g_strdup_printf("%u/%u", n, series->total);
	g_autofree char *text = g_strdup_printf("patch %s %s", name,
						came ? "has no diff in it"
						     : "has not come");

	json_array_append_new(json_object_get(verdict->detail, "missing"),
			      json_text(name));
	gate_find(verdict, n,
		  finding_new(SEVERITY_ERROR, NULL, 0, "MISSING", text));
}

/*
 * What is missing by name. The total is a number that a stranger wrote, so this
 * goes no further than the names that are shown.
 */
static void find_missing(const struct series *series, struct verdict *verdict)
{
	guint place = 0, shown = 0;

	for (guint n = 1; n <= series->total && shown < MISSING_MOST; n++) {
		const struct message *message = patch_at(series, n, &place);

		if (has_diff(message))
			continue;
		tell_missing(series, n, message != NULL, verdict);
		shown++;
	}
}

static guint count_diffs(const struct series *series)
{
	guint n = 0;

	for (guint i = 0; i < series->patches->len; i++)
		n += has_diff(series->patches->pdata[i]);
	return n;
}

static void note_duplicates(const struct gate_subject *subject,
			    struct verdict *verdict)
{
	const GPtrArray *also = subject->series->also;

	for (guint i = 0; also && i < also->len; i++) {
		const struct message *message = also->pdata[i];
		g_autofree char *quoted = text_quote(message->subject, -1);
		g_autofree char *text = g_strdup_printf(
			"%s claims the place of a patch that is there "
			"already; it was left out",
			quoted);

		gate_find(
			verdict, message->index,
			finding_new(SEVERITY_NOTE, NULL, 0, "DUPLICATE", text));
	}
}

gboolean gate_assemble(struct gate_subject *subject, struct verdict *verdict,
		       GCancellable *cancellable, GError **error)
{
	const struct series *series = subject->series;
	guint have = count_diffs(series);
	json_t *detail = gate_detail(verdict);

	(void)cancellable;
	(void)error;
	json_object_set_new(detail, "missing", json_array());
	json_object_set_new(detail, "have", json_integer(have));
	json_object_set_new(detail, "total", json_integer(series->total));
	note_duplicates(subject, verdict);
	if (have && have == series->patches->len && series->complete)
		return TRUE;
	find_missing(series, verdict);
	if (have)
		verdict_refuse(verdict, "series-incomplete",
			       "%u of %u patches of version %u are there", have,
			       series->total, series->version);
	else
		verdict_refuse(verdict, "series-incomplete",
			       "none of the mails has a patch in it");
	return TRUE;
}
