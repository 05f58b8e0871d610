// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * First word first. While make still walks the tree, the compiler reads the
 * files that the series touches, by the commands that the base's build has
 * saved, in a second view of that build which is thrown away. It makes no code
 * of them: that takes it as long again, and make does so anyway. When it
 * refuses one for a reason that the base does not give, make is stopped: the
 * series does not compile. All else is told to nobody, and make alone decides.
 *
 * It has to be certain that make would say the same. So nothing is compiled
 * when the series touches anything that a saved command, or a header that the
 * build makes, could have come of; and only what a compiler says of a place in
 * the sources counts.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/kbuild-cmd.h"
#include "build/kbuild-path.h"
#include "build/made-of.h"
#include "build/snapshot-ways.h"
#include "tree/tree.h"

#define OUTPUT_BYTES (1 << 20)
#define OBJECTS_MOST 16
#define TIME_S 300
#define RULES_NAME ".reroll-first-word"
#define HEADER                                                                 \
	"The files that the series changes were compiled first, by the saved " \
	"commands\nof its base's build. One does not compile, so make was "    \
	"stopped.\n\n"

struct first_word {
	struct build_run *run;
	char *base;			/* the base's output, read-only */
	GPtrArray *objects;		/* of char * */
	GCancellable *outer;		/* of the run; may be NULL */
	GCancellable *make_stop, *stop; /* make's, and our own */
	gulong outer_id;
	GString *output;
	bool refused; /* read when the thread has ended */
	GThread *thread;
};

/* In place of a header that is removed, the build may make one. */
static bool is_harmless(const struct build_run *run,
			const struct tree_change *change)
{
	const struct build_recipe *recipe = build_recipe_of(run->spec);

	if (!recipe->reads(run->spec, change->path))
		return true;
	return change->mode != 0 && kbuild_makes_objects(change->path);
}

static bool is_plain_source(const struct tree_change *change)
{
	return change->mode != 0 && kbuild_is_plain(change->path) &&
	       g_str_has_suffix(change->path, ".c");
}

/* The objects of the files touched that the base has compiled. */
static GPtrArray *find_objects(const struct build_run *run, const char *base)
{
	const struct layers out = {.top = base};
	g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];
		g_autofree char *object = NULL, *path = NULL;

		if (!is_harmless(run, change))
			return NULL;
		if (!is_plain_source(change) || objects->len >= OBJECTS_MOST)
			continue;
		object = kbuild_object(change->path);
		path = kbuild_cmd_path(object);
		if (layers_has(&out, object) && layers_has(&out, path))
			g_ptr_array_add(objects, g_steal_pointer(&object));
	}
	return objects->len ? g_steal_pointer(&objects) : NULL;
}

/* Whether what is no object was made of a file touched. */
static bool is_stale(const struct build_run *run)
{
	g_autoptr(made_of_t) made = warm_made_of(run);

	for (guint i = 0; made && i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];
		g_auto(GStrv) places = made_of_find(made, change->path);

		if (g_strv_contains((const char *const *)places, MADE_OTHER))
			return true;
	}
	return !made;
}

/* A file that has an object of its own is none that headers are made of. */
static bool may_be_stale(const struct first_word *word)
{
	guint sources = 0;

	for (guint i = 0; i < word->run->changes->len; i++) {
		const struct tree_change *change = word->run->changes->pdata[i];

		sources += g_str_has_suffix(change->path, ".c") ||
			   g_str_has_suffix(change->path, ".h");
	}
	return sources != word->objects->len && is_stale(word->run);
}

