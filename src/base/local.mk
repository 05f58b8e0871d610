# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/base/base.h \
	src/base/clock.c src/base/clock.h \
	src/base/error.c src/base/error.h \
	src/base/fault.h \
	src/base/file.c src/base/file.h \
	src/base/http.c src/base/http.h \
	src/base/http-raw.c src/base/http-raw.h \
	src/base/json.c src/base/json.h \
	src/base/log.c src/base/log.h \
	src/base/notify.c src/base/notify.h \
	src/base/overlay.c src/base/overlay.h \
	src/base/process.c src/base/process.h \
	src/base/tempdir.c src/base/tempdir.h \
	src/base/text.c src/base/text.h \
	src/base/websocket.c src/base/websocket.h \
	src/base/websocket-read.c src/base/websocket-read.h
if FAULT_POINTS
libreroll_a_SOURCES += src/base/fault.c
endif
EXTRA_DIST += src/base/fault.c

libreroll_a_SOURCES += \
	src/base/template.c src/base/template.h \
	src/base/template-parse.c src/base/template-parse.h

check_PROGRAMS += tests/unit/test-process
tests_unit_test_process_SOURCES = tests/unit/test-process.c
tests_unit_test_process_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-process

check_PROGRAMS += tests/unit/test-template tests/fuzz/fuzz-template
tests_unit_test_template_SOURCES = tests/unit/test-template.c
tests_unit_test_template_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_fuzz_fuzz_template_SOURCES = tests/fuzz/fuzz-template.c $(FUZZ_MAIN)
tests_fuzz_fuzz_template_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-template
TESTS += tests/unit/test-template

check_PROGRAMS += tests/unit/test-http
tests_unit_test_http_SOURCES = tests/unit/test-http.c tests/unit/test-server.h
tests_unit_test_http_LDADD = $(LDADD) $(CMOCKA_LIBS)
EXTRA_DIST += tests/servers/http-odd
TESTS += tests/unit/test-http

check_PROGRAMS += tests/unit/test-websocket tests/fuzz/fuzz-websocket
tests_unit_test_websocket_SOURCES = tests/unit/test-websocket.c \
	tests/unit/test-server.h
tests_unit_test_websocket_LDADD = $(LDADD) $(CMOCKA_LIBS)
EXTRA_DIST += tests/servers/websocket-odd
TESTS += tests/unit/test-websocket
tests_fuzz_fuzz_websocket_SOURCES = tests/fuzz/fuzz-websocket.c $(FUZZ_MAIN)
tests_fuzz_fuzz_websocket_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-websocket

check_PROGRAMS += tests/unit/test-log
tests_unit_test_log_SOURCES = tests/unit/test-log.c
tests_unit_test_log_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-log
