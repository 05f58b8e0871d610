# SPDX-License-Identifier: GPL-2.0-or-later
libreroll_a_SOURCES += \
	src/lab/job.h src/lab/lab-ops.h src/lab/lab.h src/lab/match.h \
	src/lab/pool.h src/lab/results.h src/lab/rootfs.h
