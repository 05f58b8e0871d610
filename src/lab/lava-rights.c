// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A token that can change the lab is refused: whoever gets hold of this site's
 * would own the lab. No single request tells: a superuser is seen by what may
 * be read and by the metadata of lists; a staff user only by one old XML-RPC
 * method that looks at that flag first. It would set the groups of a user; it
 * is called with an address that nobody can have and with a number for a list,
 * so that it fails in any case.
 */
#include "lab/lava-internal.h"

#include <string.h>

struct prove {
	struct lab *lab;
	GTask *task;
	guint probe;
	char *worker; /* of the first in the list */
};

struct probe {
	const char *method, *path;
	const char *xml;
	bool (*check)(struct prove *prove, const struct lava_answer *answer,
		      GError **error);
};

static bool refuse(const struct prove *prove, GError **error, const char *why)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the token in \"%s\" %s", prove->lab->config->token_file,
		    why);
	return false;
}

static bool refuse_strong(const struct prove *prove, GError **error,
			  const char *whose)
{
	g_autofree char *why = g_strdup_printf(
		"is that of %s, who can change the lab: make a user there that "
		"is neither staff nor superuser and has no rights of its own, "
		"and put a token of that user in the file",
		whose);

	return refuse(prove, error, why);
}

static bool odd_answer(const struct lava_answer *answer, const char *to,
		       GError **error)
{
	g_autofree char *says = lava_answer_says(answer);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "what the token may do cannot be told: to %s it answered "
		    "with status %u: %s",
		    to, answer->status, says);
	return false;
}

static bool check_version(struct prove *prove, const struct lava_answer *answer,
			  GError **error)
{
	if (answer->status == 200 &&
	    json_is_string(json_object_get(answer->json, "version")))
		return true;
	if (answer->status >= 300 && answer->status < 500) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "\"%s\" answers with status %u and no version of "
			    "LAVA: is the URL right?",
			    prove->lab->config->url, answer->status);
		return false;
	}
	return odd_answer(answer, "system/version/", error);
}

static bool check_whoami(struct prove *prove, const struct lava_answer *answer,
			 GError **error)
{
	const char *user = json_string_value(
		json_object_get(answer->json, "user"));
	g_autofree char *quoted = NULL, *why = NULL;

	if (answer->status != 200 || !user)
		return odd_answer(answer, "system/whoami/", error);
	if (!*user)
		return refuse(prove, error, "is of nobody");
	if (strcmp(user, prove->lab->config->user) != 0) {
		quoted = text_quote(user, -1);
		why = g_strdup_printf("is that of %s, expected the user \"%s\"",
				      quoted, prove->lab->config->user);
		return refuse(prove, error, why);
	}
	g_free(prove->lab->user);
	prove->lab->user = g_strdup(user);
	return true;
}

static bool check_permissions(struct prove *prove,
			      const struct lava_answer *answer, GError **error)
{
	if (answer->status == 403)
		return true;
	if (answer->status == 200)
		return refuse_strong(prove, error, "a superuser");
	return odd_answer(answer, "permissions/devices/", error);
}

static bool check_workers(struct prove *prove, const struct lava_answer *answer,
			  GError **error)
{
	json_t *results = json_object_get(answer->json, "results");
	json_t *worker;
	gsize i;

	if (answer->status != 200 || !json_is_array(results))
		return odd_answer(answer, "workers/", error);
	json_array_foreach (results, i, worker) {
		const char *name = json_string_value(
			json_object_get(worker, "hostname"));

		if (json_object_get(worker, "token"))
			return refuse_strong(prove, error, "a superuser");
		if (!prove->worker && name)
			prove->worker = g_uri_escape_string(name, NULL, FALSE);
	}
	return true;
}

static bool check_actions(struct prove *prove, const struct lava_answer *answer,
			  GError **error)
{
	if (answer->status != 200 || !answer->json)
		return odd_answer(answer, "OPTIONS", error);
	if (json_object_get(answer->json, "actions"))
		return refuse_strong(prove, error,
				     "a user with rights on devices or "
				     "workers");
	return true;
}

/* The code of a fault; 0: it is none. */
static gint64 fault_of(const struct lava_answer *answer)
{
	const char *at = answer->text ? strstr(answer->text, "faultCode")
				      : NULL;

	at = at ? strstr(at, "<int>") : NULL;
	return at ? g_ascii_strtoll(at + strlen("<int>"), NULL, 10) : 0;
}

static bool check_staff(struct prove *prove, const struct lava_answer *answer,
			GError **error)
{
	if (fault_of(answer) == 403)
		return true;
	if (fault_of(answer) == 400)
		return refuse_strong(prove, error, "a staff user");
	return odd_answer(answer, "the probe for staff", error);
}

