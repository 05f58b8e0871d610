#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the scenarios of this folder; README says what is in one.
set -u
unset MAKEFLAGS MFLAGS MAKELEVEL # a make in a scenario is nobody's child
here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$(cd "$here/../.." && pwd)}" "${top_builddir:=$PWD}"
SAMPLE=$top_srcdir/contrib/sample
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP
export SAMPLE REROLL_CLOCK=1768255200 LC_ALL=C.UTF-8
export REROLL_TEMPLATES="$top_srcdir/templates"
export REROLL_BOARDS="$top_srcdir/boards"
export REROLL_GUEST="$top_srcdir/share/guest"
export REROLL="$top_builddir/reroll"
export TMPDIR="$scratch/tmp"
BASE=$scratch/base
export BASE
mkdir "$scratch/tmp"
"$top_srcdir/contrib/make-sample" "$BASE"

expand() { # words of args with the variables filled in, one a line
	sed -e '/^#/d' -e '/^$/d' -e "s|\$SAMPLE|$SAMPLE|g" \
		-e "s|\$BASE|$BASE|g" -e "s|\$HERE|$HERE|g" \
		-e "s|\$WORK|$WORK|g" "$HERE/args"
}

has_lines() { # file of lines, file that must have them
	while IFS= read -r line; do
		grep -qF -- "$line" "$2" || { echo "  not there: $line"; return 1; }
	done <"$1"
}

scenario() {
	WORK=$scratch/work
	export HERE WORK
	rm -rf "$WORK"
	mkdir "$WORK"
	cd "$WORK" || return 1
	out=$scratch/out err=$scratch/err
	OUT=$out ERR=$err
	export OUT ERR
	[ ! -e "$HERE/setup" ] || sh -eu "$HERE/setup" || return 1
	input=/dev/null
	[ ! -e "$HERE/in" ] || input=$HERE/in
	want=0
	[ ! -e "$HERE/exit" ] || want=$(cat "$HERE/exit")
	expand >"$scratch/words"
	set --
	while IFS= read -r word; do set -- "$@" "$word"; done <"$scratch/words"
	timeout 120 "$REROLL" "$@" <"$input" >"$out" 2>"$err"
	status=$?
	[ "$status" = "$want" ] || {
		echo "  exit status $status, expected $want"
		sed 's/^/  stderr: /' "$err" | head -n 20
		return 1
	}
	if [ "${UPDATE-}" = 1 ] && [ -e "$HERE/stdout" ]; then
		cp "$out" "$HERE/stdout"
	fi
	[ ! -e "$HERE/stdout" ] || diff -u "$HERE/stdout" "$out" || return 1
	[ ! -e "$HERE/stdout.has" ] || has_lines "$HERE/stdout.has" "$out" || return 1
	[ ! -e "$HERE/stderr.has" ] || has_lines "$HERE/stderr.has" "$err" || return 1
	[ ! -e "$HERE/verify" ] || sh -eu "$HERE/verify" || { echo "  verify failed"; return 1; }
	[ -z "$(ls -A "$scratch/tmp")" ] || { echo "  left in TMPDIR: $(ls -A "$scratch/tmp")"; rm -rf "$scratch"/tmp/*; return 1; }
}

passed=0 failed=0
if [ $# -eq 0 ]; then
	for folder in "$here"/[0-9r]*/; do
		set -- "$@" "$(basename "$folder")"
	done
fi
for name; do
	HERE=$here/$name
	if scenario; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "FAILED $name"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
