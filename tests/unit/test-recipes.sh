#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The recipes for mail servers: each of these takes the lines, and procmail does
# with a mail what the recipe says.
set -u
: "${top_srcdir:=.}"
from=$(cd "$top_srcdir/contrib/recipes" && pwd)
PATH=$PATH:/usr/sbin
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
fail() { echo "$*"; failed=1; }

sed "s/user = reroll/user = $(id -un)/; s/group = reroll/group = $(id -gn)/" "$from/exim.conf" \
	>"$tmp/exim.conf"
said=$(exim4 -bV -C "$tmp/exim.conf" 2>&1) || fail "exim: $said"
said=$(exim4 -C "$tmp/exim.conf" -bt kernel-course@lists.example.org 2>&1)
case $said in
*"router = reroll, transport = reroll_pipe"*) ;;
*) fail "exim: the list goes elsewhere: $said" ;;
esac

cp "$from/dovecot.sieve" "$tmp"
said=$(sievec -o mail_home="$tmp" -o plugin/sieve_plugins=sieve_extprograms \
	-x "+vnd.dovecot.pipe" "$tmp/dovecot.sieve" 2>&1) ||
	fail "sieve: $said"
[ -s "$tmp/dovecot.svbin" ] || fail "sieve: nothing was compiled: $said"
said=$(doveconf -c "$from/dovecot.conf" -n 2>&1) || fail "dovecot: $said"

# A reroll that keeps the mail and ends as it is told.
mkdir "$tmp/bin"
cat >"$tmp/bin/reroll" <<END
#!/bin/sh
echo "\$*" >"$tmp/called"
cat >>"$tmp/called"
exit \$(cat "$tmp/status")
END
chmod +x "$tmp/bin/reroll"
sed "s|^PATH=|&$tmp/bin:|" "$from/procmailrc" >"$tmp/procmailrc"
deliver() { # exit status of reroll, List-Id; procmail's status
	rm -f "$tmp/called" "$tmp/inbox"
	echo "$1" >"$tmp/status"
	printf 'From: a@example.org\nList-Id: x <%s>\n\ntext\n' "$2" |
		procmail -m DEFAULT="$tmp/inbox" ORGMAIL="$tmp/inbox" \
			LOGFILE="$tmp/log" "$tmp/procmailrc"
}
list=kernel-course.lists.example.org
deliver 0 $list || fail "procmail: a mail that was taken is not delivered"
grep -qx deliver "$tmp/called" || fail "procmail: reroll was not called"
grep -qx text "$tmp/called" || fail "procmail: reroll did not get the mail"
deliver 75 $list
[ $? = 75 ] || fail "procmail: a mail that was not taken is not kept"
[ ! -e "$tmp/inbox" ] || fail "procmail: it went to the inbox"
deliver 0 other.lists.example.org
[ ! -e "$tmp/called" ] || fail "procmail: another list's mail was handed in"

# Postfix is not there beside Exim: its header check is a regexp as grep's.
pattern=$(sed -n 's|^/\(.*\)/ IGNORE$|\1|p' "$from/postfix/header_checks")
for case in "Authentication-Results: mx.example.org; spf=pass 1" \
	"authentication-results:mx.example.org 1" \
	"Authentication-Results: amx.example.org; spf=pass 0" \
	"Authentication-Results: mx.example.org.evil; spf=pass 0"; do
	found=$(echo "${case% *}" | grep -icE -e "$pattern")
	[ "$found" = "${case##* }" ] || fail "postfix: $case"
done

exit $failed
