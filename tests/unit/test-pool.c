/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "base/base.h"
#include "lab/pool-internal.h"

/* A lab of the tests: what it says and how long it takes, by its name. */
struct fake {
	const char *name;
	guint away;	   /* how often it says that it is not ready */
	guint broken;	   /* how many runs end in trouble */
	guint run_ms;	   /* of a run */
	guint ready_ms;	   /* G_MAXUINT: it never says, unless cancelled */
	int code;	   /* of its errors; 0: TEMP */
	const char *board; /* the only one that it knows; NULL: all */

	guint asked, ran, running, most;
	guint sent_before; /* runs with may_be_sent */
	GString *order;	   /* the names of its jobs */
	gint64 busy_us;	   /* of its slots together */
	gint64 first_us, last_us;
	bool closed;
};

static struct fake *fakes; /* of the test, ended by one without a name */

struct lab {
	struct fake *fake;
};

static struct lab *fake_open(const struct lab_config *config,
			     const struct site *site, GError **error)
{
	struct lab *lab;

	(void)site;
	for (struct fake *fake = fakes; fake->name; fake++) {
		if (strcmp(fake->name, config->name) != 0)
			continue;
		lab = g_new0(struct lab, 1);
		lab->fake = fake;
		fake->order = g_string_new(NULL);
		return lab;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG, "no such lab");
	return NULL;
}

static void fake_close(struct lab *lab)
{
	assert_int_equal(lab->fake->running, 0);
	lab->fake->closed = true;
	g_free(lab);
}

static bool fake_knows(const struct board *board)
{
	return strcmp(board->name, "unknown") != 0;
}

struct later {
	GTask *task;
	GSource *timer, *cancel;
};

static void later_free(struct later *later)
{
	if (later->timer)
		g_source_destroy(later->timer);
	if (later->cancel)
		g_source_destroy(later->cancel);
	g_clear_pointer(&later->timer, g_source_unref);
	g_clear_pointer(&later->cancel, g_source_unref);
	g_object_unref(later->task);
	g_free(later);
}

static gboolean later_cancelled(GCancellable *cancellable, gpointer data)
{
	struct later *later = data;
	void (*end)(GTask * task) = g_task_get_source_tag(later->task);

	(void)cancellable;
	(void)end;
	g_task_return_new_error(later->task, REROLL_ERROR,
				REROLL_ERROR_CANCELLED, "cancelled");
	later_free(later);
	return G_SOURCE_REMOVE;
}

static gboolean later_due(gpointer data)
{
	struct later *later = data;
	void (*end)(GTask * task) = g_task_get_source_tag(later->task);

	end(later->task);
	later_free(later);
	return G_SOURCE_REMOVE;
}

/* Call end(task), the tag of the task, in so many ms, or cancel it. */
static void later(GTask *task, guint ms)
{
	struct later *later = g_new0(struct later, 1);
	GCancellable *cancellable = g_task_get_cancellable(task);

	later->task = task;
	if (ms != G_MAXUINT) {
		later->timer = g_timeout_source_new(ms);
		g_source_set_callback(later->timer, later_due, later, NULL);
		g_source_attach(later->timer, NULL);
	}
	if (!cancellable)
		return;
	later->cancel = g_cancellable_source_new(cancellable);
	g_source_set_callback(later->cancel, G_SOURCE_FUNC(later_cancelled),
			      later, NULL);
	g_source_attach(later->cancel, NULL);
}

static void return_trouble(GTask *task, const struct fake *fake)
{
	g_task_return_new_error(task, REROLL_ERROR, fake->code, "%s is away",
				fake->name);
}

static void ready_end(GTask *task)
{
	struct fake *fake = g_task_get_task_data(task);

	if (fake->away == 0) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	fake->away--;
	return_trouble(task, fake);
}

static void fake_ready_async(struct lab *lab, const struct board *board,
			     GCancellable *cancellable,
			     GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, user_data);

	(void)board;
	lab->fake->asked++;
	g_task_set_task_data(task, lab->fake, NULL);
	g_task_set_source_tag(task, (gpointer)(gsize)ready_end);
	later(task, lab->fake->ready_ms);
}

static bool fake_ready_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_boolean(G_TASK(res), error);
}

/* One more runs, or one less. */
static void count_run(struct fake *fake, int more)
{
	gint64 now_us = g_get_monotonic_time();

	if (fake->first_us == 0)
		fake->first_us = now_us;
	else
		fake->busy_us += (now_us - fake->last_us) * fake->running;
	fake->last_us = now_us;
	fake->running = (guint)((int)fake->running + more);
	fake->most = MAX(fake->most, fake->running);
}

