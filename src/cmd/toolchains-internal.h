/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of reroll toolchains share. */
#ifndef CMD_TOOLCHAINS_INTERNAL_H
#define CMD_TOOLCHAINS_INTERNAL_H

#include "build/build.h"

/*
 * Install what this one lacks, when something is missing: Debian's packages by
 * apt-get, a chroot by mmdebstrap. Each command is shown on standard error
 * before it is started, and what it says after it. TEMP when it failed.
 */
bool toolchain_install(const struct site *site,
		       const struct toolchain_info *info, GError **error);

#endif
