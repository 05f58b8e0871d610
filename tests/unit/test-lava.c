// SPDX-License-Identifier: GPL-2.0-or-later
/* The LAVA lab against a server that has one fault at a time. */
#include "test.h"

#include "base/base.h"
#include "lab/lava-events.h"
#include "lab/lava-internal.h"
#include "lab/pool-internal.h"
#include "lab/rootfs.h"
#include "test-server.h"

static struct test_server replay;
static struct tempdir *dir;

/* The root of the tests is the archive of nothing. */
char *rootfs_builtin(const struct site *site, const char *arch, GError **error)
{
	static const char empty[] =
		"070701000000000000000000000000000000000000000100000000"
		"00000000000000000000000000000000000000000000000b00000000"
		"TRAILER!!!\0\0\0\0";
	char *path = g_build_filename(dir->path, "root.cpio", NULL);

	(void)site;
	(void)arch;
	g_file_set_contents(path, empty, sizeof(empty) - 1, error);
	return path;
}

/* A lab at one of the server's faults, and a job for it. */
struct fixture {
	struct lab *lab;
	struct lab_config config;
	struct site site;
	struct board board;
	struct lab_job job;
	struct artifact kernel;
	struct test_suite suite;
	struct test_definition definition;
	GPtrArray *artifacts, *suites, *groups;
	GCancellable *cancellable;
	GMainLoop *loop;
	struct job_result *result;
	GError *error;
	bool ready;
	GString *sent;
};

static void on_sent(const char *id, gpointer data)
{
	struct fixture *fixture = data;

	g_string_append_printf(fixture->sent, "%s ", id);
}

static char *text(const char *value)
{
	return (char *)(gintptr)value;
}

static void fixture_board(struct fixture *fixture)
{
	fixture->board = (struct board){
		.name = text("board"),
		.arch_name = text("x86_64"),
		.arch = arch_find("x86_64"),
		.device_type = text("qemu"),
		.tags = g_ptr_array_new(),
		.modules = g_ptr_array_new(),
		.qemu = {.console = text("ttyS0"),
			 .options = g_ptr_array_new()},
	};
}

static void fixture_job(struct fixture *fixture)
{
	fixture->definition.params = g_ptr_array_new();
	fixture->definition.steps = g_ptr_array_new();
	fixture->suite.name = text("smoke");
	fixture->suite.definition = &fixture->definition;
	fixture->kernel.role = text("kernel");
	fixture->kernel.path = text("bzImage");
	fixture->kernel.sha256 = text("00");
	g_ptr_array_add(fixture->artifacts, &fixture->kernel);
	g_ptr_array_add(fixture->suites, &fixture->suite);
	fixture->job = (struct lab_job){
		.name = "job-1",
		.board = &fixture->board,
		.arch = "x86_64",
		.build_dir = dir->path,
		.build_path = "r/b",
		.artifacts = fixture->artifacts,
		.suites = fixture->suites,
		.boot_s = 60,
		.test_s = 60,
		.log_bytes = 1 << 20,
		.out_dir = dir->path,
		.work_dir = dir->path,
		.sent = on_sent,
		.data = fixture,
	};
}

