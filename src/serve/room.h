/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Room on the disk that the state is on: one rule for the daemon and for who
 * brings something past it.
 */
#ifndef SERVE_ROOM_H
#define SERVE_ROOM_H

#include <glib.h>
#include <stdbool.h>

/*
 * Whether less is free than 1 GiB and than 2 % of the disk, or than
 * `least_bytes`. False when the disk does not say.
 */
bool room_is_low(const char *folder, guint64 least_bytes);

/* TEMP when it is. */
bool room_check(const char *folder, GError **error);

#endif
