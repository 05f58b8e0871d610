// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A rule is expanded arch by defconfig by toolchain by feature. Fragments are
 * read here, once, so that a build never looks at the project's folder.
 */
#include "build/plan.h"

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/kconfig.h"

#define FRAGMENT_BYTES (1 << 20)
#define JOB_BYTES (256ull << 20) /* of a compiler, with some to spare */

/* What every spec of one rule is made of. */
struct planner {
	const struct project *project;
	const struct site *site;
	const struct build_rule *rule;
	const struct arch *arch;  /* NULL: a script for this machine */
	GPtrArray *names, *texts; /* of the rule's fragments */
	GPtrArray *specs;
	GHashTable *ids;
	guint jobs;
};

/* One cell of the matrix. */
struct cell {
	const char *defconfig, *toolchain, *without; /* may be NULL */
};

static GPtrArray *texts_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

struct build_spec *build_spec_new(void)
{
	struct build_spec *spec = g_new0(struct build_spec, 1);

	spec->make_args = texts_new();
	spec->tools = g_ptr_array_new_with_free_func(
		(GDestroyNotify)build_tool_free);
	spec->read_only = texts_new();
	spec->fragments = texts_new();
	spec->fragment_names = texts_new();
	spec->targets = texts_new();
	spec->artifacts = texts_new();
	spec->inputs = g_ptr_array_new_with_free_func(build_input_free);
	return spec;
}

void build_spec_free(struct build_spec *spec)
{
	if (!spec)
		return;
	g_free(spec->id);
	g_free(spec->origin);
	g_free(spec->arch);
	g_free(spec->make_arch);
	g_free(spec->source_arch);
	g_free(spec->image);
	g_free(spec->defconfig);
	g_free(spec->seed);
	g_free(spec->toolchain);
	g_ptr_array_unref(spec->make_args);
	g_ptr_array_unref(spec->tools);
	g_ptr_array_unref(spec->read_only);
	g_free(spec->compiler);
	g_free(spec->root);
	g_free(spec->emulator);
	g_ptr_array_unref(spec->fragments);
	g_ptr_array_unref(spec->fragment_names);
	g_ptr_array_unref(spec->targets);
	g_ptr_array_unref(spec->artifacts);
	g_ptr_array_unref(spec->inputs);
	g_free(spec->anoint);
	g_free(spec->command);
	g_free(spec);
}

/* Configuration lines stand in the project file itself; else it is a path. */
static bool is_inline(const char *fragment)
{
	return g_str_has_prefix(fragment, "CONFIG_") ||
	       g_str_has_prefix(fragment, "# CONFIG_") ||
	       strchr(fragment, '\n');
}

static bool read_fragment(struct planner *planner, const char *fragment,
			  GError **error)
{
	g_autoptr(GPtrArray) requests = kconfig_requests_new();
	g_autoptr(GError) local = NULL;
	g_autofree char *quoted = text_quote(fragment, -1);
	g_autofree char *path = NULL, *text = NULL;

	if (is_inline(fragment)) {
		text = g_strdup(fragment);
	} else {
		gsize len;

		path = g_canonicalize_filename(
			fragment,
			planner->project->dir ? planner->project->dir : ".");
		if (!g_file_get_contents(path, &text, &len, &local))
			return build_plan_fail(
				planner->project->file, error,
				"the configuration %s cannot be read: %s",
				quoted, local->message);
		if (len > FRAGMENT_BYTES)
			return build_plan_fail(
				planner->project->file, error,
				"the configuration %s is larger than 1 MiB",
				quoted);
	}
	if (!kconfig_read_fragment(text, quoted, requests, &local))
		return build_plan_fail(planner->project->file, error, "%s",
				       local->message);
	g_ptr_array_add(planner->names, g_strdup(fragment));
	g_ptr_array_add(planner->texts, g_steal_pointer(&text));
	return true;
}

