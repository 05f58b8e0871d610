/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mails out of an IMAP folder. The cursor is "UIDVALIDITY UID": mails above
 * that UID are new. When the folder has another UIDVALIDITY all of it is read
 * again, and the keys drop what is known. With a folder to move to, whatever is
 * still in this one is to be moved, so it is always read from its start.
 * Without one what was taken is marked as seen.
 *
 * Between rounds the server idles on us (RFC 2177); a server that cannot is
 * asked at each interval, and one that idles too, in case it has died.
 */
#include <signal.h>
#include <string.h>

#include "base/base.h"
#include "intake/imap-session.h"

struct imap {
	const struct source_config *config;
	guint timeout_ms;
	GUri *uri;
	char *password;
	struct imap_session *session; /* NULL: not connected */
	guint32 marked; /* up to this UID all that was taken is marked */
	bool all_marked;
	int idle_fd;
};

static void imap_reset(gpointer state)
{
	struct imap *imap = state;

	g_clear_pointer(&imap->session, imap_session_free);
	imap->marked = 0;
	imap->all_marked = false;
	imap->idle_fd = -1;
}

static void imap_free(gpointer state)
{
	struct imap *imap = state;

	imap_reset(imap);
	g_uri_unref(imap->uri);
	g_free(imap->password);
	g_free(imap);
}

static gpointer imap_open(const struct source_config *config,
			  const struct intake_timing *timing, GError **error)
{
	g_autoptr(GUri) uri = g_uri_parse(config->url, G_URI_FLAGS_NONE, NULL);
	const char *scheme = uri ? g_uri_get_scheme(uri) : NULL;
	g_autofree char *password = NULL;
	struct imap *imap;

	if (!uri || !g_uri_get_host(uri) ||
	    (strcmp(scheme, "imap") != 0 && strcmp(scheme, "imaps") != 0)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the URL of an IMAP server is imaps://host");
		return NULL;
	}
	password = intake_secret(config, error);
	if (!password)
		return NULL;
	/* libetpan writes to connections that may be gone. */
	signal(SIGPIPE, SIG_IGN);
	imap = g_new0(struct imap, 1);
	imap->config = config;
	imap->timeout_ms = timing->timeout_ms;
	imap->uri = g_steal_pointer(&uri);
	imap->password = g_steal_pointer(&password);
	imap->idle_fd = -1;
	return imap;
}

static bool be_connected(struct imap *imap, GError **error)
{
	imap->idle_fd = -1;
	if (imap->session)
		return imap_session_idle_end(imap->session, error);
	imap->session = imap_session_open(imap->config, imap->uri,
					  imap->password, imap->timeout_ms,
					  error);
	return imap->session;
}

/* The last UID that was taken; 0 when this is another folder now. */
static guint32 last_uid(const struct imap *imap, const char *cursor)
{
	guint64 validity, uid;
	char *end;

	if (!cursor || imap->config->move_to)
		return 0;
	validity = g_ascii_strtoull(cursor, &end, 10);
	uid = g_ascii_strtoull(end, NULL, 10);
	return validity == imap_session_uidvalidity(imap->session)
		       ? (guint32)MIN(uid, G_MAXUINT32)
		       : 0;
}

static bool add_mail(struct imap *imap, struct intake_batch *batch,
		     const struct imap_mail *what, GError **error)
{
	guint64 limit = imap->config->limit_bytes;
	g_autoptr(GError) local = NULL;
	g_autoptr(GBytes)
		body = imap_session_fetch(imap->session, what, limit, &local);
	struct intake_mail mail = {body, what->size > limit, what->size};
	struct intake_item *item;

	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	if (!body)
		return true;
	item = intake_batch_add_mail(batch, imap->config, &mail);
	item->own = GUINT_TO_POINTER(what->uid);
	return true;
}

/* `last` becomes the UID of the last that was added. */
static bool add_mails(struct imap *imap, struct intake_batch *batch,
		      const GArray *mails, guint32 *last,
		      GCancellable *cancellable, GError **error)
{
	for (guint i = 0; i < mails->len; i++) {
		const struct imap_mail *mail = &g_array_index(
			mails, struct imap_mail, i);

		if (g_cancellable_is_cancelled(cancellable))
			break;
		if (intake_batch_full(batch)) {
			batch->more = true;
			break;
		}
		if (!add_mail(imap, batch, mail, error))
			return false;
		*last = mail->uid;
	}
	return true;
}

/*
 * Once in a connection: what was taken before it, but not marked as seen before
 * the one before it ended, is handed out again. Its key is known, so it is only
 * marked.
 */
static bool gather_unmarked(struct imap *imap, struct intake_batch *batch,
			    guint32 last, GCancellable *cancellable,
			    GError **error)
{
	g_autoptr(GArray) mails = NULL;

	if (imap->all_marked)
		return true;
	mails = imap_session_list_unseen(imap->session, imap->marked, last,
					 error);
	if (!mails ||
	    !add_mails(imap, batch, mails, &imap->marked, cancellable, error))
		return false;
	imap->all_marked = !batch->more;
	return true;
}

static bool gather_mails(struct imap *imap, struct intake_batch *batch,
			 GCancellable *cancellable, GError **error)
{
	guint32 last = last_uid(imap, batch->before);
	g_autoptr(GArray) mails = imap_session_list(imap->session, last, error);

	if (!mails || !gather_unmarked(imap, batch, last, cancellable, error) ||
	    !add_mails(imap, batch, mails, &last, cancellable, error))
		return false;
	batch->cursor = g_strdup_printf(
		"%u %u", imap_session_uidvalidity(imap->session), last);
	return true;
}

/* With nothing new the server is asked to tell; what it tells at once counts.
 */
static bool imap_gather(gpointer state, struct intake_batch *batch,
			GCancellable *cancellable, GError **error)
{
	struct imap *imap = state;
	g_autoptr(GError) local = NULL;
	bool news;

	if (!be_connected(imap, error) ||
	    !gather_mails(imap, batch, cancellable, error))
		return false;
	if (batch->items->len) {
		batch->more = true;
		return true;
	}
	imap->idle_fd = imap_session_idle(imap->session, &news, &local);
	batch->more = news;
	if (!local)
		return true;
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

static bool imap_settle(gpointer state, struct intake_batch *batch,
			GCancellable *cancellable, GError **error)
{
	struct imap *imap = state;
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(guint32));

	(void)cancellable;
	for (guint i = 0; i < batch->items->len; i++) {
		const struct intake_item *item = batch->items->pdata[i];
		guint32 uid = GPOINTER_TO_UINT(item->own);

		g_array_append_val(uids, uid);
	}
	fault_point(FAULT_IMAP_BEFORE_ACK);
	if (!imap_session_settle(imap->session, uids, imap->config->move_to,
				 error))
		return false;
	fault_point(FAULT_IMAP_ACKED);
	return true;
}

static int imap_watch(gpointer state)
{
	return ((struct imap *)state)->idle_fd;
}

const struct intake_ops intake_imap = {
	.kind = "imap",
	.open = imap_open,
	.gather = imap_gather,
	.settle = imap_settle,
	.watch = imap_watch,
	.reset = imap_reset,
	.free = imap_free,
};
