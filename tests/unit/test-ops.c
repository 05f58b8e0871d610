/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's calls over a real socket and a real store, asked by the commands
 * themselves, as staff and as an MTA use them.
 */
#include "test.h"

#include <gio/gio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/base.h"
#include "serve/serve.h"
#include "store/store.h"

#define NOBODY "65534"

/* A daemon is a context first, and what is its own after it. */
struct fixture {
	struct ops_context context;
	struct tempdir *dir;
	char *state, *socket, *site, *strangers_site;
	struct store *store;
	struct control *control;
	GArray *table; /* of struct control_op */
	guint woken;
};

static void on_wake(gpointer data)
{
	((struct fixture *)data)->woken++;
}

static json_t *live(gpointer data)
{
	(void)data;
	return json_pack("{s:s, s:[s, s], s:{s:i}}", "slots", "1 of 2 busy",
			 "sources", "pw: works", "list: down", "loop", "ms", 3);
}

static void op_order(struct control_call *call)
{
	const char *run = json_string_value(
		json_object_get(call->request, "run"));

	if (g_strcmp0(run, "gone") == 0)
		control_refuse(call,
			       g_error_new(REROLL_ERROR, REROLL_ERROR_CONFLICT,
					   "the run has ended"));
	else
		control_answer(call, json_pack("{s:s}", "text", "it goes on"));
}

/* Orders need a whole daemon: there are two of our own instead. */
static void make_table(struct fixture *fixture)
{
	static const struct control_op more[] = {
		{"retry", RIGHT_STAFF, op_order},
		{"pause", RIGHT_STAFF, op_order},
	};

	fixture->table = g_array_new(TRUE, TRUE, sizeof(struct control_op));
	g_array_append_vals(fixture->table, more, G_N_ELEMENTS(more));
	for (const struct control_op *op = daemon_ops; op->name; op++) {
		if (op->right == RIGHT_GROUP)
			g_array_append_val(fixture->table, *op);
	}
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autofree char *path = NULL, *text = NULL;

	fixture->dir = tempdir_new(NULL);
	assert_non_null(fixture->dir);
	assert_int_equal(chmod(fixture->dir->path, 0755), 0);
	fixture->state = g_build_filename(fixture->dir->path, "state", NULL);
	assert_int_equal(mkdir(fixture->state, 0755), 0);
	fixture->socket = g_build_filename(fixture->state, "control", NULL);
	fixture->site = g_build_filename(fixture->dir->path, "reroll.yaml",
					 NULL);
	assert_true(
		g_file_set_contents(fixture->site, "state: state\n", -1, NULL));
	fixture->strangers_site = g_build_filename(fixture->dir->path,
						   "strangers.yaml", NULL);
	assert_true(g_file_set_contents(fixture->strangers_site,
					geteuid() == 0
						? "state: state\n"
						: "state: elsewhere\n"
						  "control: state/control\n",
					-1, NULL));
	assert_int_equal(chmod(fixture->strangers_site, 0644), 0);
	path = look_store_path(fixture->state);
	fixture->store = store_open(path, NULL);
	assert_non_null(fixture->store);
	fixture->context = (struct ops_context){writer_new(fixture->store),
						fixture->state, on_wake, live,
						fixture};
	make_table(fixture);
	fixture->control = control_new(
		fixture->socket, (struct control_op *)fixture->table->data,
		fixture, NULL);
	assert_non_null(fixture->control);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	control_free(fixture->control);
	writer_free(fixture->context.writer);
	store_close(fixture->store);
	g_array_unref(fixture->table);
	tempdir_free(fixture->dir);
	g_free(fixture->state);
	g_free(fixture->socket);
	g_free(fixture->site);
	g_free(fixture->strangers_site);
	g_free(fixture);
	return 0;
}

/* What a command said, and how it ended. */
struct said {
	char *out, *err;
	int status;
	bool ended;
	GSubprocess *process;
};

static void said_clear(struct said *said)
{
	g_free(said->out);
	g_free(said->err);
	g_object_unref(said->process);
}

