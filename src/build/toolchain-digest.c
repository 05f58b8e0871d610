// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tool is told by its path without links, its size and its time: a package
 * that is upgraded changes one of them, and nothing has to be started or read.
 * Compilers are more than the program that is called: cc1 does GCC's work, and
 * clang's is in the shared libraries beside it.
 */
#include <string.h>
#include <sys/stat.h>

#include "build/toolchain-internal.h"

static const char *const binutils[] = {
	"as", "ld", "ar", "nm", "objcopy", "objdump", "readelf", "strip",
};

/* Of LLVM beside the tools of the build, with the compiler's version. */
static const char *const llvm_tools[] = {
	"llvm-nm", "llvm-objcopy", "llvm-objdump", "llvm-readelf", "llvm-strip",
};

/* Where GCC keeps cc1, below the folder that has bin/. */
static const char *const gcc_folders[] = {
	"lib/gcc-cross",
	"lib/gcc",
	"libexec/gcc",
};

static void add_file(GChecksum *sum, const char *path)
{
	struct stat st;
	g_autofree char *line = NULL;

	if (!path || stat(path, &st) < 0)
		return;
	line = g_strdup_printf(
		"%s %lld %lld.%09ld", path, (long long)st.st_size,
		(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	digest_text(sum, line);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a folder that match, in an order that is always the same. */
static GPtrArray *list_folder(const char *folder, const char *pattern)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		if (g_pattern_match_simple(pattern, name))
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

/* `file` is ".../bin/x86_64-linux-gnu-gcc-12". */
static void add_cc1(GChecksum *sum, const char *file)
{
	g_autofree char *name = g_path_get_basename(file);
	g_autofree char *bin = g_path_get_dirname(file);
	g_autofree char *top = g_path_get_dirname(bin);
	const char *end = strstr(name, "-gcc");
	g_autofree char *triplet = end ? g_strndup(name, (gsize)(end - name))
				       : NULL;

	for (gsize i = 0; triplet && i < G_N_ELEMENTS(gcc_folders); i++) {
		g_autofree char *folder = g_build_filename(top, gcc_folders[i],
							   triplet, NULL);
		g_autoptr(GPtrArray) versions = list_folder(folder, "*");

		for (guint j = 0; j < versions->len; j++) {
			g_autofree char *cc1 = g_build_filename(
				folder, versions->pdata[j], "cc1", NULL);

			add_file(sum, cc1);
		}
	}
}

/* `file` is "/usr/lib/llvm-14/bin/clang"; elsewhere there is nothing to see. */
static void add_clang_libraries(GChecksum *sum, const char *file)
{
	static const char *const patterns[] = {"libLLVM*.so*",
					       "libclang-cpp.so*"};
	g_autofree char *bin = g_path_get_dirname(file);
	g_autofree char *top = g_path_get_dirname(bin);
	g_autofree char *lib = g_build_filename(top, "lib", NULL);

	if (strcmp(top, "/usr") == 0)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
		g_autoptr(GPtrArray) names = list_folder(lib, patterns[i]);

		for (guint j = 0; j < names->len; j++) {
			g_autofree char *path = g_build_filename(
				lib, names->pdata[j], NULL);

			add_file(sum, path);
		}
	}
}

static void add_program(GChecksum *sum, const char *root, const char *program)
{
	g_autofree char *file = toolchain_find_program(root, program);
	g_autofree char *name = file ? g_path_get_basename(file) : NULL;

	digest_text(sum, program);
	add_file(sum, file);
	if (name && strstr(name, "gcc"))
		add_cc1(sum, file);
	else if (name && strstr(name, "clang"))
		add_clang_libraries(sum, file);
}

/* What is called beside the compiler, as "PREFIXld" or "llvm-nmVERSION". */
static void add_family(GChecksum *sum, const struct build_spec *spec)
{
	const char *compiler = spec->compiler;
	g_autofree char *name = g_path_get_basename(compiler);
	const char *gcc = g_strrstr(compiler, "gcc");
	gsize prefix = gcc ? (gsize)(gcc - compiler) : 0;

	for (gsize i = 0; gcc && i < G_N_ELEMENTS(binutils); i++) {
		g_autofree char *program = g_strdup_printf(
			"%.*s%s", (int)prefix, compiler, binutils[i]);

		add_program(sum, spec->root, program);
	}
	for (gsize i = 0; !gcc && i < G_N_ELEMENTS(llvm_tools); i++) {
		const char *version = strchr(name, '-');
		g_autofree char *program = g_strconcat(
			llvm_tools[i], version ? version : "", NULL);

		add_program(sum, spec->root, program);
	}
}

char *toolchain_digest(const struct build_spec *spec, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	if (!build_tools_check(spec, error))
		return NULL;
	digest_text(sum, spec->make_arch);
	for (guint i = 0; i < spec->make_args->len; i++)
		digest_text(sum, spec->make_args->pdata[i]);
	digest_text(sum, spec->root);
	digest_text(sum, spec->emulator);
	for (guint i = 0; i < spec->tools->len; i++) {
		const struct build_tool *tool = spec->tools->pdata[i];

		add_program(sum, spec->root, tool->program);
	}
	if (spec->compiler)
		add_family(sum, spec);
	return g_strdup(g_checksum_get_string(sum));
}
