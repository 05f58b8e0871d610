/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the site's tables and what is done with them.
 */
#ifndef CONFIG_SITE_INTERNAL_H
#define CONFIG_SITE_INTERNAL_H

#include "config/schema.h"
#include "config/site.h"

extern const struct schema site_form;

#endif
