/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boards: the machines that kernels are booted on, real or emulated. One record
 * drives every lab. The keys stand in the schema table of board-schema.c;
 * reroll-boards(5) is made from it.
 *
 * Shapes: symbols are held without CONFIG_; values as .config has them, "n" for
 * one that is not set. Lists are never NULL.
 * Ownership: the board owns all. Limits: file 4 MiB.
 */
#ifndef CONFIG_BOARD_H
#define CONFIG_BOARD_H

#include <glib.h>
#include <stdbool.h>

#include "config/arch.h"
#include "config/problems.h"

enum symbol_op {
	SYMBOL_ON, /* "CONFIG_X": y or m */
	SYMBOL_EQ, /* "CONFIG_X=y", "CONFIG_X=n", CONFIG_X="text" */
	SYMBOL_NE,
	SYMBOL_LT,
	SYMBOL_LE,
	SYMBOL_GT,
	SYMBOL_GE, /* "CONFIG_NR_CPUS>=1": numbers, decimal or 0x */
};

/* Of .config: from -2^63 to 2^64 - 1, which no one C type holds. */
struct symbol_number {
	bool minus;
	guint64 size;
};

struct symbol_test {
	char *text; /* as it was written, for messages */
	char *symbol;
	enum symbol_op op;
	char *value; /* NULL for SYMBOL_ON; a text keeps its quotes */
	bool numeric;
	struct symbol_number number; /* of value, when it is one */
};

/* One entry of a list: a test, or a list of which one must hold. */
struct symbol_rule {
	char *text;	/* "CONFIG_A=y or CONFIG_B=y", for messages */
	GPtrArray *any; /* of struct symbol_test */
};

/* "CONFIG_X", "CONFIG_X=y", "CONFIG_X>=4"; NULL: it is none of these. */
struct symbol_test *symbol_test_parse(const char *text);
void symbol_test_free(struct symbol_test *test);
typedef struct symbol_test symbol_test_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(symbol_test_t, symbol_test_free)

/* Decimal or 0x, all of the `len` bytes; false: it is no number. */
bool symbol_number_parse(const char *text, gsize len,
			 struct symbol_number *number);

/* As strcmp() does. */
int symbol_number_compare(const struct symbol_number *a,
			  const struct symbol_number *b);

struct board {
	char *file; /* where it stands */
	char *name;
	char *arch_name;	 /* as written */
	const struct arch *arch; /* of it: its byte order is the board's too */
	GPtrArray *requires, *wants, *refuses; /* of struct symbol_rule */
	char *kernel;	    /* file name of the image: "zImage"; NULL: any */
	char *dtb;	    /* file name; NULL: none needed */
	char *device_type;  /* of LAVA; NULL: no LAVA lab has it */
	GPtrArray *tags;    /* of char *: of LAVA's devices */
	GPtrArray *modules; /* of char *: loaded before the tests */
	char *note;	    /* for people: "virtual EPROM must be given" */
	bool disk; /* images can be given as disks; else all in one initramfs */
	struct {
		char *system;  /* qemu-system-NAME; NULL: the arch's own */
		char *machine; /* NULL: not for QEMU */
		char *cpu, *console, *append;
		guint64 memory_bytes;
		bool no_kvm;
		GPtrArray *options; /* of char *: more arguments, as they are */
	} qemu;
};

void board_free(struct board *board);
typedef struct board board_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(board_t, board_free)

/*
 * Every board of the files and folders (of char *), in order, or NULL when any
 * has a problem. A name used twice is one. Of struct board.
 */
GPtrArray *boards_load(const GPtrArray *paths, struct problems *problems);
GPtrArray *boards_parse(const char *text, gsize len, const char *file,
			struct problems *problems);

/*
 * Those of the site's files; when it names none, the installed ones, in the
 * folder $REROLL_BOARDS or the one of the package.
 */
struct site;
GPtrArray *boards_of_site(const struct site *site, struct problems *problems);

/* By name; NULL when there is none. */
const struct board *boards_find(const GPtrArray *boards, const char *name);

/* Effective records as YAML, with defaults, for lint --print. */
char *boards_print(const GPtrArray *boards);

#endif
