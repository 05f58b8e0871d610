/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A roster changed by the program: one address more, at the end of a person's.
 * Everything else of the file stays as staff wrote it, byte for byte.
 *
 * Errors: INPUT no address; CONFLICT it is somebody else's, or the file was
 * changed meanwhile; NOT_FOUND nobody has that login; CONFIG the file is no
 * roster, or is written so that one more address cannot be put in safely; TEMP
 * it cannot be written. The file is then as it was.
 */
#ifndef CONFIG_ROSTER_EDIT_H
#define CONFIG_ROSTER_EDIT_H

#include <glib.h>
#include <stdbool.h>

/* True also when it is there already. May wait for the disk. */
bool roster_add_email(const char *path, const char *login, const char *email,
		      GError **error);

#endif
