/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of matching share: match.c numbers what boards ask and
 * decides, match-read.c reads a build, match-explain.c gives the reasons,
 * match-symbol.c knows what a test means, match-arch.c the symbols that tell
 * architectures apart.
 */
#ifndef LAB_MATCH_INTERNAL_H
#define LAB_MATCH_INTERNAL_H

#include <string.h>

#include "lab/match.h"

/* The symbols of a kernel's .config that say what it runs on. */
struct arch_sign {
	const char *arch;   /* name of arch_find() */
	const char *on[4];  /* that are y, without CONFIG_; ended by NULL */
	const char *off[2]; /* that are n */
};

const struct arch_sign *arch_sign_find(const struct arch *arch);

/* A value in the text of a .config; text NULL: not set, or not there. */
struct symbol_value {
	const char *text;
	gsize len;
};

#define NO_FILE G_MAXUINT

/* A name in somebody's text. */
struct name {
	const char *text;
	gsize len;
};

enum kind { KIND_N, KIND_Y, KIND_M, KIND_OTHER };

struct symbol {
	struct name name;
	struct symbol_value value;
	enum kind kind;
};

/* One test of a rule. */
struct check {
	const struct symbol *symbol;
	guint8 accepts; /* a bit for each of KIND_N, KIND_Y and KIND_M */
	const struct symbol_test *test;
};

/* Any of `len` checks. */
struct rule {
	guint first, len;
};

struct board_row {
	guint first, len;  /* of `conditions` */
	guint kernel, dtb; /* of `files`; NO_FILE: none is needed */
};

struct file {
	const char *path; /* the end of an artifact's; NULL: role kernel */
	bool there;
};

struct matcher {
	const GPtrArray *boards;
	GHashTable *by_symbol; /* of struct symbol, by struct name */
	GPtrArray *symbols;    /* of struct symbol */
	GHashTable *rule_ids;  /* its text to number + 1 */
	GArray *rules, *checks;
	GHashTable *file_ids; /* path to number + 1 */
	GHashTable *by_name;  /* a file's own name to a GArray of numbers */
	GArray *files;
	GArray *conditions; /* of guint: number of a rule * 2 + must hold */
	GArray *rows;	    /* of struct board_row, as `boards` */
	GPtrArray *signs;   /* of struct symbol_test: the architectures' */
	guint8 *holds;	    /* of each rule, in the last build */
};

/* The number of a key in a table that holds it plus one; -1: not there. */
static inline int find_id(GHashTable *ids, gconstpointer key)
{
	return GPOINTER_TO_INT(g_hash_table_lookup(ids, key)) - 1;
}

/* The last part of a path. */
static inline const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool symbol_test_holds(const struct symbol_test *test,
		       struct symbol_value value);

/* "CONFIG_X=y (is not set)": what a rule that does not hold lacks. */
char *symbol_rule_lack(const struct matcher *matcher,
		       const struct symbol_rule *rule);

/* Values and files of a build into the matcher. */
void matcher_read_config(struct matcher *matcher, const char *text, gsize len);
void matcher_read_artifacts(struct matcher *matcher,
			    const GPtrArray *artifacts);

/* All of a build, for the three below. */
void matcher_read(struct matcher *matcher, const struct match_build *build);

/* What it has for a symbol that a board names, or an architecture's sign. */
struct symbol_value matcher_value(const struct matcher *matcher,
				  const char *symbol);

/* Whether an artifact is what board number `index` boots. */
bool matcher_has_kernel(const struct matcher *matcher, guint index);
bool matcher_has_dtb(const struct matcher *matcher, guint index);

#endif
