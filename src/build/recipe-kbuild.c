// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel, or anything else with kbuild: a default configuration, the
 * fragments merged into it by us, olddefconfig, then make. Sources stay
 * read-only, everything is made below O=.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/kconfig.h"
#include "tree/tree.h"

static GPtrArray *make_command(const struct build_run *run)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("make"));
	g_ptr_array_add(argv, g_strdup_printf("-j%u", MAX(run->spec->jobs, 1)));
	g_ptr_array_add(argv, g_strdup("--output-sync=target"));
	g_ptr_array_add(argv, g_strconcat("O=", run->out_seen, NULL));
	for (guint i = 0; i < run->spec->make_args->len; i++)
		g_ptr_array_add(argv, g_strdup(run->spec->make_args->pdata[i]));
	return argv;
}

static bool run_make(struct build_run *run, GPtrArray *argv, GError **error)
{
	g_ptr_array_add(argv, NULL);
	return build_run_step(run, (const char *const *)argv->pdata,
			      SANDBOX_SRC, error);
}

static bool make_target(struct build_run *run, const char *target,
			GError **error)
{
	g_autoptr(GPtrArray) argv = make_command(run);

	g_ptr_array_add(argv, g_strdup(target));
	return run_make(run, argv, error);
}

/* The .config as the build left it; a build without one has failed. */
static char *read_config(struct build_run *run)
{
	char *text = layers_read(&run->out->layers, ".config",
				 KCONFIG_TEXT_BYTES);

	if (text)
		return text;
	run->result->status = BUILD_FAILED;
	run->result->summary = g_strdup("no .config was made");
	return NULL;
}

/* As root: what writes to the folder next is the sandbox's user. */
static bool give_like(const char *path, const char *folder)
{
	struct stat st;

	return geteuid() != 0 || (stat(folder, &st) == 0 &&
				  lchown(path, st.st_uid, st.st_gid) == 0);
}

/* A rename puts it there, so a symlink in its place is not followed. */
static bool write_config(const struct build_run *run, const char *text,
			 GError **error)
{
	const char *top = run->out->layers.top;
	g_autofree char *path = g_build_filename(top, ".config", NULL);

	if (g_file_set_contents(path, text, -1, NULL) && give_like(path, top))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the configuration cannot be written: %s",
		    g_strerror(errno));
	return false;
}

static bool read_requests(const struct build_run *run, GPtrArray *requests,
			  GError **error)
{
	for (guint i = 0; i < run->spec->fragments->len; i++) {
		if (!kconfig_read_fragment(run->spec->fragments->pdata[i],
					   run->spec->fragment_names->pdata[i],
					   requests, error))
			return false;
	}
	return true;
}

/* See what has become of each request. */
static bool check_requests(struct build_run *run, GError **error)
{
	g_autoptr(GPtrArray) requests = kconfig_requests_new();
	g_autofree char *final = read_config(run);

	if (!final)
		return true;
	if (!read_requests(run, requests, error))
		return false;
	g_ptr_array_unref(run->result->lost);
	run->result->lost = kconfig_check(requests, final, &run->src->layers,
					  run->spec->source_arch);
	return true;
}

/* Merge, and let kconfig settle it. */
static bool merge_fragments(struct build_run *run, GError **error)
{
	g_autoptr(GPtrArray) requests = kconfig_requests_new();
	g_autofree char *base = read_config(run);
	g_autofree char *merged = NULL;

	if (!base)
		return true;
	if (!read_requests(run, requests, error))
		return false;
	merged = kconfig_merge(base, requests);
	if (!write_config(run, merged, error) ||
	    !make_target(run, "olddefconfig", error))
		return false;
	return !build_run_passed(run) || check_requests(run, error);
}

/* What a configuration is made of, beside the compiler. */
static const char *const config_inputs[] = {
	"**/Kconfig*", "Kconfig*",	   "scripts/**",
	"Makefile",    "arch/*/Makefile*", "arch/*/configs/**",
	"**.config",   "**/configs/**",	   "arch/*/*.postlink",
	"tools/**",    "arch/*/tools/**",  "rust/**",
};

