/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The build room: from a project's rows to builds, each run in a sandbox on a
 * slot, each with its verdict. Called by the pipeline's build stage.
 */
#ifndef BUILD_BUILD_H
#define BUILD_BUILD_H

#include "build/anoint.h"
#include "build/executor.h"
#include "build/images.h"
#include "build/keep.h"
#include "build/log-file.h"
#include "build/meta.h"
#include "build/place.h"
#include "build/plan.h"
#include "build/result.h"
#include "build/sandbox.h"
#include "build/slots.h"
#include "build/toolchain.h"

#endif