static void run_end(GTask *task)
{
	struct fake *fake = g_task_get_task_data(task);

	count_run(fake, -1);
	if (fake->broken > 0) {
		fake->broken--;
		return_trouble(task, fake);
		return;
	}
	g_task_return_pointer(task, job_result_new(),
			      (GDestroyNotify)job_result_free);
}

static void fake_run_async(struct lab *lab, const struct lab_job *job,
			   GCancellable *cancellable,
			   GAsyncReadyCallback callback, gpointer user_data)
{
	struct fake *fake = lab->fake;
	GTask *task = g_task_new(NULL, NULL, callback, user_data);

	(void)cancellable;
	fake->ran++;
	count_run(fake, 1);
	fake->sent_before += job->may_be_sent;
	g_string_append_printf(fake->order, "%s ", job->name);
	g_task_set_task_data(task, fake, NULL);
	g_task_set_source_tag(task, (gpointer)(gsize)run_end);
	later(task, fake->run_ms);
}

static struct job_result *fake_run_finish(GAsyncResult *res, GError **error)
{
	struct fake *fake = g_task_get_task_data(G_TASK(res));
	struct job_result *result = g_task_propagate_pointer(G_TASK(res),
							     error);

	if (result)
		result->lab = g_strdup(fake->name);
	return result;
}

static const struct lab_ops fake_ops = {
	.kind = "qemu",
	.open = fake_open,
	.close = fake_close,
	.knows = fake_knows,
	.ready_async = fake_ready_async,
	.ready_finish = fake_ready_finish,
	.run_async = fake_run_async,
	.run_finish = fake_run_finish,
};

static const struct lab_ops *const table[] = {&fake_ops, NULL};

static char board_name[] = "b", other_name[] = "o", unknown_name[] = "unknown";
static const struct board board = {.name = board_name};
static const struct board other = {.name = other_name};
static const struct board unknown = {.name = unknown_name};

/* Jobs given to a pool, and what came of them. */
struct queue {
	struct lab_pool *pool;
	struct site *site;
	GMainLoop *loop;
	struct lab_job jobs[40];
	char names[40][8];
	char *labs[40]; /* that ran it; NULL: it was not run */
	GError *errors[40];
	guint count, done;
	GString *order; /* in which they ended */
	GCancellable *cancellable;
	guint cancel_at; /* so many are done; 0: never */
};

static const struct pool_patience hasty = {1, 4, 3};

static void queue_init(struct queue *queue, struct fake *with,
		       const char *slots)
{
	g_autoptr(GString) text = g_string_new("labs:\n");
	g_autoptr(problems_t) problems = problems_new();
	GError *error = NULL;

	*queue = (struct queue){.order = g_string_new(NULL),
				.loop = g_main_loop_new(NULL, FALSE),
				.cancellable = g_cancellable_new()};
	fakes = with;
	for (struct fake *fake = fakes; fake->name; fake++) {
		g_string_append_printf(text,
				       "- {name: %s, kind: qemu, slots: "
				       "%c",
				       fake->name, *slots++);
		if (fake->board)
			g_string_append_printf(text, ", boards: [%s]",
					       fake->board);
		g_string_append(text, "}\n");
	}
	queue->site = site_parse(text->str, text->len, "site.yaml", problems);
	assert_non_null(queue->site);
	queue->pool = lab_pool_new_with(table, queue->site, &hasty, &error);
	assert_null(error);
}

static void queue_clear(struct queue *queue)
{
	lab_pool_free(queue->pool);
	/* What was asked in vain answers now. */
	for (struct fake *fake = fakes; fake->name; fake++) {
		while (!fake->closed)
			g_main_context_iteration(NULL, TRUE);
		g_string_free(fake->order, TRUE);
	}
	for (guint i = 0; i < queue->count; i++) {
		g_free(queue->labs[i]);
		g_clear_error(&queue->errors[i]);
	}
	site_free(queue->site);
	g_main_loop_unref(queue->loop);
	g_object_unref(queue->cancellable);
	g_string_free(queue->order, TRUE);
}

struct slot {
	struct queue *queue;
	guint number;
};

static void job_done(GObject *source, GAsyncResult *res, gpointer data)
{
	g_autofree struct slot *slot = data;
	struct queue *queue = slot->queue;
	g_autoptr(job_result_t)
		result = lab_pool_run_finish(res, &queue->errors[slot->number]);

	(void)source;
	if (result)
		queue->labs[slot->number] = g_strdup(result->lab);
	g_string_append_printf(queue->order, "%s ", queue->names[slot->number]);
	if (++queue->done == queue->cancel_at)
		g_cancellable_cancel(queue->cancellable);
	if (queue->done == queue->count)
		g_main_loop_quit(queue->loop);
}

