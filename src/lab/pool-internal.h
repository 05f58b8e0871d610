/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pool over a table of its own, and how patient it is.
 */
#ifndef LAB_POOL_INTERNAL_H
#define LAB_POOL_INTERNAL_H

#include "lab/pool.h"

struct pool_patience {
	guint first_ms; /* the pause before the second round, then doubled */
	guint most_ms;	/* of a pause */
	guint rounds;	/* in which every lab is asked once */
};

extern const struct pool_patience pool_patience_default;

/* `table` is ended by NULL; all three are copied or outlive the pool. */
struct lab_pool *lab_pool_new_with(const struct lab_ops *const *table,
				   const struct site *site,
				   const struct pool_patience *patience,
				   GError **error);

/* The pause after the `round`-th (from 1) round without a place. */
guint pool_pause_ms(const struct pool_patience *patience, guint round);

#endif
