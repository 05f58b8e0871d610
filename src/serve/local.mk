# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/serve/bring.c src/serve/bring.h \
	src/serve/collect.c src/serve/collect.h src/serve/collect-read.c \
	src/serve/collect-internal.h src/serve/collect-letter.c \
	src/serve/collect-series.c \
	src/serve/commands.c \
	src/serve/control.c src/serve/control.h \
	src/serve/control-client.c src/serve/control-internal.h \
	src/serve/control-line.c \
	src/serve/control-socket.c \
	src/serve/look.c src/serve/look.h \
	src/serve/look-internal.h src/serve/look-log.c \
	src/serve/daemon.h \
	src/serve/idle.c \
	src/serve/lead.c src/serve/lead.h src/serve/lead-end.c \
	src/serve/listen.c src/serve/listen.h \
	src/serve/ops.c src/serve/ops.h \
	src/serve/orders.c src/serve/orders.h \
	src/serve/post.c src/serve/post.h \
	src/serve/queue.c src/serve/queue.h \
	src/serve/room.c src/serve/room.h \
	src/serve/runs-trim.c \
	src/serve/serve.c src/serve/serve.h \
	src/serve/settings.c src/serve/settings.h \
	src/serve/trouble.c \
	src/serve/upkeep.c \
	src/serve/watch.c src/serve/watch.h

check_PROGRAMS += tests/unit/test-control tests/fuzz/fuzz-control
tests_unit_test_control_SOURCES = tests/unit/test-control.c
tests_unit_test_control_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-control
check_PROGRAMS += tests/unit/test-ops
tests_unit_test_ops_SOURCES = tests/unit/test-ops.c
tests_unit_test_ops_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-ops
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz-control.c $(FUZZ_MAIN)
tests_fuzz_fuzz_control_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-control
check_PROGRAMS += tests/unit/test-queue
tests_unit_test_queue_SOURCES = tests/unit/test-queue.c
tests_unit_test_queue_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-queue
check_PROGRAMS += tests/unit/test-collect
tests_unit_test_collect_SOURCES = tests/unit/test-collect.c tests/unit/test-daemon.h tests/unit/test-store.h
tests_unit_test_collect_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-collect
check_PROGRAMS += tests/unit/test-orders
tests_unit_test_orders_SOURCES = tests/unit/test-orders.c tests/unit/test-daemon.h tests/unit/test-store.h
tests_unit_test_orders_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-orders
check_PROGRAMS += tests/unit/test-notices
tests_unit_test_notices_SOURCES = tests/unit/test-notices.c tests/unit/test-daemon.h tests/unit/test-store.h
tests_unit_test_notices_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-notices
check_PROGRAMS += tests/unit/test-mail-orders
tests_unit_test_mail_orders_SOURCES = tests/unit/test-mail-orders.c tests/unit/test-store.h
tests_unit_test_mail_orders_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-mail-orders
