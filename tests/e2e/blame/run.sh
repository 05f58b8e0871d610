#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Blame: labelled series on a small kernel of our own, with real tools. Each
# case of the table here is made by git, checked, and compared with its label.
# run.sh NAME... runs those that have it in their name; KEEP=DIR keeps all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$(cd "$here/../../.." && pwd)}" "${top_builddir:=$PWD}"
scratch=$(mktemp -d)
trap '[ -n "${KEEP-}" ] || rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP
export REROLL_CLOCK=1768255200 LC_ALL=C.UTF-8 TMPDIR="$scratch"
export REROLL_TEMPLATES="$top_srcdir/templates"
export REROLL_BOARDS="$top_srcdir/boards" REROLL_GUEST="$top_srcdir/share/guest"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME="A Student" GIT_AUTHOR_EMAIL=student@example.org
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME"
export GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
export GIT_AUTHOR_DATE=2026-01-05T10:00:00Z
export GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
repo=$scratch/repo
wanted="$*"

mkdir "$scratch/state" "$scratch/projects" "$scratch/cases"
python3 "$here/judge" projects "$here/projects" "$scratch/projects"
{ echo "state: $scratch/state"; cat "$here/site.yaml"; } >"$scratch/site.yaml"
git init -q -b main "$repo"
cp -r "$here/base/." "$repo/"
cd "$repo"
git add -A
git commit -q -m "small: begin"

# What the table is written with.
patch() { # subject
	git add -A
	git commit -q --allow-empty -s -m "$1"
}

base() { # what was done so far is the base's
	git add -A
	git commit -q -m "small: go on"
	from=$(git rev-parse HEAD)
}

put() { # path, text from stdin
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

add() { # path, lines for its end from stdin
	cat >>"$1"
}

# label: name, project, verdict, place, patch, text; - is none
label() {
	finish
	name=$1 from=$(git rev-parse main)
	case $name in *"${wanted:-}"*) ;; *) name= ;; esac
	printf '%s\n' "$2" "$3" "$4" "$5" "$6" >"$scratch/label"
	git checkout -q --detach main
}

finish() { # check the case before
	[ -n "${name-}" ] || return 0
	count=$((count + 1))
	case=$scratch/cases/$(printf %02d $count)
	mkdir "$case"
	{ echo "$name"; cat "$scratch/label"; } >"$case/label"
	git format-patch -q --stdout --subject-prefix=PATCH -M "$from..HEAD" \
		>"$case/mbox"
	status=0
	timeout 120 "$top_builddir/reroll" check --quiet --json \
		--site "$scratch/site.yaml" --repo "$repo" --base "$from" \
		--project "$scratch/projects/$(sed -n 2p "$case/label").yaml" \
		"$case/mbox" >"$case/json" 2>"$case/stderr" </dev/null ||
		status=$?
	echo "$status" >"$case/status"
	name=
}

count=0
# shellcheck source=/dev/null
. "$here/table"
finish
[ -z "${KEEP-}" ] || cp -r "$scratch/cases" "$KEEP"
python3 "$here/judge" verdicts "$scratch/cases"
