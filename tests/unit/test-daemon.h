/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A daemon that leads no run: what it makes of things is in its store. */
#ifndef TESTS_UNIT_TEST_DAEMON_H
#define TESTS_UNIT_TEST_DAEMON_H

#include "test-store.h"

#include "serve/daemon.h"

/* Its settings are those of a site without a file, and no project. */
static inline void test_daemon_init(struct daemon *daemon)
{
	daemon->store = store_open(NULL, NULL);
	assert_non_null(daemon->store);
	daemon->writer = writer_new(daemon->store);
	daemon->settings = g_new0(struct settings, 1);
	daemon->settings->refs = 1;
	daemon->settings->site = site_default();
	daemon->settings->projects = g_ptr_array_new();
	daemon->gates = queue_new();
	daemon->builds = queue_new();
	daemon->leads = g_hash_table_new(g_str_hash, g_str_equal);
	daemon->paused = g_hash_table_new(g_str_hash, g_str_equal);
	daemon->troubles = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, g_free);
	daemon->draining = true;
}

static inline void test_daemon_clear(struct daemon *daemon)
{
	writer_free(daemon->writer);
	store_close(daemon->store);
	settings_unref(daemon->settings);
	queue_free(daemon->gates);
	queue_free(daemon->builds);
	g_hash_table_unref(daemon->leads);
	g_hash_table_unref(daemon->paused);
	g_hash_table_unref(daemon->troubles);
}

#endif