static struct fixture *fixture_new(const char *fault)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autoptr(GError) error = NULL;

	fixture->artifacts = g_ptr_array_new();
	fixture->suites = g_ptr_array_new();
	fixture->groups = g_ptr_array_new();
	fixture->sent = g_string_new(NULL);
	fixture->cancellable = g_cancellable_new();
	fixture->loop = g_main_loop_new(NULL, FALSE);
	fixture->config = (struct lab_config){
		.name = text("lab"),
		.kind = LAB_LAVA,
		.url = g_strdup_printf("http://127.0.0.1:%u/%s",
				       replay.ports[0], fault),
		.user = text("bot"),
		.token_file = g_build_filename(dir->path, "token", NULL),
		.artifacts = text("file:///srv"),
		.groups = fixture->groups,
	};
	g_file_set_contents(fixture->config.token_file, "t0ken\n", -1, NULL);
	fixture_board(fixture);
	fixture_job(fixture);
	fixture->lab = lab_lava.open(&fixture->config, &fixture->site, &error);
	assert_null(error);
	fixture->lab->pause_ms = 5;
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	lab_lava.close(fixture->lab);
	g_free(fixture->config.url);
	g_free(fixture->config.token_file);
	g_ptr_array_unref(fixture->artifacts);
	g_ptr_array_unref(fixture->suites);
	g_ptr_array_unref(fixture->groups);
	g_ptr_array_unref(fixture->board.tags);
	g_ptr_array_unref(fixture->board.modules);
	g_ptr_array_unref(fixture->board.qemu.options);
	g_ptr_array_unref(fixture->definition.params);
	g_ptr_array_unref(fixture->definition.steps);
	g_string_free(fixture->sent, TRUE);
	g_object_unref(fixture->cancellable);
	g_main_loop_unref(fixture->loop);
	job_result_free(fixture->result);
	g_clear_error(&fixture->error);
	g_free(fixture);
}

static void on_run(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fixture *fixture = data;

	(void)source;
	fixture->result = lab_lava.run_finish(res, &fixture->error);
	g_main_loop_quit(fixture->loop);
}

static void run(struct fixture *fixture)
{
	g_clear_error(&fixture->error);
	g_clear_pointer(&fixture->result, job_result_free);
	lab_lava.run_async(fixture->lab, &fixture->job, fixture->cancellable,
			   on_run, fixture);
	g_main_loop_run(fixture->loop);
}

static void on_ready(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fixture *fixture = data;

	(void)source;
	fixture->ready = lab_lava.ready_finish(res, &fixture->error);
	g_main_loop_quit(fixture->loop);
}

static void ask_ready(struct fixture *fixture)
{
	g_clear_error(&fixture->error);
	lab_lava.ready_async(fixture->lab, &fixture->board, NULL, on_ready,
			     fixture);
	g_main_loop_run(fixture->loop);
}

struct seen {
	GMainLoop *loop;
	json_t *json;
};

static void on_seen(GObject *source, GAsyncResult *res, gpointer data)
{
	struct seen *seen = data;
	g_autoptr(http_response_t) response = http_send_finish(res, NULL);
	gsize len;
	const char *body = g_bytes_get_data(response->body, &len);

	(void)source;
	seen->json = json_loadb(body, len, 0, NULL);
	g_main_loop_quit(seen->loop);
}

/* What the server saw: "jobs" or "cancels". */
static int seen(struct fixture *fixture, const char *what)
{
	g_autofree char *url = g_strconcat(fixture->config.url, "/seen", NULL);
	struct http_request request = {.url = url};
	struct seen seen = {.loop = fixture->loop};
	int count;

	http_send_async(fixture->lab->http, &request, NULL, on_seen, &seen);
	g_main_loop_run(fixture->loop);
	count = (int)json_integer_value(json_object_get(seen.json, what));
	json_decref(seen.json);
	return count;
}

static void assert_error(const char *fault, const GError *error,
			 enum reroll_error code, const char *says)
{
	if (!error)
		fail_msg("%s: there was no error", fault);
	if (error->code != (int)code || !strstr(error->message, says))
		fail_msg("%s: %d: %s", fault, error->code, error->message);
}

