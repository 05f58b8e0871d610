/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's room: what leads events to replies for ever, and how the other
 * commands talk to it.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "serve/bring.h"
#include "serve/control.h"
#include "serve/look.h"
#include "serve/ops.h"

#endif
