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
mkdir -p "$state" && cp "$here"/path/*.yaml "$here"/path/x86_64 \
	"$here"/path/arm64 "$work" || exit 1
base=$("$top_srcdir/contrib/make-kernel-base") || exit 1
sed '/arch: arm64/,/lava: true/d' "$work/project.yaml" >"$work/x86_64.yaml"
cat >"$work/reroll.yaml" <<END
state: $state
workers: {slots: 1, jobs: $(nproc)}
boards: [boards.yaml]
END
if [ "$lab" = lava ]; then
	[ -n "${LAVA_URL-}" ] ||
		eval "$("$top_srcdir/tests/servers/lava-lab" token)"
	printf '%s' "$LAVA_TOKEN" >"$work/token"
	chmod 600 "$work/token"
	cat >>"$work/reroll.yaml" <<-END
	labs:
	  - {name: lava, kind: lava, url: "$LAVA_URL", user: $LAVA_USER,
	     token-file: token, slots: 2, artifacts: "file://$work/art"}
	END
else
	cat >>"$work/reroll.yaml" <<-END
	labs:
	  - {name: here, kind: qemu, slots: 1}
	END
fi

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
	want=1 project=x86_64.yaml
	# Both architectures once; what a test does is the same on each.
	[ "$1" != passes ] || { want=0 project=project.yaml; }
	steps "$1" >"$work/steps"
	set -- "$1"
	name=$1
	while read -r step; do
		set -- "$@" "$step"
	done <"$work/steps"
	shift
	"$here/path/make-series" "$base" "$name" "$@" >"$work/$name.mbox" ||
		return 1
	rm -rf "$work/art"
	"$reroll" check --quiet --site "$work/reroll.yaml" \
		--project "$work/$project" --repo "$base" \
		--artifacts "$work/art" "$work/$name.mbox" \
		>"$work/reply" 2>"$work/err"
	got=$?
	plain "$work/reply" >"$work/$name.reply"
	[ -z "${UPDATE-}" ] || cp "$work/$name.reply" "$here/path/$name.reply"
	[ "$got" = "$want" ] || {
		echo "  exit status $got, expected $want"
		sed 's/^/  /' "$work/err"
		return 1
	}
	diff -u "$here/path/$name.reply" "$work/$name.reply"
}

passed=0 failed=0
# shellcheck disable=SC2048
for case in ${*:-$cases}; do
	begin=$(date +%s)
	if run "$case"; then
		result=ok
		passed=$((passed + 1))
	else
		result=FAILED
		failed=$((failed + 1))
	fi
	echo "$result $lab $case ($(($(date +%s) - begin)) s)"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
