/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signs in a build's output that it was ended by something that may be gone at
 * the next try. Private to the build room.
 */
#ifndef BUILD_TROUBLE_H
#define BUILD_TROUBLE_H

#include <glib.h>

enum {
	/* A crash, or memory: the next try may come to something else. */
	TROUBLE_PASSING = 1 << 0,

	/* Its disk is full, or it killed the build: no word of the sources. */
	TROUBLE_OF_MACHINE = 1 << 1,
};

#define TROUBLE_SIGN_BYTES 64 /* more than any sign has */

/* Of one build; all zero at its begin. */
struct trouble {
	unsigned seen;
	char carry[2 * TROUBLE_SIGN_BYTES];
	gsize len;
};

/* The kinds of all signs in a text; 0: none. */
unsigned trouble_in(const char *text, gsize len);

void trouble_feed(struct trouble *trouble, const char *data, gsize len);

#endif
