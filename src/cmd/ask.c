/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/ask.h"

#include "base/base.h"
#include "serve/serve.h"

#define TEXT_BYTES 300

void ask_clear(struct ask *ask)
{
	g_free(ask->site_path);
	site_free(ask->site);
	g_free(ask->socket);
	g_free(ask->without);
}

bool ask_open(struct ask *ask, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	if (!ask->site_path)
		ask->site_path = g_strdup(cmd_find_site());
	ask->site = ask->site_path ? site_load(ask->site_path, problems)
				   : site_default();
	if (problems_to_error(problems, error))
		return false;
	ask->socket = site_control(ask->site);
	return true;
}

json_t *ask_daemon(const struct ask *ask, json_t *request, GError **error)
{
	g_autoptr(json_t) taken = request;
	g_autoptr(GError) local = NULL;
	int fd = control_connect(ask->socket, &local);

	if (fd >= 0)
		return control_ask_on(fd, g_steal_pointer(&taken), error);
	if (!g_error_matches(local, REROLL_ERROR, REROLL_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s: start it with \"systemctl start reroll\" or \"reroll "
		    "serve\"; --site FILE is for the daemon of another site",
		    local->message);
	return NULL;
}

json_t *ask_look(struct ask *ask, json_t *request, GError **error)
{
	g_autoptr(json_t) taken = request;
	g_autoptr(GError) local = NULL;
	json_t *answer;
	int fd = control_connect(ask->socket, &local);

	if (fd >= 0) {
		answer = control_ask_on(fd, json_incref(taken), &local);
		if (answer ||
		    !g_error_matches(local, REROLL_ERROR, REROLL_ERROR_TEMP)) {
			if (local)
				g_propagate_error(error,
						  g_steal_pointer(&local));
			return answer;
		}
	}
	g_free(ask->without);
	ask->without = g_strdup(local->message);
	return look_answer(ask->site->state, taken, error);
}

void ask_wake(const struct ask *ask)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) answer = control_ask(
		ask->socket, json_pack("{s:s}", "call", "wake"), &error);

	if (!answer)
		log_event(LOG_LEVEL_INFO, NULL, "daemon not woken: %s",
			  error->message);
}

char *ask_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_integer(value))
		return g_strdup_printf("%" G_GINT64_FORMAT,
				       (gint64)json_integer_value(value));
	return text_one_line(json_string_value(value), -1, TEXT_BYTES);
}

gint64 ask_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

bool ask_is_null(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return !value || json_is_null(value);
}
