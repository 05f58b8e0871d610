/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon answers over HTTP, where the site has web.listen: the calls
 * of LAVA servers about their jobs.
 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include "serve/daemon.h"

/*
 * Listen as that site says: nothing changes when the daemon does already, or
 * when it fails. CONFIG, which names the address.
 */
bool listen_open(struct daemon *daemon, const struct site *site,
		 GError **error);
void listen_close(struct daemon *daemon);

#endif
