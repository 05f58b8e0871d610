// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which files of the series no object was made of. kbuild leaves a .cmd file
 * beside all that it makes, with what it was made of. A file that the series
 * touches is younger than all that the base has made: where it was compiled, a
 * .cmd file that is younger than the build's begin names it.
 *
 * A build that failed may not have come to a file. Then what the base made
 * counts too, and of a file that the base does not have nothing can be said.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/kbuild-cmd.h"
#include "build/kconfig.h"
#include "build/kmake.h"
#include "tree/tree.h"

#define FILES_MOST 200

/* What objects are made of, and what is made of it. */
static const struct {
	const char *ending, *object;
} sources[] = {
	{".c", ".o"},
	{".S", ".o"},
	{".rs", ".o"},
	{".dts", ".dtb"},
};

/* Programs of the build and of its users: they have their own makes. */
static const char *const other_programs[] = {
	"scripts/**",	    "tools/**",	       "usr/**",
	"Documentation/**", "arch/*/tools/**",
};

/* The object that is made of a file of the tree; NULL: none. */
static char *object_of(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(other_programs); i++) {
		if (text_glob(other_programs[i], path))
			return NULL;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		gsize end = strlen(sources[i].ending);

		if (g_str_has_suffix(path, sources[i].ending))
			return g_strdup_printf("%.*s%s",
					       (int)(strlen(path) - end), path,
					       sources[i].object);
	}
	return NULL;
}

/* Files that are looked for, as the build sees them; what is named goes. */
struct search {
	const char *top;
	GPtrArray *left; /* of char *: below top */
};

static bool see_names(const char *text, gpointer data)
{
	struct search *search = data;

	for (guint i = search->left->len; i > 0; i--) {
		g_autofree char *file = g_strconcat(
			search->top, "/", search->left->pdata[i - 1], NULL);

		if (kbuild_cmd_names(text, file))
			g_ptr_array_remove_index(search->left, i - 1);
	}
	return search->left->len > 0;
}

static GPtrArray *find_sources(const struct build_run *run, bool of_base)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < run->changes->len && files->len < FILES_MOST;
	     i++) {
		const struct tree_change *change = run->changes->pdata[i];
		g_autofree char *object = object_of(change->path);

		if (change->mode != 0 && object &&
		    (!of_base || warm_base_has(run, change->path)))
			g_ptr_array_add(files, g_strdup(change->path));
	}
	return files;
}

static bool changes_makefiles(const struct build_run *run)
{
	static const char *const globs[] = {
		"Makefile*",  "**/Makefile*", "Kbuild*",
		"**/Kbuild*", "Kconfig*",     "**/Kconfig*",
	};

	for (guint i = 0; i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];

		for (gsize j = 0; j < G_N_ELEMENTS(globs); j++) {
			if (text_glob(globs[j], change->path))
				return true;
		}
	}
	return false;
}

/* "CONFIG_X with CONFIG_NET and CONFIG_INET": what this configuration lacks. */
static char *lacking(const GPtrArray *symbols, GHashTable *values)
{
	static const char *const before[] = {"", " with ", " and "};
	g_autoptr(GString) out = g_string_new(NULL);
	guint count = 0;

	for (guint i = 0; symbols && i < symbols->len; i++) {
		const char *symbol = symbols->pdata[i];
		const char *value = g_hash_table_lookup(values, symbol);

		if (g_strcmp0(value, "y") == 0 || g_strcmp0(value, "m") == 0)
			continue;
		g_string_append_printf(out, "%sCONFIG_%s", before[count],
				       symbol);
		count = MIN(count + 1, 2);
	}
	return out->len ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

/* "arm" of "arch/arm/mm/init.c" in a build of another. */
static char *other_arch(const struct build_run *run, const char *path)
{
	const char *name = g_str_has_prefix(path, "arch/") ? path + 5 : NULL;
	const char *slash = name ? strchr(name, '/') : NULL;
	g_autofree char *arch = slash ? g_strndup(name, (gsize)(slash - name))
				      : NULL;

	return arch && g_strcmp0(arch, run->spec->source_arch) != 0
		       ? g_strdup_printf("a build of %s", arch)
		       : NULL;
}

static char *needs_of(const struct build_run *run, const char *path,
		      GHashTable *values)
{
	g_autofree char *object = object_of(path);
	char *needs = other_arch(run, path);
	g_autoptr(GPtrArray)
		symbols = needs ? NULL : kmake_needs(&run->src->layers, object);

	return needs ? needs : lacking(symbols, values);
}

static GPtrArray *explain(const struct build_run *run, const GPtrArray *files)
{
	GPtrArray *list = uncompiled_new();
	g_autofree char *config = layers_read(&run->out->layers, ".config",
					      KCONFIG_TEXT_BYTES);
	g_autoptr(GHashTable) values = kconfig_values(config ? config : "");

	for (guint i = 0; i < files->len; i++) {
		struct uncompiled *one = g_new0(struct uncompiled, 1);

		one->file = g_strdup(files->pdata[i]);
		one->needs = needs_of(run, one->file, values);
		g_ptr_array_add(list, one);
	}
	return list;
}

/* Whether anything can be said of what this build compiled. */
static bool is_known(const struct build_run *run, bool failed)
{
	enum build_status status = run->result->status;

	if (run->spec->recipe != RECIPE_KBUILD || !run->changes)
		return false;
	return failed ? run->warm && !changes_makefiles(run)
		      : status == BUILD_PASSED || status == BUILD_WARNED;
}

void compiled_find(struct build_run *run)
{
	bool failed = run->result->status == BUILD_FAILED;
	g_autoptr(GPtrArray) files = NULL;
	struct search search = {.top = run->src_seen};

	if (!is_known(run, failed))
		return;
	search.left = files = find_sources(run, failed);
	if (files->len)
		kbuild_cmd_walk(run->out->layers.top, run->laid_at_us,
				see_names, &search);
	if (files->len && failed) {
		g_autofree char *base = g_build_filename(run->warm->path,
							 BUILD_OUT_NAME, NULL);

		kbuild_cmd_walk(base, 0, see_names, &search);
	}
	run->result->uncompiled = explain(run, files);
}
