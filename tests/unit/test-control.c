/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket with real clients. The daemon runs on the main loop of
 * this program; clients are threads, or sockets that are written to by hand.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "serve/control-internal.h"

struct fixture {
	struct tempdir *dir;
	char *path;
	struct control *control;
	guint calls;
	struct control_call *kept; /* one that is to be answered later */
	gint ended;		   /* of the clients in threads */
};

static void op_echo(struct control_call *call)
{
	struct fixture *fixture = call->data;

	fixture->calls++;
	control_answer(call,
		       json_pack("{s:O, s:i, s:i}", "request", call->request,
				 "uid", (int)call->uid, "pid", (int)call->pid));
}

static void op_refuse(struct control_call *call)
{
	struct fixture *fixture = call->data;

	fixture->calls++;
	control_refuse(call, g_error_new(REROLL_ERROR, REROLL_ERROR_CONFLICT,
					 "not twice"));
}

static void op_keep(struct control_call *call)
{
	struct fixture *fixture = call->data;

	fixture->calls++;
	fixture->kept = call;
}

static void op_much(struct control_call *call)
{
	g_autofree char *text = g_strnfill(20 << 20, 'x');

	control_answer(call, json_pack("{s:s}", "text", text));
}

static const struct control_op ops[] = {
	{"echo", RIGHT_GROUP, op_echo},	    {"staff", RIGHT_STAFF, op_echo},
	{"refuse", RIGHT_GROUP, op_refuse}, {"keep", RIGHT_GROUP, op_keep},
	{"much", RIGHT_GROUP, op_much},	    {NULL},
};

static void listen_again(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	fixture->control = control_new(fixture->path, ops, fixture, &error);
	if (!fixture->control)
		fail_msg("%s", error->message);
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	assert_non_null(fixture->dir);
	fixture->path = g_build_filename(fixture->dir->path, "control", NULL);
	listen_again(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	control_free(fixture->control);
	tempdir_free(fixture->dir);
	g_free(fixture->path);
	g_free(fixture);
	return 0;
}

/* A client that asks in a thread of its own. */
struct asker {
	struct fixture *fixture;
	json_t *request, *answer;
	GError *error;
	GThread *thread;
	uid_t uid; /* to ask as; 0: as we are */
	gid_t gid;
};

/* Not setuid(): that would be for all threads. */
static void become(uid_t uid, gid_t gid)
{
	assert_int_equal(syscall(SYS_setgroups, 0, NULL), 0);
	assert_int_equal(syscall(SYS_setresgid, gid, gid, gid), 0);
	assert_int_equal(syscall(SYS_setresuid, uid, uid, uid), 0);
}

static gpointer asker_main(gpointer data)
{
	struct asker *asker = data;

	if (asker->uid)
		become(asker->uid, asker->gid);
	asker->answer = control_ask(asker->fixture->path, asker->request,
				    &asker->error);
	g_atomic_int_inc(&asker->fixture->ended);
	g_main_context_wakeup(NULL);
	return NULL;
}

static void asker_start(struct asker *asker, struct fixture *fixture,
			json_t *request)
{
	asker->fixture = fixture;
	asker->request = request;
	asker->thread = g_thread_new("asker", asker_main, asker);
}

static void asker_clear(struct asker *asker)
{
	json_decref(asker->answer);
	g_clear_error(&asker->error);
}

static void wait_for(struct fixture *fixture, int ended)
{
	while (g_atomic_int_get(&fixture->ended) < ended)
		g_main_context_iteration(NULL, TRUE);
}

/* Ask and have the answer; the asker is to be cleared. */
static void ask(struct fixture *fixture, struct asker *asker, json_t *request)
{
	int before = g_atomic_int_get(&fixture->ended);

	asker_start(asker, fixture, request);
	wait_for(fixture, before + 1);
	g_thread_join(asker->thread);
}

static json_t *call_of(const char *name)
{
	return json_pack("{s:s}", "call", name);
}

static void a_call_is_answered_with_what_was_asked(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};
	json_t *echo;

	ask(fixture, &asker,
	    json_pack("{s:s, s:s}", "call", "echo", "run", "a\nb"));
	assert_null(asker.error);
	assert_true(json_is_true(json_object_get(asker.answer, "ok")));
	echo = json_object_get(asker.answer, "request");
	assert_string_equal(json_string_value(json_object_get(echo, "run")),
			    "a\nb");
	assert_int_equal(
		json_integer_value(json_object_get(asker.answer, "uid")),
		geteuid());
	assert_int_equal(
		json_integer_value(json_object_get(asker.answer, "pid")),
		getpid());
	asker_clear(&asker);
}

