/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kbuild's Makefiles, as far as they say which symbol an object is built for:
 * rows as "obj-$(CONFIG_X) += x.o", composites as "foo-y := x.o", folders as
 * "obj-$(CONFIG_D) += sub/". What make would have to work out is passed over.
 * Private to the build room.
 *
 * Shapes: symbols are held without CONFIG_; paths are below the source's top.
 * Limits: a file of KMAKE_BYTES; the tables of kmake.c.
 */
#ifndef BUILD_KMAKE_H
#define BUILD_KMAKE_H

#include <glib.h>
#include <stdbool.h>

#include "build/layers.h"

#define KMAKE_BYTES (1 << 20)

/* One assignment to a list. */
struct kmake_row {
	char *list;	    /* "obj", or of a composite "foo" */
	GPtrArray *symbols; /* of char *: without any the row is for all */
	char **words;
};

/* Of struct kmake_row, in order. */
GPtrArray *kmake_parse(const char *text);

/*
 * Add what `word` of a folder's rows needs to `symbols`. False when no row has
 * it.
 */
bool kmake_find(const GPtrArray *rows, const char *word, GPtrArray *symbols);

/*
 * The symbols without which `object` ("drivers/x.o") is not built, the nearest
 * first; of char *. NULL when no Makefile has it.
 */
GPtrArray *kmake_needs(const struct layers *src, const char *object);

#endif
