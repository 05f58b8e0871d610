/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of a board, key by key. reroll-boards(5) is made from these rows.
 */
#include <string.h>

#include "config/board-internal.h"

static const char *expect_qemu(const char *text)
{
	if (*text && *text != '-' && !strpbrk(text, " \t"))
		return NULL;
	return "a word of QEMU's command line, without blanks";
}

static const char *expect_console(const char *text)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,";

	if (*text && !text[strspn(text, chars)])
		return NULL;
	return "a console of the kernel such as ttyS0 or ttyS0,115200n8";
}

static const struct schema qemu_form = {
	.keys = (const struct schema_key[]){
		{"system", KEY_TEXT, FIELD(board, qemu.system),
		 .expect = expect_word,
		 .doc = "The program is qemu-system-SYSTEM; without one that "
			"of the architecture"},
		{"machine", KEY_TEXT, FIELD(board, qemu.machine),
		 .expect = expect_qemu,
		 .doc = "The machine, for -M; without one the board is not for "
			"QEMU"},
		{"cpu", KEY_TEXT, FIELD(board, qemu.cpu), .expect = expect_qemu,
		 .doc = "The processor, for -cpu; without one the machine's "
			"own"},
		{"memory", KEY_SIZE, FIELD(board, qemu.memory_bytes),
		 .fallback = "512MiB", .least = 1 << 20,
		 .most = G_GUINT64_CONSTANT(1) << 40,
		 .doc = "The guest's memory, for -m"},
		{"console", KEY_TEXT, FIELD(board, qemu.console),
		 .expect = expect_console,
		 .doc = "The serial console as the kernel calls it, for "
			"console= of its command line"},
		{"append", KEY_TEXT, FIELD(board, qemu.append),
		 .doc = "More words of the kernel's command line"},
		{"no-kvm", KEY_BOOL, FIELD(board, qemu.no_kvm),
		 .fallback = "false",
		 .doc = "Whether it is emulated even where KVM works"},
		{"options", KEY_LIST, FIELD(board, qemu.options),
		 .item = KEY_TEXT, .most = 1000,
		 .doc = "More arguments of QEMU, one each, as they are"},
		{NULL},
	}};

static void board_check(const struct schema_reader *reader,
			const struct node *node, gpointer row)
{
	struct board *board = row;

	(void)node;
	board->file = g_strdup(reader->file);
	board->arch = arch_find(board->arch_name);
}

const struct schema board_form = {
	.size = sizeof(struct board),
	.free = (void (*)(gpointer))board_free,
	.check = board_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(board, name), .flags = KEY_REQUIRED,
		 .expect = expect_word,
		 .doc = "What projects and replies call it; unique"},
		{"arch", KEY_TEXT, FIELD(board, arch_name),
		 .flags = KEY_REQUIRED, .names = arch_names,
		 .doc = "The architecture of the kernels that run there, which "
			"also says their word size and byte order"},
		{"requires", KEY_CHOICES, FIELD(board, requires),
		 .item = KEY_TEXT, .expect = expect_symbol, .most = 1000,
		 .choice = &symbol_choice,
		 .doc = "What the final .config must have; of a list in the "
			"list one must hold"},
		{"wants", KEY_CHOICES, FIELD(board, wants), .item = KEY_TEXT,
		 .expect = expect_symbol, .most = 1000,
		 .choice = &symbol_choice,
		 .doc = "What it had better have; told when it has not"},
		{"refuses", KEY_CHOICES, FIELD(board, refuses),
		 .item = KEY_TEXT, .expect = expect_symbol, .most = 1000,
		 .choice = &symbol_choice, .doc = "What it must not have"},
		{"kernel", KEY_TEXT, FIELD(board, kernel),
		 .expect = expect_word,
		 .doc = "The file name of the image that it boots; without one "
			"the image that is usual for the architecture"},
		{"dtb", KEY_TEXT, FIELD(board, dtb), .expect = expect_inside,
		 .doc = "The device tree that it needs, a file name, with "
			"folders where the name alone is not enough"},
		{"device-type", KEY_TEXT, FIELD(board, device_type),
		 .expect = expect_word,
		 .doc = "What LAVA calls such a device; without one no LAVA "
			"lab has it"},
		{"tags", KEY_LIST, FIELD(board, tags), .item = KEY_TEXT,
		 .expect = expect_word, .most = 100,
		 .doc = "Tags that LAVA's device must have"},
		{"modules", KEY_LIST, FIELD(board, modules), .item = KEY_TEXT,
		 .expect = expect_word, .most = 1000,
		 .doc = "Modules that are loaded before the tests"},
		{"note", KEY_LINES, FIELD(board, note),
		 .doc = "What people should know of it"},
		{"disk", KEY_BOOL, FIELD(board, disk), .fallback = "false",
		 .doc = "Whether images can be given to it as disks; else all "
			"goes into one initramfs"},
		{"qemu", KEY_SECTION, .form = &qemu_form,
		 .doc = "How QEMU makes one"},
		{NULL},
	}};

void board_free(struct board *board)
{
	if (!board)
		return;
	schema_clear(&board_form, board);
	g_free(board->file);
	g_free(board);
}
