// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/listen.h"

#include "web/web.h"

/* A job may have begun when older settings were in force. */
static enum lab_call call_labs(const struct daemon *daemon,
			       const struct web_request *request)
{
	const char *name = web_request_rest(request);
	const char *token = web_request_header(request, LAVA_CALLBACK_HEADER);
	GBytes *body = web_request_body(request);
	enum lab_call says = lab_pool_call(daemon->settings->labs, name, token,
					   body);

	for (guint i = 0; i < daemon->kept_settings->len; i++) {
		const struct settings *kept = daemon->kept_settings->pdata[i];

		if (says == LAB_CALL_TAKEN)
			break;
		says = MIN(says, lab_pool_call(kept->labs, name, token, body));
	}
	return says;
}

static guint on_lava(const struct web_request *request, gpointer data)
{
	static const guint statuses[] = {
		[LAB_CALL_TAKEN] = 200,
		[LAB_CALL_BAD] = 400,
		[LAB_CALL_REFUSED] = 403,
		[LAB_CALL_UNKNOWN] = 404,
	};
	guint status = statuses[call_labs(data, request)];
	g_autofree char *name = text_quote(web_request_rest(request), -1);

	log_event(LOG_LEVEL_DEBUG, NULL, "call by the lab %s answered with %u",
		  name, status);
	return status;
}

static const struct web_route routes[] = {
	{"POST", "/lava/", LAVA_CALLBACK_BYTES, on_lava},
	{NULL},
};

bool listen_open(struct daemon *daemon, const struct site *site, GError **error)
{
	const char *listen = site->web.listen;
	struct web *web = NULL;

	if (g_strcmp0(listen, daemon->listen) == 0)
		return true;
	if (listen) {
		web = web_new(listen, routes, daemon, error);
		if (!web)
			return false;
		log_event(LOG_LEVEL_INFO, NULL, "listening at %s", listen);
	}
	listen_close(daemon);
	daemon->web = web;
	daemon->listen = g_strdup(listen);
	return true;
}

void listen_close(struct daemon *daemon)
{
	g_clear_pointer(&daemon->web, web_free);
	g_clear_pointer(&daemon->listen, g_free);
}