static void a_good_job_comes_back_with_its_cases(void **state)
{
	struct fixture *fixture = fixture_new("good");
	const struct test_case *one;

	(void)state;
	run(fixture);
	assert_null(fixture->error);
	assert_int_equal(fixture->result->end, JOB_COMPLETE);
	assert_int_equal(fixture->result->cases->len, 3);
	assert_int_equal(fixture->result->ended->len, 1);
	one = fixture->result->cases->pdata[0];
	assert_string_equal(one->name, "one");
	assert_string_equal(one->suite, "smoke");
	assert_int_equal(one->verdict, TEST_PASS);
	assert_int_equal(one->log_first, 1);
	assert_string_equal(fixture->result->tail,
			    "[    0.0] Linux version 6.1\nA\\x1b[0m\n");
	assert_non_null(strstr(fixture->result->summary, "\"forged\""));
	assert_string_equal(fixture->sent->str, "1 ");
	assert_int_equal(seen(fixture, "jobs"), 1);
	assert_int_equal(seen(fixture, "cancels"), 0);
	fixture_free(fixture);
}

struct refusal {
	const char *fault;
	enum reroll_error code;
	const char *says;
	int jobs; /* that were sent all the same */
};

static void what_a_lab_refuses_is_said(void **state)
{
	static const struct refusal refusals[] = {
		{"no-version", REROLL_ERROR_CONFIG, "URL right?", 0},
		{"redirects", REROLL_ERROR_CONFIG, "URL right?", 0},
		{"is-away", REROLL_ERROR_TEMP, "status 502", 0},
		{"bad-token", REROLL_ERROR_CONFIG, "Invalid token", 0},
		{"anonymous", REROLL_ERROR_CONFIG, "is of nobody", 0},
		{"other-user", REROLL_ERROR_CONFIG, "\"eve\"", 0},
		{"superuser", REROLL_ERROR_CONFIG, "a superuser", 0},
		{"worker-token", REROLL_ERROR_CONFIG, "a superuser", 0},
		{"device-rights", REROLL_ERROR_CONFIG, "rights on devices", 0},
		{"worker-rights", REROLL_ERROR_CONFIG, "rights on devices", 0},
		{"staff", REROLL_ERROR_CONFIG, "a staff user", 0},
		{"no-rpc", REROLL_ERROR_TEMP, "cannot be told", 0},
		{"invalid", REROLL_ERROR_CONFIG, "extra keys", 0},
		{"refused", REROLL_ERROR_CONFIG, "Devices unavailable", 0},
		{"send-html", REROLL_ERROR_TEMP, "status 500", 0},
		{"send-moved", REROLL_ERROR_CONFIG, "status 301", 0},
		{"others-jobs", REROLL_ERROR_TEMP, "lists others", 1},
		{"polls-forbidden", REROLL_ERROR_CONFIG, "status 403", 1},
		{"job-gone", REROLL_ERROR_TEMP, "status 404", 1},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct fixture *fixture = fixture_new(row->fault);

		run(fixture);
		assert_null(fixture->result);
		assert_error(row->fault, fixture->error, row->code, row->says);
		assert_int_equal(seen(fixture, "jobs"), row->jobs);
		fixture_free(fixture);
	}
}

static void what_fails_for_a_while_is_done_again(void **state)
{
	static const char *const faults[] = {"send-lost",  "send-late",
					     "polls-fail", "polls-odd",
					     "tests-half", "log-none"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
		struct fixture *fixture = fixture_new(faults[i]);

		run(fixture);
		if (fixture->error)
			fail_msg("%s: %s", faults[i], fixture->error->message);
		assert_int_equal(fixture->result->end, JOB_COMPLETE);
		assert_int_equal(fixture->result->cases->len, 3);
		assert_int_equal(seen(fixture, "jobs"), 1);
		fixture_free(fixture);
	}
}

