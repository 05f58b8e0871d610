/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run writes down. Each step is one transaction in the store's thread;
 * the run goes on when it is kept.
 */
#include "pipeline/pipeline-internal.h"

#define DAY_S 86400

struct passed_stage {
	struct stage_row row;
	char *verdict;	  /* JSON, of the row */
	const char *next; /* stage */
};

static void passed_stage_free(gpointer data)
{
	struct passed_stage *passed = data;

	g_free(passed->verdict);
	g_free(passed);
}

void run_step_free(struct run_step *step)
{
	run_step_clear(step);
	g_clear_pointer(&step->passed, g_ptr_array_unref);
}

void run_step_clear(struct run_step *step)
{
	g_clear_pointer(&step->verdict, g_free);
	g_clear_pointer(&step->outcome, g_free);
	g_clear_pointer(&step->copies, g_free);
}

static bool write_passed(struct store *store, const struct run *run,
			 GError **error)
{
	const GPtrArray *passed = run->step.passed;

	for (guint i = 0; passed && i < passed->len; i++) {
		const struct passed_stage *one = passed->pdata[i];

		if (!store_run_advance(store, run->id, &one->row, one->next,
				       error))
			return false;
	}
	return true;
}

/* Whatever a step is, what was passed before it comes first. */
static bool step_work(struct store *store, gpointer data, GError **error)
{
	const struct run *run = data;

	return write_passed(store, run, error) &&
	       run->step.work(store, data, error);
}

static void step_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct run *run = data;
	GError *error = NULL;
	void (*then)(struct run * run) = run->step.then;

	(void)source;
	run_step_clear(&run->step);
	g_clear_pointer(&run->step.passed, g_ptr_array_unref);
	if (run_kept(writer_do_finish(res, &error), &error))
		then(run);
	else
		run_stage_failed(run, error);
}

static void step_write(struct run *run, enum durability durability,
		       writer_work work, void (*then)(struct run *run))
{
	const struct write write = {durability, step_work, run};

	run->step.work = work;
	run->step.then = then;
	writer_do_async(run->options->writer, &write, step_done, run);
}

bool run_kept(bool kept, GError **error)
{
	if (!kept && error &&
	    g_error_matches(*error, REROLL_ERROR, REROLL_ERROR_CONFLICT))
		(*error)->code = REROLL_ERROR_TEMP;
	return kept;
}

static bool put_new(struct store *store, struct run *run, GError **error)
{
	const struct series *series = run->options->series;
	g_autofree char *key = series_key(series);
	g_autofree char *submitter = series_submitter(series);
	const struct revision_row row = {
		.name = series->name,
		.submitter = submitter,
		.first_message_id = key,
		.version = series->version,
		.n_patches = series->total,
	};
	struct queued_run queued = {.id = run->id};

	if (!store_revision_put(store, &row, &run->revision, error))
		return false;
	queued.revision = run->revision;
	return store_run_queue(store, &queued, run->stage->name, error);
}

static bool begin_work(struct store *store, gpointer data, GError **error)
{
	struct run *run = data;

	if (!run->options->run_id)
		return put_new(store, run, error);
	if (!store_run_restart(store, run->id, run->stage->name,
			       stage_kept->name, &run->kept, error))
		return false;
	fault_point(FAULT_RUN_BEGUN);
	return true;
}

void run_step_begin(struct run *run, void (*then)(struct run *run))
{
	step_write(run, WRITE_KEPT, begin_work, then);
}

static char *verdict_text(const struct verdict *verdict)
{
	g_autoptr(json_t) json = verdict_to_json(verdict);

	return json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
}

void run_step_pass(struct run *run, const struct verdict *verdict)
{
	struct passed_stage *passed = g_new0(struct passed_stage, 1);

	passed->verdict = verdict_text(verdict);
	passed->next = (run->stage + 1)->name;
	passed->row = (struct stage_row){
		.stage = run->stage->name,
		.result = "passed",
		.verdict = passed->verdict,
		.elapsed_ms = clock_monotonic_ms() - run->stage_started_ms,
	};
	if (!run->step.passed)
		run->step.passed = g_ptr_array_new_with_free_func(
			passed_stage_free);
	g_ptr_array_add(run->step.passed, passed);
}

static bool advance_work(struct store *store, gpointer data, GError **error)
{
	(void)store;
	(void)data;
	(void)error;
	fault_point(FAULT_STAGE_ADVANCED);
	return true;
}

void run_step_advance(struct run *run, void (*then)(struct run *run))
{
	fault_point(FAULT_STAGE_BEFORE_ADVANCE);
	step_write(run, WRITE_KEPT, advance_work, then);
}

static bool end_work(struct store *store, gpointer data, GError **error)
{
	const struct run *run = data;

	if (!store_run_end(store, run->id, &run->step.end, error))
		return false;
	fault_point(FAULT_RUN_ENDED);
	return true;
}

