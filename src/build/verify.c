// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A build that goes on in its base's output must come to what one from nothing
 * comes to. Here both are made, and compared byte for byte; where they differ,
 * what the project's makefiles say of dependencies is wrong, or we are, and no
 * verdict on a series may stand on it.
 */
#include <config.h>

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"

#define CLEAN_NAME "verify"
#define DEPTH_MOST 64
#define NAMES_SHOWN 3
#define PIECE_BYTES (64 << 10)

/* What is compared, text_glob() patterns; the spec's image and artifacts too.
 */
static const char *const compared[] = {
	"**.o",	   "**.ko",	 "**.dtb",	  "vmlinux",
	".config", "System.map", "modules.order", "**/modules.order",
};

/*
 * What may differ, by being there though a build from nothing has none of it:
 * the base left it. Whether anything took it in shows in what that would be
 * linked to, which is compared as well.
 */
static const struct {
	const char *pattern, *reason;
} left_over[] = {
	{"**.o", "make removes no object whose source is gone"},
	{"**.ko", "nor a module that is turned off"},
	{"**.dtb", "nor a device tree"},
	{"**/modules.order", "nor the list of a folder that has none"},
};

struct verify {
	struct build_run *run;	/* in the view of its base */
	struct build_run clean; /* from nothing */
	struct build_job job;	/* of it */
	GHashTable *paths;	/* of char *: all that are compared */
	GPtrArray *differ;	/* of char * */
	guint same;
};

static bool is_compared(const struct verify *verify, const char *path)
{
	const struct build_spec *spec = verify->run->spec;

	if (spec->image && strcmp(path, spec->image) == 0)
		return true;
	for (guint i = 0; i < spec->artifacts->len; i++) {
		if (strcmp(path, spec->artifacts->pdata[i]) == 0)
			return true;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(compared); i++) {
		if (text_glob(compared[i], path))
			return true;
	}
	return false;
}

/* The files of one layer; what a whiteout hides is told apart later. */
static void list_files(struct verify *verify, const char *dir)
{
	char *const tops[] = {(char *)(gsize)dir, NULL};
	FTS *fts = dir ? fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL)
		       : NULL;
	FTSENT *entry;

	while (fts && (entry = fts_read(fts))) {
		const char *path = entry->fts_path + strlen(dir);

		if (entry->fts_info == FTS_D && entry->fts_level > DEPTH_MOST)
			fts_set(fts, entry, FTS_SKIP);
		while (*path == '/')
			path++;
		if (entry->fts_info == FTS_F && is_compared(verify, path))
			g_hash_table_add(verify->paths, g_strdup(path));
	}
	if (fts)
		fts_close(fts);
}

/* A full piece but at the end. */
static gssize read_piece(int fd, char *piece)
{
	gsize len = 0;

	while (len < PIECE_BYTES) {
		gssize n = read(fd, piece + len, PIECE_BYTES - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (gsize)n;
	}
	return (gssize)len;
}

static bool same_content(int a, int b)
{
	g_autofree char *left = g_malloc(PIECE_BYTES);
	g_autofree char *right = g_malloc(PIECE_BYTES);

	for (;;) {
		gssize n = read_piece(a, left), m = read_piece(b, right);

		if (n != m || n < 0 || memcmp(left, right, (gsize)n) != 0)
			return false;
		if (n < PIECE_BYTES)
			return true;
	}
}

static bool may_be_left_over(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(left_over); i++) {
		if (text_glob(left_over[i].pattern, path))
			return true;
	}
	return false;
}

static void compare(struct verify *verify, const char *path)
{
	int warm = layers_open(&verify->run->out->layers, path);
	int clean = layers_open(&verify->clean.out->layers, path);

	if (warm >= 0 && clean >= 0 && same_content(warm, clean))
		verify->same++;
	else if (clean >= 0 || (warm >= 0 && !may_be_left_over(path)))
		g_ptr_array_add(verify->differ, g_strdup(path));
	if (warm >= 0)
		close(warm);
	if (clean >= 0)
		close(clean);
}

