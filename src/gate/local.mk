# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/gate/apply.c \
	src/gate/assemble.c \
	src/gate/base.c src/gate/base.h \
	src/gate/checker.c src/gate/checker.h \
	src/gate/content.c \
	src/gate/depends.c \
	src/gate/describe.c \
	src/gate/findings.c \
	src/gate/gate.c src/gate/gate.h src/gate/gate-internal.h \
	src/gate/identify.c \
	src/gate/match.c \
	src/gate/style.c

# Patches filled in by hand against small repositories made in the test.
EXTRA_DIST += tests/unit/gate-case.h
GATE_TESTS = tests/unit/test-base-order tests/unit/test-gate-apply tests/unit/test-gate-assemble \
	tests/unit/test-gate-content tests/unit/test-gate-describe \
	tests/unit/test-gate-identify tests/unit/test-gate-match \
	tests/unit/test-gate-style
check_PROGRAMS += $(GATE_TESTS)
TESTS += $(GATE_TESTS)
tests_unit_test_base_order_SOURCES = tests/unit/test-base-order.c
tests_unit_test_base_order_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_gate_apply_SOURCES = tests/unit/test-gate-apply.c
tests_unit_test_gate_apply_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_gate_assemble_SOURCES = tests/unit/test-gate-assemble.c
tests_unit_test_gate_assemble_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_gate_content_SOURCES = tests/unit/test-gate-content.c
tests_unit_test_gate_content_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_gate_describe_SOURCES = tests/unit/test-gate-describe.c
tests_unit_test_gate_describe_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_gate_identify_SOURCES = tests/unit/test-gate-identify.c
tests_unit_test_gate_identify_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_gate_match_SOURCES = tests/unit/test-gate-match.c
tests_unit_test_gate_match_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_gate_style_SOURCES = tests/unit/test-gate-style.c
tests_unit_test_gate_style_LDADD = $(LDADD) $(CMOCKA_LIBS)
