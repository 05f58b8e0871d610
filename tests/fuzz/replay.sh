#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run each fuzz target over its corpus: tests/fuzz/fuzz-NAME corpus-NAME.
set -eu
: "${top_srcdir:=.}" "${top_builddir:=.}"
for target in "$top_builddir"/tests/fuzz/fuzz-*; do
	[ -x "$target" ] || continue
	case $target in *.o|*.c) continue ;; esac
	name=${target##*/fuzz-}
	printf '%s: ' "$name"
	"$target" "$top_srcdir/tests/fuzz/corpus-$name"
done
