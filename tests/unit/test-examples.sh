#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The example sites have no problem, and are checked with all that they name:
# one that is made wrong is told.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
reroll=$(cd "$top_builddir" && pwd)/reroll
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
fail() { echo "$*"; failed=1; }

cp -r "$top_srcdir/contrib/examples" "$tmp"
lint() { # site
	set -- --site "$tmp/examples/$1/reroll.yaml" \
		--project "$tmp/examples/$1/project.yaml"
	"$reroll" lint "$@" 2>&1
}

for site in course subsystem; do
	said=$(lint $site) || fail "$site: $said"
	case $said in
	*"$site"*) fail "$site: $said" ;;
	esac
	sed -i 's/^base: .*/base: nowhere/' "$tmp/examples/$site/project.yaml"
	said=$(lint $site) && fail "$site: a wrong base is not told"
	case $said in
	*'"nowhere"'*) ;;
	*) fail "$site: $said" ;;
	esac
done
"$reroll" lint --roster "$tmp/examples/course/roster.csv" ||
	fail "course: the roster has a problem"

exit $failed
