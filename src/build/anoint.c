// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/anoint.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/meta.h"

#define FOLDER_NAME "anointed"
#define NAME_BYTES 64
#define RESULTS "results"

static void use_free(gpointer data)
{
	struct anointed_use *use = data;

	g_free(use->project);
	g_free(use->build);
	g_free(use->run);
	g_free(use->key);
	g_free(use);
}

static struct anointed *anointed_new(const char *name)
{
	struct anointed *anointed = g_new0(struct anointed, 1);

	anointed->name = g_strdup(name);
	anointed->bad = g_ptr_array_new_with_free_func(g_free);
	anointed->uses = g_ptr_array_new_with_free_func(use_free);
	return anointed;
}

void anointed_free(struct anointed *anointed)
{
	if (!anointed)
		return;
	g_free(anointed->name);
	g_free(anointed->key);
	g_ptr_array_unref(anointed->bad);
	g_ptr_array_unref(anointed->uses);
	g_free(anointed);
}

static bool check_name(const char *name, GError **error)
{
	gsize good = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789._-");
	g_autofree char *quoted = NULL;

	if (good == strlen(name) && good > 0 && good <= NAME_BYTES &&
	    name[0] != '.')
		return true;
	quoted = text_quote(name, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "%s is no name for a build, which is up to %d letters, "
		    "digits, \".\", \"_\" and \"-\"",
		    quoted, NAME_BYTES);
	return false;
}

static char *path_of(struct keep *keep, const char *name, const char *suffix)
{
	g_autofree char *file = g_strconcat(name, suffix, NULL);

	return g_build_filename(keep_dir(keep), FOLDER_NAME, file, NULL);
}

static char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return g_strdup(text ? text : "");
}

static void read_uses(struct keep *keep, struct anointed *anointed)
{
	g_autofree char *path = path_of(keep, anointed->name, ".uses");
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_autoptr(json_t) json = json_loads(*line, 0, NULL);
		struct anointed_use *use;

		if (!json_is_object(json))
			continue;
		use = g_new0(struct anointed_use, 1);
		use->project = text_of(json, "project");
		use->build = text_of(json, "build");
		use->run = text_of(json, "run");
		use->key = text_of(json, "key");
		use->at = json_integer_value(json_object_get(json, "at"));
		g_ptr_array_add(anointed->uses, use);
	}
}

static struct anointed *anointed_read(struct keep *keep, const char *name)
{
	g_autofree char *path = path_of(keep, name, ".json");
	g_autoptr(json_t) json = json_load_file(path, 0, NULL);
	struct anointed *anointed;
	json_t *key;
	gsize i;

	if (!json_is_object(json))
		return NULL;
	anointed = anointed_new(name);
	anointed->key = g_strdup(
		json_string_value(json_object_get(json, "key")));
	anointed->at = json_integer_value(json_object_get(json, "at"));
	json_array_foreach (json_object_get(json, "bad"), i, key)
		g_ptr_array_add(anointed->bad,
				g_strdup(json_string_value(key)));
	read_uses(keep, anointed);
	return anointed;
}

static bool anointed_write(struct keep *keep, struct anointed *anointed,
			   GError **error)
{
	g_autofree char *path = path_of(keep, anointed->name, ".json");
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(json_t) json = NULL;
	g_autofree char *text = NULL;

	anointed->at = clock_now_at();
	json = json_pack("{s:o, s:I, s:o}", "key", json_text(anointed->key),
			 "at", (json_int_t)anointed->at, "bad",
			 json_text_array(anointed->bad));
	text = json_dumps(json, JSON_COMPACT);
	if (text && g_mkdir_with_parents(folder, 0755) == 0 &&
	    g_file_set_contents(path, text, -1, NULL))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be written: %s", path, g_strerror(errno));
	return false;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct anointed *left = *(struct anointed *const *)a;
	const struct anointed *right = *(struct anointed *const *)b;

	return strcmp(left->name, right->name);
}

GPtrArray *anointed_list(struct keep *keep)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(
		(GDestroyNotify)anointed_free);
	g_autofree char *folder = g_build_filename(keep_dir(keep), FOLDER_NAME,
						   NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *file;

	while (dir && (file = g_dir_read_name(dir))) {
		g_autofree char *name = NULL;
		struct anointed *anointed;

		if (!g_str_has_suffix(file, ".json"))
			continue;
		name = g_strndup(file, strlen(file) - strlen(".json"));
		anointed = anointed_read(keep, name);
		if (anointed)
			g_ptr_array_add(list, anointed);
	}
	g_ptr_array_sort(list, by_name);
	return list;
}

struct anointed *anointed_find(struct keep *keep, const char *name,
			       GError **error)
{
	struct anointed *anointed;

	if (!check_name(name, error))
		return NULL;
	anointed = anointed_read(keep, name);
	if (!anointed)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "no build is anointed as %s", name);
	return anointed;
}

static bool has_key(const GPtrArray *keys, const char *key)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)(gsize)keys, key,
						g_str_equal, NULL);
}

