/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root file systems that tests run in: the built-in one (busybox alone, for any
 * arch Debian has it for) and those of the site.
 *
 * The built-in one is made once an arch and kept in the state folder under the
 * digest of what it is made of: the package busybox-static of that arch, which
 * is fetched by apt where the machine has not got it, only when asked to.
 * Errors: CONFIG it is not there: the message names the command that makes it.
 */
#ifndef LAB_ROOTFS_H
#define LAB_ROOTFS_H

#include <gio/gio.h>

#include "config/cfg.h"

/* Path of an uncompressed cpio (newc) with the built-in root. To be freed. */
char *rootfs_builtin(const struct site *site, const char *arch, GError **error);

/* Fetch and make it; blocking. What apt says goes to `say`. */
bool rootfs_make(const struct site *site, const char *arch,
		 void (*say)(const char *line, gpointer data), gpointer data,
		 GError **error);

#endif
