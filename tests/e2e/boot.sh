# SPDX-License-Identifier: GPL-2.0-or-later
# For setups: in $WORK a repository "code" whose build gives out a kernel that
# boots (contrib/test-kernel), a site file, a project "Boots" on it, and by
# `describe STEP...` a series "tests.mbox" that brings a test description.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=John GIT_AUTHOR_EMAIL=john@example.org
export GIT_AUTHOR_DATE=2026-01-05T10:00:00Z
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME"
export GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
export GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"

kernel=$(env -u TMPDIR "$SAMPLE/../test-kernel")
mkdir -p code projects/tests
cp "$kernel/bzImage" "$kernel/config" code
git init -q -b main code
git -C code add -A
git -C code commit -q -m "code: begin"
cat >reroll.yaml <<Y
state: $WORK/state
projects: $WORK/projects
trees:
  code: {path: $WORK/code, branch: main}
Y
cat >projects/boots.yaml <<'Y'
name: Boots
base: code
style: {checker: none}
description: {path: "tests/*/reroll.yaml"}
limits: {boot-time: 60s}
builds:
  - arch: x86_64
    recipe: script
    command: cp bzImage "$REROLL_OUT"; cp config "$REROLL_OUT/.config"
    artifacts: [bzImage, .config]
    lava: true
tests:
  path: tests/reference.yaml
  student: true
  boards: [qemu-x86_64]
reply: {sign: Boots}
Y
cat >projects/tests/reference.yaml <<'Y'
metadata: {format: Lava-Test Test Definition 1.0, name: reference}
run:
  steps:
    - lava-test-case proc --shell test -e /proc/version
Y

describe() { # steps
	git -C code checkout -q -b series main
	mkdir -p code/tests/mine
	{
		printf 'suite: mine\nsteps:\n'
		for step; do
			printf "  - '%s'\n" "$step"
		done
	} >code/tests/mine/reroll.yaml
	git -C code add -A
	git -C code commit -q -s -m "tests: describe mine

So that it is run."
	git -C code format-patch -q --stdout --no-signature main |
		sed '2i Message-ID: <1@example.org>' >tests.mbox
	git -C code checkout -q main
}
