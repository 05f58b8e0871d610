/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commits as the mails that git am makes them of again, for a script that
 * repeats a build elsewhere: a series as it was applied, with those it is on.
 *
 * Shape: an mbox as git format-patch --stdout writes it, with LF line ends;
 * lines of a patch keep a carriage return (git am --keep-cr).
 * Errors: NOT_FOUND a commit is not there; LIMIT; TEMP.
 */
#ifndef TREE_MAILS_H
#define TREE_MAILS_H

#include "tree/repo.h"

/*
 * The commits after `base` up to `head`, ids both, along first parents. LIMIT
 * also when `base` is not found on the way.
 */
GBytes *repo_format_mails(struct repo *repo, const char *base, const char *head,
			  GError **error);

#endif
