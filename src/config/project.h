/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A project file: which series belong to it and what is done with them. The
 * keys, their defaults, units and one line of documentation each stand in the
 * schema table of project-schema.c; reroll-project(5) is made from that table.
 *
 * Ownership: the project owns all. Lists are GPtrArray of char * (never NULL,
 * maybe empty) unless said otherwise. Limits: file 1 MiB.
 * Shapes: roster, known_failures and templates are absolute paths, made so from
 * the file's folder; a build's arch is a name of arch_find().
 */
#ifndef CONFIG_PROJECT_H
#define CONFIG_PROJECT_H

#include <glib.h>
#include <stdbool.h>

#include "config/problems.h"

enum recipe_kind { RECIPE_KBUILD, RECIPE_SCRIPT };
enum warnings_policy { WARNINGS_NEW, WARNINGS_ALL, WARNINGS_IGNORE };
enum fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NEVER };
enum review_policy { REVIEW_HOLD, REVIEW_REJECT, REVIEW_ACCEPT };

/* An anointed build that another is made with. */
struct build_input {
	char *name;  /* of its folder */
	char *build; /* what it is anointed as */
	char *path;  /* role or path of the one file; NULL: all */
};

void build_input_free(gpointer input);
struct build_input *build_input_copy(const struct build_input *input);

/* One row of `builds`, a matrix of defconfig x toolchain x with/without. */
struct build_rule {
	char *name; /* NULL: made from arch, defconfig, toolchain */
	char *arch; /* kernel arch as written ("x86_64", "powerpc64") */
	enum recipe_kind recipe;
	char *command;	      /* script: run by sh -e in the source folder */
	GPtrArray *defconfig; /* empty: the arch's default */
	guint64 seed;	      /* of a randconfig; 0: each series its own */
	GPtrArray *toolchain; /* empty: gcc */
	GPtrArray *config;    /* fragments: a path, or "CONFIG_X=y" lines */
	GPtrArray *without;
	GPtrArray *targets;
	GPtrArray *artifacts;
	GPtrArray *extras; /* "headers", "headers-image", "modules-image" */
	GPtrArray *inputs; /* of struct build_input */
	char *anoint;	   /* name for the base's build; NULL: none */
	enum warnings_policy warnings;
	bool boot; /* key: lava */
	bool each_patch;
};

enum suite_from { SUITE_FILE, SUITE_INLINE, SUITE_GIT, SUITE_URL };

/* One row of `tests: definitions`; what its kind does not need is NULL. */
struct suite_rule {
	char *name; /* NULL: the definition's */
	enum suite_from from;
	char *path; /* beside the project file or in the base; in the git */
	char *definition; /* its text */
	char *repository, *branch, *revision;
	char *url, *sha256;
	GPtrArray *parameters; /* of struct test_param */
	GPtrArray *expect;     /* of char * */
};

struct project {
	char *file; /* where it was read from */
	char *dir;  /* its folder: fragments and templates are beside it */
	char *name;
	struct {
		GPtrArray *subject, *paths;
		char *list, *cover;
	} match;
	char *base; /* tree, or tree/ref; NULL: the site's first tree */
	struct {
		bool required;
		char *roster;			  /* path; NULL: open project */
		enum review_policy review;	  /* hold */
		enum review_policy unlisted_from; /* accept */
	} signoff;
	struct {
		bool required;
		char *path; /* pattern of text_glob() */
	} description;
	struct {
		char *checker; /* "checkpatch", "none", or a command, of which
				  the program's file alone is copied */
		bool strict, in_tree;
		guint max_line;
		GPtrArray *ignore;
		enum fail_on fail_on;
	} style;
	struct {
		guint64 patches, mail_bytes, files, per_day;
		guint64 build_s, boot_s;
		guint64 base_window_s; /* 0: a base may be of any age */
		guint64 output_bytes, memory_bytes, processes, log_bytes;
	} limits;
	GPtrArray *builds; /* of struct build_rule */
	struct {
		char *path; /* the same as a row from a file; NULL: none */
		GPtrArray *definitions; /* of struct suite_rule */
		bool student;
		GPtrArray *boards, *rootfs;
		char *known_failures; /* absolute path; NULL */
	} tests;
	struct {
		char *to;
		GPtrArray *cc, *on;
		char *sign, *language;
	} reply;
	char *push;	 /* gate.push: a ref; NULL */
	char *templates; /* folder of reply templates; NULL: the site's */
};

/* NULL when the file has any problem; each is added to `problems`. */
struct project *project_load(const char *path, struct problems *problems);

/* The same from text; paths in it are beside `file`. */
struct project *project_parse(const char *text, gsize len, const char *file,
			      struct problems *problems);
void project_free(struct project *project);
typedef struct project project_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(project_t, project_free)

/*
 * Every *.yaml of a folder in name order, or the one file. Names used twice are
 * problems. Of struct project.
 */
GPtrArray *projects_load(const char *path, struct problems *problems);

/* Effective configuration as YAML, with defaults, for lint --print. */
char *project_print(const struct project *project);

/* The facts of a series that decide whether it `match`es. */
struct match_facts {
	const char *subject; /* of the cover or first patch, with its tags */
	const char *list_id;
	const char *cover_text; /* NULL: no cover letter */
};

/*
 * Whether the series belongs to the project: `list` must hold where it is set,
 * and of `subject` and `cover` one; a project without them takes everything.
 * match.paths does not decide: see project_path_allowed().
 */
bool project_matches(const struct project *project,
		     const struct match_facts *facts);
bool project_path_allowed(const struct project *project, const char *path);
bool project_has_builds(const struct project *project);

#endif
