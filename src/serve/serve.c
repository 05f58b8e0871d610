/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start, the loop, the end. SIGTERM ends what is under way kindly: nothing
 * new is begun, gates end, builds get their time, mail that is being sent is
 * sent; a second SIGTERM cuts all of it off. SIGHUP reads all that staff wrote
 * again: a file with a mistake changes nothing.
 */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "serve/lead.h"
#include "serve/listen.h"
#include "serve/ops.h"
#include "serve/post.h"
#include "serve/watch.h"

#define DRAIN_MS 60000
#define LAST_MAIL_MS 10000
#define GATES_A_PROCESSOR 2
#define BUILDS_A_SLOT 2

static bool make_folder(const char *path, GError **error)
{
	enum reroll_error code;
	g_autofree char *dir = NULL;

	if (g_mkdir_with_parents(path, 0755) == 0)
		return true;
	code = error_of_errno(errno);
	dir = text_quote(path, -1);
	if (code == REROLL_ERROR_TEMP)
		g_set_error(error, REROLL_ERROR, (int)code,
			    "the folder %s cannot be made: %s", dir,
			    g_strerror(errno));
	else
		g_set_error(error, REROLL_ERROR, (int)code,
			    "the folder %s cannot be made: give its parent to "
			    "the user that reroll runs as, or name another as "
			    "\"state\" in the site file",
			    dir);
	return false;
}

static bool open_state(struct daemon *daemon, GError **error)
{
	const struct site *site = daemon->settings->site;
	g_autofree char *path = NULL;

	daemon->state_dir = g_strdup(site->state);
	daemon->runs_dir = g_build_filename(site->state, "runs", NULL);
	if (!make_folder(daemon->runs_dir, error))
		return false;
	daemon->boards_dir = place_find(site, "boards");
	path = g_build_filename(site->state, "reroll.db", NULL);
	daemon->store = store_open(path, error);
	if (!daemon->store)
		return false;
	daemon->writer = writer_new(daemon->store);
	return true;
}

/* What was there when the last one ended, however it did. */
struct before {
	GPtrArray *runs;     /* of struct waiting_run */
	GPtrArray *paused;   /* of char * */
	GPtrArray *troubles; /* of struct trouble_row */
};

static bool before_work(struct store *store, gpointer data, GError **error)
{
	struct before *before = data;

	return store_runs_waiting(store, &before->runs, error) &&
	       store_paused(store, &before->paused, error) &&
	       store_troubles_begin(store, &before->troubles, error);
}

static void pause_labs(const struct daemon *daemon)
{
	const GPtrArray *labs = daemon->settings->site->labs;

	for (guint i = 0; i < labs->len; i++) {
		const struct lab_config *lab = labs->pdata[i];

		if (is_paused(daemon, "lab", lab->name))
			lab_pool_pause(daemon->settings->labs, lab->name, true);
	}
}

static bool take_up(struct daemon *daemon, GError **error)
{
	struct before before = {0};
	const struct write write = {WRITE_KEPT, before_work, &before};
	bool ok = writer_do(daemon->writer, &write, error);

	for (guint i = 0; ok && i < before.paused->len; i++)
		g_hash_table_add(daemon->paused,
				 g_strdup(before.paused->pdata[i]));
	pause_labs(daemon);
	if (ok)
		trouble_take_up(daemon, before.troubles);
	for (guint i = 0; ok && i < before.runs->len; i++)
		lead_put(daemon, before.runs->pdata[i]);
	if (ok && before.runs->len)
		log_event(LOG_LEVEL_INFO, NULL, "%u runs go on",
			  before.runs->len);
	g_clear_pointer(&before.runs, g_ptr_array_unref);
	g_clear_pointer(&before.paused, g_ptr_array_unref);
	g_clear_pointer(&before.troubles, g_ptr_array_unref);
	return ok;
}

static void on_arrived(gpointer data)
{
	collect_wake(data);
}

static bool make_intakes(struct daemon *daemon, const struct site *site,
			 GPtrArray *intakes, GError **error)
{
	struct intake_sink sink = intake_writer_sink(daemon->writer);

	sink.arrived = on_arrived;
	sink.arrived_data = daemon;
	for (guint i = 0; i < site->sources->len; i++) {
		struct intake *intake = intake_new(site->sources->pdata[i],
						   &sink, NULL, error);

		if (!intake)
			return false;
		g_ptr_array_add(intakes, intake);
	}
	return true;
}

