/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the build room share. A recipe is a row of functions over
 * one build under way; adding one touches its file and build_recipes[].
 */
#ifndef BUILD_BUILD_INTERNAL_H
#define BUILD_BUILD_INTERNAL_H

#include "build/diagnostics.h"
#include "build/executor.h"
#include "build/keep.h"
#include "build/log-file.h"
#include "build/sandbox.h"
#include "build/snapshot.h"
#include "build/trouble.h"

struct progress;

/* One tree under way in a worker thread: the series', or its base's. */
struct build_run {
	const struct build_job *job;
	const struct build_spec *spec;
	const char *tree;
	bool base;  /* go on after errors, make no artifacts */
	bool clean; /* from nothing, though its base is there (clean.c) */
	bool trial; /* the same, and nothing is kept */
	const char *target; /* of make, alone; NULL: all of the spec */
	GPtrArray *changes; /* of struct tree_change, against the base */
	GCancellable *cancellable;
	struct progress *progress;   /* may be NULL */
	gint64 deadline_ms;	     /* of the monotonic clock; 0: not set */
	gint64 laid_at_us;	     /* all in its folders is older */
	char *dir;		     /* private */
	struct kept *sources, *warm; /* what src and out are views of */
	GPtrArray *inputs;	     /* of those held (inputs.c); NULL: none */
	char *inputs_dir;	     /* of this run, in dir; NULL: none */
	struct snapshot *src, *out;
	const char *src_seen, *out_seen; /* as the build sees them */
	char *artifact_dir;
	struct log_file *log;
	struct diagnostics *diagnostics;
	struct trouble trouble;
	bool configured; /* its configuration ended */
	bool walks;	 /* make reads the rules of walk.c */
	bool over_limit; /* of memory or processes, the project's */
	struct build_result *result;
	GPtrArray *found; /* of struct diagnostic, once it has ended */
};

/*
 * Run a command of the build. False with an error set for trouble; else the
 * run's result says whether it passed, and no further step is to be taken when
 * it did not.
 */
bool build_run_step(struct build_run *run, const char *const *argv,
		    const char *cwd, GError **error);

/* The folders of the spec's tools, for a sandbox; ends with NULL. */
char **build_read_only(const struct build_spec *spec);

struct build_recipe {
	enum recipe_kind kind;
	bool src_writable;
	bool incremental; /* goes on in the output of a finished base */

	/* Whether the build may read that path of the sources; NULL: any. */
	bool (*reads)(const struct build_spec *spec, const char *path);
	bool (*build)(struct build_run *run, GError **error);

	/* Whether all that `collect` is to find is in the base's output. */
	bool (*has_all)(const struct build_run *run);
	bool (*collect)(struct build_run *run, GError **error);
};

extern const struct build_recipe build_recipe_kbuild, build_recipe_script;

const struct build_recipe *build_recipe_of(const struct build_spec *spec);

/* Run make with these words after its arguments; see build_run_step(). */
bool kbuild_make(struct build_run *run, const char *const *words,
		 GError **error);

/*
 * kbuild-install.c: install and pack what a build made that passed, then copy
 * it to the artifacts.
 */
bool kbuild_install(struct build_run *run, GError **error);

/*
 * Before make: take out of the view what the base has made last, when the
 * series may change what is made.
 */
bool kbuild_drop_products(struct build_run *run, GError **error);
bool kbuild_has_all(const struct build_run *run);
bool kbuild_collect(struct build_run *run, GError **error);

/*
 * A folder of the output folder into a file of it, in the sandbox (pack.c).
 * The same content gives the same bytes: nothing tells when, where or by whom
 * it was made.
 */
bool image_pack_tar(struct build_run *run, const char *dir, const char *name,
		    GError **error);
bool image_pack_ext2(struct build_run *run, const char *dir, const char *name,
		     GError **error);

/*
 * Build run->tree from the checkout to the findings. The private folders are
 * gone after build_run_clear().
 */
bool build_run_tree(struct build_run *run, GError **error);

/* The same in the folders as they are, when run->tree is another one now. */
bool build_run_again(struct build_run *run, const char *from_tree,
		     GError **error);
void build_run_clear(struct build_run *run);

bool build_make_folder(const char *path, GError **error);

/* run->dir, in the work folder. */
bool build_run_make_dir(struct build_run *run, GError **error);
struct repo *build_open_repo(const struct build_job *job, GError **error);

/* On their way to the caller: the last line of it, now and then (local.c). */
void progress_take(struct progress *progress, const char *data, gsize len);

/* --- what is kept of the base (warm.c) --- */

