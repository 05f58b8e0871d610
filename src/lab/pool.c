// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each lab is a lane with a queue of its own. A job stands in the queues of all
 * lanes that know its board; the first that has a slot free and says that it is
 * ready takes it, and what the others say then is not heard. A lane that says
 * no, or has trouble with the job, has had its turn in this round; when all
 * have had theirs the job pauses, and then stands in all queues again.
 *
 * A slot is taken from the question on whether the lab is ready, so that a lab
 * that is slow to answer holds up its own lane alone.
 */
#include "lab/pool.h"

#include <string.h>

#include "base/base.h"
#include "lab/lab-internal.h"
#include "lab/pool-internal.h"

const struct pool_patience pool_patience_default = {2000, 60000, 8};

struct lane {
	struct lab_pool *pool;
	const struct lab_ops *ops;
	const struct lab_config *config;
	struct lab *lab;
	GQueue waiting; /* of struct entry, borrowed */
	guint number;	/* among the pool's */
	guint64 busy;	/* slots, of config->slots */
	bool paused;	/* it takes nothing */
};

struct lab_pool {
	GPtrArray *lanes;	/* of struct lane */
	struct lab_config *own; /* the lab of a site without; or NULL */
	struct pool_patience patience;
	guint jobs; /* under way */
	guint refs; /* its owner's, and each turn's */
};

enum entry_state { ENTRY_WAITING, ENTRY_RUNNING, ENTRY_PAUSED, ENTRY_OVER };

/* What a lane is to an entry. */
enum place {
	PLACE_NONE,   /* it does not know the board */
	PLACE_QUEUED, /* the entry is in its queue */
	PLACE_ASKED,  /* whether it is ready */
	PLACE_ASIDE,  /* another lane runs it; if that fails, this one may */
	PLACE_HAD,    /* it has had its turn in this round */
};

/* A job. It goes when it is over and no lane has a turn with it any more. */
struct entry {
	struct lab_pool *pool;
	GTask *task;
	struct lab_job job; /* a copy: it may be sent by now */
	enum entry_state state;
	enum place *places; /* by the lane's number */
	guint refs, round;  /* round: from 1 */
	GSource *pause, *cancel;
	GCancellable *asking; /* told when the answer is of no use any more */
	GError *trouble;      /* the last of this round */
	bool config_only;     /* and all of them are for staff to mend */
};

/* A lane's question, and its run, of one entry: a slot of it is taken. */
struct turn {
	struct lane *lane;
	struct entry *entry;
};

static void lane_pump(struct lane *lane);

guint pool_pause_ms(const struct pool_patience *patience, guint round)
{
	guint64 pause = patience->first_ms;

	for (guint i = 1; i < round && pause < patience->most_ms; i++)
		pause *= 2;
	return (guint)MIN(pause, patience->most_ms);
}

static void lane_free(gpointer data)
{
	struct lane *lane = data;

	if (lane->lab)
		lane->ops->close(lane->lab);
	g_queue_clear(&lane->waiting);
	g_free(lane);
}

static const struct lab_ops *find_ops(const struct lab_ops *const *table,
				      enum lab_kind kind)
{
	static const char *const kinds[] = {
		[LAB_LAVA] = "lava", [LAB_QEMU] = "qemu"};

	while (*table && strcmp((*table)->kind, kinds[kind]) != 0)
		table++;
	return *table;
}

static bool add_lane(struct lab_pool *pool, const struct lab_ops *const *table,
		     const struct lab_config *config, const struct site *site,
		     GError **error)
{
	struct lane *lane = g_new0(struct lane, 1);

	lane->pool = pool;
	lane->number = pool->lanes->len;
	lane->config = config;
	lane->ops = find_ops(table, config->kind);
	g_queue_init(&lane->waiting);
	g_ptr_array_add(pool->lanes, lane);
	if (!lane->ops) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the lab %s is of a kind that is not built in",
			    config->name);
		return false;
	}
	lane->lab = lane->ops->open(config, site, error);
	if (!lane->lab)
		g_prefix_error(error, "the lab %s: ", config->name);
	return lane->lab;
}

static void own_config_free(struct lab_config *config)
{
	if (!config)
		return;
	g_free(config->name);
	g_ptr_array_unref(config->boards);
	g_free(config);
}

