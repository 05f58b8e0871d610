/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "lab/boots.h"

#include <errno.h>
#include <string.h>

#include "base/base.h"

#define KIND "boots"
#define BOOT_NAME "boot.json"
#define DEPTH_MOST 32

static void add_text(GChecksum *sum, const char *text)
{
	if (text)
		g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_update(sum, (const guchar *)"", 1);
}

static void add_texts(GChecksum *sum, const GPtrArray *texts)
{
	for (guint i = 0; i < texts->len; i++)
		add_text(sum, texts->pdata[i]);
	add_text(sum, "");
}

static void add_rules(GChecksum *sum, const GPtrArray *rules)
{
	for (guint i = 0; i < rules->len; i++)
		add_text(sum,
			 ((const struct symbol_rule *)rules->pdata[i])->text);
	add_text(sum, "");
}

static void add_board(GChecksum *sum, const struct board *board)
{
	const char *const texts[] = {
		board->name,	     board->arch_name,	 board->kernel,
		board->dtb,	     board->device_type, board->qemu.system,
		board->qemu.machine, board->qemu.cpu,	 board->qemu.console,
		board->qemu.append,
	};
	g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT,
						  board->qemu.memory_bytes);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		add_text(sum, texts[i]);
	add_text(sum, memory);
	add_rules(sum, board->requires);
	add_texts(sum, board->modules);
	add_texts(sum, board->qemu.options);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_names(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	return names;
}

/* Names, kinds and contents; false when something cannot be read. */
static bool add_folder(GChecksum *sum, const char *path, guint depth)
{
	g_autoptr(GPtrArray) names = list_names(path);
	bool ok = depth > 0;

	for (guint i = 0; ok && i < names->len; i++) {
		g_autofree char *child = g_build_filename(path, names->pdata[i],
							  NULL);
		g_autofree char *target = g_file_read_link(child, NULL);
		g_autofree char *text = NULL;
		gsize len;

		add_text(sum, names->pdata[i]);
		if (target) {
			add_text(sum, target);
		} else if (g_file_test(child, G_FILE_TEST_IS_DIR)) {
			ok = add_folder(sum, child, depth - 1);
		} else {
			ok = g_file_get_contents(child, &text, &len, NULL);
			if (ok)
				g_checksum_update(sum, (const guchar *)text,
						  (gssize)len);
		}
		add_text(sum, "");
	}
	return ok;
}

static bool add_suite(GChecksum *sum, const struct test_suite *suite)
{
	const struct test_definition *definition = suite->definition;

	add_text(sum, suite->name);
	add_text(sum, definition->text);
	add_texts(sum, definition->steps);
	for (guint i = 0; i < definition->params->len; i++) {
		const struct test_param *param = definition->params->pdata[i];

		add_text(sum, param->name);
		add_text(sum, param->value);
	}
	add_texts(sum, suite->expect);
	return !suite->files || add_folder(sum, suite->files, DEPTH_MOST);
}

/* Those of the site are known by their path, size and time. */
static void add_rootfs(GChecksum *sum, const struct rootfs_config *rootfs)
{
	const char *path = rootfs ? rootfs->path : NULL;
	struct stat st;
	g_autofree char *state = NULL;

	add_text(sum, rootfs ? rootfs->name : "");
	add_text(sum, path);
	add_text(sum, rootfs ? rootfs->url : NULL);
	if (!path || stat(path, &st) < 0)
		return;
	state = g_strdup_printf("%lld %lld.%09ld", (long long)st.st_size,
				(long long)st.st_mtim.tv_sec,
				st.st_mtim.tv_nsec);
	add_text(sum, state);
}

