# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/mail/mail.h \
	src/mail/maildir.c src/mail/maildir.h

libreroll_a_SOURCES += \
	src/mail/patch.c src/mail/patch.h src/mail/patch-internal.h \
	src/mail/patch-header.c src/mail/patch-name.c

# Who and what belongs together: subjects, trailers, addresses, series.
libreroll_a_SOURCES += \
	src/mail/address.c src/mail/address.h \
	src/mail/identity.c src/mail/identity.h \
	src/mail/message.h \
	src/mail/series.c src/mail/series.h \
	src/mail/series-group.c src/mail/series-internal.h \
	src/mail/series-join.c src/mail/series-link.c \
	src/mail/subject.c \
	src/mail/trailers.c src/mail/trailers.h
check_PROGRAMS += tests/unit/test-subject tests/unit/test-trailers \
	tests/unit/test-address
tests_unit_test_subject_SOURCES = tests/unit/test-subject.c
tests_unit_test_subject_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_trailers_SOURCES = tests/unit/test-trailers.c
tests_unit_test_trailers_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_address_SOURCES = tests/unit/test-address.c
tests_unit_test_address_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-subject tests/unit/test-trailers \
	tests/unit/test-address

libreroll_a_SOURCES += src/mail/compose.c src/mail/compose.h
check_PROGRAMS += tests/unit/test-compose
tests_unit_test_compose_SOURCES = tests/unit/test-compose.c
tests_unit_test_compose_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-compose
check_PROGRAMS += tests/unit/test-series tests/unit/test-identity
tests_unit_test_series_SOURCES = tests/unit/test-series.c
tests_unit_test_series_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_identity_SOURCES = tests/unit/test-identity.c
tests_unit_test_identity_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-series tests/unit/test-identity
check_PROGRAMS += tests/corpus/names-decide
tests_corpus_names_decide_SOURCES = tests/corpus/names-decide.c
EXTRA_DIST += tests/corpus/names tests/corpus/series tests/corpus/subjects

# One mail read: MIME, what git mailinfo says of it, and out of which file.
libreroll_a_SOURCES += \
	src/mail/author.c \
	src/mail/body.c \
	src/mail/charset.c \
	src/mail/damage.c \
	src/mail/headers.c \
	src/mail/mail-internal.h \
	src/mail/message.c \
	src/mail/mbox.c \
	src/mail/mime.c src/mail/mime-text.c src/mail/mime-walk.h \
	src/mail/reader.c src/mail/reader.h \
	src/mail/transfer.c

check_PROGRAMS += tests/corpus/mail-fields
tests_corpus_mail_fields_SOURCES = tests/corpus/mail-fields.c
EXTRA_DIST += tests/corpus/mail
check_PROGRAMS += tests/unit/test-message tests/unit/test-mail-hostile \
	tests/unit/test-damage
tests_unit_test_message_SOURCES = tests/unit/test-message.c
tests_unit_test_message_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_mail_hostile_SOURCES = tests/unit/test-mail-hostile.c
tests_unit_test_mail_hostile_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_damage_SOURCES = tests/unit/test-damage.c
tests_unit_test_damage_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-message tests/unit/test-mail-hostile \
	tests/unit/test-damage

# Diffs as git apply reads them.
check_PROGRAMS += tests/unit/test-patch tests/fuzz/fuzz-patch
tests_unit_test_patch_SOURCES = tests/unit/test-patch.c
tests_unit_test_patch_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-patch
tests_fuzz_fuzz_patch_SOURCES = tests/fuzz/fuzz-patch.c $(FUZZ_MAIN)
tests_fuzz_fuzz_patch_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-patch
check_PROGRAMS += tests/unit/test-reader
tests_unit_test_reader_SOURCES = tests/unit/test-reader.c
tests_unit_test_reader_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-reader

check_PROGRAMS += tests/fuzz/fuzz-mail
tests_fuzz_fuzz_mail_SOURCES = tests/fuzz/fuzz-mail.c $(FUZZ_MAIN)
tests_fuzz_fuzz_mail_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-mail

# What our mail servers said of the sender, and what the sender asks of us.
libreroll_a_SOURCES += \
	src/mail/auth-header.c \
	src/mail/auth-results.c src/mail/auth-results.h \
	src/mail/commands.c src/mail/commands.h
check_PROGRAMS += tests/unit/test-auth-results tests/unit/test-commands \
	tests/fuzz/fuzz-auth tests/fuzz/fuzz-commands
tests_unit_test_auth_results_SOURCES = tests/unit/test-auth-results.c
tests_unit_test_auth_results_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_commands_SOURCES = tests/unit/test-commands.c
tests_unit_test_commands_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-auth-results tests/unit/test-commands
tests_fuzz_fuzz_auth_SOURCES = tests/fuzz/fuzz-auth.c $(FUZZ_MAIN)
tests_fuzz_fuzz_auth_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_commands_SOURCES = tests/fuzz/fuzz-commands.c $(FUZZ_MAIN)
tests_fuzz_fuzz_commands_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-auth tests/fuzz/corpus-commands
# The way out.
libreroll_a_SOURCES += src/mail/smtp.c src/mail/smtp.h
check_PROGRAMS += tests/unit/test-smtp
tests_unit_test_smtp_SOURCES = tests/unit/test-smtp.c tests/unit/test-smtp.h
tests_unit_test_smtp_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += tests/unit/test-smtp
EXTRA_DIST += tests/servers/smtp tests/servers/smtp-odd
