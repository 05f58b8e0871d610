/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/bring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/base.h"
#include "intake/intake.h"
#include "serve/look.h"

#define SUBMIT "submit"

struct store *bring_open(const char *state_dir, GError **error)
{
	g_autofree char *path = look_store_path(state_dir);
	g_autofree char *quoted = text_quote(state_dir, -1);
	struct stat st;

	if (stat(state_dir, &st) == 0 &&
	    (g_file_test(path, G_FILE_TEST_EXISTS) || st.st_uid == geteuid()))
		return store_open(path, error);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "there is no store in the state folder %s that we could "
		    "write to",
		    quoted);
	return NULL;
}

static char *series_id(GBytes *mbox)
{
	g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256,
							    mbox);

	return g_strconcat("series/", sum, NULL);
}

bool bring_series(struct store *store, gpointer brought, GError **error)
{
	struct brought_series *series = brought;
	g_autofree char *key = series_id(series->mbox);
	const struct event_row row = {.key = key,
				      .kind = EVENT_SERIES,
				      .mail = series->mbox,
				      .version = series->version,
				      .total = series->total};
	const struct event_take take = {SUBMIT, &row, 1, NULL};
	guint added;
	json_t *event;

	if (!store_events_take(store, &take, &added, error))
		return false;
	event = store_event_show(store, SUBMIT, key, error);
	if (!event)
		return false;
	series->answer = json_pack("{s:b, s:o}", "new", added > 0, "event",
				   event);
	return true;
}

/* A file of its own for what is read to its end. */
static int file_of(GBytes *mail, GError **error)
{
	gsize len;
	const void *data = g_bytes_get_data(mail, &len);
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd >= 0 && file_write_all(fd, data, len) &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the mail cannot be taken: %s", g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void note_arrived(gpointer data)
{
	*(bool *)data = true;
}

bool bring_mail(const struct intake_sink *sink, GBytes *mail, bool *added,
		GError **error)
{
	struct intake_sink through = *sink;
	int fd = file_of(mail, error);
	int status;

	*added = false;
	through.arrived = note_arrived;
	through.arrived_data = added;
	if (fd < 0)
		return false;
	status = intake_pipe_take(fd, &through, BRING_BYTES, error);
	close(fd);
	if (status == EX_NOINPUT && error && *error)
		(*error)->code = REROLL_ERROR_INPUT;
	return status == EX_OK;
}
