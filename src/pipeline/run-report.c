/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a run: what all stages said, as one verdict, one reply, one JSON.
 */
#include <string.h>

#include "pipeline/pipeline-internal.h"

void run_report_free(struct run_report *report)
{
	if (!report)
		return;
	verdict_free(report->verdict);
	reply_free(report->reply);
	g_clear_error(&report->trouble);
	json_decref(report->json);
	g_free(report->id);
	g_free(report);
}

/*
 * The last stage's verdict, with what the stages before it noted: their
 * findings come first, their details are the background of its own.
 */
static struct verdict *verdict_sum(const GPtrArray *records)
{
	struct verdict *sum = verdict_new();

	sum->detail = json_object();
	for (guint i = 0; i < records->len; i++) {
		const struct stage_record *record = records->pdata[i];
		const struct verdict *verdict = record->verdict;

		if (verdict->outcome)
			verdict_refuse(sum, verdict->outcome, "%s",
				       verdict->summary ? verdict->summary
							: "");
		if (verdict->detail)
			json_object_update(sum->detail, verdict->detail);
		if (verdict->outcome)
			g_ptr_array_set_size(sum->findings, 0);
		for (guint k = 0; k < verdict->findings->len; k++)
			verdict_add(sum,
				    finding_copy(verdict->findings->pdata[k]));
	}
	return sum;
}

static json_t *stages_to_json(const GPtrArray *records)
{
	json_t *array = json_array();

	for (guint i = 0; i < records->len; i++) {
		const struct stage_record *record = records->pdata[i];

		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:I, s:o}", "stage",
				  record->stage->name, "result", record->result,
				  "ms", (json_int_t)record->elapsed_ms,
				  "verdict", verdict_to_json(record->verdict)));
	}
	return array;
}

static json_t *series_to_json(const struct series *series)
{
	json_t *patches = json_array();

	for (guint i = 0; i < series->patches->len; i++) {
		const struct message *patch = series->patches->pdata[i];

		json_array_append_new(
			patches, json_text(patch ? patch->message_id : NULL));
	}
	return json_pack(
		"{s:o, s:I, s:I, s:b, s:o, s:o}", "name",
		json_text(series->name), "version", (json_int_t)series->version,
		"total", (json_int_t)series->total, "complete",
		series->complete, "cover",
		json_text(series->cover ? series->cover->message_id : NULL),
		"patches", patches);
}

static json_t *reply_to_json(const struct reply *reply)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "message_id",
			 json_text(reply->message_id), "to",
			 json_text(reply->to), "subject",
			 json_text(reply->subject), "text",
			 json_text(reply->text), "sent", reply->mail != NULL,
			 "unsent", json_text(reply->unsent));
}

static json_t *run_to_json(const struct run *run,
			   const struct run_report *report)
{
	const struct gate_subject *subject = &run->subject;
	json_t *json = json_object();

	json_object_set_new(json, "run", json_text(run->id));
	json_object_set_new(json, "outcome", json_text(report->outcome->name));
	json_object_set_new(json, "title", json_text(report->outcome->title));
	json_object_set_new(json, "passed",
			    json_boolean(report->outcome->passed));
	json_object_set_new(
		json, "project",
		json_text(subject->project ? subject->project->name : NULL));
	json_object_set_new(json, "series",
			    series_to_json(run->options->series));
	json_object_set_new(json, "summary",
			    json_text(report->verdict->summary));
	json_object_set_new(json, "stages", stages_to_json(run->records));
	json_object_set_new(json, "apply",
			    subject->applied
				    ? apply_result_to_json(subject->applied)
				    : json_null());
	json_object_set(json, "builds", run->builds_json);
	json_object_set_new(json, "reply", reply_to_json(report->reply));
	return json;
}

/*
 * A series that was refused before anybody looked who sent it is answered to
 * where it came from: with a roster of nobody no sign-off leads elsewhere.
 */
static struct identity *identity_of_stranger(const struct series *series,
					     const struct site *site)
{
	g_autoptr(GPtrArray) nobody = g_ptr_array_new();
	const struct identity_rules rules = {
		.roster = nobody,
		.munging_lists = site->mail.munging_lists,
		.trusted_relays = site->mail.trusted_relays,
	};

	return identity_decide(series_reply_target(series), &rules);
}

#define COPIES_MOST 20

static void add_copy(GPtrArray *cc, const struct site *site,
		     const struct mailbox *one)
{
	if (cc->len >= COPIES_MOST ||
	    email_equal(one->email, site->mail.from_email))
		return;
	for (guint i = 0; i < cc->len; i++) {
		const struct mailbox *have = cc->pdata[i];

		if (email_equal(have->email, one->email))
			return;
	}
	g_ptr_array_add(cc, mailbox_new(one->name, one->email));
}

