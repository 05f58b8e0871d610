/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both servers' ways end in two steps for each patch, read and write; states
 * are compared as slugs. freedesktop.org's numbers its states, so its list is
 * asked for first.
 */
#include "intake/intake.h"

#include <string.h>

#include "intake/patchwork-internal.h"
#include "intake/xmlrpc.h"

struct setting {
	struct poster_call call;
	char **patches, **ours;
	char *slug;	 /* of the state to set */
	json_t *numbers; /* of freedesktop.org's: slug to id */
	guint set;
};

static void setting_free(gpointer data)
{
	struct setting *setting = data;

	g_strfreev(setting->patches);
	g_strfreev(setting->ours);
	g_free(setting->slug);
	json_decref(setting->numbers);
	g_free(setting);
}

static char *slug_of(const char *state)
{
	char *slug = g_ascii_strdown(state, -1);

	return g_strdelimit(g_strstrip(slug), " ", '-');
}

/* Whether nobody has decided on a patch of that state. */
static bool is_open(const struct setting *setting, const char *slug)
{
	static const char *const open[] = {"new", "under-review", NULL};

	return g_strv_contains(open, slug) ||
	       g_strv_contains((const char *const *)setting->ours, slug);
}

static bool fail(GError **error, enum reroll_error code, const char *what)
{
	g_set_error(error, REROLL_ERROR, (int)code, "Patchwork %s", what);
	return false;
}

/* Of upstream the state is its slug, and comes back when it was taken. */
static bool read_upstream(struct setting *setting, const char *patch,
			  char **slug, GError **error)
{
	g_autoptr(json_t)
		one = patchwork_get(setting->call.poster->patchwork, error,
				    "/api/1.2/patches/%s/", patch);
	const char *state = one ? patchwork_text(one, "state") : NULL;

	if (one && !state)
		fail(error, REROLL_ERROR_TEMP, "has a patch without a state");
	*slug = state ? slug_of(state) : NULL;
	return *slug != NULL;
}

static bool is_taken(const struct setting *setting, GBytes *body)
{
	gsize len;
	const char *data = g_bytes_get_data(body, &len);
	g_autoptr(json_t) one = json_loadb(data ? data : "", len, 0, NULL);

	return g_strcmp0(patchwork_text(one, "state"), setting->slug) == 0;
}

/* What is refused is refused because of what staff wrote. */
static struct http_response *send_state(struct setting *setting,
					const struct patchwork_write *what,
					GError **error)
{
	g_autoptr(GError) local = NULL;
	struct http_response *response = patchwork_write(
		setting->call.poster->patchwork, what, &local);

	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_INPUT))
		local->code = REROLL_ERROR_CONFIG;
	if (local)
		g_propagate_error(error, g_steal_pointer(&local));
	return response;
}

static bool write_upstream(struct setting *setting, const char *patch,
			   GError **error)
{
	g_autoptr(json_t) body = json_pack("{ss}", "state", setting->slug);
	g_autofree char *path = g_strdup_printf("/api/1.2/patches/%s/", patch);
	char *text = json_dumps(body, JSON_COMPACT);
	const struct patchwork_write what = {"PATCH", path, "application/json",
					     text};
	g_autoptr(http_response_t) response = send_state(setting, &what, error);

	free(text);
	if (!response)
		return false;
	return is_taken(setting, response->body) ||
	       fail(error, REROLL_ERROR_TEMP,
		    "took a state and did not set it");
}

/* A call's value; faults are errors though their status is 200. */
static json_t *call(struct setting *setting, const char *method,
		    const json_t *params, GError **error)
{
	g_autofree char *body = xmlrpc_call(method, params);
	const struct patchwork_write what = {"POST", "/xmlrpc/", "text/xml",
					     body};
	g_autoptr(GError) local = NULL;
	g_autoptr(http_response_t)
		response = send_state(setting, &what, &local);
	const char *data;
	gsize len;

	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_NOT_FOUND)) {
		fail(error, REROLL_ERROR_CONFIG,
		     "has no XML-RPC, by which states are set");
		return NULL;
	}
	if (!response) {
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	data = g_bytes_get_data(response->body, &len);
	return xmlrpc_answer(data ? data : "", len, error);
}

