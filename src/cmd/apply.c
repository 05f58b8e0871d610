/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll apply: a series onto a revision, in memory; the answer is the tree it
 * gives or why it gives none.
 */
#include <config.h>
#include <stdio.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "mail/mail.h"
#include "tree/tree.h"

static struct {
	char *repo, *base, *ref;
	gboolean no_3way;
	char **files;
} options;

static const GOptionEntry entries[] = {
	{"repo", 0, 0, G_OPTION_ARG_FILENAME, &options.repo,
	 "the git repository that has the base", "DIR"},
	{"base", 0, 0, G_OPTION_ARG_STRING, &options.base,
	 "the revision to apply the series on", "REV"},
	{"no-3way", 0, 0, G_OPTION_ARG_NONE, &options.no_3way,
	 "do not merge where the hunks do not fit", NULL},
	{"ref", 0, 0, G_OPTION_ARG_STRING, &options.ref,
	 "write the commits into the repository, and this ref to them", "NAME"},
	{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.files,
	 NULL, "FILE..."},
	{0},
};

static const char summary[] =
	"apply the series in the mails of each FILE on a revision, as git "
	"am\n"
	"would, and answer with the tree it gives or with what does not fit.\n"
	"No work tree is needed, and nothing is written without --ref.\n"
	"A FILE is an mbox, a Maildir, a directory of mails, one mail, or - "
	"for\n"
	"standard input.";

static const char description[] =
	"Example: reroll apply --repo linux --base v6.1 series.mbox\n\n"
	"Exit status: 0 applied, 1 refused, 2 wrong use, 3 trouble of our own.";

static int fail(const GError *error)
{
	cmd_print_error("apply", error);
	return (int)error_exit_status(error);
}

static bool parse_options(int argc, char **argv, GError **error)
{
	if (!cmd_parse_options(&argc, &argv, entries, summary, description,
			       error))
		return false;
	if (options.repo && options.base)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "--repo and --base are needed");
	return false;
}

static bool read_mails(struct series_set *set, GError **error)
{
	static const struct message_options message_options;
	g_autoptr(mail_reader_t) reader = mail_reader_new(
		(const char *const *)options.files, MAIL_LIMIT_BYTES);
	struct raw_mail mail;
	GError *cause = NULL;

	while (mail_reader_next(reader, &mail, &cause)) {
		if (mail.too_large) {
			g_autofree char *file = text_quote(mail.file, -1);

			g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
				    "mail %u of %s is too large", mail.number,
				    file);
			return false;
		}
		series_set_add(set, message_parse(mail.data, mail.len,
						  mail.file, &message_options));
	}
	if (cause)
		g_propagate_error(error, cause);
	series_set_assemble(set);
	return cause == NULL;
}

/*
 * All patches by their numbers, whoever sent them: files picked by hand from a
 * queue have no thread that holds them together. NULL when a number is missing,
 * there twice, or out of another count.
 */
static GPtrArray *find_numbered(const struct series_set *set)
{
	g_autoptr(GPtrArray) patches = g_ptr_array_new();
	guint count = 0;

	for (guint i = 0; i < set->messages->len; i++) {
		const struct message *message = set->messages->pdata[i];
		count += message->kind == MESSAGE_PATCH;
	}
	g_ptr_array_set_size(patches, (gint)count);
	for (guint i = 0; i < set->messages->len; i++) {
		struct message *message = set->messages->pdata[i];

		if (message->kind != MESSAGE_PATCH)
			continue;
		if (!message->numbered || message->total != count ||
		    message->index < 1 || message->index > count ||
		    patches->pdata[message->index - 1])
			return NULL;
		patches->pdata[message->index - 1] = message;
	}
	return count > 0 ? g_steal_pointer(&patches) : NULL;
}

/*
 * The patches of all series in the mails, in order, newest versions only: a
 * mailbox of single patches is applied one after the other. None is missing.
 */
static GPtrArray *find_patches(const struct series_set *set, GError **error)
{
	g_autoptr(GPtrArray) patches = find_numbered(set);

	if (patches)
		return g_steal_pointer(&patches);
	patches = g_ptr_array_new();
	for (guint i = 0; i < set->series->len; i++) {
		const struct series *series = set->series->pdata[i];
		g_autofree char *name = text_quote(series->name, -1);

		if (series->patches->len == 0 ||
		    series_is_superseded(set, series))
			continue;
		if (!series->complete) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
				    "the series %s is not complete: %u of %u "
				    "patches are there",
				    name, series->patches->len, series->total);
			return NULL;
		}
		g_ptr_array_extend(patches, series->patches, NULL, NULL);
	}
	if (patches->len > 0)
		return g_steal_pointer(&patches);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "there is no patch in the mails");
	return NULL;
}

/* A refusal is an answer too; NULL is trouble. */
static struct apply_result *apply_mails(GError **error)
{
	struct apply_options how = {.three_way = !options.no_3way,
				    .ref = options.ref};
	g_autoptr(repo_t) repo = repo_open(options.repo, error);
	g_autoptr(series_set_t) set = series_set_new();
	g_autoptr(GPtrArray) patches = NULL;
	g_autoptr(GError) cause = NULL;

	if (!repo)
		return NULL;
	if (read_mails(set, &cause))
		patches = find_patches(set, &cause);
	if (patches)
		return apply_series(repo, options.base, patches, &how, NULL,
				    error);
	if (error_exit_status(cause) == EXIT_STATUS_REFUSED)
		return apply_result_refused(APPLY_MALFORMED, cause->message);
	g_propagate_error(error, g_steal_pointer(&cause));
	return NULL;
}

int cmd_apply(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(apply_result_t) result = NULL;
	g_autoptr(json_t) answer = NULL;

	if (!parse_options(argc, argv, &error))
		return fail(error);
	result = apply_mails(&error);
	if (!result)
		return fail(error);
	answer = apply_result_to_json(result);
	json_write(answer, stdout, 1);
	if (!cmd_print_end(&error))
		return fail(error);
	return result->applied ? EXIT_STATUS_PASS : EXIT_STATUS_REFUSED;
}
