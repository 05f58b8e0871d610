/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mail room: from raw bytes to a series of patches with a known submitter,
 * and from a reply's text back to a mail. Other rooms include this header only.
 */
#ifndef MAIL_MAIL_H
#define MAIL_MAIL_H

#include "mail/address.h"
#include "mail/auth-results.h"
#include "mail/commands.h"
#include "mail/compose.h"
#include "mail/identity.h"
#include "mail/maildir.h"
#include "mail/message.h"
#include "mail/patch.h"
#include "mail/reader.h"
#include "mail/series.h"
#include "mail/smtp.h"

#endif
