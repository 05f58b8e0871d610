/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who submits, and whether they signed every patch off. The mail room decides
 * for each mail by itself; here its words are weighed with the project's
 * policy, and the whole series must come from one person.
 */
#include "gate/gate-internal.h"

struct doubt {
	const char *reason;  /* identity's word */
	const char *outcome; /* of a refusal */
	const char *odd;     /* what is odd, after "patch n " */
	gboolean sender;     /* tell the address it came from too, if any */
};

/* In the place of `odd` where the mail came from no address at all. */
static const char no_from[] =
	"has no From line with an address, so nobody can be found on the "
	"roster: set yours with \"git config user.email\" and send the series "
	"by git send-email, which writes it";

/* The last row stands for words that are not in the table. */
static const struct doubt doubts[] = {
	{"no-signoff", "signoff-missing", "has no Signed-off-by line"},
	{"signoff-malformed", "signoff-missing",
	 "has a last Signed-off-by line that is not of the form "
	 "\"Name <address>\""},
	{"signoff-not-last", "signoff-missing",
	 "is signed off by the one who sent it, but somebody else's sign-off "
	 "comes after it"},
	{"signoff-other-person", "signoff-missing",
	 "is signed off by somebody else than the one who sent it"},
	{"signoff-address-unknown", "signoff-missing",
	 "is signed off with an address that the roster does not have"},
	{"author-not-signed", "signoff-missing",
	 "has an author who has not signed it off"},
	{"name-empty", "signoff-missing", "is signed off without a name"},
	{"name-differs", "signoff-missing",
	 "is signed off with another name than the roster has for this "
	 "address"},
	{"name-order", "signoff-missing",
	 "is signed off with the words of the name in another order than on "
	 "the roster"},
	{"invisible-character", "signoff-missing",
	 "is signed off with a name that has an invisible character in it"},
	{"address-unknown", "submitter-unknown",
	 "came from an address that is not on the roster", TRUE},
	{"from-ambiguous", "submitter-unknown",
	 "names several senders in its From line"},
	{"ambiguous", "submitter-unknown",
	 "came from an address that several people of the roster share, and "
	 "its last Signed-off-by line is nobody's of them"},
	{"munged-unrecoverable", "submitter-unknown",
	 "came through a mailing list that hides who sent it"},
	{"plus-tag", "submitter-unknown",
	 "came from an address that is on the roster only without its +tag",
	 TRUE},
	{"from-unlisted", "submitter-unknown",
	 "is signed off by somebody of the roster, but came from an address "
	 "that is not on it",
	 TRUE},
	{"several-submitters", "submitter-unknown",
	 "is of another person than the patches before it"},
	{NULL, "submitter-unknown", "does not say clearly who sent it"},
};

enum weight { WEIGHT_PASS, WEIGHT_NOTE, WEIGHT_HOLD, WEIGHT_REFUSE };

static const struct doubt *doubt_find(const char *reason)
{
	const struct doubt *doubt = doubts;

	while (doubt->reason && strcmp(doubt->reason, reason) != 0)
		doubt++;
	return doubt;
}

static const char *reason_of(const struct gate_subject *subject,
			     const struct identity *identity)
{
	if (identity->decision != IDENTITY_NO_MATCH && subject->identity &&
	    subject->identity->decision != IDENTITY_NO_MATCH &&
	    identity->who != subject->identity->who)
		return "several-submitters";
	return identity->reason;
}

static enum weight weight_of_policy(enum review_policy policy)
{
	static const enum weight weights[] = {
		[REVIEW_HOLD] = WEIGHT_HOLD,
		[REVIEW_REJECT] = WEIGHT_REFUSE,
		[REVIEW_ACCEPT] = WEIGHT_NOTE,
	};

	return weights[policy];
}

static enum weight weigh(const struct gate_subject *subject,
			 const struct identity *identity, const char *reason)
{
	const struct project *project = subject->project;

	if (strcmp(reason, "several-submitters") == 0)
		return weight_of_policy(project->signoff.review);
	if (strcmp(reason, "from-unlisted") == 0)
		return weight_of_policy(project->signoff.unlisted_from);
	if (!project->signoff.required &&
	    (strcmp(reason, "no-signoff") == 0 ||
	     strcmp(reason, "signoff-malformed") == 0))
		return WEIGHT_PASS;
	switch (identity->decision) {
	case IDENTITY_MATCH:
		return WEIGHT_PASS;
	case IDENTITY_REVIEW:
		return weight_of_policy(project->signoff.review);
	case IDENTITY_NO_MATCH:
		break;
	}
	return WEIGHT_REFUSE;
}

