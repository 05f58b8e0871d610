/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab room: finished builds matched with boards, booted and tested there.
 * Called by the pipeline's test stage.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include "lab/boots.h"
#include "lab/job.h"
#include "lab/lab-ops.h"
#include "lab/lava.h"
#include "lab/match.h"
#include "lab/pool.h"
#include "lab/results.h"
#include "lab/rootfs.h"
#include "lab/suites.h"
#include "lab/verdict.h"

#endif
