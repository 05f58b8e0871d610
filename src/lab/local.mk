# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/lab/boots.c src/lab/boots.h \
	src/lab/job.h src/lab/lab-internal.h src/lab/lab-ops.h \
	src/lab/lab.h src/lab/match.h src/lab/pool.h src/lab/results.h src/lab/rootfs.h

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
libreroll_a_SOURCES += \
	src/lab/results.c src/lab/results-internal.h \
	src/lab/results-compare.c src/lab/results-console.c \
	src/lab/results-junit.c \
	src/lab/results-lava.c src/lab/results-lava.h \
	src/lab/results-tap.c src/lab/results-write.c src/lab/results-yaml.c

libreroll_a_SOURCES += src/lab/lab-table.c \
	src/lab/pool.c src/lab/pool-internal.h
check_PROGRAMS += tests/unit/test-pool
tests_unit_test_pool_SOURCES = tests/unit/test-pool.c
tests_unit_test_pool_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-pool

libreroll_a_SOURCES += src/lab/suites.c src/lab/suites.h \
	src/lab/suites-fetch.c src/lab/suites-internal.h
check_PROGRAMS += tests/unit/test-suites
tests_unit_test_suites_SOURCES = tests/unit/test-suites.c \
	tests/unit/test-tree.h tests/unit/test-server.h
tests_unit_test_suites_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-suites

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

libreroll_a_SOURCES += \
	src/lab/console.c src/lab/console.h \
	src/lab/guest.c src/lab/guest.h \
	src/lab/job.c \
	src/lab/qemu.c src/lab/qemu-internal.h src/lab/qemu-run.h \
	src/lab/qemu-command.c src/lab/qemu-end.c \
	src/lab/qemu-files.c \
	src/lab/qemu-judge.c src/lab/qemu-judge.h \
	src/lab/qemu-kvm.c \
	src/lab/qemu-root.c src/lab/qemu-talk.c

# What runs in the machines that are tested.
AM_CPPFLAGS += -DREROLL_GUEST_DIR='"$(pkgdatadir)/guest"'
guestdir = $(pkgdatadir)/guest
dist_guest_DATA = \
	share/guest/init share/guest/runner \
	share/guest/lava-background-process-start \
	share/guest/lava-background-process-stop \
	share/guest/lava-common-functions \
	share/guest/lava-echo-ipv4 \
	share/guest/lava-install-packages \
	share/guest/lava-test-case \
	share/guest/lava-test-event \
	share/guest/lava-test-raise \
	share/guest/lava-test-reference \
	share/guest/lava-test-set

check_PROGRAMS += tests/lab/boot
tests_lab_boot_SOURCES = tests/lab/boot.c tests/unit/qemu-fixture.c \
	tests/unit/qemu-fixture.h

lab_qemu_tests = \
	tests/unit/test-console \
	tests/unit/test-guest \
	tests/unit/test-job \
	tests/unit/test-qemu \
	tests/unit/test-qemu-judge \
	tests/unit/test-qemu-kvm
check_PROGRAMS += $(lab_qemu_tests)
TESTS += $(lab_qemu_tests)
tests_unit_test_console_SOURCES = tests/unit/test-console.c
tests_unit_test_console_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_guest_SOURCES = tests/unit/test-guest.c
tests_unit_test_guest_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_job_SOURCES = tests/unit/test-job.c
tests_unit_test_job_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_qemu_SOURCES = tests/unit/test-qemu.c \
	tests/unit/qemu-fixture.c tests/unit/qemu-fixture.h
tests_unit_test_qemu_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_qemu_judge_SOURCES = tests/unit/test-qemu-judge.c
tests_unit_test_qemu_judge_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_qemu_kvm_SOURCES = tests/unit/test-qemu-kvm.c
tests_unit_test_qemu_kvm_LDADD = $(LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/fuzz/fuzz-console
tests_fuzz_fuzz_console_SOURCES = tests/fuzz/fuzz-console.c $(FUZZ_MAIN)
tests_fuzz_fuzz_console_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-console

libreroll_a_SOURCES += \
	src/lab/lava.c src/lab/lava.h src/lab/lava-internal.h \
	src/lab/lava-api.c src/lab/lava-console.c \
	src/lab/lava-events.c src/lab/lava-events.h src/lab/lava-files.c \
	src/lab/lava-log.c src/lab/lava-result.c src/lab/lava-rights.c \
	src/lab/lava-run.c src/lab/lava-run.h \
	src/lab/lava-follow.c src/lab/lava-hint.c src/lab/lava-send.c src/lab/lava-steps.c \
	src/lab/lava-text.c

# The LAVA lab: a program that runs one job, for tests/lab/lava.
check_PROGRAMS += tests/lab/lab-run
tests_lab_lab_run_SOURCES = tests/lab/lab-run.c
EXTRA_DIST += tests/lab/lava tests/lab/lava_daemon.py tests/servers/lava-lab tests/servers/with-lava
lavatemplatedir = $(templatedir)/lava
dist_lavatemplate_DATA = $(wildcard $(srcdir)/templates/lava/*.mustache)
check-lava: all tests/lab/lab-run
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/servers/with-lava \
		$(top_srcdir)/tests/lab/lava
.PHONY: check-lava

check_PROGRAMS += tests/unit/test-lava
tests_unit_test_lava_SOURCES = tests/unit/test-lava.c tests/unit/test-server.h
tests_unit_test_lava_LDADD = $(LDADD) $(CMOCKA_LIBS)
EXTRA_DIST += tests/servers/lava-replay
TESTS += tests/unit/test-lava

check_PROGRAMS += tests/fuzz/fuzz-lava
tests_fuzz_fuzz_lava_SOURCES = tests/fuzz/fuzz-lava.c $(FUZZ_MAIN)
tests_fuzz_fuzz_lava_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-lava