static void the_end_is_told_by_what_went_wrong(void **state)
{
	static const struct {
		const char *fault;
		enum job_end end;
		const char *says;
	} ends[] = {
		{"panic", JOB_PANIC, "Kernel panic - not syncing: VFS"},
		{"reboots", JOB_REBOOTS, "started 3 times"},
		{"boot-timeout", JOB_BOOT_TIMEOUT, "No shell within 60 s"},
		{"boot-oops", JOB_OOPS, "BUG: unable to handle page"},
		{"silent", JOB_NO_OUTPUT, "printed nothing"},
		{"test-timeout", JOB_TEST_TIMEOUT, "within 60 s"},
		{"test-panic", JOB_PANIC, "not syncing: x"},
		{"forged-raise", JOB_ENDED, "none of their steps sent"},
		{"canceled", JOB_CANCELED, "canceled in the lab"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		struct fixture *fixture = fixture_new(ends[i].fault);

		run(fixture);
		if (fixture->error)
			fail_msg("%s: %s", ends[i].fault,
				 fixture->error->message);
		assert_int_equal(fixture->result->end, ends[i].end);
		assert_non_null(strstr(fixture->result->summary, ends[i].says));
		fixture_free(fixture);
	}
}

static void trouble_of_the_lab_is_no_result(void **state)
{
	static const struct {
		const char *fault, *says;
	} troubles[] = {
		{"bug", "fastboot"},
		{"infrastructure", "no power"},
		{"configuration", "no such method"},
		{"unheard-of", "LAVATimeout"},
		{"download", "Resource unavailable"},
		{"checksum", "does not match"},
		{"worker-stopped", "worker was stopped"},
		{"queue-timeout", "no device took the job"},
		{"no-metadata", "worker was stopped"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(troubles); i++) {
		struct fixture *fixture = fixture_new(troubles[i].fault);

		run(fixture);
		assert_error(troubles[i].fault, fixture->error,
			     REROLL_ERROR_TEMP, troubles[i].says);
		fixture_free(fixture);
	}
}

static void a_job_in_trouble_is_sent_again_under_another_name(void **state)
{
	struct fixture *fixture = fixture_new("bug");
	int before = seen(fixture, "jobs");

	(void)state;
	fixture->job.name = "job-9";
	run(fixture);
	run(fixture);
	assert_error("bug", fixture->error, REROLL_ERROR_TEMP, "fastboot");
	assert_int_equal(seen(fixture, "jobs"), before + 2);
	fixture_free(fixture);
}

static void a_job_that_may_be_there_is_looked_for(void **state)
{
	struct fixture *fixture = fixture_new("good");
	int before = seen(fixture, "jobs");

	(void)state;
	fixture->job.may_be_sent = true;
	run(fixture);
	assert_null(fixture->error);
	assert_int_equal(fixture->result->cases->len, 3);
	assert_int_equal(seen(fixture, "jobs"), before);
	fixture->job.name = "job-2";
	run(fixture);
	assert_null(fixture->error);
	assert_int_equal(seen(fixture, "jobs"), before + 1);
	fixture_free(fixture);
}

static gboolean on_cancel(gpointer data)
{
	struct fixture *fixture = data;

	if (fixture->sent->len == 0)
		return G_SOURCE_CONTINUE;
	g_cancellable_cancel(fixture->cancellable);
	return G_SOURCE_REMOVE;
}

static void a_cancelled_job_is_cancelled_in_the_lab(void **state)
{
	static const char *const faults[] = {"never-ends", "hangs"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
		struct fixture *fixture = fixture_new(faults[i]);

		g_timeout_add(20, on_cancel, fixture);
		run(fixture);
		assert_error(faults[i], fixture->error, REROLL_ERROR_CANCELLED,
			     "cancelled");
		assert_int_equal(seen(fixture, "cancels"), 1);
		fixture_free(fixture);
	}
}

static void a_job_cancelled_before_is_not_sent(void **state)
{
	struct fixture *fixture = fixture_new("good");
	int before = seen(fixture, "jobs");

	(void)state;
	g_cancellable_cancel(fixture->cancellable);
	run(fixture);
	assert_error("good", fixture->error, REROLL_ERROR_CANCELLED, "");
	assert_int_equal(seen(fixture, "jobs"), before);
	fixture_free(fixture);
}

static void devices_are_looked_at_one_by_one(void **state)
{
	static const struct refusal refusals[] = {
		{"devices-html", REROLL_ERROR_TEMP, "status 500", 0},
		{"devices-none", REROLL_ERROR_TEMP, "no device of type", 0},
		{"devices-unfiltered", REROLL_ERROR_TEMP, "is usable", 0},
		{"devices-half", REROLL_ERROR_TEMP, "no answer", 0},
		{"devices-odd", REROLL_ERROR_TEMP, "is usable", 0},
		{"staff", REROLL_ERROR_CONFIG, "a staff user", 0},
	};
	struct fixture *fixture = fixture_new("good");

	(void)state;
	ask_ready(fixture);
	assert_true(fixture->ready);
	g_ptr_array_add(fixture->board.tags, text("ok"));
	ask_ready(fixture);
	assert_true(fixture->ready);
	g_ptr_array_add(fixture->board.tags, text("no"));
	ask_ready(fixture);
	assert_error("tag", fixture->error, REROLL_ERROR_TEMP, "board's tags");
	g_ptr_array_add(fixture->board.tags, text("unknown"));
	ask_ready(fixture);
	assert_error("tag", fixture->error, REROLL_ERROR_TEMP, "tag unknown");
	fixture_free(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
		fixture = fixture_new(refusals[i].fault);
		ask_ready(fixture);
		assert_false(fixture->ready);
		assert_error(refusals[i].fault, fixture->error,
			     refusals[i].code, refusals[i].says);
		fixture_free(fixture);
	}
}

static void on_pool_run(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fixture *fixture = data;

	(void)source;
	fixture->result = lab_pool_run_finish(res, &fixture->error);
	g_main_loop_quit(fixture->loop);
}

static void run_in_pool(struct fixture *fixture)
{
	static const struct lab_ops *const table[] = {&lab_lava, NULL};
	static const struct pool_patience once = {.first_ms = 1, .rounds = 1};
	g_autoptr(GPtrArray) labs = g_ptr_array_new();
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	g_autoptr(lab_pool_t) pool = NULL;

	fixture->config.slots = 1;
	fixture->config.boards = all;
	fixture->site.labs = labs;
	g_ptr_array_add(labs, &fixture->config);
	pool = lab_pool_new_with(table, &fixture->site, &once, &fixture->error);
	if (!pool)
		return;
	lab_pool_run_async(pool, &fixture->job, NULL, on_pool_run, fixture);
	g_main_loop_run(fixture->loop);
}

static void trouble_names_its_lab_once(void **state)
{
	static const struct {
		const char *fault, *says;
	} faults[] = {
		{"no-version", "the lab lab: \"http://"},
		{"bad-token", "the lab lab: the token in "},
		{"is-away", "the lab lab: what the token may do "},
		{"devices-none", "the lab lab: no device of type qemu"},
		{"devices-html", "the lab lab: asked for devices "},
		{"devices-half", "the lab lab: there is no answer from "},
		{"invalid", "the lab lab: the job of board board is refused"},
		{"refused", "the lab lab: the job of board board is refused"},
		{"bug", "the lab lab: job "},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
		struct fixture *fixture = fixture_new(faults[i].fault);

		run_in_pool(fixture);
		if (!fixture->error)
			fail_msg("%s: no error", faults[i].fault);
		if (!strstr(fixture->error->message, faults[i].says) ||
		    strstr(fixture->error->message, "LAVA lab"))
			fail_msg("%s: %s", faults[i].fault,
				 fixture->error->message);
		fixture_free(fixture);
	}
}

static void a_lab_without_a_url_is_named_once(void **state)
{
	struct fixture *fixture = fixture_new("good");
	char *url = g_steal_pointer(&fixture->config.url);

	(void)state;
	run_in_pool(fixture);
	assert_error("url", fixture->error, REROLL_ERROR_CONFIG,
		     "the lab lab: expected url, user");
	g_free(url);
	fixture_free(fixture);
}

struct call {
	struct fixture *fixture;
	bool made;
};

static gboolean on_call(gpointer data)
{
	static const struct {
		bool token; /* the job's own */
		const char *other, *body;
		enum lab_call says;
	} rows[] = {
		{false, NULL, "{\"id\": 1}", LAB_CALL_REFUSED},
		{false, "", "{\"id\": 1}", LAB_CALL_REFUSED},
		{false, "00000000000000000000000000000000", "{\"id\": 1}",
		 LAB_CALL_REFUSED},
		{true, NULL, "{\"id\": 2}", LAB_CALL_REFUSED},
		{true, NULL, "{\"id\": \"1\"}", LAB_CALL_BAD},
		{true, NULL, "{\"id", LAB_CALL_BAD},
		{true, NULL, "[]", LAB_CALL_BAD},
		{true, NULL, "", LAB_CALL_BAD},
		{true, NULL, "{\"id\": 1}", LAB_CALL_TAKEN},
		{true, NULL, "{\"id\": 1}", LAB_CALL_TAKEN},
	};
	struct call *call = data;
	struct lab *lab = call->fixture->lab;
	g_autoptr(GList) running = g_hash_table_get_keys(lab->running);

	if (call->fixture->sent->len == 0)
		return G_SOURCE_CONTINUE;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GBytes) body = g_bytes_new_static(
			rows[i].body, strlen(rows[i].body));
		const char *token = rows[i].token
					    ? lava_run_token(running->data)
					    : rows[i].other;

		assert_int_equal(lava_callback(lab, token, body), rows[i].says);
	}
	call->made = true;
	g_cancellable_cancel(call->fixture->cancellable);
	return G_SOURCE_REMOVE;
}

