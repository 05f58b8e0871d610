/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the main loop was busy at a time, as a histogram; and the watchdog
 * of systemd, which is fed as long as the loop turns.
 */
#ifndef SERVE_WATCH_H
#define SERVE_WATCH_H

#include <jansson.h>

void watch_start(void);
void watch_stop(void);

/* {"turns": N, "longest_us": N, "over_10_ms": N, "histogram": [{"to_us": N,
 * "turns": N}, ...]} */
json_t *watch_to_json(void);

#endif
