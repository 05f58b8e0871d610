/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection to an IMAP folder: libetpan, blocking, for a thread.
 *
 * TLS is checked by us, as libetpan checks nothing: the certificates must lead
 * to one that is trusted and name the host, before the password is said.
 * Errors: TEMP, with what failed; the session is of no use after one.
 * Source: RFC 3501, 2177 (IDLE), 4315 (UIDPLUS), 6851 (MOVE).
 */
#ifndef INTAKE_IMAP_SESSION_H
#define INTAKE_IMAP_SESSION_H

#include "intake/intake-backend.h"

struct imap_session;

struct imap_mail {
	guint32 uid, size;
};

/* Connected, logged in, the folder selected. */
struct imap_session *imap_session_open(const struct source_config *config,
				       GUri *uri, const char *password,
				       guint timeout_ms, GError **error);
void imap_session_free(struct imap_session *session);
typedef struct imap_session imap_session_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(imap_session_t, imap_session_free)

guint32 imap_session_uidvalidity(const struct imap_session *session);

/* Mails with a UID above `after`, lowest first; of struct imap_mail. */
GArray *imap_session_list(struct imap_session *session, guint32 after,
			  GError **error);

/* Those from `after` + 1 to `last` that are not marked as seen, alike. */
GArray *imap_session_list_unseen(struct imap_session *session, guint32 after,
				 guint32 last, GError **error);

/*
 * A mail, of one that is larger than `limit` its head; it is not marked as
 * seen. NULL without an error: it is gone.
 */
GBytes *imap_session_fetch(struct imap_session *session,
			   const struct imap_mail *mail, guint64 limit,
			   GError **error);

/* Mark them as seen, or move them; `uids` of guint32. */
bool imap_session_settle(struct imap_session *session, const GArray *uids,
			 const char *move_to, GError **error);

/*
 * Let the server tell of news, if it can: the descriptor is readable then. -1
 * when it cannot, or has told already (`news`).
 */
int imap_session_idle(struct imap_session *session, bool *news, GError **error);
bool imap_session_idle_end(struct imap_session *session, GError **error);

#endif
