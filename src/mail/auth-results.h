/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What our own mail servers found out about the sender of a mail: the
 * Authentication-Results (RFC 8601) of DKIM, SPF and DMARC. Read with the mail
 * when message_options name the servers; asked before a command is obeyed.
 *
 * Which ones count. Anybody can write such a header into a mail, so one counts
 * only when
 *  - its authserv-id is one of ours, and
 *  - it stands above the first Received line that is not ours. New headers are
 *    put on top, so what is below that line came with the mail. Ours are those
 *    "by" one of our names or a host below it, and on the very top those
 *    without a "from", with which mail moves inside a site; and
 *  - none above it told of the same method: ours stand above forged ones that
 *    have no Received line over them; and
 *  - none of ours above it was broken: what we cannot read may have said fail;
 *    and
 *  - for dkim=pass, the mail has a signature of that domain: a server that
 *    looks at DKIM says fail of a bogus one, and that is then the upper one.
 * RFC 8601 section 5 also has the server remove forged ones when a mail comes
 * in; one that looks at SPF alone and does not must be made to.
 *
 * Shapes: domains are lower case, IDNA, without a dot at their end.
 * Limits: linear in the headers; 64 checks, 64 signatures.
 */
#ifndef MAIL_AUTH_RESULTS_H
#define MAIL_AUTH_RESULTS_H

#include <glib.h>
#include <stdbool.h>

enum auth_method { AUTH_DKIM, AUTH_SPF, AUTH_DMARC, AUTH_METHODS };

enum auth_verdict {
	AUTH_NONE, /* nothing was said, or "none" */
	AUTH_PASS,
	AUTH_FAIL,   /* softfail and policy too */
	AUTH_UNSURE, /* neutral, temperror, permerror and what is no word */
};

struct auth_check {
	enum auth_method method;
	enum auth_verdict verdict;
	/* header.d (or that of header.i), of smtp.mailfrom, header.from; NULL
	 * when it was not said or is no domain. */
	char *domain;
	char *identity; /* header.i, or NULL */
};

struct auth_result {
	GPtrArray *checks; /* of struct auth_check, as they stand in the mail */
	bool many_from;	   /* From stands in it more than once */
	bool broken;	   /* one of ours could not be read */
};

/* No check at all: nobody said anything. */
struct auth_result *auth_result_new(void);
void auth_result_free(struct auth_result *auth);
typedef struct auth_result auth_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(auth_result_t, auth_result_free)

/* The best that was said of a method. */
enum auth_verdict auth_result_verdict(const struct auth_result *auth,
				      enum auth_method method);

/*
 * Whether the domain of the one mailbox in `from` (of struct mailbox) is
 * authenticated: by a DKIM signature or SPF of that domain or of one that it is
 * below, or by DMARC, which knows where one owner's domains end, beside one of
 * them. A DMARC failure speaks against all. `why`: a sentence when it is not;
 * may be NULL.
 */
bool auth_result_vouches(const struct auth_result *auth, const GPtrArray *from,
			 char **why);

/* "dkim=pass (example.org), spf=fail (example.net), dmarc=none". */
char *auth_result_text(const struct auth_result *auth);

#endif
