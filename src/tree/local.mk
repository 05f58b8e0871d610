# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/tree/already.c \
	src/tree/apply.c src/tree/apply.h \
	src/tree/attempt.c \
	src/tree/binary.c \
	src/tree/checkout.c \
	src/tree/clones.c src/tree/clones.h src/tree/clones-internal.h \
	src/tree/commit.c \
	src/tree/compare.c \
	src/tree/conflict.c \
	src/tree/dirs.c \
	src/tree/failure.c \
	src/tree/failure-diff.c \
	src/tree/history.c src/tree/history.h \
	src/tree/hunks.c \
	src/tree/mails.c src/tree/mails.h \
	src/tree/merge.c src/tree/merge-entry.c src/tree/merge-internal.h \
	src/tree/net.c \
	src/tree/objects.c \
	src/tree/patch-id.c \
	src/tree/paths.c src/tree/paths.h \
	src/tree/readings.c \
	src/tree/refresh.c \
	src/tree/renames.c \
	src/tree/repo.c src/tree/repo.h \
	src/tree/tree.h src/tree/tree-internal.h

EXTRA_DIST += tests/unit/test-tree.h
check_PROGRAMS += tests/unit/test-apply
tests_unit_test_apply_SOURCES = tests/unit/test-apply.c
tests_unit_test_apply_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-apply
check_PROGRAMS += tests/unit/test-commit
tests_unit_test_commit_SOURCES = tests/unit/test-commit.c
tests_unit_test_commit_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-commit
check_PROGRAMS += tests/unit/test-merge
tests_unit_test_merge_SOURCES = tests/unit/test-merge.c
tests_unit_test_merge_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-merge
check_PROGRAMS += tests/unit/test-patch-id
tests_unit_test_patch_id_SOURCES = tests/unit/test-patch-id.c
tests_unit_test_patch_id_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-patch-id
check_PROGRAMS += tests/unit/test-repo
tests_unit_test_repo_SOURCES = tests/unit/test-repo.c
tests_unit_test_repo_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-repo

check_PROGRAMS += tests/fuzz/fuzz-apply
tests_fuzz_fuzz_apply_SOURCES = tests/fuzz/fuzz-apply.c $(FUZZ_MAIN)
tests_fuzz_fuzz_apply_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-apply bench/apply.bench

# Both appliers over random patches: make check-differential [SEED=N] [COUNT=N]
EXTRA_DIST += tests/differential
TESTS += tests/differential/apply-some.sh
check-differential: reroll
	PYTHONDONTWRITEBYTECODE=1 $(top_srcdir)/tests/differential/apply \
		$(abs_top_builddir)/reroll $(if $(SEED),--seed $(SEED)) \
		--count $(or $(COUNT),2000)
.PHONY: check-differential
check_PROGRAMS += tests/unit/test-refresh
tests_unit_test_refresh_SOURCES = tests/unit/test-refresh.c
tests_unit_test_refresh_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-refresh
check_PROGRAMS += tests/unit/test-net
tests_unit_test_net_SOURCES = tests/unit/test-net.c
tests_unit_test_net_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-net
EXTRA_DIST += tests/unit/test-fetch.h tests/unit/git-http tests/unit/git-sshd
