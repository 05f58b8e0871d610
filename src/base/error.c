/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <errno.h>

G_DEFINE_QUARK(reroll - error - quark, reroll_error)

enum reroll_error error_of_errno(int number)
{
	static const int passing[] = {ENOSPC, EDQUOT, EIO,
				      EMFILE, ENFILE, ENOMEM};

	for (gsize i = 0; i < G_N_ELEMENTS(passing); i++) {
		if (passing[i] == number)
			return REROLL_ERROR_TEMP;
	}
	return REROLL_ERROR_CONFIG;
}

enum exit_status error_exit_status(const GError *error)
{
	if (!error)
		return EXIT_STATUS_PASS;
	if (error->domain != REROLL_ERROR)
		return EXIT_STATUS_TROUBLE;
	switch ((enum reroll_error)error->code) {
	case REROLL_ERROR_INPUT:
	case REROLL_ERROR_LIMIT:
	case REROLL_ERROR_CONFLICT:
		return EXIT_STATUS_REFUSED;
	case REROLL_ERROR_CONFIG:
	case REROLL_ERROR_NOT_FOUND:
		return EXIT_STATUS_USAGE;
	case REROLL_ERROR_TEMP:
	case REROLL_ERROR_TIMEOUT:
	case REROLL_ERROR_CANCELLED:
		break;
	}
	return EXIT_STATUS_TROUBLE;
}