/* The compiler's command for an object, escaped for make; or NULL. */
static char *command_of(const struct first_word *word, const char *object)
{
	const struct layers base = {.top = word->base};
	g_autofree char *path = kbuild_cmd_path(object);
	g_autofree char *text = layers_read(&base, path, KBUILD_CMD_BYTES);
	g_autofree char *saved = text ? kbuild_cmd_saved(text, object) : NULL;
	g_autofree char *source = g_strdup_printf(
		"%s/%.*sc", word->run->src_seen, (int)strlen(object) - 1,
		object);
	g_autofree char *read = saved ? kbuild_cmd_read(saved, source) : NULL;
	g_autoptr(GString) out = g_string_new(read);

	g_string_replace(out, "$", "$$", 0);
	return read ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

/* A Makefile with one target an object; NULL when none can be made. */
static char *write_rules(const struct first_word *word)
{
	g_autoptr(GString) goals = g_string_new(NULL);
	g_autoptr(GString) rules = g_string_new(NULL);

	for (guint i = 0; i < word->objects->len; i++) {
		const char *object = word->objects->pdata[i];
		g_autofree char *command = command_of(word, object);

		if (!command)
			continue;
		g_string_append_printf(goals, " %s", object);
		g_string_append_printf(rules,
				       "%s:\n\t@echo '  CC      %s'\n\t@%s\n",
				       object, object, command);
	}
	return goals->len ? g_strdup_printf("all:%s\n.PHONY: all%s\n%s",
					    goals->str, goals->str, rules->str)
			  : NULL;
}

static void take_output(const char *data, gsize len, gpointer user_data)
{
	struct first_word *word = user_data;
	gsize room = OUTPUT_BYTES - word->output->len;

	g_string_append_len(word->output, data, (gssize)MIN(len, room));
}

/* Whether it ran to its end, and an object could not be made. */
static bool compile_fails(struct first_word *word,
			  const struct snapshot *scratch)
{
	const struct build_spec *spec = word->run->spec;
	g_autofree char *jobs = g_strdup_printf("-j%u", MAX(spec->jobs, 1));
	g_auto(GStrv) read_only = build_read_only(spec);
	const char *const argv[] = {
		"nice", "-n5",	    "make", jobs, "-s", "--output-sync=target",
		"-f",	RULES_NAME, "all",  NULL};
	const struct sandbox_spec sandbox = {
		.argv = argv,
		.src = word->run->src->layers,
		.out = scratch->layers,
		.cwd = SANDBOX_OUT,
		.read_only = (const char *const *)read_only,
		.time_s = TIME_S,
		.output_bytes = spec->output_bytes,
		.memory_bytes = spec->memory_bytes,
		.processes = spec->processes,
		.sink = take_output,
		.sink_data = word,
		.root = spec->root,
		.emulator = spec->emulator,
		.nice = true,
	};
	g_autoptr(sandbox_result_t)
		ended = sandbox_run(&sandbox, word->stop, NULL);

	return ended && !ended->over_output && !ended->over_memory &&
	       !ended->over_processes && !ended->process->timed_out &&
	       !process_result_ok(ended->process);
}

static bool is_of_series(const struct diagnostic *diagnostic,
			 const struct base_said *base)
{
	const struct finding *finding = diagnostic->finding;
	g_autofree char *print = diagnostic_fingerprint(finding,
							diagnostic->function);

	return finding->severity == SEVERITY_ERROR && finding->file &&
	       finding->file[0] != '/' && finding->line &&
	       !g_hash_table_contains(base->fingerprints, print);
}

/* Whether the compiler names a place for which the base is not to blame. */
static bool has_new_error(const struct first_word *word)
{
	const char *const tops[] = {word->run->src_seen, word->run->out_seen,
				    NULL};
	g_autoptr(diagnostics_t) diagnostics = diagnostics_new(tops);
	struct base_said *base = warm_base_said(word->run, NULL);
	g_autoptr(GPtrArray) found = NULL;
	bool is_new = false;

	diagnostics_feed(diagnostics, word->output->str, word->output->len);
	found = diagnostics_finish(diagnostics, false);
	blame_find_functions(found, &word->run->src->layers);
	for (guint i = 0; base && i < found->len && !is_new; i++)
		is_new = is_of_series(found->pdata[i], base);
	base_said_free(base);
	return is_new;
}

/* Trouble of ours is no word of the series: then there is none. */
static gpointer run_in_thread(gpointer data)
{
	struct first_word *word = data;
	g_autofree char *rules = may_be_stale(word) ? NULL : write_rules(word);
	g_autoptr(snapshot_t)
		scratch = rules ? warm_scratch(word->run, "first-word", NULL)
				: NULL;
	g_autofree char *path = scratch ? g_build_filename(scratch->layers.top,
							   RULES_NAME, NULL)
					: NULL;

	if (scratch && g_file_set_contents(path, rules, -1, NULL) &&
	    compile_fails(word, scratch) &&
	    !trouble_in(word->output->str, word->output->len) &&
	    has_new_error(word)) {
		word->refused = true;
		g_cancellable_cancel(word->make_stop);
	}
	return NULL;
}

static void pass_cancel(GCancellable *cancellable, gpointer data)
{
	struct first_word *word = data;

	(void)cancellable;
	g_cancellable_cancel(word->make_stop);
	g_cancellable_cancel(word->stop);
}

/* A copy of the base's output would take longer than make's first seconds. */
static bool is_worth_it(const struct build_run *run)
{
	const struct snapshot_ops *ops = run->out->ops;

	return !run->base && run->warm && run->changes && ops &&
	       ops != &snapshot_copy && run->spec->recipe == RECIPE_KBUILD;
}

struct first_word *first_word_start(struct build_run *run)
{
	g_autofree char *base = is_worth_it(run)
					? g_build_filename(run->warm->path,
							   BUILD_OUT_NAME, NULL)
					: NULL;
	GPtrArray *objects = base ? find_objects(run, base) : NULL;
	struct first_word *word;

	if (!objects)
		return NULL;
	word = g_new0(struct first_word, 1);
	word->run = run;
	word->base = g_steal_pointer(&base);
	word->objects = objects;
	word->output = g_string_new(NULL);
	word->stop = g_cancellable_new();
	word->make_stop = g_cancellable_new();
	word->outer = run->cancellable;
	if (word->outer)
		word->outer_id = g_cancellable_connect(
			word->outer, G_CALLBACK(pass_cancel), word, NULL);
	run->cancellable = word->make_stop;
	word->thread = g_thread_new("first-word", run_in_thread, word);
	return word;
}

/* All that make has said is forgotten. */
static bool take_word(struct build_run *run, const struct first_word *word,
		      GError **error)
{
	const char *const tops[] = {run->src_seen, run->out_seen, NULL};

	g_clear_pointer(&run->log, log_file_free);
	g_clear_pointer(&run->diagnostics, diagnostics_free);
	run->diagnostics = diagnostics_new(tops);
	run->trouble = (struct trouble){0};
	unlink(run->result->log_path);
	run->log = log_file_new(run->result->log_path, run->spec->log_bytes,
				error);
	if (!run->log)
		return false;
	log_file_write(run->log, HEADER, strlen(HEADER));
	log_file_write(run->log, word->output->str, word->output->len);
	diagnostics_feed(run->diagnostics, word->output->str,
			 word->output->len);
	run->result->status = BUILD_FAILED;
	g_free(run->result->summary);
	run->result->summary = g_strdup("a changed file does not compile");
	return true;
}

static void first_word_free(struct first_word *word)
{
	if (word->outer)
		g_cancellable_disconnect(word->outer, word->outer_id);
	g_object_unref(word->make_stop);
	g_object_unref(word->stop);
	g_free(word->base);
	g_ptr_array_unref(word->objects);
	g_string_free(word->output, TRUE);
	g_free(word);
}

bool first_word_end(struct first_word *word, bool built, GError **error)
{
	struct build_run *run;
	bool stopped;

	if (!word)
		return built;
	run = word->run;
	g_cancellable_cancel(word->stop);
	g_thread_join(word->thread);
	run->cancellable = word->outer;
	stopped = !built && word->refused &&
		  g_error_matches(*error, REROLL_ERROR,
				  REROLL_ERROR_CANCELLED) &&
		  !(word->outer && g_cancellable_is_cancelled(word->outer));
	if (stopped) {
		g_clear_error(error);
		built = take_word(run, word, error);
	}
	first_word_free(word);
	return built;
}