static gint by_path(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A build that failed stops anywhere: only its end can be compared. */
static void compare_all(struct verify *verify)
{
	const struct build_run *run = verify->run;
	GHashTableIter iter;
	gpointer path;

	if (run->result->status != verify->clean.result->status) {
		g_autofree char *how = g_strdup_printf(
			"the verdict (%s, and %s from nothing)",
			build_status_name(run->result->status),
			build_status_name(verify->clean.result->status));

		g_ptr_array_add(verify->differ, g_steal_pointer(&how));
		return;
	}
	if (run->result->status != BUILD_PASSED)
		return;
	list_files(verify, run->out->layers.top);
	list_files(verify, run->out->layers.lower);
	list_files(verify, verify->clean.out->layers.top);
	g_hash_table_iter_init(&iter, verify->paths);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		compare(verify, path);
	g_ptr_array_sort(verify->differ, by_path);
}

/* Both logs and the whole list; a keep_maker. */
static bool make_record(const char *dir, gpointer data, GError **error)
{
	const struct verify *verify = data;
	const struct {
		const char *from, *name;
	} logs[] = {
		{verify->run->result->log_path, "log"},
		{verify->clean.result->log_path, "log-from-nothing"},
	};
	g_autofree char *path = g_build_filename(dir, "differ", NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	bool ok = true;

	for (guint i = 0; i < verify->differ->len; i++)
		g_string_append_printf(text, "%s\n",
				       (char *)verify->differ->pdata[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
		g_autofree char *to = g_build_filename(dir, logs[i].name, NULL);

		ok = cache_copy(logs[i].from, to) && ok;
	}
	if (ok && g_file_set_contents(path, text->str, -1, NULL))
		return meta_write(verify->run, dir, NULL, error);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be written", dir);
	return false;
}

/* The first few, how many more, and where the rest is. */
static bool tell(struct verify *verify, GError **error)
{
	const struct build_run *run = verify->run;
	g_autofree char *key = clock_new_id();
	g_autoptr(kept_t) record = NULL;
	g_autoptr(GString) names = g_string_new(NULL);
	guint len = verify->differ->len;

	record = keep_get(run->job->keep, "verify", key, make_record, verify,
			  run->cancellable, error);
	if (!record)
		return false;
	for (guint i = 0; i < MIN(len, NAMES_SHOWN); i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       (char *)verify->differ->pdata[i]);
	if (len > NAMES_SHOWN)
		g_string_append_printf(names, " and %u more",
				       len - NAMES_SHOWN);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the build %s is not what it is from nothing, which is a "
		    "bug of its makefiles or of ours: %s differ; the logs of "
		    "both and the list are in %s",
		    run->spec->id, names->str, record->path);
	return false;
}

static bool build_clean(struct verify *verify, GError **error)
{
	struct build_run *run = verify->run, *clean = &verify->clean;

	verify->job = *run->job;
	verify->job.base_tree = NULL;
	*clean = (struct build_run){.job = &verify->job,
				    .spec = run->spec,
				    .tree = run->tree,
				    .inputs = run->inputs,
				    .cancellable = run->cancellable,
				    .progress = run->progress};
	clean->artifact_dir = g_build_filename(run->artifact_dir, CLEAN_NAME,
					       NULL);
	return build_make_folder(clean->artifact_dir, error) &&
	       build_run_tree(clean, error);
}

bool verify_build(struct build_run *run, GError **error)
{
	struct verify verify = {.run = run};
	bool ok;

	if (!build_recipe_of(run->spec)->incremental || run->job->no_sandbox)
		return true;
	verify.paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     NULL);
	verify.differ = g_ptr_array_new_with_free_func(g_free);
	ok = build_clean(&verify, error);
	if (ok)
		compare_all(&verify);
	if (ok && verify.differ->len > 0)
		ok = tell(&verify, error);
	if (ok)
		log_event(LOG_LEVEL_INFO, run->job->run_id,
			  "build %s verified: %u files are as from nothing",
			  run->spec->id, verify.same);
	g_free(verify.clean.artifact_dir);
	build_run_clear(&verify.clean);
	g_hash_table_unref(verify.paths);
	g_ptr_array_unref(verify.differ);
	return ok;
}
