// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/log-file.h"

#include <errno.h>
#include <string.h>

#include "base/base.h"

#define RING_MOST (1 << 20)
#define TAIL_BYTES (16 << 10) /* enough for the last lines */

struct log_file {
	FILE *file;
	char *path;
	guint64 room; /* what may still go to the file at once */
	char *ring;
	gsize ring_size, ring_at, ring_len;
	guint64 cut; /* bytes that fell out of the ring */
	GString *tail;
	int error; /* errno of the first write that failed */
};

struct log_file *log_file_new(const char *path, guint64 limit_bytes,
			      GError **error)
{
	struct log_file *log;
	FILE *file = fopen(path, "wxe");

	if (!file) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the log %s cannot be made: %s", path,
			    g_strerror(errno));
		return NULL;
	}
	if (!limit_bytes)
		limit_bytes = LOG_FILE_DEFAULT_BYTES;
	log = g_new0(struct log_file, 1);
	log->file = file;
	log->path = g_strdup(path);
	log->ring_size = (gsize)MIN(limit_bytes / 2, RING_MOST);
	log->ring = g_malloc(log->ring_size + 1);
	log->room = limit_bytes - log->ring_size;
	log->tail = g_string_new(NULL);
	return log;
}

void log_file_free(struct log_file *log)
{
	if (!log)
		return;
	if (log->file)
		fclose(log->file);
	g_free(log->path);
	g_free(log->ring);
	g_string_free(log->tail, TRUE);
	g_free(log);
}

static void put(struct log_file *log, const char *data, gsize len)
{
	if (len && fwrite(data, 1, len, log->file) != len && !log->error)
		log->error = errno;
}

static void ring_put(struct log_file *log, const char *data, gsize len)
{
	if (len > log->ring_size) { /* only its end can stay */
		log->cut += len - log->ring_size;
		data += len - log->ring_size;
		len = log->ring_size;
	}
	while (len > 0) {
		gsize part = MIN(len, log->ring_size - log->ring_at);

		memcpy(log->ring + log->ring_at, data, part);
		log->ring_at = (log->ring_at + part) % log->ring_size;
		log->ring_len += part;
		data += part;
		len -= part;
	}
	if (log->ring_len > log->ring_size) {
		log->cut += log->ring_len - log->ring_size;
		log->ring_len = log->ring_size;
	}
}

static void tail_put(struct log_file *log, const char *data, gsize len)
{
	if (len > TAIL_BYTES) {
		data += len - TAIL_BYTES;
		len = TAIL_BYTES;
	}
	g_string_append_len(log->tail, data, (gssize)len);
	if (log->tail->len > (gsize)2 * TAIL_BYTES)
		g_string_erase(log->tail, 0,
			       (gssize)(log->tail->len - TAIL_BYTES));
}

void log_file_write(struct log_file *log, const char *data, gsize len)
{
	gsize now = (gsize)MIN(log->room, len);

	put(log, data, now);
	log->room -= now;
	if (len > now)
		ring_put(log, data + now, len - now);
	tail_put(log, data, len);
}

static void ring_flush(struct log_file *log)
{
	gsize start = log->ring_len < log->ring_size ? 0 : log->ring_at;
	gsize first = MIN(log->ring_len, log->ring_size - start);

	if (log->cut) {
		g_autofree char *line = g_strdup_printf(
			"\n[... %" G_GUINT64_FORMAT " bytes cut ...]\n",
			log->cut);

		put(log, line, strlen(line));
	}
	put(log, log->ring + start, first);
	put(log, log->ring, log->ring_len - first);
	log->ring_len = 0;
}

bool log_file_close(struct log_file *log, GError **error)
{
	ring_flush(log);
	if (fclose(log->file) != 0 && !log->error)
		log->error = errno;
	log->file = NULL;
	if (!log->error)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the log %s cannot be written: %s", log->path,
		    g_strerror(log->error));
	return false;
}

char *log_file_tail(const struct log_file *log)
{
	const char *from = log->tail->str + log->tail->len;
	guint lines = 0;

	if (from > log->tail->str && from[-1] == '\n')
		from--;
	while (from > log->tail->str) {
		if (from[-1] == '\n' && ++lines == LOG_FILE_TAIL_LINES)
			break;
		from--;
	}
	return text_printable(from,
			      (gssize)(log->tail->str + log->tail->len - from));
}