static void a_refusal_keeps_its_code_and_words(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};

	ask(fixture, &asker, call_of("refuse"));
	assert_null(asker.answer);
	assert_true(g_error_matches(asker.error, REROLL_ERROR,
				    REROLL_ERROR_CONFLICT));
	assert_string_equal(asker.error->message, "not twice");
	asker_clear(&asker);
}

static void every_code_comes_to_the_other_end(void **state)
{
	(void)state;
	for (int code = 0; code <= REROLL_ERROR_CANCELLED; code++) {
		g_autoptr(GError) error = g_error_new(REROLL_ERROR, code, "x");
		g_autoptr(json_t) refusal = control_refusal(error);
		g_autofree char *text = control_answer_write(refusal);
		g_autoptr(GError) again = NULL;
		struct control_line line;

		control_line_init(&line, 1000);
		assert_int_equal(control_line_add(&line, text, strlen(text)),
				 LINE_WHOLE);
		assert_null(control_answer_read(&line, &again));
		assert_int_equal(again->code, code);
		control_line_clear(&line);
	}
}

/* A client by hand. */
static int dial(const struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	int fd = control_connect(fixture->path, &error);

	if (fd < 0)
		fail_msg("%s", error->message);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void say(int fd, const char *text, gsize len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			g_main_context_iteration(NULL, FALSE);
			continue;
		}
		if (n < 0)
			return;
		text += n;
		len -= (gsize)n;
	}
}

/* All that comes until the daemon closes. */
static char *hear(int fd)
{
	g_autoptr(GString) heard = g_string_new(NULL);
	char buffer[65536];
	ssize_t n;

	for (;;) {
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n > 0)
			g_string_append_len(heard, buffer, n);
		else if (n == 0 || errno != EAGAIN)
			break;
		else
			g_main_context_iteration(NULL, FALSE);
	}
	close(fd);
	return g_string_free(g_steal_pointer(&heard), FALSE);
}

/* The code of the one answer to those bytes; "" when there is none. */
static char *code_of(struct fixture *fixture, const char *text, gsize len)
{
	int fd = dial(fixture);
	g_autofree char *heard = NULL;
	g_autoptr(json_t) answer = NULL;
	const char *newline;

	say(fd, text, len);
	shutdown(fd, SHUT_WR);
	heard = hear(fd);
	if (!*heard)
		return g_strdup("");
	newline = strchr(heard, '\n');
	assert_non_null(newline);
	assert_int_equal(newline[1], '\0');
	answer = json_loads(heard, 0, NULL);
	assert_non_null(answer);
	if (json_is_true(json_object_get(answer, "ok")))
		return g_strdup("ok");
	assert_non_null(json_string_value(json_object_get(answer, "error")));
	return g_strdup(json_string_value(json_object_get(answer, "code")));
}

static void junk_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *said, *code;
	} rows[] = {
		{"{\"call\":\"echo\"}\n", "ok"},
		{"{\"call\":\"echo\"}\n{\"call\":\"echo\"}\n", "ok"},
		{"{\"call\":\"echo\"}", "input"},
		{"\n", "input"},
		{"{}\n", "input"},
		{"[]\n", "input"},
		{"\"call\"\n", "input"},
		{"{\"call\":1}\n", "input"},
		{"{\"call\":\"echo\",\"call\":\"echo\"}\n", "input"},
		{"{\"call\":\"ech\"}\n", "config"},
		{"GET / HTTP/1.1\r\n\r\n", "input"},
		{"{\"call\":\"\xff\"}\n", "input"},
		{"", ""},
	};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *code = code_of(fixture, rows[i].said,
						strlen(rows[i].said));

		assert_string_equal(code, rows[i].code);
	}
	assert_int_equal(fixture->calls, 2);
}

static void deep_nesting_is_refused(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *deep = g_strnfill(200000, '[');
	g_autofree char *code = NULL;

	deep[199999] = '\n';
	code = code_of(fixture, deep, 200000);
	assert_string_equal(code, "input");
}

static char *request_of(gsize bytes)
{
	static const char head[] = "{\"call\":\"keep\",\"mail\":\"";
	char *text = g_strnfill(bytes, 'x');

	memcpy(text, head, strlen(head));
	memcpy(text + bytes - 3, "\"}\n", 3);
	return text;
}

static void a_request_of_64_mebibytes_is_taken(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *text = request_of(CONTROL_REQUEST_BYTES + 1);
	int fd = dial(fixture);
	g_autofree char *heard = NULL;

	say(fd, text, CONTROL_REQUEST_BYTES + 1);
	while (!fixture->kept)
		g_main_context_iteration(NULL, TRUE);
	control_answer(fixture->kept, json_object());
	heard = hear(fd);
	assert_string_equal(heard, "{\"ok\":true}\n");
}

