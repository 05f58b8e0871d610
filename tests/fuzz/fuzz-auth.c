/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as the headers of a mail that our server took, and as what stands
 * behind one Authentication-Results of it.
 */
#include <glib.h>
#include <string.h>

#include "fuzz.h"
#include "mail/mail.h"

static GPtrArray *servers;

static void judge(const char *mail, size_t len)
{
	const struct message_options options = {.servers = servers};
	g_autoptr(message_t)
		message = message_parse(mail, len, "fuzz", &options);
	g_autofree char *text = auth_result_text(message->auth);
	g_autofree char *why = NULL;
	bool vouched = auth_result_vouches(message->auth, message->from, &why);

	g_assert(vouched == !why);
	g_assert(g_utf8_validate(text, -1, NULL) && !strpbrk(text, "\r\n"));
	g_assert(!vouched || !message->auth->broken);
	for (guint i = 0; i < message->auth->checks->len; i++) {
		const struct auth_check *check = message->auth->checks
							 ->pdata[i];

		g_assert(!check->domain || strchr(check->domain, '.'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GString) mail = g_string_new(NULL);

	if (!servers) {
		servers = g_ptr_array_new();
		g_ptr_array_add(servers, (gpointer)(gsize) "mx.example.org");
	}
	judge((const char *)data, len);
	g_string_append(mail,
			"From: a@example.org\nDKIM-Signature: d=example.org\n"
			"Authentication-Results: mx.example.org");
	g_string_append_len(mail, (const char *)data, (gssize)len);
	judge(mail->str, mail->len);
	return 0;
}
