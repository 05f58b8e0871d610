/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one error domain. A code says what the receiver does next, the message
 * says what happened: a full sentence without the last stop, the offending text
 * quoted with text_quote(). Each layer adds its context once with
 * g_prefix_error(); an error is logged where it is handled, never on its way.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <glib.h>

#define REROLL_ERROR (reroll_error_quark())

enum reroll_error {
	REROLL_ERROR_TEMP,   /* trouble of ours: retry later */
	REROLL_ERROR_INPUT,  /* a mail or file is at fault: tell its author */
	REROLL_ERROR_CONFIG, /* staff wrote it: file:line:column and stop */
	REROLL_ERROR_NOT_FOUND, /* the thing named does not exist */
	REROLL_ERROR_CONFLICT,	/* it exists already, or somebody holds it */
	REROLL_ERROR_LIMIT,	/* larger or longer than we allow */
	REROLL_ERROR_TIMEOUT,	/* the deadline passed */
	REROLL_ERROR_CANCELLED, /* told to stop */
};

GQuark reroll_error_quark(void);

/* What an errno asks of who wanted to make or open something: TEMP when only
 * the machine is short of it now, else CONFIG. */
enum reroll_error error_of_errno(int number);

/* What a command exits with; the same numbers for every subcommand. */
enum exit_status {
	EXIT_STATUS_PASS = 0,
	EXIT_STATUS_REFUSED = 1, /* the input is at fault */
	EXIT_STATUS_USAGE = 2,	 /* the command line or the configuration is */
	EXIT_STATUS_TROUBLE = 3, /* we are */
};

/* The exit status that an error leads to; PASS for NULL. */
enum exit_status error_exit_status(const GError *error);

#endif
