/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the halves of the schema engine share: schema.c reads and frees,
 * schema-print.c writes files and manuals, schema-value.c knows single values.
 */
#ifndef CONFIG_SCHEMA_INTERNAL_H
#define CONFIG_SCHEMA_INTERNAL_H

#include "config/schema.h"

static inline gpointer schema_field(const struct schema_key *key, gpointer base)
{
	return (char *)base + key->offset;
}

static inline gconstpointer schema_field_of(const struct schema_key *key,
					    gconstpointer base)
{
	return (const char *)base + key->offset;
}

/* The one value that a row of the form is; NULL: it is a map. */
static inline const struct schema_key *schema_value(const struct schema *form)
{
	return form->keys->key && !*form->keys->key ? form->keys : NULL;
}

/* The words allowed for a key; NULL: any. */
const char *const *schema_words(const struct schema_key *key);

/* Whether the type is one value written as a scalar. */
bool schema_is_scalar(enum key_type type);

/*
 * Read one scalar into its field; `type` is the key's or that of its items.
 * False leaves the field alone: the text is not what was expected.
 */
bool schema_parse(const struct schema_key *key, enum key_type type,
		  const char *dir, const char *text, gpointer field);

/* The scalar as it would stand in a file; NULL: it is not set. */
char *schema_format(const struct schema_key *key, enum key_type type,
		    gconstpointer field);

/* "a number from 1 to 100": what a key (an item of it) wants. */
char *schema_expected(const struct schema_key *key, enum key_type type);

#endif