/*
 * The sources and the output folder of a run. Where the sandbox is, both are
 * views of what is kept: the base's sources with the changes of the series on
 * top, and the base's finished build, which is made here when it is not there
 * yet. Without it they are a checkout and an empty folder.
 */
bool warm_lay_sources(struct build_run *run, GError **error);
bool warm_lay_output(struct build_run *run, GError **error);

/* The sources, which are those of `from_tree`, become those of run->tree. */
bool warm_move_sources(struct build_run *run, const char *from_tree,
		       GError **error);

/*
 * What the build of a base may take at least: a project's time may be chosen
 * for those that go on in its output. A series has the project's time, whatever
 * it is built from: it is a stranger's.
 */
#define BUILD_WHOLE_S (2 * 60 * 60)

/* The seconds that the run may take; 0: any. */
guint64 build_run_time_s(const struct build_run *run);

/*
 * Why the run may not go on in the output of its base, for people; NULL: it
 * may (clean.c).
 */
const char *clean_reason(const struct build_run *run);

/* Whether the base that the run goes on in was configured to the end. */
bool warm_base_is_configured(const struct build_run *run);

/* Whether the base's sources, of which the run has a view, have that file. */
bool warm_base_has(const struct build_run *run, const char *path);

/* Whether the base that the run goes on in does not build. */
bool warm_base_fails(const struct build_run *run);

/*
 * run->out as a view of the base's finished build, if there is one; nothing is
 * built.
 */
bool warm_view_base(struct build_run *run, GError **error);

/* One more view of the base's finished build, in run->dir; run->warm is held.
 */
struct snapshot *warm_scratch(const struct build_run *run, const char *name,
			      GError **error);

#define BUILD_OUT_NAME "out" /* of what is kept of a base */

/* What the output of the run's base was made of; NULL: it is not known. */
struct made_of *warm_made_of(const struct build_run *run);

/* The key of the run's base in "bases". */
char *warm_base_key(const struct build_run *run, GError **error);

/* What the base held by the run came to; NULL: none is held. */
const char *warm_base_status(const struct build_run *run);

/*
 * Have the base kept, made when it is not. One that does not build is the
 * run's result.
 */
bool warm_make_base(struct build_run *run, GError **error);

/* What the base said when it was built. */
struct base_said {
	enum build_status status;
	bool configured;
	gint64 made_at;
	char *summary;
	GHashTable *fingerprints; /* a set of diagnostic_fingerprint() */
};

/* Built now when it never was. */
struct base_said *warm_base_said(struct build_run *run, GError **error);
void base_said_free(struct base_said *said);

/* --- where make goes (walk.c) --- */

/* In the output: the rules that MAKEFILES names while run->walks. */
#define WALK_NAME ".reroll-walk"

/*
 * Before kbuild's make, in a view of the base's whole build: have it go into
 * the folders alone in which there is something to do, when these are known.
 */
void walk_begin(struct build_run *run);

/* --- the changed files, compiled before all else (first-word.c) --- */

struct first_word;

/*
 * Begin, beside what the recipe does, to compile what the series touches; NULL
 * when there is nothing to compile, or it could mislead. Until it is ended,
 * run->cancellable is one that it stops the recipe by.
 */
struct first_word *first_word_start(struct build_run *run);

/*
 * The recipe has ended: `built` is what it said, and `*error` its error, which
 * is dropped when it was stopped for a first word; then the run's result and
 * log are of that. Frees it.
 */
bool first_word_end(struct first_word *word, bool built, GError **error);
/* Say in a folder that will be kept what it is (meta.c); see meta.h. */
bool meta_write(const struct build_run *run, const char *dir,
		const char *base_status, GError **error);

/* --- anointed builds as input (inputs.c) --- */

/* Hold what the spec names. CONFIG when one is not there, or was revoked. */
bool inputs_open(struct build_run *run, GError **error);
void inputs_digest(const GPtrArray *inputs, GChecksum *sum);

/* run->inputs_dir, with a folder for each. */
bool inputs_lay(struct build_run *run, GError **error);

/* Note with each that this build used it. */
bool inputs_note(const struct build_run *run, GError **error);

/* --- what was built before (cache.c) --- */

/*
 * The result of the same tree and spec, its artifacts copied to the folder of
 * this one. NULL without an error: it was never built, or what was kept of it
 * is damaged and gone.
 */
struct build_result *cache_take(struct build_run *run, GError **error);

/* The key of the run's result in "results". */
char *cache_key(const struct build_run *run, GError **error);

/*
 * What is kept in a folder of "results"; NULL: it is damaged. `job` says what
 * the patches are called now; NULL: nobody asks.
 */
struct build_result *cache_read(const struct build_job *job, const char *dir);

