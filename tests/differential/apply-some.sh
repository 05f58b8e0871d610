#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A few cases of tests/differential/apply, the same each time.
: "${top_srcdir:=.}" "${top_builddir:=.}"
PYTHONDONTWRITEBYTECODE=1 exec "$top_srcdir/tests/differential/apply" \
	"$top_builddir/reroll" --seed 1 --count 60
