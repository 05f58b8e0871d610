/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fault.h"

#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define FAULT_NAME(point, name) [FAULT_##point] = (name),
	FAULT_POINTS(FAULT_NAME)
#undef FAULT_NAME
};

static int chosen = -1; /* none */
static int left;	/* passings until it is the end */

static void print_names(void)
{
	for (int i = 0; i < FAULT_COUNT; i++)
		puts(names[i]);
	exit(EXIT_SUCCESS);
}

/* A name that nobody has is no test of anything. */
static void choose(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);

	for (int i = 0; i < FAULT_COUNT; i++) {
		if (strcmp(names[i], parts[0]) == 0)
			chosen = i;
	}
	if (chosen < 0) {
		fprintf(stderr, "reroll: REROLL_FAULT names no point\n");
		exit(EXIT_FAILURE);
	}
	left = parts[1] ? atoi(parts[1]) : 1;
}

/* Before main(), so that no subcommand has to know of it. */
__attribute__((constructor)) static void read_environment(void)
{
	const char *text = g_getenv("REROLL_FAULT");

	if (!text || !*text)
		return;
	if (strcmp(text, "list") == 0)
		print_names();
	choose(text);
}

void fault_point(enum fault point)
{
	if ((int)point == chosen && g_atomic_int_dec_and_test(&left))
		raise(SIGKILL);
}
