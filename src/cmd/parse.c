/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll parse: every mail of the files as one line of JSON, then the series
 * they make. Mails are read, written and let go one by one, so that memory does
 * not grow with the text of a mailbox; what stays of a patch or cover is what
 * the grouping needs and who sent it.
 */
#include <config.h>
#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "mail/mail.h"

#define OUTPUT_BUFFER_BYTES (256 << 10)

static struct {
	char *site, *roster, *quoted_cr;
	gboolean scissors, no_inbody;
	char **files;
} options;

static const GOptionEntry entries[] = {
	{"roster", 0, 0, G_OPTION_ARG_FILENAME, &options.roster,
	 "say who of the roster FILE (YAML or CSV) sent each series", "FILE"},
	{"site", 0, 0, G_OPTION_ARG_FILENAME, &options.site,
	 "take lists that rewrite From and trusted relays from the site FILE",
	 "FILE"},
	{"scissors", 0, 0, G_OPTION_ARG_NONE, &options.scissors,
	 "drop what stands above a scissors line (-- >8 --)", NULL},
	{"no-inbody-headers", 0, 0, G_OPTION_ARG_NONE, &options.no_inbody,
	 "take From, Subject and Date lines in the text for text", NULL},
	{"quoted-cr", 0, 0, G_OPTION_ARG_STRING, &options.quoted_cr,
	 "\"strip\" takes DOS newlines out of encoded mails; the default, "
	 "\"keep\", leaves them",
	 "ACTION"},
	{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.files,
	 NULL, "FILE..."},
	{0},
};

static const char summary[] =
	"show what a mailbox holds: each mail as git would read it, and the\n"
	"patch series they make, as one JSON object. Nothing is changed.\n"
	"A FILE is an mbox, a Maildir, a directory of mails, one mail, or - "
	"for\n"
	"standard input.";

static const char description[] =
	"Example: git format-patch --stdout origin/main | reroll parse -\n\n"
	"Exit status: 0 done, 1 nothing readable in the input, 2 wrong use or\n"
	"configuration, 3 trouble of our own.";

struct run {
	FILE *out;
	GString *line; /* the row that is being written */
	GPtrArray *roster;
	struct site *site;
	struct identity_rules rules;
	struct message_options message_options;
	struct series_set *set;
	GHashTable *identities; /* struct message -> struct identity */
	guint mails, readable;
	enum exit_status status;
};

static void complain(const char *text)
{
	fprintf(stderr, "reroll parse: %s\n", text);
}

/* The worse of two exit statuses wins. */
static void fail(struct run *run, const GError *error)
{
	complain(error->message);
	run->status = MAX(run->status, error_exit_status(error));
}

static json_t *json_bytes_sha256(GBytes *bytes)
{
	g_autofree char *sum = NULL;

	if (!bytes)
		return json_null();
	sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
	return json_string_nocheck(sum);
}

static json_t *json_mailbox(const struct mailbox *mailbox)
{
	return json_pack("{s:o, s:o}", "name",
			 json_text(mailbox ? mailbox->name : NULL), "email",
			 json_text(mailbox ? mailbox->email : NULL));
}

static json_t *json_signoffs(const struct message *message)
{
	g_autoptr(GPtrArray) signoffs = message_signoffs(message);
	json_t *array = json_array();

	for (guint i = 0; i < signoffs->len; i++)
		json_array_append_new(array, json_mailbox(signoffs->pdata[i]));
	return array;
}

/* What `git apply --numstat` tells; an unreadable diff says why. */
static json_t *json_files(const struct message *message, GError **error)
{
	g_autoptr(patch_t) patch = NULL;
	json_t *array = json_array();

	if (!message->patch || !g_bytes_get_size(message->patch))
		return array;
	patch = patch_parse(message->patch, error);
	for (guint i = 0; patch && i < patch->files->len; i++) {
		const struct patch_file *file = patch->files->pdata[i];

		json_array_append_new(
			array, json_pack("{s:o, s:I, s:I}", "path",
					 json_text(patch_file_path(file)),
					 "added", (json_int_t)file->added,
					 "deleted", (json_int_t)file->deleted));
	}
	return array;
}

static json_t *json_count(bool known, guint value)
{
	return known ? json_integer(value) : json_null();
}

static bool is_submission(const struct message *message)
{
	return message->kind == MESSAGE_COVER || message->kind == MESSAGE_PATCH;
}

/* What the mail is and where it belongs. */
static json_t *json_place(const struct message *message)
{
	bool known = is_submission(message);

	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
			 "file", json_text(message->file), "message_id",
			 json_text(message->message_id), "subject",
			 json_text(message->subject), "commit_subject",
			 json_text(message->commit_subject), "kind",
			 message_kind_name(message->kind), "version",
			 json_count(known, message->version), "index",
			 json_count(known, message->index), "total",
			 json_count(known, message->total), "prefixes",
			 json_text_array(message->prefixes));
}

