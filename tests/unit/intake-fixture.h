/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place for a source to be tried in: a folder, a store, a sink that can be
 * told to fail, and a clock that ends a test that waits for too long.
 */
#ifndef TESTS_UNIT_INTAKE_FIXTURE_H
#define TESTS_UNIT_INTAKE_FIXTURE_H

#include "test.h"

#include <stdio.h>

#include "base/base.h"
#include "config/cfg.h"
#include "intake/intake.h"
#include "store/store.h"
#include "test-server.h"

#define WAIT_MS 60000

struct fixture {
	char *dir;
	GMutex lock; /* of the store, the counts: sources have threads */
	struct store *store;
	struct site *site;
	const struct source_config *config;
	struct intake_sink sink;
	struct intake_timing timing;
	struct intake *intake;
	guint refuse; /* so many takes fail from now on */
	guint takes;
	struct test_server server;
	bool served;
	guint ports[2];
	guint serial; /* of files */
};

/* One kind of source: how to stand in for the world that it reads. */
struct world {
	const char *name;
	void (*set_up)(struct fixture *fixture); /* ends with the config */
	void (*tear_down)(struct fixture *fixture);
	void (*post)(struct fixture *fixture, guint number);
	void (*post_bytes)(struct fixture *fixture, GBytes *mail); /* raw */
	void (*vanish)(struct fixture *fixture); /* the server dies ... */
	void (*appear)(struct fixture *fixture); /* and is back */
	guint (*left)(struct fixture *fixture);	 /* not acknowledged; NULL */
	bool has_no_nul; /* the server lets none through */
	bool keeps;	 /* what was posted is still there after a restart */
};

extern const struct world world_maildir, world_mbox, world_imap,
	world_imap_move, world_redis, world_redis_list, world_patchwork,
	world_fdo;

void fixture_set_up(struct fixture *fixture);
void fixture_tear_down(struct fixture *fixture);

/* The one source of a site file with `format` as its keys after the name. */
G_GNUC_PRINTF(2, 3)
void fixture_configure(struct fixture *fixture, const char *format, ...);

/* A new intake, started; an old one is freed. */
void fixture_start(struct fixture *fixture);

/* Let the loop turn until `done` says so; fails after WAIT_MS. */
void fixture_wait(struct fixture *fixture, bool (*done)(struct fixture *));

/* Let it turn for a span, whatever happens; how many turns it took. */
guint fixture_turn(guint ms);

/* Events in the store but marks: all, bad ones, those with that text. */
guint fixture_events(struct fixture *fixture);
guint fixture_bad(struct fixture *fixture);
guint fixture_with(struct fixture *fixture, const char *text);

/* Wait until 0..n-1 are there, each once, and nothing else that is good. */
void fixture_expect(struct fixture *fixture, guint n);

/* An order to the dovecot, and what it answers. */
guint fixture_imap(struct fixture *fixture, const char *order);

/* The mail number n. */
GBytes *fixture_mail(guint number);

/* An order to the fake Patchwork; the answer is to be given back. */
json_t *fixture_order(struct fixture *fixture, json_t *order);

char *fixture_path(struct fixture *fixture, const char *name);

/* How our bot and others log in to the Patchwork of the tests. */
#define CIBOT_PASSWORD "cibot-password\n"
#define CIBOT_TOKEN "0123456789abcdef0123456789abcdef01234567\n"

/* Configure the Patchwork that runs, with that in its token file. */
void fixture_configure_patchwork(struct fixture *fixture, bool is_fdo,
				 const char *secret, const char *user);

/* Set up, start one, configure it as our bot, give it a series. */
struct fixture *fixture_new_patchwork(bool is_fdo, int patches);
void fixture_free_patchwork(struct fixture *fixture);

/* A callback that keeps the result in `data`. */
void fixture_keep_result(GObject *source, GAsyncResult *res, gpointer data);

/* The first event after that id that waits; NULL: none does. */
struct event *fixture_event(struct fixture *fixture, gint64 after);

#endif
