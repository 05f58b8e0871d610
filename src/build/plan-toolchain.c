// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A toolchain's name into make's arguments and the programs it needs: a row of
 * the site file, else a compiler of Debian's with or without a version.
 */
#include <string.h>

#include "base/base.h"
#include "build/toolchain-internal.h"

void build_tool_free(struct build_tool *tool)
{
	g_free(tool->program);
	g_free(tool->package);
	g_free(tool);
}

bool build_plan_fail(const char *origin, GError **error, const char *format,
		     ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG, "%s: %s",
		    origin ? origin : "project", text);
	return false;
}

void build_texts_add(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; from && i < from->len; i++)
		g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

void build_spec_add_tool(struct build_spec *spec, char *program,
			 const char *package)
{
	struct build_tool *tool = g_new0(struct build_tool, 1);

	tool->program = program;
	tool->package = g_strdup(package);
	g_ptr_array_add(spec->tools, tool);
}

/*
 * "gcc-x86-64-linux-gnu": package names have no underscores. A triplet without
 * -gnu is one that Debian has no compiler for.
 */
static char *package_of(const char *triplet, const char *version)
{
	char *name;

	if (!strstr(triplet, "-gnu"))
		return NULL;
	name = g_strdup_printf("gcc%s-%s", version, triplet);

	g_strdelimit(name, "_", '-');
	return name;
}

/* "gcc", "gcc-12": `version` is "" or "-12". */
static void use_gcc(struct build_spec *spec, const struct arch *arch,
		    const char *version)
{
	const char *triplet = toolchain_is_native(arch) ? NULL : arch->triplet;
	g_autofree char *package = triplet ? package_of(triplet, version)
					   : g_strconcat("gcc", version, NULL);
	g_autofree char *prefix = triplet ? g_strconcat(triplet, "-", NULL)
					  : g_strdup("");
	char *program = g_strconcat(prefix, "gcc", version, NULL);

	if (triplet)
		g_ptr_array_add(spec->make_args,
				g_strconcat("CROSS_COMPILE=", prefix, NULL));
	if (*version || spec->recipe == RECIPE_SCRIPT)
		g_ptr_array_add(spec->make_args,
				g_strconcat("CC=", program, NULL));
	spec->compiler = g_strdup(program);
	build_spec_add_tool(spec, program, package);
}

static void use_clang(struct build_spec *spec, const struct arch *arch,
		      const char *version)
{
	g_autofree char *clang = g_strconcat("clang", version, NULL);
	g_autofree char *lld = g_strconcat("lld", version, NULL);
	g_autofree char *llvm = g_strconcat("llvm", version, NULL);

	(void)arch; /* it makes code for every one */
	spec->compiler = g_strdup(clang);
	build_spec_add_tool(spec, g_strdup(clang), clang);
	if (spec->recipe == RECIPE_SCRIPT) {
		g_ptr_array_add(spec->make_args,
				g_strconcat("CC=", clang, NULL));
		return;
	}
	g_ptr_array_add(spec->make_args,
			g_strconcat("LLVM=", *version ? version : "1", NULL));
	build_spec_add_tool(spec, g_strconcat("ld.lld", version, NULL), lld);
	build_spec_add_tool(spec, g_strconcat("llvm-ar", version, NULL), llvm);
}

/* The compilers that need no row of the site file, with or without version. */
static const struct {
	const char *name;
	void (*use)(struct build_spec *spec, const struct arch *arch,
		    const char *version);
} compilers[] = {
	{"gcc", use_gcc},
	{"clang", use_clang},
};

static const struct toolchain *site_toolchain(const struct site *site,
					      const struct arch *arch,
					      const char *name)
{
	const GPtrArray *all = site ? site->toolchains : NULL;

	for (guint i = 0; all && i < all->len; i++) {
		const struct toolchain *row = all->pdata[i];

		if (strcmp(row->name, name) == 0 &&
		    (!row->arch || (arch && arch_find(row->arch) == arch)))
			return row;
	}
	return NULL;
}

/* Programs of a prefix with a path are outside the system: show them, too. */
static void use_prefix(struct build_spec *spec, const char *prefix)
{
	spec->compiler = g_strconcat(prefix, "gcc", NULL);
	g_ptr_array_add(spec->make_args,
			g_strconcat("CROSS_COMPILE=", prefix, NULL));
	if (spec->recipe == RECIPE_SCRIPT)
		g_ptr_array_add(spec->make_args,
				g_strconcat("CC=", spec->compiler, NULL));
	build_spec_add_tool(spec, g_strdup(spec->compiler), NULL);
	if (prefix[0] == '/') {
		g_autofree char *bin = g_path_get_dirname(prefix);

		g_ptr_array_add(spec->read_only, g_path_get_dirname(bin));
	}
}

