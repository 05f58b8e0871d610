/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "base/base.h"
#include "lab/match-internal.h"

/* Enough for a board of that arch. */
#define X86 "CONFIG_X86_64=y\n"

static GPtrArray *read_boards(const char *text)
{
	g_autoptr(problems_t) problems = problems_new();
	GPtrArray *boards = boards_parse(text, strlen(text), "b.yaml",
					 problems);

	if (!boards) {
		g_autofree char *line = problem_format(
			problems->list->pdata[0]);

		fail_msg("%s", line);
	}
	return boards;
}

/* As `reroll match` prints it, of one board; both ways must agree. */
static char *match(const char *boards_text, const char *config,
		   const GPtrArray *artifacts)
{
	g_autoptr(GPtrArray) boards = read_boards(boards_text);
	g_autoptr(matcher_t) matcher = matcher_new(boards);
	const struct match_build build = {config, strlen(config), artifacts};
	g_autoptr(GArray) found = matcher_run(matcher, &build);
	g_autoptr(GPtrArray) matches = matcher_explain(matcher, &build);
	GString *out = g_string_new(NULL);

	for (guint i = 0, next = 0; i < matches->len; i++) {
		const struct board_match *one = matches->pdata[i];
		bool listed = next < found->len &&
			      g_array_index(found, guint, next) == i;
		g_autofree char *text = board_match_text(one);

		assert_int_equal(listed, one->matches);
		next += listed;
		g_string_append_printf(out, "%s%s", i ? "\n" : "",
				       one->matches ? one->board->name : text);
		for (guint j = 0; j < one->wanted->len; j++)
			g_string_append_printf(out, "; wants %s",
					       (char *)one->wanted->pdata[j]);
	}
	return g_string_free(out, FALSE);
}

