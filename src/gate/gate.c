/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate/gate-internal.h"

void gate_subject_clear(struct gate_subject *subject)
{
	g_clear_pointer(&subject->identity, identity_free);
	g_clear_pointer(&subject->description, description_free);
	g_clear_pointer(&subject->diffs, g_ptr_array_unref);
	g_clear_pointer(&subject->applied, apply_result_free);
	g_clear_pointer(&subject->tried, json_decref);
	g_clear_pointer(&subject->applied_repo, g_free);
	g_clear_pointer(&subject->kept_ref, g_free);
	g_clear_pointer(&subject->repo_found, g_free);
	g_clear_pointer(&subject->base_found, g_free);
	g_clear_pointer(&subject->roster_found, g_ptr_array_unref);
	gate_repo_close(subject);
}

void gate_repo_close(struct gate_subject *subject)
{
	g_clear_pointer(&subject->opened, repo_free);
	g_clear_pointer(&subject->opened_path, g_free);
}

struct repo *gate_repo(struct gate_subject *subject, const char *path,
		       GError **error)
{
	if (subject->opened && strcmp(path, subject->opened_path) == 0)
		return subject->opened;
	gate_repo_close(subject);
	subject->opened_path = g_strdup(path);
	subject->opened = subject->keep && subject->objects_dir
				  ? repo_open_with_objects(
					    path, subject->objects_dir, error)
				  : repo_open(path, error);
	return subject->opened;
}

json_t *gate_detail(struct verdict *verdict)
{
	if (!verdict->detail)
		verdict->detail = json_object();
	return verdict->detail;
}

void gate_find(struct verdict *verdict, guint patch, struct finding *finding)
{
	json_t *total;

	finding->patch = patch;
	if (verdict->findings->len < GATE_FINDINGS_MOST) {
		verdict_add(verdict, finding);
		return;
	}
	finding_free(finding);
	total = json_object_get(gate_detail(verdict), "findings_total");
	if (total)
		json_integer_set(total, json_integer_value(total) + 1);
	else
		json_object_set_new(verdict->detail, "findings_total",
				    json_integer(GATE_FINDINGS_MOST + 1));
}

gboolean gate_is_stopped(GCancellable *cancellable, GError **error)
{
	if (!g_cancellable_is_cancelled(cancellable))
		return FALSE;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CANCELLED, "stopped");
	return TRUE;
}

const struct message *gate_message(const struct gate_subject *subject,
				   guint patch)
{
	return subject->series->patches->pdata[patch - 1];
}

gsize gate_mail_bytes(const struct message *message)
{
	return g_bytes_get_size(message->patch) +
	       (message->log ? g_bytes_get_size(message->log) : 0);
}

gboolean gate_is_too_large(const struct gate_subject *subject, guint patch)
{
	guint64 most = subject->project->limits.mail_bytes;

	return most && gate_mail_bytes(gate_message(subject, patch)) > most;
}

static void diff_free(gpointer diff)
{
	if (diff)
		patch_free(diff);
}

static void parse_diffs(struct gate_subject *subject)
{
	subject->diffs = g_ptr_array_new_with_free_func(diff_free);
	for (guint i = 1; i <= subject->series->patches->len; i++)
		g_ptr_array_add(
			subject->diffs,
			gate_is_too_large(subject, i)
				? NULL
				: patch_parse(gate_message(subject, i)->patch,
					      NULL));
}

gboolean gate_parse_diffs(struct gate_subject *subject)
{
	if (!subject->diffs)
		parse_diffs(subject);
	return !g_ptr_array_find(subject->diffs, NULL, NULL);
}

gboolean gate_lines_next(struct gate_lines *lines, const char **line,
			 gsize *len)
{
	for (; lines->hunk < lines->file->hunks->len; lines->hunk++) {
		const struct patch_hunk *hunk = &g_array_index(
			lines->file->hunks, struct patch_hunk, lines->hunk);
		gsize left = hunk->body_len - lines->at;
		const char *eol;

		if (left > 0) {
			*line = hunk->body + lines->at;
			eol = memchr(*line, '\n', left);
			*len = eol ? (gsize)(eol + 1 - *line) : left;
			lines->at += *len;
			return TRUE;
		}
		lines->at = 0;
	}
	return FALSE;
}

json_t *gate_damage_json(guint damage)
{
	json_t *array = json_array();

	for (guint bit = 0; bit < GATE_DAMAGE_BITS; bit++) {
		g_autoptr(GPtrArray) names = damage_names(damage & (1u << bit));

		if (names->len)
			json_array_append_new(
				array,
				json_pack("{s:s, s:s}", "name", names->pdata[0],
					  "advice", damage_advice(1u << bit)));
	}
	return array;
}

/* "patch 2", "patches 1, 3": those that have the bit. */
static char *damaged_patches(const struct gate_subject *subject, guint bit)
{
	GString *text = g_string_new("patch");
	guint n = 0;

	for (guint i = 1; i <= subject->series->patches->len; i++) {
		if (!(gate_message(subject, i)->damage & bit))
			continue;
		g_string_append_printf(text, "%s %u", n ? "," : "", i);
		n++;
	}
	if (n > 1)
		g_string_insert(text, 5, "es");
	return g_string_free(text, FALSE);
}

static struct finding *damage_finding(const struct gate_subject *subject,
				      guint bit, guint folded)
{
	g_autoptr(GPtrArray) names = damage_names(bit);
	g_autofree char *patches = damaged_patches(subject, bit);
	g_autofree char *more =
		folded ? g_strdup_printf(" (%u finding%s that follow%s from it "
					 "left out)",
					 folded, folded > 1 ? "s" : "",
					 folded > 1 ? "" : "s")
		       : g_strdup("");
	g_autofree char *text = g_strdup_printf("%s: %s%s", patches,
						damage_advice(bit), more);

	/* A list's footer stands below the patch and harms nothing. */
	return finding_new(bit == DAMAGE_FOOTER ? SEVERITY_NOTE
						: SEVERITY_ERROR,
			   NULL, 0, names->pdata[0], text);
}

gboolean gate_find_damage(const struct gate_subject *subject,
			  const guint *folded, struct verdict *verdict)
{
	guint all = 0;

	for (guint i = 1; i <= subject->series->patches->len; i++)
		all |= gate_message(subject, i)->damage;
	for (guint i = 0; i < GATE_DAMAGE_BITS; i++) {
		if (all & (1u << i))
			gate_find(verdict, 0,
				  damage_finding(subject, 1u << i,
						 folded ? folded[i] : 0));
	}
	return (all & ~(guint)DAMAGE_FOOTER) != 0;
}
