// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where make goes. To find that there is nothing to do, it reads the rules of
 * every folder of a kernel, which takes longer than to compile a file and to
 * link. Beside all that it made, the base's build has left what it made it of:
 * so it is known in which folders something is made of what the series touches,
 * and make is told to go into no other.
 *
 * It is told by rules of ours that MAKEFILES has each make read first: kbuild
 * goes into a folder, the recipe's $@, by $(MAKE), and that is ":" where there
 * is nothing to do. A kernel whose recipes are others is not kept from it.
 *
 * It has to be certain that nothing else would be made. So make goes everywhere
 * when the series touches what more than objects are made of, or adds or
 * removes a file; and where, when make comes to it, a header was made that is
 * younger than these rules.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/kbuild-path.h"
#include "build/made-of.h"
#include "tree/tree.h"

#define CHANGES_MOST 64

/* Linux before 5.3 has the lists of its modules made anew in every folder. */
static const char rules[] =
	"reroll-rules := $(lastword $(MAKEFILE_LIST))\n"
	"reroll-top := $(dir $(reroll-rules))\n"
	"reroll-find = find $(reroll-top)include \\\n"
	"\t$(wildcard $(reroll-top)arch/*/include) \\\n"
	"\t-type f -newer $(reroll-rules) -print -quit || echo unknown\n"
	"reroll-made = $(eval reroll-made := "
	"$(shell $(reroll-find)))$(reroll-made)\n"
	"reroll-folder = $(filter $(subdir-ym) $(build-dirs),$@)\n"
	"reroll-idle = $(if $(filter-out $(reroll-walk),$(reroll-folder)),"
	"$(if $(MODVERDIR)$(reroll-made),,yes))\n"
	"MAKE = $(if $(reroll-idle),:,$(MAKE_COMMAND))\n";

static bool is_read(const struct build_run *run, const char *path)
{
	return build_recipe_of(run->spec)->reads(run->spec, path);
}

/* Whether objects are all that can come of the change, and known. */
static bool can_follow(const struct build_run *run,
		       const struct tree_change *change)
{
	const char *path = change->path;

	if (change->mode == 0 || !kbuild_makes_objects(path))
		return false;
	return !is_read(run, path) ||
	       (!kbuild_is_of_all(path) && kbuild_is_plain(path) &&
		warm_base_has(run, path));
}

/* A folder with those above it. */
static void add_folder(GHashTable *folders, const char *folder)
{
	g_autofree char *at = g_strdup(folder);

	while (g_hash_table_add(folders, g_strdup(at)) && strchr(at, '/'))
		*strrchr(at, '/') = '\0';
}

/*
 * Where something is made of that source: its own folder too, since not all
 * rules leave a .cmd file. False when it is not known.
 */
static bool add_folders(const struct build_run *run, const char *path,
			const struct made_of *made, GHashTable *folders)
{
	g_auto(GStrv) places = made_of_find(made, path);
	g_autofree char *own = g_path_get_dirname(path);
	g_autofree char *object = kbuild_object(path);

	if (!*places && layers_has(&run->out->layers, object))
		return false;
	for (char **place = places; *place; place++) {
		if (strcmp(*place, MADE_OTHER) == 0 ||
		    strcmp(*place, MADE_ELSEWHERE) == 0)
			return false;
		add_folder(folders, *place);
	}
	add_folder(folders, own);
	return true;
}

/* The folders that make has to go into; NULL: they are not known. */
static GHashTable *find_folders(const struct build_run *run)
{
	g_autoptr(GHashTable) folders = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(made_of_t) made = warm_made_of(run);

	if (!made || run->changes->len > CHANGES_MOST)
		return NULL;
	for (guint i = 0; i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];
		const char *path = change->path;

		if (!can_follow(run, change) ||
		    (is_read(run, path) &&
		     !add_folders(run, path, made, folders)))
			return NULL;
	}
	return g_steal_pointer(&folders);
}

static bool rules_write(const struct build_run *run, GHashTable *folders)
{
	const char *top = run->out->layers.top;
	g_autofree char *path = g_build_filename(top, WALK_NAME, NULL);
	g_autoptr(GString) text = g_string_new("reroll-walk :=");
	GHashTableIter iter;
	gpointer folder;

	g_hash_table_iter_init(&iter, folders);
	while (g_hash_table_iter_next(&iter, &folder, NULL))
		g_string_append_printf(text, " %s", (char *)folder);
	g_string_append_printf(text, "\n%s", rules);
	return g_file_set_contents(path, text->str, -1, NULL);
}

/* Whether the output is the base's, and nothing is missing in it. */
static bool is_whole(const struct build_run *run)
{
	return run->warm && run->sources && run->changes && !run->clean &&
	       !run->base && !run->trial && !run->target && !run->spec->root &&
	       !warm_base_fails(run);
}

void walk_begin(struct build_run *run)
{
	g_autoptr(GHashTable) folders = is_whole(run) ? find_folders(run)
						      : NULL;

	run->walks = folders && rules_write(run, folders);
	if (run->walks)
		log_event(LOG_LEVEL_DEBUG, run->job->run_id,
			  "build %s: make goes into %u folders", run->spec->id,
			  g_hash_table_size(folders));
}
