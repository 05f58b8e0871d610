# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/web/web.c src/web/web.h src/web/web-internal.h \
	src/web/web-request.c
check_PROGRAMS += tests/unit/test-web
tests_unit_test_web_SOURCES = tests/unit/test-web.c
tests_unit_test_web_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-web
