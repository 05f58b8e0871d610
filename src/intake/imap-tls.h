/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of an IMAP server's certificates. Errors: TEMP, with the reason. */
#ifndef INTAKE_IMAP_TLS_H
#define INTAKE_IMAP_TLS_H

#include <glib.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

/* `shown`: DER, the server's own first; `ca`: a PEM file, NULL the system's. */
bool imap_tls_check(const gnutls_datum_t *shown, guint count, const char *host,
		    const char *ca, GError **error);

#endif