static void a_larger_request_is_refused(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *text = request_of(CONTROL_REQUEST_BYTES + 2);
	struct asker asker = {NULL};
	g_autofree char *code = code_of(fixture, text,
					CONTROL_REQUEST_BYTES + 2);

	assert_string_equal(code, "limit");
	text[CONTROL_REQUEST_BYTES - 1] = '\0';
	ask(fixture, &asker,
	    json_pack("{s:s, s:s}", "call", "keep", "mail", text));
	assert_true(
		g_error_matches(asker.error, REROLL_ERROR, REROLL_ERROR_LIMIT));
	assert_int_equal(fixture->calls, 0);
	asker_clear(&asker);
}

/* The one whose part was too much is told so, and lets the others go on. */
static void too_much_from_all_together_is_refused(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *text = request_of(CONTROL_REQUEST_BYTES);
	char answer[200] = "";
	guint heard = 0;
	int fds[5];

	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
		fds[i] = dial(fixture);
		say(fds[i], text, CONTROL_REQUEST_BYTES - 10);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
		if (recv(fds[i], answer, sizeof(answer) - 1, 0) > 0)
			heard++;
		close(fds[i]);
	}
	assert_int_equal(heard, 1);
	assert_non_null(strstr(answer, "\"code\":\"temp\""));
}

static void a_slow_client_is_let_go_after_10_seconds(void **state)
{
	struct fixture *fixture = *state;
	gint64 began = g_get_monotonic_time();
	struct asker asker = {NULL};
	g_autofree char *heard = NULL;
	int fd = dial(fixture);

	say(fd, "{\"call\":", 8);
	ask(fixture, &asker, call_of("echo"));
	assert_null(asker.error);
	heard = hear(fd);
	assert_string_equal(heard, "");
	assert_in_range(g_get_monotonic_time() - began, 9 * G_USEC_PER_SEC,
			30 * G_USEC_PER_SEC);
	asker_clear(&asker);
}

static void a_request_may_come_byte_by_byte(void **state)
{
	static const char text[] = "{\"call\":\"echo\"}\n";
	struct fixture *fixture = *state;
	g_autofree char *heard = NULL;
	int fd = dial(fixture);

	for (gsize i = 0; i < strlen(text); i++) {
		say(fd, text + i, 1);
		while (g_main_context_iteration(NULL, FALSE))
			continue;
	}
	heard = hear(fd);
	assert_true(g_str_has_prefix(heard, "{"));
	assert_int_equal(fixture->calls, 1);
}

static void a_large_answer_comes_whole(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};

	ask(fixture, &asker, call_of("much"));
	assert_null(asker.error);
	assert_int_equal(
		json_string_length(json_object_get(asker.answer, "text")),
		20 << 20);
	asker_clear(&asker);
}

static void a_client_may_be_gone_before_the_answer(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};
	int fd = dial(fixture);

	say(fd, "{\"call\":\"keep\"}\n", 16);
	while (!fixture->kept)
		g_main_context_iteration(NULL, TRUE);
	close(fd);
	control_answer(fixture->kept, json_object());
	ask(fixture, &asker, call_of("echo"));
	assert_null(asker.error);
	assert_int_equal(fixture->calls, 2);
	asker_clear(&asker);
}

static void an_answer_may_come_after_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};

	asker_start(&asker, fixture, call_of("keep"));
	while (!fixture->kept)
		g_main_context_iteration(NULL, TRUE);
	control_free(g_steal_pointer(&fixture->control));
	wait_for(fixture, 1);
	g_thread_join(asker.thread);
	assert_true(
		g_error_matches(asker.error, REROLL_ERROR, REROLL_ERROR_TEMP));
	control_answer(fixture->kept, json_object());
	asker_clear(&asker);
}

static void the_end_comes_while_a_request_is_taken_apart(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *text = request_of(1 << 20);
	int fd = dial(fixture);

	say(fd, text, 1 << 20);
	while (g_main_context_iteration(NULL, FALSE))
		continue;
	control_free(g_steal_pointer(&fixture->control));
	listen_again(fixture);
	close(fd);
	fd = dial(fixture);
	say(fd, "{\"call\":\"echo\"}\n", 16);
	g_free(hear(fd));
	if (fixture->kept)
		control_answer(fixture->kept, json_object());
}

