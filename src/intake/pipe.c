/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mail from an MTA's pipe into the store, answered by an exit status. */
#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/base.h"
#include "intake/intake-backend.h"

static const struct source_config deliver = {
	.name = (char *)(gintptr) "deliver",
	.list_ids = &(GPtrArray){NULL, 0},
};

/*
 * To the end: an MTA whose pipe closes early may take that for a failure. What
 * is over the limit is counted and dropped but for the head.
 */
static bool pipe_read(int fd, gsize limit, GByteArray *to, guint64 *size)
{
	guint8 buffer[65536];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		*size += (guint64)n;
		if (*size <= limit || to->len < INTAKE_HEAD_BYTES)
			g_byte_array_append(to, buffer, (guint)n);
	}
	if (*size > limit && to->len > INTAKE_HEAD_BYTES)
		g_byte_array_set_size(to, INTAKE_HEAD_BYTES);
	return true;
}

static int refuse(GError **error, int status, const char *why)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the mail cannot be taken: %s", why);
	return status;
}

static bool mail_store(const struct intake_sink *sink,
		       const struct intake_mail *mail, GError **error)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(
		(GDestroyNotify)intake_item_free);
	struct intake_batch batch = {.items = items};
	const struct intake_item *item = intake_batch_add_mail(&batch, &deliver,
							       mail);
	const struct event_row row = {.key = item->key,
				      .kind = item->kind,
				      .bad = item->bad,
				      .mail = item->mail};
	const struct event_take take = {deliver.name, &row, 1, NULL};
	guint added = 0;

	if (!sink->take(sink->data, &take, &added, error))
		return false;
	if (added && sink->arrived)
		sink->arrived(sink->arrived_data);
	return true;
}

int intake_pipe_take(int fd, const struct intake_sink *sink, gsize limit_bytes,
		     GError **error)
{
	g_autoptr(GByteArray) read = g_byte_array_new();
	struct intake_mail mail = {NULL};
	g_autoptr(GBytes) bytes = NULL;

	if (!pipe_read(fd, limit_bytes, read, &mail.size))
		return refuse(error, EX_TEMPFAIL, g_strerror(errno));
	if (!mail.size)
		return refuse(error, EX_NOINPUT, "there is none");
	mail.too_large = mail.size > limit_bytes;
	bytes = g_byte_array_free_to_bytes(g_steal_pointer(&read));
	mail.mail = bytes;
	return mail_store(sink, &mail, error) ? EX_OK : EX_TEMPFAIL;
}
