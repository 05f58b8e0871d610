# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/lab/job.h src/lab/lab-ops.h src/lab/lab.h src/lab/match.h \
	src/lab/pool.h src/lab/results.h src/lab/rootfs.h

libreroll_a_SOURCES += \
	src/lab/match.c src/lab/match-arch.c src/lab/match-artifacts.c \
	src/lab/match-explain.c src/lab/match-internal.h \
	 src/lab/match-read.c src/lab/match-symbol.c

check_PROGRAMS += tests/unit/test-match tests/fuzz/fuzz-match
tests_unit_test_match_SOURCES = tests/unit/test-match.c
tests_unit_test_match_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-match
tests_fuzz_fuzz_match_SOURCES = tests/fuzz/fuzz-match.c $(FUZZ_MAIN)
tests_fuzz_fuzz_match_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-match

libreroll_a_SOURCES += \
	src/lab/rootfs.c src/lab/rootfs-busybox.c src/lab/rootfs-cpio.c \
	src/lab/rootfs-fetch.c src/lab/rootfs-internal.h
check_PROGRAMS += tests/unit/test-rootfs
tests_unit_test_rootfs_SOURCES = tests/unit/test-rootfs.c
tests_unit_test_rootfs_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-rootfs
libreroll_a_SOURCES += src/lab/job.c
libreroll_a_SOURCES += \
	src/lab/results.c src/lab/results-internal.h \
	src/lab/results-compare.c src/lab/results-console.c \
	src/lab/results-junit.c \
	src/lab/results-lava.c src/lab/results-lava.h \
	src/lab/results-tap.c src/lab/results-write.c src/lab/results-yaml.c

libreroll_a_SOURCES += src/lab/pool.c src/lab/pool-internal.h
check_PROGRAMS += tests/unit/test-pool
tests_unit_test_pool_SOURCES = tests/unit/test-pool.c
tests_unit_test_pool_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-pool

libreroll_a_SOURCES += src/lab/verdict.c src/lab/verdict.h
check_PROGRAMS += tests/unit/test-results-verdict
tests_unit_test_results_verdict_SOURCES = tests/unit/test-results-verdict.c
tests_unit_test_results_verdict_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-results-verdict

check_PROGRAMS += tests/unit/test-results
tests_unit_test_results_SOURCES = tests/unit/test-results.c
tests_unit_test_results_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-results

check_PROGRAMS += tests/fuzz/fuzz-results
tests_fuzz_fuzz_results_SOURCES = tests/fuzz/fuzz-results.c $(FUZZ_MAIN)
tests_fuzz_fuzz_results_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-results
