/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For `reroll serve --until-idle`: whether everything that has come is done.
 *
 * Looked at again and again, since nobody knows of all the others. The store is
 * asked in its thread, so every step that was handed over before is kept and
 * its callback has run: what it led to is seen then, or by the second look.
 * What is put off, waits for its missing patches or is held is for the next.
 */
#include "serve/daemon.h"

#define LOOK_MS 50
#define LOOKS 2 /* in a row */

struct idle {
	struct daemon *daemon;
	guint timer; /* 0: it looks now, or has ended the loop */
	bool looking;
	guint looks;
	bool told;  /* staff, of what went wrong */
	bool waits; /* the store has something that could be done now */
};

/* All sources have looked once at least, and none is looking. */
static bool sources_rest(const struct daemon *daemon)
{
	if (intake_busy())
		return false;
	for (guint i = 0; !daemon->disk_low && i < daemon->intakes->len; i++) {
		struct intake_status status;

		intake_status(daemon->intakes->pdata[i], &status);
		g_free(status.trouble);
		if (!status.rounds)
			return false;
	}
	return true;
}

static bool nothing_is_led(struct daemon *daemon)
{
	lead_next(daemon);
	return g_hash_table_size(daemon->leads) == 0;
}

static bool waits_work(struct store *store, gpointer data, GError **error)
{
	struct idle *idle = data;
	gint64 now = clock_now_at(), revision, next_at;
	g_autoptr(event_t) event = NULL;
	g_autoptr(outbox_mail_t) mail = NULL;

	if (!store_event_next(store, 0, &event, error) ||
	    !store_revision_due(store, now, &revision, &next_at, error) ||
	    !store_outbox_due(store, now, &mail, &next_at, error))
		return false;
	idle->waits = event || revision || mail;
	return true;
}

static gboolean look(gpointer data);

static void look_again(struct idle *idle)
{
	idle->timer = g_timeout_add(LOOK_MS, look, idle);
}

static void waits_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct idle *idle = data;
	struct daemon *daemon = idle->daemon;
	bool rest = writer_do_finish(res, NULL) && !idle->waits &&
		    !daemon->collecting && sources_rest(daemon) &&
		    nothing_is_led(daemon);

	(void)source;
	idle->looking = false;
	idle->looks = rest ? idle->looks + 1 : 0;
	if (idle->looks < LOOKS) {
		look_again(idle);
	} else if (!idle->told) {
		idle->told = true;
		idle->looks = 0;
		trouble_digest(daemon);
		look_again(idle);
	} else {
		g_main_loop_quit(daemon->loop);
	}
}

static gboolean look(gpointer data)
{
	struct idle *idle = data;
	const struct write write = {WRITE_KEPT, waits_work, idle};

	idle->timer = 0;
	idle->looking = true;
	writer_do_async(idle->daemon->writer, &write, waits_done, idle);
	return G_SOURCE_REMOVE;
}

struct idle *idle_new(struct daemon *daemon)
{
	struct idle *idle = g_new0(struct idle, 1);

	idle->daemon = daemon;
	look_again(idle);
	return idle;
}

void idle_free(struct idle *idle)
{
	if (!idle)
		return;
	while (idle->looking)
		g_main_context_iteration(NULL, TRUE);
	if (idle->timer)
		g_source_remove(idle->timer);
	g_free(idle);
}