static struct lab_config *own_config_new(void)
{
	struct lab_config *config = g_new0(struct lab_config, 1);

	config->name = g_strdup("qemu");
	config->kind = LAB_QEMU;
	config->boards = g_ptr_array_new();
	config->slots = g_get_num_processors();
	return config;
}

struct lab_pool *lab_pool_new_with(const struct lab_ops *const *table,
				   const struct site *site,
				   const struct pool_patience *patience,
				   GError **error)
{
	g_autoptr(lab_pool_t) pool = g_new0(struct lab_pool, 1);

	pool->refs = 1;
	pool->lanes = g_ptr_array_new_with_free_func(lane_free);
	pool->patience = *patience;
	for (guint i = 0; i < site->labs->len; i++) {
		if (!add_lane(pool, table, site->labs->pdata[i], site, error))
			return NULL;
	}
	if (pool->lanes->len > 0)
		return g_steal_pointer(&pool);
	pool->own = own_config_new();
	if (!add_lane(pool, table, pool->own, site, error))
		return NULL;
	return g_steal_pointer(&pool);
}

static void pool_unref(struct lab_pool *pool)
{
	if (--pool->refs > 0)
		return;
	g_ptr_array_unref(pool->lanes);
	own_config_free(pool->own);
	g_free(pool);
}

/* A lane that was asked in vain may still have to answer. */
void lab_pool_free(struct lab_pool *pool)
{
	if (!pool)
		return;
	g_assert(pool->jobs == 0);
	pool_unref(pool);
}

static bool lane_knows(const struct lane *lane, const struct board *board)
{
	const GPtrArray *allowed = lane->config->boards;

	return (allowed->len == 0 || g_ptr_array_find_with_equal_func(
					     (GPtrArray *)(gsize)allowed,
					     board->name, g_str_equal, NULL)) &&
	       lane->ops->knows(board);
}

bool lab_pool_knows(const struct lab_pool *pool, const struct board *board)
{
	for (guint i = 0; i < pool->lanes->len; i++) {
		if (lane_knows(pool->lanes->pdata[i], board))
			return true;
	}
	return false;
}

void lab_pool_pause(struct lab_pool *pool, const char *name, bool paused)
{
	for (guint i = 0; i < pool->lanes->len; i++) {
		struct lane *lane = pool->lanes->pdata[i];

		if (strcmp(lane->config->name, name) != 0)
			continue;
		lane->paused = paused;
		lane_pump(lane);
	}
}

enum lab_call lab_pool_call(struct lab_pool *pool, const char *name,
			    const char *token, GBytes *body)
{
	for (guint i = 0; i < pool->lanes->len; i++) {
		const struct lane *lane = pool->lanes->pdata[i];

		if (strcmp(lane->config->name, name) == 0 && lane->ops->call)
			return lane->ops->call(lane->lab, token, body);
	}
	return LAB_CALL_UNKNOWN;
}

static struct lane *lane_at(const struct entry *entry, guint number)
{
	return entry->pool->lanes->pdata[number];
}

static void entry_unref(struct entry *entry)
{
	if (--entry->refs > 0)
		return;
	g_clear_object(&entry->asking);
	g_clear_error(&entry->trouble);
	g_free(entry->places);
	g_free(entry);
}

/* Put it into the queues of the lanes where it is `from`. */
static void entry_wait(struct entry *entry, enum place from)
{
	guint lanes = entry->pool->lanes->len;

	entry->state = ENTRY_WAITING;
	if (!entry->asking || g_cancellable_is_cancelled(entry->asking)) {
		g_clear_object(&entry->asking);
		entry->asking = g_cancellable_new();
	}
	for (guint i = 0; i < lanes; i++) {
		if (entry->places[i] != from)
			continue;
		entry->places[i] = PLACE_QUEUED;
		g_queue_push_tail(&lane_at(entry, i)->waiting, entry);
	}
	for (guint i = 0; i < lanes; i++)
		lane_pump(lane_at(entry, i));
}

/* Take it out of all queues; who is asked need not answer any more. */
static void entry_set_aside(struct entry *entry)
{
	for (guint i = 0; i < entry->pool->lanes->len; i++) {
		if (entry->places[i] != PLACE_QUEUED)
			continue;
		entry->places[i] = PLACE_ASIDE;
		g_queue_remove(&lane_at(entry, i)->waiting, entry);
	}
	g_cancellable_cancel(entry->asking);
}