static void a_call_needs_the_token_of_its_job(void **state)
{
	struct fixture *fixture = fixture_new("polls-late");
	struct call call = {.fixture = fixture};

	(void)state;
	fixture->lab->pause_ms = 10000;
	g_timeout_add(20, on_call, &call);
	run(fixture);
	assert_true(call.made);
	fixture_free(fixture);
}

static void an_event_tells_the_end_of_a_job(void **state)
{
	struct fixture *fixture = fixture_new("events");
	gint64 began_ms = clock_monotonic_ms();

	(void)state;
	fixture->lab->pause_ms = 30000;
	run(fixture);
	assert_null(fixture->error);
	assert_int_equal(fixture->result->end, JOB_COMPLETE);
	assert_true(clock_monotonic_ms() - began_ms < 15000);
	assert_int_equal(seen(fixture, "quiet"), 1);
	assert_int_equal(seen(fixture, "listened"), 1);
	fixture_free(fixture);
}

/* The pauses between the tries double: at 5 ms the fourth comes after 35. */
static void a_stream_that_ends_is_begun_again(void **state)
{
	struct fixture *fixture = fixture_new("events-lost");

	(void)state;
	run(fixture);
	assert_null(fixture->error);
	assert_int_equal(fixture->result->end, JOB_COMPLETE);
	assert_true(seen(fixture, "listened") >= 4);
	fixture_free(fixture);
}