static void a_test_holds_or_names_what_there_is(void **state)
{
	static const struct {
		const char *requires, *config, *answer;
	} rows[] = {
		{"CONFIG_A", "CONFIG_A=y\n", "b"},
		{"CONFIG_A", "CONFIG_A=m\n", "b"},
		{"CONFIG_A", "CONFIG_A=n\n", "b: CONFIG_A (is not set)"},
		{"CONFIG_A", "CONFIG_A=4\n", "b: CONFIG_A (is 4)"},
		{"CONFIG_A", "# CONFIG_A is not set\n",
		 "b: CONFIG_A (is not set)"},
		{"CONFIG_A", "", "b: CONFIG_A (is not set)"},
		{"CONFIG_A=y", "CONFIG_A=y\n", "b"},
		{"CONFIG_A=y", "CONFIG_A=y", "b"},
		{"CONFIG_A=y", "CONFIG_A=m\n", "b: CONFIG_A=y (is m)"},
		{"CONFIG_A=y", "CONFIG_AB=y\nCONFIG_=y\n",
		 "b: CONFIG_A=y (is not set)"},
		{"CONFIG_A=y", "XCONFIG_A=y\n CONFIG_A=y\n#CONFIG_A=y\n",
		 "b: CONFIG_A=y (is not set)"},
		{"CONFIG_A=m", "CONFIG_A=m\n", "b"},
		{"CONFIG_A=m", "CONFIG_A=y\n", "b: CONFIG_A=m (is y)"},
		{"CONFIG_A=n", "# CONFIG_A is not set\n", "b"},
		{"CONFIG_A=n", "CONFIG_A=n\n", "b"},
		{"CONFIG_A=n", "", "b"},
		{"CONFIG_A=n", "CONFIG_A=m\n", "b: CONFIG_A=n (is m)"},
		{"CONFIG_A!=y", "", "b"},
		{"CONFIG_A!=y", "CONFIG_A=m\n", "b"},
		{"CONFIG_A!=y", "CONFIG_A=7\n", "b"},
		{"CONFIG_A!=y", "CONFIG_A=y\n", "b: CONFIG_A!=y (is y)"},
		{"CONFIG_A!=n", "CONFIG_A=y\n", "b"},
		{"CONFIG_A!=n", "", "b: CONFIG_A!=n (is not set)"},
		{"CONFIG_A=8", "CONFIG_A=8\n", "b"},
		{"CONFIG_A=8", "CONFIG_A=0x08\n", "b"},
		{"CONFIG_A=0x10", "CONFIG_A=16\n", "b"},
		{"CONFIG_A=8", "CONFIG_A=\"8\"\n", "b: CONFIG_A=8 (is \"8\")"},
		{"CONFIG_A=-1", "CONFIG_A=-1\n", "b"},
		{"CONFIG_A!=8", "CONFIG_A=9\n", "b"},
		{"CONFIG_A<8", "CONFIG_A=-9\n", "b"},
		{"CONFIG_A<8", "CONFIG_A=8\n", "b: CONFIG_A<8 (is 8)"},
		{"CONFIG_A<8", "", "b: CONFIG_A<8 (is not set)"},
		{"CONFIG_A<=8", "CONFIG_A=8\n", "b"},
		{"CONFIG_A>8", "CONFIG_A=0xffffffff80000000\n", "b"},
		{"CONFIG_A>8", "CONFIG_A=y\n", "b: CONFIG_A>8 (is y)"},
		{"CONFIG_A>=8", "CONFIG_A=8\n", "b"},
		{"CONFIG_A>=8", "CONFIG_A=18446744073709551616\n",
		 "b: CONFIG_A>=8 (is 18446744073709551616)"},
		{"'CONFIG_A=\"x y\"'", "CONFIG_A=\"x y\"\n", "b"},
		{"'CONFIG_A=\"x\"'", "CONFIG_A=\"x y\"\n",
		 "b: CONFIG_A=\"x\" (is \"x y\")"},
		{"'CONFIG_A=\"\"'", "CONFIG_A=\"\"\n", "b"},
		{"'CONFIG_A!=\"x\"'", "", "b"},
		{"'CONFIG_A=\"a\\\"b\"'", "CONFIG_A=\"a\\\"b\"\n", "b"},
		{"[CONFIG_A=y, CONFIG_B]", "CONFIG_B=m\n", "b"},
		{"[CONFIG_A=y, CONFIG_B]", "CONFIG_A=m\n",
		 "b: CONFIG_A=y (is m) or CONFIG_B (is not set)"},
		{"CONFIG_A=y, CONFIG_B=y", "CONFIG_C=y\n",
		 "b: CONFIG_A=y (is not set), CONFIG_B=y (is not set)"},
		{"CONFIG_A=y", "CONFIG_A=y\n# CONFIG_A is not set\n",
		 "b: CONFIG_A=y (is not set)"},
		{"CONFIG_A=y", "# CONFIG_A is not set\nCONFIG_A=y\n", "b"},
		{"CONFIG_A=y", "CONFIG_A=y\n# CONFIG_A is not settled\n", "b"},
		{"CONFIG_A=y", "CONFIG_A=\x1b[31m\n",
		 "b: CONFIG_A=y (is [31m)"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *boards = g_strdup_printf(
			"[{name: b, arch: x86_64, requires: [%s]}]",
			rows[i].requires);
		g_autofree char *config = g_strconcat(X86, rows[i].config,
						      NULL);
		g_autofree char *answer = match(boards, config, NULL);

		assert_string_equal(answer, rows[i].answer);
	}
}

static void what_is_refused_and_wanted_is_told_apart(void **state)
{
	static const struct {
		const char *more, *config, *answer;
	} rows[] = {
		{"refuses: [CONFIG_A=y]", "CONFIG_A=m\n", "b"},
		{"refuses: [CONFIG_A=y]", "CONFIG_A=y\n", "b: not CONFIG_A=y"},
		{"refuses: [CONFIG_A]", "CONFIG_A=m\n", "b: not CONFIG_A"},
		{"refuses: [[CONFIG_A, CONFIG_B]]", "CONFIG_B=y\n",
		 "b: not CONFIG_A or CONFIG_B"},
		{"wants: [CONFIG_A]", "CONFIG_A=m\n", "b"},
		{"wants: [CONFIG_A=y]", "CONFIG_A=m\n",
		 "b; wants CONFIG_A=y (is m)"},
		{"requires: [CONFIG_A], refuses: [CONFIG_B], wants: [CONFIG_C]",
		 "CONFIG_B=y\n",
		 "b: CONFIG_A (is not set), not CONFIG_B; wants CONFIG_C (is "
		 "not set)"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *boards = g_strdup_printf(
			"[{name: b, arch: x86_64, %s}]", rows[i].more);
		g_autofree char *config = g_strconcat(X86, rows[i].config,
						      NULL);
		g_autofree char *answer = match(boards, config, NULL);

		assert_string_equal(answer, rows[i].answer);
	}
}

/* What a kernel for each of them has in its .config, of 6.1. */
static const struct {
	const char *arch, *config;
} kernels[] = {
	{"x86_64", "CONFIG_64BIT=y\nCONFIG_X86_64=y\nCONFIG_X86=y\n"},
	{"i386", "CONFIG_X86_32=y\nCONFIG_X86=y\n# CONFIG_64BIT is not set\n"},
	{"arm64", "CONFIG_ARM64=y\nCONFIG_64BIT=y\nCONFIG_CPU_LITTLE_ENDIAN=y\n"
		  "# CONFIG_CPU_BIG_ENDIAN is not set\n"},
	{"arm", "CONFIG_ARM=y\n# CONFIG_CPU_BIG_ENDIAN is not set\n"},
	{"riscv", "CONFIG_64BIT=y\nCONFIG_RISCV=y\n"},
	{"riscv32", "CONFIG_32BIT=y\nCONFIG_RISCV=y\n"},
	{"powerpc64le", "CONFIG_PPC64=y\nCONFIG_64BIT=y\nCONFIG_PPC=y\n"
			"# CONFIG_CPU_BIG_ENDIAN is not set\n"
			"CONFIG_CPU_LITTLE_ENDIAN=y\n"},
	{"powerpc64", "CONFIG_PPC64=y\nCONFIG_64BIT=y\nCONFIG_PPC=y\n"
		      "CONFIG_CPU_BIG_ENDIAN=y\n"},
	{"powerpc", "CONFIG_PPC32=y\nCONFIG_32BIT=y\nCONFIG_PPC=y\n"
		    "CONFIG_CPU_BIG_ENDIAN=y\n"},
	{"s390x", "CONFIG_CPU_BIG_ENDIAN=y\nCONFIG_S390=y\nCONFIG_64BIT=y\n"},
	{"mips", "CONFIG_MIPS=y\nCONFIG_CPU_BIG_ENDIAN=y\nCONFIG_32BIT=y\n"},
	{"mipsel",
	 "CONFIG_MIPS=y\nCONFIG_CPU_LITTLE_ENDIAN=y\nCONFIG_32BIT=y\n"},
	{"mips64", "CONFIG_MIPS=y\nCONFIG_CPU_BIG_ENDIAN=y\nCONFIG_64BIT=y\n"},
	{"mips64el",
	 "CONFIG_MIPS=y\nCONFIG_CPU_LITTLE_ENDIAN=y\nCONFIG_64BIT=y\n"},
	{"sparc64", "CONFIG_64BIT=y\nCONFIG_SPARC=y\nCONFIG_SPARC64=y\n"
		    "CONFIG_CPU_BIG_ENDIAN=y\n"},
	{"sparc",
	 "CONFIG_SPARC=y\nCONFIG_SPARC32=y\nCONFIG_CPU_BIG_ENDIAN=y\n"},
	{"m68k", "CONFIG_M68K=y\nCONFIG_CPU_BIG_ENDIAN=y\n"},
	{"parisc", "CONFIG_PARISC=y\nCONFIG_CPU_BIG_ENDIAN=y\n"},
	{"parisc64",
	 "CONFIG_PARISC=y\nCONFIG_CPU_BIG_ENDIAN=y\nCONFIG_64BIT=y\n"},
	{"alpha", "CONFIG_ALPHA=y\nCONFIG_64BIT=y\n"},
	{"sh", "CONFIG_SUPERH=y\nCONFIG_CPU_LITTLE_ENDIAN=y\n"},
	{"ia64", "CONFIG_IA64=y\nCONFIG_64BIT=y\n"},
	{"loongarch", "CONFIG_LOONGARCH=y\nCONFIG_64BIT=y\n"},
	{"arc", "CONFIG_ARC=y\nCONFIG_ISA_ARCV2=y\n"},
	{"csky", "CONFIG_CSKY=y\n"},
	{"microblaze", "CONFIG_MICROBLAZE=y\nCONFIG_CPU_LITTLE_ENDIAN=y\n"},
	{"nios2", "CONFIG_NIOS2=y\n"},
	{"openrisc", "CONFIG_OPENRISC=y\nCONFIG_CPU_BIG_ENDIAN=y\n"},
	{"xtensa", "CONFIG_XTENSA=y\nCONFIG_CPU_LITTLE_ENDIAN=y\n"},
	{"um", "CONFIG_UML=y\nCONFIG_64BIT=y\nCONFIG_X86_64=y\n"},
};

/* A board of every arch, each named as its arch. */
static char *every_board(void)
{
	GString *text = g_string_new(NULL);

	for (const struct arch *arch = arches; arch->name; arch++)
		g_string_append_printf(text, "- {name: %s, arch: %s}\n",
				       arch->name, arch->name);
	return g_string_free(text, FALSE);
}

static void each_kernel_boots_on_boards_of_its_arch_alone(void **state)
{
	g_autofree char *text = every_board();
	g_autoptr(GPtrArray) boards = read_boards(text);
	g_autoptr(matcher_t) matcher = matcher_new(boards);

	(void)state;
	assert_int_equal(boards->len, G_N_ELEMENTS(kernels));
	for (gsize i = 0; i < G_N_ELEMENTS(kernels); i++) {
		const struct match_build build = {
			kernels[i].config, strlen(kernels[i].config), NULL};
		g_autoptr(GArray) found = matcher_run(matcher, &build);
		const struct board *board;

		assert_int_equal(found->len, 1);
		board = boards->pdata[g_array_index(found, guint, 0)];
		assert_string_equal(board->name, kernels[i].arch);
	}
}

static void a_kernel_of_another_byte_order_is_told_so(void **state)
{
	static const struct {
		const char *arch, *config, *answer;
	} rows[] = {
		{"arm64", "CONFIG_ARM64=y\nCONFIG_CPU_BIG_ENDIAN=y\n",
		 "b: CONFIG_CPU_BIG_ENDIAN=n (is y)"},
		{"ppc64le", "CONFIG_PPC64=y\nCONFIG_CPU_BIG_ENDIAN=y\n",
		 "b: CONFIG_CPU_LITTLE_ENDIAN=y (is not set)"},
		{"i386", X86, "b: CONFIG_X86_32=y (is not set)"},
		{"arm64", X86, "b: CONFIG_ARM64=y (is not set)"},
		{"x86_64", "CONFIG_X86_64=y\nCONFIG_UML=y\n",
		 "b: CONFIG_UML=n (is y)"},
		{"x86_64", "", "b: CONFIG_X86_64=y (is not set)"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *boards = g_strdup_printf(
			"[{name: b, arch: %s}]", rows[i].arch);
		g_autofree char *answer = match(boards, rows[i].config, NULL);

		assert_string_equal(answer, rows[i].answer);
	}
}

static GPtrArray *list_artifacts(const char *paths)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit(paths, " ", -1);

	for (char **word = words; *word; word++) {
		struct artifact *artifact = g_new0(struct artifact, 1);
		bool kernel = **word == '*';

		artifact->role = (char *)(gsize)(kernel ? "kernel" : "file");
		/* Interned, as the words are gone at the end. */
		artifact->path = (char *)(gsize)g_intern_string(*word + kernel);
		if (**word)
			g_ptr_array_add(list, artifact);
		else
			g_free(artifact);
	}
	return list;
}

static void image_and_device_tree_must_be_there(void **state)
{
	/* An artifact with a star has the role kernel. */
	static const struct {
		const char *more, *artifacts, *answer;
	} rows[] = {
		{"", "*bzImage", "b"},
		{"", "bzImage", "b: no kernel"},
		{"", "", "b: no kernel"},
		{"kernel: bzImage", "bzImage", "b"},
		{"kernel: bzImage", "*vmlinux", "b: no kernel bzImage"},
		{"kernel: bzImage", "xbzImage bzImage.x",
		 "b: no kernel bzImage"},
		{"kernel: bzImage", "arch/x86/boot/bzImage", "b"},
		{"dtb: a.dtb", "*Image dtbs/a.dtb", "b"},
		{"dtb: a.dtb", "*Image dtbs/vendor/a.dtb", "b"},
		{"dtb: a.dtb", "*Image dtbs/ba.dtb", "b: no dtb a.dtb"},
		{"dtb: v/a.dtb", "*Image dtbs/v/a.dtb", "b"},
		{"dtb: v/a.dtb", "*Image dtbs/w/a.dtb", "b: no dtb v/a.dtb"},
		{"dtb: v/a.dtb", "*Image dtbs/xv/a.dtb", "b: no dtb v/a.dtb"},
		{"kernel: Image, dtb: a.dtb", "",
		 "b: no kernel Image, no dtb a.dtb"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray)
			artifacts = list_artifacts(rows[i].artifacts);
		g_autofree char *boards = g_strdup_printf(
			"[{name: b, arch: x86_64%s%s}]",
			*rows[i].more ? ", " : "", rows[i].more);
		g_autofree char *answer = match(boards, X86, artifacts);
		g_autofree char *unseen = match(boards, X86, NULL);

		assert_string_equal(answer, rows[i].answer);
		assert_string_equal(unseen, "b");
	}
}

static void a_build_leaves_nothing_for_the_next(void **state)
{
	static const char with[] = X86 "CONFIG_A=y\n", without[] = X86;
	g_autoptr(GPtrArray) boards = read_boards(
		"[{name: b, arch: x86_64, kernel: k, requires: [CONFIG_A]}]");
	g_autoptr(matcher_t) matcher = matcher_new(boards);
	g_autoptr(GPtrArray) some = list_artifacts("k");
	g_autoptr(GPtrArray) none = list_artifacts("");
	const struct {
		struct match_build build;
		guint found;
	} rows[] = {
		{{with, strlen(with), some}, 1},
		{{without, strlen(without), some}, 0},
		{{with, strlen(with), none}, 0},
		{{with, strlen(with), NULL}, 1},
		{{"", 0, NULL}, 0},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GArray) found = matcher_run(matcher, &rows[i].build);

		assert_int_equal(found->len, rows[i].found);
	}
}

static void boards_keep_their_order_and_their_own_rules(void **state)
{
	g_autofree char *answer = match(
		"- {name: a, arch: x86_64, requires: [CONFIG_A, CONFIG_B]}\n"
		"- {name: b, arch: arm, requires: [CONFIG_A]}\n"
		"- {name: c, arch: x86_64, refuses: [CONFIG_A]}\n"
		"- {name: d, arch: amd64, requires: [[CONFIG_A, CONFIG_C]]}\n",
		X86 "CONFIG_A=y\n", NULL);

	(void)state;
	assert_string_equal(answer, "a: CONFIG_B (is not set)\n"
				    "b: CONFIG_ARM=y (is not set)\n"
				    "c: not CONFIG_A\n"
				    "d");
}

static void the_answer_has_every_key(void **state)
{
	g_autoptr(GPtrArray) boards = read_boards(
		"[{name: b, arch: x86_64, kernel: k, requires: [CONFIG_A=y],"
		" refuses: [CONFIG_B], wants: [CONFIG_C]}]");
	g_autoptr(matcher_t) matcher = matcher_new(boards);
	g_autoptr(GPtrArray) none = list_artifacts("");
	static const char config[] = X86 "CONFIG_A=m\nCONFIG_B=y\n";
	const struct match_build build = {config, strlen(config), none};
	g_autoptr(GPtrArray) matches = matcher_explain(matcher, &build);
	g_autoptr(json_t) json = matches_to_json(matches);
	char *text = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(text,
			    "{\"boards\":[{\"name\":\"b\",\"matches\":false,"
			    "\"missing\":[\"CONFIG_A=y (is m)\"],"
			    "\"refused\":[\"CONFIG_B\"],"
			    "\"wanted\":[\"CONFIG_C (is not set)\"],"
			    "\"artifacts_missing\":[\"kernel k\"]}]}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_holds_or_names_what_there_is),
		cmocka_unit_test(what_is_refused_and_wanted_is_told_apart),
		cmocka_unit_test(each_kernel_boots_on_boards_of_its_arch_alone),
		cmocka_unit_test(a_kernel_of_another_byte_order_is_told_so),
		cmocka_unit_test(image_and_device_tree_must_be_there),
		cmocka_unit_test(a_build_leaves_nothing_for_the_next),
		cmocka_unit_test(boards_keep_their_order_and_their_own_rules),
		cmocka_unit_test(the_answer_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
