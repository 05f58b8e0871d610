/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading a roster and changing one share. */
#ifndef CONFIG_ROSTER_INTERNAL_H
#define CONFIG_ROSTER_INTERNAL_H

#include "config/roster.h"
#include "config/yaml.h"

#define ROSTER_BYTES (4 << 20)

/* A list of maps, each of a person; not checked against the form. */
struct node_tree *roster_read(const char *text, gsize len, const char *file,
			      struct problems *problems);

/* The same for two addresses of one mailbox. */
char *roster_address_key(const char *address);

#endif
