// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl speaks; what it does not tell is heard in its debug callback: each
 * command that goes out begins a step, and what the server answered to the last
 * one decides what became of the mail, not libcurl's word: it calls a mail that
 * was accepted with another number than 250 an error.
 */
#include <curl/curl.h>
#include <string.h>

#include "base/base.h"
#include "mail/smtp.h"

#define ANSWER_BYTES 300
#define FAREWELL_MS 500

enum step {
	STEP_CONNECT,
	STEP_EHLO,
	STEP_HELO,
	STEP_STARTTLS,
	STEP_AUTH,
	STEP_SENDER,
	STEP_RECIPIENT,
	STEP_DATA,
	STEP_END, /* all of the mail is out */
	STEP_COUNT
};

static const struct {
	const char *command; /* NULL: none begins it */
	const char *what;
	enum reroll_error refused; /* by 5xx */
} steps[STEP_COUNT] = {
	[STEP_CONNECT] = {NULL, "the connection", REROLL_ERROR_CONFIG},
	[STEP_EHLO] = {"EHLO", "our name", REROLL_ERROR_CONFIG},
	[STEP_HELO] = {"HELO", "our name", REROLL_ERROR_CONFIG},
	[STEP_STARTTLS] = {"STARTTLS", "TLS", REROLL_ERROR_CONFIG},
	[STEP_AUTH] = {"AUTH", "the password", REROLL_ERROR_CONFIG},
	[STEP_SENDER] = {"MAIL", "the sender", REROLL_ERROR_CONFIG},
	[STEP_RECIPIENT] = {"RCPT", "the recipient", REROLL_ERROR_INPUT},
	[STEP_DATA] = {"DATA", "the mail", REROLL_ERROR_INPUT},
	[STEP_END] = {NULL, "the mail", REROLL_ERROR_INPUT},
};

/* Answers that mean the same at every step. */
static const struct {
	guint code;
	enum reroll_error refused;
} anywhere[] = {
	{530, REROLL_ERROR_CONFIG}, /* authentication is required */
	{534, REROLL_ERROR_CONFIG}, /* ... by a stronger mechanism */
	{535, REROLL_ERROR_CONFIG}, /* ... and is wrong */
	{538, REROLL_ERROR_CONFIG}, /* ... and is for TLS alone */
	{552, REROLL_ERROR_INPUT},  /* the mail is too large */
};

/* What libcurl says when the server has not refused anything. */
static const struct {
	CURLcode code;
	enum reroll_error error;
	const char *what;
} failures[] = {
	{CURLE_PEER_FAILED_VERIFICATION, REROLL_ERROR_CONFIG,
	 "shows a certificate that is not trusted"},
	{CURLE_SSL_CACERT_BADFILE, REROLL_ERROR_CONFIG,
	 "cannot be checked with these certificates"},
	{CURLE_USE_SSL_FAILED, REROLL_ERROR_CONFIG,
	 "offers no TLS, which there must be"},
	{CURLE_LOGIN_DENIED, REROLL_ERROR_CONFIG,
	 "takes a password in no way that we know"},
	{CURLE_UNSUPPORTED_PROTOCOL, REROLL_ERROR_CONFIG,
	 "is none of smtp:// and smtps://"},
	{CURLE_URL_MALFORMAT, REROLL_ERROR_CONFIG, "has no proper URL"},
	{CURLE_COULDNT_CONNECT, REROLL_ERROR_TEMP, "cannot be reached"},
	{CURLE_COULDNT_RESOLVE_HOST, REROLL_ERROR_TEMP, "cannot be found"},
};

struct sending {
	struct smtp_server server;
	struct smtp_mail mail;
	GCancellable *cancellable;
	const char *bytes; /* of the mail */
	gsize len, at;

	enum step step;
	guint recipient; /* how many were named */
	guint code;	 /* of the last whole answer to this step; 0 */
	GString *answer; /* its words */
	bool answered;	 /* the next line begins another one */
	bool accepted;
	gint64 farewell_ms; /* when QUIT was said; 0 */

	bool of_all;
	char why[CURL_ERROR_SIZE];
};

static void sending_free(gpointer data)
{
	struct sending *sending = data;

	g_clear_object(&sending->cancellable);
	g_string_free(sending->answer, TRUE);
	g_free(sending);
}

static bool is_command(const char *line, gsize len, const char *command)
{
	gsize n = strlen(command);

	return len > n && strncmp(line, command, n) == 0 &&
	       (line[n] == ' ' || line[n] == '\r');
}

/* A password's lines begin no step: they belong to AUTH. */
static void hear_command(struct sending *sending, const char *line, gsize len)
{
	if (is_command(line, len, "QUIT")) {
		sending->farewell_ms = clock_monotonic_ms();
		return;
	}
	for (guint i = 0; i < STEP_COUNT; i++) {
		if (steps[i].command && is_command(line, len, steps[i].command))
			sending->step = i;
	}
	sending->recipient += sending->step == STEP_RECIPIENT;
	sending->code = 0;
	sending->answered = true;
}