/* Another name of a file that is kept, its folder made; a copy elsewhere. */
bool cache_link(const char *from, const char *to);

/* A copy of a file, its folder made; where that works of shared blocks. */
bool cache_copy(const char *from, const char *to);

/* Keep run->result for the next one. */
void cache_put(struct build_run *run);

/* The text and where it ends; NULL is as "". */
void digest_text(GChecksum *sum, const char *text);

/* Hex digest of all of the spec, and its tools, that says what is built. */
char *build_spec_digest(const struct build_spec *spec, const GPtrArray *inputs,
			GError **error);

/* What of the series was not compiled, into the result (compiled.c). */
void compiled_find(struct build_run *run);

/*
 * Take from run->found what the base has too (blame.c). False with TEMP when
 * the base fails in the same way.
 */
bool blame_series(struct build_run *run, GError **error);

/*
 * Build it from nothing too, and compare (verify.c). TEMP when it comes to
 * something else.
 */
bool verify_build(struct build_run *run, GError **error);

/*
 * The same for a tree in between: what the base says too is no news, and it is
 * at fault when it fails, or warns where that counts, for any other reason.
 */
bool blame_trial(struct build_run *run, bool *at_fault, GError **error);

/*
 * The patch of the series that brings what is in run->found, which ran to its
 * end (culprit.c). Where each is to build, and one does not, the run fails for
 * that. False only for trouble.
 */
bool culprit_find(struct build_run *run, GError **error);

/*
 * Whether each patch is to build and one changes what the build reads, even if
 * the series as a whole does not.
 */
bool culprit_is_due(const struct build_run *run);

/* The source line of a finding whose tool has not shown it. */
void blame_show_sources(const struct build_run *run);

/* The name of the function that a line begins; NULL: none. */
char *blame_function_in(const char *line, gsize len);

/* Take out what the series has only carried elsewhere (moved.c). */
void moved_drop(struct build_run *run, const struct base_said *base);

/* Fill in the enclosing function where no compiler has told it. */
void blame_find_functions(GPtrArray *found, const struct layers *src);

struct artifact_want {
	const char *path; /* of the build */
	const char *role;
	const char *name; /* of the artifact */
};

/*
 * Copy a file of the build to the artifacts and list it. True also when there
 * is no such file; TEMP otherwise.
 */
bool artifact_collect(struct build_run *run, const struct layers *from,
		      const struct artifact_want *want, GError **error);

/* List a file that is in the artifact folder already. */
bool artifact_list(struct build_run *run, const char *role, const char *name,
		   GError **error);

/* Write a file of ours to the artifacts; with a role it is listed. */
bool artifact_write(struct build_run *run, const char *role, const char *name,
		    GBytes *content, GError **error);

/*
 * reproduce.sh, which makes this build again with git and make, and the series
 * for it. Nothing when the job does not say what the tree is made of, or the
 * series cannot be written as mails, which is logged.
 */
bool reproduce_write(struct build_run *run, GError **error);

/* manifest.json and SHA256SUMS over all that is listed. */
bool manifest_write(struct build_run *run, GError **error);

/* The project's own, each in one of `from`; one not made is a finding. */
bool artifact_collect_listed(struct build_run *run,
			     const struct layers *const *from, GError **error);

void artifact_free(struct artifact *artifact);
void lost_symbol_free(struct lost_symbol *lost);
void uncompiled_free(struct uncompiled *one);
GPtrArray *uncompiled_new(void);
void build_tool_free(struct build_tool *tool);

/* Whether nothing has failed so far. */
bool build_run_passed(const struct build_run *run);

struct build_spec *build_spec_new(void);

/* A copy of each text at the end of `to`; `from` may be NULL. */
void build_texts_add(GPtrArray *to, const GPtrArray *from);

/* False with a CONFIG error that names the project file (NULL: "project"). */
bool build_plan_fail(const char *origin, GError **error, const char *format,
		     ...) G_GNUC_PRINTF(3, 4);

/*
 * The make arguments and tools of spec->toolchain, and of the recipe. `arch`
 * and `site` may be NULL. CONFIG when nobody knows it.
 */
bool build_spec_use_toolchain(struct build_spec *spec, const struct arch *arch,
			      const struct site *site, GError **error);

/*
 * The make arguments and tools of the toolchain alone, without the recipe's.
 */
bool build_spec_use_compiler(struct build_spec *spec, const struct arch *arch,
			     const struct site *site, GError **error);

/* CONFIG naming the first tool that the build's own PATH does not have. */
bool build_tools_check(const struct build_spec *spec, GError **error);

#define BUILD_LOG_NAME "log"

/* The PATH of every build. */
#define BUILD_PATH "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

#endif
