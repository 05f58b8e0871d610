#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command has its part of the manual, and that every option of it; every
# page is installed, and no page tells of what is not.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
program=$top_builddir/reroll
failed=0
compared=0
fail() { echo "$*"; failed=1; }

page_of() { # the page that has the command; its own, or the one of all
	local own=$top_srcdir/man/reroll-$1.1

	if [ -e "$own" ]; then echo "$own"; else echo "$top_srcdir/man/reroll.1"; fi
}

commands=$("$program" --help | awk '/^  [a-z]/ {print $1}')
[ "$(echo "$commands" | wc -l)" -ge 25 ] || fail "few commands: $commands"
for command in $commands; do
	page=$(page_of "$command")
	grep -qE "^\.(Cm |Ss .*\b)$command\b" "$page" ||
		fail "$page: nothing of \"$command\""
	grep -qE "^\.(Ss .*\b|Xr reroll-)$command\b" "$top_srcdir/man/reroll.1" ||
		fail "reroll.1 does not lead to \"$command\""
	for option in $("$program" "$command" --help |
		grep -oE '^  (-[a-zA-Z], )?--[a-z0-9-]+' |
		grep -oE -e '--[a-z0-9-]+'); do
		compared=$((compared + 1))
		[ "$option" = --help ] ||
			grep -qE "Fl -${option#--}( |$)" "$page" ||
			fail "$page: no \"$option\" of \"$command\""
	done
done
for page in "$top_srcdir"/man/reroll-*.1; do
	name=$(basename "$page" .1)
	echo "$commands" | grep -qx -e "${name#reroll-}" ||
		fail "$page: there is no such command"
done
installed=$(cat "$top_srcdir"/Makefile.am "$top_srcdir"/src/*/local.mk)
for page in "$top_srcdir"/man/*.[1-9] "$top_srcdir"/man/*.[1-9].in; do
	name=$(basename "$page" .in)
	case $installed in
	*man/$name*) ;;
	*) fail "$name is not installed" ;;
	esac
done
[ $compared -ge 100 ] || fail "few options: $compared"
exit $failed
