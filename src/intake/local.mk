# SPDX-License-Identifier: GPL-2.0-or-later
# Where events come from, one file a source; every source passes test-intake.
libreroll_a_SOURCES += \
	src/intake/imap-session.c src/intake/imap-session.h \
	src/intake/imap-tls.c src/intake/imap-tls.h \
	src/intake/imap.c \
	src/intake/intake-backend.h \
	src/intake/intake.c src/intake/intake.h \
	src/intake/item.c \
	src/intake/maildir.c \
	src/intake/mbox.c \
	src/intake/patchwork-fdo.c \
	src/intake/patchwork-http.c \
	src/intake/patchwork-internal.h \
	src/intake/patchwork-post.c src/intake/patchwork-post.h \
	src/intake/patchwork-read.c \
	src/intake/patchwork-shared.c \
	src/intake/patchwork-state.c src/intake/patchwork-state.h \
	src/intake/patchwork.c \
	src/intake/pipe.c \
	src/intake/redis.c \
	src/intake/store-sink.c \
	src/intake/xmlrpc.c src/intake/xmlrpc.h

check_PROGRAMS += tests/unit/test-intake
tests_unit_test_intake_SOURCES = tests/unit/test-intake.c \
	tests/unit/intake-fixture.c tests/unit/intake-fixture.h \
	tests/unit/intake-imap.c tests/unit/intake-patchwork.c \
	tests/unit/intake-redis.c
tests_unit_test_intake_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-intake
check_PROGRAMS += tests/unit/test-deliver
tests_unit_test_deliver_SOURCES = tests/unit/test-deliver.c \
	tests/unit/intake-fixture.c tests/unit/intake-fixture.h
tests_unit_test_deliver_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-deliver
check_PROGRAMS += tests/fuzz/fuzz-patchwork
tests_fuzz_fuzz_patchwork_SOURCES = tests/fuzz/fuzz-patchwork.c $(FUZZ_MAIN)
tests_fuzz_fuzz_patchwork_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-patchwork
check_PROGRAMS += tests/unit/test-patchwork-post
tests_unit_test_patchwork_post_SOURCES = tests/unit/test-patchwork-post.c \
	tests/unit/intake-fixture.c tests/unit/intake-fixture.h \
	tests/unit/intake-patchwork.c
tests_unit_test_patchwork_post_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-patchwork-post
check_PROGRAMS += tests/unit/test-patchwork
tests_unit_test_patchwork_SOURCES = tests/unit/test-patchwork.c \
	tests/unit/intake-fixture.c tests/unit/intake-fixture.h \
	tests/unit/intake-patchwork.c
tests_unit_test_patchwork_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-patchwork
EXTRA_DIST += tests/corpus/patchwork tests/servers/dovecot \
	tests/servers/patchwork tests/servers/patchwork_fdo.py \
	tests/servers/patchwork_state.py tests/servers/patchwork_upstream.py
check_PROGRAMS += tests/unit/test-patchwork-state tests/unit/test-xmlrpc \
	tests/fuzz/fuzz-xmlrpc
tests_unit_test_patchwork_state_SOURCES = tests/unit/test-patchwork-state.c \
	tests/unit/intake-fixture.c tests/unit/intake-fixture.h \
	tests/unit/intake-patchwork.c
tests_unit_test_patchwork_state_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_xmlrpc_SOURCES = tests/unit/test-xmlrpc.c
tests_unit_test_xmlrpc_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-patchwork-state tests/unit/test-xmlrpc
tests_fuzz_fuzz_xmlrpc_SOURCES = tests/fuzz/fuzz-xmlrpc.c $(FUZZ_MAIN)
tests_fuzz_fuzz_xmlrpc_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-xmlrpc