static bool read_fragments(struct planner *planner, GError **error)
{
	const struct build_rule *rule = planner->rule;

	for (guint i = 0; i < rule->config->len; i++) {
		if (!read_fragment(planner, rule->config->pdata[i], error))
			return false;
	}
	for (guint i = 0; i < rule->without->len; i++) {
		g_autofree char *quoted = text_quote(rule->without->pdata[i],
						     -1);

		if (!g_ptr_array_find_with_equal_func(rule->config,
						      rule->without->pdata[i],
						      g_str_equal, NULL))
			return build_plan_fail(
				planner->project->file, error,
				"\"without\" names the configuration %s, "
				"which is not in \"config\"",
				quoted);
	}
	return true;
}

/* The folder below arch/ where it is not named as ARCH= is. */
static const char *source_arch(const char *make_arch)
{
	static const struct {
		const char *arch, *folder;
	} folders[] = {
		{"x86_64", "x86"},	{"i386", "x86"},
		{"sparc64", "sparc"},	{"sparc32", "sparc"},
		{"parisc64", "parisc"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		if (strcmp(folders[i].arch, make_arch) == 0)
			return folders[i].folder;
	}
	return make_arch;
}

/* One word of an id: a folder's name that needs no care anywhere. */
static char *id_word(const char *text)
{
	char *word = g_strcanon(g_path_get_basename(text),
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789._+-",
				'_');

	if (word[0] == '.')
		word[0] = '_';
	return word;
}

static void id_add(GString *id, const char *before, const char *text)
{
	g_autofree char *word = id_word(text);

	if (id->len)
		g_string_append_c(id, '/');
	g_string_append(id, before);
	g_string_append(id, word);
}

static char *make_id(struct planner *planner, const struct cell *cell)
{
	const struct build_rule *rule = planner->rule;
	g_autoptr(GString) id = g_string_new(NULL);
	gsize len;

	id_add(id, "",
	       rule->name      ? rule->name
	       : planner->arch ? planner->arch->name
			       : "native");
	if (cell->defconfig && (!rule->name || rule->defconfig->len > 1))
		id_add(id, "", cell->defconfig);
	if (!rule->name || rule->toolchain->len > 1)
		id_add(id, "", cell->toolchain);
	if (cell->without)
		id_add(id, "without-", cell->without);
	len = id->len;
	for (guint n = 2; g_hash_table_contains(planner->ids, id->str); n++) {
		g_string_truncate(id, len);
		g_string_append_printf(id, "-%u", n);
	}
	g_hash_table_add(planner->ids, g_strdup(id->str));
	return g_string_free(g_steal_pointer(&id), FALSE);
}

/* A fragment's name; of lines in the project file the first one. */
static char *shown_name(const char *fragment)
{
	gsize len = strcspn(fragment, "\n");
	g_autofree char *first = NULL;

	if (!is_inline(fragment))
		return g_strdup(fragment);
	first = text_one_line(fragment, (gssize)len, 80);
	if (strspn(fragment + len, "\n") == strlen(fragment + len))
		return g_steal_pointer(&first);
	return g_strdup_printf("\"%s ...\"", first);
}

static void set_fragments(const struct planner *planner,
			  struct build_spec *spec, const char *without)
{
	for (guint i = 0; i < planner->names->len; i++) {
		const char *name = planner->names->pdata[i];

		if (without && strcmp(name, without) == 0)
			continue;
		g_ptr_array_add(spec->fragment_names, shown_name(name));
		g_ptr_array_add(spec->fragments,
				g_strdup(planner->texts->pdata[i]));
	}
}

static void set_limits(const struct planner *planner, struct build_spec *spec)
{
	const struct project *project = planner->project;

	spec->warnings = planner->rule->warnings;
	spec->boot = planner->rule->boot;
	spec->each_patch = planner->rule->each_patch;
	spec->time_s = project->limits.build_s;
	spec->output_bytes = project->limits.output_bytes;
	spec->memory_bytes = project->limits.memory_bytes;
	spec->processes = project->limits.processes;
	spec->log_bytes = project->limits.log_bytes;
	spec->jobs = planner->jobs;
}

static void set_arch(struct build_spec *spec, const struct arch *arch,
		     const char *written)
{
	spec->arch = g_strdup(written ? written : "native");
	if (!arch)
		return;
	spec->make_arch = g_strdup(arch->make_arch);
	spec->source_arch = g_strdup(source_arch(arch->make_arch));
	spec->image = g_strdup(arch->image);
	if (spec->recipe == RECIPE_KBUILD)
		g_ptr_array_add(spec->make_args,
				g_strconcat("ARCH=", arch->make_arch, NULL));
}

static void set_targets(const struct planner *planner, struct build_spec *spec)
{
	const struct build_rule *rule = planner->rule;

	build_texts_add(spec->artifacts, rule->artifacts);
	if (rule->targets->len) {
		build_texts_add(spec->targets, rule->targets);
	} else if (planner->arch) {
		g_auto(GStrv)
			words = g_strsplit(planner->arch->targets, " ", 0);

		for (char **word = words; *word; word++)
			g_ptr_array_add(spec->targets, g_strdup(*word));
	}
}

static bool has_extra(const struct planner *planner, const char *extra)
{
	return g_ptr_array_find_with_equal_func(planner->rule->extras, extra,
						g_str_equal, NULL);
}

static void set_extras(const struct planner *planner, struct build_spec *spec)
{
	spec->headers = has_extra(planner, "headers");
	spec->headers_image = has_extra(planner, "headers-image");
	spec->modules_image = has_extra(planner, "modules-image");
}

/* make hands it on to kconfig, for the base as for the series. */
static void set_seed(struct build_spec *spec, guint32 seed)
{
	spec->seed = g_strdup_printf("0x%08x", seed);
	g_ptr_array_add(spec->make_args,
			g_strconcat("KCONFIG_SEED=", spec->seed, NULL));
}

static bool is_random(const struct build_spec *spec)
{
	return spec->defconfig &&
	       g_str_has_suffix(spec->defconfig, "randconfig");
}

void build_spec_draw(struct build_spec *spec, const char *text)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize len = sizeof(digest);
	guint32 seed;

	if (spec->seed || !is_random(spec))
		return;
	g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_update(sum, (const guchar *)spec->id, -1);
	g_checksum_get_digest(sum, digest, &len);
	memcpy(&seed, digest, sizeof(seed));
	set_seed(spec, GUINT32_FROM_BE(seed));
}

