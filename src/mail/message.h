/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mail read: what git mailinfo would say of it (author, log, patch, byte
 * for byte) and what a CI bot needs besides (kind, version, place in the
 * series, threading, trailers, damage). Called for every mail that comes in.
 *
 * Shapes: all text fields are valid UTF-8, NULL when the mail lacks them;
 * `log` and `patch` are the bytes git mailinfo writes (the patch in whatever
 * charset its file has). Message-IDs are kept with their angle brackets.
 * Limits: 1,000 headers of 256 KiB a part are looked at, 100 MIME levels, 1,000
 * parts; beyond: kind ERROR with `error` set. Time is linear in the mail.
 * Ownership: the message owns all it points to and keeps nothing of `data`.
 * Source: RFC 5322, 2045-2047, 2231, 3676; git-mailinfo(1), git-am(1).
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <glib.h>
#include <stdbool.h>

#include "mail/address.h"
#include "mail/auth-results.h"
#include "mail/patch.h"

enum message_kind {
	MESSAGE_COVER,
	MESSAGE_PATCH,
	MESSAGE_REPLY, /* also a reply with a patch in it: no submission */
	MESSAGE_OTHER, /* no patch, and not about one */
	MESSAGE_ERROR, /* unreadable: `error` says why */
};

struct trailer {
	char *key;   /* "Signed-off-by", as written */
	char *value; /* without blanks at its ends */
};

/* Signs that a mail program has changed the patch; one bit each. */
enum mailer_damage {
	DAMAGE_WRAPPED = 1 << 0, /* long lines were folded */
	DAMAGE_HTML = 1 << 1,	 /* sent as HTML */
	DAMAGE_TABS = 1 << 2,	 /* tabs became blanks */
	DAMAGE_CRLF = 1 << 3,	 /* DOS newlines inside the transfer encoding */
	DAMAGE_FOOTER = 1 << 4,	 /* a list glued its footer on */
	DAMAGE_QP = 1 << 5,	 /* quoted-printable left undecoded */
	DAMAGE_FLOWED = 1 << 6,	 /* format=flowed: blanks at line ends lost */
	DAMAGE_LEADING_BLANK = 1
			       << 7, /* context lines lost their first blank */
	DAMAGE_NBSP = 1 << 8,	     /* no-break spaces stand for blanks */
};

struct message {
	char *file; /* where it came from, for messages to people */
	char *message_id;
	char *in_reply_to;
	GPtrArray *references; /* of char *, oldest first */
	char *subject;	       /* decoded, as the mail has it */
	char *commit_subject;  /* tags and reply marks taken off: git's */
	char *author; /* of the commit: in-body From over header From */
	char *email;
	char *date;	   /* of the commit, as written */
	gint64 date_at;	   /* the Date header; 0 when it is no date */
	GPtrArray *from;   /* of struct mailbox: the From header */
	char *from_raw;	   /* its value as it came, unfolded */
	char *inbody_from; /* the value of an in-body From, or NULL */
	char *reply_to;	   /* raw values, NULL when absent */
	char *x_original_from;
	char *list_id;
	char *to, *cc;
	bool automatic; /* Auto-Submitted, bounce, list's own: never answer */
	bool ours;	/* carries our loop header */
	struct auth_result *auth; /* what our servers said of the sender */
	GBytes *log;	 /* the commit message below the subject, as mailinfo */
	gsize own_bytes; /* of log: what the sender typed; what is behind it
			    was attached. HTML is not looked at */
	GBytes *patch;	 /* from the first line of the diff, as mailinfo */
	bool encoded;	 /* the patch came as base64 or quoted-printable: its
			    carriage returns were sent, git am keeps them */
	enum message_kind kind;
	bool is_reply; /* "Re:" and its cousins, or quoted text of one */
	guint version; /* 1 when the subject does not say */
	guint index;   /* n of n/m; 0 is the cover; 1 when it does not say */
	guint total;   /* m; 1 when it does not say */
	bool numbered; /* the subject has an n/m */
	bool resend, rfc;
	GPtrArray *prefixes; /* of char *: the words in [..] */
	GPtrArray *trailers; /* of struct trailer, of the log (or of a reply) */
	char *base_commit;   /* hex id, lower case */
	GPtrArray *prerequisites; /* of char *: patch ids */
	char *change_id;
	GPtrArray *depends_on; /* of char *: as written, its kin too */
	guint damage;	       /* enum mailer_damage bits */
	char *error;	       /* why kind is ERROR */
};

struct message_options {
	bool scissors;	      /* cut at a scissors line, as git am --scissors */
	bool no_inbody;	      /* as git mailinfo --no-inbody-headers */
	bool strip_quoted_cr; /* as git am --quoted-cr=strip */
	bool too_large;	      /* the reader cut it: kind ERROR, headers read */
	bool all_boundaries;  /* of parts, also the one that git overlooks; so
				 replies are always read */
	/* Of char *, names of our own mail servers: message->auth is filled
	 * from what they say (mail/auth-results.h). NULL: nobody is asked. */
	const GPtrArray *servers;
};

/* Never NULL: what cannot be read is a message of kind ERROR. */
struct message *message_parse(const char *data, gsize len, const char *file,
			      const struct message_options *options);
void message_free(struct message *message);
typedef struct message message_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(message_t, message_free)

/* What `subject` says: git's clean subject, and version, n/m, prefixes. */
struct subject {
	char *clean;
	bool reply, patch, rfc, resend;
	guint version, index, total; /* 0: not written */
	bool numbered;
	GPtrArray *prefixes;
};
struct subject *subject_parse(const char *subject);
void subject_free(struct subject *subject);
typedef struct subject subject_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(subject_t, subject_free)

/* "cover", "patch", "reply", "other", "error". */
const char *message_kind_name(enum message_kind kind);

/* Names of the damage bits ("wrapped", "html", ...), of const char *. */
GPtrArray *damage_names(guint damage);

/* One sentence for a student: what happened and how to send it right. */
const char *damage_advice(enum mailer_damage bit);

#endif
