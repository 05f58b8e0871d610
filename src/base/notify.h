/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a service tells its manager, as systemd wants to hear it: "READY=1",
 * "WATCHDOG=1", "STATUS=..."; nobody, when nobody listens.
 * Source: sd_notify(3), $NOTIFY_SOCKET, $WATCHDOG_USEC, $WATCHDOG_PID.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <glib.h>

void notify_manager(const char *state);

/* How often "WATCHDOG=1" must be said at least; 0: it need not be. */
guint64 notify_watchdog_us(void);

#endif