/* The compilers in a folder, such as kernel.org's. */
static bool use_folder(struct build_spec *spec, const struct arch *arch,
		       const struct toolchain *row, GError **error)
{
	g_autofree char *prefix = toolchain_find_prefix(
		row->root, arch ? arch : arch_of_machine(), row->version);

	if (!prefix)
		return build_plan_fail(
			spec->origin, error,
			"the folder %s of the toolchain \"%s\" has no compiler "
			"for %s%s%s",
			row->root, row->name, arch ? arch->name : "this arch",
			row->version ? " with version " : "",
			row->version ? row->version : "");
	use_prefix(spec, prefix);
	return true;
}

static bool use_chroot(struct build_spec *spec, const struct arch *arch,
		       const struct site *site, const struct toolchain *row,
		       GError **error)
{
	const struct arch *inside = arch_find(row->arch);

	if (!toolchain_runs_here(inside) && !inside->qemu)
		return build_plan_fail(
			spec->origin, error,
			"the toolchain \"%s\" is a chroot of %s, whose "
			"programs QEMU does not run",
			row->name, inside->name);
	if (!arch)
		arch = inside;
	toolchain_use_chroot(spec, site, arch, row);
	return true;
}

static bool use_site_toolchain(struct build_spec *spec, const struct arch *arch,
			       const struct site *site,
			       const struct toolchain *row, GError **error)
{
	bool used = true;

	if (row->kind == TOOLCHAIN_CHROOT)
		used = use_chroot(spec, arch, site, row, error);
	else if (row->kind == TOOLCHAIN_LLVM)
		use_clang(spec, arch, row->prefix ? row->prefix : "");
	else if (row->root)
		used = use_folder(spec, arch, row, error);
	else if (row->prefix)
		use_prefix(spec, row->prefix);
	else
		use_gcc(spec, arch, "");
	if (used)
		build_texts_add(spec->make_args, row->opts);
	return used;
}

/* "" or "-12" after the compiler's name; NULL: it is another word. */
static const char *version_of(const char *word, const char *name)
{
	const char *rest = word + strlen(name);

	if (!g_str_has_prefix(word, name))
		return NULL;
	if (*rest &&
	    (*rest != '-' ||
	     strspn(rest + 1, "0123456789.") != strlen(rest + 1) || !rest[1]))
		return NULL;
	return rest;
}

/* What a kernel of any arch is built with, beside its compiler. */
static void add_kernel_tools(struct build_spec *spec)
{
	static const char *const tools[][2] = {
		{"make", "make"}, {"flex", "flex"}, {"bison", "bison"},
		{"bc", "bc"},	  {"gcc", "gcc"},   {"perl", "perl"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(tools); i++)
		build_spec_add_tool(spec, g_strdup(tools[i][0]), tools[i][1]);
	if (spec->modules_image)
		build_spec_add_tool(spec, g_strdup("depmod"), "kmod");
	if (spec->modules_image || spec->headers_image) {
		build_spec_add_tool(spec, g_strdup("mke2fs"), "e2fsprogs");
		build_spec_add_tool(spec, g_strdup("debugfs"), "e2fsprogs");
	}
}

bool build_spec_use_compiler(struct build_spec *spec, const struct arch *arch,
			     const struct site *site, GError **error)
{
	const char *names[G_N_ELEMENTS(compilers) + 1] = {NULL};
	const struct toolchain *row = site_toolchain(site, arch,
						     spec->toolchain);
	g_autofree char *quoted = text_quote(spec->toolchain, -1);
	const char *near;

	if (row)
		return use_site_toolchain(spec, arch, site, row, error);
	for (gsize i = 0; i < G_N_ELEMENTS(compilers); i++) {
		const char *version = version_of(spec->toolchain,
						 compilers[i].name);

		names[i] = compilers[i].name;
		if (version) {
			compilers[i].use(spec, arch, version);
			return true;
		}
	}
	near = text_nearest(spec->toolchain, names);
	return build_plan_fail(
		spec->origin, error,
		"nobody knows the toolchain %s%s%s%s, expected gcc, clang "
		"or one of the site file",
		quoted, near ? " (did you mean \"" : "", near ? near : "",
		near ? "\"?)" : "");
}

bool build_spec_use_toolchain(struct build_spec *spec, const struct arch *arch,
			      const struct site *site, GError **error)
{
	if (!build_spec_use_compiler(spec, arch, site, error))
		return false;
	if (spec->recipe == RECIPE_KBUILD)
		add_kernel_tools(spec);
	return true;
}
