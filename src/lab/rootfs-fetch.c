/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The package of another arch, by the machine's own sources and keys of apt but
 * with lists, cache and status in a private folder: what the machine has
 * installed, and which architectures it knows, is not changed.
 */
#include "base/base.h"
#include "lab/rootfs-internal.h"

#define PACKAGE "busybox-static"
#define APT_MS (20 * 60 * 1000)
#define LINE_BYTES 500

struct fetch {
	const struct arch *arch;
	const char *dir; /* private */
	rootfs_say say;
	gpointer data;
	GString *line; /* of apt's, not at its end yet */
};

static void say_line(struct fetch *fetch)
{
	g_autofree char *text = text_one_line(fetch->line->str, -1, LINE_BYTES);

	if (*text && fetch->say)
		fetch->say(text, fetch->data);
	g_string_truncate(fetch->line, 0);
}

static void take_output(const char *text, gsize len, gpointer data)
{
	struct fetch *fetch = data;

	for (gsize i = 0; i < len; i++) {
		if (text[i] == '\n')
			say_line(fetch);
		else if (fetch->line->len < LINE_BYTES)
			g_string_append_c(fetch->line, text[i]);
	}
}

/* -o name=folder/file */
static void add_option(GPtrArray *argv, const char *name, const char *folder,
		       const char *file)
{
	g_ptr_array_add(argv, g_strdup("-o"));
	g_ptr_array_add(argv, g_strdup_printf("%s=%s%s", name, folder, file));
}

static GPtrArray *apt_command(const struct fetch *fetch, const char *program)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup(program));
	add_option(argv, "Dir::State", fetch->dir, "/state");
	add_option(argv, "Dir::State::status", fetch->dir, "/status");
	add_option(argv, "Dir::Cache", fetch->dir, "/cache");
	add_option(argv, "APT::Architecture", fetch->arch->debian, "");
	add_option(argv, "APT::Architectures", fetch->arch->debian, "");
	add_option(argv, "APT::Update::Error-Mode", "any", "");
	add_option(argv, "APT::Sandbox::User", "root", "");
	add_option(argv, "Acquire::Languages", "none", "");
	add_option(argv, "Acquire::Retries", "3", "");
	g_ptr_array_add(argv, g_strdup("--quiet=2"));
	return argv;
}

/* False and an error when it cannot be run; whether it worked is in `ok`. */
static bool run(struct fetch *fetch, GPtrArray *argv, bool *ok, GError **error)
{
	struct process_spec spec = {
		.cwd = fetch->dir,
		.deadline_ms = APT_MS,
		.sink = take_output,
		.sink_data = fetch,
	};
	g_autoptr(process_result_t) result = NULL;

	g_ptr_array_add(argv, NULL);
	spec.argv = (const char *const *)argv->pdata;
	result = process_run(&spec, NULL, error);
	say_line(fetch);
	*ok = result && process_result_ok(result);
	return result;
}

static bool apt_update(struct fetch *fetch, bool *ok, GError **error)
{
	g_autoptr(GPtrArray) argv = apt_command(fetch, "apt-get");

	g_ptr_array_add(argv, g_strdup("update"));
	return run(fetch, argv, ok, error);
}

static bool apt_download(struct fetch *fetch, bool *ok, GError **error)
{
	g_autoptr(GPtrArray) argv = apt_command(fetch, "apt-get");

	g_ptr_array_add(argv, g_strdup("download"));
	g_ptr_array_add(argv, g_strdup(PACKAGE));
	return run(fetch, argv, ok, error);
}

/* What it shows is of no interest. */
static bool apt_knows(struct fetch *fetch, bool *ok, GError **error)
{
	struct fetch mute = *fetch;
	g_autoptr(GPtrArray) argv = apt_command(fetch, "apt-cache");

	mute.say = NULL;
	g_ptr_array_add(argv, g_strdup("show"));
	g_ptr_array_add(argv, g_strdup(PACKAGE));
	return run(&mute, argv, ok, error);
}

static bool set_failed(GError **error, const char *what, const char *arch)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s failed for %s: see what it said above", what, arch);
	return false;
}

static bool set_unknown(GError **error, const struct arch *arch)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "there is no built-in root for %s: the sources of this "
		    "machine's apt have no package " PACKAGE
		    " for %s; a row of the site's rootfs can bring one",
		    arch->name, arch->debian);
	return false;
}

/* One source that is away matters only when no other has the package. */
static bool download(struct fetch *fetch, GError **error)
{
	const char *name = fetch->arch->debian;
	bool fresh, known, ok;

	if (!apt_update(fetch, &fresh, error) ||
	    !apt_knows(fetch, &known, error))
		return false;
	if (!known && fresh)
		return set_unknown(error, fetch->arch);
	if (!known)
		return set_failed(error, "apt-get update", name);
	return apt_download(fetch, &ok, error) &&
	       (ok || set_failed(error, "apt-get download", name));
}

/* The one package that is in the folder now. */
static char *find_package(const char *dir)
{
	g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
	const char *name;

	while (folder && (name = g_dir_read_name(folder))) {
		if (g_str_has_suffix(name, ".deb"))
			return g_build_filename(dir, name, NULL);
	}
	return NULL;
}

static GBytes *unpack(struct fetch *fetch, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *deb = find_package(fetch->dir);
	g_autofree char *to = g_build_filename(fetch->dir, "root", NULL);
	g_autofree char *program = g_build_filename(to, "bin/busybox", NULL);
	char *text;
	gsize len;
	bool ok;

	g_ptr_array_add(argv, g_strdup("dpkg-deb"));
	g_ptr_array_add(argv, g_strdup("--extract"));
	g_ptr_array_add(argv, g_strdup(deb ? deb : PACKAGE));
	g_ptr_array_add(argv, g_strdup(to));
	if (!run(fetch, argv, &ok, error))
		return NULL;
	if (ok && g_file_get_contents(program, &text, &len, NULL))
		return g_bytes_new_take(text, len);
	set_failed(error, "unpacking the package", fetch->arch->debian);
	return NULL;
}

static bool prepare(const struct fetch *fetch, GError **error)
{
	static const char *const folders[] = {"state/lists/partial",
					      "cache/archives/partial"};
	g_autofree char *status = g_build_filename(fetch->dir, "status", NULL);
	bool ok = g_file_set_contents(status, "", 0, NULL);

	for (gsize i = 0; ok && i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(fetch->dir, folders[i],
							 NULL);

		ok = g_mkdir_with_parents(path, 0755) == 0;
	}
	if (!ok)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the folder %s cannot be written to", fetch->dir);
	return ok;
}

GBytes *rootfs_fetch(const struct arch *arch, rootfs_say say, gpointer data,
		     GError **error)
{
	g_autoptr(tempdir_t) dir = tempdir_new(error);
	g_autoptr(GString) line = g_string_new(NULL);
	struct fetch fetch = {arch, dir ? dir->path : NULL, say, data, line};

	if (!dir || !prepare(&fetch, error) || !download(&fetch, error))
		return NULL;
	return unpack(&fetch, error);
}
