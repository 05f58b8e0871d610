/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the boards' table and what is done with it.
 */
#ifndef CONFIG_BOARD_INTERNAL_H
#define CONFIG_BOARD_INTERNAL_H

#include "config/board.h"
#include "config/schema.h"

extern const struct schema board_form;

/* The rule that entries of requires, wants and refuses are made into. */
extern const struct schema_choice symbol_choice;

/* What a test of a symbol must look like. */
const char *expect_symbol(const char *text);

#endif
