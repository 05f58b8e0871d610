# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/build/anoint.c src/build/anoint.h \
	src/build/artifacts.c \
	src/build/blame.c \
	src/build/build.h src/build/build-internal.h \
	src/build/cache.c \
	src/build/cgroup.c src/build/cgroup.h \
	src/build/clean.c \
	src/build/compiled.c \
	src/build/culprit.c \
	src/build/diagnostics.c src/build/diagnostics.h \
	src/build/executor.h \
	src/build/images.c src/build/images.h \
	src/build/kbuild-install.c \
	src/build/first-word.c \
	src/build/kbuild-cmd.c src/build/kbuild-cmd.h \
	src/build/kbuild-path.c src/build/kbuild-path.h \
	src/build/inputs.c \
	src/build/kconfig.c src/build/kconfig.h \
	src/build/kconfig-expr.c \
	src/build/kconfig-tree.c \
	src/build/keep.c src/build/keep-internal.h src/build/keep-trim.c \
	src/build/keep.h \
	src/build/kmake.c src/build/kmake.h \
	src/build/layers.c src/build/layers.h \
	src/build/local.c \
	src/build/meta.c src/build/meta.h \
	src/build/log-file.c src/build/log-file.h \
	src/build/made-of.c src/build/made-of.h \
	src/build/manifest.c \
	src/build/pack.c \
	src/build/moved.c \
	src/build/place.c src/build/place.h \
	src/build/plan.c src/build/plan.h \
	src/build/plan-toolchain.c \
	src/build/recipe-kbuild.c \
	src/build/recipe-script.c \
	src/build/reproduce.c \
	src/build/result.c src/build/result.h \
	src/build/safe-file.c src/build/safe-file.h \
	src/build/sandbox.c src/build/sandbox.h \
	src/build/sandbox-bwrap.c src/build/sandbox-child.c \
	src/build/sandbox-internal.h \
	src/build/trouble.c src/build/trouble.h \
	src/build/slots.c src/build/slots.h \
	src/build/snapshot.c src/build/snapshot.h src/build/snapshot-ways.h \
	src/build/snapshot-btrfs.c \
	src/build/snapshot-copy.c \
	src/build/snapshot-overlay.c \
	src/build/toolchain.h src/build/toolchain-internal.h \
	src/build/toolchain-chroot.c \
	src/build/toolchain-digest.c \
	src/build/toolchain-list.c \
	src/build/toolchain-path.c \
	src/build/toolchain-prove.c \
	src/build/tree-run.c \
	src/build/verify.c \
	src/build/walk.c \
	src/build/warm.c

build_tests = \
	tests/unit/test-anoint \
	tests/unit/test-checkout-view \
	tests/unit/test-artifacts \
	tests/unit/test-cache \
	tests/unit/test-compiled \
	tests/unit/test-culprit \
	tests/unit/test-diagnostics \
	tests/unit/test-escape \
	tests/unit/test-executor \
	tests/unit/test-images \
	tests/unit/test-first-word \
	tests/unit/test-kconfig \
	tests/unit/test-keep tests/unit/test-slots \
	tests/unit/test-place \
	tests/unit/test-plan \
	tests/unit/test-sandbox \
	tests/unit/test-sandbox-root \
	tests/unit/test-snapshot \
	tests/unit/test-toolchain \
	tests/unit/test-verify \
	tests/unit/test-walk \
	tests/unit/test-warm
check_PROGRAMS += $(build_tests)
TESTS += $(build_tests)
tests_unit_test_anoint_SOURCES = tests/unit/test-anoint.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_anoint_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_checkout_view_SOURCES = tests/unit/test-checkout-view.c \
	tests/unit/test-build.h
tests_unit_test_checkout_view_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_artifacts_SOURCES = tests/unit/test-artifacts.c \
	tests/unit/test-build.h
tests_unit_test_artifacts_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_cache_SOURCES = tests/unit/test-cache.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_cache_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_compiled_SOURCES = tests/unit/test-compiled.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_compiled_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_culprit_SOURCES = tests/unit/test-culprit.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_culprit_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_diagnostics_SOURCES = tests/unit/test-diagnostics.c
tests_unit_test_diagnostics_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_escape_SOURCES = tests/unit/test-escape.c \
	tests/unit/test-build.h
tests_unit_test_escape_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_executor_SOURCES = tests/unit/test-executor.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_executor_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_images_SOURCES = tests/unit/test-images.c \
	tests/unit/test-build.h
tests_unit_test_images_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_first_word_SOURCES = tests/unit/test-first-word.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_first_word_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_kconfig_SOURCES = tests/unit/test-kconfig.c
tests_unit_test_kconfig_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_slots_SOURCES = tests/unit/test-slots.c
tests_unit_test_slots_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_keep_SOURCES = tests/unit/test-keep.c tests/unit/test-build.h
tests_unit_test_keep_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_place_SOURCES = tests/unit/test-place.c
tests_unit_test_place_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_plan_SOURCES = tests/unit/test-plan.c
tests_unit_test_plan_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_sandbox_SOURCES = tests/unit/test-sandbox.c \
	tests/unit/test-build.h
tests_unit_test_sandbox_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_sandbox_root_SOURCES = tests/unit/test-sandbox-root.c \
	tests/unit/test-build.h
tests_unit_test_sandbox_root_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_snapshot_SOURCES = tests/unit/test-snapshot.c \
	tests/unit/test-build.h
tests_unit_test_snapshot_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_toolchain_SOURCES = tests/unit/test-toolchain.c \
	tests/unit/test-build.h
tests_unit_test_toolchain_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_verify_SOURCES = tests/unit/test-verify.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_verify_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_walk_SOURCES = tests/unit/test-walk.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_walk_LDADD = $(LDADD) $(CMOCKA_LIBS)
tests_unit_test_warm_SOURCES = tests/unit/test-warm.c \
	tests/unit/executor-fixture.c tests/unit/executor-fixture.h \
	tests/unit/test-build.h
tests_unit_test_warm_LDADD = $(LDADD) $(CMOCKA_LIBS)
TESTS += \
	tests/unit/test-checkout-view \
	tests/unit/test-diagnostics \
	tests/unit/test-escape \
	tests/unit/test-executor \
	tests/unit/test-kconfig \
	tests/unit/test-plan \
	tests/unit/test-sandbox \
	tests/unit/test-snapshot

check_PROGRAMS += tests/fuzz/fuzz-diagnostics tests/fuzz/fuzz-kconfig \
	tests/fuzz/fuzz-kmake
tests_fuzz_fuzz_diagnostics_SOURCES = tests/fuzz/fuzz-diagnostics.c \
	$(FUZZ_MAIN)
tests_fuzz_fuzz_diagnostics_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_kconfig_SOURCES = tests/fuzz/fuzz-kconfig.c $(FUZZ_MAIN)
tests_fuzz_fuzz_kconfig_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_kmake_SOURCES = tests/fuzz/fuzz-kmake.c $(FUZZ_MAIN)
tests_fuzz_fuzz_kmake_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus-diagnostics tests/fuzz/corpus-kconfig \
	tests/fuzz/corpus-kmake