static void add_addresses(GPtrArray *cc, const struct site *site,
			  const GPtrArray *emails)
{
	for (guint i = 0; i < emails->len; i++) {
		const struct mailbox one = {(char *)(gintptr) "",
					    emails->pdata[i]};

		add_copy(cc, site, &one);
	}
}

/* Whoever got the mail that is answered, its list above all. */
static void add_readers(GPtrArray *cc, const struct site *site,
			const struct message *target)
{
	const char *headers[] = {target->to, target->cc};

	for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autoptr(GPtrArray)
			list = headers[i]
				       ? mailbox_parse_list(headers[i],
							    strlen(headers[i]))
				       : g_ptr_array_new();

		for (guint k = 0; k < list->len; k++)
			add_copy(cc, site, list->pdata[k]);
	}
}

/* Who else gets the reply: staff always, everybody when the site says so. */
static GPtrArray *find_copies(const struct run *run)
{
	const struct project *project = run->subject.project;
	const struct site *site = run->options->site;
	const struct message *target = series_reply_target(
		run->options->series);
	GPtrArray *cc = g_ptr_array_new_with_free_func(
		(GDestroyNotify)mailbox_free);

	if (project)
		add_addresses(cc, site, project->reply.cc);
	add_addresses(cc, site, site->mail.cc);
	if (!site->policy.private_replies && target)
		add_readers(cc, site, target);
	return cc;
}

/* Which of the words of `reply: on` an outcome goes by. */
static const char *word_of(const struct outcome *outcome)
{
	if (g_str_equal(outcome->name, "series-incomplete"))
		return "incomplete";
	return g_str_equal(outcome->name, "trouble-waiting") ? "trouble"
							     : "verdict";
}

/* Why the daemon keeps it to itself; NULL: it is sent. */
static const char *why_kept(const struct run *run,
			    const struct outcome *outcome)
{
	const struct project *project = run->subject.project;

	if (!run->options->run_id)
		return NULL;
	if (outcome->passed && !run->options->site->policy.success_mail)
		return "the site answers no series that passed";
	if (project && !g_ptr_array_find_with_equal_func(project->reply.on,
							 word_of(outcome),
							 g_str_equal, NULL))
		return "the project has such series answered by nobody";
	return NULL;
}

static bool reply_make(struct run *run, struct run_report *report,
		       GError **error)
{
	const struct project *project = run->subject.project;
	const struct site *site = run->options->site;
	const struct series *series = run->options->series;
	struct mailbox from = {site->mail.from_name, site->mail.from_email};
	g_autoptr(identity_t) fallback = NULL;
	g_autoptr(GPtrArray) cc = find_copies(run);
	const char *dirs[] = {project ? project->templates : NULL,
			      site->templates, NULL};
	struct reply_context context = {
		.run_id = run->id,
		.round = run->options->round,
		.project = project ? project->name : NULL,
		.suite = run->subject.description
				 ? run->subject.description->suite
				 : NULL,
		.sign = project ? project->reply.sign : NULL,
		.series = series,
		.submitter = run->subject.identity,
		.from = &from,
		.cc = cc,
		.template_dirs = dirs[0] ? dirs : dirs + 1,
		.kept = why_kept(run, report->outcome),
	};

	if (!context.submitter) {
		fallback = identity_of_stranger(series, site);
		context.submitter = fallback;
	}
	report->reply = reply_new(&context, report->outcome, report->verdict,
				  error);
	return report->reply != NULL;
}

struct run_report *run_report_new(struct run *run, GError **error)
{
	g_autoptr(run_report_t) report = g_new0(struct run_report, 1);

	report->id = g_strdup(run->id);
	report->verdict = verdict_sum(run->records);
	report->outcome = outcome_find(report->verdict->outcome
					       ? report->verdict->outcome
					       : "accepted");
	g_assert(report->outcome);
	if (!reply_make(run, report, error))
		return NULL;
	report->json = run_to_json(run, report);
	return g_steal_pointer(&report);
}

struct run_report *run_report_trouble(struct run *run, const GError *trouble)
{
	g_autoptr(run_report_t) report = g_new0(struct run_report, 1);
	g_autoptr(GError) error = NULL;

	report->id = g_strdup(run->id);
	report->verdict = verdict_new();
	report->outcome = outcome_find("trouble-waiting");
	verdict_refuse(report->verdict, report->outcome->name, "%s",
		       run->stage->name);
	if (reply_make(run, report, &error))
		return g_steal_pointer(&report);
	log_event(LOG_LEVEL_ERROR, run->id, "nobody is told of \"%s\": %s",
		  trouble->message, error->message);
	return NULL;
}
