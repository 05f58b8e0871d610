/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree room: base trees in git repositories, and series applied onto them
 * in memory. No working tree anywhere.
 */
#ifndef TREE_TREE_H
#define TREE_TREE_H

#include "tree/apply.h"
#include "tree/clones.h"
#include "tree/history.h"
#include "tree/mails.h"
#include "tree/paths.h"
#include "tree/repo.h"

#endif
