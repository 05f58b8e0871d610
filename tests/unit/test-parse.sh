#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# reroll parse from the outside: exit status and the shape of its answer.
set -u
: "${top_builddir:=.}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

mail() {
	cat <<END
From ada@example.org Tue Nov 14 22:13:20 2023
From: Ada Author <ada@example.org>
Subject: [PATCH $1/2] a: part $1
Message-ID: <$1@example.org>

Signed-off-by: Ada Author <ada@example.org>
---
diff --git a/a b/a
--- a/a
+++ b/a
@@ -1 +1 @@
-a
+b

END
}

# expect STATUS WORDS ARGUMENT...: the status, and words somewhere in the output
expect() {
	status=$1
	words=$2
	shift 2
	"$top_builddir/reroll" parse "$@" >"$work/out" 2>&1 </dev/null
	got=$?
	if [ $got -ne "$status" ] || ! grep -qF -- "$words" "$work/out"; then
		echo "parse $*: status $got, not $status, or no: $words"
		cat "$work/out"
		failed=1
	fi
}

{ mail 2; mail 1; } >"$work/mbox"
: >"$work/empty"
head -c 4096 /dev/zero >"$work/zeros"

expect 0 '"patches": ["<1@example.org>", "<2@example.org>"]' "$work/mbox"
expect 0 '"complete": true' "$work/mbox"
expect 0 '"decision": "match", "reason": "open-project"' "$work/mbox"
expect 1 'reroll parse:' "$work/empty"
expect 1 'reroll parse:' "$work/zeros"
expect 2 'FILE... is missing'
expect 2 'nosuch' "$work/nosuch"
expect 2 '--quoted-cr takes' --quoted-cr=no "$work/mbox"
expect 2 'nosuch' --roster "$work/nosuch" "$work/mbox"
expect 0 'Exit status:' --help
"$top_builddir/reroll" parse "$work/mbox" >/dev/full 2>/dev/null
[ $? -eq 3 ] || { echo "a full disk is no trouble"; failed=1; }
exit $failed
