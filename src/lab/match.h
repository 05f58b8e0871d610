/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which boards a finished build can boot on: by its final .config and by its
 * artifacts, never by the name of its arch alone.
 *
 * A matcher knows the boards once: every symbol that any of them names has a
 * number, so that a build is one array of values and a rule one comparison.
 * Ownership: the boards must outlive the matcher; reports own their texts.
 */
#ifndef LAB_MATCH_H
#define LAB_MATCH_H

#include <jansson.h>

#include "build/build.h"

struct matcher;

/* `boards` of struct board. */
struct matcher *matcher_new(const GPtrArray *boards);
void matcher_free(struct matcher *matcher);
typedef struct matcher matcher_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(matcher_t, matcher_free)

/* What is matched: the text of the .config, and the artifacts' paths. */
struct match_build {
	const char *config;
	gsize config_len;
	const GPtrArray
		*artifacts; /* of struct artifact; NULL: not looked at */
};

/*
 * The artifacts in a folder: those that its manifest.json lists, or without one
 * all files below it, with the role "kernel" where the name is an image's. Of
 * struct artifact. NOT_FOUND, INPUT the manifest is none, LIMIT.
 */
GPtrArray *artifacts_load(const char *dir, GError **error);

/* The indexes of the boards that match, in order. Of guint. */
GArray *matcher_run(struct matcher *matcher, const struct match_build *build);

/* One board and one build, with every reason. */
struct board_match {
	const struct board *board;
	bool matches;
	GPtrArray *missing;   /* of char *: "CONFIG_X=y (is not set)" */
	GPtrArray *refused;   /* of char *: "CONFIG_XIP_KERNEL=y" */
	GPtrArray *wanted;    /* of char *; does not keep it from matching */
	GPtrArray *artifacts; /* of char *: "kernel zImage", "dtb x.dtb" */
};

/* All boards, of struct board_match. */
GPtrArray *matcher_explain(struct matcher *matcher,
			   const struct match_build *build);

/* The object of `reroll match`: {"boards": [...]}. New reference. */
json_t *matches_to_json(const GPtrArray *matches);

/*
 * "qemu-arm: CONFIG_VIRTIO_BLK=y (is m), no kernel zImage", of one that does
 * not match.
 */
char *board_match_text(const struct board_match *match);

#endif
