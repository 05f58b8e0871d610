/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mail put into a Maildir as maildir(5) wants: written below tmp/, synced,
 * then moved to new/ under a name nobody else has, so a reader never sees half
 * of one. The folders are made when they are not there.
 *
 * Errors: TEMP, with the path.
 */
#ifndef MAIL_MAILDIR_H
#define MAIL_MAILDIR_H

#include <glib.h>
#include <stdbool.h>

/* `path`, if not NULL, gets the file's name; to be freed. */
bool maildir_deliver(const char *dir, GBytes *mail, char **path,
		     GError **error);

#endif
