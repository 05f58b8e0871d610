/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `reroll builds` share: builds.c reads what is asked for and
 * does it, builds-list.c shows what is kept, builds-make.c makes bases ahead.
 */
#ifndef CMD_BUILDS_INTERNAL_H
#define CMD_BUILDS_INTERNAL_H

#include "base/base.h"
#include "build/build.h"
#include "config/cfg.h"

struct builds {
	/* From the command line. */
	char *site_path, *projects_path, *repo, *base;
	char *drop, *anoint, *as, *revoke;
	gboolean trim, make, json;
	int slots;    /* 0: the site's */
	char **names; /* of projects; NULL: all */
	/* Made of them. */
	struct site *site;
	struct keep *keep;
};

/* All that is kept and anointed, and how snapshots are made. */
bool builds_list(const struct builds *builds, GError **error);

/*
 * Have the base of each project built for its whole matrix. What does not work
 * is told and does not keep the others from being made; the worst status wins.
 */
enum exit_status builds_make(const struct builds *builds, GError **error);

#endif