static json_t *json_message(const struct message *message)
{
	g_autoptr(GError) bad_patch = NULL;
	g_autoptr(GPtrArray) damage = damage_names(message->damage);
	json_t *row = json_place(message);
	gsize bytes = message->patch ? g_bytes_get_size(message->patch) : 0;
	json_t *files = json_files(message, &bad_patch);
	const char *error = bad_patch ? bad_patch->message : message->error;
	g_autoptr(json_t) rest = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o}",
		"author", json_text(message->author), "email",
		json_text(message->email), "date", json_text(message->date),
		"msg_sha256", json_bytes_sha256(message->log), "patch_sha256",
		json_bytes_sha256(message->patch), "patch_bytes",
		(json_int_t)bytes, "files", files, "signoffs",
		json_signoffs(message), "base_commit",
		json_text(message->base_commit), "change_id",
		json_text(message->change_id), "depends_on",
		json_text_array(message->depends_on), "mailer_damage",
		json_text_array(damage), "error", json_text(error));

	json_object_update(row, rest);
	return row;
}

static int append_text(const char *text, size_t len, void *to)
{
	g_string_append_len(to, text, (gssize)len);
	return 0;
}

/* One element of an array, on a line of its own. */
static void put_row(struct run *run, json_t *row, bool first)
{
	g_string_assign(run->line, first ? "\n" : ",\n");
	json_dump_callback(row, append_text, run->line, 0);
	json_decref(row);
	fwrite(run->line->str, 1, run->line->len, run->out);
}

/* Bytes without any header that a mail has are no mail. */
static bool is_readable(const struct message *message)
{
	return message->kind != MESSAGE_ERROR &&
	       (message->from_raw || message->subject || message->message_id);
}

static void take_message(struct run *run, struct message *message)
{
	put_row(run, json_message(message), run->mails++ == 0);
	run->readable += is_readable(message);
	if (!is_submission(message)) {
		message_free(message);
		return;
	}
	g_hash_table_insert(run->identities, message,
			    identity_decide(message, &run->rules));
	message_slim(message);
	series_set_add(run->set, message);
}

static void read_mails(struct run *run)
{
	g_autoptr(mail_reader_t) reader = mail_reader_new(
		(const char *const *)options.files, MAIL_LIMIT_BYTES);

	for (;;) {
		g_autoptr(GError) error = NULL;
		struct raw_mail mail;

		if (mail_reader_next(reader, &mail, &error))
			take_message(run, message_parse(mail.data, mail.len,
							mail.file,
							&run->message_options));
		else if (error)
			fail(run, error);
		else
			return;
	}
}

static json_t *json_id(const struct message *message)
{
	return json_text(message ? message->message_id : NULL);
}

/* By number, null where one is missing. */
static json_t *json_patches(const struct series *series)
{
	guint last = series->total;
	json_t *array = json_array();

	if (series->patches->len) {
		const struct message *patch =
			series->patches->pdata[series->patches->len - 1];

		last = MAX(last, patch->index);
	}
	for (guint i = 1; i <= last; i++)
		json_array_append_new(array, json_id(series_patch(series, i)));
	return array;
}

static json_t *json_missing(const struct series *series)
{
	g_autoptr(GArray) missing = series_missing(series);
	json_t *array = json_array();

	for (guint i = 0; i < missing->len; i++)
		json_array_append_new(
			array, json_integer(g_array_index(missing, guint, i)));
	return array;
}

static json_t *json_also(const struct series *series)
{
	json_t *array = json_array();

	for (guint i = 0; i < series->also->len; i++) {
		const struct message *message = series->also->pdata[i];

		json_array_append_new(
			array, json_pack("[I, o]", (json_int_t)message->index,
					 json_id(message)));
	}
	return array;
}

/* A series always has a mail, if only one whose place was taken. */
static const struct identity *first_identity(const struct run *run,
					     const struct series *series)
{
	const struct message *first = series_first(series);

	if (!first)
		first = series->also->pdata[0];
	return g_hash_table_lookup(run->identities, first);
}

/* The patch whose sender is the most doubtful speaks for the series. */
static const struct identity *series_identity(const struct run *run,
					      const struct series *series)
{
	const struct identity *worst = NULL;

	for (guint i = 0; i < series->patches->len; i++) {
		const struct identity *identity = g_hash_table_lookup(
			run->identities, series->patches->pdata[i]);

		if (!worst || identity->decision > worst->decision)
			worst = identity;
	}
	return worst ? worst : first_identity(run, series);
}

