/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One boot in QEMU, in parts: qemu.c leads it by qemu-run.h, qemu-root.c makes
 * what it boots, qemu-command.c writes the command line, qemu-kvm.c knows what
 * the machine can. Private to the lab room.
 */
#ifndef LAB_QEMU_INTERNAL_H
#define LAB_QEMU_INTERNAL_H

#include <stdbool.h>

#include "config/cfg.h"
#include "lab/job.h"

/* A disk of the machine; the guest knows it by its name. */
struct qemu_disk {
	const char *name; /* "root", "modules", "headers" */
	char *path;	  /* as QEMU sees it */
};

/* Paths are as QEMU sees them. */
struct qemu_boot {
	const struct lab_job *job;
	char *system; /* "qemu-system-x86_64" */
	char *kernel, *dtb, *initrd;
	GPtrArray *disks; /* of struct qemu_disk */
	bool virtio_disks, kvm;
	guint64 clock_khz; /* of the time stamp counter; 0: not known */
	char *console;	   /* the socket that it connects to */
};

void qemu_boot_free(struct qemu_boot *boot);
typedef struct qemu_boot qemu_boot_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemu_boot_t, qemu_boot_free)

/*
 * What the job boots, as seen below `artifacts`, `inputs` and `out`; nothing is
 * made. CONFIG when the build or the root lacks what the board needs.
 */
struct qemu_boot *qemu_boot_new(const struct lab_job *job,
				const char *artifacts, const char *inputs,
				const char *out, GError **error);

/*
 * Make its initramfs and its root's disk in the folder `inputs`; blocking.
 * `word` is the runner's.
 */
bool qemu_boot_make(const struct qemu_boot *boot, const struct site *site,
		    const char *inputs, const char *word, GError **error);

/* TEMP: what could not be done with a path, and errno's why; always false. */
bool qemu_set_errno(GError **error, const char *what, const char *path);

/* "qemu-system-arm" for a board; NULL: no QEMU has it. */
char *qemu_system(const struct board *board);

/* CONFIG, with what to install, when that is not on this machine. */
bool qemu_installed(const struct board *board, GError **error);

/* The words of the command line, ended by NULL. */
GPtrArray *qemu_command(const struct qemu_boot *boot);

/* As one line for people, or for a shell. */
char *qemu_command_text(const GPtrArray *words);

guint64 qemu_memory_bytes(const struct board *board);

/*
 * Whether KVM runs machines of that arch here, found by trying, within seconds;
 * known then for a day in the site's state folder. Blocking.
 */
bool qemu_kvm_works(const struct site *site, const struct board *board);

/* Whether that QEMU's tiny machine runs here with that accelerator. Blocking.
 */
bool qemu_probe(const char *system, const char *accel);

/* Of this machine's time stamp counter; 0 where there is none. Blocking. */
guint64 qemu_clock_khz(void);

#endif
