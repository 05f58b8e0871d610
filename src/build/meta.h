/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kept base or result is, for people: meta.json in its folder, written
 * by its maker. Nothing is decided by it but what may be anointed.
 *
 * Shape: an object of text or null: "id", "arch", "defconfig", "toolchain",
 * "project", "tree", "base_tree", "base_name" (how the project calls its base),
 * "base_key" (of "bases"), "base_status" (of build_status_name(); null where
 * nobody has built the base yet).
 */
#ifndef BUILD_META_H
#define BUILD_META_H

#include <jansson.h>

#include "build/keep.h"

/* An empty object for what has none. New reference. */
json_t *meta_read(struct keep *keep, const char *kind, const char *key);

/* NULL for null, too. */
const char *meta_text(const json_t *meta, const char *name);

#endif