char *run_outcome_key(const struct outcome *outcome, guint round)
{
	return round ? g_strdup_printf("%s/%u", outcome->name, round)
		     : g_strdup(outcome->name);
}

static void fill_mail(struct run_step *step, const struct run *run,
		      const struct reply *reply)
{
	step->copies = reply_copies(reply);
	step->mail = (struct outbox_row){
		.run = run->id,
		.outcome = step->outcome,
		.message_id = reply->message_id,
		.recipient = reply->to,
		.copies = step->copies,
		.mail = g_bytes_get_data(reply->mail, &step->mail.mail_len),
	};
	step->mail.mail_len = g_bytes_get_size(reply->mail);
}

void run_step_end(struct run *run, const struct run_report *report,
		  void (*then)(struct run *run))
{
	const struct stage_record
		*last = run->records->pdata[run->records->len - 1];
	const struct reply *reply = report->reply;
	struct run_step *step = &run->step;

	step->outcome = run_outcome_key(report->outcome, run->options->round);
	step->verdict = verdict_text(last->verdict);
	step->end = (struct run_end){
		.stage = {.stage = run->stage->name,
			  .result = last->result,
			  .verdict = step->verdict,
			  .elapsed_ms = last->elapsed_ms},
		.outcome = report->outcome->name,
		.summary = report->verdict->summary,
		.revision = run->revision,
	};
	if (reply->mail) {
		fill_mail(step, run, reply);
		step->end.mail = &step->mail;
	}
	step_write(run, reply->mail ? WRITE_SYNCED : WRITE_KEPT, end_work,
		   then);
}

static bool builds_work(struct store *store, gpointer data, GError **error)
{
	const struct run *run = data;

	if (!store_builds_start(store, run->id, run->step.names, error))
		return false;
	fault_point(FAULT_BUILDS_STARTED);
	return true;
}

void run_step_builds(struct run *run, const char *const *names,
		     void (*then)(struct run *run))
{
	run->step.names = names;
	step_write(run, WRITE_KEPT, builds_work, then);
}

static bool jobs_work(struct store *store, gpointer data, GError **error)
{
	const struct run *run = data;

	if (!store_jobs_start(store, run->id, run->step.jobs, run->step.n_jobs,
			      error))
		return false;
	fault_point(FAULT_JOBS_STARTED);
	return true;
}

/* Before a lab is sent any: after a crash they are looked for there. */
void run_step_jobs(struct run *run, const struct job_row *jobs, guint count,
		   void (*then)(struct run *run))
{
	run->step.jobs = jobs;
	run->step.n_jobs = count;
	step_write(run, WRITE_SYNCED, jobs_work, then);
}

static bool is_unlisted(const struct run *run)
{
	const struct identity *identity = run->subject.identity;

	return identity && g_strcmp0(identity->reason, "from-unlisted") == 0;
}

/* Whose day it counts for, as a key. */
static char *owner_of(const struct run *run)
{
	const struct identity *identity = run->subject.identity;
	g_autofree char *known = NULL;

	if (!identity || !identity->email)
		return series_submitter(run->options->series);
	known = email_key(identity->email);
	return g_strconcat(is_unlisted(run) ? RUN_UNLISTED : "", known, NULL);
}

static bool project_work(struct store *store, gpointer data, GError **error)
{
	struct run *run = data;
	const struct run_owner owner = {.project = run->subject.project->name};

	return store_run_own(store, run->id, &owner, &run->step.today, error);
}

void run_step_project(struct run *run, void (*then)(struct run *run))
{
	step_write(run, WRITE_KEPT, project_work, then);
}

static bool own_work(struct store *store, gpointer data, GError **error)
{
	struct run *run = data;
	g_autofree char *submitter = owner_of(run);
	const struct run_owner owner = {
		.project = run->subject.project->name,
		.submitter = submitter,
		.since = clock_now_at() - DAY_S,
	};

	return store_run_own(store, run->id, &owner, &run->step.today, error);
}

static void owned(struct run *run)
{
	guint64 most = run->subject.project->limits.per_day;
	struct verdict *verdict = verdict_new();

	if (most && is_unlisted(run))
		most = MIN(most, RUN_UNLISTED_PER_DAY);
	if (run->options->run_id && most && run->step.today >= most) {
		verdict_refuse(verdict, "limit-reached",
			       "%u series of yours were checked in the last "
			       "24 hours",
			       run->step.today);
		verdict->detail = json_pack("{s:I, s:b}", "per_day",
					    (json_int_t)most, "stranger",
					    is_unlisted(run));
	}
	run_stage_judged(run, verdict);
}

void limit_start(struct run *run)
{
	step_write(run, WRITE_KEPT, own_work, owned);
}
