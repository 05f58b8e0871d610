#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command and every option that the help tells of is completed.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
program=$top_builddir/reroll
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
compared=0
# shellcheck source=contrib/completion/reroll
. "$top_srcdir/contrib/completion/reroll"

# What completes the last of the words.
completed() {
	COMP_WORDS=("$program" "$@")
	COMP_CWORD=$#
	_reroll
	printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd' '
}

expect() { # what is wanted, the words
	local want=$1 got
	shift
	got=$(completed "$@")
	compared=$((compared + 1))
	[ "$got" = "$want" ] && return
	echo "reroll $*: \"$got\", not \"$want\""
	failed=1
}

commands=$("$program" --help | awk '/^  [a-z]/ {print $1}')
[ "$(echo "$commands" | wc -l)" -ge 14 ] || { echo "no commands"; exit 1; }
expect "$( (echo "$commands"; echo --help; echo --version) | LC_ALL=C sort |
	paste -sd' ')" ""
expect "--help" --h
expect "lint" lin
for command in $commands; do
	options=$("$program" "$command" --help | grep -oE '^  (-[a-zA-Z], )?--[a-z0-9-]+' |
		grep -oE -e '--[a-z0-9-]+')
	[ -n "$options" ] || { echo "$command has no options"; failed=1; }
	expect "$(echo "$options" | LC_ALL=C sort | paste -sd' ')" "$command" --
done

cd "$tmp" || exit 1
mkdir folder
: >site.yaml
expect "folder site.yaml" check ""
expect "site.yaml" check --site site
expect "site.yaml" check --site = site
expect "folder site.yaml" check --site =
expect "folder" check --repo ""
expect "site.yaml" check -s si
expect "boards project site" lint --document ""
expect "site" lint --document s
expect "" builds --slots ""
expect "" nonsense --
echo "$compared compared"
exit $failed
