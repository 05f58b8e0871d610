/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A form as a table of rows: what may stand in a file, what it means when it
 * does not, and where in a struct it goes. One table fills the struct, frees
 * it, prints it as YAML that loads again, and makes the manual.
 *
 * Shapes: a key's `fallback` is the text that would stand in the file (words
 * parted by blanks for a list); NULL leaves the field zero, a list empty. The
 * field's C type goes by the key's type, see enum key_type.
 * Errors: every one is added to the problems as "found ..., expected ..." at
 * the place of the value, and the reading goes on; a faulty value leaves its
 * field zero, so look at the problems before using the struct.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/expect.h"
#include "config/problems.h"
#include "config/yaml.h"

enum key_type {
	KEY_TEXT,    /* char *, one line */
	KEY_LINES,   /* char *, lines */
	KEY_PATH,    /* char *, made absolute from the file's folder */
	KEY_BOOL,    /* bool */
	KEY_COUNT,   /* guint or guint64 */
	KEY_SIZE,    /* guint64, bytes */
	KEY_SPAN,    /* guint64, seconds */
	KEY_WORD,    /* an enum: the index in `words` */
	KEY_MAILBOX, /* char *name and after it char *email */
	KEY_LIST,    /* GPtrArray of char *, each a text of type `item` */
	KEY_SECTION, /* a map whose keys go into the same struct */
	KEY_ROWS,    /* GPtrArray of structs, from a list of maps */
	KEY_NAMED,   /* the same from a map, its keys being the `name` field */
	KEY_CHOICES, /* GPtrArray of what `choice` makes of each entry: a text,
		      * or a list of texts of which one is meant */
	KEY_REFUSED, /* a known key that nothing may stand under; see `doc` */
};

enum key_flags {
	KEY_REQUIRED = 1 << 0,
	KEY_EXISTS = 1 << 1, /* path: must be there */
	KEY_SECRET = 1 << 2, /* path: nobody else may read it */
	KEY_EMPTY = 1 << 3,  /* lines: "" is a value too */
};

struct schema;

/* What stands for an entry of KEY_CHOICES. */
struct schema_choice {
	/* `texts` of char *; each is what the key expects. */
	gpointer (*make)(const GPtrArray *texts);
	GPtrArray *(*texts)(gconstpointer entry); /* what it was made of */
	GDestroyNotify free;
};

struct schema_key {
	const char *key;
	enum key_type type;
	size_t offset, size; /* of the field */
	const char *fallback;
	guint64 least, most;	  /* of a number, or of a list's length; most 0:
				   * no bound */
	const char *const *words; /* the only ones allowed */
	const char *const *(*names)(void); /* the same, from a function */
	expect_check expect; /* of the text; of KEY_NAMED: of its names */
	enum key_type item;
	const struct schema *form; /* of a section or row */
	const struct schema_choice *choice;
	unsigned flags;
	/* One sentence without the last stop; of KEY_REFUSED: why, as the end
	 * of one. */
	const char *doc;
};

/* Where problems of one file go, and what its paths are relative to. */
struct schema_reader {
	const char *file;
	const char *dir;
	struct problems *problems;
};

/*
 * A form whose only key is "" has one value instead of a map of keys: the rows
 * of a KEY_NAMED that are `name: value`.
 */
struct schema {
	const struct schema_key *keys; /* ended by a row without a key */
	size_t size;		       /* of a row's struct */
	size_t name;		       /* offset of a KEY_NAMED row's name */
	void (*free)(gpointer row);
	/* What one key alone cannot tell; called with the filled struct. */
	void (*check)(const struct schema_reader *reader,
		      const struct node *node, gpointer row);
};

/* .offset and .size of a member, for the tables. */
#define FIELD(type, member)                      \
	.offset = offsetof(struct type, member), \
	.size = sizeof(((struct type *)NULL)->member)

/* Fill `to`, which is all zero. */
void schema_fill(const struct schema *form, const struct node *node,
		 const struct schema_reader *reader, gpointer to);

/* All defaults, for a file that is not there. */
void schema_fill_defaults(const struct schema *form, const char *dir,
			  gpointer to);

/* Free what the fields hold, not `of` itself. */
void schema_clear(const struct schema *form, gpointer of);

/* As YAML; what is NULL is left out. */
char *schema_print(const struct schema *form, gconstpointer of);

/* The keys as an mdoc(7) list. */
char *schema_document(const struct schema *form);

/* How many keys of the map are keys of the form. */
guint schema_known_keys(const struct schema *form, const struct node *node);

/* The value that stands under a key of a map; NULL. */
const struct node *node_value(const struct node *map, const char *key);

G_GNUC_PRINTF(3, 4)
void schema_problem(const struct schema_reader *reader, const struct node *at,
		    const char *format, ...);

#endif
