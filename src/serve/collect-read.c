/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mails of the store, read again. */
#include "serve/collect.h"

static void read_one(struct series_set *set, GBytes *mails)
{
	g_autoptr(mail_reader_t)
		reader = mail_reader_new_bytes(mails, MAIL_LIMIT_BYTES, NULL);
	struct raw_mail raw;

	while (reader && mail_reader_next(reader, &raw, NULL))
		series_set_add(
			set,
			message_parse(raw.data, raw.len, raw.file,
				      &(struct message_options){
					      .too_large = raw.too_large}));
}

struct series_set *collect_read(const GPtrArray *mails, guint version,
				guint total)
{
	struct series_set *set = series_set_new();

	for (guint i = 0; i < mails->len; i++)
		read_one(set, mails->pdata[i]);
	if (total)
		series_set_number(set, version, total);
	series_set_assemble(set);
	return set;
}

const struct series *collect_choose(const struct series_set *set)
{
	const struct series *best = NULL;

	for (guint i = 0; i < set->series->len; i++) {
		const struct series *one = set->series->pdata[i];

		if (!best || one->patches->len > best->patches->len)
			best = one;
	}
	return best;
}