/* Which number each state has; the one to set must be among them. */
static bool read_numbers(struct setting *setting, GError **error)
{
	g_autoptr(json_t) none = json_pack("[si]", "", 0);
	g_autoptr(json_t) list = call(setting, "state_list", none, error);
	g_autofree char *quoted = text_quote(setting->slug, -1);

	if (!list)
		return false;
	setting->numbers = json_object();
	for (gsize i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *name = patchwork_text(one, "name");
		g_autofree char *slug = name ? slug_of(name) : NULL;

		if (slug)
			json_object_set_new(
				setting->numbers, slug,
				json_integer(patchwork_int(one, "id")));
	}
	if (json_object_get(setting->numbers, setting->slug))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "Patchwork knows no state %s", quoted);
	return false;
}

static bool read_fdo(struct setting *setting, const char *patch, char **slug,
		     GError **error)
{
	g_autoptr(json_t)
		one = patchwork_get(setting->call.poster->patchwork, error,
				    "/api/1.0/patches/%s/", patch);
	gint64 number = one ? patchwork_int(one, "state") : 0;
	const char *key;
	json_t *value;

	if (!one)
		return false;
	json_object_foreach (setting->numbers, key, value) {
		if (json_integer_value(value) == number) {
			*slug = g_strdup(key);
			return true;
		}
	}
	return fail(error, REROLL_ERROR_TEMP,
		    "has a patch with a state that is not in its list");
}

static bool write_fdo(struct setting *setting, const char *patch,
		      GError **error)
{
	json_int_t number = json_integer_value(
		json_object_get(setting->numbers, setting->slug));
	g_autoptr(json_t) params = json_pack(
		"[I{sI}]", (json_int_t)g_ascii_strtoll(patch, NULL, 10),
		"state", number);
	g_autoptr(json_t) said = call(setting, "patch_set", params, error);

	if (!said)
		return false;
	return json_is_true(said) || fail(error, REROLL_ERROR_TEMP,
					  "took a state and did not set it");
}

static bool set_one(struct setting *setting, const char *patch, GError **error)
{
	bool is_fdo = setting->call.poster->is_fdo;
	g_autofree char *slug = NULL;

	if (!(is_fdo ? read_fdo : read_upstream)(setting, patch, &slug, error))
		return false;
	if (strcmp(slug, setting->slug) == 0 || !is_open(setting, slug))
		return true;
	if (!(is_fdo ? write_fdo : write_upstream)(setting, patch, error))
		return false;
	setting->set++;
	return true;
}

static bool set_all(gpointer data, GError **error)
{
	struct setting *setting = data;
	if (setting->call.poster->is_fdo && !read_numbers(setting, error))
		return false;
	for (guint i = 0; setting->patches[i]; i++) {
		if (!set_one(setting, setting->patches[i], error))
			return false;
	}
	return true;
}

void patchwork_state_async(struct patchwork_poster *poster,
			   const struct patchwork_states *states,
			   GCancellable *cancellable,
			   GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);
	struct setting *setting = g_new0(struct setting, 1);
	guint n = states->ours ? g_strv_length((char **)(gsize)states->ours)
			       : 0;

	setting->call = (struct poster_call){poster, set_all};
	setting->patches = g_strsplit(states->patches, ",", -1);
	setting->slug = slug_of(states->state);
	setting->ours = g_new0(char *, n + 1);
	for (guint i = 0; i < n; i++)
		setting->ours[i] = slug_of(states->ours[i]);
	poster_call_start(task, setting, setting_free);
}

bool patchwork_state_finish(GAsyncResult *res, guint *set, GError **error)
{
	const struct setting *setting = g_task_get_task_data(G_TASK(res));

	*set = setting->set;
	return g_task_propagate_boolean(G_TASK(res), error);
}
