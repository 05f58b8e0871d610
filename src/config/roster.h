/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may submit: a YAML list or a CSV file with the columns login, name,
 * emails (addresses separated by blanks), group, extension. The first line of a
 * CSV file names its columns; quotes as in RFC 4180.
 *
 * A login or an address that two people share is a problem, told with both
 * lines. Limits: 4 MiB, 20,000 people.
 */
#ifndef CONFIG_ROSTER_H
#define CONFIG_ROSTER_H

#include <glib.h>

#include "config/problems.h"

struct person {
	char *login; /* unique */
	char *name;
	GPtrArray *emails; /* of char * */
	char *group;	   /* NULL: none */
	guint64 extension_s;
};

void person_free(struct person *person);

/* Of struct person, owned; NULL when there are problems. A *.csv or YAML. */
GPtrArray *roster_load(const char *path, struct problems *problems);
GPtrArray *roster_parse(const char *text, gsize len, const char *file,
			struct problems *problems);

#endif
