/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The built-in root file system that tests run in: busybox alone, for any arch
 * that Debian has it for.
 *
 * It is made once an arch and kept in the state folder under the digest of its
 * bytes, which depend on nothing but busybox: /bin/busybox and a link for each
 * name it goes by, empty folders to mount on, the device nodes a shell needs,
 * /etc/passwd and /etc/group. It has no /init; whoever boots it brings one.
 * This machine's own is made without being asked for when its busybox is a
 * static one; others are fetched by apt, only when asked to.
 * Errors: CONFIG it is not there: the message names the command that makes it;
 * TEMP the folder cannot be written to, or apt has no network.
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
