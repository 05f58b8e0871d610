# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/pipeline/boot.c src/pipeline/boot.h \
	src/pipeline/builds.c \
	src/pipeline/pipeline-internal.h \
	src/pipeline/pipeline.h \
	src/pipeline/run-report.c \
	src/pipeline/run.c \
	src/pipeline/stages.c \
	src/pipeline/step.c \
	src/pipeline/tests.c
