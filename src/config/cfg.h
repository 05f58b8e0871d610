/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config room: YAML and CSV that staff write, into structs. (Not config.h:
 * that is autoconf's.)
 */
#ifndef CONFIG_CFG_H
#define CONFIG_CFG_H

#include "config/arch.h"
#include "config/board.h"
#include "config/description.h"
#include "config/expect.h"
#include "config/forms.h"
#include "config/problems.h"
#include "config/project.h"
#include "config/roster-edit.h"
#include "config/roster.h"
#include "config/site.h"
#include "config/testdef.h"
#include "config/yaml-text.h"

#endif
