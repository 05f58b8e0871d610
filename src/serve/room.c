/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/room.h"

#include <sys/statvfs.h>

#include "base/base.h"

#define FREE_LEAST_BYTES (G_GUINT64_CONSTANT(1) << 30)
#define FREE_LEAST_PERCENT 2

bool room_is_low(const char *folder, guint64 least_bytes)
{
	struct statvfs at;
	guint64 part;

	if (statvfs(folder, &at) != 0)
		return false;
	part = (guint64)at.f_blocks * at.f_frsize * FREE_LEAST_PERCENT / 100;
	return (guint64)at.f_bavail * at.f_frsize <
	       MAX(MIN(FREE_LEAST_BYTES, part), least_bytes);
}

bool room_check(const char *folder, GError **error)
{
	g_autofree char *quoted = NULL;

	if (!room_is_low(folder, 0))
		return true;
	quoted = text_quote(folder, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the disk of %s is nearly full: nothing more is taken "
		    "until there is room, try again later",
		    quoted);
	return false;
}