static void an_event_is_about_a_job_or_is_none(void **state)
{
	static const struct {
		const char *topic, *data;
		gint64 job; /* 0: it is none */
	} rows[] = {
		{"org.lavasoftware.testjob",
		 "{\"job\": 7, \"state\": \"Running\", \"x\": 1}", 7},
		{"x.testjob", "{\"job\": 7}", 0},
		{"x.testjob", "{\"job\": \"7\", \"state\": \"x\"}", 0},
		{"x.testjob", "{\"job\": 7, \"state\": 5}", 0},
		{"x.testjob", "[]", 0},
		{"x.testjob", "{", 0},
		{"x.testjob", "", 0},
		{"x.device", "{\"job\": 7, \"state\": \"Running\"}", 0},
	};
	static const char *const none[] = {
		"[\"x.testjob\", \"\", \"\", \"\"]",
		"[\"x.testjob\", \"\", \"\", \"\", 5]",
		"[\"x.testjob\", \"\", \"\", \"\", \"{}\", \"\"]",
		"[1, 2, 3, 4, 5]",
		"{}",
		"[",
		"",
	};
	char *word = NULL;
	gint64 job;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(json_t)
			parts = json_pack("[s,s,s,s,s]", rows[i].topic, "id",
					  "time", "bot", rows[i].data);
		char *text = json_dumps(parts, 0);

		assert_int_equal(
			lava_event_read(text, strlen(text), &job, &word),
			rows[i].job != 0);
		free(text);
		if (!rows[i].job)
			continue;
		assert_int_equal(job, rows[i].job);
		assert_string_equal(word, "Running");
		g_clear_pointer(&word, g_free);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(none); i++)
		assert_false(
			lava_event_read(none[i], strlen(none[i]), &job, &word));
}