static bool has_code(const char *line, gsize len)
{
	return len >= 5 && g_ascii_isdigit(line[0]) &&
	       g_ascii_isdigit(line[1]) && g_ascii_isdigit(line[2]);
}

/* One line; the last of an answer has no "-" behind its number. */
static void hear_answer(struct sending *sending, const char *line, gsize len)
{
	bool numbered = has_code(line, len);
	bool last = numbered && (line[3] == ' ' || len == 5);
	gsize skip = numbered && sending->answer->len && !sending->answered ? 4
									    : 0;

	if (sending->answered)
		g_string_truncate(sending->answer, 0);
	sending->answered = last;
	if (sending->answer->len < ANSWER_BYTES)
		g_string_append_len(sending->answer, line + skip,
				    (gssize)MIN(len - skip, ANSWER_BYTES));
	if (!last)
		return;
	sending->code = (guint)g_ascii_strtoull(line, NULL, 10);
	if (sending->step == STEP_END && sending->code / 100 == 2)
		sending->accepted = true;
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t len,
		    void *user_data)
{
	struct sending *sending = user_data;

	(void)easy;
	if (sending->farewell_ms)
		return 0;
	if (type == CURLINFO_HEADER_OUT)
		hear_command(sending, data, len);
	else if (type == CURLINFO_HEADER_IN)
		hear_answer(sending, data, len);
	return 0;
}

/* libcurl can do this as well, but makes CR CR LF out of CR LF. */
static size_t on_read(char *to, size_t one, size_t count, void *user_data)
{
	struct sending *sending = user_data;
	size_t room = one * count, n = 0;

	while (sending->at < sending->len && room - n >= 2) {
		char c = sending->bytes[sending->at++];

		if (c == '\r')
			continue;
		if (c == '\n')
			to[n++] = '\r';
		to[n++] = c;
	}
	if (n == 0)
		sending->step = STEP_END;
	return n;
}

static int on_progress(void *user_data, curl_off_t down_all, curl_off_t down,
		       curl_off_t up_all, curl_off_t up)
{
	const struct sending *sending = user_data;

	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	if (sending->farewell_ms)
		return clock_monotonic_ms() - sending->farewell_ms >=
		       FAREWELL_MS;
	return g_cancellable_is_cancelled(sending->cancellable);
}

/* Where to, and who we are there. */
static void set_server(CURL *easy, const struct smtp_server *server)
{
	bool must = server->password || server->ca;

	curl_easy_setopt(easy, CURLOPT_URL, server->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 (long)(must ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	if (!must && g_ascii_strncasecmp(server->url, "smtps:", 6) != 0) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (server->ca) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, server->ca);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (server->user && server->password) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, server->password);
	}
}

/*
 * No size is told: libcurl compares it with what went out, and that has the
 * dots doubled. Without being kept the connection ends while we still listen.
 */
static void set_callbacks(CURL *easy, struct sending *sending)
{
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, sending);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, sending);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, sending);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sending->why);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT,
			 (long)sending->server.timeout_s);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
			 (long)sending->server.timeout_s);
}

static enum reroll_error refusal_of(const struct sending *sending)
{
	if (sending->code < 500)
		return REROLL_ERROR_TEMP;
	for (gsize i = 0; i < G_N_ELEMENTS(anywhere); i++) {
		if (anywhere[i].code == sending->code)
			return anywhere[i].refused;
	}
	return steps[sending->step].refused;
}

static GError *refused_error(const struct sending *sending)
{
	enum reroll_error code = refusal_of(sending);
	const char *whom = "";
	g_autofree char *words = text_one_line(sending->answer->str,
					       (gssize)sending->answer->len,
					       ANSWER_BYTES);

	if (sending->step == STEP_RECIPIENT && sending->recipient > 0)
		whom = sending->mail.recipients[sending->recipient - 1];
	return g_error_new(
		REROLL_ERROR, (gint)code,
		"the mail server %s %s %s%s%s: \"%s\"", sending->server.url,
		code == REROLL_ERROR_TEMP ? "does not take now" : "refuses",
		steps[sending->step].what, *whom ? " " : "", whom, words);
}

static GError *late_error(const struct sending *sending)
{
	if (sending->step == STEP_END)
		return g_error_new(REROLL_ERROR, REROLL_ERROR_TIMEOUT,
				   "the mail server %s has got all of the mail "
				   "and said nothing in %u s: it may have "
				   "accepted it",
				   sending->server.url,
				   sending->server.timeout_s);
	return g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
			   "the mail server %s has not come to an end with %s "
			   "in %u s",
			   sending->server.url, steps[sending->step].what,
			   sending->server.timeout_s);
}

