/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report room: what was found (findings, verdicts), and the reply made of
 * it. Every room above speaks of its results in these words.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/finding.h"
#include "report/outbox.h"
#include "report/outcome.h"
#include "report/reply.h"

#endif