static void on_ended(GObject *source, GAsyncResult *res, gpointer data)
{
	struct said *said = data;

	(void)source;
	assert_true(g_subprocess_communicate_utf8_finish(
		said->process, res, &said->out, &said->err, NULL));
	said->status = g_subprocess_get_exit_status(said->process);
	said->ended = true;
}

/* Run argv with that input while the daemon's loop goes round. */
static void run_argv(struct said *said, const char *const *argv,
		     const char *input)
{
	g_autoptr(GError) error = NULL;

	*said = (struct said){NULL};
	said->process = g_subprocess_newv(
		argv,
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
			G_SUBPROCESS_FLAGS_STDERR_PIPE,
		&error);
	if (!said->process)
		fail_msg("%s", error->message);
	g_subprocess_communicate_utf8_async(said->process, input ? input : "",
					    NULL, on_ended, said);
	while (!said->ended)
		g_main_context_iteration(NULL, TRUE);
}

static char *program(void)
{
	return g_build_filename(g_getenv("top_builddir"), "reroll", NULL);
}

/* `reroll NAME --site FILE WORD`. */
static void run(struct fixture *fixture, struct said *said, const char *name,
		const char *word, const char *input)
{
	g_autofree char *reroll = program();
	const char *argv[] = {reroll,	     name, "--site",
			      fixture->site, word, NULL};

	run_argv(said, argv, input);
}

/*
 * The same as one who may not write the store: as root somebody else, of the
 * group of the socket; else one who knows of no store but the daemon's.
 */
static void run_as_stranger(struct fixture *fixture, struct said *said,
			    const char *const *words, const char *input)
{
	g_autofree char *from = program();
	g_autofree char *reroll = g_build_filename(fixture->dir->path, "reroll",
						   NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *data = NULL;
	gsize len;
	static const char *const become[] = {"setpriv", "--reuid",
					     NOBODY,	"--regid",
					     NOBODY,	"--clear-groups"};

	assert_true(g_file_get_contents(from, &data, &len, NULL));
	assert_true(g_file_set_contents(reroll, data, (gssize)len, NULL));
	assert_int_equal(chmod(reroll, 0755), 0);
	for (gsize i = 0; geteuid() == 0 && i < G_N_ELEMENTS(become); i++)
		g_ptr_array_add(argv, (gpointer)(gintptr)become[i]);
	if (geteuid() == 0)
		assert_int_equal(chown(fixture->socket, (uid_t)-1, 65534), 0);
	g_ptr_array_add(argv, reroll);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)(gintptr)*words);
	g_ptr_array_add(argv, NULL);
	run_argv(said, (const char *const *)argv->pdata, input);
}

static guint count_events(struct fixture *fixture, const char *source)
{
	g_autofree char *path = look_store_path(fixture->state);
	g_autoptr(store_t) store = store_open(path, NULL);
	guint count = 0;
	gint64 after = 0;
	struct event *event = NULL;

	while (store_event_next(store, after, &event, NULL) && event) {
		count += strcmp(event->source, source) == 0;
		after = event->id;
		event_free(event);
	}
	return count;
}

static const char mail[] = "From: jane@example.org\n"
			   "Message-ID: <a@example.org>\n"
			   "Subject: [PATCH] sys: add a call\n\nText\n---\n"
			   "diff --git a/f b/f\n--- a/f\n+++ b/f\n"
			   "@@ -1 +1 @@\n-a\n+b\n";

static void the_status_is_the_daemons_own(void **state)
{
	struct fixture *fixture = *state;
	struct said said;

	run(fixture, &said, "status", NULL, NULL);
	assert_int_equal(said.status, 0);
	assert_non_null(strstr(said.out, "daemon     runs, and listens at "));
	assert_non_null(strstr(said.out, "slots      1 of 2 busy\n"));
	assert_non_null(strstr(said.out, "sources    pw: works\n"
					 "           list: down\n"));
	assert_null(strstr(said.out, "loop"));
	assert_non_null(strstr(said.out, "runs       0 under way"));
	said_clear(&said);
	run(fixture, &said, "status", "--json", NULL);
	assert_non_null(strstr(said.out, "\"ms\": 3"));
	assert_non_null(strstr(said.out, "\"daemon\": true"));
	said_clear(&said);
}

