/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places for builds on this machine, shared by all that a process runs. They
 * are given in the order in which they are asked for: the first always, another
 * when there is memory for it and the processors are not busy with other work.
 *
 * Async: all on one main context; a callback comes once. What is taken is given
 * back, whatever came of the build.
 * Errors: CANCELLED before there was a place.
 */
#ifndef BUILD_SLOTS_H
#define BUILD_SLOTS_H

#include <gio/gio.h>
#include <stdbool.h>

struct slots;

struct slots *slots_new(guint places);
void slots_free(struct slots *slots); /* nobody waits or has one */

/* From now on: what is taken beyond that stays with who has it. */
void slots_set_places(struct slots *slots, guint places);
typedef struct slots slots_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(slots_t, slots_free)

/* `memory_bytes` is what the build is likely to need. */
void slots_take_async(struct slots *slots, guint64 memory_bytes,
		      GCancellable *cancellable, GAsyncReadyCallback callback,
		      gpointer user_data);
bool slots_take_finish(GAsyncResult *res, GError **error);
void slots_give(struct slots *slots);

/* What a machine has; both are 0 where nobody can tell. */
struct machine_load {
	guint64 free_bytes;
	double load; /* runnable tasks a processor, of the last minute */
};
struct machine_load machine_load_now(void);

/* Instead of the machine's own; for tests. */
void slots_set_look(struct slots *slots,
		    struct machine_load (*look)(gpointer data), gpointer data);

#endif
