/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the certificates that a server showed are to be trusted: they lead to
 * a trusted one and the first is for that host.
 */
#include <gnutls/x509.h>
#include <string.h>

#include "base/base.h"
#include "intake/imap-tls.h"

#define CHAIN_MOST 16

static bool refuse(const char *host, const char *why, GError **error)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the certificate of %s is not trusted: %s", host, why);
	return false;
}

static bool verify(gnutls_x509_crt_t *chain, guint count, const char *host,
		   const char *ca, GError **error)
{
	gnutls_typed_vdata_st name = {
		.type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)(gintptr)host,
	};
	gnutls_x509_trust_list_t list;
	gnutls_datum_t text = {NULL, 0};
	unsigned int status = ~0U;
	bool ok;

	gnutls_x509_trust_list_init(&list, 0);
	if (ca)
		gnutls_x509_trust_list_add_trust_file(
			list, ca, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
	else
		gnutls_x509_trust_list_add_system_trust(list, 0, 0);
	ok = gnutls_x509_trust_list_verify_crt2(list, chain, count, &name, 1, 0,
						&status, NULL) >= 0;
	if (ok && status)
		gnutls_certificate_verification_status_print(
			status, GNUTLS_CRT_X509, &text, 0);
	if (!ok || status)
		refuse(host,
		       text.data ? (const char *)text.data
				 : "it cannot be checked",
		       error);
	gnutls_free(text.data);
	gnutls_x509_trust_list_deinit(list, 1);
	return ok && !status;
}

bool imap_tls_check(const gnutls_datum_t *shown, guint count, const char *host,
		    const char *ca, GError **error)
{
	gnutls_x509_crt_t chain[CHAIN_MOST];
	guint n = 0;
	bool ok = count > 0 && count <= CHAIN_MOST;

	for (guint i = 0; ok && i < count; i++) {
		ok = gnutls_x509_crt_init(&chain[n]) == 0;
		if (ok)
			ok = gnutls_x509_crt_import(chain[n++], &shown[i],
						    GNUTLS_X509_FMT_DER) == 0;
	}
	if (!ok)
		refuse(host, "there is none that can be read", error);
	ok = ok && verify(chain, n, host, ca, error);
	while (n > 0)
		gnutls_x509_crt_deinit(chain[--n]);
	return ok;
}
