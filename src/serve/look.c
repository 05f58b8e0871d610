/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/look.h"

#include <string.h>

#include "base/base.h"
#include "serve/look-internal.h"
#include "store/store.h"

char *look_store_path(const char *state_dir)
{
	return g_build_filename(state_dir, STORE_FILE_NAME, NULL);
}

/* What a request is answered from. */
struct look {
	const char *state_dir;
	struct store *store;
	const json_t *request;
};

/* The id of the run that is meant, to be freed. */
static char *find_run(const struct look *look, GError **error)
{
	const char *run = json_string_value(
		json_object_get(look->request, "run"));

	if (run)
		return store_run_find(look->store, run, error);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the request names no run");
	return NULL;
}

static json_t *look_status(const struct look *look, GError **error)
{
	json_t *status = store_status(look->store, error);

	return status ? json_pack("{s:o}", "status", status) : NULL;
}

static json_t *look_show(const struct look *look, GError **error)
{
	g_autofree char *run = find_run(look, error);
	json_t *shown = run ? store_run_show(look->store, run, error) : NULL;

	return shown ? json_pack("{s:o}", "run", shown) : NULL;
}

static json_t *look_at_log(const struct look *look, GError **error)
{
	g_autofree char *run = find_run(look, error);
	struct look_log log = {
		.state_dir = look->state_dir,
		.run = run,
		.name = json_string_value(
			json_object_get(look->request, "log")),
		.offset = json_integer_value(
			json_object_get(look->request, "offset")),
	};

	/* Before the files are read: nothing is written after the end. */
	if (!run || !store_run_ended(look->store, run, &log.ended, error))
		return NULL;
	return look_log(&log, error);
}

static const struct {
	const char *name;
	json_t *(*answer)(const struct look *look, GError **error);
} calls[] = {
	{"status", look_status},
	{"show", look_show},
	{"log", look_at_log},
};

json_t *look_answer(const char *state_dir, const json_t *request,
		    GError **error)
{
	const char *call = json_string_value(json_object_get(request, "call"));
	g_autofree char *path = look_store_path(state_dir);
	g_autoptr(store_t) store = store_open_read(path, error);
	const struct look look = {state_dir, store, request};

	if (!store)
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
		if (g_strcmp0(calls[i].name, call) == 0)
			/* cppcheck-suppress returnDanglingLifetime; it is new.
			 */
			return calls[i].answer(&look, error);
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the request asks for nothing that can be looked at");
	return NULL;
}
