# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests stand in the fragment of the room they test; here is what they
# share. A test is a cmocka program; tests/unit/test.h has its includes.
EXTRA_DIST += tests/unit/test.h tests/layers.sh tests/fuzz/fuzz.h \
	tests/lsan.supp

check_PROGRAMS += tests/unit/test-base
tests_unit_test_base_SOURCES = tests/unit/test-base.c
tests_unit_test_base_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-base tests/layers.sh

# Fuzz targets: with --with-fuzzer libFuzzer gives main(), else replay.c does
# and the target runs over tests/fuzz/corpus-NAME as a test.
if FUZZER
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif
FUZZ_LDADD = $(FUZZ_LDFLAGS) $(LDADD)
EXTRA_DIST += tests/fuzz/replay.sh

# The corpus: real mails and patches with reference tools' answers, from a
# folder of its own. Each script prints "N passed, N failed".
CORPUS_TESTS = mail subjects series names apply
EXTRA_DIST += tests/corpus-exceptions tests/count \
	tests/corpus/apply tests/corpus/mail tests/corpus/mustache \
	tests/corpus/names tests/corpus/series tests/corpus/subjects
check-corpus: all $(check_PROGRAMS)
	@test -d '$(CORPUS)' || { echo 'make check-corpus CORPUS=DIR'; exit 2; }
	@status=0; for t in $(CORPUS_TESTS); do \
		echo "corpus: $$t"; \
		$(top_srcdir)/tests/corpus/$$t '$(CORPUS)' \
			$(abs_top_builddir)/reroll || status=1; \
	done; exit $$status
.PHONY: check-corpus

# End to end: each folder of tests/e2e is a scenario, see tests/e2e/run.
TESTS += tests/e2e/run.sh tests/e2e/blame/run.sh tests/fuzz/replay.sh
EXTRA_DIST += tests/e2e contrib

# Builds for other architectures; the compilers of contrib/install-deps cross.
EXTRA_DIST += tests/cross
# From the mail to the reply on the real kernel, with boots in both kinds of lab.
check-path: all
	@status=0; $(AM_TESTS_ENVIRONMENT) \
	path=$(top_srcdir)/tests/lab/path.sh; \
	$$path qemu || status=1; \
	$(top_srcdir)/tests/servers/with-lava $$path lava || status=1; \
	exit $$status
# Both that need a LAVA, in one.
check-labs: all tests/lab/lab-run
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/servers/with-lava \
		$(MAKE) -s -k -j1 check-path check-lava
.PHONY: check-path check-labs
EXTRA_DIST += tests/lab/path.sh tests/lab/path

# A class posts to the running daemon, by real servers; then everything around
# it goes wrong. See tests/serve/class and tests/serve/faults.
check-serve: all tests/serve/shim.so
	@status=0; $(AM_TESTS_ENVIRONMENT) \
	$(top_srcdir)/tests/serve/class || status=1; \
	$(top_srcdir)/tests/serve/faults || status=1; \
	exit $$status
.PHONY: check-serve
EXTRA_DIST += tests/serve/class tests/serve/class_eyes.py \
	tests/serve/class_mails.py tests/serve/class_parts.py \
	tests/serve/class_replies.py tests/serve/eyes-mutt \
	tests/serve/faults tests/serve/faults_house.py \
	tests/serve/faults_patchwork.py tests/serve/faults_servers.py

check-cross: all
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/cross/run.sh $(CROSS)
.PHONY: check-cross

# How the daemon starts where it cannot, and what SIGHUP changes; what staff
# orders, and is told of.
TESTS += tests/serve/starts tests/serve/staff
EXTRA_DIST += tests/serve/starts tests/serve/staff

# The daemon killed at every instant that matters, and at others; the power
# gone, no room, a clock put back. Needs --enable-fault-points. CRASH=PART...
# chooses among the parts, see tests/serve/crash.
EXTRA_DIST += tests/serve/crash tests/serve/crash_load.py \
	tests/serve/crash_points.py tests/serve/crash_power.py \
	tests/serve/crash_scenes.py tests/serve/crash_site.py \
	tests/serve/crash_trouble.py tests/serve/shim.c
CLEANFILES += tests/serve/shim.so
tests/serve/shim.so: tests/serve/shim.c
	$(AM_V_CCLD)$(MKDIR_P) tests/serve && $(CC) $(CPPFLAGS) $(CFLAGS) \
		-D_GNU_SOURCE -fPIC -shared -o $@ $(srcdir)/tests/serve/shim.c -ldl
check-crash: all tests/serve/shim.so
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/serve/crash $(CRASH)
.PHONY: check-crash

# The Mustache specification's own cases, from a checkout of it.
check-spec: all
	@test -d '$(SPEC)' || { echo 'make check-spec SPEC=DIR'; exit 2; }
	$(top_srcdir)/tests/corpus/mustache '$(SPEC)' $(abs_top_builddir)/reroll
.PHONY: check-spec

# The unit tests and the sample under valgrind. Not mail-hostile, for which it
# takes many minutes; nor those that start sandboxes or check trees out, as
# valgrind 3.19 does not know openat2 and pidfd_open; nor diagnostics, since the
# code that PCRE2 makes at run time reads ahead of what is set; nor net and
# refresh, which wait for real servers, and lose what libgit2 loses over ssh.
VALGRIND_NOT = $(filter-out %/test-plan %/test-images,$(build_tests)) \
	tests/unit/test-mail-hostile tests/unit/test-net tests/unit/test-refresh \
	tests/unit/test-repo tests/unit/test-suites \
	tests/unit/test-qemu tests/unit/test-qemu-kvm \
	tests/unit/test-gate-style
VALGRIND_TESTS = $(filter-out $(VALGRIND_NOT), \
	$(filter tests/unit/%,$(check_PROGRAMS)))
EXTRA_DIST += tests/valgrind tests/valgrind.supp tests/tidy
check-valgrind: all $(check_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/valgrind $(VALGRIND_TESTS)
.PHONY: check-valgrind
