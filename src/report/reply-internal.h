/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the reply share. */
#ifndef REPORT_REPLY_INTERNAL_H
#define REPORT_REPLY_INTERNAL_H

#include "report/reply.h"

/* How much of the data is told: a reply that is too long is made again. */
struct reply_cut {
	guint items;	/* of a list; 0: all of them */
	gsize text_len; /* bytes of a text; 0: all of it */
};

/* From nothing cut to what surely fits. */
extern const struct reply_cut reply_cuts[];
extern const gsize reply_cuts_len;

/*
 * Cut the lists and texts in `data`; X_more tells how many items of the list X
 * were left out, `cut` that this was done at all. Builds are all kept.
 */
void reply_data_cut(json_t *data, const struct reply_cut *cut);

/* As reply_data(), with less in it. */
json_t *reply_data_within(const struct reply_context *context,
			  const struct outcome *outcome,
			  const struct verdict *verdict,
			  const struct reply_cut *cut);

/*
 * Add to a template's data what templates cannot work out: has_X for each list
 * X that is not empty, X_lines for texts of several lines, sentences filled to
 * 72 columns, which builds failed, whether all tests passed.
 */
void reply_data_finish(json_t *data);

#endif
