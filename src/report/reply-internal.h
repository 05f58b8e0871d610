/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the reply share. */
#ifndef REPORT_REPLY_INTERNAL_H
#define REPORT_REPLY_INTERNAL_H

#include "report/reply.h"

/*
 * Add to a template's data what templates cannot work out: has_X for each list
 * X that is not empty, X_lines for texts of several lines, sentences filled to
 * 72 columns, which builds failed, whether all tests passed.
 */
void reply_data_finish(json_t *data);

#endif
