// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What in a build's output tells that the machine, and not the sources, may
 * have ended it. The output comes in pieces of any size: the end of each is
 * carried on to the next.
 */
#include <config.h>

#include "build/trouble.h"

#include <string.h>

static const struct {
	const char *text;
	unsigned kind;
} signs[] = {
	{": No space left on device", TROUBLE_OF_MACHINE}, /* of a tool */
	{"No space left on device", TROUBLE_PASSING},
	{"Killed signal terminated program", TROUBLE_OF_MACHINE},
	{"unable to execute command: Killed", TROUBLE_OF_MACHINE},
	{"] Killed\n", TROUBLE_OF_MACHINE}, /* as make says it */
	{"signal terminated program", TROUBLE_PASSING},
	{"unable to execute command: ", TROUBLE_PASSING},
	{"] Segmentation fault", TROUBLE_PASSING},
	{"] Bus error", TROUBLE_PASSING},
	{"internal compiler error", TROUBLE_PASSING},
	{"PLEASE submit a bug report to", TROUBLE_PASSING},
	{"Cannot allocate memory", TROUBLE_PASSING},
	{"out of memory", TROUBLE_PASSING},
};

unsigned trouble_in(const char *text, gsize len)
{
	unsigned seen = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
		if (memmem(text, len, signs[i].text, strlen(signs[i].text)))
			seen |= signs[i].kind;
	}
	return seen;
}

void trouble_feed(struct trouble *trouble, const char *data, gsize len)
{
	gsize room = sizeof(trouble->carry) - trouble->len;
	gsize head = MIN(len, room), keep;

	memcpy(trouble->carry + trouble->len, data, head);
	trouble->len += head;
	trouble->seen |= trouble_in(trouble->carry, trouble->len);
	trouble->seen |= trouble_in(data, len);
	if (len >= TROUBLE_SIGN_BYTES) {
		keep = TROUBLE_SIGN_BYTES;
		memcpy(trouble->carry, data + len - keep, keep);
	} else {
		keep = MIN(trouble->len, TROUBLE_SIGN_BYTES);
		memmove(trouble->carry, trouble->carry + trouble->len - keep,
			keep);
	}
	trouble->len = keep;
}
