#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The service file: systemd takes every line of it, finds it hardened, and the
# user that it needs is made; what it starts by moves into a group of its own.
set -u
: "${top_srcdir:=.}"
from=$top_srcdir/contrib/systemd
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
fail() { echo "$*"; failed=1; }

# As installed, with everything that is named there.
mkdir "$tmp/bin"
cp "$from/in-own-group" "$tmp/bin"
printf '#!/bin/sh\n' >"$tmp/bin/reroll"
chmod +x "$tmp/bin/reroll"
for file in service sysusers tmpfiles; do
	sed -e "s|@bindir@|$tmp/bin|; s|@pkglibexecdir@|$tmp/bin|
		s|@sysconfdir@|/etc|; s|@localstatedir@|/var|" \
		"$from/reroll.$file.in" >"$tmp/reroll.$file"
	grep -q '@[a-z]*dir@' "$tmp/reroll.$file" && fail "$file: a folder is open"
done

said=$(systemd-analyze verify --man=no "$tmp/reroll.service" 2>&1) ||
	fail "verify failed"
said=$(echo "$said" | grep -F reroll.service)
[ -z "$said" ] || fail "verify: $said"

# The threshold counts in tenths: 24 lets nothing of 2.5 and above pass.
said=$(systemd-analyze security --offline=true --threshold=24 --no-pager \
	"$tmp/reroll.service") || fail "the service is too open: $said"
echo "$said" | tail -n 1

mkdir -p "$tmp/root/etc"
systemd-sysusers --root="$tmp/root" "$tmp/reroll.sysusers" ||
	fail "sysusers: not made"
grep -q '^reroll:.*:/var/lib/reroll:' "$tmp/root/etc/passwd" ||
	fail "sysusers: no user reroll"
grep -q '^kvm:.*reroll' "$tmp/root/etc/group" ||
	fail "sysusers: reroll may not open /dev/kvm"

# A delegated group, as far as files go.
path=$(sed -n 's/^0:://p' /proc/self/cgroup)
group=$tmp/cgroup${path%/}
mkdir -p "$group/main"
: >"$group/cgroup.subtree_control"
: >"$group/main/cgroup.procs"
pid=$(CGROUP_ROOT=$tmp/cgroup "$from/in-own-group" sh -c 'echo $$')
[ "$(cat "$group/main/cgroup.procs")" = "$pid" ] ||
	fail "in-own-group: $pid did not move"
[ "$(tr '\n' ' ' <"$group/cgroup.subtree_control")" = "+cpu +memory +pids " ] ||
	fail "in-own-group: no controllers"
rm -rf "$tmp/cgroup"
said=$(CGROUP_ROOT=$tmp/cgroup "$from/in-own-group" printf '%s' "a b")
[ "$said" = "a b" ] || fail "in-own-group: not run without a group: $said"

exit $failed
