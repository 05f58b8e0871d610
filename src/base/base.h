/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ground floor: what every other room may include. One line brings errors,
 * the clock, text helpers, JSON, child processes, private directories, the log
 * and the template renderer.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/http.h"
#include "base/json.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/overlay.h"
#include "base/process.h"
#include "base/tempdir.h"
#include "base/template.h"
#include "base/text.h"

#endif