static bool check_types(struct prove *prove, const struct lava_answer *answer,
			GError **error)
{
	if (fault_of(answer) == 401)
		return true;
	if (answer->text && strstr(answer->text, "<methodResponse>") &&
	    fault_of(answer) == 0)
		return refuse_strong(prove, error, "a superuser");
	return odd_answer(answer, "the probe for superusers", error);
}

#define XML_CALL(name, params)                                      \
	"<?xml version='1.0'?><methodCall><methodName>system." name \
	"</methodName><params>" params "</params></methodCall>"
#define XML_PARAM(value) "<param><value>" value "</value></param>"

/* The user name of XML-RPC is known from the second. */
static const struct probe probes[] = {
	{NULL, "system/version/", NULL, check_version},
	{NULL, "system/whoami/", NULL, check_whoami},
	{NULL, "permissions/devices/?limit=1", NULL, check_permissions},
	{NULL, "workers/?limit=1000", NULL, check_workers},
	{"OPTIONS", "devices/", NULL, check_actions},
	{"OPTIONS", "workers/", NULL, check_actions}, /* and a worker's name */
	{"POST", "",
	 XML_CALL("set_user_groups",
		  XML_PARAM("<string>reroll@probe.invalid</string>")
			  XML_PARAM("<int>0</int>")),
	 check_staff},
	{"POST", "",
	 XML_CALL("user_can_submit_to_types",
		  XML_PARAM("<array><data></data></array>")
			  XML_PARAM("<string>lava-health</string>")),
	 check_types},
};

static void prove_next(struct prove *prove);

static void prove_free(gpointer data)
{
	struct prove *prove = data;

	g_free(prove->worker);
	g_free(prove);
}

/* Refused on every path, also on those open to everybody. */
static bool check_token(const struct prove *prove,
			const struct lava_answer *answer, GError **error)
{
	const char *detail = json_string_value(
		json_object_get(answer->json, "detail"));
	g_autofree char *quoted = NULL, *why = NULL;

	if (answer->status != 401 &&
	    (answer->status != 403 || !detail ||
	     (!strstr(detail, "oken") && !strstr(detail, "inactive"))))
		return true;
	quoted = text_quote(detail, -1);
	why = g_strdup_printf("is refused: %s; make another one in LAVA, in "
			      "the user's menu under API tokens",
			      quoted);
	return refuse(prove, error, why);
}

static void on_probe(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autoptr(GTask) task = data;
	struct prove *prove = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);

	(void)source;
	if (!answer || !check_token(prove, answer, &error) ||
	    !probes[prove->probe].check(prove, answer, &error)) {
		g_task_return_error(task, error);
		return;
	}
	if (++prove->probe == G_N_ELEMENTS(probes)) {
		prove->lab->proven = true;
		g_task_return_boolean(task, TRUE);
		return;
	}
	prove->task = g_steal_pointer(&task);
	prove_next(prove);
}

static void prove_next(struct prove *prove)
{
	const struct probe *probe = &probes[prove->probe];
	struct lava_ask ask = {
		.method = probe->method,
		.path = probe->path,
		.xml = probe->xml,
	};
	g_autofree char *path = NULL;

	if (probe->method && g_str_equal(probe->path, "workers/")) {
		path = g_strdup_printf("workers/%s%s",
				       prove->worker ? prove->worker : "",
				       prove->worker ? "/" : "");
		ask.path = path;
	}
	lava_ask_async(prove->lab, &ask, g_task_get_cancellable(prove->task),
		       on_probe, prove->task);
}

static bool read_token(struct lab *lab, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) local = NULL;

	if (!g_file_get_contents(lab->config->token_file, &text, NULL,
				 &local)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "no token: %s", local->message);
		return false;
	}
	g_strstrip(text);
	if (!*text || strpbrk(text, " \t\r\n")) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "found no token in \"%s\", expected one word",
			    lab->config->token_file);
		return false;
	}
	g_free(lab->token);
	lab->token = g_steal_pointer(&text);
	return true;
}

void lava_prove_async(struct lab *lab, GCancellable *cancellable,
		      GAsyncReadyCallback callback, gpointer user_data)
{
	struct prove *prove = g_new0(struct prove, 1);
	GError *error = NULL;
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);

	prove->lab = lab;
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, prove, prove_free);
	if (lab->proven) {
		g_task_return_boolean(task, TRUE);
	} else if (!read_token(lab, &error)) {
		g_task_return_error(task, error);
	} else {
		prove->task = g_steal_pointer(&task);
		prove_next(prove);
	}
}

bool lava_prove_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_boolean(G_TASK(res), error);
}
