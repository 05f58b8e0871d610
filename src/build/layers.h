/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder as a build sees it: `top`, and below it `lower`, of which all shows
 * that top does not cover. The sandbox mounts the two as overlayfs; we read
 * them as it would, without a mount: a character device 0/0 in top is a file
 * that was removed, a folder marked opaque covers the lower one whole.
 *
 * Ownership: the texts are borrowed, see struct snapshot. With `lower` NULL
 * there is top alone, a plain folder; with `top` NULL there is no folder.
 */
#ifndef BUILD_LAYERS_H
#define BUILD_LAYERS_H

#include <glib.h>
#include <stdbool.h>

struct layers {
	const char *top;   /* what is written goes here */
	const char *lower; /* never written to; NULL: none */
	const char *work;  /* scratch of overlayfs, on top's file system */
};

/*
 * The regular file `path`, open for reading; -1 when there is none, or the way
 * to it leaves the folder.
 */
int layers_open(const struct layers *layers, const char *path);

/* Its content, NUL-terminated; NULL also when it is over the limit. */
char *layers_read(const struct layers *layers, const char *path,
		  gsize limit_bytes);

bool layers_has(const struct layers *layers, const char *path);

#endif
