#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rooms' borders: no include goes upward, none goes into a room past its one
# header, and a library's header is included by the room that wraps it alone.
set -u
cd "${top_srcdir:-.}/src" || exit 1
rooms="base store config mail tree report build lab gate intake pipeline web serve cmd"
bad=0
say() { echo "layers: $*"; bad=1; }

level() {
	n=0
	for r in $rooms; do
		n=$((n + 1))
		[ "$r" = "$1" ] && { echo "$n"; return; }
	done
	echo 0
}

door() { # the header of a room that others may include
	case $1 in config) echo config/cfg.h ;; *) echo "$1/$1.h" ;; esac
}

for file in */*.c */*.h; do
	room=${file%%/*}
	while read -r target; do
		[ -n "$target" ] || continue
		to=${target%%/*}
		[ "$to" = "$room" ] && continue
		[ "$(level "$to")" -lt "$(level "$room")" ] ||
			say "$file includes $target: $to is above $room"
		[ "$to" = base ] || [ "$target" = "$(door "$to")" ] ||
			say "$file includes $target: the door is $(door "$to")"
	done <<-END
		$(sed -n 's|^#include "\([a-z0-9_/.-]*/[a-z0-9_.-]*\)".*|\1|p' "$file")
	END
done

library() { # header pattern, files that may include it
	pattern=$1
	shift
	grep -lE "^#include <$pattern" -- */*.c */*.h main.c 2>/dev/null |
	while read -r file; do
		for allowed in "$@"; do
			# shellcheck disable=SC2254
			case $file in $allowed) continue 2 ;; esac
		done
		echo "layers: $file includes <$pattern...>: only $* may"
	done
}
out=$(
	library 'git2' 'tree/*'
	library 'libetpan/' 'mail/*' 'intake/imap-session.c'
	library 'gnutls/' 'intake/imap-tls.*'
	library 'sqlite3' 'store/*'
	library 'yaml\.h' 'config/*' 'lab/results-yaml.c'
	library 'curl/' 'base/http*.c' 'mail/smtp.c'
	library 'archive' 'lab/*' 'build/*'
	library 'hiredis' 'intake/*' 'build/*'
	library 'microhttpd' 'web/*'
)
[ -z "$out" ] || { echo "$out"; bad=1; }
exit $bad
