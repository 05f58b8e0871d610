/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of a build's modules those that a boot needs, for a machine without a disk:
 * an archive to append to its initramfs.
 *
 * Shape: cpio (newc) of lib/modules/RELEASE/... with the modules named and all
 * they depend on, every folder on the way to them, modules.dep of these alone,
 * and modules.load: their paths ("/lib/modules/..."), one a line, in an order
 * in which insmod can take them. Appended to a compressed initramfs it is read
 * only when that was padded with zeros to a multiple of 4 bytes.
 * Errors: NOT_FOUND names the module that is neither there nor built in; INPUT
 * when the archive of modules cannot be read; LIMIT.
 */
#ifndef BUILD_IMAGES_H
#define BUILD_IMAGES_H

#include <glib.h>

/*
 * `tar_path` is an artifact with the role "modules"; `names` of char *, as
 * lsmod or a file is called: "virtio_net", "virtio-net.ko". The same input
 * gives the same bytes.
 */
GBytes *images_modules_cpio(const char *tar_path, const GPtrArray *names,
			    GError **error);

#endif
