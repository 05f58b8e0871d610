#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole path on the real kernel: a series, its mails in, the reply out, with
# builds for two architectures, booted and tested. path.sh qemu|lava [CASE...]
# compares the replies with path/NAME.reply; with UPDATE=1 it writes them anew:
# read the difference before it is committed. The replies of both labs are the
# same but for what only one can know, which is left out here. Finished bases
# stay below ${XDG_CACHE_HOME:-~/.cache}/reroll/boots. For lava it is to be run
# by tests/servers/with-lava, or with LAVA_URL, LAVA_USER and LAVA_TOKEN set.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$(cd "$here/../.." && pwd)}" "${top_builddir:=$PWD}"
reroll=$top_builddir/reroll
export REROLL_TEMPLATES="$top_srcdir/templates"
export REROLL_BOARDS="$top_srcdir/boards" REROLL_GUEST="$top_srcdir/share/guest"
state=${XDG_CACHE_HOME:-$HOME/.cache}/reroll/boots
lab=${1:-qemu}
[ $# -eq 0 ] || shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
rm -rf "$state/builds/boots" # what another lab has shown is no proof of this
mkdir -p "$state" || exit 1
base=$("$top_srcdir/contrib/make-kernel-base") || exit 1

# Each case gives LAVA the artifacts of its own.
site() { # folder: its reroll.yaml
	cp "$here"/path/*.yaml "$here"/path/x86_64 "$here"/path/arm64 "$1"
	sed '/arch: arm64/,/lava: true/d' "$1/project.yaml" >"$1/x86_64.yaml"
	cat <<-END
	state: $state
	workers: {slots: 1, jobs: $(nproc)}
	boards: [boards.yaml]
	labs:
	END
	if [ "$lab" != lava ]; then
		echo '  - {name: here, kind: qemu, slots: 1}'
		return
	fi
	(umask 077 && printf '%s' "$LAVA_TOKEN" >"$1/token")
	cat <<-END
	  - {name: lava, kind: lava, url: "$LAVA_URL", user: $LAVA_USER,
	     token-file: token, slots: 2, artifacts: "file://$1/art"}
	END
}

[ "$lab" != lava ] || [ -n "${LAVA_URL-}" ] ||
	eval "$("$top_srcdir/tests/servers/lava-lab" token)"
site "$work" >"$work/reroll.yaml" || exit 1
[ -e "$state/rootfs/arm64" ] ||
	"$reroll" rootfs --site "$work/reroll.yaml" --make arm64 \
		>"$work/log" 2>&1 || {
	cat "$work/log"
	echo "0 passed, 1 failed"
	exit 1
}

cases='passes mixed hangs panics'
steps() { # case: its steps, one a line
	case $1 in
	passes) echo 'lava-test-case add --shell test 4 -eq 4'
		echo 'lava-test-case speed --result pass --measurement 2.5 --units s' ;;
	mixed) echo 'lava-test-case works --result pass'
		echo 'lava-test-case breaks --shell false'
		echo 'lava-test-case later --result skip'
		echo 'echo "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=forged RESULT=pass>"'
		echo 'echo "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=breaks RESULT=pass>"' ;;
	hangs) echo 'lava-test-case before --result pass'
		echo 'sleep 1000' ;;
	panics) echo 'lava-test-case before --result pass'
		echo 'echo c >/proc/sysrq-trigger'
		echo 'sleep 1000' ;;
	esac
}

# What differs from run to run, ids and dates and lines of the console, is left
# out.
plain() {
	sed -e 's/^\(Date\|Message-ID\|X-Reroll-[A-Za-z]*\): .*/\1: .../' \
		-e 's/[0-9a-f]\{12,40\}/.../g' \
		-e '/^    /d' -e '/^The whole log: /,+1d' "$1"
}

run() { # case
	name=$1 own=$work/$1 want=1 project=x86_64.yaml
	# Both architectures once; what a test does is the same on each.
	[ "$name" != passes ] || { want=0 project=project.yaml; }
	mkdir "$own" && site "$own" >"$own/reroll.yaml" || return 1
	steps "$name" >"$own/steps"
	set --
	while read -r step; do
		set -- "$@" "$step"
	done <"$own/steps"
	"$here/path/make-series" "$base" "$name" "$@" >"$own/mbox" || return 1
	"$reroll" check --quiet --site "$own/reroll.yaml" \
		--project "$own/$project" --repo "$base" \
		--artifacts "$own/art" "$own/mbox" >"$own/mail" 2>"$own/err"
	got=$?
	plain "$own/mail" >"$own/reply"
	[ -z "${UPDATE-}" ] || cp "$own/reply" "$here/path/$name.reply"
	[ "$got" = "$want" ] || {
		echo "  exit status $got, expected $want"
		sed 's/^/  /' "$own/err"
		return 1
	}
	diff -u "$here/path/$name.reply" "$own/reply"
}

tell() { # case: what comes of it
	begin=$(date +%s) result=FAILED
	! run "$1" || result=ok
	echo "$result $lab $1 ($(($(date +%s) - begin)) s)"
}

# shellcheck disable=SC2048,SC2086
set -- ${*:-$cases}
for case; do
	case $case in
	# They mostly wait, and need what those before them have built.
	hangs | panics) tell "$case" >"$work/$case.told" 2>&1 & ;;
	*) tell "$case" >"$work/$case.told" 2>&1 ;;
	esac
done
wait
for case; do
	cat "$work/$case.told"
done
passed=$(cat "$work"/*.told | grep -c '^ok ')
failed=$(($# - passed))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