static void no_value_of_a_job_is_more_than_a_value(void **state)
{
	static const char evil[] = "x\"\nvisibility: public\n- y: {a: 'b'}\\";
	struct fixture *fixture = fixture_new("good");
	g_autoptr(GError) error = NULL;
	g_autoptr(GHashTable) map = NULL;
	g_autofree char *job = NULL;
	struct test_param param = {text("P"), text("a'b $(c)")};

	(void)state;
	fixture->board.qemu.cpu = text(evil);
	fixture->board.qemu.append = text("panic=1 a='b' \"c\" panic=-1");
	fixture->board.device_type = text("qemu");
	g_ptr_array_add(fixture->board.tags, text(evil));
	g_ptr_array_add(fixture->definition.steps, text(evil));
	g_ptr_array_add(fixture->definition.params, &param);
	g_ptr_array_add(fixture->board.qemu.options, text(evil));
	fixture->kernel.path = text("a b#?.Image");
	fixture->site.web.url = text("https://bot.example.org/");
	job = lab_lava.print(fixture->lab, &fixture->job, &error);
	assert_null(error);
	map = yaml_text_scalars(job, strlen(job));
	assert_non_null(map);
	assert_string_equal(g_hash_table_lookup(map, "visibility"), "personal");
	assert_null(strstr(job, "panic="));
	assert_non_null(strstr(job, "file:///srv/r/b/a%20b%23%3F.Image"));
	assert_non_null(strstr(job, "https://bot.example.org/lava/lab"));
	fixture_free(fixture);
}

static void groups_come_before_visibility(void **state)
{
	struct fixture *fixture = fixture_new("good");
	g_autofree char *job = NULL;

	(void)state;
	g_ptr_array_add(fixture->groups, text("staff"));
	job = lab_lava.print(fixture->lab, &fixture->job, NULL);
	assert_non_null(strstr(job, "visibility:\n  group:\n  - \"staff\"\n"));
	assert_null(strstr(job, "personal"));
	fixture_free(fixture);
}

static void a_build_without_the_boards_kernel_makes_no_job(void **state)
{
	struct fixture *fixture = fixture_new("good");
	g_autoptr(GError) error = NULL;

	(void)state;
	fixture->board.kernel = text("zImage");
	assert_null(lab_lava.print(fixture->lab, &fixture->job, &error));
	assert_error("kernel", error, REROLL_ERROR_CONFIG, "no zImage");
	fixture_free(fixture);
}

