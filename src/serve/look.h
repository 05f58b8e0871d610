/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be asked without changing anything: answered by the daemon to those
 * who may not read its files, and by the commands themselves when none runs.
 *
 * Shapes: a request is that of the control socket, an answer too.
 *   {"call": "status"}  {"status": as store_status()}
 *   {"call": "show", "run": ID}  {"run": as store_run_show()}
 *   {"call": "log", "run": ID}  {"run", "ended": bool,
 *       "logs": [{"name", "bytes", "changed_at"}]}
 *   {"call": "log", "run": ID, "log": NAME, "offset": NUMBER}  {"run",
 *       "ended", "log": name, "bytes", "offset", "data": base64}
 * ID is any beginning that only one run has. The logs of a run are the files
 * below STATE/runs/RUN that builds and boots call so; NAME is that of one, or
 * of the build or boot that it is of, or any part that only one has. At most
 * LOOK_LOG_BYTES come at once; an offset past the end gives none.
 * Threads: any; it waits for the disk.
 * Errors: those of the store; INPUT a request that is none of these.
 */
#ifndef SERVE_LOOK_H
#define SERVE_LOOK_H

#include <glib.h>
#include <jansson.h>

#define LOOK_LOG_BYTES (256 << 10)

json_t *look_answer(const char *state_dir, const json_t *request,
		    GError **error);

/* The store of a state folder; to be freed. */
char *look_store_path(const char *state_dir);

#endif