static void two_hundred_clients_are_all_answered(void **state)
{
	struct fixture *fixture = *state;
	struct asker askers[200] = {{NULL}};

	for (gsize i = 0; i < G_N_ELEMENTS(askers); i++)
		asker_start(&askers[i], fixture, call_of("echo"));
	wait_for(fixture, G_N_ELEMENTS(askers));
	for (gsize i = 0; i < G_N_ELEMENTS(askers); i++) {
		g_thread_join(askers[i].thread);
		assert_null(askers[i].error);
		assert_non_null(askers[i].answer);
		asker_clear(&askers[i]);
	}
	assert_int_equal(fixture->calls, G_N_ELEMENTS(askers));
}

/* Who says nothing keeps the others waiting, but not for ever. */
static void more_than_64_clients_wait_for_their_turn(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};
	int fds[CONTROL_CLIENTS];

	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = dial(fixture);
	while (g_main_context_iteration(NULL, FALSE))
		continue;
	asker_start(&asker, fixture, call_of("echo"));
	for (guint i = 0; i < 50; i++)
		g_main_context_iteration(NULL, FALSE);
	assert_int_equal(fixture->calls, 0);
	close(fds[0]);
	wait_for(fixture, 1);
	g_thread_join(asker.thread);
	assert_null(asker.error);
	for (gsize i = 1; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
	asker_clear(&asker);
}

static void a_second_daemon_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};
	g_autoptr(GError) error = NULL;

	assert_null(control_new(fixture->path, ops, fixture, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFLICT);
	ask(fixture, &asker, call_of("echo"));
	assert_null(asker.error);
	asker_clear(&asker);
}

struct racer {
	struct fixture *fixture;
	struct control *control;
	GMainContext *context;
	gint *start;
};

static gpointer race(gpointer data)
{
	struct racer *racer = data;

	g_main_context_push_thread_default(racer->context);
	while (!g_atomic_int_get(racer->start))
		continue;
	racer->control = control_new(racer->fixture->path, ops, racer->fixture,
				     NULL);
	g_main_context_pop_thread_default(racer->context);
	return NULL;
}

static void leave_stale_socket(struct fixture *fixture)
{
	g_autofree char *aside = g_strconcat(fixture->path, ".aside", NULL);

	assert_int_equal(rename(fixture->path, aside), 0);
	control_free(g_steal_pointer(&fixture->control));
	assert_int_equal(rename(aside, fixture->path), 0);
}

static void of_daemons_that_start_at_once_one_wins(void **state)
{
	struct fixture *fixture = *state;

	/* Who loses waits a second, in case the lock is of one that is gone. */
	for (guint round = 0; round < 8; round++) {
		struct racer racers[2] = {{NULL}};
		GThread *threads[2];
		gint start = 0;

		leave_stale_socket(fixture);
		for (gsize i = 0; i < 2; i++) {
			racers[i] = (struct racer){
				fixture, NULL, g_main_context_new(), &start};
			threads[i] = g_thread_new("racer", race, &racers[i]);
		}
		g_atomic_int_set(&start, 1);
		for (gsize i = 0; i < 2; i++)
			g_thread_join(threads[i]);
		assert_true(!racers[0].control != !racers[1].control);
		for (gsize i = 0; i < 2; i++) {
			control_free(racers[i].control);
			g_main_context_unref(racers[i].context);
		}
		listen_again(fixture);
	}
}

static void a_stale_socket_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct asker asker = {NULL};
	g_autoptr(GError) error = NULL;

	leave_stale_socket(fixture);
	assert_null(control_ask(fixture->path, call_of("echo"), &error));
	assert_int_equal(error->code, REROLL_ERROR_NOT_FOUND);
	listen_again(fixture);
	ask(fixture, &asker, call_of("echo"));
	assert_null(asker.error);
	asker_clear(&asker);
}

static void the_socket_goes_with_its_daemon(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	control_free(g_steal_pointer(&fixture->control));
	assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
	assert_null(control_ask(fixture->path, call_of("echo"), &error));
	assert_int_equal(error->code, REROLL_ERROR_NOT_FOUND);
}

static void what_took_its_place_is_left_alone(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(unlink(fixture->path), 0);
	assert_true(g_file_set_contents(fixture->path, "mine", -1, NULL));
	control_free(g_steal_pointer(&fixture->control));
	assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
}