static void set_inputs(const struct planner *planner, struct build_spec *spec)
{
	const GPtrArray *inputs = planner->rule->inputs;

	for (guint i = 0; inputs && i < inputs->len; i++)
		g_ptr_array_add(spec->inputs,
				build_input_copy(inputs->pdata[i]));
	spec->anoint = g_strdup(planner->rule->anoint);
}

static bool plan_cell(struct planner *planner, const struct cell *cell,
		      GError **error)
{
	const struct build_rule *rule = planner->rule;
	g_autoptr(build_spec_t) spec = build_spec_new();

	spec->recipe = rule->recipe;
	spec->origin = g_strdup(planner->project->file);
	spec->toolchain = g_strdup(cell->toolchain);
	spec->defconfig = g_strdup(cell->defconfig);
	spec->command = g_strdup(rule->command);
	set_arch(spec, planner->arch, rule->arch);
	set_targets(planner, spec);
	set_extras(planner, spec);
	set_inputs(planner, spec);
	set_limits(planner, spec);
	set_fragments(planner, spec, cell->without);
	if (!build_spec_use_toolchain(spec, planner->arch, planner->site,
				      error))
		return false;
	spec->id = make_id(planner, cell);
	if (rule->seed && is_random(spec))
		set_seed(spec, (guint32)rule->seed);
	g_ptr_array_add(planner->specs, g_steal_pointer(&spec));
	return true;
}

