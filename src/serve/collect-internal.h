/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the collecting share. All of it is of the store's thread.
 */
#ifndef SERVE_COLLECT_INTERNAL_H
#define SERVE_COLLECT_INTERNAL_H

#include "serve/collect.h"

struct letter_of {
	struct message *message; /* borrowed of the set */
	gint64 id, revision;
};

/* A batch of events, and what the main thread is to do about them. */
struct collect {
	struct daemon *daemon;
	struct settings *settings;
	guint64 wait_s;
	gint64 after; /* events up to this one were handled */
	bool more;
	GPtrArray *queued, *stopped; /* of char *: runs */
	bool mailed;		     /* something is in the outbox */
	GPtrArray *odd;		     /* of struct odd */
};

/* Something for staff. */
struct odd {
	char *kind, *about, *text;
};

/* For staff, in the step that found it. */
void collect_tell(struct collect *collect, const char *kind, const char *about,
		  const char *text);

/* Whether the mail may be of a series. */
bool collect_is_letter(const struct message *message);

/* The first mail that it refers to; or itself. */
const char *collect_thread(const struct message *message);

bool collect_put_letter(struct store *store, gint64 event,
			const struct message *message, struct letter *letter,
			GError **error);

/* Somebody has changed a mail on its way: what is made of it waits for staff.
 */
bool collect_note_difference(struct collect *collect, struct store *store,
			     const struct message *message, gint64 revision,
			     GError **error);

/* Put a new patch or cover letter beside the others of its sender. */
bool collect_assemble(struct collect *collect, struct store *store,
		      const struct message *message,
		      const struct letter *letter, GError **error);

/* A series, or several, that came as a whole. */
bool collect_whole(struct collect *collect, struct store *store,
		   const struct event *event, GError **error);

#endif
