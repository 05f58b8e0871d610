/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel configurations: fragments merged in order, and what was requested
 * compared with what kconfig made of it. Private to the build room.
 *
 * Shapes: symbols are held without CONFIG_; values as .config has them ("y",
 * "m", "12", "\"text\""), "n" for "is not set".
 * Limits: a .config of CONFIG_TEXT_BYTES; Kconfig files as kconfig-tree.c says.
 */
#ifndef BUILD_KCONFIG_H
#define BUILD_KCONFIG_H

#include <glib.h>
#include <stdbool.h>

#include "build/layers.h"

#define KCONFIG_TEXT_BYTES (8 << 20)

/* --- expressions (kconfig-expr.c) --- */

/* "y", "m", "n" as numbers, as kconfig counts them. */
enum tristate { TRI_N, TRI_M, TRI_Y };

struct kconfig_expr;

/* Never NULL: what cannot be read is an opaque expression that is y. */
struct kconfig_expr *kconfig_expr_parse(const char *text);
void kconfig_expr_free(struct kconfig_expr *expr);
typedef struct kconfig_expr kconfig_expr_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(kconfig_expr_t, kconfig_expr_free)

/* `values`: symbol to value; a symbol that is not there is n. */
enum tristate kconfig_expr_eval(const struct kconfig_expr *expr,
				GHashTable *values);

struct kconfig_tree;

/*
 * The parts that keep the expression below `want`, with their values: "SHMEM,
 * which is n, or TMPFS, which is n". NULL when none does.
 */
char *kconfig_expr_unmet(const struct kconfig_expr *expr, enum tristate want,
			 GHashTable *values, const struct kconfig_tree *tree);

/* The first $(...) of it, which only kconfig can work out; NULL: none. */
const char *kconfig_expr_opaque(const struct kconfig_expr *expr);

/* --- the Kconfig files of a tree (kconfig-tree.c) --- */

enum kconfig_type {
	KCONFIG_UNKNOWN,
	KCONFIG_BOOL,
	KCONFIG_TRISTATE,
	KCONFIG_STRING,
	KCONFIG_INT,
	KCONFIG_HEX,
};

/* An if, menu, choice, or the entry itself: its conditions, and what it is in.
 */
struct kconfig_scope {
	struct kconfig_scope *parent;
	GPtrArray *depends; /* of char *: all must hold */
	GPtrArray *members; /* of char *: the entries of a choice; or NULL */
};

struct kconfig_definition {
	char *file;
	guint line;
	bool prompt;
	char *prompt_if;	     /* NULL: always */
	char *range;		     /* "1 64"; NULL: none */
	struct kconfig_scope *scope; /* its own */
};

struct kconfig_select {
	char *by, *condition; /* NULL: always */
};

struct kconfig_symbol {
	char *name;
	enum kconfig_type type;
	GPtrArray *definitions; /* of struct kconfig_definition */
	GPtrArray *selects;	/* of struct kconfig_select: who selects it */
};

/*
 * All that "Kconfig" at the top of `src` leads to, tolerantly: a line nobody
 * understands is passed over. Nothing outside `src` is read.
 */
struct kconfig_tree *kconfig_tree_read(const struct layers *src,
				       const char *srcarch);
void kconfig_tree_free(struct kconfig_tree *tree);
typedef struct kconfig_tree kconfig_tree_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(kconfig_tree_t, kconfig_tree_free)

/* NULL when no entry defines it. */
const struct kconfig_symbol *kconfig_tree_find(const struct kconfig_tree *tree,
					       const char *name);

/* The defined symbol with the nearest name; NULL: none is near. */
const char *kconfig_tree_nearest(struct kconfig_tree *tree, const char *name);

/* --- merge and check (kconfig.c) --- */

struct kconfig_request {
	char *symbol, *value;
	const char *fragment; /* borrowed: its name */
	guint line;
};

/* Symbol to value of a .config. */
GHashTable *kconfig_values(const char *text);

/*
 * The requests of a fragment appended to `requests`. INPUT names the first line
 * that is no CONFIG_ line.
 */
bool kconfig_read_fragment(const char *text, const char *name,
			   GPtrArray *requests, GError **error);
GPtrArray *kconfig_requests_new(void);

/* `base` with every requested symbol at its last requested value. */
char *kconfig_merge(const char *base, const GPtrArray *requests);

/*
 * Of struct lost_symbol: the requests that the final .config does not answer,
 * each with kconfig's reason.
 */
GPtrArray *kconfig_check(const GPtrArray *requests, const char *final,
			 const struct layers *src, const char *srcarch);

#endif
