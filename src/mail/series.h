/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mails put together: which patches make one version of one series, what is
 * missing, which version came before. First stage of the pipeline (assemble).
 *
 * A patch belongs to a series by thread, version, total and submitter; a
 * stranger's mail never becomes part of somebody's series. The order of arrival
 * does not matter. Time and memory are linear in the mails, whatever numbers
 * their subjects claim: `patches` holds those that came, and only in a complete
 * series is [n/m] sure to be at n-1.
 * Ownership: a series borrows its messages; the set owns both.
 */
#ifndef MAIL_SERIES_H
#define MAIL_SERIES_H

#include "mail/message.h"

struct series {
	char *name; /* the cover's subject, or the first patch's */
	guint version, total;
	bool complete;
	struct message *cover; /* NULL: none */
	GPtrArray *patches;    /* of struct message *: those there are, by n */
	GPtrArray *also;       /* of struct message *: claims to taken places */
	GPtrArray *replies;    /* of struct message *, to any of the series */
	struct series *supersedes; /* the version before it, borrowed */
	char *base_commit, *change_id;
	GPtrArray *prerequisites, *depends_on; /* of char * */
	bool resend, rfc;
};

struct series_set {
	GPtrArray *messages; /* of struct message, in order of arrival */
	GPtrArray *series; /* of struct series, in order of their first mail */
};

struct series_set *series_set_new(void);
void series_set_free(struct series_set *set);
typedef struct series_set series_set_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(series_set_t, series_set_free)

/* Take a message in; the set owns it from here. */
void series_set_add(struct series_set *set, struct message *message);

/*
 * What somebody else, who has put the patches together, says of all of them:
 * they are one version of one series, in the order in which they are here. Call
 * it before series_set_assemble().
 */
void series_set_number(struct series_set *set, guint version, guint total);

/* Group what is there; call when all mails are in. May be called again. */
void series_set_assemble(struct series_set *set);

/* Whether a newer version of the series is in the set. */
bool series_is_superseded(const struct series_set *set,
			  const struct series *series);

/* The patch [index/m], or NULL when it is missing. */
struct message *series_patch(const struct series *series, guint index);

/* Indexes (from 1) of the patches that are missing; of guint. */
GArray *series_missing(const struct series *series);

/* The cover, else the first patch there is; NULL when there is neither. */
struct message *series_first(const struct series *series);

/* The message to answer: the last patch there is, else the cover. */
struct message *series_reply_target(const struct series *series);

/*
 * What tells this series from every other of its submitter and stays the same
 * when its mails are read again: the Message-ID of its first mail; without one,
 * a checksum of its name, version and patches. A stranger may use the same id.
 */
char *series_key(const struct series *series);

/* Who posted the mail, as a key. */
char *message_submitter(const struct message *message);

/* Who posted the first mail, as a key: to be used beside series_key(). */
char *series_submitter(const struct series *series);

/*
 * Trailers that replies gave ("Reviewed-by: ...") for a patch of the series, by
 * thread; of struct trailer, owned.
 */
GPtrArray *series_followup_trailers(const struct series *series, guint index);

/*
 * Let go of all that the grouping does not need (log, patch, trailers, raw
 * headers), for sets of very many mails; followup trailers are gone with it.
 */
void message_slim(struct message *message);

#endif
