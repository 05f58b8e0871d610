# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/cmd/apply.c \
	src/cmd/ask.c src/cmd/ask.h \
	src/cmd/backup.c \
	src/cmd/builds.c src/cmd/builds-internal.h src/cmd/builds-list.c \
	src/cmd/builds-make.c \
	src/cmd/check.c src/cmd/check-internal.h src/cmd/check-run.c \
	src/cmd/cmd.h \
	src/cmd/deliver.c \
	src/cmd/jobs.c \
	src/cmd/lint.c \
	src/cmd/log.c \
	src/cmd/match.c \
	src/cmd/options.c \
	src/cmd/orders.c \
	src/cmd/parse.c \
	src/cmd/progress.c src/cmd/progress.h \
	src/cmd/render.c \
	src/cmd/reply.c \
	src/cmd/rootfs.c \
	src/cmd/results.c \
	src/cmd/serve.c \
	src/cmd/show.c \
	src/cmd/status.c src/cmd/status-runs.c \
	src/cmd/submit.c \
	src/cmd/toolchains.c src/cmd/toolchains-install.c \
	src/cmd/toolchains-internal.h \
	src/cmd/trees.c
dist_man_MANS += man/reroll.1 man/reroll-approve.1 man/reroll-backup.1 \
	man/reroll-cancel.1 man/reroll-deliver.1 man/reroll-jobs.1 \
	man/reroll-log.1 man/reroll-match.1 man/reroll-pause.1 \
	man/reroll-results.1 man/reroll-resume.1 man/reroll-retry.1 man/reroll-serve.1 \
	man/reroll-rootfs.1 man/reroll-show.1 man/reroll-status.1 \
	man/reroll-submit.1 man/reroll-toolchains.1

check_PROGRAMS += tests/unit/test-lint
tests_unit_test_lint_SOURCES = tests/unit/test-lint.c
tests_unit_test_lint_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-lint
EXTRA_DIST += tests/unit/lint

TESTS += tests/unit/test-parse.sh
EXTRA_DIST += tests/unit/test-parse.sh