static void an_order_is_answered_by_a_sentence(void **state)
{
	static const struct {
		const char *name, *word, *said;
		int status;
	} rows[] = {
		{"retry", "abcd", "it goes on\n", 0},
		{"pause", "all", "it goes on\n", 0},
		{"retry", "gone", "the run has ended", 1},
		{"cancel", "abcd", "knows no call \"cancel\"", 2},
	};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct said said;

		run(fixture, &said, rows[i].name, rows[i].word, NULL);
		assert_int_equal(said.status, rows[i].status);
		assert_non_null(strstr(rows[i].status ? said.err : said.out,
				       rows[i].said));
		said_clear(&said);
	}
}

static void what_is_not_there_is_said_by_the_daemon(void **state)
{
	struct fixture *fixture = *state;
	struct said said;

	run(fixture, &said, "show", "abcd", NULL);
	assert_int_equal(said.status, 2);
	assert_non_null(strstr(said.err, "there is no run \"abcd\""));
	said_clear(&said);
	run(fixture, &said, "log", "abc", NULL);
	assert_int_equal(said.status, 2);
	assert_non_null(strstr(said.err, "at least 4 letters"));
	said_clear(&said);
}

static void a_mail_wakes_the_daemon_once(void **state)
{
	struct fixture *fixture = *state;

	for (guint i = 0; i < 3; i++) {
		struct said said;

		run(fixture, &said, "deliver", NULL, mail);
		assert_int_equal(said.status, EX_OK);
		assert_int_equal(fixture->woken, 1);
		said_clear(&said);
	}
	assert_int_equal(count_events(fixture, "deliver"), 1);
}

static void who_may_not_write_hands_the_mail_over(void **state)
{
	struct fixture *fixture = *state;
	const char *const words[] = {"deliver", "--site",
				     fixture->strangers_site, NULL};
	struct said said;

	for (guint i = 0; i < 2; i++) {
		run_as_stranger(fixture, &said, words, mail);
		assert_string_equal(said.err, "");
		assert_int_equal(said.status, EX_OK);
		assert_int_equal(fixture->woken, 1);
		assert_int_equal(count_events(fixture, "deliver"), 1);
		said_clear(&said);
	}
	/* It is the same mail for who may. */
	run(fixture, &said, "deliver", NULL, mail);
	assert_int_equal(count_events(fixture, "deliver"), 1);
	said_clear(&said);
	/* A mail with nothing in it is none. */
	run_as_stranger(fixture, &said, words, "");
	assert_int_equal(said.status, EX_NOINPUT);
	said_clear(&said);
}

static void a_mail_that_nobody_takes_stays_with_the_mta(void **state)
{
	struct fixture *fixture = *state;
	const char *const words[] = {"deliver", "--site",
				     fixture->strangers_site, NULL};
	struct said said;

	control_free(g_steal_pointer(&fixture->control));
	assert_true(g_file_set_contents(fixture->socket, "", -1, NULL));
	run_as_stranger(fixture, &said, words, mail);
	assert_int_equal(said.status, EX_TEMPFAIL);
	assert_int_equal(count_events(fixture, "deliver"), 0);
	said_clear(&said);
}

static void a_series_is_submitted_either_way(void **state)
{
	struct fixture *fixture = *state;
	const char *const words[] = {"submit", "--site",
				     fixture->strangers_site, "-", NULL};
	struct said said;

	run_as_stranger(fixture, &said, words, mail);
	assert_string_equal(said.err, "");
	assert_non_null(
		strstr(said.out, "sys: add a call v1, 1 of 1 patches: taken"));
	assert_null(strstr(said.out, "no daemon runs"));
	assert_int_equal(fixture->woken, 1);
	said_clear(&said);
	run(fixture, &said, "submit", "-", mail);
	assert_non_null(strstr(said.out, "known already, and waits"));
	assert_int_equal(fixture->woken, 1);
	assert_int_equal(count_events(fixture, "submit"), 1);
	said_clear(&said);
}

