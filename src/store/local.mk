# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/store/backup.c src/store/backup.h \
	src/store/event.c src/store/event.h \
	src/store/job.c \
	src/store/letter.c src/store/letter.h \
	src/store/outbox.c src/store/outbox.h \
	src/store/post.c src/store/post.h \
	src/store/queries.c src/store/query.c \
	src/store/read.c \
	src/store/run.c \
	src/store/schema.c \
	src/store/show.c src/store/show.h \
	src/store/store-internal.h \
	src/store/store.c src/store/store.h \
	src/store/trouble.c src/store/trouble.h \
	src/store/waiting.c src/store/waiting.h \
	src/store/writer.c src/store/writer.h

check_PROGRAMS += tests/unit/test-store
tests_unit_test_store_SOURCES = tests/unit/test-store.c
tests_unit_test_store_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-store

check_PROGRAMS += tests/unit/test-writer
tests_unit_test_writer_SOURCES = tests/unit/test-writer.c
tests_unit_test_writer_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-writer

check_PROGRAMS += tests/unit/test-show
tests_unit_test_show_SOURCES = tests/unit/test-show.c
tests_unit_test_show_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-show

EXTRA_DIST += tests/unit/test-store.h
check_PROGRAMS += tests/unit/test-waiting
tests_unit_test_waiting_SOURCES = tests/unit/test-waiting.c
tests_unit_test_waiting_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-waiting

check_PROGRAMS += tests/unit/test-letter
tests_unit_test_letter_SOURCES = tests/unit/test-letter.c
tests_unit_test_letter_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-letter

check_PROGRAMS += tests/unit/test-trouble
tests_unit_test_trouble_SOURCES = tests/unit/test-trouble.c
tests_unit_test_trouble_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-trouble

check_PROGRAMS += tests/unit/test-post
tests_unit_test_post_SOURCES = tests/unit/test-post.c
tests_unit_test_post_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-post
