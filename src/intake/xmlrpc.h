/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML-RPC as far as freedesktop.org's Patchwork needs it: calls made, answers
 * read. Values are JSON's: of the types, strings, whole numbers, booleans,
 * arrays and structs go both ways; a double comes as one, nil as null, dates
 * and base64 as their text.
 *
 * Limits: values nest 16 deep; an answer is read strictly, in linear time.
 * Source: xmlrpc.com/spec.
 */
#ifndef INTAKE_XMLRPC_H
#define INTAKE_XMLRPC_H

#include <glib.h>

#include "base/base.h"

/* The body of a call with those parameters, an array; its text is escaped. */
char *xmlrpc_call(const char *method, const json_t *params);

/*
 * The one value of an answer. TEMP: it is no answer, or cut; CONFIG: a fault
 * that says who may not; INPUT: any other fault.
 */
json_t *xmlrpc_answer(const char *text, gsize len, GError **error);

#endif