/* Those of a disk that is nearly full wait until there is room. */
static void start_intakes(struct daemon *daemon)
{
	for (guint i = 0; !daemon->disk_low && i < daemon->intakes->len; i++)
		intake_start(daemon->intakes->pdata[i]);
}

static GPtrArray *intakes_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)intake_free);
}

static void mail_trouble(const char *about, const char *text, gpointer data)
{
	if (text)
		trouble_note(data, "mail", about, text);
	else
		trouble_end(data, "mail", about);
}

static struct outbox *make_outbox(struct daemon *daemon,
				  const struct site *site, GError **error)
{
	const struct outbox_options options = {
		.writer = daemon->writer,
		.site = site,
		.dry_maildir = daemon->options->dry_maildir,
		.tell = mail_trouble,
		.data = daemon,
	};

	return outbox_new(&options, error);
}

static guint slots_of_site(const struct site *site)
{
	return site->workers.slots ? (guint)site->workers.slots
				   : MAX(1, g_get_num_processors() / 2);
}

static void on_brought(gpointer data)
{
	collect_wake(data);
}

static json_t *source_json(const struct intake *intake)
{
	struct intake_status status;
	json_t *json;

	intake_status(intake, &status);
	json = json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:o}", "name",
			 status.name, "kind", status.kind, "running",
			 status.running, "taken", (json_int_t)status.taken,
			 "bad", (json_int_t)status.bad, "last_at",
			 (json_int_t)status.last_at, "trouble",
			 json_text(status.trouble));
	g_free(status.trouble);
	return json;
}

/* What only the running daemon knows. */
static json_t *live_json(gpointer data)
{
	const struct daemon *daemon = data;
	json_t *sources = json_array();

	for (guint i = 0; i < daemon->intakes->len; i++)
		json_array_append_new(sources,
				      source_json(daemon->intakes->pdata[i]));
	return json_pack(
		"{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:o}", "sources",
		sources, "gates_busy", (json_int_t)daemon->gates_busy,
		"gates_most", (json_int_t)daemon->gates_most, "builds_busy",
		(json_int_t)daemon->builds_busy, "builds_most",
		(json_int_t)daemon->builds_most, "waiting_for_gates",
		(json_int_t)queue_length(daemon->gates), "waiting_for_builds",
		(json_int_t)queue_length(daemon->builds), "disk_low",
		daemon->disk_low, "ending", daemon->draining, "loop",
		watch_to_json());
}

/* Who asks at the old place meanwhile is told that it went away. */
static bool control_at(struct daemon *daemon, const struct site *site,
		       GError **error)
{
	g_autofree char *path = site_control(site);
	struct control *control;

	if (g_strcmp0(path, daemon->control_path) == 0)
		return true;
	control = control_new(path, daemon_ops, daemon, error);
	if (!control)
		return false;
	g_clear_pointer(&daemon->control, control_free);
	daemon->control = control;
	g_free(daemon->control_path);
	daemon->control_path = g_steal_pointer(&path);
	return true;
}

static void set_limits(struct daemon *daemon, const struct site *site)
{
	daemon->builds_most = slots_of_site(site) * BUILDS_A_SLOT;
	slots_set_places(daemon->slots, slots_of_site(site));
	keep_set_limit(daemon->keep, site->workers.keep_bytes);
}

static bool start(struct daemon *daemon, GError **error)
{
	const struct site *site = daemon->settings->site;
	g_autofree char *kept = NULL;

	tempdir_sweep();
	daemon->dir = tempdir_new(error);
	if (!daemon->dir || !open_state(daemon, error))
		return false;
	daemon->ops = (struct ops_context){
		.writer = daemon->writer,
		.state_dir = daemon->state_dir,
		.wake = on_brought,
		.live = live_json,
		.data = daemon,
	};
	if (!control_at(daemon, site, error))
		return false;
	kept = place_find(site, "builds");
	daemon->keep = keep_new(kept, 0, site_snapshots(site));
	daemon->gates_most = g_get_num_processors() * GATES_A_PROCESSOR;
	daemon->slots = slots_new(1);
	set_limits(daemon, site);
	daemon->outbox = make_outbox(daemon, site, error);
	return daemon->outbox && listen_open(daemon, site, error) &&
	       make_intakes(daemon, site, daemon->intakes, error) &&
	       take_up(daemon, error);
}

