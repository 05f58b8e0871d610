# SPDX-License-Identifier: GPL-2.0-or-later
# Where events come from, one file a source; every source passes test-intake.
libreroll_a_SOURCES += \
	src/intake/intake-backend.h \
	src/intake/intake.c src/intake/intake.h \
	src/intake/item.c \
	src/intake/maildir.c \
	src/intake/store-sink.c

check_PROGRAMS += tests/unit/test-intake
tests_unit_test_intake_SOURCES = tests/unit/test-intake.c \
	tests/unit/intake-fixture.c tests/unit/intake-fixture.h
tests_unit_test_intake_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-intake
