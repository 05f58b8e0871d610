/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out that a site has: its mail server, or a Maildir instead. Private
 * to this room: the outbox sends by it, one mail at a time.
 *
 * Errors: of way_new() as outbox_new(), else those of mail/smtp.h; a Maildir
 * that cannot be written is a server that is away.
 * Ownership: the options and the mail must live until the callback.
 */
#ifndef REPORT_WAY_H
#define REPORT_WAY_H

#include "report/outbox.h"

struct way;

struct way *way_new(const struct outbox_options *options, GError **error);
void way_free(struct way *way);
typedef struct way way_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(way_t, way_free)

void way_send_async(struct way *way, const struct outbox_mail *mail,
		    GCancellable *cancellable, GAsyncReadyCallback callback,
		    gpointer user_data);
/* `of_all`: see smtp_send_finish(). */
bool way_send_finish(struct way *way, GAsyncResult *res, bool *of_all,
		     GError **error);

/* The most mails in an hour; 0: any. */
guint way_rate(const struct way *way);

#endif