static void strangers_may_look_but_not_order(void **state)
{
	struct fixture *fixture = *state;
	const char *const look[] = {"show", "--site", fixture->strangers_site,
				    "abcd", NULL};
	const char *const order[] = {"retry", "--site", fixture->strangers_site,
				     "abcd", NULL};
	struct said said;

	if (geteuid() != 0)
		return;
	run_as_stranger(fixture, &said, look, NULL);
	assert_non_null(strstr(said.err, "there is no run"));
	said_clear(&said);
	run_as_stranger(fixture, &said, order, NULL);
	assert_int_equal(said.status, 2);
	assert_non_null(strstr(said.err, "is for root and the user"));
	said_clear(&said);
}

struct asked {
	struct fixture *fixture;
	json_t *request, *answer;
	GError *error;
	gint ended;
};

static gpointer ask_main(gpointer data)
{
	struct asked *asked = data;

	asked->answer = control_ask(asked->fixture->socket, asked->request,
				    &asked->error);
	g_atomic_int_set(&asked->ended, 1);
	g_main_context_wakeup(NULL);
	return NULL;
}

static void bad_requests_are_refused_for_what_they_lack(void **state)
{
	static const struct {
		const char *request, *said;
		int code;
	} rows[] = {
		{"{'call':'deliver'}", "no \"mail\"", REROLL_ERROR_INPUT},
		{"{'call':'deliver','mail':''}", "no \"mail\"",
		 REROLL_ERROR_INPUT},
		{"{'call':'deliver','mail':'***'}", "no \"mail\"",
		 REROLL_ERROR_INPUT},
		{"{'call':'deliver','mail':7}", "no \"mail\"",
		 REROLL_ERROR_INPUT},
		{"{'call':'submit','mbox':'aGVsbG8='}", "no \"version\"",
		 REROLL_ERROR_INPUT},
		{"{'call':'submit','mbox':'aGVsbG8=','version':1,'total':0}",
		 "no \"total\"", REROLL_ERROR_INPUT},
		{"{'call':'submit','mbox':'aGVsbG8=','version':99999999999,"
		 "'total':1}",
		 "no \"version\"", REROLL_ERROR_INPUT},
		{"{'call':'show'}", "names no run", REROLL_ERROR_INPUT},
		{"{'call':'show','run':[]}", "names no run",
		 REROLL_ERROR_INPUT},
		{"{'call':'log','run':'abcd','log':'x'}", "no run",
		 REROLL_ERROR_NOT_FOUND},
	};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdelimit(g_strdup(rows[i].request),
						     "'", '"');
		struct asked asked = {fixture, json_loads(text, 0, NULL), NULL,
				      NULL, 0};
		GThread *thread = g_thread_new("asker", ask_main, &asked);

		while (!g_atomic_int_get(&asked.ended))
			g_main_context_iteration(NULL, TRUE);
		g_thread_join(thread);
		assert_null(asked.answer);
		assert_int_equal(asked.error->code, rows[i].code);
		assert_non_null(strstr(asked.error->message, rows[i].said));
		g_clear_error(&asked.error);
	}
	assert_int_equal(fixture->woken, 0);
	assert_int_equal(count_events(fixture, "deliver"), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_status_is_the_daemons_own),
		CASE(an_order_is_answered_by_a_sentence),
		CASE(what_is_not_there_is_said_by_the_daemon),
		CASE(a_mail_wakes_the_daemon_once),
		CASE(who_may_not_write_hands_the_mail_over),
		CASE(a_mail_that_nobody_takes_stays_with_the_mta),
		CASE(a_series_is_submitted_either_way),
		CASE(strangers_may_look_but_not_order),
		CASE(bad_requests_are_refused_for_what_they_lack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
