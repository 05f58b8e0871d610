/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site file, reroll.yaml: where state lives, the trees, and how this
 * machine works. Keys, defaults and documentation stand in the schema table of
 * site-schema.c; reroll.yaml(5) is made from it.
 *
 * Shapes: every path is absolute, made so from the file's folder; text is NULL
 * where the key may be left out and was; lists are never NULL. Secrets are only
 * named by file, and a file that others can read is a problem.
 * Ownership: the site owns all.
 */
#ifndef CONFIG_SITE_H
#define CONFIG_SITE_H

#include <glib.h>
#include <stdbool.h>

#include "config/problems.h"

struct tree_config {
	char *name;
	char *path; /* a local repository; NULL when only a url is given */
	char *url, *branch;
	guint64 refresh_s;
};

struct munging_list {
	char *address, *list_id;
};

enum toolchain_kind { TOOLCHAIN_CROSS, TOOLCHAIN_LLVM, TOOLCHAIN_CHROOT };

struct toolchain {
	char *name; /* "gcc", "clang", "gcc-12" */
	char *arch; /* NULL: every arch */
	enum toolchain_kind kind;
	char *prefix;	 /* "aarch64-linux-gnu-" */
	GPtrArray *opts; /* of char *: make arguments */
	char *version;
	char *root;	     /* a chroot, or a folder with cross compilers */
	char *suite;	     /* of Debian, to make the chroot of */
	char *mirror;	     /* NULL: those of this machine's apt */
	GPtrArray *packages; /* of char *: more of them in it */
};

enum source_kind {
	SOURCE_PATCHWORK_FDO,
	SOURCE_PATCHWORK,
	SOURCE_IMAP,
	SOURCE_MAILDIR,
	SOURCE_MBOX,
	SOURCE_REDIS,
};

/* Where series come from. */
struct source_config {
	char *name;
	enum source_kind kind;
	char *url, *path;	     /* one of them, by kind */
	char *project;		     /* of Patchwork */
	char *user, *token_file;     /* token or password */
	char *ca;		     /* NULL: those that this machine trusts */
	char *folder, *move_to;	     /* of IMAP; NULL: seen mails stay */
	bool starttls;		     /* of IMAP */
	char *stream, *list, *group; /* of Redis; stream or list */
	GPtrArray *list_ids;	     /* of char *: of mails; empty: all */
	guint64 limit_bytes;	     /* of one mail or series */
	guint64 interval_s;
};

enum lab_kind { LAB_LAVA, LAB_QEMU };

struct lab_config {
	char *name;
	enum lab_kind kind;
	char *url, *user, *token_file; /* LAVA */
	char *artifacts; /* URL of the artifact folder, for LAVA's workers */
	enum { VISIBILITY_PERSONAL, VISIBILITY_PUBLIC } visibility;
	GPtrArray *groups; /* of char *: of LAVA; may see jobs */
	GPtrArray *boards; /* of char *: allowed; empty: all */
	guint64 slots;	   /* jobs at once */
};

struct rootfs_config {
	char *name;
	char *arch; /* NULL: every arch */
	enum { ROOTFS_INITRAMFS, ROOTFS_DISK } kind;
	char *path, *url; /* one of them */
};

enum snapshots {
	SNAPSHOTS_AUTO,
	SNAPSHOTS_OVERLAY,
	SNAPSHOTS_BTRFS,
	SNAPSHOTS_REFLINK,
	SNAPSHOTS_COPY,
};

/* Whose commands by mail are believed to be theirs. */
enum trust { TRUST_ANY, TRUST_AUTHENTICATED };

struct site {
	char *file; /* NULL: made of defaults */
	char *dir;
	char *state;	  /* directory */
	char *control;	  /* the daemon's socket; NULL: see site_control() */
	char *projects;	  /* file or directory of project files */
	char *templates;  /* directory; NULL: the installed ones */
	GPtrArray *trees; /* of struct tree_config */
	struct {
		char *from_name, *from_email; /* the bot; in this order */
		char *smtp, *envelope;
		char *user, *password_file; /* of the SMTP server */
		char *ca;		    /* NULL: those trusted here */
		GPtrArray *cc;		    /* of char * */
		GPtrArray *staff;	    /* of char *: get digests */
		GPtrArray *munging_lists;   /* of struct munging_list */
		GPtrArray *trusted_relays;  /* of char * */
		guint64 rate_per_hour;
	} mail;
	struct {
		guint64 slots; /* builds at once; 0: as many as CPUs / 2 */
		guint64 memory_bytes;
		guint64 jobs;	/* make -j of one build; 0: CPUs / slots */
		guint64 time_s; /* most that any build may take; 0: no bound */
		char *redis;	/* URL of the queue for other machines; NULL */
		guint64 keep_bytes; /* of finished builds; 0: none stays */
		enum snapshots snapshots; /* how builds get views of them */
		bool verify; /* build everything from nothing too */
	} workers;
	GPtrArray *toolchains; /* of struct toolchain */
	GPtrArray *sources;    /* of struct source_config */
	GPtrArray *labs;       /* of struct lab_config */
	GPtrArray *boards;     /* of char *: files of board records */
	GPtrArray *rootfs;     /* of struct rootfs_config */
	struct {
		char *listen, *url; /* NULL: no dashboard */
		char *token_file;
	} web;
	struct {
		guint64 logs_s, artifacts_s, runs_s, refs_s;
	} retention;
	struct {
		bool private_replies, success_mail;
		bool keep_refs;	     /* of series that apply, in our clones */
		GPtrArray *commands; /* of char *: who may command by mail */
		GPtrArray *servers;  /* of char *: names of our mail servers,
				      * whose Authentication-Results count */
		enum trust trust_commands;
		char *state_passed, *state_failed; /* of Patchwork; or NULL */
		guint64 wait_s; /* for the missing patches of a series */
	} policy;
};

/* NULL when the file has any problem. */
struct site *site_load(const char *path, struct problems *problems);
struct site *site_parse(const char *text, gsize len, const char *file,
			struct problems *problems);
struct site *site_default(void); /* for `reroll check` without a site file */
void site_free(struct site *site);
typedef struct site site_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(site_t, site_free)

char *site_print(const struct site *site);

/* "overlay"; NULL for SNAPSHOTS_AUTO. */
const char *site_snapshots(const struct site *site);

/* The path of the daemon's socket; to be freed. */
char *site_control(const struct site *site);

/* By name; NULL name: the first. NULL when there is none. */
const struct tree_config *site_tree(const struct site *site, const char *name);
bool site_has_toolchain(const struct site *site, const char *name);

#endif
