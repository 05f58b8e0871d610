# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests stand in the fragment of the room they test; here is what they
# share. A test is a cmocka program; tests/unit/test.h has its includes.
EXTRA_DIST += tests/unit/test.h tests/layers.sh tests/fuzz/fuzz.h

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

TESTS += tests/fuzz/replay.sh