static bool changes_config(const struct build_run *run)
{
	for (guint i = 0; i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];

		for (gsize j = 0; j < G_N_ELEMENTS(config_inputs); j++) {
			if (text_glob(config_inputs[j], change->path))
				return true;
		}
	}
	return false;
}

/* One that the base came to the end of, and not what make had so far. */
static bool has_base_config(const struct build_run *run)
{
	return run->warm && run->changes && warm_base_is_configured(run) &&
	       layers_has(&run->out->layers, ".config");
}

/* The base's configuration stands when nothing it is made of has changed. */
static bool has_config(const struct build_run *run)
{
	return has_base_config(run) && !changes_config(run);
}

static bool configure(struct build_run *run, GError **error)
{
	gint64 began_ms = clock_monotonic_ms();

	if (has_config(run))
		return check_requests(run, error);
	/* Another draw would be another kernel than the base's. */
	if (!(run->spec->seed && has_base_config(run)) &&
	    !make_target(run, run->spec->defconfig, error))
		return false;
	if (build_run_passed(run) && !merge_fragments(run, error))
		return false;
	run->configured = build_run_passed(run);
	run->result->config_ms = clock_monotonic_ms() - began_ms;
	return true;
}

/*
 * A base goes on after an error, so that all that is wrong with it is known;
 * and so does what is built on a broken one, past what is not its fault.
 */
static bool goes_on(const struct build_run *run)
{
	return run->base || run->trial || warm_base_fails(run);
}

/* Others, as htmldocs, may read anything. */
static const char *const usual_targets[] = {"all", "modules", "vmlinux", "dtbs",
					    NULL};

static bool is_usual(const struct build_spec *spec)
{
	g_autofree char *image = spec->image ? g_path_get_basename(spec->image)
					     : NULL;

	for (guint i = 0; i < spec->targets->len; i++) {
		const char *target = spec->targets->pdata[i];

		if (!g_strv_contains(usual_targets, target) &&
		    g_strcmp0(target, image) != 0)
			return false;
	}
	return true;
}

static bool make_targets(struct build_run *run, GError **error)
{
	g_autoptr(GPtrArray) argv = NULL;
	bool ok;

	if (run->target)
		return make_target(run, run->target, error);
	argv = make_command(run);
	if (goes_on(run))
		g_ptr_array_add(argv, g_strdup("-k"));
	for (guint i = 0; i < run->spec->targets->len; i++)
		g_ptr_array_add(argv, g_strdup(run->spec->targets->pdata[i]));
	if (is_usual(run->spec))
		walk_begin(run);
	ok = run_make(run, argv, error);
	run->walks = false;
	return ok;
}

bool kbuild_make(struct build_run *run, const char *const *words,
		 GError **error)
{
	g_autoptr(GPtrArray) argv = make_command(run);

	for (; *words; words++)
		g_ptr_array_add(argv, g_strdup(*words));
	return run_make(run, argv, error);
}

static bool kbuild_build(struct build_run *run, GError **error)
{
	if (!configure(run, error))
		return false;
	if (build_run_passed(run) &&
	    (!kbuild_drop_products(run, error) || !make_targets(run, error)))
		return false;
	return !build_run_passed(run) || run->base || run->trial ||
	       kbuild_install(run, error);
}

/* What no make of a kernel looks at; text_glob() patterns. */
static const char *const unread[] = {
	"Documentation/**.rst",
	"Documentation/**.txt",
	"LICENSES/**",
	"CREDITS",
	"MAINTAINERS",
	"COPYING",
	"README",
	"**/.gitignore",
	".gitignore",
	".mailmap",
	".gitattributes",
	".get_maintainer.ignore",
	".clang-format",
	".cocciconfig",
};

static bool kbuild_reads(const struct build_spec *spec, const char *path)
{
	if (!is_usual(spec))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(unread); i++) {
		if (text_glob(unread[i], path))
			return false;
	}
	return true;
}

const struct build_recipe build_recipe_kbuild = {
	.kind = RECIPE_KBUILD,
	.src_writable = false,
	.incremental = true,
	.reads = kbuild_reads,
	.build = kbuild_build,
	.has_all = kbuild_has_all,
	.collect = kbuild_collect,
};