/* What staff has looked at is no longer held. */
static enum weight weigh_approved(const struct gate_subject *subject,
				  const struct identity *identity,
				  const char *reason)
{
	enum weight weight = weigh(subject, identity, reason);

	return weight == WEIGHT_HOLD && subject->approved ? WEIGHT_NOTE
							  : weight;
}

/* "has no Signed-off-by line": what stands after "patch 2". */
static char *describe_doubt(const struct doubt *doubt,
			    const struct identity *identity)
{
	const char *from = identity->posted_from;
	g_autofree char *sender = text_quote(from ? from : "", -1);

	if (doubt->sender && (!from || !*from))
		return g_strdup(no_from);
	return g_strdup_printf("%s%s%s", doubt->odd, doubt->sender ? ": " : "",
			       doubt->sender ? sender : "");
}

static void tell(struct verdict *verdict, const struct doubt *doubt,
		 enum weight weight, guint patch, const char *text)
{
	static const enum severity severities[] = {
		[WEIGHT_NOTE] = SEVERITY_NOTE,
		[WEIGHT_HOLD] = SEVERITY_WARNING,
		[WEIGHT_REFUSE] = SEVERITY_ERROR,
	};

	gate_find(verdict, patch,
		  finding_new(severities[weight], NULL, 0,
			      doubt->reason ? doubt->reason : "unclear", text));
}

/* Of whom it seems to be, too: staff may put the address on the roster. */
static void tell_detail(const struct gate_subject *subject,
			const struct identity *identity,
			struct verdict *verdict, const char *reason,
			const char *sentence)
{
	json_t *detail = gate_detail(verdict);
	g_autofree char *odd = g_strdup_printf("%s.", sentence);
	bool one = strcmp(reason, "several-submitters") != 0;
	const char *known_as = identity->who && one ? identity->who->login
						    : NULL;

	json_object_set_new(detail, "reason", json_text(reason));
	json_object_set_new(detail, "odd", json_text(odd));
	json_object_set_new(detail, "posted_from",
			    json_text(identity->posted_from));
	json_object_set_new(detail, "login", json_text(known_as));
	json_object_set_new(detail, "of_project",
			    json_text(subject->project->name));
	json_object_set_new(detail, "unlisted",
			    json_boolean(strcmp(reason, "from-unlisted") == 0));
}

/* A refusal that is final replaces one that only holds. */
static void judge(struct verdict *verdict, enum weight weight,
		  const struct doubt *doubt, const char *sentence)
{
	const char *outcome = weight == WEIGHT_REFUSE ? doubt->outcome
						      : "submitter-unclear";

	if (weight < WEIGHT_HOLD)
		return;
	verdict->outcome = NULL;
	g_clear_pointer(&verdict->summary, g_free);
	verdict_refuse(verdict, outcome, "%s", sentence);
}

/*
 * Weigh one patch. The heaviest doubt decides, the first of its weight is the
 * one told; a doubt that is accepted is noted once.
 */
static enum weight judge_patch(struct gate_subject *subject,
			       struct identity *identity, enum weight worst,
			       guint patch, struct verdict *verdict)
{
	const char *reason = reason_of(subject, identity);
	const struct doubt *doubt = doubt_find(reason);
	enum weight weight = weigh_approved(subject, identity, reason);
	g_autofree char *text = describe_doubt(doubt, identity);
	g_autofree char *sentence = g_strdup_printf("Patch %u %s", patch, text);

	if (weight > WEIGHT_NOTE || weight > worst)
		tell(verdict, doubt, weight, patch, text);
	if (weight > worst) {
		tell_detail(subject, identity, verdict, reason, sentence);
		judge(verdict, weight, doubt, sentence);
	}
	return weight;
}

gboolean gate_identify(struct gate_subject *subject, struct verdict *verdict,
		       GCancellable *cancellable, GError **error)
{
	const struct identity_rules rules = {
		.roster = subject->roster,
		.munging_lists = subject->site->mail.munging_lists,
		.trusted_relays = subject->site->mail.trusted_relays,
	};
	enum weight worst = WEIGHT_PASS;

	(void)cancellable;
	(void)error;
	for (guint i = 1; i <= subject->series->patches->len; i++) {
		g_autoptr(identity_t) identity = identity_decide(
			gate_message(subject, i), &rules);
		enum weight weight = judge_patch(subject, identity, worst, i,
						 verdict);

		if (weight <= worst && subject->identity)
			continue;
		worst = weight;
		identity_free(subject->identity);
		subject->identity = g_steal_pointer(&identity);
	}
	return TRUE;
}
