/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Patchwork says, read: nothing in it is trusted to be as documented. */
#include <string.h>

#include "intake/patchwork-internal.h"

#define TIME_BYTES 40
#define FUTURE_S (26 * 3600) /* no zone is further ahead of UTC */
#define PATCHES_MOST 1000    /* of a series; one with more is passed over */

gint64 patchwork_int(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (gint64)value : 0;
}

const char *patchwork_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

char *patchwork_ids(const json_t *patches)
{
	g_autoptr(GString) ids = g_string_new(NULL);
	gsize count = json_array_size(patches);

	for (gsize i = 0; i < count && count <= PATCHES_MOST; i++) {
		const json_t *one = json_array_get(patches, i);
		gint64 id = json_is_object(one)
				    ? patchwork_int(one, "id")
				    : (gint64)json_integer_value(one);

		if (id <= 0)
			return NULL;
		g_string_append_printf(ids, "%s%" G_GINT64_FORMAT,
				       ids->len ? "," : "", id);
	}
	if (!ids->len)
		return NULL;
	return g_string_free(g_steal_pointer(&ids), FALSE);
}

/* Only what the servers write themselves: it goes into URLs. */
bool patchwork_time_ok(const char *time)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	gsize len = time ? strlen(time) : 0;

	if (len < sizeof(form) - 1 || len > TIME_BYTES)
		return false;
	for (gsize i = 0; i < len; i++) {
		char want = i < sizeof(form) - 1 ? form[i] : 'd';

		if (i == sizeof(form) - 1 && time[i] == '.')
			continue;
		if (want == 'd' ? !g_ascii_isdigit(time[i]) : time[i] != want)
			return false;
	}
	return len != sizeof(form);
}

/* The zone is the server's own, whichever: only the distance counts. */
char *patchwork_time_back(const char *time, guint seconds)
{
	g_autofree char *whole = g_strndup(time, 19);
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(whole, zone);
	g_autoptr(GDateTime) back = NULL;

	if (at)
		back = g_date_time_add_seconds(at, -(double)seconds);
	if (!back)
		return g_strdup(time);
	return g_date_time_format(back, "%Y-%m-%dT%H:%M:%S");
}

/* A server whose clock was wrong for once must not carry us away. */
bool patchwork_time_is_future(const char *time)
{
	g_autoptr(GDateTime) limit = g_date_time_new_from_unix_utc(
		clock_now_at() + FUTURE_S);
	g_autofree char *text = g_date_time_format(limit, "%Y-%m-%dT%H:%M:%S");

	return strcmp(time, text) > 0;
}

static void read_state(struct intake_batch *batch, const char *key,
		       const char *time, gint64 patch, const char *state)
{
	struct intake_item *item;

	if (!patch || !state)
		return;
	patchwork_add(batch, CANDIDATE_STATE, g_strdup(key))->time = g_strdup(
		time);
	item = batch->items->pdata[batch->items->len - 1];
	item->kind = EVENT_STATE;
	item->patches = g_strdup_printf("%" G_GINT64_FORMAT, patch);
	item->state = text_one_line(state, -1, 100);
}

static void fdo_read_event(const json_t *event, struct intake_batch *batch)
{
	const char *name = patchwork_text(event, "name");
	const char *time = patchwork_text(event, "event_time");
	const json_t *more = json_object_get(event, "parameters");
	gint64 series = patchwork_int(event, "series");
	gint64 patch = patchwork_int(event, "patch");
	gint64 revision = patchwork_int(more, "revision");
	g_autofree char *key = NULL;

	if (!patchwork_time_ok(time))
		return;
	if (g_strcmp0(name, "patch-state-change") == 0) {
		const char *state = patchwork_text(more, "new_state");

		key = g_strdup_printf("state/%" G_GINT64_FORMAT "/%s", patch,
				      time);
		read_state(batch, key, time, patch, state);
	}
	if (g_strcmp0(name, "series-new-revision") == 0 && series && revision &&
	    revision <= G_MAXINT) {
		struct candidate *candidate = patchwork_add(
			batch, CANDIDATE_EVENT,
			g_strdup_printf("revision/%" G_GINT64_FORMAT
					"/%" G_GINT64_FORMAT,
					series, revision));

		candidate->series = series;
		candidate->revision = (guint)revision;
		candidate->time = g_strdup(time);
	}
}

bool patchwork_fdo_read_events(const json_t *page, struct intake_batch *batch)
{
	const json_t *results = json_object_get(page, "results");

	for (gsize i = 0; i < json_array_size(results); i++)
		fdo_read_event(json_array_get(results, i), batch);
	return json_is_array(results);
}

static void read_event(const json_t *event, struct intake_batch *batch)
{
	const char *category = patchwork_text(event, "category");
	const char *time = patchwork_text(event, "date");
	const json_t *payload = json_object_get(event, "payload");
	gint64 id = patchwork_int(event, "id");
	g_autofree char *key = g_strdup_printf("event/%" G_GINT64_FORMAT, id);

	if (!id || !patchwork_time_ok(time))
		return;
	if (g_strcmp0(category, "patch-state-changed") == 0)
		read_state(
			batch, key, time,
			patchwork_int(json_object_get(payload, "patch"), "id"),
			patchwork_text(payload, "current_state"));
	if (g_strcmp0(category, "series-completed") == 0) {
		gint64 series = patchwork_int(
			json_object_get(payload, "series"), "id");
		struct candidate *candidate;

		if (!series)
			return;
		candidate = patchwork_add(batch, CANDIDATE_EVENT,
					  g_steal_pointer(&key));
		candidate->series = series;
		candidate->time = g_strdup(time);
	}
}

bool patchwork_read_events(const json_t *page, struct intake_batch *batch)
{
	for (gsize i = 0; i < json_array_size(page); i++)
		read_event(json_array_get(page, i), batch);
	return json_is_array(page);
}

/* The ids that stand in the mbox, as a set. */
static GHashTable *mbox_ids(GBytes *mbox)
{
	static const char name[] = "X-Patchwork-Id:";
	GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						NULL);
	gsize len;
	const char *at = g_bytes_get_data(mbox, &len);
	const char *end = len ? at + len : at;

	while (at < end) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		const char *next = newline ? newline + 1 : end;
		gsize line = (gsize)(next - at);

		if (line > sizeof(name) && line < 100 &&
		    g_ascii_strncasecmp(at, name, sizeof(name) - 1) == 0)
			g_hash_table_add(
				ids,
				g_strstrip(g_strndup(at + sizeof(name) - 1,
						     line - sizeof(name) + 1)));
		at = next;
	}
	return ids;
}

bool patchwork_mbox_has(GBytes *mbox, const char *ids)
{
	g_autoptr(GHashTable) there = mbox_ids(mbox);
	g_auto(GStrv) wanted = g_strsplit(ids, ",", -1);

	for (gsize i = 0; wanted[i]; i++) {
		if (!g_hash_table_contains(there, wanted[i]))
			return false;
	}
	return true;
}
