/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the LAVA lab is no part of every lab: the calls that a LAVA server
 * makes to this site when a job ends.
 */
#ifndef LAB_LAVA_H
#define LAB_LAVA_H

#include "lab/lab-ops.h"

#define LAVA_CALLBACK_BYTES (1 << 20)
#define LAVA_CALLBACK_HEADER "X-Reroll-Token"

/*
 * A request at web.url + "/lava/" + the lab's name: its `token`, the value of
 * LAVA_CALLBACK_HEADER, and its body. Taken when a job that runs here has that
 * id and token: its state is asked for now. It is only a hint, so one that
 * comes late, twice or never does no harm; nothing else in the body is
 * believed.
 */
enum lab_call lava_callback(struct lab *lab, const char *token, GBytes *body);

#endif
