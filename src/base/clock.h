/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time and ids, so that a test can fix both: with REROLL_CLOCK=SECONDS in the
 * environment the wall clock stands still there and ids count up from 1, and
 * the same mail gives the same bytes. Wall clock values are seconds since 1970
 * and are named ..._at; spans come from the monotonic clock and are named _ms.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <glib.h>

/* Seconds since 1970, UTC. */
gint64 clock_now_at(void);

/* Milliseconds of a clock that never steps back, for measuring spans. */
gint64 clock_monotonic_ms(void);

/* A new id, 32 hex digits, unguessable unless REROLL_CLOCK is set. */
char *clock_new_id(void);

/* "Tue, 14 Nov 2023 22:13:20 +0000": a date as RFC 5322 section 3.3 wants. */
char *clock_format_rfc5322(gint64 at);

#endif