static void queue_add(struct queue *queue, const struct board *on)
{
	guint n = queue->count++;
	struct slot *slot = g_new0(struct slot, 1);

	slot->queue = queue;
	slot->number = n;
	g_snprintf(queue->names[n], sizeof(queue->names[n]), "%u", n);
	queue->jobs[n] = (struct lab_job){.name = queue->names[n], .board = on};
	lab_pool_run_async(queue->pool, &queue->jobs[n], queue->cancellable,
			   job_done, slot);
	assert_int_equal(queue->done, 0);
}

static void queue_run(struct queue *queue)
{
	g_main_loop_run(queue->loop);
	assert_int_equal(queue->done, queue->count);
}

/* A checker makes the code slower, so that spans must be longer. */
static guint span_ms(guint ms)
{
	return g_getenv("TEST_SLOWDOWN") ? ms * 10 : ms;
}

static void two_slots_are_busy_while_jobs_wait(void **state)
{
	struct fake labs[] = {{.name = "a", .run_ms = span_ms(30)}, {NULL}};
	struct queue queue;
	gint64 slots_us;

	(void)state;
	queue_init(&queue, labs, "2");
	for (guint i = 0; i < 32; i++)
		queue_add(&queue, &board);
	queue_run(&queue);
	slots_us = (labs[0].last_us - labs[0].first_us) * 2;
	assert_int_equal(labs[0].ran, 32);
	assert_int_equal(labs[0].most, 2);
	assert_true(labs[0].busy_us >= slots_us / 100 * 95);
	queue_clear(&queue);
}