static void only_a_socket_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *file = g_build_filename(fixture->dir->path, "notes",
						 NULL);
	g_autoptr(GError) error = NULL;

	assert_true(g_file_set_contents(file, "mine", -1, NULL));
	assert_null(control_new(file, ops, fixture, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	assert_true(g_file_test(file, G_FILE_TEST_IS_REGULAR));
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = g_build_filename(fixture->dir->path, "no",
						 "control", NULL);
	g_autoptr(GError) server = NULL, client = NULL;

	assert_null(control_new(path, ops, fixture, &server));
	assert_int_equal(server->code, REROLL_ERROR_CONFIG);
	assert_null(control_ask(path, call_of("echo"), &client));
	assert_int_equal(client->code, REROLL_ERROR_NOT_FOUND);
}

/* A path is longer than an address of the kernel may be. */
static void a_long_path_is_no_hindrance(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *name = g_strnfill(120, 'd');
	g_autofree char *folder = g_build_filename(fixture->dir->path, name,
						   NULL);
	struct asker asker = {NULL};

	control_free(g_steal_pointer(&fixture->control));
	assert_int_equal(mkdir(folder, 0700), 0);
	g_free(fixture->path);
	fixture->path = g_build_filename(folder, "control", NULL);
	listen_again(fixture);
	ask(fixture, &asker, call_of("echo"));
	assert_null(asker.error);
	asker_clear(&asker);
}

static void the_socket_is_for_its_folders_group(void **state)
{
	struct fixture *fixture = *state;
	mode_t before = umask(0077);
	struct stat st;
	gid_t gid = geteuid() == 0 ? 12345 : getegid();

	control_free(g_steal_pointer(&fixture->control));
	assert_int_equal(chown(fixture->dir->path, (uid_t)-1, gid), 0);
	listen_again(fixture);
	umask(before);
	assert_int_equal(stat(fixture->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, gid);
}

static void a_right_is_of_root_and_the_daemons_user(void **state)
{
	static const struct control_op staff = {"x", RIGHT_STAFF, NULL};
	static const struct control_op group = {"x", RIGHT_GROUP, NULL};
	g_autoptr(GError) error = NULL;
	guint other = geteuid() + 1;

	(void)state;
	assert_true(control_op_allows(&staff, 0, NULL));
	assert_true(control_op_allows(&staff, geteuid(), NULL));
	assert_true(control_op_allows(&group, other, NULL));
	assert_false(control_op_allows(&staff, other, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
}

/* To be somebody else takes root. */
static void another_user_may_do_what_the_group_may(void **state)
{
	static const struct {
		const char *call;
		gid_t gid;
		bool ok;
		const char *said;
	} rows[] = {
		{"echo", 12345, true, NULL},
		{"staff", 12345, false, "is for root"},
		{"echo", 12346, false, "must not be asked by you"},
	};
	struct fixture *fixture = *state;

	if (geteuid() != 0)
		return;
	assert_int_equal(chmod(fixture->dir->path, 0755), 0);
	assert_int_equal(chown(fixture->path, (uid_t)-1, 12345), 0);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct asker asker = {.uid = 65534, .gid = rows[i].gid};

		ask(fixture, &asker, call_of(rows[i].call));
		assert_int_equal(asker.answer != NULL, rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(json_integer_value(json_object_get(
						 asker.answer, "uid")),
					 65534);
		else
			assert_non_null(
				strstr(asker.error->message, rows[i].said));
		if (!rows[i].ok)
			assert_int_equal(asker.error->code,
					 REROLL_ERROR_CONFIG);
		asker_clear(&asker);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_call_is_answered_with_what_was_asked),
		CASE(a_refusal_keeps_its_code_and_words),
		cmocka_unit_test(every_code_comes_to_the_other_end),
		CASE(junk_is_refused_with_a_reason),
		CASE(deep_nesting_is_refused),
		CASE(a_request_of_64_mebibytes_is_taken),
		CASE(a_larger_request_is_refused),
		CASE(too_much_from_all_together_is_refused),
		CASE(a_slow_client_is_let_go_after_10_seconds),
		CASE(a_request_may_come_byte_by_byte),
		CASE(a_large_answer_comes_whole),
		CASE(a_client_may_be_gone_before_the_answer),
		CASE(an_answer_may_come_after_the_end),
		CASE(the_end_comes_while_a_request_is_taken_apart),
		CASE(two_hundred_clients_are_all_answered),
		CASE(more_than_64_clients_wait_for_their_turn),
		CASE(a_second_daemon_is_refused),
		CASE(of_daemons_that_start_at_once_one_wins),
		CASE(a_stale_socket_is_replaced),
		CASE(the_socket_goes_with_its_daemon),
		CASE(what_took_its_place_is_left_alone),
		CASE(only_a_socket_is_replaced),
		CASE(a_folder_that_is_not_there_is_told),
		CASE(a_long_path_is_no_hindrance),
		CASE(the_socket_is_for_its_folders_group),
		cmocka_unit_test(a_right_is_of_root_and_the_daemons_user),
		CASE(another_user_may_do_what_the_group_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
