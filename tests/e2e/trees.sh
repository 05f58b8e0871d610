# SPDX-License-Identifier: GPL-2.0-or-later
# Read in by setup and verify: small trees, the mails of their commits, and
# servers for them. Dates are fixed, so ids are too; day 0 is 2026-01-01.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME="Alex Smith" GIT_AUTHOR_EMAIL=alex@example.org
export GIT_COMMITTER_NAME="Alex Smith" GIT_COMMITTER_EMAIL=alex@example.org

day() { # number
	GIT_AUTHOR_DATE="$((1767225600 + $1 * 86400)) +0000"
	GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}

commit() { # tree, subject, file, sed script that edits it
	sed -e "$4" "$1/$3" >edited
	mv edited "$1/$3"
	git -C "$1" add -A
	git -C "$1" commit -q -s -m "$2" -m "It is better so."
}

new_tree() { # folder: a.c and b.c have the numbers 1 to 20, one a line
	git init -q -b main "$1"
	seq 1 20 >"$1/a.c"
	seq 1 20 >"$1/b.c"
	git -C "$1" add -A
	git -C "$1" commit -q -m "a tree"
}

mail() { # name (its Message-Id), tree, commit, more words for format-patch
	name=$1 tree=$2 commit=$3
	shift 3
	git -C "$tree" format-patch --stdout "$@" -1 "$commit" |
		sed "1a Message-Id: <$name@example.org>"
}

site() { # the site file's trees on stdin
	{
		echo "state: state"
		echo "trees:"
		sed 's/^/  /'
	} >reroll.yaml
}

project() { # more of its keys on stdin
	{
		echo "name: Tiny"
		echo "builds: []"
		echo "base: mainline"
		echo "style: {checker: none}"
		cat
	} >project.yaml
}

free_port() {
	python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for() { # file, text that it will have
	: >>"$1"
	timeout 20 tail -n +1 -f "$1" 2>/dev/null | grep -q -m 1 "$2"
}
