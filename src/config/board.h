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

struct symbol_test {
	char *symbol;
	enum symbol_op op;
	char *value;   /* NULL for SYMBOL_ON */
	gint64 number; /* of the last four */
};

/* One entry of a list: a test, or a list of which one must hold. */
struct symbol_rule {
	char *text;	/* as it was written, for messages */
	GPtrArray *any; /* of struct symbol_test */
};

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

#endif