/* An outbox on its way out. */
struct changing {
	struct daemon *daemon;
	struct outbox *before;
};

static void on_changed(GObject *source, GAsyncResult *res, gpointer data)
{
	struct changing *changing = data;

	(void)source;
	outbox_stop_finish(res, NULL);
	outbox_free(changing->before);
	changing->daemon->changing--;
	outbox_wake(changing->daemon->outbox);
	g_free(changing);
}

/* The next one begins when the one before it has let go of its last mail. */
static void change_outbox(struct daemon *daemon, struct outbox *outbox)
{
	struct changing *changing = g_new0(struct changing, 1);

	changing->daemon = daemon;
	changing->before = daemon->outbox;
	daemon->outbox = outbox;
	daemon->changing++;
	outbox_stop_async(changing->before, NULL, on_changed, changing);
}

/* One that is not read any more has none; the others begin anew. */
static void end_source_troubles(struct daemon *daemon)
{
	for (guint i = 0; i < daemon->intakes->len; i++) {
		struct intake_status status;

		intake_status(daemon->intakes->pdata[i], &status);
		trouble_end(daemon, "source", status.name);
		g_free(status.trouble);
	}
}

/* Runs under way keep what they began with. */
static bool reload(struct daemon *daemon, GError **error)
{
	g_autoptr(settings_t) fresh = settings_load(daemon->options, error);
	g_autoptr(GPtrArray) intakes = intakes_new();
	g_autoptr(outbox_t) outbox = NULL;

	if (!fresh || !make_intakes(daemon, fresh->site, intakes, error))
		return false;
	outbox = make_outbox(daemon, fresh->site, error);
	if (!outbox)
		return false;
	if (g_strcmp0(fresh->site->state, daemon->state_dir) != 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "\"state\" is another folder now: that needs a "
			    "restart");
		return false;
	}
	if (!listen_open(daemon, fresh->site, error))
		return false;
	if (!control_at(daemon, fresh->site, error)) {
		listen_open(daemon, daemon->settings->site, NULL);
		return false;
	}
	end_source_troubles(daemon);
	g_ptr_array_unref(daemon->intakes);
	daemon->intakes = g_steal_pointer(&intakes);
	g_ptr_array_add(daemon->kept_settings, daemon->settings);
	daemon->settings = g_steal_pointer(&fresh);
	pause_labs(daemon);
	set_limits(daemon, daemon->settings->site);
	change_outbox(daemon, g_steal_pointer(&outbox));
	posts_free(daemon->posts);
	daemon->posts = posts_new(daemon, daemon->settings);
	posts_wake(daemon->posts);
	start_intakes(daemon);
	lead_next(daemon);
	return true;
}

static gboolean on_reload(gpointer data)
{
	struct daemon *daemon = data;
	g_autoptr(GError) error = NULL;

	notify_manager("RELOADING=1");
	if (reload(daemon, &error)) {
		log_event(LOG_LEVEL_INFO, NULL, "configuration read again");
		trouble_end(daemon, "configuration", "reload");
	} else {
		trouble_note(daemon, "configuration", "reload", error->message);
	}
	notify_manager("READY=1");
	return G_SOURCE_CONTINUE;
}

static void cut_off(struct daemon *daemon)
{
	g_autoptr(GList) leads = g_hash_table_get_values(daemon->leads);

	for (GList *at = leads; at; at = at->next)
		lead_cut_off(at->data);
}

static gboolean on_drained(gpointer data)
{
	cut_off(data);
	return G_SOURCE_REMOVE;
}

static gboolean on_end(gpointer data)
{
	struct daemon *daemon = data;

	if (daemon->draining) {
		cut_off(daemon);
		return G_SOURCE_CONTINUE;
	}
	log_event(LOG_LEVEL_INFO, NULL, "ending: %u runs are under way",
		  g_hash_table_size(daemon->leads));
	notify_manager("STOPPING=1");
	daemon->draining = true;
	for (guint i = 0; i < daemon->intakes->len; i++)
		intake_stop(daemon->intakes->pdata[i]);
	if (g_hash_table_size(daemon->leads) == 0)
		g_main_loop_quit(daemon->loop);
	else
		g_timeout_add(DRAIN_MS, on_drained, daemon);
	return G_SOURCE_CONTINUE;
}