static const char *nth(const GPtrArray *list, guint i, const char *otherwise)
{
	return list->len ? list->pdata[i] : otherwise;
}

static bool plan_matrix(struct planner *planner, GError **error)
{
	const struct build_rule *rule = planner->rule;
	bool kernel = rule->recipe == RECIPE_KBUILD;
	guint n_defconfig = kernel ? MAX(rule->defconfig->len, 1) : 1;
	guint n_toolchain = MAX(rule->toolchain->len, 1);
	guint n = n_defconfig * n_toolchain * (rule->without->len + 1);

	for (guint i = 0; i < n; i++) {
		guint feature = i % (rule->without->len + 1);
		guint rest = i / (rule->without->len + 1);
		const struct cell cell = {
			.defconfig = kernel ? nth(rule->defconfig,
						  rest / n_toolchain,
						  planner->arch->defconfig)
					    : NULL,
			.toolchain = nth(rule->toolchain, rest % n_toolchain,
					 "gcc"),
			.without = feature ? rule->without->pdata[feature - 1]
					   : NULL,
		};

		if (!plan_cell(planner, &cell, error))
			return false;
	}
	return true;
}

static bool find_arch(struct planner *planner, GError **error)
{
	const struct build_rule *rule = planner->rule;
	g_autofree char *quoted = text_quote(rule->arch, -1);
	const char *near;

	planner->arch = rule->arch ? arch_find(rule->arch) : arch_of_machine();
	if (planner->arch || rule->recipe == RECIPE_SCRIPT)
		return true;
	near = rule->arch ? text_nearest(rule->arch, arch_names()) : NULL;
	return build_plan_fail(planner->project->file, error,
			       "nobody knows the arch %s%s%s%s", quoted,
			       near ? ", did you mean \"" : "",
			       near ? near : "", near ? "\"?" : "");
}

static bool plan_rule(struct planner *planner, GError **error)
{
	g_ptr_array_set_size(planner->names, 0);
	g_ptr_array_set_size(planner->texts, 0);
	if (planner->rule->recipe == RECIPE_SCRIPT && !planner->rule->command)
		return build_plan_fail(planner->project->file, error,
				       "a build with \"recipe: script\" has no "
				       "\"command\"");
	return find_arch(planner, error) && read_fragments(planner, error) &&
	       plan_matrix(planner, error);
}

/* make -j of one build, when each slot has its share of the machine. */
static guint jobs_of(const struct site *site)
{
	guint cpus = g_get_num_processors();
	guint64 slots = site && site->workers.slots ? site->workers.slots
						    : MAX(cpus / 2, 1);

	if (site && site->workers.jobs)
		return (guint)MIN(site->workers.jobs, 1024);
	return (guint)MAX(cpus / slots, 1);
}

GPtrArray *build_plan(const struct project *project, const struct site *site,
		      GError **error)
{
	g_autoptr(GPtrArray) names = texts_new(), texts = texts_new();
	g_autoptr(GPtrArray) specs = g_ptr_array_new_with_free_func(
		(GDestroyNotify)build_spec_free);
	g_autoptr(GHashTable) ids = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	struct planner planner = {.project = project,
				  .site = site,
				  .names = names,
				  .texts = texts,
				  .specs = specs,
				  .ids = ids,
				  .jobs = jobs_of(site)};

	for (guint i = 0; project->builds && i < project->builds->len; i++) {
		planner.rule = project->builds->pdata[i];
		if (!plan_rule(&planner, error))
			return NULL;
	}
	return g_steal_pointer(&specs);
}

guint64 build_spec_needs_bytes(const struct build_spec *spec)
{
	guint64 needs = MAX(spec->jobs, 1) * JOB_BYTES;

	return spec->memory_bytes ? MIN(needs, spec->memory_bytes) : needs;
}
