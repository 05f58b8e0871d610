// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every toolchain: Debian's compilers for each arch that has one, those with a
 * version that are installed, and the rows of the site file.
 */
#include <string.h>

#include "build/toolchain-internal.h"

#define VERSION_MS 60000 /* an emulated compiler on a busy machine */

void toolchain_info_free(struct toolchain_info *info)
{
	if (!info)
		return;
	g_free(info->id);
	g_free(info->name);
	build_spec_free(info->spec);
	g_free(info->version);
	g_free(info->why);
	g_free(info->cure);
	g_free(info);
}

static void set_state(struct toolchain_info *info, enum toolchain_state state,
		      char *why, char *cure)
{
	info->state = state;
	g_free(info->why);
	info->why = why;
	g_free(info->cure);
	info->cure = cure;
}

static void plan(struct toolchain_info *info, const struct site *site)
{
	g_autoptr(build_spec_t) spec = build_spec_new();
	g_autoptr(GError) error = NULL;

	spec->origin = g_strdup(site ? site->file : NULL);
	spec->toolchain = g_strdup(info->name);
	spec->make_arch = g_strdup(info->arch->make_arch);
	spec->arch = g_strdup(info->arch->name);
	if (build_spec_use_compiler(spec, info->arch, site, &error))
		info->spec = g_steal_pointer(&spec);
	else
		set_state(info, TOOLCHAIN_BROKEN, g_strdup(error->message),
			  NULL);
}

/* The first word that begins with a digit, up to its first strange letter. */
static char *read_version(const char *text)
{
	const char *at = text + strcspn(text, "0123456789");
	gsize len = strspn(at, "0123456789.");

	return len ? g_strndup(at, len) : NULL;
}

static void take_said(const char *data, gsize len, gpointer said)
{
	GString *text = said;

	g_string_append_len(text, data,
			    (gssize)MIN(len, 4096 - MIN(text->len, 4096)));
}

/* Of a chroot it may only be run in the sandbox. */
static struct sandbox_result *ask_version(const struct build_spec *spec,
					  GString *said, GError **error)
{
	bool gcc = strstr(spec->compiler, "gcc");
	const char *const argv[] = {spec->compiler,
				    gcc ? "-dumpfullversion" : "-dumpversion",
				    NULL};
	const struct sandbox_spec sandbox = {
		.argv = argv,
		.root = spec->root,
		.emulator = spec->emulator,
		.time_s = VERSION_MS / 1000,
		.sink = take_said,
		.sink_data = said,
		.none = !spec->root,
	};

	return sandbox_run(&sandbox, NULL, error);
}

static void check_version(struct toolchain_info *info)
{
	const char *wanted = info->row ? info->row->version : NULL;
	g_autoptr(GString) said = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(sandbox_result_t)
		ended = ask_version(info->spec, said, &error);

	if (ended && process_result_ok(ended->process))
		info->version = read_version(said->str);
	if (!info->version) {
		g_autofree char *line = text_one_line(said->str, -1, 200);

		set_state(info, TOOLCHAIN_BROKEN,
			  g_strdup_printf("%s does not tell its version: %s",
					  info->spec->compiler,
					  error ? error->message : line),
			  NULL);
	} else if (wanted && !g_str_has_prefix(info->version, wanted)) {
		set_state(info, TOOLCHAIN_BROKEN,
			  g_strdup_printf("it is version %s, the site file "
					  "says %s",
					  info->version, wanted),
			  NULL);
	}
}

