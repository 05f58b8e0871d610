# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/config/arch.c src/config/arch.h \
	src/config/board.c src/config/board.h src/config/board-internal.h \
	src/config/board-schema.c src/config/board-symbol.c \
	src/config/cfg.h \
	src/config/csv.c src/config/csv.h \
	src/config/description.c src/config/description.h \
	src/config/expect.c src/config/expect.h \
	src/config/file.c src/config/file.h \
	src/config/forms.c src/config/forms.h \
	src/config/match.c \
	src/config/problems.c src/config/problems.h \
	src/config/project.c src/config/project.h \
	src/config/project-internal.h src/config/project-schema.c \
	src/config/project-tests.c \
	src/config/roster.c src/config/roster.h \
	src/config/roster-edit.c src/config/roster-edit.h \
	src/config/roster-internal.h \
	src/config/schema.c src/config/schema.h \
	src/config/schema-internal.h \
	src/config/schema-print.c src/config/schema-value.c \
	src/config/site.c src/config/site.h \
	src/config/site-internal.h src/config/site-schema.c \
	src/config/testdef.c src/config/testdef.h \
	src/config/testdef-internal.h \
	src/config/yaml-text.c src/config/yaml-text.h \
	src/config/yaml.c src/config/yaml.h

# The pages' key lists come from the tables.
noinst_PROGRAMS = man/keys
man_keys_SOURCES = man/keys.c
man_MANS = man/reroll-boards.5 man/reroll-project.5 man/reroll-template.5 man/reroll.yaml.5
EXTRA_DIST += man/reroll-boards.5.in man/reroll-project.5.in man/reroll-template.5.in \
	man/reroll.yaml.5.in \
	projects contrib/examples
CLEANFILES += $(man_MANS)
man/reroll-boards.5: $(srcdir)/man/reroll-boards.5.in man/keys$(EXEEXT)
	$(AM_V_GEN)man/keys$(EXEEXT) boards >$@.keys && \
		sed -e '/^@KEYS@$$/{r $@.keys' -e 'd;}' \
		$(srcdir)/man/reroll-boards.5.in >$@ && rm -f $@.keys
man/reroll-project.5: $(srcdir)/man/reroll-project.5.in man/keys$(EXEEXT)
	$(AM_V_GEN)man/keys$(EXEEXT) project >$@.keys && \
		sed -e '/^@KEYS@$$/{r $@.keys' -e 'd;}' \
		$(srcdir)/man/reroll-project.5.in >$@ && rm -f $@.keys
man/reroll-template.5: $(srcdir)/man/reroll-template.5.in man/keys$(EXEEXT)
	$(AM_V_GEN)man/keys$(EXEEXT) template >$@.keys && \
		sed -e '/^@KEYS@$$/{r $@.keys' -e 'd;}' \
		$(srcdir)/man/reroll-template.5.in >$@ && rm -f $@.keys
man/reroll.yaml.5: $(srcdir)/man/reroll.yaml.5.in man/keys$(EXEEXT)
	$(AM_V_GEN)man/keys$(EXEEXT) site >$@.keys && \
		sed -e '/^@KEYS@$$/{r $@.keys' -e 'd;}' \
		$(srcdir)/man/reroll.yaml.5.in >$@ && rm -f $@.keys

check_PROGRAMS += tests/unit/test-yaml tests/fuzz/fuzz-yaml
tests_unit_test_yaml_SOURCES = tests/unit/test-yaml.c tests/unit/test-config.h
tests_unit_test_yaml_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-yaml
tests_fuzz_fuzz_yaml_SOURCES = tests/fuzz/fuzz-yaml.c $(FUZZ_MAIN)
tests_fuzz_fuzz_yaml_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-yaml

check_PROGRAMS += tests/unit/test-board
tests_unit_test_board_SOURCES = tests/unit/test-board.c
tests_unit_test_board_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-board

check_PROGRAMS += tests/unit/test-board-qemu
tests_unit_test_board_qemu_SOURCES = tests/unit/test-board-qemu.c
tests_unit_test_board_qemu_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-board-qemu

check_PROGRAMS += tests/unit/test-project
tests_unit_test_project_SOURCES = tests/unit/test-project.c
tests_unit_test_project_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-project

check_PROGRAMS += tests/unit/test-site
tests_unit_test_site_SOURCES = tests/unit/test-site.c
tests_unit_test_site_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-site

check_PROGRAMS += tests/unit/test-roster
tests_unit_test_roster_SOURCES = tests/unit/test-roster.c
tests_unit_test_roster_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-roster

check_PROGRAMS += tests/unit/test-testdef
tests_unit_test_testdef_SOURCES = tests/unit/test-testdef.c
tests_unit_test_testdef_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-testdef
check_PROGRAMS += tests/fuzz/fuzz-testdef
tests_fuzz_fuzz_testdef_SOURCES = tests/fuzz/fuzz-testdef.c $(FUZZ_MAIN)
tests_fuzz_fuzz_testdef_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-testdef

check_PROGRAMS += tests/unit/test-description
tests_unit_test_description_SOURCES = tests/unit/test-description.c
tests_unit_test_description_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-description

check_PROGRAMS += tests/unit/test-roster-edit
tests_unit_test_roster_edit_SOURCES = tests/unit/test-roster-edit.c
tests_unit_test_roster_edit_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-roster-edit