/* libcurl's text on a connection says how many milliseconds it took. */
static char *failure_why(const struct sending *sending, CURL *easy,
			 CURLcode code)
{
	long number = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_COULDNT_CONNECT && number)
		return g_strdup(g_strerror((int)number));
	return text_one_line(*sending->why ? sending->why
					   : curl_easy_strerror(code),
			     -1, ANSWER_BYTES);
}

static GError *failure_error(const struct sending *sending, CURL *easy,
			     CURLcode code)
{
	g_autofree char *why = failure_why(sending, easy, code);

	for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
		if (failures[i].code == code)
			return g_error_new(
				REROLL_ERROR, (gint)failures[i].error,
				"the mail server %s %s: %s",
				sending->server.url, failures[i].what, why);
	}
	return g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
			   "the mail server %s was lost at %s: %s",
			   sending->server.url, steps[sending->step].what, why);
}

/* What the server said comes before what happened to the connection. */
static GError *sending_error(const struct sending *sending, CURL *easy,
			     CURLcode code)
{
	if (sending->code >= 400)
		return refused_error(sending);
	if (g_cancellable_is_cancelled(sending->cancellable))
		return g_error_new(REROLL_ERROR, REROLL_ERROR_CANCELLED,
				   "the sending was cancelled");
	if (code == CURLE_OPERATION_TIMEDOUT)
		return late_error(sending);
	return failure_error(sending, easy, code);
}

static bool is_of_all(const struct sending *sending, const GError *error)
{
	if (error->code == REROLL_ERROR_INPUT)
		return false;
	return error->code == REROLL_ERROR_CONFIG ||
	       sending->step <= STEP_SENDER || sending->code == 421;
}

static void sending_run(GTask *task, gpointer source, gpointer data,
			GCancellable *cancellable)
{
	struct sending *sending = data;
	struct curl_slist *recipients = NULL;
	CURL *easy = curl_easy_init();
	GError *error = NULL;
	CURLcode code;

	(void)source;
	(void)cancellable;
	for (const char *const *to = sending->mail.recipients; *to; to++)
		recipients = curl_slist_append(recipients, *to);
	set_server(easy, &sending->server);
	set_callbacks(easy, sending);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, sending->mail.envelope_from);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
	code = curl_easy_perform(easy);
	if (!sending->accepted) {
		error = sending_error(sending, easy, code);
		sending->of_all = is_of_all(sending, error);
	}
	curl_easy_cleanup(easy);
	curl_slist_free_all(recipients);
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
}

/* In a command nothing may end it, or the line. */
static bool is_writable(const char *address)
{
	const char *p = address;

	while (*p > ' ' && *p < 0x7f && *p != '<' && *p != '>')
		p++;
	return *address && !*p;
}

static bool check_address(const char *address, enum reroll_error code,
			  GError **error)
{
	g_autofree char *quoted = NULL;

	if (is_writable(address))
		return true;
	quoted = text_quote(address, -1);
	g_set_error(error, REROLL_ERROR, (gint)code,
		    "the address %s is none that SMTP can write", quoted);
	return false;
}

static bool check_mail(const struct smtp_mail *mail, GError **error)
{
	if (!check_address(mail->envelope_from, REROLL_ERROR_CONFIG, error))
		return false;
	for (const char *const *to = mail->recipients; *to; to++) {
		if (!check_address(*to, REROLL_ERROR_INPUT, error))
			return false;
	}
	return true;
}

static void curl_make_ready(void)
{
	static gsize ready;

	if (g_once_init_enter(&ready)) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		g_once_init_leave(&ready, 1);
	}
}

void smtp_send_async(const struct smtp_server *server,
		     const struct smtp_mail *mail, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, user_data);
	struct sending *sending = g_new0(struct sending, 1);
	GError *error = NULL;

	curl_make_ready();
	g_set_object(&sending->cancellable, cancellable);
	sending->server = *server;
	sending->mail = *mail;
	sending->bytes = g_bytes_get_data(mail->mail, &sending->len);
	sending->answer = g_string_new(NULL);
	g_task_set_source_tag(task, smtp_send_async);
	g_task_set_task_data(task, sending, sending_free);
	if (check_mail(mail, &error)) {
		g_task_run_in_thread(task, sending_run);
		return;
	}
	sending->of_all = is_of_all(sending, error);
	g_task_return_error(task, error);
}

bool smtp_send_finish(GAsyncResult *res, bool *of_all, GError **error)
{
	const struct sending *sending = g_task_get_task_data(G_TASK(res));

	if (of_all)
		*of_all = sending->of_all;
	return g_task_propagate_boolean(G_TASK(res), error);
}