static void jobs_run_in_the_order_they_came(void **state)
{
	struct fake labs[] = {{.name = "a", .run_ms = 1}, {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "1");
	for (guint i = 0; i < 6; i++)
		queue_add(&queue, &board);
	queue_run(&queue);
	assert_string_equal(labs[0].order->str, "0 1 2 3 4 5 ");
	assert_string_equal(queue.order->str, "0 1 2 3 4 5 ");
	queue_clear(&queue);
}

static void a_lab_that_never_answers_delays_nobody(void **state)
{
	struct fake labs[] = {{.name = "dead", .ready_ms = G_MAXUINT},
			      {.name = "slow", .run_ms = span_ms(60)},
			      {.name = "other", .board = "o"},
			      {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "111");
	queue_add(&queue, &board);
	queue_add(&queue, &board);
	queue_add(&queue, &other);
	queue_run(&queue);
	assert_string_equal(queue.labs[0], "slow");
	assert_string_equal(queue.labs[1], "slow");
	assert_string_equal(queue.labs[2], "other");
	assert_string_equal(queue.order->str, "2 0 1 ");
	assert_int_equal(labs[0].ran, 0);
	queue_clear(&queue);
}

static void trouble_is_tried_in_another_lab_at_once(void **state)
{
	struct fake labs[] = {{.name = "a", .broken = 9},
			      {.name = "b", .ready_ms = span_ms(20)},
			      {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "11");
	queue_add(&queue, &board);
	queue_run(&queue);
	assert_string_equal(queue.labs[0], "b");
	assert_int_equal(labs[0].ran, 1);
	/* It may be in a lab by then: that must be looked for. */
	assert_int_equal(labs[1].sent_before, 1);
	queue_clear(&queue);
}

static void a_lab_that_comes_back_gets_its_jobs(void **state)
{
	struct fake labs[] = {{.name = "a", .away = 2}, {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "1");
	queue_add(&queue, &board);
	queue_run(&queue);
	assert_string_equal(queue.labs[0], "a");
	assert_int_equal(labs[0].asked, 3);
	assert_int_equal(labs[0].sent_before, 0);
	queue_clear(&queue);
}

static void after_so_many_rounds_a_job_was_not_run(void **state)
{
	struct fake labs[] = {
		{.name = "a", .away = 99}, {.name = "b", .broken = 99}, {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "11");
	queue_add(&queue, &board);
	queue_run(&queue);
	assert_null(queue.labs[0]);
	assert_int_equal(queue.errors[0]->code, REROLL_ERROR_TEMP);
	assert_non_null(strstr(queue.errors[0]->message,
			       "the board b was not run, after 3 tries: the "
			       "lab "));
	assert_int_equal(labs[0].asked, 3);
	assert_int_equal(labs[1].ran, 3);
	queue_clear(&queue);
}

static void what_staff_must_mend_is_told_at_once(void **state)
{
	struct fake labs[] = {
		{.name = "a", .away = 9, .code = REROLL_ERROR_CONFIG}, {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "1");
	queue_add(&queue, &board);
	queue_run(&queue);
	assert_int_equal(queue.errors[0]->code, REROLL_ERROR_CONFIG);
	assert_int_equal(labs[0].asked, 1);
	queue_clear(&queue);
}

static void a_lab_to_mend_does_not_keep_the_others_from_it(void **state)
{
	struct fake labs[] = {
		{.name = "a", .away = 99, .code = REROLL_ERROR_CONFIG},
		{.name = "b", .away = 1},
		{NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "11");
	queue_add(&queue, &board);
	queue_run(&queue);
	assert_string_equal(queue.labs[0], "b");
	queue_clear(&queue);
}

static void a_board_that_no_lab_has_is_not_found(void **state)
{
	struct fake labs[] = {{.name = "a", .board = "b"}, {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "1");
	assert_true(lab_pool_knows(queue.pool, &board));
	assert_false(lab_pool_knows(queue.pool, &other));
	assert_false(lab_pool_knows(queue.pool, &unknown));
	queue_add(&queue, &other);
	queue_run(&queue);
	assert_int_equal(queue.errors[0]->code, REROLL_ERROR_NOT_FOUND);
	queue_clear(&queue);
}

static void cancelled_jobs_end_wherever_they_are(void **state)
{
	struct fake labs[] = {{.name = "a", .run_ms = span_ms(5)},
			      {.name = "away", .away = 99, .board = "o"},
			      {NULL}};
	struct queue queue;

	(void)state;
	queue_init(&queue, labs, "11");
	queue.cancel_at = 1;
	for (guint i = 0; i < 3; i++)
		queue_add(&queue, &board);
	queue_run(&queue);
	assert_string_equal(queue.labs[0], "a");
	for (guint i = 1; i < 3; i++)
		assert_null(queue.labs[i]);
	assert_int_equal(queue.errors[2]->code, REROLL_ERROR_CANCELLED);
	assert_true(labs[0].ran <= 2);
	queue_clear(&queue);
}

static void a_pause_doubles_up_to_its_ceiling(void **state)
{
	static const struct pool_patience patience = {2000, 60000, 8};
	static const guint pauses[] = {2000,  4000,  8000, 16000,
				       32000, 60000, 60000};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(pauses); i++)
		assert_int_equal(pool_pause_ms(&patience, i + 1), pauses[i]);
	assert_int_equal(pool_pause_ms(&patience, G_MAXUINT), 60000);
}

static void a_site_without_labs_has_qemu_here(void **state)
{
	struct fake labs[] = {{.name = "qemu"}, {NULL}};
	g_autoptr(site_t) site = site_default();
	g_autoptr(GError) error = NULL;
	g_autoptr(lab_pool_t) pool = NULL;

	(void)state;
	fakes = labs;
	pool = lab_pool_new_with(table, site, &pool_patience_default, &error);
	assert_null(error);
	assert_true(lab_pool_knows(pool, &board));
	g_string_free(labs[0].order, TRUE);
}

static void a_lab_that_cannot_be_opened_is_named(void **state)
{
	static const char text[] = "labs:\n- {name: x, kind: qemu}\n";
	struct fake labs[] = {{NULL}};
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(site_t)
		site = site_parse(text, sizeof(text) - 1, "s.yaml", problems);
	g_autoptr(GError) error = NULL;
	static const struct lab_ops *const none[] = {NULL};

	(void)state;
	fakes = labs;
	assert_null(lab_pool_new_with(table, site, &hasty, &error));
	assert_string_equal(error->message, "the lab x: no such lab");
	g_clear_error(&error);
	assert_null(lab_pool_new_with(none, site, &hasty, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_slots_are_busy_while_jobs_wait),
		cmocka_unit_test(jobs_run_in_the_order_they_came),
		cmocka_unit_test(a_lab_that_never_answers_delays_nobody),
		cmocka_unit_test(trouble_is_tried_in_another_lab_at_once),
		cmocka_unit_test(a_lab_that_comes_back_gets_its_jobs),
		cmocka_unit_test(after_so_many_rounds_a_job_was_not_run),
		cmocka_unit_test(what_staff_must_mend_is_told_at_once),
		cmocka_unit_test(
			a_lab_to_mend_does_not_keep_the_others_from_it),
		cmocka_unit_test(a_board_that_no_lab_has_is_not_found),
		cmocka_unit_test(cancelled_jobs_end_wherever_they_are),
		cmocka_unit_test(a_pause_doubles_up_to_its_ceiling),
		cmocka_unit_test(a_site_without_labs_has_qemu_here),
		cmocka_unit_test(a_lab_that_cannot_be_opened_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
