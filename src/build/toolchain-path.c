// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the programs of a toolchain are: on the PATH of the machine or of a
 * chroot, or in a folder of unpacked compilers.
 */
#include <string.h>

#include "build/toolchain-internal.h"

#define LINKS_MOST 40
#define FOLDER_DEPTH 3
#define FOLDER_ENTRIES 4096

/* The part of `at` after its last slash goes. */
static void cut_last(GString *at)
{
	const char *slash = strrchr(at->str, '/');

	g_string_truncate(at, slash ? (gsize)(slash - at->str) : 0);
}

/* The path without links, below root; NULL when it leads nowhere. */
static char *resolve(const char *root, const char *path)
{
	g_autofree char *rest = g_strdup(path);
	g_autoptr(GString) at = g_string_new(NULL);
	guint links = 0;

	while (*rest) {
		gsize slashes = strspn(rest, "/");
		gsize len = strcspn(rest + slashes, "/");
		g_autofree char *part = g_strndup(rest + slashes, len);
		g_autofree char *left = g_strdup(rest + slashes + len);
		g_autofree char *full = NULL, *target = NULL;

		if (strcmp(part, "..") == 0)
			cut_last(at);
		else if (*part && strcmp(part, ".") != 0)
			g_string_append_printf(at, "/%s", part);
		full = g_strconcat(root, at->str, NULL);
		target = *part ? g_file_read_link(full, NULL) : NULL;
		if (target && ++links > LINKS_MOST)
			return NULL;
		if (target && *target == '/')
			g_string_truncate(at, 0);
		else if (target)
			cut_last(at);
		g_free(rest);
		rest = target ? g_strconcat(target, left, NULL)
			      : g_steal_pointer(&left);
	}
	return g_strconcat(root, at->str, NULL);
}

char *toolchain_find_program(const char *root, const char *program)
{
	g_auto(GStrv) folders = g_strsplit(BUILD_PATH, ":", 0);

	if (program[0] == '/')
		return g_file_test(program, G_FILE_TEST_IS_REGULAR)
			       ? resolve("", program)
			       : NULL;
	for (char **folder = folders; *folder; folder++) {
		g_autofree char *path = g_build_filename(*folder, program,
							 NULL);
		g_autofree char *file = resolve(root ? root : "", path);

		if (file && g_file_test(file, G_FILE_TEST_IS_REGULAR) &&
		    g_file_test(file, G_FILE_TEST_IS_EXECUTABLE))
			return g_steal_pointer(&file);
	}
	return NULL;
}

/* What is looked for below a folder, and the best so far. */
struct search {
	const char *word; /* the first of the compiler's name */
	const char *version;
	guint entries;
	char *prefix;
};

/* A folder "gcc-12.2.0-nolibc" on the way for "12.2" and "12", not for "1". */
static bool has_version(const char *path, const char *version)
{
	static const char mark[] = "gcc-";
	gsize len = version ? strlen(version) : 0;

	for (const char *at = path; version && (at = strstr(at, mark));) {
		at += strlen(mark);
		if (strncmp(at, version, len) == 0 && !g_ascii_isdigit(at[len]))
			return true;
	}
	return !version;
}

static void search_take(struct search *search, const char *folder,
			const char *name)
{
	gsize len = strlen(name) - strlen("gcc");
	g_autofree char *path = NULL;

	if (!has_version(folder, search->version))
		return;
	path = g_strdup_printf("%s/%.*s", folder, (int)len, name);
	if (search->prefix && strverscmp(path, search->prefix) <= 0)
		return;
	g_free(search->prefix);
	search->prefix = g_steal_pointer(&path);
}

static bool is_compiler(const struct search *search, const char *name)
{
	gsize len = strlen(search->word);

	return strncmp(name, search->word, len) == 0 && name[len] == '-' &&
	       g_str_has_suffix(name, "-gcc");
}

static void search_folder(struct search *search, const char *folder,
			  guint depth)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autofree char *base = g_path_get_basename(folder);
	bool is_bin = strcmp(base, "bin") == 0;
	const char *name;

	while (dir && (name = g_dir_read_name(dir)) &&
	       ++search->entries < FOLDER_ENTRIES) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (is_bin && is_compiler(search, name))
			search_take(search, folder, name);
		else if (!is_bin && depth > 0 &&
			 g_file_test(path, G_FILE_TEST_IS_DIR) &&
			 !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
			search_folder(search, path, depth - 1);
	}
}

char *toolchain_find_prefix(const char *folder, const struct arch *arch,
			    const char *version)
{
	struct search search = {.word = arch->crosstool, .version = version};

	if (arch->crosstool)
		search_folder(&search, folder, FOLDER_DEPTH);
	return search.prefix;
}

bool toolchain_runs_here(const struct arch *arch)
{
	const struct arch *machine = arch_of_machine();

	return !arch || arch == machine ||
	       (machine && strcmp(machine->name, "x86_64") == 0 &&
		strcmp(arch->name, "i386") == 0);
}

bool toolchain_is_native(const struct arch *arch)
{
	return toolchain_runs_here(arch) || !arch->triplet;
}

/* The end of "needs X, which is not installed": how to come by it. */
static void fail_missing(const struct build_spec *spec, const char *what,
			 const char *cure, GError **error)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "%s: the build %s needs %s%s%s",
		    spec->origin ? spec->origin : "project",
		    spec->id ? spec->id : spec->toolchain, what,
		    cure ? ": " : "", cure ? cure : "");
}

bool build_tools_check(const struct build_spec *spec, GError **error)
{
	g_autofree char *make = g_strconcat("reroll toolchains --install ",
					    spec->toolchain, NULL);

	if (spec->root && !g_file_test(spec->root, G_FILE_TEST_IS_DIR)) {
		g_autofree char *what = g_strdup_printf(
			"the chroot %s, which is not there", spec->root);

		fail_missing(spec, what, make, error);
		return false;
	}
	for (guint i = 0; i < spec->tools->len; i++) {
		const struct build_tool *tool = spec->tools->pdata[i];
		bool inside = spec->root && *tool->program != '/';
		g_autofree char *file = toolchain_find_program(spec->root,
							       tool->program);
		g_autofree char *what = NULL, *cure = NULL;

		if (file)
			continue;
		what = g_strdup_printf("%s, which is not installed%s%s",
				       tool->program, inside ? " in " : "",
				       inside ? spec->root : "");
		if (tool->package && !inside)
			cure = g_strconcat("apt-get install ", tool->package,
					   NULL);
		fail_missing(spec, what, cure, error);
		return false;
	}
	return true;
}