static void a_line_of_a_log_is_read_or_is_none(void **state)
{
	static const struct {
		const char *line;
		bool taken;
		enum lava_level level;
		const char *text;
	} rows[] = {
		{"{\"dt\": \"x\", \"lvl\": \"target\", \"msg\": \"a\"}", true,
		 LAVA_CONSOLE, "a"},
		{"{\"dt\": \"2026-11-21T02:26:04.096208\", \"lvl\": "
		 "\"target\", \"msg\": \"\\xFCn\\xEF\\e[0m\\u263a\\\"\\\\\"}",
		 true, LAVA_CONSOLE, "ün\xc3\xaf\x1b[0m☺\"\\"},
		{"{\"dt\": \"\", \"lvl\": \"results\", \"msg\": {\"case\": ! "
		 "\"571\"}}",
		 true, LAVA_OTHER, "{\"case\": ! \"571\"}"},
		{"{\"dt\": \"\", \"lvl\": \"target\", \"msg\": [\"a\"]}", false,
		 LAVA_CONSOLE, "[\"a\"]"},
		{"{\"dt\": \"\", \"lvl\": \"target\", \"msg\": \"a", false,
		 LAVA_CONSOLE, "a"},
		{"{\"dt\": \"\", \"lvl\": \"target\", \"msg\": \"\\", false,
		 LAVA_CONSOLE, ""},
		{"{\"dt\": \"\", \"lvl\": \"target\", \"msg\": \"\\xF\"}",
		 false, LAVA_CONSOLE, ""},
		{"{\"dt\": \"\", \"lvl\": \"target\", \"msg\": \"\\q\"}", false,
		 LAVA_CONSOLE, ""},
		{"{\"dt\": \"\", \"lvl\": \"target\", \"msg\": "
		 "\"\\0\\uD800\"}",
		 true, LAVA_CONSOLE, "\xef\xbf\xbd\xef\xbf\xbd"},
		{"{\"dt\": \"\", \"lvl\": \"info\", \"msg\": ", true,
		 LAVA_OTHER, ""},
		{"what", false, LAVA_CONSOLE, ""},
		{"", false, LAVA_CONSOLE, ""},
	};
	g_autoptr(GString) out = g_string_new(NULL);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *line = *rows[i].line == '{'
						? g_strconcat("- ",
							      rows[i].line,
							      NULL)
						: g_strdup(rows[i].line);
		struct lava_line read = {.text = out};

		assert_int_equal(lava_line_read(line, strlen(line), &read),
				 rows[i].taken);
		if (!rows[i].taken)
			continue;
		assert_int_equal(read.level, rows[i].level);
		assert_string_equal(out->str, rows[i].text);
	}
}

static int start(void **state)
{
	(void)state;
	dir = tempdir_new(NULL);
	test_server_start(&replay, "lava-replay", NULL);
	return dir ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	test_server_stop(&replay);
	tempdir_free(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_job_comes_back_with_its_cases),
		cmocka_unit_test(what_a_lab_refuses_is_said),
		cmocka_unit_test(what_fails_for_a_while_is_done_again),
		cmocka_unit_test(the_end_is_told_by_what_went_wrong),
		cmocka_unit_test(trouble_of_the_lab_is_no_result),
		cmocka_unit_test(
			a_job_in_trouble_is_sent_again_under_another_name),
		cmocka_unit_test(a_job_that_may_be_there_is_looked_for),
		cmocka_unit_test(a_cancelled_job_is_cancelled_in_the_lab),
		cmocka_unit_test(a_job_cancelled_before_is_not_sent),
		cmocka_unit_test(devices_are_looked_at_one_by_one),
		cmocka_unit_test(trouble_names_its_lab_once),
		cmocka_unit_test(a_lab_without_a_url_is_named_once),
		cmocka_unit_test(a_call_needs_the_token_of_its_job),
		cmocka_unit_test(an_event_tells_the_end_of_a_job),
		cmocka_unit_test(a_stream_that_ends_is_begun_again),
		cmocka_unit_test(an_event_is_about_a_job_or_is_none),
		cmocka_unit_test(no_value_of_a_job_is_more_than_a_value),
		cmocka_unit_test(groups_come_before_visibility),
		cmocka_unit_test(
			a_build_without_the_boards_kernel_makes_no_job),
		cmocka_unit_test(a_line_of_a_log_is_read_or_is_none),
	};

	g_unsetenv("http_proxy");
	return cmocka_run_group_tests(tests, start, stop);
}
