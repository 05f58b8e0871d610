// SPDX-License-Identifier: GPL-2.0-or-later
/* The kinds of labs that there are, and the pool over them. */
#include "lab/lab-ops.h"

#include "lab/pool-internal.h"

const struct lab_ops *const lab_table[] = {&lab_qemu, &lab_lava, NULL};

struct lab_pool *lab_pool_new(const struct site *site, GError **error)
{
	return lab_pool_new_with(lab_table, site, &pool_patience_default,
				 error);
}
