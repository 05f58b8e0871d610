// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof of a toolchain is what a build would do with it, in the sandbox:
 * two sources without a library, compiled, assembled and linked to one object.
 */
#include <elf.h>
#include <string.h>

#include "build/toolchain-internal.h"

#define OBJECT "proof.o"
#define OBJECT_SEEN "/build/out/proof.o"
#define SAID_BYTES 4096
#define PROOF_S 120

static const struct {
	const char *name, *text;
} sources[] = {
	{"part.c", "int part(int n);\nint part(int n) { return n * 3 + 1; }\n"},
	{"whole.c", "int part(int n);\nint whole(int n);\n"
		    "int whole(int n) { return part(n) + part(n + 1); }\n"},
	{"run.c", "int main(void) { return 0; }\n"},
};

struct proof {
	const struct toolchain_info *info;
	GCancellable *cancellable;
	char *src, *out;
	GString *said;
};

static void take_said(const char *data, gsize len, gpointer user_data)
{
	GString *said = user_data;

	g_string_append_len(said, data,
			    (gssize)MIN(len, SAID_BYTES - said->len));
}

static bool fail(const struct proof *proof, GError **error, const char *what)
{
	g_autofree char *said = text_one_line(proof->said->str, -1, 300);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG, "%s: %s%s%s",
		    proof->info->id, what, *said ? ": " : "", said);
	return false;
}

static bool run(struct proof *proof, const char *const *argv, GError **error)
{
	const struct build_spec *spec = proof->info->spec;
	g_autoptr(GPtrArray) read_only = g_ptr_array_new();
	struct sandbox_spec sandbox = {
		.argv = argv,
		.src = {.top = proof->src},
		.out = {.top = proof->out},
		.cwd = SANDBOX_SRC,
		.root = spec->root,
		.emulator = spec->emulator,
		.time_s = PROOF_S,
		.sink = take_said,
		.sink_data = proof->said,
	};
	g_autoptr(sandbox_result_t) ended = NULL;
	g_autofree char *how = NULL, *what = NULL;

	g_ptr_array_extend(read_only, spec->read_only, NULL, NULL);
	g_ptr_array_add(read_only, NULL);
	sandbox.read_only = (const char *const *)read_only->pdata;
	g_string_truncate(proof->said, 0);
	ended = sandbox_run(&sandbox, proof->cancellable, error);
	if (!ended)
		return false;
	if (process_result_ok(ended->process))
		return true;
	how = process_result_describe(ended->process);
	what = g_strdup_printf("%s ended with %s", argv[0], how);
	return fail(proof, error, what);
}

static bool make_object(struct proof *proof, GError **error)
{
	const struct arch *arch = proof->info->arch;
	bool clang = proof->info->kind == TOOLCHAIN_LLVM;
	g_auto(GStrv) flags = g_strsplit(arch->cflags, " ", 0);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *target = g_strconcat("--target=", arch->llvm, NULL);
	static const char *const rest[] = {
		"-ffreestanding", "-fno-pic", "-O2",
		"-nostdlib",	  "-r",	      "-o",
		OBJECT_SEEN,	  "part.c",   "whole.c",
	};

	g_ptr_array_add(argv, proof->info->spec->compiler);
	if (clang) {
		g_ptr_array_add(argv, target);
		g_ptr_array_add(argv, (gpointer)(guintptr) "-fuse-ld=lld");
	}
	for (char **flag = flags; *flag; flag++) {
		if (**flag)
			g_ptr_array_add(argv, *flag);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(rest); i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)rest[i]);
	g_ptr_array_add(argv, NULL);
	return run(proof, (const char *const *)argv->pdata, error);
}

/* Each of the machine's e_machine is two bytes, in the order of its data. */
static guint16 read_machine(const guchar *header, bool big)
{
	guchar first = header[18], second = header[19];

	return big ? (guint16)(first << 8 | second)
		   : (guint16)(second << 8 | first);
}

static bool check_object(struct proof *proof, GError **error)
{
	const struct arch *arch = proof->info->arch;
	g_autofree char *path = g_build_filename(proof->out, OBJECT, NULL);
	g_autofree char *text = NULL, *what = NULL;
	const guchar *header;
	gsize len = 0;
	guint bits, machine;
	bool big;

	if (!g_file_get_contents(path, &text, &len, NULL) || len < 20 ||
	    memcmp(text, ELFMAG, SELFMAG) != 0)
		return fail(proof, error, "it made no ELF object");
	header = (const guchar *)text;
	bits = header[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	big = header[EI_DATA] == ELFDATA2MSB;
	machine = read_machine(header, big);
	if (bits == arch->elf.bits && big == arch->elf.big &&
	    machine == arch->elf.machine)
		return true;
	what = g_strdup_printf("it made an object of machine %u, %u bits, %s "
			       "endian, expected %u, %u, %s",
			       machine, bits, big ? "big" : "little",
			       arch->elf.machine, arch->elf.bits,
			       arch->elf.big ? "big" : "little");
	return fail(proof, error, what);
}

/* With the C library: on this machine's own arch, and in a chroot. */
static bool run_program(struct proof *proof, GError **error)
{
	const struct build_spec *spec = proof->info->spec;
	const char *const compile[] = {spec->compiler, "-o", "/build/out/run",
				       "run.c", NULL};
	const char *const start[] = {"/build/out/run", NULL};

	if (!spec->root && proof->info->arch != arch_of_machine())
		return true;
	return run(proof, compile, error) && run(proof, start, error);
}

static bool put_sources(struct proof *proof, const char *dir, GError **error)
{
	g_autoptr(GError) local = NULL;

	proof->src = g_build_filename(dir, "src", NULL);
	proof->out = g_build_filename(dir, "out", NULL);
	g_mkdir_with_parents(proof->src, 0755);
	g_mkdir_with_parents(proof->out, 0755);
	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		g_autofree char *path = g_build_filename(proof->src,
							 sources[i].name, NULL);

		if (g_file_set_contents(path, sources[i].text, -1, &local))
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the proof of %s cannot be written: %s",
			    proof->info->id, local->message);
		return false;
	}
	return true;
}

bool toolchain_prove(const struct toolchain_info *info,
		     GCancellable *cancellable, GError **error)
{
	g_autoptr(tempdir_t) dir = tempdir_new(error);
	g_autoptr(GString) said = g_string_new(NULL);
	struct proof proof = {
		.info = info, .cancellable = cancellable, .said = said};
	bool proved;

	if (!dir)
		return false;
	if (info->state != TOOLCHAIN_WORKS)
		return fail(&proof, error, info->why);
	proved = put_sources(&proof, dir->path, error) &&
		 make_object(&proof, error) && check_object(&proof, error) &&
		 run_program(&proof, error);
	g_free(proof.src);
	g_free(proof.out);
	return proved;
}
