# SPDX-License-Identifier: GPL-2.0-or-later
# For setups: in $WORK a repository "kernel" that offers what kbuild does, a
# site file, a project "Tiny" on it, and a series "change.mbox".
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Staff GIT_AUTHOR_EMAIL=staff@example.org
export GIT_AUTHOR_DATE=2026-01-05T10:00:00Z
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME"
export GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
export GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"

mkdir -p kernel/src projects
cat >kernel/Makefile <<'M'
O ?= .
tinyconfig:
	echo CONFIG_BASE=y >$O/.config
olddefconfig:
	true
all: $O/arch/x86/boot/bzImage
	echo map >$O/System.map
$O/arch/x86/boot/bzImage: $(patsubst src/%.c,$O/%.o,$(wildcard src/*.c))
	mkdir -p $O/arch/x86/boot
	cat $^ >$O/vmlinux
	cp $O/vmlinux $@
$O/%.o: src/%.c
	gcc -Wall -Isrc -c $(CURDIR)/$< -o $@
M
cat >kernel/Kconfig <<'K'
config BASE
	bool "b"
K
printf 'int a(void);\nint a(void)\n{\n\treturn 1;\n}\n' >kernel/src/a.c
printf '#include "b.h"\nint b(void);\nint b(void)\n{\n\treturn B;\n}\n' \
	>kernel/src/b.c
printf '#define B 1\n' >kernel/src/b.h
git init -q -b main kernel
git -C kernel add -A
git -C kernel commit -q -m "tiny: begin"

cat >reroll.yaml <<Y
state: $WORK/state
projects: $WORK/projects
trees:
  tiny: {path: $WORK/kernel, branch: main}
Y
cat >projects/tiny.yaml <<'Y'
name: Tiny
base: tiny
style: {checker: none}
builds:
  - arch: x86_64
    defconfig: [tinyconfig]
    anoint: tiny-kernel
Y

# change FILE SED: a series of one patch, on standard output
change() {
	git -C kernel checkout -q -b series main
	sed -i "$2" "kernel/$1"
	git -C kernel commit -q -s -a -m "tiny: change $1"
	git -C kernel format-patch -q --stdout main
	git -C kernel checkout -q main
	git -C kernel branch -q -D series
}
change src/a.c s/1/2/ >change.mbox
