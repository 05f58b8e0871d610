/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of a build, or of a machine's console: streamed to a file while it
 * runs, of a bounded size. What is past the first part goes through a ring that
 * keeps the last; closing writes how much was cut, then the ring.
 */
#ifndef BUILD_LOG_FILE_H
#define BUILD_LOG_FILE_H

#include <glib.h>
#include <stdbool.h>

#define LOG_FILE_DEFAULT_BYTES (16 << 20)
#define LOG_FILE_TAIL_LINES 40

struct log_file;

/* At most `limit_bytes` (0: 16 MiB) and the line about the cut. */
struct log_file *log_file_new(const char *path, guint64 limit_bytes,
			      GError **error);
void log_file_free(struct log_file *log);
typedef struct log_file log_file_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(log_file_t, log_file_free)

void log_file_write(struct log_file *log, const char *data, gsize len);

/* Write what is held back; TEMP when any of it could not be written. */
bool log_file_close(struct log_file *log, GError **error);

/* The last LOG_FILE_TAIL_LINES lines written, printable. */
char *log_file_tail(const struct log_file *log);

#endif
