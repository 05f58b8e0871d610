/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUILD_TOOLCHAIN_H
#define BUILD_TOOLCHAIN_H

#include "build/plan.h"

/* Hex digest of the tools of a build: another compiler is another digest. */
char *toolchain_digest(const struct build_spec *spec, GError **error);

#endif
