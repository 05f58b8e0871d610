# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/report/finding.c src/report/finding.h \
	src/report/outcome.c src/report/outcome.h \
	src/report/reply.c src/report/reply.h src/report/reply-internal.h \
	src/report/reply-cut.c src/report/reply-data.c \
	src/report/reply-example.c \
	src/report/reply-finish.c \
	src/report/reply-problems.c \
	src/report/reply-text.c \
	src/report/reply-values.c \
	src/report/report.h
EXTRA_DIST += tests/unit/golden

check_PROGRAMS += tests/unit/test-reply
tests_unit_test_reply_SOURCES = tests/unit/test-reply.c
tests_unit_test_reply_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-reply

# The sender of the outbox.
libreroll_a_SOURCES += \
	src/report/outbox.c src/report/outbox.h \
	src/report/told.c src/report/told.h \
	src/report/way.c src/report/way.h
check_PROGRAMS += tests/unit/test-outbox
tests_unit_test_outbox_SOURCES = tests/unit/test-outbox.c \
	tests/unit/test-smtp.h
tests_unit_test_outbox_LDADD = $(LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test-told
tests_unit_test_told_SOURCES = tests/unit/test-told.c
tests_unit_test_told_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-outbox tests/unit/test-told