char *boot_key(const struct lab_job *job)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	add_text(sum, PACKAGE_VERSION);
	for (guint i = 0; i < job->artifacts->len; i++) {
		const struct artifact *one = job->artifacts->pdata[i];

		/* How it was built is told elsewhere, in other words. */
		if (strcmp(one->role, "log") == 0 ||
		    strcmp(one->role, "series") == 0 ||
		    strcmp(one->role, "reproduce") == 0)
			continue;
		add_text(sum, one->path);
		add_text(sum, one->sha256);
	}
	add_board(sum, job->board);
	add_rootfs(sum, job->rootfs);
	for (guint i = 0; i < job->suites->len; i++) {
		if (!add_suite(sum, job->suites->pdata[i]))
			return NULL;
	}
	return g_strdup(g_checksum_get_string(sum));
}

struct job_result *boot_take(struct keep *keep, const char *key)
{
	g_autoptr(kept_t)
		kept = keep_get(keep, KIND, key, NULL, NULL, NULL, NULL);
	g_autofree char *path = NULL;
	g_autoptr(json_t) json = NULL;

	if (!kept)
		return NULL;
	path = g_build_filename(kept->path, BOOT_NAME, NULL);
	json = json_load_file(path, 0, NULL);
	return json ? job_result_from_json(json) : NULL;
}

static bool write_boot(const char *dir, gpointer data, GError **error)
{
	g_autofree char *path = g_build_filename(dir, BOOT_NAME, NULL);
	g_autoptr(json_t) json = job_result_to_json(data);

	if (json_dump_file(json, path, JSON_COMPACT) == 0)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be written: %s", path, g_strerror(errno));
	return false;
}

void boot_put(struct keep *keep, const char *key,
	      const struct job_result *result)
{
	g_autoptr(GError) error = NULL;

	kept_free(keep_get(keep, KIND, key, write_boot, (gpointer)(gsize)result,
			   NULL, &error));
	if (error)
		log_event(LOG_LEVEL_WARNING, NULL, "%s", error->message);
}

void last_boot_free(struct last_boot *last)
{
	if (!last)
		return;
	g_free(last->board);
	g_free(last->arch);
	g_free(last->defconfig);
	g_free(last->toolchain);
	g_free(last->lab);
	g_free(last);
}

static char *last_boot_path(const char *dir, const char *board)
{
	g_autofree char *name = g_uri_escape_string(board, NULL, true);

	return g_strdup_printf("%s/%s.json", dir, name);
}

void last_boot_note(const char *dir, const struct lab_job *job,
		    const struct build_spec *spec,
		    const struct job_result *result)
{
	g_autofree char *path = last_boot_path(dir, job->board->name);
	g_autofree char *text = NULL;
	g_autoptr(json_t) json = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "board",
		json_text(job->board->name), "arch", json_text(job->arch),
		"defconfig", json_text(spec->defconfig), "toolchain",
		json_text(spec->toolchain), "lab", json_text(result->lab), "at",
		(json_int_t)clock_now_at(), "boot_ms",
		(json_int_t)result->boot_ms);
	g_autoptr(GError) error = NULL;

	text = json_dumps(json, JSON_COMPACT);
	if (g_mkdir_with_parents(dir, 0755) < 0 ||
	    !g_file_set_contents(path, text, -1, &error))
		log_event(LOG_LEVEL_WARNING, NULL,
			  "the boot of %s cannot be noted: %s",
			  job->board->name,
			  error ? error->message : g_strerror(errno));
}

static char *copy_text(const json_t *json, const char *name)
{
	return g_strdup(json_string_value(json_object_get(json, name)));
}

struct last_boot *last_boot_read(const char *dir, const char *board)
{
	g_autofree char *path = last_boot_path(dir, board);
	g_autoptr(json_t) json = json_load_file(path, 0, NULL);
	struct last_boot *last;

	if (!json)
		return NULL;
	last = g_new0(struct last_boot, 1);
	last->board = copy_text(json, "board");
	last->arch = copy_text(json, "arch");
	last->defconfig = copy_text(json, "defconfig");
	last->toolchain = copy_text(json, "toolchain");
	last->lab = copy_text(json, "lab");
	last->at = json_integer_value(json_object_get(json, "at"));
	last->boot_ms = json_integer_value(json_object_get(json, "boot_ms"));
	return last;
}
