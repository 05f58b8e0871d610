# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by setups: a site whose store has runs, as a daemon leaves them.
# shellcheck disable=SC2154
mkdir -p state
printf 'state: state\n' >reroll.yaml
"$REROLL" submit "$SAMPLE/mails/accepted.mbox" >submitted
python3 - <<'P'
import os, sqlite3
now = int(os.environ["REROLL_CLOCK"])
db = sqlite3.connect("state/reroll.db")
db.execute("PRAGMA foreign_keys = ON")
def put(table, **row):
    db.execute("INSERT INTO %s (%s) VALUES (%s)" % (
        table, ", ".join(row), ", ".join("?" * len(row))), list(row.values()))
put("series", id=1, name="sys: add a call", submitter="jane@example.org")
for id, version in (1, 1), (2, 2), (3, 3):
    put("revision", id=id, series=1, version=version, n_patches=2,
        first_message_id="<%d@example.org>" % version, created_at=now - 9000)
put("run", id="aaaa1111" * 4, revision=1, project="course",
    outcome="build-failed", summary="1 build of 2 fails, the base does not",
    queued_at=now - 9000, started_at=now - 8990,
    ended_at=now - 7200)
put("run", id="aaaa2222" * 4, revision=2, project="course", stage="build",
    refs=1, attempts=2, next_at=now + 120, trouble="the disk is full",
    queued_at=now - 600, started_at=now - 590)
put("run", id="bbbb3333" * 4, revision=3, stage="identify",
    held="nobody on the roster has jane@example.org", queued_at=now - 60)
run = "aaaa1111" * 4
put("stage", run=run, stage="style", result="passed", elapsed_ms=20,
    ended_at=now - 8000)
put("stage", run=run, stage="build", result="refused", elapsed_ms=9000,
    ended_at=now - 7200, verdict='{"summary": "1 build of 2 fails",'
    ' "findings": [{"file": "sys.c", "line": 3, "text": "expected \\";\\""}]}')
put("build", run=run, name="x86_64/tinyconfig/gcc", status="failed",
    result='{"summary": "make exited with 2"}', started_at=now - 8000,
    ended_at=now - 7200)
put("job", run=run, build="x86_64/tinyconfig/gcc", name="qemu/classic",
    lab="here", status="passed", started_at=now - 7400, ended_at=now - 7300)
put("outbox", revision=1, run=run, outcome="build-failed",
    message_id="<r@example.org>", recipient="jane@example.org", mail=b"x",
    next_at=now, created_at=now - 7200, sent_at=now - 7100)
put("outbox", revision=2, outcome="held", message_id="<s@example.org>",
    recipient="joe@example.org", mail=b"x", attempts=3, next_at=now + 60,
    last_error="451 greylisted", created_at=now - 60)
put("origin", source="pw", series=17, version=1, patches="1,2", revision=1,
    url="https://pw.example.org/17")
put("trouble", kind="lab", about="here", text="it does not answer", count=4,
    first_at=now - 3600, last_at=now - 60)
put("pause", what="project course", since_at=now - 30)
put("cursor", source="pw", position="x", moved_at=now - 90)
db.commit()
P
logs=state/runs/aaaa1111aaaa1111aaaa1111aaaa1111/main/x86_64/tinyconfig/gcc
mkdir -p "$logs/boot-qemu-classic-first"
printf 'CC sys.o\nsys.c:3: expected ";"\n' >"$logs/log"
printf 'Linux version 6\n\033[2Jtests\n' >"$logs/boot-qemu-classic-first/console.log"
printf 'not a log\n' >"$logs/manifest.json"
ln -s /etc/passwd "$logs/boot-qemu-classic-first/lab.log"
find state/runs -exec touch -d @1768255000 {} +
