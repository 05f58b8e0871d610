# SPDX-License-Identifier: GPL-2.0-or-later
# make bench [BENCH=NAME]: ours beside the peer, alternating, in one run.
# File by file: the folder's name is a target, which make dist would run.
EXTRA_DIST += bench/apply.bench bench/boot.bench bench/boots.bench \
	bench/build.bench bench/check.bench bench/kernel.py \
	bench/lava.bench bench/match.bench bench/parse.bench \
	bench/path.bench bench/run bench/serve.bench
EXTRA_PROGRAMS += bench/match
bench_match_SOURCES = bench/match.c
bench: reroll bench/match$(EXEEXT) tests/lab/boot$(EXEEXT) \
		tests/lab/lab-run$(EXEEXT)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		$(top_srcdir)/bench/run $(BENCH)
.PHONY: bench