static void on_stopped(GObject *source, GAsyncResult *res, gpointer data)
{
	bool *stopped = data;

	(void)source;
	outbox_stop_finish(res, NULL);
	*stopped = true;
}

static gboolean on_late(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_REMOVE;
}

/* The mail that a server is being given is the last, if it takes it soon. */
static void stop_outbox(struct daemon *daemon)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	bool stopped = false;
	guint late;

	if (!daemon->outbox)
		return;
	late = g_timeout_add(LAST_MAIL_MS, on_late, cancellable);
	outbox_stop_async(daemon->outbox, cancellable, on_stopped, &stopped);
	while (!stopped || daemon->changing)
		g_main_context_iteration(NULL, TRUE);
	if (!g_cancellable_is_cancelled(cancellable))
		g_source_remove(late);
	outbox_free(daemon->outbox);
}

static void daemon_clear(struct daemon *daemon)
{
	g_clear_pointer(&daemon->control, control_free);
	listen_close(daemon);
	g_clear_pointer(&daemon->intakes, g_ptr_array_unref);
	while (intake_busy() || daemon->collecting)
		g_main_context_iteration(NULL, TRUE);
	g_clear_handle_id(&daemon->collect_timer, g_source_remove);
	g_clear_pointer(&daemon->upkeep, upkeep_free);
	g_clear_pointer(&daemon->posts, posts_free);
	stop_outbox(daemon);
	writer_free(daemon->writer);
	while (g_main_context_iteration(NULL, FALSE))
		;
	store_close(daemon->store);
	g_hash_table_unref(daemon->leads);
	g_hash_table_unref(daemon->paused);
	g_hash_table_unref(daemon->troubles);
	queue_free(daemon->gates);
	queue_free(daemon->builds);
	keep_free(daemon->keep);
	slots_free(daemon->slots);
	g_ptr_array_unref(daemon->kept_settings);
	settings_unref(daemon->settings);
	g_free(daemon->control_path);
	g_free(daemon->state_dir);
	g_free(daemon->runs_dir);
	g_free(daemon->boards_dir);
	tempdir_free(daemon->dir);
	g_clear_pointer(&daemon->loop, g_main_loop_unref);
}

static void run_loop(struct daemon *daemon)
{
	guint signals[] = {
		g_unix_signal_add(SIGTERM, on_end, daemon),
		g_unix_signal_add(SIGINT, on_end, daemon),
		g_unix_signal_add(SIGHUP, on_reload, daemon),
	};
	struct idle *idle = NULL;

	daemon->loop = g_main_loop_new(NULL, FALSE);
	daemon->posts = posts_new(daemon, daemon->settings);
	daemon->upkeep = upkeep_new(daemon);
	watch_start();
	start_intakes(daemon);
	collect_wake(daemon);
	outbox_wake(daemon->outbox);
	posts_wake(daemon->posts);
	lead_next(daemon);
	notify_manager("READY=1");
	log_event(LOG_LEVEL_INFO, NULL, "ready: %u sources, %u projects",
		  daemon->intakes->len, daemon->settings->projects->len);
	if (daemon->options->until_idle)
		idle = idle_new(daemon);
	g_main_loop_run(daemon->loop);
	idle_free(idle);
	watch_stop();
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		g_source_remove(signals[i]);
}

bool serve_run(const struct serve_options *options, GError **error)
{
	struct daemon daemon = {
		.options = options,
		.leads = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					       lead_free),
		.paused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						NULL),
		.troubles = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, g_free),
		.gates = queue_new(),
		.builds = queue_new(),
		.intakes = intakes_new(),
		.kept_settings = g_ptr_array_new_with_free_func(
			(GDestroyNotify)settings_unref),
	};
	bool ok;

	signal(SIGPIPE, SIG_IGN);
	daemon.settings = settings_load(options, error);
	ok = daemon.settings && start(&daemon, error);
	if (ok)
		run_loop(&daemon);
	daemon_clear(&daemon);
	return ok;
}
