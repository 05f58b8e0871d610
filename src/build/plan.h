/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The matrix: every build of a run, expanded from the rows of the project.
 *
 * Shape of an id: "arch/defconfig/toolchain", with "/without-FEATURE" where a
 * feature is left out; unique within the run, also the folder of its artifacts.
 * A rule with a name has it in the place of the arch, and then only the parts
 * that the rule lists more than one of.
 * Errors: CONFIG for a fragment that does not exist or is none, an arch or
 * toolchain that nobody knows; the message names the project file. Whether the
 * tools are installed is the executor's to see.
 */
#ifndef BUILD_PLAN_H
#define BUILD_PLAN_H

#include "config/cfg.h"

/* A program (or, with a leading slash, a file) that the build needs. */
struct build_tool {
	char *program;
	char *package; /* of Debian; NULL: nobody knows */
};

struct build_spec {
	char *id;
	char *origin; /* the project file, for messages */
	enum recipe_kind recipe;
	char *arch;	   /* as the project writes it */
	char *make_arch;   /* ARCH= of kbuild: "x86_64", "powerpc" */
	char *source_arch; /* its folder below arch/: "x86" */
	char *image;	   /* of the kernel, below the output folder */
	char *defconfig;   /* NULL for scripts */
	char *seed; /* KCONFIG_SEED= of a randconfig: "0x1b2c3d4e"; or NULL */
	char *toolchain;      /* "gcc" */
	GPtrArray *make_args; /* of char *: ARCH=, CROSS_COMPILE=, LLVM=; what
			       * a script has in its environment */
	GPtrArray *tools;     /* of struct build_tool */
	GPtrArray *read_only; /* of char *: folders the tools are in */
	char *compiler;	      /* one of the tools; NULL: none */
	char *root;	/* the system that has the tools; NULL: the machine's */
	char *emulator; /* what binfmt_misc gets to run its programs; NULL:
			 * they run as they are */
	GPtrArray *fragments;	   /* of char *: the text of each, in order */
	GPtrArray *fragment_names; /* of char *: for messages, same order */
	GPtrArray *targets;	   /* of char * */
	GPtrArray *artifacts; /* of char *: paths below the output folder */
	GPtrArray *inputs;    /* of struct build_input; or NULL */
	char *anoint;  /* name for the base's build when it passed; or NULL */
	char *command; /* script */
	bool headers, headers_image, modules_image; /* kept beside the rest */
	enum warnings_policy warnings;
	bool boot;	 /* on boards, when it is done */
	bool each_patch; /* the tree after every patch is to build */
	guint64 time_s, output_bytes, memory_bytes, processes, log_bytes;
	guint jobs;
};

/* Of struct build_spec. */
GPtrArray *build_plan(const struct project *project, const struct site *site,
		      GError **error);

/*
 * Draw the seed of a randconfig that the project gives none: the same for the
 * same `text` and id. Any other build is left as it is.
 */
void build_spec_draw(struct build_spec *spec, const char *text);
/* The memory that it is likely to need, which is not what it may take. */
guint64 build_spec_needs_bytes(const struct build_spec *spec);

void build_spec_free(struct build_spec *spec);
typedef struct build_spec build_spec_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(build_spec_t, build_spec_free)

#endif
