/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outcome and data to a reply: template, text, mail. Called once at the end of
 * a run, and by `reroll render` and `reroll reply --preview`.
 *
 * The data of templates is told by reply_values, which reroll-template(5) is
 * made from; absent, null, "" and 0 mean false in a section.
 *
 * Templates are looked for in the project's directory, then the site's, then
 * $REROLL_TEMPLATES or the installed ones: NAME.mustache.
 */
#ifndef REPORT_REPLY_H
#define REPORT_REPLY_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "config/cfg.h"
#include "mail/mail.h"
#include "report/finding.h"
#include "report/outcome.h"

#define REPLY_FINDINGS_MOST 30

struct reply_context {
	const char *run_id;
	guint round;	     /* how often it was asked for again */
	const char *project; /* its name; NULL: not found */
	const char *suite;   /* NULL: none */
	const char *sign;    /* NULL: "reroll" */
	const struct series *series;
	const struct identity *submitter; /* NULL: unknown */
	const struct mailbox *from;	  /* the bot */
	GPtrArray *cc;			  /* of struct mailbox; or NULL */
	const char *const
		*template_dirs; /* before the built-in ones; or NULL */
	const char *kept;	/* why it is not sent; NULL: it may be */
};

struct reply {
	const struct outcome *outcome;
	char *message_id; /* fixed by revision and outcome */
	char *to;	  /* the address it goes to */
	char *subject;
	char *text;
	GBytes *mail;  /* the whole mail; NULL: nobody to answer */
	GPtrArray *cc; /* of struct mailbox; NULL: nobody */
	char *unsent;  /* why `mail` is NULL: "the mail is automatic", ... */
};

/* CONFIG when a template is broken or missing. */
struct reply *reply_new(const struct reply_context *context,
			const struct outcome *outcome,
			const struct verdict *verdict, GError **error);
/* Addresses of its copies, a line each, to be freed; NULL: none. */
char *reply_copies(const struct reply *reply);
void reply_free(struct reply *reply);
typedef struct reply reply_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(reply_t, reply_free)

/* A row of what templates are given; the table ends without a name. */
struct reply_value {
	const char *outcome; /* that has it; NULL: all */
	const char *names;   /* "a, b"; lists end in [] */
	const char *doc;     /* a sentence without its stop */
};

extern const struct reply_value reply_values[];

/* The template's data, for a preview and tests. New reference. */
json_t *reply_data(const struct reply_context *context,
		   const struct outcome *outcome,
		   const struct verdict *verdict);

/* The same for an outcome without a series: invented, for previews. */
json_t *reply_example(const struct outcome *outcome, const char *project,
		      const char *sign);

/*
 * Render a template by its name, or by its path when it has a slash or ends in
 * .mustache. `dirs` as template_dirs. CONFIG, or LIMIT for text over 1 MiB.
 */
char *reply_render(const char *name, const char *const *dirs, json_t *data,
		   GError **error);

struct reply_render_options {
	const char *const *dirs; /* where else partials and templates are */
	bool escape_html;
};

/* The same with HTML escaping, as `reroll render` wants it. */
char *reply_render_full(const char *name, json_t *data,
			const struct reply_render_options *options,
			GError **error);

/*
 * Whether every outcome has a template and all templates in the projects'
 * folders, the site's (or NULL) and the built-in one are well-formed and name
 * partials that there are. What is wrong as "file:line:column: text", one a
 * string.
 */
GPtrArray *reply_templates_check(const char *const *projects, const char *site);

/*
 * Add what is wrong with the templates that replies are made of: the projects'
 * own (of struct project; or NULL), the site's (or NULL) and the built-in ones.
 */
void reply_problems_add(const GPtrArray *projects, const struct site *site,
			struct problems *problems);

#endif