/* Takes the result or the error. The caller's callback may free the pool. */
static void entry_finish(struct entry *entry, struct job_result *result,
			 GError *error)
{
	g_autoptr(GTask) task = g_steal_pointer(&entry->task);

	entry->state = ENTRY_OVER;
	entry->pool->jobs--;
	source_drop(&entry->pause);
	source_drop(&entry->cancel);
	entry_set_aside(entry);
	entry_unref(entry);
	if (result)
		g_task_return_pointer(task, result,
				      (GDestroyNotify)job_result_free);
	else
		g_task_return_error(task, error);
}

static gboolean pause_over(gpointer data)
{
	struct entry *entry = data;

	source_drop(&entry->pause);
	entry->round++;
	g_clear_error(&entry->trouble);
	entry_wait(entry, PLACE_HAD);
	return G_SOURCE_REMOVE;
}

static void entry_pause(struct entry *entry)
{
	entry->state = ENTRY_PAUSED;
	entry->pause = g_timeout_source_new(
		pool_pause_ms(&entry->pool->patience, entry->round));
	g_source_set_callback(entry->pause, pause_over, entry, NULL);
	g_source_attach(entry->pause, g_task_get_context(entry->task));
}

static void entry_give_up(struct entry *entry)
{
	GError *error = g_error_new(
		REROLL_ERROR,
		entry->config_only ? REROLL_ERROR_CONFIG : REROLL_ERROR_TEMP,
		"the board %s was not run, after %u %s: %s",
		entry->job.board->name, entry->round,
		entry->round == 1 ? "try" : "tries", entry->trouble->message);

	entry_finish(entry, NULL, error);
}

/* Once no lane is left that may take it, the round is over. */
static void entry_look(struct entry *entry)
{
	if (entry->state != ENTRY_WAITING)
		return;
	for (guint i = 0; i < entry->pool->lanes->len; i++) {
		if (entry->places[i] == PLACE_QUEUED ||
		    entry->places[i] == PLACE_ASKED)
			return;
	}
	if (entry->config_only || entry->round >= entry->pool->patience.rounds)
		entry_give_up(entry);
	else
		entry_pause(entry);
}

/* The lane has had its turn in this round. Takes the error. */
static void entry_refused(struct entry *entry, const struct lane *lane,
			  GError *error)
{
	bool config = g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG);

	g_prefix_error(&error, "the lab %s: ", lane->config->name);
	entry->config_only = config && (!entry->trouble || entry->config_only);
	g_clear_error(&entry->trouble);
	entry->trouble = error;
	entry->places[lane->number] = PLACE_HAD;
}

/* Give the slot back. The lane may be gone after it. */
static void turn_free(struct turn *turn)
{
	struct lane *lane = turn->lane;

	lane->busy--;
	entry_unref(turn->entry);
	g_free(turn);
	lane_pump(lane);
	pool_unref(lane->pool);
}

static bool is_cancel_error(const GError *error)
{
	return g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Trouble: the lanes that have not had their turn may try now. */
static void run_failed(struct entry *entry, const struct lane *lane,
		       GError *error)
{
	log_event(LOG_LEVEL_WARNING, NULL, "job %s had trouble in lab %s: %s",
		  entry->job.name, lane->config->name, error->message);
	entry_refused(entry, lane, error);
	entry_wait(entry, PLACE_ASIDE);
	entry_look(entry);
}

/* Takes the error, which is of no use any more; or NULL. */
static void entry_cancel(struct entry *entry, GError *error)
{
	g_clear_error(&error);
	entry_finish(entry, NULL,
		     g_error_new(REROLL_ERROR, REROLL_ERROR_CANCELLED,
				 "the job was cancelled"));
}

static void run_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct turn *turn = data;
	struct lane *lane = turn->lane;
	struct entry *entry = turn->entry;
	struct lab_pool *pool = lane->pool;
	GError *error = NULL;
	struct job_result *result = lane->ops->run_finish(res, &error);

	(void)source;
	pool->refs++;
	entry->refs++;
	turn_free(turn);
	if (result || is_cancel_error(error))
		entry_finish(entry, result, error);
	else if (g_cancellable_is_cancelled(
			 g_task_get_cancellable(entry->task)))
		entry_cancel(entry, error);
	else
		run_failed(entry, lane, error);
	entry_unref(entry);
	pool_unref(pool);
}

