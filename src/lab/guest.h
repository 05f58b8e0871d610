/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a job adds to its root: an archive that is appended to the initramfs,
 * with all of it below /reroll: the scripts of share/guest, and of each suite
 * its steps as one script and its files.
 *
 * Shape: cpio (newc), a multiple of 4 bytes long.
 * Limits: the files of all suites GUEST_FILES_BYTES and GUEST_FILES_MOST.
 * Errors: CONFIG the scripts are not installed; TEMP; LIMIT.
 * Private to the lab room.
 */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H

#include <stdbool.h>

#include "lab/job.h"

#define GUEST_INIT "/reroll/init"
#define GUEST_FILES_BYTES (256 << 20)
#define GUEST_FILES_MOST 20000

struct guest_spec {
	const GPtrArray *suites; /* of struct test_suite */
	const char *word;	 /* that makes a line of the runner a signal */
	bool root_disk;		 /* the first disk is the root */
	const GPtrArray *disks;	 /* of char *: "modules", "headers", in order */
};

/* Blocking. */
bool guest_write(const struct guest_spec *spec, int fd, GError **error);

/* The steps of a suite, the `index`th of its job, as LAVA makes a script. */
char *guest_script(const struct test_suite *suite, guint index);

#endif
