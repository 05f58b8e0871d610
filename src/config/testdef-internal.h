/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between test definitions and the project, which gives them parameters.
 */
#ifndef CONFIG_TESTDEF_INTERNAL_H
#define CONFIG_TESTDEF_INTERNAL_H

#include "config/schema.h"
#include "config/testdef.h"

/* `NAME: value`, a row of a KEY_NAMED. */
extern const struct schema test_param_form;

#endif