/* A pin has a line a name; the last name takes the pin with it. */
static bool release(struct keep *keep, const char *key, const char *name,
		    GError **error)
{
	g_autoptr(GPtrArray) all = anointed_list(keep);

	for (guint i = 0; i < all->len; i++) {
		const struct anointed *other = all->pdata[i];

		if (strcmp(other->name, name) != 0 && other->key &&
		    strcmp(other->key, key) == 0)
			return true;
	}
	return keep_unpin(keep, RESULTS, key, error);
}

/* Why the base of a result is not known to be good; NULL: it is. */
static const char *doubt_base(struct keep *keep, const json_t *meta)
{
	const char *status = meta_text(meta, "base_status");
	const char *key = meta_text(meta, "base_key");
	g_autoptr(json_t) base = NULL;

	if (!status && key) {
		base = meta_read(keep, "bases", key);
		status = meta_text(base, "base_status");
	}
	if (!status)
		return "nobody has built its base: `reroll builds --make` "
		       "makes it";
	return strcmp(status, build_status_name(BUILD_PASSED)) == 0
		       ? NULL
		       : "its base does not build";
}

static bool check_good(struct keep *keep, const struct kept *kept,
		       const char *key, GError **error)
{
	g_autoptr(build_result_t) result = cache_read(NULL, kept->path);
	g_autoptr(json_t) meta = meta_read(keep, RESULTS, key);
	const char *doubt = doubt_base(keep, meta);

	if (!result || result->status != BUILD_PASSED) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
			    "the build %s cannot be anointed, as it did not "
			    "pass: %s",
			    key,
			    result ? result->summary : "its result is damaged");
		return false;
	}
	if (!doubt)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
		    "the build %s cannot be anointed: %s", key, doubt);
	return false;
}

static bool check_again(const struct anointed *anointed, const char *key,
			GError **error)
{
	if (!has_key(anointed->bad, key))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT,
		    "the build %s was revoked as %s: only `reroll builds "
		    "--anoint` anoints it again",
		    key, anointed->name);
	return false;
}

static struct kept *hold_result(struct keep *keep, const char *key,
				GError **error)
{
	g_autoptr(GError) local = NULL;
	struct kept *kept = keep_get(keep, RESULTS, key, NULL, NULL, NULL,
				     &local);

	if (local)
		g_propagate_error(error, g_steal_pointer(&local));
	else if (!kept)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "no result is kept as %s", key);
	return kept;
}

/* Staff may change their mind; a rule may not. */
static void forgive(struct anointed *anointed, const char *key)
{
	guint place;

	if (g_ptr_array_find_with_equal_func(anointed->bad, key, g_str_equal,
					     &place))
		g_ptr_array_remove_index(anointed->bad, place);
}

bool anoint(struct keep *keep, const char *key, const char *name, bool again,
	    GError **error)
{
	g_autoptr(anointed_t) anointed = NULL;
	g_autoptr(kept_t) kept = NULL;
	g_autofree char *pin = g_strconcat("anointed as ", name, NULL);
	g_autofree char *before = NULL;

	if (!check_name(name, error))
		return false;
	kept = hold_result(keep, key, error);
	if (!kept || !check_good(keep, kept, key, error))
		return false;
	anointed = anointed_read(keep, name);
	if (!anointed)
		anointed = anointed_new(name);
	if (g_strcmp0(anointed->key, key) == 0)
		return true;
	if (again)
		forgive(anointed, key);
	if (!check_again(anointed, key, error))
		return false;
	if (!keep_pin(keep, RESULTS, key, pin, error))
		return false;
	before = g_steal_pointer(&anointed->key);
	anointed->key = g_strdup(key);
	return anointed_write(keep, anointed, error) &&
	       (!before || release(keep, before, name, error));
}

bool anoint_revoke(struct keep *keep, const char *name, GError **error)
{
	g_autoptr(anointed_t) anointed = anointed_find(keep, name, error);
	g_autofree char *key = NULL;

	if (!anointed)
		return false;
	if (!anointed->key)
		return true;
	key = g_steal_pointer(&anointed->key);
	if (!has_key(anointed->bad, key))
		g_ptr_array_add(anointed->bad, g_strdup(key));
	return anointed_write(keep, anointed, error) &&
	       release(keep, key, name, error);
}

/* One write of one line: builds that end at once do not mix theirs. */
bool anoint_use(struct keep *keep, const char *name,
		const struct anointed_use *use, GError **error)
{
	g_autofree char *path = path_of(keep, name, ".uses");
	g_autoptr(json_t) json = json_pack(
		"{s:o, s:o, s:o, s:o, s:I}", "project", json_text(use->project),
		"build", json_text(use->build), "run", json_text(use->run),
		"key", json_text(use->key), "at", (json_int_t)clock_now_at());
	g_autofree char *text = json_dumps(json, JSON_COMPACT);
	g_autofree char *line = g_strconcat(text, "\n", NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	bool ok = fd >= 0 &&
		  write(fd, line, strlen(line)) == (ssize_t)strlen(line);

	if (fd >= 0)
		close(fd);
	if (!ok)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "%s cannot be written: %s", path,
			    g_strerror(errno));
	return ok;
}
