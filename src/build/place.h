/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where what builds leave behind for the next ones is on this machine. */
#ifndef BUILD_PLACE_H
#define BUILD_PLACE_H

#include "config/cfg.h"

/*
 * The folder `name` of the site's state folder; without a site file, or where
 * we may not write there, of the user's cache. It need not be there yet.
 */
char *place_find(const struct site *site, const char *name);

#endif
