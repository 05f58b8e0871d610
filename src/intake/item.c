/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items of a batch, and how a raw mail becomes one. */
#include <string.h>

#include "base/base.h"
#include "intake/intake-backend.h"
#include "mail/mail.h"

void intake_item_free(struct intake_item *item)
{
	g_free(item->key);
	g_free(item->bad);
	g_free(item->url);
	g_free(item->patches);
	g_free(item->state);
	g_clear_pointer(&item->mail, g_bytes_unref);
	if (item->own_free)
		item->own_free(item->own);
	g_free(item);
}

struct intake_item *intake_batch_add(struct intake_batch *batch,
				     enum event_kind kind, char *key)
{
	struct intake_item *item = g_new0(struct intake_item, 1);

	item->kind = kind;
	item->key = key;
	g_ptr_array_add(batch->items, item);
	return item;
}

bool intake_batch_full(const struct intake_batch *batch)
{
	gsize bytes = 0;

	for (guint i = 0; i < batch->items->len; i++) {
		const struct intake_item *item = batch->items->pdata[i];

		bytes += item->mail ? g_bytes_get_size(item->mail) : 0;
	}
	return batch->items->len >= INTAKE_BATCH_ITEMS ||
	       bytes >= INTAKE_BATCH_BYTES;
}

/* Headers that mail programs write into mails that lie in a mailbox. */
static bool is_volatile(const char *line, gsize len)
{
	static const char *const names[] = {
		"Status:",     "X-Status:", "X-Keywords:",     "X-UID:",
		"X-IMAPbase:", "X-IMAP:",   "Content-Length:", "Lines:",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize n = strlen(names[i]);

		if (len >= n && g_ascii_strncasecmp(line, names[i], n) == 0)
			return true;
	}
	return len >= 5 && memcmp(line, "From ", 5) == 0;
}

/* The key: a checksum of the mail without what may change on its way to us. */
static char *mail_key(const struct intake_mail *mail)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize len;
	const char *at = g_bytes_get_data(mail->mail, &len);
	const char *end = len ? at + len : at;
	bool skip = false;

	while (at < end && *at != '\n' && *at != '\r') {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		const char *next = newline ? newline + 1 : end;

		if (*at != ' ' && *at != '\t')
			skip = is_volatile(at, (gsize)(next - at));
		if (!skip)
			g_checksum_update(sum, (const guchar *)at, next - at);
		at = next;
	}
	g_checksum_update(sum, (const guchar *)at, end - at);
	if (mail->too_large)
		g_checksum_update(sum, (const guchar *)&mail->size,
				  sizeof(mail->size));
	return g_strconcat("mail/", g_checksum_get_string(sum), NULL);
}

static char *why_bad(const struct intake_mail *mail,
		     const struct message *message)
{
	gsize len;
	const char *data = g_bytes_get_data(mail->mail, &len);

	if (mail->too_large)
		return g_strdup_printf("the mail has %" G_GUINT64_FORMAT
				       " bytes, more than are taken",
				       mail->size);
	if (len && memchr(data, '\0', len))
		return g_strdup("there are NUL bytes in it");
	if (message->kind == MESSAGE_ERROR)
		return g_strdup(message->error);
	if (!message->message_id && !message->from_raw)
		return g_strdup("it is no mail: it has neither a Message-ID "
				"nor a From");
	return NULL;
}

/* "Some words <list.example.org>" or the id alone. */
static bool list_is_wanted(const struct source_config *config,
			   const char *list_id)
{
	const char *open = list_id ? strrchr(list_id, '<') : NULL;
	g_autofree char *id = g_strdup(open ? open + 1 : list_id);

	if (!config->list_ids->len)
		return true;
	if (!id)
		return false;
	g_strstrip(g_strdelimit(id, ">", '\0'));
	for (guint i = 0; i < config->list_ids->len; i++) {
		if (g_ascii_strcasecmp(id, config->list_ids->pdata[i]) == 0)
			return true;
	}
	return false;
}

struct intake_item *intake_batch_add_mail(struct intake_batch *batch,
					  const struct source_config *config,
					  const struct intake_mail *mail)
{
	const struct message_options options = {.too_large = mail->too_large};
	gsize len;
	const char *data = g_bytes_get_data(mail->mail, &len);
	g_autoptr(message_t) message = message_parse(data ? data : "", len,
						     config->name, &options);
	struct intake_item *item = intake_batch_add(batch, EVENT_MAIL,
						    mail_key(mail));

	item->mail = g_bytes_ref(mail->mail);
	item->bad = why_bad(mail, message);
	item->known = !list_is_wanted(config, message->list_id);
	return item;
}

char *intake_secret(const struct source_config *config, GError **error)
{
	g_autoptr(GError) local = NULL;
	char *text = NULL;

	if (g_file_get_contents(config->token_file, &text, NULL, &local)) {
		text[strcspn(text, "\r\n")] = '\0';
		return text;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the token file cannot be read: %s", local->message);
	return NULL;
}