static void start_run(struct turn *turn)
{
	struct entry *entry = turn->entry;

	entry->state = ENTRY_RUNNING;
	entry->places[turn->lane->number] = PLACE_HAD;
	entry_set_aside(entry);
	turn->lane->ops->run_async(turn->lane->lab, &entry->job,
				   g_task_get_cancellable(entry->task),
				   run_done, turn);
	entry->job.may_be_sent = true;
}

static void ready_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct turn *turn = data;
	struct entry *entry = turn->entry;
	const struct lane *lane = turn->lane;
	struct lab_pool *pool = lane->pool;
	GError *error = NULL;
	bool ready = lane->ops->ready_finish(res, &error);

	(void)source;
	if (entry->state == ENTRY_WAITING && ready) {
		start_run(turn);
		return;
	}
	pool->refs++;
	entry->refs++;
	entry->places[lane->number] = PLACE_ASIDE;
	if (entry->state == ENTRY_WAITING && !is_cancel_error(error))
		entry_refused(entry, lane, g_steal_pointer(&error));
	g_clear_error(&error);
	turn_free(turn);
	if (entry->state == ENTRY_WAITING) {
		/* One that was told not to answer is asked anew. */
		entry_wait(entry, PLACE_ASIDE);
		entry_look(entry);
	}
	entry_unref(entry);
	pool_unref(pool);
}

static void lane_pump(struct lane *lane)
{
	while (!lane->paused && lane->busy < lane->config->slots &&
	       !g_queue_is_empty(&lane->waiting)) {
		struct turn *turn = g_new0(struct turn, 1);

		turn->lane = lane;
		turn->entry = g_queue_pop_head(&lane->waiting);
		turn->entry->refs++;
		turn->entry->places[lane->number] = PLACE_ASKED;
		lane->pool->refs++;
		lane->busy++;
		lane->ops->ready_async(lane->lab, turn->entry->job.board,
				       turn->entry->asking, ready_done, turn);
	}
}

/* A lab that runs it has been told by the same cancellable. */
static gboolean cancelled(GCancellable *cancellable, gpointer data)
{
	struct entry *entry = data;

	(void)cancellable;
	if (entry->state == ENTRY_WAITING || entry->state == ENTRY_PAUSED)
		entry_cancel(entry, NULL);
	return G_SOURCE_REMOVE;
}

static struct entry *entry_new(struct lab_pool *pool, const struct lab_job *job,
			       GTask *task)
{
	struct entry *entry = g_new0(struct entry, 1);
	GCancellable *cancellable = g_task_get_cancellable(task);

	entry->pool = pool;
	entry->task = task;
	entry->job = *job;
	entry->refs = 1;
	entry->round = 1;
	entry->places = g_new0(enum place, pool->lanes->len);
	for (guint i = 0; i < pool->lanes->len; i++)
		entry->places[i] = lane_knows(lane_at(entry, i), job->board)
					   ? PLACE_HAD
					   : PLACE_NONE;
	pool->jobs++;
	if (!cancellable)
		return entry;
	entry->cancel = g_cancellable_source_new(cancellable);
	g_source_set_callback(entry->cancel, G_SOURCE_FUNC(cancelled), entry,
			      NULL);
	g_source_attach(entry->cancel, g_task_get_context(task));
	return entry;
}

void lab_pool_run_async(struct lab_pool *pool, const struct lab_job *job,
			GCancellable *cancellable, GAsyncReadyCallback callback,
			gpointer user_data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, user_data);

	g_task_set_source_tag(task, lab_pool_run_async);
	g_task_set_check_cancellable(task, FALSE);
	if (lab_pool_knows(pool, job->board)) {
		entry_wait(entry_new(pool, job, task), PLACE_HAD);
		return;
	}
	g_task_return_new_error(task, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
				"no lab has the board %s", job->board->name);
	g_object_unref(task);
}

struct job_result *lab_pool_run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}
