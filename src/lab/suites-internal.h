/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_SUITES_INTERNAL_H
#define LAB_SUITES_INTERNAL_H

#include "lab/suites.h"

/*
 * The text at a URL, whose SHA-256 must be `sha256`. Blocking. CONFIG it is not
 * there or another; TEMP the server is away.
 */
GBytes *suite_fetch(const char *url, const char *sha256,
		    GCancellable *cancellable, GError **error);

#endif
