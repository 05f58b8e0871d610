/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the built-in root share: rootfs.c keeps it,
 * rootfs-busybox.c looks into a program, rootfs-cpio.c makes the archive of
 * one, rootfs-fetch.c gets one by apt.
 */
#ifndef LAB_ROOTFS_INTERNAL_H
#define LAB_ROOTFS_INTERNAL_H

#include "lab/rootfs.h"

/* Whether it is a program for that arch that needs no loader. */
bool busybox_is_static(GBytes *program, const struct arch *arch);

/* What it can be called as, sorted; of char *. Empty: it is no busybox. */
GPtrArray *busybox_applets(GBytes *program);

/* The same program gives the same bytes. NULL, INPUT: it is no busybox. */
GBytes *rootfs_cpio(GBytes *program, GError **error);

/* Called with each line that apt prints. */
typedef void (*rootfs_say)(const char *line, gpointer data);

/*
 * The program of Debian's package for that arch. CONFIG there is none in the
 * sources of this machine's apt; TEMP it cannot be had now.
 */
GBytes *rootfs_fetch(const struct arch *arch, rootfs_say say, gpointer data,
		     GError **error);

#endif
