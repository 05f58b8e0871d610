#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Cross builds: a series on the real kernel for each arch, by a compiler that
# Debian has for it; then the sample inside a root of another arch, where the
# compiler, make and the tests all run in an emulator. Each case tells its time.
# tests/cross/run.sh [CASE...] runs those named. Needs the packages of
# contrib/install-deps kernel cross; the root is made once, by a mirror of
# Debian's, and kept below ${XDG_CACHE_HOME:-~/.cache}/reroll.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$(cd "$here/../.." && pwd)}" "${top_builddir:=$PWD}"
reroll=$top_builddir/reroll
export REROLL_TEMPLATES="$top_srcdir/templates"
export REROLL_BOARDS="$top_srcdir/boards" REROLL_GUEST="$top_srcdir/share/guest"
state=${XDG_CACHE_HOME:-$HOME/.cache}/reroll/cross
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir -p "$state" || exit 1
cat >"$work/reroll.yaml" <<END
state: $state
workers: {slots: 1, jobs: $(nproc)}
toolchains:
  - {name: emulated, arch: arm64, kind: chroot, suite: bookworm}
END

fail() {
	echo "  $*"
	[ ! -s "$work/err" ] || sed 's/^/  /' "$work/err" | tail -n 20
	return 1
}

check() { # repository, mails: the series passes, its artifacts are in $work/art
	rm -rf "$work/art"
	"$reroll" check --quiet --site "$work/reroll.yaml" \
		--project "$work/project.yaml" --repo "$1" \
		--artifacts "$work/art" "$2" >"$work/reply" 2>"$work/err" ||
		fail "exit status $?: $(grep -m 1 'error' "$work/reply")"
}

is_object() { # file, what readelf calls its machine
	[ -n "$1" ] || { fail "there is no object"; return 1; }
	readelf -h "$1" 2>/dev/null | grep -q "Machine: *$2" ||
		fail "$(basename "$1") is not an object for $2"
}

kernel() { # arch, machine, more of its configuration
	base=$("$top_srcdir/contrib/make-kernel-base") || return 1
	"$reroll" toolchains --site "$work/reroll.yaml" --prove "$1/gcc" \
		>"$work/err" || { fail "the compiler is not proved"; return 1; }
	cat >"$work/project.yaml" <<END
name: Cross
limits: {build-time: 30m}
style: {checker: none}
builds:
  - arch: $1
    defconfig: [tinyconfig]
    config: ["CONFIG_PRINTK=y"${3:+, $3}]
    targets: [init/, lib/]
    artifacts: [lib/cmdline.o]
END
	check "$base" "$top_srcdir/contrib/sample-kernel/cmdline.mbox" &&
		is_object "$(find "$work/art" -name cmdline.o)" "$2"
}

# What the series changes, its own tests too, runs as arm64.
emulated() {
	"$reroll" toolchains --site "$work/reroll.yaml" --install emulated \
		>"$work/err" 2>&1 || { fail "no root was made"; return 1; }
	"$reroll" toolchains --site "$work/reroll.yaml" --prove emulated \
		>"$work/err" || { fail "it is not proved"; return 1; }
	"$top_srcdir/contrib/make-sample" "$work/base"
	cp -r "$top_srcdir/contrib/sample/." "$work/sample"
	sed -e 's/arch: x86_64/arch: arm64/' \
		-e 's/recipe: script/&\n    toolchain: [emulated]/' \
		"$work/sample/project.yaml" >"$work/sample/arm64.yaml"
	cp "$work/sample/roster.csv" "$work/sample/check-style" "$work"
	cp "$work/sample/arm64.yaml" "$work/project.yaml"
	check "$work/base" "$top_srcdir/contrib/sample/mails/accepted.mbox" &&
		is_object "$(find "$work/art" -name syscalls)" AArch64
}

passed=0 failed=0
run() { # name, function, arguments
	name=$1
	shift
	case " $wanted " in *" $name "*) ;; *) return ;; esac
	began=$(date +%s)
	: >"$work/err"
	if "$@"; then
		echo "ok $name ($(($(date +%s) - began)) s)"
		passed=$((passed + 1))
	else
		echo "not ok $name ($(($(date +%s) - began)) s)"
		failed=$((failed + 1))
	fi
}

# Without names not arm64, whose whole kernel tests/lab/path.sh builds and boots.
wanted=${*:-arm riscv64 ppc64le root}
run arm64 kernel arm64 AArch64
run arm kernel arm ARM
run riscv64 kernel riscv64 RISC-V
# Its tinyconfig is of 32 bits.
run ppc64le kernel ppc64le PowerPC64 \
	'"CONFIG_PPC64=y", "CONFIG_CPU_LITTLE_ENDIAN=y"'
run root emulated
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