/* Every package that the missing tools are in, once. */
static char *apt_line(const struct build_spec *spec)
{
	g_autoptr(GString) line = g_string_new("apt-get install");

	for (guint i = 0; i < spec->tools->len; i++) {
		const struct build_tool *tool = spec->tools->pdata[i];
		bool inside = spec->root && *tool->program != '/';
		g_autofree char *file = toolchain_find_program(spec->root,
							       tool->program);

		if (!file && !inside && tool->package &&
		    !strstr(line->str, tool->package))
			g_string_append_printf(line, " %s", tool->package);
	}
	if (strcmp(line->str, "apt-get install") == 0)
		return NULL;
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static void inspect(struct toolchain_info *info)
{
	const struct build_spec *spec = info->spec;

	if (!spec)
		return;
	if (spec->root && !g_file_test(spec->root, G_FILE_TEST_IS_DIR)) {
		set_state(info, TOOLCHAIN_MISSING,
			  g_strdup_printf("the chroot %s is not there",
					  spec->root),
			  info->row->suite
				  ? g_strconcat("reroll toolchains --install ",
						info->id, NULL)
				  : NULL);
		return;
	}
	for (guint i = 0; i < spec->tools->len; i++) {
		const struct build_tool *tool = spec->tools->pdata[i];
		g_autofree char *file = toolchain_find_program(spec->root,
							       tool->program);

		if (file)
			continue;
		set_state(info, TOOLCHAIN_MISSING,
			  g_strdup_printf("there is no %s", tool->program),
			  apt_line(spec));
		return;
	}
	check_version(info);
}

static void add(GPtrArray *list, const struct site *site, const char *name,
		const struct arch *arch, const struct toolchain *row)
{
	struct toolchain_info *info = g_new0(struct toolchain_info, 1);

	info->name = g_strdup(name);
	info->arch = arch;
	info->row = row;
	info->kind = row ? row->kind
			 : (g_str_has_prefix(name, "clang") ? TOOLCHAIN_LLVM
							    : TOOLCHAIN_CROSS);
	info->id = g_strdup_printf("%s/%s", arch->name, name);
	plan(info, site);
	inspect(info);
	g_ptr_array_add(list, info);
}

static bool has_prefix(const struct toolchain *row, const struct arch *arch)
{
	g_autofree char *prefix = toolchain_find_prefix(row->root, arch,
							row->version);

	return prefix;
}

/* A folder that is good for nothing is told once, for this machine. */
static bool is_empty(const struct toolchain *row)
{
	for (const struct arch *arch = arches; arch->name; arch++) {
		if (has_prefix(row, arch))
			return false;
	}
	return true;
}

/* Whether a row without an arch is worth telling for this one. */
static bool is_for(const struct toolchain *row, const struct arch *arch)
{
	if (row->arch)
		return arch_find(row->arch) == arch;
	if (row->kind == TOOLCHAIN_LLVM)
		return arch->llvm;
	if (!row->root)
		return arch == arch_of_machine();
	return has_prefix(row, arch) ||
	       (arch == arch_of_machine() && is_empty(row));
}

/* One of Debian's, unless the site has another of that name. */
static void add_compiler(GPtrArray *list, const struct site *site,
			 const struct arch *arch, const char *name)
{
	for (guint i = 0; site && i < site->toolchains->len; i++) {
		const struct toolchain *row = site->toolchains->pdata[i];

		if (strcmp(row->name, name) == 0 && is_for(row, arch))
			return;
	}
	add(list, NULL, name, arch, NULL);
}

/* "gcc-12" for a file "aarch64-linux-gnu-gcc-12". */
static void add_versions(GPtrArray *list, const struct site *site,
			 const struct arch *arch, const char *start)
{
	const char *compiler = strstr(start, "gcc") ? "gcc-" : "clang-";
	g_autoptr(GDir) dir = g_dir_open("/usr/bin", 0, NULL);
	const char *file;

	while (dir && (file = g_dir_read_name(dir))) {
		const char *version = file + strlen(start);
		g_autofree char *name = NULL;

		if (!g_str_has_prefix(file, start) || !*version ||
		    strspn(version, "0123456789") != strlen(version))
			continue;
		name = g_strconcat(compiler, version, NULL);
		add_compiler(list, site, arch, name);
	}
}

static void add_known(GPtrArray *list, const struct site *site,
		      const struct arch *arch)
{
	g_autofree char *start = toolchain_is_native(arch)
					 ? g_strdup("gcc-")
					 : g_strconcat(arch->triplet, "-gcc-",
						       NULL);

	add_compiler(list, site, arch, "gcc");
	add_versions(list, site, arch, start);
	if (!arch->llvm)
		return;
	add_compiler(list, site, arch, "clang");
	add_versions(list, site, arch, "clang-");
}

static void add_of_site(GPtrArray *list, const struct arch *arch,
			const struct site *site)
{
	for (guint i = 0; site && i < site->toolchains->len; i++) {
		const struct toolchain *row = site->toolchains->pdata[i];

		if (is_for(row, arch))
			add(list, site, row->name, arch, row);
	}
}

/* Without a target of its own, the compiler is the machine's. */
static bool is_listed(const struct arch *arch)
{
	return arch->elf.machine != 0;
}

static GPtrArray *list_new(void)
{
	return g_ptr_array_new_with_free_func(
		(GDestroyNotify)toolchain_info_free);
}

GPtrArray *toolchains_list(const struct site *site)
{
	GPtrArray *list = list_new();

	for (const struct arch *arch = arches; arch->name; arch++) {
		if (!is_listed(arch))
			continue;
		add_known(list, site, arch);
		add_of_site(list, arch, site);
	}
	return list;
}

GPtrArray *toolchains_of_site(const struct site *site)
{
	GPtrArray *list = list_new();

	for (const struct arch *arch = arches; arch->name; arch++) {
		if (is_listed(arch))
			add_of_site(list, arch, site);
	}
	return list;
}