static json_t *json_submitter(const struct run *run,
			      const struct series *series)
{
	const struct identity *posted = first_identity(run, series);
	const struct identity *identity = series_identity(run, series);
	const struct person *who = identity->who;

	return json_pack("{s:o, s:o, s:o, s:s, s:s}", "name",
			 json_text(who ? identity->name : posted->posted_name),
			 "email",
			 json_text(who ? identity->email : posted->posted_from),
			 "login", json_text(who ? who->login : NULL),
			 "decision", identity_decision_name(identity->decision),
			 "reason", identity->reason);
}

static json_t *json_series(const struct run *run, const struct series *series,
			   GHashTable *places)
{
	gpointer older = NULL;
	bool has_older = series->supersedes &&
			 g_hash_table_lookup_extended(
				 places, series->supersedes, NULL, &older);
	json_t *row = json_pack(
		"{s:o, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "name",
		json_text(series->name), "version", (json_int_t)series->version,
		"total", (json_int_t)series->total, "complete",
		series->complete, "submitter", json_submitter(run, series),
		"cover", json_id(series->cover), "patches",
		json_patches(series), "missing", json_missing(series),
		"supersedes", json_count(has_older, GPOINTER_TO_UINT(older)));
	g_autoptr(json_t) rest = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "also",
		json_also(series), "base_commit",
		json_text(series->base_commit), "prerequisites",
		json_text_array(series->prerequisites), "change_id",
		json_text(series->change_id), "depends_on",
		json_text_array(series->depends_on), "resend", series->resend,
		"rfc", series->rfc);

	json_object_update(row, rest);
	return row;
}

static void write_series(struct run *run)
{
	g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);
	const GPtrArray *all = run->set->series;

	for (guint i = 0; i < all->len; i++)
		g_hash_table_insert(places, all->pdata[i], GUINT_TO_POINTER(i));
	for (guint i = 0; i < all->len; i++)
		put_row(run, json_series(run, all->pdata[i], places), i == 0);
}

static void write_answer(struct run *run)
{
	g_autoptr(GError) error = NULL;

	fputs("{\"messages\": [", run->out);
	read_mails(run);
	series_set_assemble(run->set);
	fputs("],\n\"series\": [", run->out);
	write_series(run);
	fputs("]}\n", run->out);
	if (!cmd_print_end(&error))
		fail(run, error);
	if (!run->readable && run->status == EXIT_STATUS_PASS) {
		complain("none of the files has a readable mail");
		run->status = EXIT_STATUS_REFUSED;
	}
}

static bool load_configuration(struct run *run)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GError) error = NULL;

	if (options.site)
		run->site = site_load(options.site, problems);
	if (options.roster)
		run->roster = roster_load(options.roster, problems);
	if (problems_to_error(problems, &error)) {
		fail(run, error);
		return false;
	}
	run->rules.roster = run->roster;
	if (run->site) {
		run->rules.munging_lists = run->site->mail.munging_lists;
		run->rules.trusted_relays = run->site->mail.trusted_relays;
	}
	return true;
}

static bool take_quoted_cr(struct message_options *to)
{
	const char *action = options.quoted_cr ? options.quoted_cr : "keep";

	to->strip_quoted_cr = strcmp(action, "strip") == 0;
	return to->strip_quoted_cr || strcmp(action, "keep") == 0;
}

static bool read_options(int argc, char **argv, struct run *run)
{
	g_autoptr(GError) error = NULL;

	if (!cmd_parse_options(&argc, &argv, entries, summary, description,
			       &error)) {
		cmd_print_error("parse", error);
		return false;
	}
	run->message_options.scissors = options.scissors;
	run->message_options.no_inbody = options.no_inbody;
	if (!take_quoted_cr(&run->message_options)) {
		complain("--quoted-cr takes \"keep\" or \"strip\"");
		return false;
	}
	return true;
}

static void run_clear(struct run *run)
{
	g_string_free(run->line, TRUE);
	series_set_free(run->set);
	g_hash_table_unref(run->identities);
	site_free(run->site);
	if (run->roster)
		g_ptr_array_unref(run->roster);
}

int cmd_parse(int argc, char **argv)
{
	static char buffer[OUTPUT_BUFFER_BYTES];
	struct run run = {.out = stdout};

	if (!read_options(argc, argv, &run))
		return EXIT_STATUS_USAGE;
	setvbuf(stdout, buffer, _IOFBF, OUTPUT_BUFFER_BYTES);
	run.line = g_string_new(NULL);
	run.set = series_set_new();
	run.identities = g_hash_table_new_full(NULL, NULL, NULL,
					       (GDestroyNotify)identity_free);
	if (load_configuration(&run))
		write_answer(&run);
	run_clear(&run);
	return (int)run.status;
}
